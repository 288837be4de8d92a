// SPDX-License-Identifier: Apache-2.0

import Statistics

/// The report as text for a terminal.
public enum TerminalReport {
    /// - Parameters:
    ///   - width: Columns to fill, between 80 and 120.
    ///   - isColoured: Gains green and losses red, headings bold, with ANSI escapes; ask only where a terminal reads.
    /// - Returns: Lines that end in a line feed. Control characters in names are replaced, so that no name can
    ///   reprogram a terminal.
    public static func render(_ report: BacktestReport, width: Int = 96, isColoured: Bool = false) -> String {
        var page = TerminalPage(width: min(max(width, 80), 120), isColoured: isColoured)
        writeTop(report, &page)
        writeResult(report, &page)
        if let validation = report.validation { ValidationSections.write(validation, &page) }
        writeEquity(report, &page)
        writeTrades(report, &page)
        report.writeProfits(&page)
        report.writePortfolio(&page)
        writeCosts(report, &page)
        writeHonesty(report, &page)
        return page.text
    }

    private static func writeTop(_ report: BacktestReport, _ page: inout TerminalPage) {
        page.ends(TerminalPage.clean(report.title), "apus " + TerminalPage.clean(report.programVersion))
        let data = report.data
        let symbols = data.symbols.prefix(6).joined(separator: ", ") + (data.symbols.count > 6 ? ", …" : "")
        page.paragraph(
            "\(symbols) · \(data.timeframe) · \(NumberText.time(data.from)) to \(NumberText.time(data.to)) · "
                + "\(NumberText.grouped(data.bars)) bars · \(NumberText.grouped(data.gaps)) gaps")
        for setting in report.configuration { page.paragraph("\(setting.name): \(setting.value)") }
    }

    private static func writeResult(_ report: BacktestReport, _ page: inout TerminalPage) {
        let performance = report.performance
        let benchmark = report.buyAndHold
        let outcome = report.outcome
        let columns = benchmark == nil ? ["Strategy"] : ["Strategy", "Buy & hold"]
        page.heading("Result", columns: columns)
        for (label, exact, beside) in [
            ("Start equity", outcome.startEquity, benchmark?.startEquity),
            ("Final equity", outcome.finalEquity, benchmark?.finalEquity),
        ] {
            let cells =
                [NumberText.rounded(exact, decimals: 2)] + (beside.map { [NumberText.fixed($0, decimals: 2)] } ?? [])
            page.row("\(label) (\(outcome.baseCurrency))", cells.map { .plain($0) })
        }
        let result = ["totalReturn", "annualReturn"]
        let risk = [
            "maximumDrawdown", "closeMaximumDrawdown", "averageDrawdown", "longestDrawdownSeconds", "annualVolatility",
            "sharpe", "sortino", "calmar", "omega", "valueAtRisk", "parametricValueAtRisk", "expectedShortfall",
            "skewness", "kurtosis", "tailRatio", "stability",
        ]
        compare(result, performance, benchmark, &page)
        page.heading("Risk", columns: columns)
        compare(risk, performance, benchmark, &page)
        if let deepest = performance.intrabarDrawdown.deepest {
            let recovery = deepest.recovery.map { "recovered \(NumberText.date($0))" } ?? "not recovered"
            page.paragraph(
                "Deepest fall: from \(NumberText.date(deepest.start)) to \(NumberText.date(deepest.trough)), "
                    + recovery + ".")
        }
        if let versus = performance.versusBenchmark {
            page.heading("Beside buy & hold", columns: [])
            page.pairs(versus.figures)
        }
    }

    private static func compare(
        _ keys: [String], _ performance: Performance, _ benchmark: Performance?, _ page: inout TerminalPage
    ) {
        let beside = benchmark?.figures
        for key in keys {
            guard let figure = performance.figures.first(where: { $0.key == key }) else { continue }
            let other = beside.map { $0.first { $0.key == key } ?? Figure(key, "", nil, figure.unit) }
            page.row(figure.label, [.figure(figure)] + (other.map { [.figure($0)] } ?? []))
        }
    }

    private static func writeEquity(_ report: BacktestReport, _ page: inout TerminalPage) {
        let values = report.equity.close.isEmpty ? report.performance.samples.map(\.equity) : report.equity.close
        guard values.count > 1 else { return }
        page.heading("Equity", columns: [])
        for line in BrailleChart.lines(values, width: page.width - 16, height: 6) { page.line(line) }
        page.ends(NumberText.date(report.data.from), NumberText.date(report.data.to), rightMargin: 16)
    }

    private static func writeTrades(_ report: BacktestReport, _ page: inout TerminalPage) {
        page.heading("Trades", columns: [])
        page.pairs(
            report.trades.all.figures.filter { !["tradeFees", "tradeSlippage", "tradeFunding"].contains($0.key) }
                + report.activityFigures)
        report.breakdown.write(&page, leavesOut: report.decisionSplits.isEmpty ? ["byHour"] : [])
        guard !report.openPositions.isEmpty else { return }
        page.blank()
        page.paragraph("Open at the end of the data (not counted as trades):")
        for position in report.openPositions.prefix(20) {
            page.paragraph(
                "\(report.names.strategy(position.strategy)): \(report.names.symbol(position.symbol)) "
                    + "\(position.isLong ? "long" : "short") "
                    + "\(NumberText.grouped(position.quantity)) from \(NumberText.grouped(position.entryPrice)), last "
                    + "\(NumberText.grouped(position.lastPrice)), not realised "
                    + NumberText.rounded(position.profit, decimals: 2), bullet: "  ")
        }
    }

    private static func writeCosts(_ report: BacktestReport, _ page: inout TerminalPage) {
        page.heading("Costs (\(report.outcome.baseCurrency))", columns: [])
        page.pairs(report.costs.figures)
    }

    private static func writeHonesty(_ report: BacktestReport, _ page: inout TerminalPage) {
        page.heading("How far to trust this", columns: [])
        for note in report.honesty { page.paragraph(note, bullet: "• ") }
        for warning in report.warnings { page.paragraph("Warning: " + warning, bullet: "! ", isWarning: true) }
        page.paragraph(report.performance.conventions.text, bullet: "• ")
        page.blank()
        let outcome = report.outcome
        let speed = outcome.barsPerSecond.map { " · \(NumberText.fixed($0 / 1e6, decimals: 2)) M bars/s" } ?? ""
        page.paragraph(
            "\(NumberText.grouped(outcome.orders)) orders · \(NumberText.grouped(outcome.fills)) fills · "
                + "\(NumberText.grouped(outcome.bars)) bars in \(NumberText.fixed(outcome.engineSeconds, decimals: 4)) s"
                + speed)
        page.paragraph("Result hash \(outcome.resultHash)")
    }
}
