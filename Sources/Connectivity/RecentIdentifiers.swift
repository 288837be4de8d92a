// SPDX-License-Identifier: Apache-2.0

/// The last so many identifiers, to recognise one that comes again.
public struct RecentIdentifiers<ID: Hashable & Sendable>: Sendable {
    public let capacity: Int
    private var ring: [ID] = []
    private var oldest = 0
    private var members: Set<ID> = []

    public init(capacity: Int) {
        precondition(capacity >= 1, "at least one identifier must be kept, was \(capacity)")
        self.capacity = capacity
    }

    public var count: Int { ring.count }

    /// Keeps an identifier; `false` where it is among those kept already.
    public mutating func insert(_ id: ID) -> Bool {
        guard members.insert(id).inserted else { return false }
        if ring.count < capacity {
            ring.append(id)
        } else {
            members.remove(ring[oldest])
            ring[oldest] = id
            oldest = (oldest + 1) % capacity
        }
        return true
    }
}
