// SPDX-License-Identifier: Apache-2.0

public enum Side: UInt8, Hashable, Sendable, BitwiseCopyable {
    case buy, sell
    @inlinable public var opposite: Side { self == .buy ? .sell : .buy }
    /// 1 for a buy, −1 for a sell.
    @inlinable public var sign: Int64 { self == .buy ? 1 : -1 }
}

public enum OrderType: UInt8, Hashable, Sendable, BitwiseCopyable, CaseIterable {
    case market, limit, stop, stopLimit, takeProfit, takeProfitLimit, trailingStop

    /// Whether it waits for a trigger price before it may trade.
    @inlinable public var isTriggered: Bool { self != .market && self != .limit }
    /// Whether it carries a limit price.
    @inlinable public var hasLimit: Bool { self == .limit || self == .stopLimit || self == .takeProfitLimit }
}

public enum TimeInForce: UInt8, Hashable, Sendable, BitwiseCopyable {
    case goodTilCancelled, immediateOrCancel, fillOrKill, goodTilDate
}

/// How far a trailing stop keeps from the best price.
public enum TrailingDistance: Hashable, Sendable, BitwiseCopyable {
    case absolute(PriceDistance)
    /// A share of the best price.
    case share(Rate)
}

/// A level that is fixed, or worked out from the average price at which the parent order filled.
public enum OrderLevel: Hashable, Sendable, BitwiseCopyable {
    case price(Price)
    /// A price move from the parent's average entry: −0.05 is 5 % below it.
    case fromEntry(Rate)
}

/// Orders that share this number are one OCO group: what one fills is taken off the others. 0: no group.
public typealias OrderGroup = UInt32

/// What is asked of a venue: everything about a new order but its identity.
public struct OrderRequest: Hashable, Sendable, BitwiseCopyable {
    public var instrument: InstrumentID
    public var side: Side
    public var type: OrderType
    public var timeInForce: TimeInForce
    public var isPostOnly: Bool
    public var isReduceOnly: Bool
    public var group: OrderGroup
    /// Positive, except for a child, which starts at zero and grows with its parent's fills.
    public var quantity: Quantity
    /// For `limit`, `stopLimit`, `takeProfitLimit`.
    public var limit: Price?
    /// For `stop`, `stopLimit`, `takeProfit`, `takeProfitLimit`.
    public var trigger: OrderLevel?
    /// For `trailingStop`.
    public var trail: TrailingDistance?
    /// For `trailingStop`: it starts to follow once this price is reached.
    public var activation: Price?
    /// For `goodTilDate`.
    public var expires: Timestamp?
    /// The order whose fills bring this one to life; `.none` for an order of its own.
    public var parent: OrderID

    public init(
        instrument: InstrumentID, side: Side, type: OrderType, quantity: Quantity, limit: Price? = nil,
        trigger: OrderLevel? = nil, trail: TrailingDistance? = nil, activation: Price? = nil,
        timeInForce: TimeInForce = .goodTilCancelled, expires: Timestamp? = nil, isPostOnly: Bool = false,
        isReduceOnly: Bool = false, group: OrderGroup = 0, parent: OrderID = .none
    ) {
        self.instrument = instrument
        self.side = side
        self.type = type
        self.quantity = quantity
        self.limit = limit
        self.trigger = trigger
        self.trail = trail
        self.activation = activation
        self.timeInForce = timeInForce
        self.expires = expires
        self.isPostOnly = isPostOnly
        self.isReduceOnly = isReduceOnly
        self.group = group
        self.parent = parent
    }
}

/// Who an order, a ledger entry or a record belongs to.
public struct Ownership: Hashable, Sendable, BitwiseCopyable {
    public let owner: OwnerID
    public let account: AccountID
    public let strategy: StrategyID
    public init(owner: OwnerID, account: AccountID, strategy: StrategyID) {
        self.owner = owner
        self.account = account
        self.strategy = strategy
    }
}

public enum Liquidity: UInt8, Hashable, Sendable, BitwiseCopyable { case maker, taker }

/// Why a fill happened, for the record of trades.
public enum FillReason: UInt8, Hashable, Sendable, BitwiseCopyable, CaseIterable {
    case order, stop, takeProfit, trailingStop, liquidation, settlement

    public var text: String {
        switch self {
        case .order: "signal"
        case .stop: "stop"
        case .takeProfit: "take profit"
        case .trailingStop: "trailing stop"
        case .liquidation: "liquidation"
        case .settlement: "settlement"
        }
    }
}

/// One trade of ours. The quantity is signed: positive bought, negative sold.
///
/// 64 bytes. A fill without an order (liquidation, settlement) carries `OrderID.none`.
public struct Fill: Hashable, Sendable, BitwiseCopyable {
    public let order: OrderID
    public let trade: TradeID
    public let time: Timestamp
    public let price: Price
    public let quantity: Quantity
    public let instrument: InstrumentID
    public let strategy: UInt16
    public let liquidity: Liquidity
    public let reason: FillReason
    /// In the instrument's settlement asset; negative is a rebate.
    public let fee: Amount

    public init(
        order: OrderID, trade: TradeID, time: Timestamp, instrument: InstrumentID, strategy: StrategyID,
        quantity: Quantity, price: Price, fee: Amount, liquidity: Liquidity, reason: FillReason
    ) {
        self.order = order
        self.trade = trade
        self.time = time
        self.instrument = instrument
        self.strategy = UInt16(strategy.rawValue)
        self.quantity = quantity
        self.price = price
        self.fee = fee
        self.liquidity = liquidity
        self.reason = reason
    }

    @inlinable public var side: Side { quantity.units < 0 ? .sell : .buy }
    @inlinable public var strategyID: StrategyID { StrategyID(UInt32(strategy)) }
}
