// SPDX-License-Identifier: Apache-2.0

public import Statistics

/// Everything that a report of one backtest shows, as plain values.
///
/// Whoever ran the backtest fills it; the renderers (`JSONReport`, `CSVReport`, `TerminalReport`, `PageReport`) only
/// read it, so that the same report gives the same bytes. Exact amounts are decimal text; Double is for statistics.
/// Strategies, symbols and exit reasons are named once in `names` and referred to by their place there.
public struct BacktestReport: Sendable {
    public var title: String
    public var programVersion: String
    /// What was configured, in the order in which it is shown: `("Strategy", "EMA cross 20/50")`.
    public var configuration: [Setting]
    public var data: DataSummary
    public var outcome: Outcome
    public var names: Names
    /// Measured from the equity that the engine tracked.
    public var performance: Performance
    /// The same start equity, bought on the first bar and held.
    public var buyAndHold: Performance?
    public var trades: TradeAnalysis
    public var costs: CostSplit
    /// Trades split by what their strategies noted about them; empty where they noted nothing.
    public var decisionSplits: [DecisionSplit] = []
    /// By strategy and symbol, day by day.
    public var profits: [ProfitSeries] = []
    /// `nil` where the configuration has no section `portfolio`, or where nothing was measured.
    public var portfolio: Portfolio?
    /// The time before and after the split date; `nil` where none is configured.
    public var validation: ValidationReport?
    /// Value of all fills in the base currency; `nil` where it was not measured.
    public var tradedValue: Double?
    public var ambiguity: Ambiguity
    public var warnings: [String]
    /// Positions that the end of the data left open: valued, but not counted as trades.
    public var openPositions: [OpenPosition]
    /// In order of exit. May be left empty where no renderer needs it.
    public var tradeList: [Trade]
    /// In order of time. May be left empty where no renderer needs it.
    public var fillList: [Fill]
    public var equity: EquityCurve
    public var charts: [SymbolChart]

    public init(
        title: String, programVersion: String, configuration: [Setting] = [], data: DataSummary, outcome: Outcome,
        names: Names, performance: Performance, buyAndHold: Performance? = nil, trades: TradeAnalysis,
        costs: CostSplit, tradedValue: Double? = nil, ambiguity: Ambiguity, warnings: [String] = [],
        openPositions: [OpenPosition] = [], tradeList: [Trade] = [], fillList: [Fill] = [],
        equity: EquityCurve = EquityCurve(), charts: [SymbolChart] = []
    ) {
        self.title = title
        self.programVersion = programVersion
        self.configuration = configuration
        self.data = data
        self.outcome = outcome
        self.names = names
        self.performance = performance
        self.buyAndHold = buyAndHold
        self.trades = trades
        self.costs = costs
        self.tradedValue = tradedValue
        self.ambiguity = ambiguity
        self.warnings = warnings
        self.openPositions = openPositions
        self.tradeList = tradeList
        self.fillList = fillList
        self.equity = equity
        self.charts = charts
    }
}

extension BacktestReport {
    /// A name and its value, as text.
    public struct Setting: Equatable, Sendable {
        public var name: String
        public var value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// What the run was fed with.
    public struct DataSummary: Equatable, Sendable {
        public var symbols: [String]
        /// Such as `1m`; several are joined by the caller.
        public var timeframe: String
        /// Nanoseconds since the epoch: open of the first bar.
        public var from: Int64
        /// Nanoseconds since the epoch: close of the last bar.
        public var to: Int64
        public var bars: Int
        public var gaps: Int
        public var hash: String

        public init(
            symbols: [String], timeframe: String, from: Int64, to: Int64, bars: Int, gaps: Int = 0, hash: String = ""
        ) {
            self.symbols = symbols
            self.timeframe = timeframe
            self.from = from
            self.to = to
            self.bars = bars
            self.gaps = gaps
            self.hash = hash
        }
    }

    /// What the run came to.
    public struct Outcome: Equatable, Sendable {
        public var orders: Int
        public var fills: Int
        /// Decimal text in the base currency.
        public var startEquity: String
        /// Decimal text in the base currency, open positions valued at the last price.
        public var finalEquity: String
        public var baseCurrency: String
        public var bars: Int
        /// Time inside the engine's loop; it is no part of `resultHash`.
        public var engineSeconds: Double
        public var resultHash: String

        public init(
            orders: Int, fills: Int, startEquity: String, finalEquity: String, baseCurrency: String, bars: Int,
            engineSeconds: Double, resultHash: String
        ) {
            self.orders = orders
            self.fills = fills
            self.startEquity = startEquity
            self.finalEquity = finalEquity
            self.baseCurrency = baseCurrency
            self.bars = bars
            self.engineSeconds = engineSeconds
            self.resultHash = resultHash
        }

        /// `nil` where the engine's time was too short to be measured.
        public var barsPerSecond: Double? {
            let speed = Double(bars) / engineSeconds
            return engineSeconds > 0 && speed.isFinite ? speed : nil
        }
    }

    /// Tables that dense indexes refer to.
    public struct Names: Equatable, Sendable {
        public var strategies: [String]
        public var symbols: [String]
        public var exitReasons: [String]

        public init(strategies: [String], symbols: [String], exitReasons: [String]) {
            self.strategies = strategies
            self.symbols = symbols
            self.exitReasons = exitReasons
        }

        func strategy(_ index: Int) -> String { Self.name(index, in: strategies) }
        func symbol(_ index: Int) -> String { Self.name(index, in: symbols) }
        func exitReason(_ index: Int) -> String { Self.name(index, in: exitReasons) }

        private static func name(_ index: Int, in table: [String]) -> String {
            table.indices.contains(index) ? table[index] : "#\(index)"
        }
    }

    /// Bars whose inside decided the result, and what the best and the worst order inside them would have given.
    public struct Ambiguity: Equatable, Sendable {
        public var bars: Int
        /// The policy of the run shown: `pessimistic`, `adaptive` or `finer data`.
        public var policy: String
        /// Final equity of a full re-run, decimal text; `nil` where there was none.
        public var pessimistic: String?
        public var optimistic: String?
        /// Why there was no re-run.
        public var reason: String?

        public init(
            bars: Int, policy: String = "pessimistic", pessimistic: String? = nil, optimistic: String? = nil,
            reason: String? = nil
        ) {
            self.bars = bars
            self.policy = policy
            self.pessimistic = pessimistic
            self.optimistic = optimistic
            self.reason = reason
        }
    }

    /// Equity at each bar's close, oldest first, in columns of the same length.
    public struct EquityCurve: Equatable, Sendable {
        /// Nanoseconds since the epoch.
        public var times: [Int64]
        public var close: [Double]
        /// Lowest and highest inside each bar; empty where they are not known.
        public var low: [Double]
        public var high: [Double]
        /// Equity of buying and holding at the same times; empty without one.
        public var buyAndHold: [Double]

        public init(
            times: [Int64] = [], close: [Double] = [], low: [Double] = [], high: [Double] = [],
            buyAndHold: [Double] = []
        ) {
            precondition(
                close.count == times.count && [0, times.count].contains(low.count)
                    && [0, times.count].contains(high.count) && [0, times.count].contains(buyAndHold.count),
                "the columns of an equity curve must be of the same length, or empty")
            self.times = times
            self.close = close
            self.low = low
            self.high = high
            self.buyAndHold = buyAndHold
        }
    }
}

extension BacktestReport {
    /// Trades split one way that a strategy's own records tell, such as by the market regime at entry.
    public struct DecisionSplit: Equatable, Sendable {
        public struct Row: Equatable, Sendable {
            public var name: String
            public var statistics: TradeStatistics

            public init(_ name: String, _ statistics: TradeStatistics) {
                self.name = name
                self.statistics = statistics
            }
        }

        /// In JSON, such as `byRegime`.
        public var key: String
        public var label: String
        /// In the order in which they are shown. A trade may be in several.
        public var rows: [Row]

        public init(key: String, label: String, rows: [Row]) {
            self.key = key
            self.label = label
            self.rows = rows
        }
    }
}
