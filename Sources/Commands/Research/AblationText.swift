// SPDX-License-Identifier: Apache-2.0

import MarketData
import Reports
import Statistics
import Trading

/// The comparison of features as text and as JSON.
enum AblationText {
    // MARK: Text

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
        if let validation = report.validation { parts.append(ValidationText.text(validation, width: width)) }
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
                NumberText.text(outcome.trades.profitFactor, .ratio), NumberText.text(outcome.trades.winRate, .fraction),
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
            let change = Change(all: span.all, without: feature.without)
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

    /// The run with all features minus the one without one of them.
    struct Change {
        let totalReturn: Double?
        let profitFactor: Double?
        let winRate: Double?
        let maximumDrawdown: Double?
        let trades: Int

        init(all: PeriodOutcome, without: PeriodOutcome) {
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

    // MARK: JSON

    static func document(_ report: AblationReport) -> ReportValue {
        var fields: [(name: String, value: ReportValue)] = [
            ("title", .text(report.title)), ("programVersion", .text(report.programVersion)),
            ("symbols", .texts(report.symbols)), ("from", .text(NumberText.time(report.from))),
            ("to", .text(NumberText.time(report.to))), ("dataHash", .text(report.dataHash)),
            ("bars", .count(report.bars)), ("seconds", .number(report.seconds)),
            (
                "bootstrap",
                .object([
                    ("resamples", .count(report.bootstrap.resamples)),
                    ("confidence", .number(report.bootstrap.confidence)),
                    ("seed", .integer(Int64(clamping: report.bootstrap.seed))),
                ])
            ),
            (
                "runs",
                .list(report.runs.map { .object([("name", .text($0.name)), ("resultHash", .text($0.resultHash))]) })
            ),
            ("spans", .list(report.spans.map(document))),
        ]
        fields.append(("validation", report.validation.map(ValidationText.document) ?? .missing))
        if let choice = report.choice {
            let overrides = choice.map { (name: $0.key, value: ReportValue.flag($0.value)) }
            fields.append(("choice", .object([("overrides", .object(overrides))])))
        }
        fields.append(("warnings", .texts(report.warnings)))
        return .object(fields)
    }

    private static func document(_ span: AblationReport.Span) -> ReportValue {
        .object([
            ("label", .text(span.label)), ("from", .text(NumberText.time(span.all.from))),
            ("to", .text(NumberText.time(span.all.to))), ("all", ValidationText.document(span.all)),
            ("none", ValidationText.document(span.none)),
            ("asConfigured", span.asConfigured.map(ValidationText.document) ?? .missing),
            ("buyAndHold", span.buyAndHold.map(ValidationText.document) ?? .missing),
            ("features", .list(span.features.map { document($0, span) })),
        ])
    }

    private static func document(_ feature: AblationReport.Feature, _ span: AblationReport.Span) -> ReportValue {
        let change = Change(all: span.all, without: feature.without)
        let difference = feature.contribution.comparison.difference
        var reason: String?
        if case .notMeasured(let text) = feature.contribution.comparison { reason = text }
        return .object([
            ("name", .text(feature.contribution.name)), ("verdict", .text(feature.contribution.verdict.rawValue)),
            ("reason", .optional(reason)), ("without", ValidationText.document(feature.without)),
            ("totalReturn", .measured(change.totalReturn)), ("profitFactor", .measured(change.profitFactor)),
            ("winRate", .measured(change.winRate)), ("maximumDrawdown", .measured(change.maximumDrawdown)),
            ("trades", .count(change.trades)), ("days", .count(span.all.days)),
            ("blockLength", .measured(difference?.blockLength)),
            ("meanDailyReturn", .ranged(difference?.mean)), ("totalReturnInterval", .ranged(difference?.total)),
            ("pValue", .measured(difference?.pValue)),
            ("correctedPValue", .measured(feature.contribution.correctedPValue)),
        ])
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

extension ReportValue {
    static func measured(_ value: Double?) -> ReportValue { value.map { .number($0) } ?? .missing }
    static func ranged(_ value: RangedValue?) -> ReportValue {
        guard let value else { return .missing }
        return .object([("value", .number(value.value)), ("low", .number(value.low)), ("high", .number(value.high))])
    }
}
