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
    @inlinable @inline(__always)
    public var isTriggered: Bool { self != .market && self != .limit }
    /// Whether it carries a limit price.
    @inlinable @inline(__always)
    public var hasLimit: Bool { self == .limit || self == .stopLimit || self == .takeProfitLimit }
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
///
/// 72 bytes. What may be missing is kept as plain words with a set of bits that say what is there, because orders are
/// copied on their way to the venue, and optionals side by side are slow to copy.
public struct OrderRequest: Hashable, Sendable, BitwiseCopyable {
    public var instrument: InstrumentID
    public var group: OrderGroup
    public var side: Side
    public var type: OrderType
    public var timeInForce: TimeInForce
    public var isPostOnly: Bool
    public var isReduceOnly: Bool
    /// What is there of the words below; a word that is not is 0, so that equal requests have equal words.
    @usableFromInline package var parts = OrderParts.nothing
    /// Positive, except for a child, which starts at zero and grows with its parent's fills.
    public var quantity: Quantity
    @usableFromInline package var limitUnits: Int64 = 0
    @usableFromInline package var triggerUnits: Int64 = 0
    @usableFromInline package var trailUnits: Int64 = 0
    @usableFromInline package var activationUnits: Int64 = 0
    @usableFromInline package var expiresNanoseconds: Int64 = 0
    /// The order whose fills bring this one to life; `.none` for an order of its own.
    public var parent: OrderID

    @inlinable @inline(__always)
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
        self.timeInForce = timeInForce
        self.isPostOnly = isPostOnly
        self.isReduceOnly = isReduceOnly
        self.group = group
        self.parent = parent
        if limit != nil { self.limit = limit }
        if trigger != nil { self.trigger = trigger }
        if trail != nil { self.trail = trail }
        if activation != nil { self.activation = activation }
        if expires != nil { self.expires = expires }
    }

    /// For `limit`, `stopLimit`, `takeProfitLimit`.
    public var limit: Price? {
        @inlinable @inline(__always) get { parts.contains(.limit) ? Price(units: limitUnits) : nil }
        @inlinable set {
            parts.set(.limit, newValue != nil)
            limitUnits = newValue?.units ?? 0
        }
    }

    /// For `stop`, `stopLimit`, `takeProfit`, `takeProfitLimit`.
    public var trigger: OrderLevel? {
        @inlinable get {
            if parts.contains(.triggerPrice) { return .price(Price(units: triggerUnits)) }
            return parts.contains(.triggerFromEntry) ? .fromEntry(Rate(units: triggerUnits)) : nil
        }
        @inlinable set {
            parts.remove(.triggerPrice)
            parts.remove(.triggerFromEntry)
            switch newValue {
            case .price(let price):
                parts.insert(.triggerPrice)
                triggerUnits = price.units
            case .fromEntry(let rate):
                parts.insert(.triggerFromEntry)
                triggerUnits = rate.units
            case nil: triggerUnits = 0
            }
        }
    }

    /// For `trailingStop`.
    public var trail: TrailingDistance? {
        @inlinable get { parts.trail(trailUnits) }
        @inlinable set { trailUnits = parts.setTrail(newValue) }
    }

    /// For `trailingStop`: it starts to follow once this price is reached.
    public var activation: Price? {
        @inlinable get { parts.contains(.activation) ? Price(units: activationUnits) : nil }
        @inlinable set {
            parts.set(.activation, newValue != nil)
            activationUnits = newValue?.units ?? 0
        }
    }

    /// For `goodTilDate`.
    public var expires: Timestamp? {
        @inlinable get { parts.contains(.expires) ? Timestamp(nanoseconds: expiresNanoseconds) : nil }
        @inlinable set {
            parts.set(.expires, newValue != nil)
            expiresNanoseconds = newValue?.nanoseconds ?? 0
        }
    }
}

/// Which of an order's words are there, and what they mean.
@usableFromInline package struct OrderParts: Hashable, Sendable, BitwiseCopyable {
    @usableFromInline package var bits: UInt8
    @inlinable @inline(__always) init(bits: UInt8) { self.bits = bits }

    @inlinable package static var nothing: OrderParts { OrderParts(bits: 0) }
    @inlinable package static var limit: OrderParts { OrderParts(bits: 1) }
    @inlinable package static var triggerPrice: OrderParts { OrderParts(bits: 2) }
    @inlinable package static var triggerFromEntry: OrderParts { OrderParts(bits: 4) }
    @inlinable package static var trailAbsolute: OrderParts { OrderParts(bits: 8) }
    @inlinable package static var trailShare: OrderParts { OrderParts(bits: 16) }
    @inlinable package static var activation: OrderParts { OrderParts(bits: 32) }
    @inlinable package static var expires: OrderParts { OrderParts(bits: 64) }

    @inlinable @inline(__always)
    package func contains(_ part: OrderParts) -> Bool { bits & part.bits != 0 }
    @inlinable @inline(__always)
    package mutating func insert(_ part: OrderParts) { bits |= part.bits }
    @inlinable @inline(__always)
    package mutating func remove(_ part: OrderParts) { bits &= ~part.bits }
    @inlinable @inline(__always)
    package mutating func set(_ part: OrderParts, _ isThere: Bool) {
        if isThere { insert(part) } else { remove(part) }
    }

    @inlinable
    package func trail(_ units: Int64) -> TrailingDistance? {
        if contains(.trailAbsolute) { return .absolute(PriceDistance(units: units)) }
        return contains(.trailShare) ? .share(Rate(units: units)) : nil
    }

    /// - Returns: The word to keep.
    @inlinable
    package mutating func setTrail(_ trail: TrailingDistance?) -> Int64 {
        remove(.trailAbsolute)
        remove(.trailShare)
        switch trail {
        case .absolute(let distance):
            insert(.trailAbsolute)
            return distance.units
        case .share(let rate):
            insert(.trailShare)
            return rate.units
        case nil: return 0
        }
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
    /// No trade: our books were brought to what the venue holds.
    case adjustment

    public var text: String {
        switch self {
        case .order: "signal"
        case .stop: "stop"
        case .takeProfit: "take profit"
        case .trailingStop: "trailing stop"
        case .liquidation: "liquidation"
        case .settlement: "settlement"
        case .adjustment: "adjustment"
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
