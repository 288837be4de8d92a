// SPDX-License-Identifier: Apache-2.0

public import OrderAlgorithms
public import Trading

/// A market and where it is traded.
public struct TradedMarket: Sendable, Hashable {
    public let market: ResolvedMarket
    /// The venue that live modes trade it on; `nil`: none is configured for the exchange.
    public let venue: String?

    public init(market: ResolvedMarket, venue: String?) {
        self.market = market
        self.venue = venue
    }
}

/// An order that a user wants placed, or a group of them, as configured under `strategies.STRATEGY.orders`.
public struct OrderSettings: Sendable, Hashable {
    /// One order at a venue.
    public struct Part: Sendable, Hashable {
        /// What sets a stop or target off.
        public enum Trigger: Sendable, Hashable {
            case price(Amount)
            /// A price move from what the entry of its group filled at.
            case fromEntry(Rate)
        }

        /// How far behind the best price a trailing stop stands.
        public enum Trail: Sendable, Hashable {
            case share(Rate)
            /// In price.
            case distance(Amount)
            /// This many average true ranges over so many bars of the strategy, which it follows.
            case ranges(Double, period: Int)
        }

        /// Where in the configuration it stands, for messages.
        public let path: String
        public let market: TradedMarket
        public let side: Side
        /// In the base asset, or contracts.
        public let quantity: Amount
        public let type: OrderType
        public let limit: Amount?
        public let trigger: Trigger?
        public let trail: Trail?
        public let activation: Amount?
        public let timeInForce: TimeInForce
        public let expires: Timestamp?
        public let isPostOnly: Bool
        public let isReduceOnly: Bool
    }

    /// An order alone, in slices, or in a group.
    public enum Form: Sendable, Hashable {
        case single(Part)
        /// Worked in slices.
        case worked(Part, ExecutionSettings)
        /// One cancels the others.
        case oco([Part])
        case bracket(entry: Part, legs: [Part])
    }

    /// When it begins.
    public struct When: Sendable, Hashable {
        public let condition: ConditionText
        /// What the markets are that the condition names.
        public let markets: [String: TradedMarket]
        /// `nil`: once, as soon as it is met. Otherwise each time it comes to be met, so many times.
        public let times: Int?
        /// From then on it does not begin any more.
        public let until: Timestamp?
    }

    /// Unique in its strategy.
    public let name: String
    public let path: String
    public let form: Form
    public let when: When?
    public let startsAt: Timestamp?
    public let endsAt: Timestamp?
    public let hours: TradingHours?

    public var parts: [Part] {
        switch form {
        case .single(let part), .worked(let part, _): [part]
        case .oco(let legs): legs
        case .bracket(let entry, let legs): [entry] + legs
        }
    }

    /// The markets that its condition alone looks at, in the order of their names.
    var watched: [TradedMarket] { when?.markets.sorted { $0.key < $1.key }.map(\.value) ?? [] }
}
