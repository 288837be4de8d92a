// SPDX-License-Identifier: Apache-2.0

public import Engine
public import Statistics
public import Strategies
public import Supervision
public import Trading

/// What a backtest did: exact end, fingerprint, every fill, and the equity through time.
public struct BacktestResult: Sendable {
    public var startEquity: Amount
    public var finalEquity: Amount
    /// The name of the currency that equity is in.
    public var base: String
    /// Bars of all instruments.
    public var bars: Int
    public var orders: Int
    public var fills: [FillRecord]
    public var resultHash: String
    public var equity: EquityCurve
    /// The same with the worst and best prices inside the bars: drawdowns and daily samples.
    public var tracker: EquityTracker
    public var ambiguousBars: Int
    public var liquidations: Int
    public var rejections: [(reason: RejectReason, count: Int)]
    public var denials: [(strategy: String, reason: RejectReason, count: Int)]
    public var funding: [FundingRecord]
    /// Funding was due on open positions but there was no data, by symbol.
    public var unfundedSymbols: [String]
    public var strategyNames: [String]
    /// Strategies that never became warm: too little data for what they declared.
    public var coldStrategies: [String]
    public var incompleteBars: Int
    /// What the account holds at the end: not counted as trades.
    public var openPositions: [OpenPosition]
    /// Every decision with its reasons, oldest first, where the input asked for them.
    public var decisions: [DecisionRecord]
    /// By strategy: what it keeps of what it measured, where the input asked for decisions.
    public var charts: [[ChartSeries]]
    /// By day, strategy and instrument, oldest first.
    public var profits: [DailyProfit]
    /// What the positions risked together; `nil` where nobody asked for it.
    public var portfolio: PortfolioStanding?
    public var ledger: Ledger
    public var firstTime: Timestamp?
    public var lastTime: Timestamp?

    public struct OpenPosition: Sendable {
        public let strategy: String
        public let instrument: InstrumentID
        public let quantity: Quantity
        public let averageEntry: Price?
        public let lastPrice: Price?
        public let unrealised: Amount
    }
}

/// Equity at each instant, in the base currency.
public struct EquityCurve: Sendable {
    public internal(set) var times: [Int64] = []
    public internal(set) var close: [Double] = []

    mutating func reserve(_ count: Int) {
        times.reserveOnLargePages(count)
        close.reserveOnLargePages(count)
    }
}
