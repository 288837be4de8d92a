// SPDX-License-Identifier: Apache-2.0

public import Trading

/// How live modes run.
public struct LiveSettings: Sendable, Hashable {
    /// What a session hears of a market besides its bars.
    public enum Stream: String, Sendable, Hashable, CaseIterable { case trades, quotes, books, funding, contexts }
    public enum Durability: String, Sendable, Hashable, CaseIterable { case process, power }
    public enum Shutdown: String, Sendable, Hashable, CaseIterable {
        case keepOrders = "keep_orders"
        /// Entries are cancelled; stops and targets of open positions stay.
        case cancelOrders = "cancel_orders"
        case flatten
    }

    public let instance: String
    /// The folder in which each instance has one of its own.
    public let journalFolder: String
    public let durability: Durability
    /// `nil`: what the strategies declare.
    public let historyDays: Int64?
    /// Streams that are kept in the data store.
    public let store: [Stream]
    public let barGrace: TimeSpan
    /// Older bars are shown to the strategies and not acted on.
    public let staleAfter: TimeSpan
    public let shutdown: Shutdown
    /// `nil`: where `apus control` looks for the instance.
    public let controlSocket: String?
    public let statusEvery: TimeSpan
    /// Whether the session's core is kept busy while there is nothing to do.
    public let busyPoll: Bool

    /// The instance's own part of the journal folder.
    public var instanceFolder: String { "\(journalFolder)/\(instance)" }
    /// Where session summaries and promotions are: beside the journal, so that they stay when a new one is begun.
    public var summaryFolder: String { "\(journalFolder)/\(instance).sessions" }
    public var promotionsFile: String { "\(summaryFolder)/promotions.jsonl" }
    /// What the order numbers of a journal begin with: FNV-1a (Fowler, Noll, Vo; 32 bits) of the instance's name and of
    /// when the journal was begun.
    public func instanceNumber(begunAt time: Timestamp) -> UInt32 {
        "\(instance) \(time.nanoseconds)".utf8.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 }
    }
}

public struct LoggingSettings: Sendable, Hashable {
    public enum Level: String, Sendable, Hashable, CaseIterable { case debug, info, warning, error, critical }
    public struct ComponentLevel: Sendable, Hashable {
        public let component: String
        public let level: Level
    }

    public let level: Level
    /// Sorted by component; those that are configured.
    public let components: [ComponentLevel]
    /// `nil`: nothing goes to standard error.
    public let standardErrorLevel: Level?
    /// `nil`: in the instance's folder.
    public let file: String?
    public let maximumMegabytes: Int64
    public let keep: Int64
}

/// What is checked before every order. Money is in the base currency; `nil`: no such limit.
public struct LimitSettings: Sendable, Hashable {
    public struct OrderQuantity: Sendable, Hashable {
        /// As written in the configuration.
        public let symbol: String
        public let quantity: Amount
    }
    /// The caps of de-minimis mode.
    public struct DeMinimis: Sendable, Hashable {
        public let maximumPositionNotional: Amount
        public let maximumTotalNotional: Amount
        public let maximumOrdersPerMinute: Int64
        public let dailyLoss: Amount
    }

    public let maximumOrderNotional: Amount?
    /// Sorted by symbol.
    public let maximumOrderQuantities: [OrderQuantity]
    public let maximumPositionNotional: Amount?
    public let maximumVenueNotional: Amount?
    public let maximumTotalNotional: Amount?
    public let maximumLeverage: Amount?
    /// A share of the last price.
    public let priceCollar: Rate
    public let maximumOrdersPerMinute: Int64
    public let maximumOpenOrders: Int64
    public let dailyLoss: Amount?
    public let minimumMarginLeft: Amount
    public let deMinimis: DeMinimis

    /// Keys without which live trading does not start and that are not given, in the order of the reference page.
    public var missingForLive: [String] {
        [
            ("max_order_notional", maximumOrderNotional), ("max_position_notional", maximumPositionNotional),
            ("max_total_notional", maximumTotalNotional), ("max_leverage", maximumLeverage), ("daily_loss", dailyLoss),
        ].filter { $0.1 == nil }.map(\.0)
    }
    /// Whether live trading may start.
    public var isConfigured: Bool { missingForLive.isEmpty }

    /// The largest quantity of one order in a market, where there is such a limit.
    public func maximumOrderQuantity(of market: ResolvedMarket) -> Amount? {
        maximumOrderQuantities.filter { market.isNamed($0.symbol) }.map(\.quantity).min()
    }
}

/// What each mode must have shown before the next one.
public struct PromotionSettings: Sendable, Hashable {
    public struct Criteria: Sendable, Hashable {
        public let minimumTime: TimeSpan
        public let minimumDays: Int64
        /// `nil`: it does not apply to the mode, as are the next two.
        public let minimumRoundTrips: Int64?
        /// A share of one.
        public let maximumDrawdown: Rate?
        /// A share of the equity at the session's start.
        public let maximumDifference: Rate?
        /// A share of one.
        public let minimumUptime: Rate
        public let maximumFindings: Int64
    }

    public let paper: Criteria
    public let dryRun: Criteria
    public let deMinimis: Criteria
}
