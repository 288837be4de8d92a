// SPDX-License-Identifier: Apache-2.0

import Statistics

/// The time before and after the split, and the targets, as a section of other reports.
package enum ValidationSections {
    // MARK: Terminal

    /// As a text of its own.
    package static func text(_ report: ValidationReport, width: Int, isColoured: Bool = false) -> String {
        var page = TerminalPage(width: min(max(width, 80), 120), isColoured: isColoured)
        write(report, &page)
        return String(page.text.drop { $0 == "\n" }.dropLast())
    }

    static func write(_ report: ValidationReport, _ page: inout TerminalPage) {
        page.heading(
            report.heading, columns: report.origin == .session ? ["Out of sample"] : ["In sample", "Out of sample"])
        let inside = ValidationReport.figures(report.inSample?.measured)
        let outside = ValidationReport.figures(report.outOfSample?.measured)
        for (before, after) in zip(inside, outside) {
            page.row(before.label, (report.origin == .session ? [after] : [before, after]).map { .figure($0) })
        }
        if let span = report.outOfSample, span.baseline != nil {
            page.blank()
            let widths = [10, 11, 22, 11, 14]
            page.tableRow(
                "Out of sample",
                ["Target", "Measured", "Range (95 %)", "Baseline", "Buy & hold"].map { .plain($0) }, isHeader: true,
                widths: widths)
            for target in ValidationReport.targets {
                let range = target.range(span.measured).map {
                    "\(NumberText.text($0.low, target.unit)) … \(NumberText.text($0.high, target.unit))"
                }
                page.tableRow(
                    target.label,
                    [
                        "> \(NumberText.text(target.goal, target.unit))",
                        NumberText.text(target.value(span.measured), target.unit), range ?? NumberText.missing,
                        NumberText.text(target.value(span.baseline), target.unit),
                        NumberText.text(target.value(span.buyAndHold), target.unit),
                    ].map { .plain($0) }, isHeader: false, widths: widths)
            }
        }
        if let judgement = report.judgement { page.paragraph(judgement) }
        page.paragraph(report.evaluationText)
    }

    // MARK: JSON

    static func write(_ report: ValidationReport?, _ json: inout JSONWriter) {
        guard let report else { return json.string("validation", nil) }
        json.object("validation") { json in
            json.time("outOfSampleFrom", report.outOfSampleFrom)
            json.string("origin", report.origin == .session ? "session" : "held back")
            if let evaluations = report.evaluations {
                json.object("evaluations") { json in
                    json.integer("number", evaluations.number)
                    json.integer("configurations", evaluations.configurations)
                    json.array("otherSplits") { json in
                        for split in evaluations.otherSplits { json.string(nil, split) }
                    }
                }
            } else {
                json.string("evaluations", nil)
            }
            write("inSample", report.inSample, &json)
            write("outOfSample", report.outOfSample, &json)
            json.array("targets") { json in
                for target in ValidationReport.targets {
                    json.object { json in
                        json.string("name", target.key)
                        json.number("above", target.goal)
                        json.number("measured", target.value(report.outOfSample?.measured))
                        json.number("baseline", target.value(report.outOfSample?.baseline))
                        json.number("buyAndHold", target.value(report.outOfSample?.buyAndHold))
                        let isReached = target.isReached(report.outOfSample?.measured)
                        json.string("verdict", isReached.map { $0 ? "reached" : "missed" })
                    }
                }
            }
        }
    }

    private static func write(_ name: String, _ span: ValidationReport.Span?, _ json: inout JSONWriter) {
        guard let span else { return json.string(name, nil) }
        json.object(name) { json in
            write("measured", span.measured, &json)
            write("baseline", span.baseline, &json)
            write("buyAndHold", span.buyAndHold, &json)
        }
    }

    private static func write(_ name: String, _ variant: ValidationReport.Variant?, _ json: inout JSONWriter) {
        guard let variant else { return json.string(name, nil) }
        json.object(name) { json in
            outcome(variant.outcome, &json)
            if let ranges = variant.ranges {
                json.object("ranges") { json in
                    range("winRate", ranges.winRate, &json)
                    range("profitFactor", ranges.profitFactor, &json)
                    range("weeklyReturn", ranges.weeklyReturn, &json)
                }
            } else {
                json.string("ranges", nil)
            }
        }
    }

    /// The fields of one run in one span.
    static func outcome(_ outcome: PeriodOutcome, _ json: inout JSONWriter) {
        json.integer("days", outcome.days)
        json.number("totalReturn", outcome.totalReturn)
        json.number("weeklyReturn", outcome.weeklyReturn)
        json.number("maximumDrawdown", outcome.maximumDrawdown)
        json.integer("trades", outcome.trades.count)
        json.number("winRate", outcome.trades.winRate)
        json.number("profitFactor", outcome.trades.profitFactor)
    }

    static func range(_ name: String, _ range: RangedValue?, _ json: inout JSONWriter) {
        guard let range else { return json.string(name, nil) }
        json.object(name) { json in
            json.number("value", range.value)
            json.number("low", range.low)
            json.number("high", range.high)
        }
    }
}
