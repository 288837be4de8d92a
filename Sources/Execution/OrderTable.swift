// SPDX-License-Identifier: Apache-2.0

public import Trading

/// The live orders of an engine, addressed by id in constant time, with their memory used again.
///
/// An id is a count that rises by one per order, and the slot its order lives in: the count makes it unique and
/// deterministic, the slot makes finding it an array access.
public struct OrderTable: Sendable {
    @usableFromInline var slots: [Order] = []
    private var free: [UInt32] = []
    /// Orders made so far.
    public private(set) var created: UInt64 = 0
    public private(set) var liveCount = 0

    @usableFromInline static var slotBits: UInt64 { 20 }
    /// The most orders that can be live at once.
    public static let capacity = 1 << Int(slotBits)

    public init() {}

    /// Makes an order; `nil` when the table is full.
    ///
    /// - Parameter isSent: Whether it is on its way to the venue at once: submitted, not just initialized.
    public mutating func insert(_ request: OrderRequest, strategy: StrategyID, isSent: Bool = false) -> OrderID? {
        created += 1
        liveCount += 1
        if let slot = free.popLast() {
            let id = OrderID(created << Self.slotBits | UInt64(slot))
            slots[Int(slot)] = Order(id: id, strategy: strategy, request: request, isSent: isSent)
            return id
        }
        guard slots.count < Self.capacity else {
            created -= 1
            liveCount -= 1
            return nil
        }
        let id = OrderID(created << Self.slotBits | UInt64(slots.count))
        slots.append(Order(id: id, strategy: strategy, request: request, isSent: isSent))
        return id
    }

    @inlinable @inline(__always)
    static func slot(of id: OrderID) -> Int { Int(id.rawValue & (1 << slotBits - 1)) }

    @inlinable
    public func contains(_ id: OrderID) -> Bool {
        let slot = Self.slot(of: id)
        return id != .none && slot < slots.count && slots[slot].id == id
    }

    /// The status of an order; `nil` where there is no such order (any more).
    @inlinable @inline(__always)
    public func status(of id: OrderID) -> OrderStatus? {
        let slot = Self.slot(of: id)
        guard id != .none, slot < slots.count, slots[slot].id == id else { return nil }
        return slots[slot].status
    }

    @inlinable
    public subscript(_ id: OrderID) -> Order? {
        let slot = Self.slot(of: id)
        guard id != .none, slot < slots.count, slots[slot].id == id else { return nil }
        return slots[slot]
    }

    /// Changes an order in place.
    ///
    /// - Returns: `nil` where there is no such order (any more).
    @inlinable
    public mutating func update<Result>(_ id: OrderID, _ body: (inout Order) -> Result) -> Result? {
        let slot = Self.slot(of: id)
        guard id != .none, slot < slots.count, slots[slot].id == id else { return nil }
        return body(&slots[slot])
    }

    /// Forgets an order that is over.
    public mutating func remove(_ id: OrderID) {
        let slot = Self.slot(of: id)
        guard id != .none, slot < slots.count, slots[slot].id == id else { return }
        slots[slot].vacate()
        free.append(UInt32(slot))
        liveCount -= 1
    }

    /// The live orders in the order they were made.
    public var live: [Order] { slots.filter { $0.id != .none }.sorted { $0.id < $1.id } }
}

extension OrderID {
    /// The order's place in creation: 1, 2, 3, …
    public var sequence: UInt64 { rawValue >> OrderTable.slotBits }
}
