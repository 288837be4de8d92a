// SPDX-License-Identifier: Apache-2.0

import Execution
import Trading
import VenueInterface

/// One order of the engine with what is known of it at the venue.
///
/// It has what should be (`request`, `total`, `trail`) and what is (`leg`), and at most one request on its way. Whenever
/// none is, the manager sends the next one that brings the two together.
struct ManagedOrder: Sendable {
    let id: OrderID
    let strategy: StrategyID
    var request: OrderRequest
    /// What should have filled in the end; a child's grows with its parent's fills.
    var total: Int64
    /// The whole quantity as the engine knows it.
    var known: Int64
    /// The most that could have filled by what was asked of the venue.
    var asked: Int64 = 0
    var filled: Int64 = 0
    /// Price units × quantity units of what filled.
    var filledCost: Int128 = 0
    /// Filled by the venue's order number.
    var seen: [VenueFilled] = []
    var leg: Leg?
    var nextAttempt: UInt16 = 0
    var pending = Pending.none
    var query = Query()
    /// Set once it shall end.
    var cancelWanted: Ending?
    /// It ended at the venue, and fills that the venue counts are still missing.
    var ended: Ended?
    /// A child whose parent has not filled.
    var isHeld: Bool
    /// A change that the engine waits for.
    var hasEngineChange = false
    /// What the engine was last told of a child.
    var announced: Announced?
    var isAccepted = false
    /// Whether the venue cancels its sibling itself.
    var isBracketed = false
    /// Whether the average entry is what filled, not what was expected.
    var hasEntry = false
    var wasTriggered = false
    /// A stop that has to close at market now.
    var isEmergency = false
    /// An order with a limit whose trigger was watched here and has been reached: it is an ordinary limit from then on.
    var isReleased = false
    /// The trigger that is watched here, because the venue takes none.
    var watched: Price?
    var trail = Trail()
    /// A child's average entry: price units × quantity units, and quantity units of what its parent filled.
    var entryCost: Int128 = 0
    var entryQuantity: Int64 = 0
    /// Placements and changes that failed in a row.
    var failures = 0
    /// Nothing more is sent before.
    var notBefore: TimeSpan?
    /// From when on an entry has waited for the position that it turns to be closed.
    var waitsSince: TimeSpan?
    /// Whether it was refused only because of the time, and a person was told so.
    var waitsForVenue = false
    /// When the public market was last seen to have gone through its price.
    var passedAt: TimeSpan?
    /// When the venue last confirmed something of it.
    var confirmedAt: TimeSpan?
    /// Fills from before a restart, until it is known under which number they happened.
    var restoredFills: [RestoredFill] = []
    /// The market when it was sent.
    var reference: Price?
    var isFinal = false

    init(id: OrderID, strategy: StrategyID, request: OrderRequest) {
        self.id = id
        self.strategy = strategy
        self.request = request
        total = request.parent == .none ? request.quantity.units : 0
        known = total
        isHeld = request.parent != .none
    }

    struct Leg: Sendable {
        let client: ClientOrderID
        /// As last asked for and accepted.
        var ticket: OrderTicket
        var venueOrder: VenueOrderID?
        /// Earlier numbers of the same order: a venue that replaces gives a new one with each change.
        var replaced: [VenueOrderID] = []
        /// Of this number.
        var filled: Int64 = 0
        /// A child that the venue holds until its entry fills.
        var isWaiting = false
        /// Sent before a restart: the venue's word on its values is not there yet.
        var isRestored = false
        var remaining: Int64 { max(0, ticket.quantity.units - filled) }
    }

    enum Pending: Sendable {
        case none
        case place(Sent)
        case modify(OrderTicket, Sent)
        case cancel(Sent)
        /// The venue says that it is over; how much of it filled is still to be heard.
        case closing(Sent)
    }

    struct Sent: Sendable {
        let at: TimeSpan
        /// From when on the venue can no longer act on it; `nil`: never.
        let proof: TimeSpan?
    }

    struct Query: Sendable {
        var at: TimeSpan?
        var asked: TimeSpan?
        var count = 0
        var notKnown = 0
    }

    struct Ending: Sendable {
        let event: OrderEvent
        let reason: RejectReason
        var isByEngine = false
    }

    struct Ended: Sendable {
        let ending: Ending
        /// What must have filled of the whole order.
        var expected: Int64
        var tries = 0
    }

    struct RestoredFill: Sendable {
        let trade: TradeID
        let quantity: Int64
    }

    struct VenueFilled: Sendable {
        let order: VenueOrderID
        var quantity: Int64
    }

    struct Announced: Hashable, Sendable {
        var quantity: Int64
        var limit: Price?
        var trigger: Price?
    }

    struct Trail: Sendable {
        var isFollowing = false
        var best: Int64 = 0
        var level: Int64 = 0
        var movedAt: TimeSpan?
    }

    var isChild: Bool { request.parent != .none }
    var isReduceOnly: Bool { request.isReduceOnly || isChild }
    /// Whether it closes a position at market for as long as it is there. An order of ours is not sent again: where it did
    /// not close the position, `flatten` makes the next one, and nobody does once a person wants to go on.
    var closesAtMarket: Bool { type == .market && isReduceOnly && !id.isManagers }
    var remaining: Int64 { max(0, total - filled) }
    var type: OrderType { isEmergency ? .market : isReleased ? .limit : request.type }
    /// Whether it bounds the loss of a position.
    var isStop: Bool {
        switch request.type {
        case .stop, .stopLimit, .trailingStop: isReduceOnly
        case .market, .limit, .takeProfit, .takeProfitLimit: false
        }
    }
    var isImmediate: Bool { type == .market || request.timeInForce == .immediateOrCancel }
    var isIdle: Bool {
        if case .none = pending { return true }
        return false
    }
    var isPlacing: Bool {
        if case .place = pending { return true }
        return false
    }
    var sent: Sent? {
        switch pending {
        case .none: nil
        case .place(let sent), .modify(_, let sent), .cancel(let sent), .closing(let sent): sent
        }
    }

    /// Nothing works or is on its way for it any more, so there is nothing to ask about.
    mutating func loseLeg() {
        leg = nil
        query = Query()
    }

    mutating func addSeen(_ number: VenueOrderID, _ quantity: Int64) {
        if let place = seen.firstIndex(where: { $0.order == number }) {
            seen[place].quantity += quantity
        } else {
            seen.append(VenueFilled(order: number, quantity: quantity))
        }
        if leg?.venueOrder == number { leg?.filled += quantity }
    }

    func seenQuantity(_ order: VenueOrderID) -> Int64 { seen.first { $0.order == order }?.quantity ?? 0 }

    var fillReason: FillReason {
        switch request.type {
        case .market, .limit: .order
        case .stop, .stopLimit: .stop
        case .takeProfit, .takeProfitLimit: .takeProfit
        case .trailingStop: .trailingStop
        }
    }
}

/// A leg at the venue that no order wants any more: it is taken back, and nothing else.
struct Orphan: Sendable {
    let client: ClientOrderID
    var venueOrder: VenueOrderID?
    let instrument: InstrumentID
    let order: OrderID
    /// Whether it is certain that it is there: what was heard out of order is asked about first.
    var isCertain: Bool
    var nextAt: TimeSpan
    var tries = 0
}

/// What is kept of an order that is over, for fills that come late.
struct EndedOrder: Sendable {
    let strategy: StrategyID
    let instrument: InstrumentID
    let reason: FillReason
    let isReduceOnly: Bool
}
