// SPDX-License-Identifier: Apache-2.0

public import Statistics

/// Variants of a configuration side by side on the same data: what each feature of its strategies is worth (runs with all
/// of them, without each in turn, with none), or rivals, each pair of them compared.
public struct AblationReport: Sendable {
    /// A part of the time, with every variant's outcome in it.
    public struct Span: Sendable {
        /// `In sample`, `Out of sample`, `All data`, or `Live`.
        public var label: String
        /// With every feature, and with none; `nil` where it is not features that are compared.
        public var all: PeriodOutcome?
        public var none: PeriodOutcome?
        /// The configuration as it is written; `nil` where that is with all features.
        public var asConfigured: PeriodOutcome?
        public var buyAndHold: PeriodOutcome?
        /// What a session made of it with its own orders.
        public var session: PeriodOutcome?
        /// In the order in which features are listed.
        public var features: [Feature]
        public var rivals: [Rival]
        /// Every pair of rivals, the first with each after it, and so on.
        public var pairs: [Pair]
        /// The trades of the runs that are looked at more closely, each with the run's name.
        public var breakdowns: [(run: String, trades: TradeBreakdown)]

        public init(
            label: String, all: PeriodOutcome? = nil, none: PeriodOutcome? = nil, asConfigured: PeriodOutcome? = nil,
            buyAndHold: PeriodOutcome?, session: PeriodOutcome? = nil, features: [Feature] = [], rivals: [Rival] = [],
            pairs: [Pair] = [], breakdowns: [(run: String, trades: TradeBreakdown)] = []
        ) {
            self.label = label
            self.all = all
            self.none = none
            self.asConfigured = asConfigured
            self.buyAndHold = buyAndHold
            self.session = session
            self.features = features
            self.rivals = rivals
            self.pairs = pairs
            self.breakdowns = breakdowns
        }

        /// Each run with its name, in the order in which they are shown.
        package var rows: [(name: String, outcome: PeriodOutcome, hasTrades: Bool)] {
            var rows: [(name: String, outcome: PeriodOutcome, hasTrades: Bool)] = []
            func add(_ name: String, _ outcome: PeriodOutcome?, hasTrades: Bool = true) {
                if let outcome { rows.append((name, outcome, hasTrades)) }
            }
            add("the session itself", session)
            add("all features", all)
            add("as configured", asConfigured)
            add("none (baseline)", none)
            for rival in rivals { add(rival.name, rival.outcome) }
            add("buy and hold", buyAndHold, hasTrades: false)
            return rows
        }

        /// `IN SAMPLE: 2023-01-01 to 2023-04-01, 90 days`
        package var heading: String {
            guard let lead = all ?? rivals.first?.outcome ?? session else { return label }
            return
                "\(label): \(NumberText.date(lead.from)) to \(NumberText.date(lead.to)), \(lead.days) "
                + (lead.days == 1 ? "day" : "days")
        }

        /// Why comparisons were not made, each reason once.
        package var reasons: [String] {
            let all = (features.map(\.contribution) + pairs.map(\.contribution)).compactMap { contribution -> String? in
                if case .notMeasured(let reason) = contribution.comparison { reason } else { nil }
            }
            return Set(all).sorted()
        }
    }

    /// One of several variants that are put beside each other.
    public struct Rival: Sendable {
        public var name: String
        public var outcome: PeriodOutcome

        public init(name: String, outcome: PeriodOutcome) {
            self.name = name
            self.outcome = outcome
        }
    }

    /// Two rivals, by their places.
    public struct Pair: Sendable {
        public var first: Int
        public var second: Int
        /// The first minus the second.
        public var contribution: Contribution

        public init(first: Int, second: Int, contribution: Contribution) {
            self.first = first
            self.second = second
            self.contribution = contribution
        }

        package var verdict: Verdict {
            switch contribution.verdict {
            case .helps: .first
            case .hurts: .second
            case .chance: .chance
            case .none: .same
            case .unknown: .unknown
            }
        }

        package enum Verdict: String, Sendable {
            case first = "the first is better"
            case second = "the second is better"
            case chance = "not distinguishable from chance"
            case same = "no difference"
            case unknown = "not measured"
        }
    }

    /// What a feature is worth: the run with all of them minus the one without it.
    public struct Feature: Sendable {
        public var contribution: Contribution
        public var without: PeriodOutcome

        public init(contribution: Contribution, without: PeriodOutcome) {
            self.contribution = contribution
            self.without = without
        }
    }

    public var title: String
    public var programVersion: String
    public var symbols: [String]
    /// Nanoseconds since the epoch.
    public var from: Int64
    public var to: Int64
    public var dataHash: String
    /// Each run's name and the hash of everything that it did, in the order in which they are listed.
    public var runs: [(name: String, resultHash: String)]
    /// Bars of all runs, and the time that they took together on all threads.
    public var bars: Int
    public var seconds: Double
    public var bootstrap: BootstrapSettings
    public var spans: [Span]
    public var validation: ValidationReport?
    /// How the runs came about, one sentence each: what they follow of a session, and what they do not.
    public var notes: [String] = []
    /// What should be set, key and value, so that only features are on that helped; `nil` where it was not asked for.
    public var choice: [(key: String, value: Bool)]?
    public var warnings: [String]

    public init(
        title: String, programVersion: String, symbols: [String], from: Int64, to: Int64, dataHash: String,
        runs: [(name: String, resultHash: String)], bars: Int, seconds: Double, bootstrap: BootstrapSettings,
        spans: [Span], validation: ValidationReport?, choice: [(key: String, value: Bool)]?, warnings: [String]
    ) {
        self.title = title
        self.programVersion = programVersion
        self.symbols = symbols
        self.from = from
        self.to = to
        self.dataHash = dataHash
        self.runs = runs
        self.bars = bars
        self.seconds = seconds
        self.bootstrap = bootstrap
        self.spans = spans
        self.validation = validation
        self.choice = choice
        self.warnings = warnings
    }
}

extension AblationReport {
    /// Whether features are compared, and not rivals.
    package var isOfFeatures: Bool { spans.contains { !$0.features.isEmpty } }

    /// The run with all features minus the one without one of them.
    package struct Change {
        package let totalReturn: Double?
        package let profitFactor: Double?
        package let winRate: Double?
        /// Positive where the fall is less deep with the feature.
        package let maximumDrawdown: Double?
        package let trades: Int

        package init(all: PeriodOutcome, without: PeriodOutcome) {
            func difference(_ value: (PeriodOutcome) -> Double?) -> Double? {
                value(all).flatMap { whole in value(without).map { whole - $0 } }
            }
            totalReturn = difference(\.totalReturn)
            profitFactor = difference(\.trades.profitFactor)
            winRate = difference(\.trades.winRate)
            maximumDrawdown = difference(\.maximumDrawdown)
            trades = all.trades.count - without.trades.count
        }

        /// `nil` where one of the two was not run.
        package init?(_ first: PeriodOutcome?, without second: PeriodOutcome?) {
            guard let first, let second else { return nil }
            self.init(all: first, without: second)
        }
    }
}
