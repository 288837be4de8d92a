// SPDX-License-Identifier: Apache-2.0

import Reports
import Statistics
import Trading

/// The comparison of features as text.
enum AblationText {
    static func text(_ report: AblationReport, width: Int?) -> String {
        var parts = [
            "\(report.title): \(report.symbols.joined(separator: ", ")), \(NumberText.date(report.from)) to "
                + NumberText.date(report.to)
        ]
        parts += report.notes
        for span in report.spans {
            parts.append("\(heading(span))\n\(outcomes(span).text(width: width))")
            if !span.features.isEmpty {
                parts.append(
                    "What each feature adds: all features minus the run without it\n\(features(span).text(width: width))"
                )
                parts.append(sentences(span))
            }
            if !span.pairs.isEmpty {
                parts.append("Side by side: the first minus the second\n\(pairs(span).text(width: width))")
                parts.append(pairSentences(span))
            }
            if report.isOfFeatures {
                for breakdown in span.breakdowns where breakdown.trades.trades.all.count > 0 {
                    parts.append(
                        "\(span.label), trades of \(breakdown.run) by\n\(breakdown.trades.text(width: width ?? 100))")
                }
            }
        }
        if let validation = report.validation { parts.append(ValidationSections.text(validation, width: width ?? 100)) }
        if let choice = report.choice { parts.append(choiceText(choice, report)) }
        let confidence = NumberText.fixed(report.bootstrap.confidence * 100, decimals: 0)
        parts.append(
            "Intervals and p-values: paired stationary block bootstrap of daily returns, "
                + "\(NumberText.grouped(report.bootstrap.resamples)) resamples, seed \(report.bootstrap.seed); intervals hold "
                + "together with \(confidence) % (Bonferroni), p-values are corrected by Holm's method.")
        parts.append(contentsOf: report.warnings.map { "Warning: \($0)" })
        parts.append(
            "\(report.runs.count) runs, \(NumberText.grouped(report.bars)) bars in "
                + "\(NumberText.fixed(report.seconds, decimals: 2)) s "
                + "(\(NumberText.fixed(Double(report.bars) / max(report.seconds, 1e-9) / 1e6, decimals: 2)) M bars/s)")
        return parts.joined(separator: "\n\n")
    }

    private static func heading(_ span: AblationReport.Span) -> String {
        var text = span.heading
        text.replaceSubrange(
            text.startIndex..<text.index(text.startIndex, offsetBy: span.label.count), with: span.label.uppercased())
        return text
    }

    private static func outcomes(_ span: AblationReport.Span) -> TextTable {
        var table = TextTable(columns: [
            .init(title: "Run"), .init(title: "Return", isNumber: true), .init(title: "A week", isNumber: true),
            .init(title: "Profit factor", isNumber: true), .init(title: "Win rate", isNumber: true),
            .init(title: "Max drawdown", isNumber: true), .init(title: "Trades", isNumber: true),
        ])
        for (name, outcome, hasTrades) in span.rows {
            table.rows.append([
                name, NumberText.text(outcome.totalReturn, .fraction), NumberText.text(outcome.weeklyReturn, .fraction),
                NumberText.text(outcome.trades.profitFactor, .ratio),
                NumberText.text(outcome.trades.winRate, .fraction),
                NumberText.text(outcome.maximumDrawdown, .fraction),
                hasTrades ? NumberText.grouped(outcome.trades.count) : "–",
            ])
        }
        return table
    }

    private static func comparisons(
        _ what: String, _ rows: [(contribution: Contribution, change: AblationReport.Change?, verdict: String)]
    ) -> TextTable {
        var table = TextTable(columns: [
            .init(title: what), .init(title: "Return", isNumber: true), .init(title: "Interval", isNumber: true),
            .init(title: "p", isNumber: true), .init(title: "Profit factor", isNumber: true),
            .init(title: "Win rate", isNumber: true), .init(title: "Drawdown", isNumber: true),
            .init(title: "Trades", isNumber: true), .init(title: "Verdict"),
        ])
        for (contribution, change, verdict) in rows {
            let trades = change?.trades ?? 0
            table.rows.append([
                contribution.name, signed(change?.totalReturn, .fraction),
                contribution.comparison.difference.map {
                    "\(signed($0.total.low, .fraction)) … \(signed($0.total.high, .fraction))"
                } ?? "–",
                contribution.correctedPValue.map { NumberText.fixed($0, decimals: 3) } ?? "–",
                signed(change?.profitFactor, .ratio), signed(change?.winRate, .fraction),
                signed(change?.maximumDrawdown, .fraction), trades > 0 ? "+\(trades)" : "\(trades)", verdict,
            ])
        }
        return table
    }

    private static func features(_ span: AblationReport.Span) -> TextTable {
        comparisons(
            "Feature",
            span.features.map {
                ($0.contribution, .init(span.all, without: $0.without), $0.contribution.verdict.rawValue)
            })
    }

    private static func pairs(_ span: AblationReport.Span) -> TextTable {
        comparisons(
            "Pair",
            span.pairs.map { pair in
                (
                    pair.contribution,
                    .init(span.rivals[pair.first].outcome, without: span.rivals[pair.second].outcome),
                    pair.verdict.rawValue
                )
            })
    }

    /// Which is better than which, in words.
    private static func pairSentences(_ span: AblationReport.Span) -> String {
        var lines: [String] = []
        for pair in span.pairs {
            let (first, second) = (span.rivals[pair.first].name, span.rivals[pair.second].name)
            switch pair.verdict {
            case .first: lines.append("\(first) is better than \(second).")
            case .second: lines.append("\(second) is better than \(first).")
            case .chance, .same, .unknown: break
            }
        }
        if lines.isEmpty, span.pairs.contains(where: { $0.verdict == .chance }) {
            lines.append("No difference between them is distinguishable from chance.")
        }
        return (lines + span.reasons.map { "Not measured because \($0)." }).joined(separator: "\n")
    }

    private static func sentences(_ span: AblationReport.Span) -> String {
        var lines: [String] = []
        for verdict in Contribution.Verdict.allCases {
            let named = span.features.filter { $0.contribution.verdict == verdict }.map(\.contribution.name)
            guard !named.isEmpty else { continue }
            lines.append("\(verdict.title): \(named.joined(separator: ", "))")
        }
        lines += span.reasons.map { "Not measured because \($0)." }
        return lines.joined(separator: "\n")
    }

    private static func choiceText(_ choice: [(key: String, value: Bool)], _ report: AblationReport) -> String {
        let helped = choice.filter(\.value).count
        let origin =
            report.spans.first?.label == "In sample"
            ? "in sample" : "on all of the data (no validation.out_of_sample_from is set: nothing is held back)"
        var lines = [
            helped == 0
                ? "No feature helped significantly \(origin): the choice is the baseline."
                : "Chosen, because they helped significantly \(origin):"
        ]
        lines += choice.map { "  --set \($0.key)=\($0.value)" }
        return lines.joined(separator: "\n")
    }

    static func signed(_ value: Double?, _ unit: Figure.Unit) -> String {
        let text = NumberText.text(value, unit)
        return (value ?? 0) > 0 ? "+" + text : text
    }
}

extension Contribution.Verdict {
    /// At the head of a list of features.
    var title: String {
        switch self {
        case .helps: "Helps"
        case .hurts: "Hurts"
        case .chance: "Not distinguishable from chance"
        case .none: "Changed nothing"
        case .unknown: "Not measured"
        }
    }
}
