// SPDX-License-Identifier: Apache-2.0

public import Statistics

/// What each feature of a configuration's strategies is worth: runs with all of them, without each in turn, with none.
public struct AblationReport: Sendable {
    /// A part of the time, with every variant's outcome in it.
    public struct Span: Sendable {
        /// `In sample`, `Out of sample`, or `All data`.
        public var label: String
        public var all: PeriodOutcome
        public var none: PeriodOutcome
        /// The configuration as it is written; `nil` where that is with all features.
        public var asConfigured: PeriodOutcome?
        public var buyAndHold: PeriodOutcome?
        /// In the order in which features are listed.
        public var features: [Feature]

        public init(
            label: String, all: PeriodOutcome, none: PeriodOutcome, asConfigured: PeriodOutcome?,
            buyAndHold: PeriodOutcome?, features: [Feature]
        ) {
            self.label = label
            self.all = all
            self.none = none
            self.asConfigured = asConfigured
            self.buyAndHold = buyAndHold
            self.features = features
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
    }
}
