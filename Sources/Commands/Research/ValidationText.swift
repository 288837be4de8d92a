// SPDX-License-Identifier: Apache-2.0

import MarketData
import Reports
import Statistics

/// The time before and after the split, and the targets, as text and as JSON.
enum ValidationText {
    static func text(_ report: ValidationReport, width: Int?) -> String {
        var lines: [String] = []
        if let span = report.outOfSample, span.baseline != nil {
            var table = TextTable(columns: [
                .init(title: "Out of sample"), .init(title: "Target", isNumber: true),
                .init(title: "Measured", isNumber: true), .init(title: "Range", isNumber: true),
                .init(title: "Baseline", isNumber: true), .init(title: "Its range", isNumber: true),
                .init(title: "Buy and hold", isNumber: true),
            ])
            for target in ValidationReport.targets {
                func range(_ variant: ValidationReport.Variant?) -> String {
                    target.range(variant).map {
                        "\(NumberText.text($0.low, target.unit)) … \(NumberText.text($0.high, target.unit))"
                    } ?? "–"
                }
                table.rows.append([
                    target.label, "> \(NumberText.text(target.goal, target.unit))",
                    NumberText.text(target.value(span.measured), target.unit), range(span.measured),
                    NumberText.text(target.value(span.baseline), target.unit), range(span.baseline),
                    NumberText.text(target.value(span.buyAndHold), target.unit),
                ])
            }
            lines.append(table.text(width: width))
        }
        if let judgement = report.judgement { lines.append(judgement) }
        lines.append(report.evaluationText)
        return lines.joined(separator: "\n")
    }

    static func document(_ report: ValidationReport) -> ReportValue {
        var fields: [(name: String, value: ReportValue)] = [
            ("outOfSampleFrom", .text(NumberText.time(report.outOfSampleFrom)))
        ]
        fields.append(
            (
                "evaluations",
                report.evaluations.map {
                    .object([
                        ("number", .count($0.number)), ("configurations", .count($0.configurations)),
                        ("otherSplits", .texts($0.otherSplits)),
                    ])
                } ?? .missing
            ))
        fields.append(("inSample", report.inSample.map(document) ?? .missing))
        fields.append(("outOfSample", report.outOfSample.map(document) ?? .missing))
        fields.append(
            (
                "targets",
                .list(
                    ValidationReport.targets.map { target in
                        .object([
                            ("name", .text(target.key)), ("above", .number(target.goal)),
                            ("measured", .measured(target.value(report.outOfSample?.measured))),
                            (
                                "isReached",
                                target.isReached(report.outOfSample?.measured).map { .flag($0) } ?? .missing
                            ),
                        ])
                    })
            ))
        return .object(fields)
    }

    private static func document(_ span: ValidationReport.Span) -> ReportValue {
        .object([
            ("measured", document(span.measured)), ("baseline", span.baseline.map(document) ?? .missing),
            ("buyAndHold", span.buyAndHold.map(document) ?? .missing),
        ])
    }

    private static func document(_ variant: ValidationReport.Variant) -> ReportValue {
        document(variant.outcome).with([
            (
                "ranges",
                variant.ranges.map {
                    .object([
                        ("winRate", .ranged($0.winRate)), ("profitFactor", .ranged($0.profitFactor)),
                        ("weeklyReturn", .ranged($0.weeklyReturn)),
                    ])
                } ?? .missing
            )
        ])
    }

    static func document(_ outcome: PeriodOutcome) -> ReportValue {
        .object([
            ("days", .count(outcome.days)), ("totalReturn", .measured(outcome.totalReturn)),
            ("weeklyReturn", .measured(outcome.weeklyReturn)),
            ("maximumDrawdown", .measured(outcome.maximumDrawdown)), ("trades", .count(outcome.trades.count)),
            ("winRate", .measured(outcome.trades.winRate)),
            ("profitFactor", .measured(outcome.trades.profitFactor)),
        ])
    }
}
