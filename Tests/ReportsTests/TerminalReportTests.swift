// SPDX-License-Identifier: Apache-2.0

import Statistics
import Testing

@testable import Reports

@Suite struct TerminalReportTests {
    @Test("No line is wider than asked for", arguments: [80, 96, 120])
    func width(columns: Int) {
        var report = SampleReport.make(
            bars: 5_000, symbols: ["A-VERY-LONG-SYMBOL-NAME-THAT-DOES-NOT-FIT-IN-ITS-COLUMN", "日本語の銘柄"])
        report.warnings = [String(repeating: "word ", count: 60), String(repeating: "x", count: 500)]
        report.title = String(repeating: "a long title ", count: 20)
        for line in TerminalReport.render(report, width: columns).split(separator: "\n") {
            #expect(TerminalPage.columns(String(line)) <= columns, "\(line)")
            #expect(line.last != " ", "\(line)|")
        }
    }

    @Test func coloursOnlyWhenAsked() {
        let report = SampleReport.make(bars: 2_000)
        let plain = TerminalReport.render(report)
        let coloured = TerminalReport.render(report, isColoured: true)
        #expect(!plain.contains("\u{1B}"))
        #expect(coloured.contains("\u{1B}[31m") || coloured.contains("\u{1B}[32m"))
        var stripped = coloured
        for code in ["1", "2", "31", "32", "33", "0"] { stripped = stripped.replacing("\u{1B}[\(code)m", with: "") }
        #expect(stripped == plain)
    }

    @Test func namesCannotReprogramATerminal() {
        var report = SampleReport.make(bars: 100, trades: 3, symbols: ["BTC\u{1B}[2J\u{202E}"])
        report.title = "\u{1B}]0;owned\u{7}"
        report.warnings = ["\u{1B}[31mred\u{9B}"]
        report.outcome.baseCurrency = "US\rDT"
        let text = TerminalReport.render(report)
        #expect(!text.unicodeScalars.contains { $0.value < 32 && $0 != "\n" || (0x7F...0x9F).contains($0.value) })
        #expect(!text.unicodeScalars.contains("\u{202E}"))
    }

    @Test func everySectionIsThere() {
        let lines = TerminalReport.render(SampleReport.make(bars: 5_000)).split { $0.isWhitespace }
        let text = lines.joined(separator: " ")
        for part in [
            "RESULT", "RISK", "BESIDE BUY & HOLD", "EQUITY", "TRADES", "COSTS (USDT)", "HOW FAR TO TRUST THIS",
            "1,000,000.00", "Max drawdown (inside bars)", "3 bars were ambiguous", "1,000,456.25", "Warning: risk_",
            "not counted as trades", "365 periods a year", "In sample", "9b1df0c2e7a4", "stop-loss",
        ] { #expect(text.contains(part), "\(part) is missing") }
    }

    @Test("An empty run renders, and says what was not measured")
    func emptyRun() {
        let nothing = EquityTracker(startEquity: 100, startTime: 0)
        let report = BacktestReport(
            title: "Nothing", programVersion: "0",
            data: .init(symbols: [], timeframe: "1m", from: 0, to: 0, bars: 0),
            outcome: .init(
                orders: 0, fills: 0, startEquity: "100", finalEquity: "100", baseCurrency: "USD", bars: 0,
                engineSeconds: 0, resultHash: ""),
            names: .init(strategies: [], symbols: [], exitReasons: []), performance: Performance(of: nothing),
            trades: TradeAnalysis(trades: [], from: 0, to: 0), costs: CostSplit(),
            ambiguity: .init(bars: 4, reason: "the re-runs were switched off"))
        let text = TerminalReport.render(report)
        #expect(text.contains("Sharpe"))
        #expect(text.contains("–"))
        #expect(text.contains("were switched off."))
        #expect(!PageReport.render(report, chartLibrary: nil).isEmpty)
        #expect(!JSONReport.render(report).isEmpty)
    }

    @Test(
        "Numbers for people",
        arguments: [
            ("1234567.891", "1,234,567.891"), ("-1000", "-1,000"), ("999", "999"), ("0.5", "0.5"), ("-0.25", "-0.25"),
            ("n/a", "n/a"), ("", ""), ("1e5", "1e5"),
        ])
    func grouping(text: String, expected: String) { #expect(NumberText.grouped(text) == expected) }

    @Test(
        "Lengths of time",
        arguments: [
            (0.0, "0s"), (59.6, "1m 0s"), (3_725, "1h 2m"), (90_061, "1d 1h"), (-1, "–"), (.nan, "–"),
        ])
    func durations(seconds: Double, expected: String) { #expect(NumberText.duration(seconds: seconds) == expected) }

    @Test func aBrailleLineRisesFromTheBottomLeftToTheTopRight() {
        let lines = BrailleChart.lines([0, 1, 2, 3, 4, 5, 6, 7], width: 4, height: 2)
        #expect(lines == ["\u{2800}\u{2800}\u{28E0}\u{281E} 7.00", "\u{28E0}\u{281E}\u{2801}\u{2800} 0.00"])
        #expect(BrailleChart.lines([], width: 4, height: 2).isEmpty)
        #expect(BrailleChart.lines([.nan, 5, .infinity], width: 4, height: 2).count == 2)
    }
}
