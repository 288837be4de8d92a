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
        for span in report.spans {
            parts.append("\(heading(span))\n\(outcomes(span).text(width: width))")
            parts.append(
                "What each feature adds: all features minus the run without it\n\(features(span).text(width: width))")
            parts.append(contentsOf: span.features.isEmpty ? [] : [sentences(span)])
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
        "\(span.label.uppercased()): \(NumberText.date(span.all.from)) to \(NumberText.date(span.all.to)), "
            + "\(span.all.days) days"
    }

    private static func outcomes(_ span: AblationReport.Span) -> TextTable {
        var table = TextTable(columns: [
            .init(title: "Run"), .init(title: "Return", isNumber: true), .init(title: "A week", isNumber: true),
            .init(title: "Profit factor", isNumber: true), .init(title: "Win rate", isNumber: true),
            .init(title: "Max drawdown", isNumber: true), .init(title: "Trades", isNumber: true),
        ])
        func row(_ name: String, _ outcome: PeriodOutcome?, hasTrades: Bool = true) {
            guard let outcome else { return }
            table.rows.append([
                name, NumberText.text(outcome.totalReturn, .fraction), NumberText.text(outcome.weeklyReturn, .fraction),
                NumberText.text(outcome.trades.profitFactor, .ratio),
                NumberText.text(outcome.trades.winRate, .fraction),
                NumberText.text(outcome.maximumDrawdown, .fraction),
                hasTrades ? NumberText.grouped(outcome.trades.count) : "–",
            ])
        }
        row("all features", span.all)
        row("as configured", span.asConfigured)
        row("none (baseline)", span.none)
        row("buy and hold", span.buyAndHold, hasTrades: false)
        return table
    }

    private static func features(_ span: AblationReport.Span) -> TextTable {
        var table = TextTable(columns: [
            .init(title: "Feature"), .init(title: "Return", isNumber: true), .init(title: "Interval", isNumber: true),
            .init(title: "p", isNumber: true), .init(title: "Profit factor", isNumber: true),
            .init(title: "Win rate", isNumber: true), .init(title: "Drawdown", isNumber: true),
            .init(title: "Trades", isNumber: true), .init(title: "Verdict"),
        ])
        for feature in span.features {
            let difference = feature.contribution.comparison.difference
            let change = AblationReport.Change(all: span.all, without: feature.without)
            table.rows.append([
                feature.contribution.name, signed(change.totalReturn, .fraction),
                difference.map {
                    "\(signed($0.total.low, .fraction)) … \(signed($0.total.high, .fraction))"
                } ?? "–",
                feature.contribution.correctedPValue.map { NumberText.fixed($0, decimals: 3) } ?? "–",
                signed(change.profitFactor, .ratio), signed(change.winRate, .fraction),
                signed(change.maximumDrawdown, .fraction), change.trades > 0 ? "+\(change.trades)" : "\(change.trades)",
                feature.contribution.verdict.rawValue,
            ])
        }
        return table
    }

    private static func sentences(_ span: AblationReport.Span) -> String {
        var lines: [String] = []
        for verdict in Contribution.Verdict.allCases {
            let named = span.features.filter { $0.contribution.verdict == verdict }.map(\.contribution.name)
            guard !named.isEmpty else { continue }
            lines.append("\(verdict.title): \(named.joined(separator: ", "))")
        }
        let reasons = Set(
            span.features.compactMap { feature -> String? in
                if case .notMeasured(let reason) = feature.contribution.comparison { reason } else { nil }
            }
        ).sorted()
        lines += reasons.map { "Not measured because \($0)." }
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
