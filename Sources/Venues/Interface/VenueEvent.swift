// SPDX-License-Identifier: Apache-2.0

public import Execution
public import Trading

/// What a connector says, in the words that all venues share.
public enum VenueEvent: Hashable, Sendable {
    // MARK: Market
    /// A candle that is still growing (its latest state) or that has closed for good.
    case bar(InstrumentID, Timeframe, Bar, isClosed: Bool)
    case book(BookSnapshot)
    case trade(VenueTrade)
    case quote(VenueQuote)
    case context(MarketContext)
    /// Answers `requestBars`: oldest first, closed ones only.
    case bars(InstrumentID, Timeframe, [Bar])
    case barsUnavailable(InstrumentID, Timeframe, reason: String)

    // MARK: Link
    /// All streams are open and subscribed; what was missed in between must be asked for.
    case linkUp
    /// No live data or no order updates until `linkUp`.
    case linkDown(reason: String)
    /// A stream has been silent for longer than it should.
    case streamStale(name: String, silence: TimeSpan)
    case streamFresh(name: String)
    /// Too many failures: the connector refuses commands until it says `breakerClosed`.
    case breakerOpened(reason: String)
    case breakerClosed
    /// Something a person should know.
    case notice(Notice)

    // MARK: Orders
    case placed(ClientOrderID, PlaceOutcome)
    case cancelled(ClientOrderID, CancelOutcome)
    case modified(ClientOrderID, ModifyOutcome)
    /// Answers `query`.
    case status(ClientOrderID, StatusOutcome)
    /// Answers `setLeverage`.
    case leverage(InstrumentID, LeverageOutcome)
    /// The venue's own word on an order, asked for or not.
    case order(OrderUpdate)
    case fill(VenueFill)
    case funding(VenueFunding)
    case transfer(VenueTransfer)

    // MARK: Account
    case snapshot(AccountSnapshot)
    /// A part of the snapshot could not be read, so there is none: that is not an empty account.
    case snapshotFailed(reason: String)

    public enum Notice: Hashable, Sendable {
        /// How far the venue's clock is ahead of ours.
        case clockOffset(TimeSpan)
        case agentExpires(Timestamp)
        /// Requests left to this address, and how fast one more is earned.
        case requestBudget(used: UInt64, cap: UInt64)
        /// A message that could not be read; the rest of the stream goes on.
        case unreadable(String)
        case deadManSwitch(armed: Bool, reason: String)
        case warning(String)
    }
}

/// The levels of a book at one time, best first. Never crossed: a crossed one is not passed on.
public struct BookSnapshot: Hashable, Sendable {
    public var instrument: InstrumentID
    public var time: Timestamp
    public var bids: [Level]
    public var asks: [Level]
    public struct Level: Hashable, Sendable, BitwiseCopyable {
        public var price: Price
        public var quantity: Quantity
        public init(price: Price, quantity: Quantity) {
            self.price = price
            self.quantity = quantity
        }
    }
    public init(instrument: InstrumentID, time: Timestamp, bids: [Level], asks: [Level]) {
        self.instrument = instrument
        self.time = time
        self.bids = bids
        self.asks = asks
    }
}

public struct VenueTrade: Hashable, Sendable, BitwiseCopyable {
    public var instrument: InstrumentID
    public var time: Timestamp
    public var price: Price
    public var quantity: Quantity
    /// The side that took liquidity.
    public var taker: Side
    public var id: TradeID
    public init(
        instrument: InstrumentID, time: Timestamp, price: Price, quantity: Quantity, taker: Side, id: TradeID
    ) {
        self.instrument = instrument
        self.time = time
        self.price = price
        self.quantity = quantity
        self.taker = taker
        self.id = id
    }
}

public struct VenueQuote: Hashable, Sendable, BitwiseCopyable {
    public var instrument: InstrumentID
    public var time: Timestamp
    /// `nil`: that side is empty.
    public var bid: BookSnapshot.Level?
    public var ask: BookSnapshot.Level?
    public init(instrument: InstrumentID, time: Timestamp, bid: BookSnapshot.Level?, ask: BookSnapshot.Level?) {
        self.instrument = instrument
        self.time = time
        self.bid = bid
        self.ask = ask
    }
}

/// What a venue says about an instrument besides its trades. `nil` where it does not say.
public struct MarketContext: Hashable, Sendable, BitwiseCopyable {
    public var instrument: InstrumentID
    public var mark: Price?
    public var oracle: Price?
    public var mid: Price?
    /// Share of the position's value, for one funding interval; positive paid by longs.
    public var fundingRate: Rate?
    public var openInterest: Quantity?
    public init(
        instrument: InstrumentID, mark: Price? = nil, oracle: Price? = nil, mid: Price? = nil,
        fundingRate: Rate? = nil, openInterest: Quantity? = nil
    ) {
        self.instrument = instrument
        self.mark = mark
        self.oracle = oracle
        self.mid = mid
        self.fundingRate = fundingRate
        self.openInterest = openInterest
    }
}
