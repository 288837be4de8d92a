// SPDX-License-Identifier: Apache-2.0

public import Trading

/// One order of ours from the moment it is made: what was asked, where it stands, what traded. Pure.
public struct Order: Sendable, BitwiseCopyable {
    public private(set) var id: OrderID
    public private(set) var filled: Quantity = .zero
    public private(set) var request: OrderRequest
    public let strategy: StrategyID
    public private(set) var status: OrderStatus
    public private(set) var wasTriggered = false
    /// Whether it still waits for its parent, however many requests are on their way.
    private var isHeld = false
    /// Why it ended without filling whole.
    public private(set) var reason: RejectReason = .none

    public init(id: OrderID, strategy: StrategyID, request: OrderRequest) {
        self.init(id: id, strategy: strategy, request: request, isSent: false)
    }

    @inline(__always)
    init(id: OrderID, strategy: StrategyID, request: OrderRequest, isSent: Bool) {
        self.id = id
        self.strategy = strategy
        self.request = request
        status = isSent ? .submitted : .initialized
    }

    /// Makes the place of an order that is over one of no order.
    @inline(__always)
    mutating func vacate() { id = .none }

    @inlinable public var remaining: Quantity { request.quantity - filled }

    /// What the caller does after an event.
    public enum Action: Hashable, Sendable, BitwiseCopyable {
        case none
        /// It counts against the position although the order was already over.
        case lateFill
        /// The venue disagrees with us: stop trading this instrument and reconcile.
        case reconcile
    }

    /// Anything that is not a fill: a fill without its quantity is a message to reconcile.
    public mutating func receive(_ event: OrderEvent, reason: RejectReason = .none) -> Action {
        guard event != .fill, event != .partialFill else { return .reconcile }
        if event == .hold { isHeld = true }
        // Written only where it changes: the status beside it is read next, and would wait for the write.
        if isHeld, event == .submit || event == .accept || event == .trigger { isHeld = false }
        switch status.next(on: event) {
        case .to(let next):
            status = next
            if next == .triggered { wasTriggered = true }
            if next.isFinal { self.reason = reason }
            return .none
        case .stay:
            if event == .trigger { wasTriggered = true }
            return .none
        case .resume:
            status = resumed
            return .none
        case .lateFill, .reconcile:
            return .reconcile
        }
    }

    /// A fill of a positive quantity.
    public mutating func receiveFill(_ quantity: Quantity) -> Action {
        let rest = remaining
        guard quantity <= rest, quantity.units > 0 else { return .reconcile }
        switch status.next(on: quantity == rest ? .fill : .partialFill) {
        case .to(let next):
            filled = filled + quantity
            status = next
            return .none
        case .stay:
            filled = filled + quantity
            return .none
        case .lateFill:
            filled = filled + quantity
            return .lateFill
        case .resume, .reconcile:
            return .reconcile
        }
    }

    /// The venue's word on quantity and prices after a change, a sibling's fill or a parent's. What has filled stays
    /// part of the order, whatever the venue says, and an order that filled whole is done.
    public mutating func amend(quantity: Quantity, limit: Price?, trigger: Price?) {
        guard status != .filled else { return }
        request.quantity = max(quantity, filled)
        if let limit { request.limit = limit }
        if let trigger { request.trigger = .price(trigger) }
        if status.isWorking, filled.units > 0, remaining.units == 0 { status = .filled }
    }

    private var resumed: OrderStatus {
        if filled.units > 0 { return .partiallyFilled }
        if isHeld { return .held }
        return wasTriggered ? .triggered : .accepted
    }
}
