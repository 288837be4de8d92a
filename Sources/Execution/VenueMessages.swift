// SPDX-License-Identifier: Apache-2.0

public import Trading

/// What the engine asks a venue to do.
public enum VenueCommand: Hashable, Sendable, BitwiseCopyable {
    case submit(OrderRequest)
    case cancel
    case modify(OrderChange)
}

/// New values for a working order; what is `nil` stays.
public struct OrderChange: Hashable, Sendable, BitwiseCopyable {
    public var quantity: Quantity?
    public var limit: Price?
    public var trigger: Price?
    public var trail: TrailingDistance?
    public init(
        quantity: Quantity? = nil, limit: Price? = nil, trigger: Price? = nil, trail: TrailingDistance? = nil
    ) {
        self.quantity = quantity
        self.limit = limit
        self.trigger = trigger
        self.trail = trail
    }
}

/// A command with the order it is about, as it leaves the engine.
public struct OrderCommand: Hashable, Sendable, BitwiseCopyable {
    public let order: OrderID
    public let strategy: StrategyID
    public let instrument: InstrumentID
    public let sentAt: Timestamp
    public let command: VenueCommand
    public init(
        order: OrderID, strategy: StrategyID, instrument: InstrumentID, sentAt: Timestamp, command: VenueCommand
    ) {
        self.order = order
        self.strategy = strategy
        self.instrument = instrument
        self.sentAt = sentAt
        self.command = command
    }
}

/// What a venue says about an order, other than that it traded.
public struct OrderReport: Hashable, Sendable, BitwiseCopyable {
    public let order: OrderID
    public let time: Timestamp
    public let event: OrderEvent
    public let reason: RejectReason
    /// The order's whole quantity and prices after the event, where it changed them.
    public let quantity: Quantity?
    public let limit: Price?
    public let trigger: Price?
    public init(
        order: OrderID, time: Timestamp, event: OrderEvent, reason: RejectReason = .none, quantity: Quantity? = nil,
        limit: Price? = nil, trigger: Price? = nil
    ) {
        self.order = order
        self.time = time
        self.event = event
        self.reason = reason
        self.quantity = quantity
        self.limit = limit
        self.trigger = trigger
    }
}

public enum VenueReport: Hashable, Sendable, BitwiseCopyable {
    case order(OrderReport)
    case fill(Fill, FillCircumstances)
    case funding(FundingPayment)
    /// The venue's insurance paid for a loss beyond the margin.
    case coveredLoss(asset: AssetID, amount: Amount, time: Timestamp)
    case transfer(TransferPayment)
    /// A fee that was not taken in the instrument's settlement asset, and so is not part of the fill.
    case fee(FeePayment)
    /// A spot position became smaller without a trade.
    case holding(HoldingChange)
}

/// What a venue knows of a fill besides the trade itself.
public struct FillCircumstances: Hashable, Sendable, BitwiseCopyable {
    /// For a hedging account: it closed the other side.
    public let isReducing: Bool
    /// The price that the order met; the fill's own differs from it by the slippage.
    public let met: Price
    public init(isReducing: Bool, met: Price) {
        self.isReducing = isReducing
        self.met = met
    }
}

/// Funding paid (positive) or received on one strategy's part of a position.
public struct FundingPayment: Hashable, Sendable, BitwiseCopyable {
    public let instrument: InstrumentID
    public let strategy: StrategyID
    public let time: Timestamp
    public let amount: Amount
    public init(instrument: InstrumentID, strategy: StrategyID, time: Timestamp, amount: Amount) {
        self.instrument = instrument
        self.strategy = strategy
        self.time = time
        self.amount = amount
    }
}

/// Money that came in (positive) or went out without a trade. It is never profit.
public struct TransferPayment: Hashable, Sendable, BitwiseCopyable {
    public let asset: AssetID
    public let amount: Amount
    public let time: Timestamp
    /// What tells it from others: made from the venue's name for it, or 0.
    public let reference: UInt64
    public init(asset: AssetID, amount: Amount, time: Timestamp, reference: UInt64) {
        self.asset = asset
        self.amount = amount
        self.time = time
        self.reference = reference
    }
}

/// A fee of a trade in an asset of its own: spot purchases pay in what they buy. Negative is a rebate.
public struct FeePayment: Hashable, Sendable, BitwiseCopyable {
    public let asset: AssetID
    public let amount: Amount
    public let strategy: StrategyID
    public let trade: TradeID
    public let time: Timestamp
    public init(asset: AssetID, amount: Amount, strategy: StrategyID, trade: TradeID, time: Timestamp) {
        self.asset = asset
        self.amount = amount
        self.strategy = strategy
        self.trade = trade
        self.time = time
    }
}

/// A spot position that became smaller without a trade. What is held of the asset is the balance; the position is the part
/// of it that a strategy bought and can sell again, in whole lots.
public struct HoldingChange: Hashable, Sendable, BitwiseCopyable {
    /// Where that part of it went.
    public enum Reason: UInt8, Hashable, Sendable, BitwiseCopyable, CaseIterable {
        /// The fee of a purchase was taken out of what was bought.
        case fee
        /// What is left is less than the venue trades: it stays in the balance and counts as no position.
        case belowMinimum
        /// The venue holds less than the strategies had.
        case notThere
    }
    /// The order that it came with, or `none`.
    public let order: OrderID
    public let instrument: InstrumentID
    public let strategy: StrategyID
    /// Signed: against the position.
    public let quantity: Quantity
    public let time: Timestamp
    public let reason: Reason
    public init(
        order: OrderID, instrument: InstrumentID, strategy: StrategyID, quantity: Quantity, time: Timestamp,
        reason: Reason
    ) {
        self.order = order
        self.instrument = instrument
        self.strategy = strategy
        self.quantity = quantity
        self.time = time
        self.reason = reason
    }

    /// Whether what is left of the position has cost as much as the whole did.
    public var keepsCost: Bool { reason == .fee }
}
