// SPDX-License-Identifier: Apache-2.0

/// The latest values of something, oldest first; the oldest is forgotten when it is full.
public struct History<Element: Sendable>: Sendable {
    public let capacity: Int
    private var storage: [Element] = []
    /// Where the oldest lies, once the storage is full.
    private var start = 0

    init(capacity: Int) {
        precondition(capacity >= 1, "a history needs room for one value, was \(capacity)")
        self.capacity = capacity
    }

    public var count: Int { storage.count }
    public var isEmpty: Bool { storage.isEmpty }
    public var last: Element? { isEmpty ? nil : self[count - 1] }
    /// All that is kept, oldest first.
    public var elements: [Element] { Array(storage[start...] + storage[..<start]) }

    /// The value at `index`, 0 being the oldest that is kept.
    public subscript(index: Int) -> Element {
        let position = start + index
        return storage[position < storage.count ? position : position - storage.count]
    }

    mutating func append(_ element: Element) {
        guard storage.count == capacity else { return storage.append(element) }
        storage[start] = element
        start = start + 1 == capacity ? 0 : start + 1
    }
}
