// SPDX-License-Identifier: Apache-2.0

public import Engine
public import Indicators
public import MarketData
public import Simulation
public import Supervision
public import Trading

/// Everything that a backtest's result depends on. Equal inputs give equal results, bit for bit.
public struct BacktestInput: Sendable {
    public var account: AccountDescription
    /// Starting balances, by asset.
    public var deposits: [Amount]
    /// By instrument; `nil` where an instrument has no data.
    public var feeds: [BarSeries?]
    /// Finer bars for ambiguous ones, by instrument.
    public var details: [BarSeries?]
    /// Funding rates by instrument, sorted by time: share of the position's value, positive paid by longs.
    public var funding: [[DatedFunding]]
    /// In canonical order: by name, then instrument.
    public var strategies: [StrategySpecification]
    public var simulation: SimulationSettings
    public var registry: IndicatorRegistry
    /// What watches over all strategies together; `nil` for nothing.
    public var supervision: SupervisionSettings?
    /// Series from outside that strategies may ask for, sorted by name.
    public var external: [ExternalFeed] = []
    /// Keeps every ledger entry, for export.
    public var keepsLedger = false
    /// Keeps every decision with its reasons.
    public var keepsDecisions = false
    /// Of the decisions, keeps only those that opened, changed or closed a trade: what reports are made of.
    public var keepsOnlyTradeDecisions = false
    /// Before this instant strategies see the bars and learn from them, but send no orders.
    public var actsFrom = Timestamp.distantPast

    public init(
        account: AccountDescription, deposits: [Amount], feeds: [BarSeries?], details: [BarSeries?]? = nil,
        funding: [[DatedFunding]]? = nil, strategies: [StrategySpecification],
        simulation: SimulationSettings = SimulationSettings(), registry: IndicatorRegistry = .standard
    ) {
        self.account = account
        self.deposits = deposits
        self.feeds = feeds
        self.details = details ?? Array(repeating: nil, count: feeds.count)
        self.funding = funding ?? Array(repeating: [], count: feeds.count)
        self.strategies = strategies
        self.simulation = simulation
        self.registry = registry
    }

    /// The same run on the bars, funding and series from outside that were known at `time`.
    public func cut(at time: Timestamp) -> BacktestInput {
        var cut = self
        cut.feeds = feeds.map { feed in
            feed.map { $0.slice(to: Timestamp(nanoseconds: time.nanoseconds - $0.timeframe.nanoseconds + 1)) }
        }
        cut.details = details.map { detail in
            detail.map { $0.slice(to: Timestamp(nanoseconds: time.nanoseconds - $0.timeframe.nanoseconds + 1)) }
        }
        cut.funding = funding.map { $0.filter { $0.time <= time } }
        for index in external.indices { cut.external[index].series = external[index].series.known(by: time) }
        return cut
    }
}

/// One funding rate as it was paid.
public struct DatedFunding: Hashable, Sendable, BitwiseCopyable {
    public let time: Timestamp
    public let rate: Double
    public init(time: Timestamp, rate: Double) {
        self.time = time
        self.rate = rate
    }
}
