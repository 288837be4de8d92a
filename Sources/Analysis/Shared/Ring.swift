// SPDX-License-Identifier: Apache-2.0

/// The latest values, oldest first, no more than `capacity` of them; memory grows with what was ever in it.
struct Ring<Element: Sendable>: Sendable {
    let capacity: Int
    private var storage: [Element] = []
    private var start = 0
    private(set) var count = 0

    init(capacity: Int) {
        precondition(capacity >= 1, "a ring needs room for one value, was \(capacity)")
        self.capacity = capacity
    }

    var isFull: Bool { count == capacity }

    @inline(__always)
    private func position(_ index: Int) -> Int {
        let position = start &+ index
        return position < capacity ? position : position &- capacity
    }

    /// The value at `index`, 0 being the oldest.
    subscript(index: Int) -> Element {
        precondition(index >= 0 && index < count, "there is no value \(index) among \(count)")
        return storage[position(index)]
    }

    /// Adds the newest value; the oldest must leave first where the ring is full.
    mutating func append(_ element: Element) {
        precondition(count < capacity, "a full ring takes no value before one left")
        let end = position(count)
        // Places are taken in order, so the first time round the end is where the storage ends.
        if end == storage.count { storage.append(element) } else { storage[end] = element }
        count += 1
    }

    @discardableResult
    mutating func removeFirst() -> Element {
        let first = self[0]
        start = position(1)
        count -= 1
        return first
    }

    mutating func reserve(_ count: Int) { storage.reserveCapacity(min(count, capacity)) }
}
