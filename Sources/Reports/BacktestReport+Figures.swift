// SPDX-License-Identifier: Apache-2.0

import Statistics

extension BacktestReport {
    /// Every figure of the run, in the order in which JSON lists them.
    var figures: [Figure] { performance.figures + trades.all.figures + activityFigures + costs.figures }

    /// How much the run was in the market.
    var activityFigures: [Figure] {
        [
            Figure("exposure", "Time in the market", trades.exposure, .fraction),
            Figure("turnover", "Turnover (times average equity)", turnover, .ratio),
            Figure("annualTurnover", "Turnover a year", annualTurnover, .ratio),
        ]
    }

    /// Value of all fills over the mean of the sampled equity.
    var turnover: Double? {
        guard let tradedValue, !performance.samples.isEmpty else { return nil }
        let mean = performance.samples.reduce(0) { $0 + $1.equity } / Double(performance.samples.count)
        return mean > 0 ? tradedValue / mean : nil
    }

    private var annualTurnover: Double? {
        guard let turnover, performance.returns.count > 0 else { return nil }
        return turnover * performance.conventions.periodsPerYear / Double(performance.returns.count)
    }

    /// The trades, split every way there is.
    var breakdown: TradeBreakdown { TradeBreakdown(trades: trades, names: names, decisionSplits: decisionSplits) }

    private var ambiguousBars: String {
        "\(NumberText.grouped(ambiguity.bars)) \(ambiguity.bars == 1 ? "bar was" : "bars were")"
    }

    /// What a reader must know before believing the figures, in full sentences.
    var honesty: [String] {
        var notes: [String] = []
        if ambiguity.bars == 0 {
            notes.append("No bar was ambiguous: the result does not depend on the order of prices inside bars.")
        } else if let pessimistic = ambiguity.pessimistic, let optimistic = ambiguity.optimistic {
            notes.append(
                "\(ambiguousBars) ambiguous. Full re-runs end at "
                    + "\(NumberText.grouped(pessimistic)) (pessimistic) and \(NumberText.grouped(optimistic)) "
                    + "(optimistic) \(outcome.baseCurrency); shown is the \(ambiguity.policy) policy.")
        } else {
            notes.append(
                "\(ambiguousBars) ambiguous under the \(ambiguity.policy) policy. The "
                    + "range was not measured: \(ambiguity.reason ?? "no re-run was asked for").")
        }
        if !openPositions.isEmpty {
            notes.append(
                "\(openPositions.count) position\(openPositions.count == 1 ? " is" : "s are") open at the end of the "
                    + "data: valued at the last price, not counted as trades.")
        }
        let periods = performance.returns.count
        if periods > 0, Double(periods) < performance.conventions.periodsPerYear / 4 {
            notes.append(
                "Yearly figures are extrapolated from only \(periods) periods; read them with great care.")
        }
        if validation != nil {
            notes.append(
                "The figures over the whole run mix the time before and after the split; judge by the part out of sample."
            )
            return notes
        }
        notes.append(
            "In sample: these figures describe the data that the strategy and its parameters were chosen on, unless "
                + "that choice was made on other data. Expect less out of sample.")
        return notes
    }
}
