// SPDX-License-Identifier: Apache-2.0

public import Execution
public import Trading

/// What came of asking for an order. Only proof of refusal is a refusal: everything else that is not an acceptance leaves
/// the order in flight, until a query settles it.
public enum PlaceOutcome: Hashable, Sendable {
    case resting(VenueOrderID)
    case filled(VenueOrderID, quantity: Quantity, averagePrice: String)
    /// A protective order that waits for its entry or its trigger.
    case waiting(VenueOrderID?)
    case rejected(RejectReason, text: String)
    case unknown(reason: String)
}

public enum CancelOutcome: Hashable, Sendable {
    case done
    /// Nothing to take back: never placed, already cancelled or filled. A query says which.
    case notWorking(text: String)
    case rejected(text: String)
    case unknown(reason: String)
}

public enum ModifyOutcome: Hashable, Sendable {
    /// A venue that replaces says the new order's number.
    case done(VenueOrderID?)
    case rejected(RejectReason, text: String)
    case unknown(reason: String)
}

/// What came of setting a market's leverage.
public enum LeverageOutcome: Hashable, Sendable {
    case done
    case refused(text: String)
    /// It may be set or not.
    case unknown(reason: String)
}

public enum StatusOutcome: Hashable, Sendable {
    case known(OrderUpdate)
    /// The venue has no such order; soon after a request that can mean "not yet".
    case notKnown
    case unknown(reason: String)
}

public enum VenueOrderStatus: Hashable, Sendable {
    case open
    case triggered
    case filled
    case cancelled(RejectReason, text: String)
    case rejected(RejectReason, text: String)

    public var isFinal: Bool {
        switch self {
        case .open, .triggered: false
        case .filled, .cancelled, .rejected: true
        }
    }
}

/// An order as the venue sees it.
public struct OrderUpdate: Hashable, Sendable {
    /// `nil` for an order that was made without one, by hand or by another program.
    public var client: ClientOrderID?
    public var venueOrder: VenueOrderID
    public var instrument: InstrumentID
    public var side: Side
    public var status: VenueOrderStatus
    public var limit: Price?
    public var trigger: Price?
    public var quantity: Quantity
    public var remaining: Quantity
    public var isReduceOnly: Bool
    /// Of the status.
    public var time: Timestamp

    public init(
        client: ClientOrderID?, venueOrder: VenueOrderID, instrument: InstrumentID, side: Side,
        status: VenueOrderStatus, limit: Price? = nil, trigger: Price? = nil, quantity: Quantity, remaining: Quantity,
        isReduceOnly: Bool = false, time: Timestamp
    ) {
        self.client = client
        self.venueOrder = venueOrder
        self.instrument = instrument
        self.side = side
        self.status = status
        self.limit = limit
        self.trigger = trigger
        self.quantity = quantity
        self.remaining = remaining
        self.isReduceOnly = isReduceOnly
        self.time = time
    }
}

/// One fill as the venue reports it.
public struct VenueFill: Hashable, Sendable {
    public var trade: TradeID
    public var client: ClientOrderID?
    public var venueOrder: VenueOrderID
    public var instrument: InstrumentID
    public var side: Side
    public var price: Price
    /// Positive.
    public var quantity: Quantity
    public var time: Timestamp
    public var liquidity: Liquidity
    /// Negative is a rebate.
    public var fee: Amount
    /// The asset that the fee was taken in.
    public var feeAsset: AssetID
    /// The profit that the venue booked for it, before the fee.
    public var closedProfit: Amount?
    public var isLiquidation: Bool

    public init(
        trade: TradeID, client: ClientOrderID?, venueOrder: VenueOrderID, instrument: InstrumentID, side: Side,
        price: Price, quantity: Quantity, time: Timestamp, liquidity: Liquidity, fee: Amount, feeAsset: AssetID,
        closedProfit: Amount? = nil, isLiquidation: Bool = false
    ) {
        self.trade = trade
        self.client = client
        self.venueOrder = venueOrder
        self.instrument = instrument
        self.side = side
        self.price = price
        self.quantity = quantity
        self.time = time
        self.liquidity = liquidity
        self.fee = fee
        self.feeAsset = feeAsset
        self.closedProfit = closedProfit
        self.isLiquidation = isLiquidation
    }
}

/// Funding paid (positive) or received on a position.
public struct VenueFunding: Hashable, Sendable, BitwiseCopyable {
    public var instrument: InstrumentID
    public var time: Timestamp
    public var amount: Amount
    public init(instrument: InstrumentID, time: Timestamp, amount: Amount) {
        self.instrument = instrument
        self.time = time
        self.amount = amount
    }
}

/// Money that came in (positive) or went out without a trade: never profit.
public struct VenueTransfer: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable { case deposit, withdrawal, transfer, fee, reward }
    public var kind: Kind
    public var asset: AssetID
    public var amount: Amount
    public var time: Timestamp
    /// The venue's name for it: what makes a repeated report harmless.
    public var reference: String
    public init(kind: Kind, asset: AssetID, amount: Amount, time: Timestamp, reference: String) {
        self.kind = kind
        self.asset = asset
        self.amount = amount
        self.time = time
        self.reference = reference
    }
}

/// Everything an account holds at one time, read as a whole.
public struct AccountSnapshot: Hashable, Sendable {
    public struct Position: Hashable, Sendable {
        public var instrument: InstrumentID
        /// Signed.
        public var quantity: Quantity
        public var entryPrice: Price?
        public init(instrument: InstrumentID, quantity: Quantity, entryPrice: Price?) {
            self.instrument = instrument
            self.quantity = quantity
            self.entryPrice = entryPrice
        }
    }
    public struct Balance: Hashable, Sendable, BitwiseCopyable {
        public var asset: AssetID
        /// Without the unrealised profit of open positions.
        public var total: Amount
        public init(asset: AssetID, total: Amount) {
            self.asset = asset
            self.total = total
        }
    }
    /// What a market's position is margined with.
    public struct Leverage: Hashable, Sendable, BitwiseCopyable {
        public var instrument: InstrumentID
        public var value: Int64
        public var isCross: Bool
        public init(instrument: InstrumentID, value: Int64, isCross: Bool) {
            self.instrument = instrument
            self.value = value
            self.isCross = isCross
        }
    }
    /// The venue's time of the earliest of its parts: what came later may be missing from it.
    public var time: Timestamp
    public var openOrders: [OrderUpdate]
    /// Every one that is not flat.
    public var positions: [Position]
    /// Where the venue says it: for positions at least.
    public var leverages: [Leverage] = []
    public var balances: [Balance]
    /// Since the time asked for, oldest first.
    public var fills: [VenueFill]
    public var funding: [VenueFunding]
    public var transfers: [VenueTransfer]
    /// What the venue holds in names that are not configured.
    public var unknownNames: [String]

    public init(
        time: Timestamp, openOrders: [OrderUpdate] = [], positions: [Position] = [], balances: [Balance] = [],
        fills: [VenueFill] = [], funding: [VenueFunding] = [], transfers: [VenueTransfer] = [],
        unknownNames: [String] = []
    ) {
        self.time = time
        self.openOrders = openOrders
        self.positions = positions
        self.balances = balances
        self.fills = fills
        self.funding = funding
        self.transfers = transfers
        self.unknownNames = unknownNames
    }
}
