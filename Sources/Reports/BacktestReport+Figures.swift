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

    /// Trades split one way, ready to be shown.
    struct Split {
        struct Row {
            var name: String
            /// Share of all trades.
            var share: Double?
            var statistics: TradeStatistics
        }

        var key: String
        var label: String
        var rows: [Row]
    }

    /// Every way in which trades are split; a side without trades is left out.
    var splits: [Split] {
        let sides = [("Long", trades.long), ("Short", trades.short)].filter { $0.1.count > 0 }
        return [
            Split(key: "bySide", label: "Side", rows: sides.map { row($0.0, $0.1) }),
            Split(key: "byStrategy", label: "Strategy", rows: rows(trades.byStrategy, names.strategy)),
            Split(key: "bySymbol", label: "Symbol", rows: rows(trades.bySymbol, names.symbol)),
            Split(key: "byExitReason", label: "Exit reason", rows: rows(trades.byExitReason, names.exitReason)),
            Split(
                key: "byHour", label: "Hour of entry (UTC)",
                rows: rows(trades.byHour) { ($0 < 10 ? "0" : "") + "\($0):00" }),
        ]
            + decisionSplits.map { split in
                Split(key: split.key, label: split.label, rows: split.rows.map { row($0.name, $0.statistics) })
            }
    }

    private func rows(_ groups: [TradeAnalysis.Group], _ name: (Int) -> String) -> [Split.Row] {
        groups.map { row(name($0.key), $0.statistics) }
    }

    private func row(_ name: String, _ statistics: TradeStatistics) -> Split.Row {
        let share = trades.all.count > 0 ? Double(statistics.count) / Double(trades.all.count) : nil
        return Split.Row(name: name, share: share, statistics: statistics)
    }

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
