// SPDX-License-Identifier: Apache-2.0

import Trading

/// The statuses of an order, spelled as on the wire, and the two that are only inside.
public enum OrderStatus: String, Sendable, CaseIterable {
    case open, filled, canceled, triggered, rejected
    case marginCanceled, selfTradeCanceled, reduceOnlyCanceled, siblingFilledCanceled, delistedCanceled
    case liquidatedCanceled, scheduledCancel
    case tickRejected, minTradeNtlRejected, perpMarginRejected, reduceOnlyRejected, badAloPxRejected, iocCancelRejected
    case badTriggerPxRejected, marketOrderNoLiquidityRejected, oracleRejected, perpMaxPositionRejected
    case insufficientSpotBalanceRejected
    /// A child that sleeps until its entry is filled.
    case waitingForFill

    public var isActive: Bool { self == .open || self == .triggered || self == .waitingForFill }
    var wire: String { self == .waitingForFill ? "open" : rawValue }
}

enum TimeInForce: String, Sendable {
    case gtc = "Gtc"
    case ioc = "Ioc"
    case alo = "Alo"
    case market = "FrontendMarket"
    var rests: Bool { self == .gtc || self == .alo }
}

struct Trigger: Sendable, Hashable {
    var price: Units
    var isMarket: Bool
    var isStop: Bool
}

/// What a client asks for.
struct OrderRequest: Sendable {
    var market: Int
    var isBuy: Bool
    var price: Units
    var size: Units
    var reduceOnly: Bool
    var timeInForce: TimeInForce
    var trigger: Trigger?
    var cloid: Cloid?
}

struct Builder: Sendable {
    var address: Address
    /// Tenths of a basis point.
    var fee: Int64
}

/// An order as the venue keeps it, from its arrival on.
struct SimulatedOrder: Sendable {
    let oid: UInt64
    let account: Int
    let request: OrderRequest
    let builder: Builder?
    let placedAt: Timestamp
    let placedWall: Timestamp
    var size: Units
    var remaining: Units
    var status = OrderStatus.open
    var statusAt: Timestamp
    /// The limit that it executes with once triggered; of other orders the price asked for.
    var limit: Units
    var group: Int?
    var isPositionTpsl = false
    var isTriggered = false
    var filled: Units = 0
    var filledValue: Money = 0

    var market: Int { request.market }
    var isBuy: Bool { request.isBuy }
    /// Waits for the mark price.
    var isWaitingTrigger: Bool { request.trigger != nil && !isTriggered && status == .open }
}

/// An entry with its take-profit and stop, or the two of a position.
struct OrderGroup: Sendable {
    var parent: Int?
    var children: [Int]
}

enum Grouping: Sendable { case none, normalTpsl, positionTpsl }
