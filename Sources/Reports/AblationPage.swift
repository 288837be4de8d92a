// SPDX-License-Identifier: Apache-2.0

import Statistics

/// The comparison of features as one HTML file that needs no network and no script.
public enum AblationPage {
    /// - Returns: UTF-8.
    public static func render(_ report: AblationReport) -> [UInt8] {
        var page = HTMLWriter(capacity: 100_000)
        page.raw("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
        page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
        page.element("title", report.title)
        page.raw("<style>")
        page.append(contentsOf: PackageResources.report_css)
        page.raw("</style></head><body><main>")
        page.raw("<section class=\"long\">")
        page.element(
            "h1", report.isOfFeatures ? "What each feature is worth: \(report.title)" : "Side by side: \(report.title)")
        page.element(
            "p",
            "\(report.symbols.joined(separator: ", ")), \(NumberText.date(report.from)) to \(NumberText.date(report.to)). "
                + "\(report.runs.count) runs"
                + (report.isOfFeatures ? ": every feature on, each one off in turn, and none." : " beside each other."))
        for note in report.notes { page.element("p", note) }
        for warning in report.warnings { page.element("p", "Warning: \(warning)") }
        page.raw("</section>\n")
        for span in report.spans { write(span, &page) }
        if let validation = report.validation { write(validation, &page) }
        page.raw("<section class=\"long\"><p class=\"soft\">")
        page.text(
            "Intervals and p-values: paired stationary block bootstrap of daily returns, "
                + "\(NumberText.grouped(report.bootstrap.resamples)) resamples, seed \(report.bootstrap.seed); intervals "
                + "hold together with \(NumberText.fixed(report.bootstrap.confidence * 100, decimals: 0)) % (Bonferroni), "
                + "p-values are corrected by Holm's method. Apus \(report.programVersion), data \(report.dataHash).")
        page.raw("</p></section></main></body></html>\n")
        return page.text.bytes
    }

    private static func write(_ span: AblationReport.Span, _ page: inout HTMLWriter) {
        page.raw("<section class=\"long\">")
        page.element("h2", span.heading)
        page.table(["Run", "Return", "A week", "Profit factor", "Win rate", "Max drawdown", "Trades"]) { page in
            for (name, outcome, hasTrades) in span.rows {
                page.raw("<tr>")
                page.element("td", name)
                page.cell(NumberText.text(outcome.totalReturn, .fraction), signedBy: outcome.totalReturn)
                page.element("td", NumberText.text(outcome.weeklyReturn, .fraction))
                page.element("td", NumberText.text(outcome.trades.profitFactor, .ratio))
                page.element("td", NumberText.text(outcome.trades.winRate, .fraction))
                page.element("td", NumberText.text(outcome.maximumDrawdown, .fraction))
                page.element("td", hasTrades ? NumberText.grouped(outcome.trades.count) : NumberText.missing)
                page.raw("</tr>")
            }
        }
        write(
            "What each feature adds: all features minus the run without it", "Feature",
            span.features.map { ($0.contribution.name, $0.contribution, $0.contribution.verdict.rawValue) }, &page)
        write(
            "Side by side: the first minus the second", "Pair",
            span.pairs.map { pair in
                (pair.contribution.name, pair.contribution, pair.verdict.rawValue)
            }, &page)
        for reason in span.reasons { page.element("p", "Not measured because \(reason).") }
        page.raw("</section>\n")
        for breakdown in span.breakdowns where breakdown.trades.trades.all.count > 0 {
            page.raw("<section class=\"long split\">")
            page.element("h2", "\(span.label), trades of \(breakdown.run) by…")
            breakdown.trades.write(&page)
            page.raw("</section>\n")
        }
    }

    private static func write(
        _ title: String, _ what: String, _ rows: [(name: String, contribution: Contribution, verdict: String)],
        _ page: inout HTMLWriter
    ) {
        guard !rows.isEmpty else { return }
        page.element("h3", title)
        let largest = rows.compactMap { $0.contribution.comparison.difference?.total.value.magnitude }.max() ?? 0
        page.table([what, "Return", "", "From", "To", "p (corrected)", "Verdict"]) { page in
            for row in rows {
                let total = row.contribution.comparison.difference?.total
                let share = largest > 0 ? (total?.value.magnitude ?? 0) / largest * 100 : 0
                page.raw("<tr>")
                page.element("td", row.name)
                page.cell(NumberText.text(total?.value, .fraction), signedBy: total?.value)
                page.raw("<td class=\"text\" style=\"width:25%\"><span class=\"meter\" style=\"width:")
                page.raw(NumberText.fixed(share, decimals: 1))
                page.raw("%\"></span></td>")
                page.element("td", NumberText.text(total?.low, .fraction))
                page.element("td", NumberText.text(total?.high, .fraction))
                page.element("td", NumberText.text(row.contribution.correctedPValue, .ratio))
                page.raw("<td class=\"text\">")
                page.text(row.verdict)
                page.raw("</td></tr>")
            }
        }
    }

    /// The targets out of sample, and how often the data was looked at.
    static func write(_ report: ValidationReport, _ page: inout HTMLWriter) {
        page.raw("<section class=\"long\">")
        page.element("h2", report.heading)
        if let span = report.outOfSample {
            page.table(["Out of sample", "Target", "Measured", "From", "To", "Baseline", "Buy and hold"]) { page in
                for target in ValidationReport.targets {
                    let range = target.range(span.measured)
                    page.row([
                        target.label, "> " + NumberText.text(target.goal, target.unit),
                        NumberText.text(target.value(span.measured), target.unit),
                        NumberText.text(range?.low, target.unit), NumberText.text(range?.high, target.unit),
                        NumberText.text(target.value(span.baseline), target.unit),
                        NumberText.text(target.value(span.buyAndHold), target.unit),
                    ])
                }
            }
        }
        let isSession = report.origin == .session
        page.table(["Figure"] + (isSession ? [] : ["In sample"]) + ["Out of sample"]) { page in
            let inside = ValidationReport.figures(report.inSample?.measured)
            let outside = ValidationReport.figures(report.outOfSample?.measured)
            for (before, after) in zip(inside, outside) {
                page.row([before.label] + (isSession ? [] : [NumberText.text(before)]) + [NumberText.text(after)])
            }
        }
        if let judgement = report.judgement { page.element("p", judgement) }
        page.element("p", report.evaluationText)
        page.raw("</section>\n")
    }
}
