// SPDX-License-Identifier: Apache-2.0

public import Trading

/// A checked configuration with every default filled in. Lists are sorted by name, so that the order in the file has
/// no influence on anything.
public struct ApusConfiguration: Sendable, Hashable {
    public let account: AccountSettings
    public let data: DataSettings
    /// Sorted by name.
    public let external: [ExternalSettings]
    public let simulation: SimulationSettings
    /// Sorted by symbol.
    public let instruments: [InstrumentSettings]
    /// Sorted by key; those that are switched off as well.
    public let strategies: [StrategySettings]
    /// Sorted by name.
    public let venues: [VenueSettings]
    public let live: LiveSettings
    public let limits: LimitSettings
    /// `nil` without a key of theirs.
    public let risk: CircuitBreakerSettings?
    /// `nil` without a key of its own.
    public let liquidation: LiquidationGuardSettings?
    /// `nil` without the section.
    public let portfolio: PortfolioSettings?
    public let promotion: PromotionSettings
    public let validation: ValidationSettings
    public let logging: LoggingSettings
    public let report: ReportSettings

    /// Every market that an enabled strategy trades, hedges with or looks at, once each, sorted by exchange and unified name.
    public var markets: [ResolvedMarket] {
        var seen: Set<String> = []
        return strategies.filter(\.isEnabled).flatMap(\.needed).map(\.market)
            .filter { seen.insert("\($0.exchange) \($0.unified)").inserted }
            .sorted { ($0.exchange, $0.unified) < ($1.exchange, $1.unified) }
    }

    /// Where the bars of a market come from, or `nil` where the configuration does not say (then the store may).
    public func source(of market: ResolvedMarket) -> SourceSettings? {
        data.sources.source(of: market)
    }

    /// The rules and fees of a market: its own, or the defaults.
    public func instrument(of market: ResolvedMarket) -> InstrumentSettings {
        instruments.first { $0.symbol == market.written } ?? instruments.first { market.isNamed($0.symbol) }
            ?? InstrumentSettings(defaultsFor: market.written, simulation: simulation)
    }
}

/// An asset and how much of it there is.
public struct AssetBalance: Sendable, Hashable {
    public let asset: String
    public let amount: Amount

    public init(asset: String, amount: Amount) {
        self.asset = asset
        self.amount = amount
    }
}

/// What one unit of an asset is worth in the base currency from a time on.
public struct ConversionRate: Sendable, Hashable {
    public let asset: String
    /// `distantPast` where the configuration gives one number for the whole run.
    public let from: Timestamp
    public let rate: Amount
}

public struct AccountSettings: Sendable, Hashable {
    public enum PositionMode: String, Sendable, Hashable, CaseIterable { case netting, hedging }
    public enum MarginMode: String, Sendable, Hashable, CaseIterable { case cross, isolated }

    /// As configured; otherwise the asset in which the first market by its unified name settles (its quote asset where
    /// that is the base asset, as for inverse perpetuals).
    public let baseCurrency: String
    /// Sorted by asset.
    public let balances: [AssetBalance]
    public let positionMode: PositionMode
    public let marginMode: MarginMode
    public let allowsBorrowing: Bool
    /// Sorted by asset, then by time.
    public let conversionRates: [ConversionRate]
}

public struct DataSettings: Sendable, Hashable {
    public let store: String
    /// Sorted by symbol.
    public let sources: [SourceSettings]
    /// The largest part of missing bars, as a share of one.
    public let maximumMissingShare: Rate
    public let overridesGaps: Bool
    public let from: Timestamp?
    public let to: Timestamp?
}

public struct SourceSettings: Sendable, Hashable {
    public enum Stamp: String, Sendable, Hashable, CaseIterable { case open, close }

    /// Finer bars of the same market.
    public struct Detail: Sendable, Hashable {
        public let file: String
        public let timeframe: Timeframe
    }

    /// As written in the configuration.
    public let symbol: String
    /// `nil`: read from the store.
    public let file: String?
    public let timeframe: Timeframe?
    public let stamp: Stamp?
    public let venue: String?
    public let detail: Detail?
    public let fundingFile: String?
}

extension [SourceSettings] {
    /// The one that is named as the market is written; else one that stands for it. A source of the market's own
    /// exchange comes first.
    func source(of market: ResolvedMarket) -> SourceSettings? {
        func fits(_ source: SourceSettings) -> Bool { source.venue == nil || source.venue == market.exchange }
        return first { $0.symbol == market.written && fits($0) }
            ?? first { market.isNamed($0.symbol) && fits($0) }
            ?? first { $0.symbol == market.written }
    }
}

public struct InstrumentSettings: Sendable, Hashable {
    public enum OptionType: String, Sendable, Hashable, CaseIterable { case call, put }

    /// Rules that hold from a time on, complete: what an entry leaves out is as it was before.
    public struct Rules: Sendable, Hashable {
        /// `distantPast` for the first.
        public let from: Timestamp
        /// `nil`: the last decimal of a price.
        public let tickSize: Amount?
        /// `nil`: the last decimal of a quantity.
        public let lotSize: Amount?
        public let significantFigures: Int?
        public let minimumQuantity: Amount
        /// `nil`: the venue's own, where it is known (`ResolvedMarket.minimumNotional`).
        public let minimumNotional: Amount?
    }

    public struct MarginTier: Sendable, Hashable {
        /// In the quote asset; `nil` for a last tier without end.
        public let upToNotional: Amount?
        public let maintenanceRate: Rate
        public let maximumLeverage: Amount
    }

    /// As written in the configuration.
    public let symbol: String
    /// What the configuration says; where it says nothing, the market's name does (see `ResolvedMarket`).
    public let kind: MarketKind?
    public let base: String?
    public let quote: String?
    public let settlement: String?
    public let priceDecimals: Int?
    public let quantityDecimals: Int?
    /// At least one, by time; the first holds from `distantPast`.
    public let rules: [Rules]
    public let multiplier: Amount
    public let expiry: Timestamp?
    public let strike: Amount?
    public let optionType: OptionType?
    /// Its own, or the simulation's.
    public let makerFee: Rate
    public let takerFee: Rate
    public let liquidationFee: Rate
    /// Smallest first; empty where the configuration gives none.
    public let marginTiers: [MarginTier]
}

public struct SimulationSettings: Sendable, Hashable {
    public enum Fill: String, Sendable, Hashable, CaseIterable {
        case nextOpen = "next_open"
        case sameClose = "same_close"
    }
    public enum Intrabar: String, Sendable, Hashable, CaseIterable { case pessimistic, adaptive, finer, optimistic }
    public enum LimitTouch: String, Sendable, Hashable, CaseIterable { case fill, through }
    public enum BelowMinimum: String, Sendable, Hashable, CaseIterable {
        case reject
        case roundUp = "round_up"
    }
    public enum Slippage: Sendable, Hashable {
        case none
        case ticks(Int64)
        /// A share of the price.
        case share(Rate)
        case volumeShare(impact: Amount)
        case squareRoot(impact: Amount, volatilityWindow: Int)
    }

    public let fill: Fill
    /// Zero exactly where `fill` is `sameClose`.
    public let latency: TimeSpan
    public let intrabar: Intrabar
    /// The largest share of a bar's volume that one order may take; `nil`: no limit.
    public let volumeLimit: Rate?
    public let limitTouch: LimitTouch
    public let slippage: Slippage
    public let makerFee: Rate
    public let takerFee: Rate
    public let chargesFunding: Bool
    public let liquidates: Bool
    public let belowMinimum: BelowMinimum
    public let seed: UInt64
}

public struct StrategySettings: Sendable, Hashable {
    public enum Preset: String, Sendable, Hashable, CaseIterable { case conservative, balanced, aggressive }

    /// Unique, and the strategy's identity in every record.
    public let key: String
    /// The name shown; the key where none is given.
    public let name: String
    public let type: String
    public let exchange: String
    /// The venue that live modes trade on; `nil`: none is configured for the exchange.
    public let venue: String?
    /// Sorted by unified name; at least one.
    public let markets: [ResolvedMarket]
    public let timeframe: Timeframe
    public let preset: Preset
    /// By name: as written, then the preset's, then the type's defaults. Without a registry of types, texts that look
    /// like numbers or booleans are read as such.
    public let parameters: [String: ConfigurationValue]
    public let risk: RiskSettings
    public let execution: ExecutionSettings
    /// Sorted by name; none but for the type `orders`.
    public let orders: [OrderSettings]
    /// In the base currency; `nil`: the whole account.
    public let capital: Amount?
    public let isEnabled: Bool

    /// The market that hedges its positions, unless it is one of its own.
    public var hedges: [ResolvedMarket] {
        guard let hedge = risk.hedge?.market, !markets.contains(where: { $0.unified == hedge.unified }) else {
            return []
        }
        return [hedge]
    }

    /// Its markets, those it hedges with, and those of its orders, with where they are traded.
    public var traded: [TradedMarket] {
        (markets + hedges).map { TradedMarket(market: $0, venue: venue) } + orders.flatMap(\.parts).map(\.market)
    }

    /// What it trades, and what it looks at besides.
    public var needed: [TradedMarket] { traded + orders.flatMap(\.watched) }
}

public struct RiskSettings: Sendable, Hashable {
    public enum Size: Sendable, Hashable {
        /// The position's whole value, in the quote asset.
        case notional(Amount)
        /// The money put up, in the quote asset; the position is `leverage` times as large.
        case margin(Amount)
        /// In the base asset, or contracts.
        case quantity(Amount)
    }

    /// `nil`: the strategy sizes its own orders.
    public let size: Size?
    public let leverage: Amount
    /// Distances from the average entry as positive shares of the price: 0.05 for `-5.0` and `5.0` percent.
    public let stopLoss: Rate?
    public let takeProfit: Rate?
    public let trailingStop: Rate?
    /// `nil`: every entry has the whole size.
    public let sizing: PositionSizingSettings?
    /// `nil`: leverage stays what it is.
    public let dynamicLeverage: DynamicLeverageSettings?
    /// `nil`: nothing hedges it.
    public let hedge: HedgeSettings?
}

/// What is held back from every choice, so that something is left to judge by.
public struct ValidationSettings: Sendable, Hashable {
    /// Midnight UTC; `nil`: nothing is held back.
    public let outOfSampleFrom: Timestamp?
}

public struct ReportSettings: Sendable, Hashable {
    public let title: String?
    public let htmlFile: String?
    public let jsonFile: String?
    public let fillsFile: String?
}
