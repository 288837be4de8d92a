// SPDX-License-Identifier: Apache-2.0

public import Statistics

/// What a run did before and after the day from which on data was held back, beside its baseline and buying and holding.
public struct ValidationReport: Sendable {
    /// One run in one span.
    public struct Variant: Sendable {
        public var outcome: PeriodOutcome
        /// `nil` where there were too few days to resample.
        public var ranges: PeriodOutcome.Ranges?

        public init(_ outcome: PeriodOutcome, ranges: PeriodOutcome.Ranges? = nil) {
            self.outcome = outcome
            self.ranges = ranges
        }
    }

    public struct Span: Sendable {
        public var measured: Variant
        /// The same strategy with every adaptive feature off; `nil` where it has none.
        public var baseline: Variant?
        public var buyAndHold: Variant?

        public init(measured: Variant, baseline: Variant? = nil, buyAndHold: Variant? = nil) {
            self.measured = measured
            self.baseline = baseline
            self.buyAndHold = buyAndHold
        }
    }

    /// How often the data that was held back has been looked at.
    public struct Evaluations: Sendable, Equatable {
        /// Of this run, counted from 1.
        public var number: Int
        /// Different configurations among them, this one included.
        public var configurations: Int
        /// Other split dates that were used on the same markets.
        public var otherSplits: [String]

        public init(number: Int, configurations: Int, otherSplits: [String] = []) {
            self.number = number
            self.configurations = configurations
            self.otherSplits = otherSplits
        }
    }

    /// Where the data out of sample comes from.
    public enum Origin: Sendable, Equatable {
        /// History from a day on that was held back.
        case heldBack
        /// A session, which began when its configuration was fixed: none of its data was there to choose by.
        case session
    }

    public var origin = Origin.heldBack
    /// Nanoseconds since the epoch.
    public var outOfSampleFrom: Int64
    /// `nil` where the run had no bars there.
    public var inSample: Span?
    public var outOfSample: Span?
    /// `nil` where nothing that was held back was looked at.
    public var evaluations: Evaluations?

    public init(outOfSampleFrom: Int64, inSample: Span?, outOfSample: Span?, evaluations: Evaluations?) {
        self.outOfSampleFrom = outOfSampleFrom
        self.inSample = inSample
        self.outOfSample = outOfSample
        self.evaluations = evaluations
    }
}

extension ValidationReport {
    /// A figure that success is judged by, and what it should be above.
    package struct Target {
        package let key: String
        package let label: String
        package let unit: Figure.Unit
        package let goal: Double
        let value: @Sendable (PeriodOutcome) -> Double?
        let range: @Sendable (PeriodOutcome.Ranges) -> RangedValue?

        package func value(_ variant: Variant?) -> Double? { variant.flatMap { value($0.outcome) } }
        package func range(_ variant: Variant?) -> RangedValue? { variant?.ranges.flatMap(range) }

        /// Whether it was reached: `nil` where it was not measured.
        ///
        /// With too few days for a range it was not, whatever the figure is.
        package func isReached(_ variant: Variant?) -> Bool? {
            variant?.ranges == nil ? nil : value(variant).map { $0 > goal }
        }
    }

    package static let targets = [
        Target(
            key: "winRate", label: "Win rate", unit: .fraction, goal: 0.6, value: { $0.trades.winRate },
            range: { $0.winRate }),
        Target(
            key: "profitFactor", label: "Profit factor", unit: .ratio, goal: 1.5, value: { $0.trades.profitFactor },
            range: { $0.profitFactor }),
        Target(
            key: "weeklyReturn", label: "Return a week", unit: .fraction, goal: 0.06, value: { $0.weeklyReturn },
            range: { $0.weeklyReturn }),
    ]

    /// The figures in which spans are told apart.
    package static func figures(_ variant: Variant?) -> [Figure] {
        let outcome = variant?.outcome
        return [
            Figure("days", "Days", outcome.map { Double($0.days) }, .count),
            Figure("totalReturn", "Total return", outcome?.totalReturn, .fraction),
            Figure("weeklyReturn", "Return a week", outcome?.weeklyReturn, .fraction),
            Figure("maximumDrawdown", "Max drawdown (on closes)", outcome?.maximumDrawdown, .fraction),
            Figure("trades", "Trades opened", outcome.map { Double($0.trades.count) }, .count),
            Figure("winRate", "Win rate", outcome?.trades.winRate, .fraction),
            Figure("profitFactor", "Profit factor", outcome?.trades.profitFactor, .ratio),
        ]
    }

    /// `Held back from 2023-07-01 on`
    package var heading: String {
        switch origin {
        case .heldBack: "Held back from \(NumberText.date(outOfSampleFrom)) on"
        case .session: "Live since \(NumberText.date(outOfSampleFrom)), out of sample"
        }
    }

    /// `evaluation 7 on this out-of-sample data, of 3 different configurations`
    package var evaluationText: String {
        guard let evaluations else { return "Nothing that was held back was looked at." }
        var text =
            origin == .session
            ? "Look \(evaluations.number) at this session"
            : "Evaluation \(evaluations.number) on this out-of-sample data"
        if evaluations.number > 1 {
            text +=
                ", of \(evaluations.configurations) "
                + (evaluations.configurations == 1 ? "configuration" : "different configurations")
        }
        text += "."
        if evaluations.number > 1, evaluations.configurations > 1 {
            text += " The best of several tries looks better than it is."
        }
        if evaluations.number > 1, origin == .session {
            text += " p-values hold for one look: who looks until a difference shows will find one by chance."
        }
        if !evaluations.otherSplits.isEmpty {
            text +=
                " These markets were also evaluated with the split at "
                + evaluations.otherSplits.joined(separator: ", ")
                + ": what was seen there is not out of sample any more."
        }
        return text
    }

    /// What the comparison with the targets says, in one sentence.
    package var judgement: String? {
        guard let span = outOfSample, span.baseline != nil else { return nil }
        guard span.measured.ranges != nil else {
            let days = span.measured.outcome.days
            return "Not measured: \(days) \(days == 1 ? "day is" : "days are") too few to judge the targets by."
        }
        let reached = Self.targets.map { ($0, $0.isReached(span.measured)) }
        let missed = reached.filter { $0.1 == false }.map(\.0.label)
        let unknown = reached.filter { $0.1 == nil }.map(\.0.label)
        func sentence(_ labels: [String]) -> String { labels.map { $0.lowercased() }.joined(separator: ", ") }
        var text = missed.isEmpty && unknown.isEmpty ? "Every target was reached out of sample." : ""
        if !missed.isEmpty { text = "Missed out of sample: \(sentence(missed))." }
        if !unknown.isEmpty { text += (text.isEmpty ? "" : " ") + "Not measured: \(sentence(unknown))." }
        return text
    }
}
