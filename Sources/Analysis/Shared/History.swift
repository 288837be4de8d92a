// SPDX-License-Identifier: Apache-2.0

/// The latest values of something, oldest first; the oldest is forgotten when it is full.
public struct History<Element: Sendable>: Sendable {
    private var ring: Ring<Element>

    init(capacity: Int) { ring = Ring(capacity: capacity) }

    public var capacity: Int { ring.capacity }
    public var count: Int { ring.count }
    public var isEmpty: Bool { count == 0 }
    public var last: Element? { isEmpty ? nil : self[count - 1] }
    /// All that is kept, oldest first.
    public var elements: [Element] { (0..<count).map { self[$0] } }

    /// The value at `index`, 0 being the oldest that is kept.
    public subscript(index: Int) -> Element { ring[index] }

    mutating func append(_ element: Element) {
        if ring.isFull { ring.removeFirst() }
        ring.append(element)
    }
}
