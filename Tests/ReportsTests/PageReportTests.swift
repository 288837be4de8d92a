// SPDX-License-Identifier: Apache-2.0

import Foundation
import Statistics
import Testing

@testable import Reports

@Suite struct PageReportTests {
    private func page(_ report: BacktestReport, library: String? = "/* library */") -> String {
        String(decoding: PageReport.render(report, chartLibrary: library), as: UTF8.self)
    }

    /// The numbers that the page's script reads.
    private func data(_ page: String) throws -> [String: Any] {
        let start = try #require(page.range(of: "id=\"report-data\">"))
        let end = try #require(page.range(of: "</script>", range: start.upperBound..<page.endIndex))
        let text = Data(page[start.upperBound..<end.lowerBound].utf8)
        return try #require(try JSONSerialization.jsonObject(with: text) as? [String: Any])
    }

    @Test func thePageNeedsNoNetwork() {
        let page = page(SampleReport.make(bars: 2_000))
        #expect(page.contains("default-src 'none'"))
        for mark in ["src=\"http", "@import", "url(", "fetch(", "<link", "<img", "<iframe"] {
            #expect(!page.contains(mark), "\(mark) would load something")
        }
    }

    @Test func everySectionIsThere() {
        let page = page(SampleReport.make(bars: 5_000))
        for part in [
            "How far to trust this", "Equity and drawdown", "Candles and fills", "Monthly returns", "Figures",
            "Trades by…", "Exit reason", "Hour of entry (UTC)", "Costs (USDT)", "Open at the end of the data",
            "What was run", "Conventions", "365 periods a year", "In sample", "id=\"trades\"", "9b1df0c2e7a4",
            "id=\"equity\"", "id=\"drawdown\"", "id=\"candles\"", "<svg", "prefers-color-scheme", "@media print",
        ] { #expect(page.contains(part), "\(part) is missing") }
    }

    @Test func tradingViewIsNamedWhereItsLibraryIsUsed() {
        let report = SampleReport.make(bars: 500)
        #expect(page(report).contains("TradingView Lightweight Charts™"))
        #expect(page(report).contains("https://www.tradingview.com/"))
        #expect(!page(report, library: nil).contains("TradingView"))
    }

    @Test func withoutTheLibraryThePageSaysSoAndDraws() {
        let page = page(SampleReport.make(bars: 500), library: nil)
        #expect(page.contains("was not there when this report was written"))
        #expect(page.contains("<svg"))
        #expect(!self.page(SampleReport.make(bars: 500)).contains("was not there when this report was written"))
    }

    @Test func hostileTextIsShownAndNeverRuns() throws {
        let attack = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&"
        var report = SampleReport.make(bars: 500, trades: 5, symbols: [attack], title: attack)
        report.names.strategies = [attack, attack]
        report.names.exitReasons = [attack, attack, attack]
        report.warnings = [attack]
        report.configuration = [.init(attack, attack)]
        report.outcome.baseCurrency = attack
        report.outcome.resultHash = attack
        report.tradeList[0].quantity = attack
        report.openPositions[0].profit = attack
        let page = page(report)
        #expect(!page.contains("alert(1)</script>"))
        #expect(!page.contains("<img"))
        // One script each for the data, the library and the page; each opens and closes once.
        #expect(page.components(separatedBy: "<script").count == 4)
        #expect(page.components(separatedBy: "</script>").count == 4)
        #expect(page.contains("&lt;/script&gt;&lt;script&gt;alert(1)"))
        let trades = try #require(try data(page)["trades"] as? [String: Any])
        #expect(trades["symbols"] as? [String] == [attack])
    }

    @Test func everyCharacterThatMeansSomethingIsEscaped() {
        var text = ByteText()
        text.append(escaped: "<a href=\"x\" title='y'>&\u{0}\u{1B}\n\tÜ")
        #expect(text.string == "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;\u{FFFD}\u{FFFD}\n\tÜ")
    }

    @Test("A run that loses everything renders everywhere, without a number that is none")
    func totalLoss() {
        var report = SampleReport.make(bars: 10, trades: 2)
        let day = MetricConventions.nanosecondsPerDay
        let times = (1...40).map { Int64($0) * day }
        let close = times.indices.map { $0 < 10 ? 100.0 - 10 * Double($0) : 0 }
        report.performance = Performance(startEquity: 100, startTime: 0, times: times, close: close)
        report.buyAndHold = nil
        report.equity = .init(times: times, close: close)
        for text in [page(report), TerminalReport.render(report)] {
            let words = text.lowercased().split { !$0.isLetter }
            #expect(!words.contains("nan") && !words.contains("inf"))
            #expect(text.contains("-100.00 %"))
        }
    }

    @Test(
        "A library that contains the end of a script cannot end it",
        arguments: [
            "a</script>b", "</SCRIPT >", "x</script></Script>",
        ])
    func libraryIsContained(library: String) {
        let page = page(SampleReport.make(bars: 100, trades: 1), library: library)
        #expect(page.lowercased().components(separatedBy: "</script").count == 4)
        #expect(page.contains("<\\/"))
    }

    @Test("A year of minutes with every trade stays under 2 MB")
    func sizeIsBounded() throws {
        let report = SampleReport.make(bars: 525_600, trades: 11_695)
        let page = page(report, library: String(repeating: "x", count: 161_000))
        #expect(page.utf8.count < 2_000_000)
        let data = try data(page)
        let equity = try #require(data["equity"] as? [String: [Double]])
        let times = try #require(equity["time"])
        #expect(times.count <= 4_000)
        #expect(times.dropFirst().allSatisfy { $0 > 0 })
        #expect(times.reduce(0, +) == Double(report.data.to / 1_000_000_000))
        for column in ["close", "hold", "drawdown"] { #expect(equity[column]?.count == times.count) }
        let closes = try #require(equity["close"])
        let highest = try #require(report.equity.close.max())
        #expect((try #require(closes.max()) - highest).magnitude < 0.01)
        let deepest = try #require(report.performance.intrabarDrawdown.maximum)
        #expect((try #require(equity["drawdown"]?.min()) - deepest).magnitude < 1e-5)
        let rows = try #require((data["trades"] as? [String: Any])?["rows"] as? [Any])
        #expect(rows.count == PageData.maximumTrades)
        #expect(page.contains("The last 3,000 of 11,695 trades"))
    }

    @Test func candlesArePutTogetherAndMarkersCounted() throws {
        let minute = SampleReport.minute
        var report = SampleReport.make(bars: 10, trades: 0, symbols: ["BTC"])
        report.charts = [
            .init(symbol: 0, timeframe: "1m", priceDecimals: 2, maximumCandles: 4, count: 10) { bar in
                .init(
                    time: Int64(bar) * minute, open: Double(bar), high: Double(bar) + 5, low: Double(bar) - 5,
                    close: Double(bar) + 1)
            }
        ]
        #expect(report.charts[0].barsPerCandle == 3)
        #expect(
            report.charts[0].candles.map { [$0.open, $0.high, $0.low, $0.close] } == [
                [0, 7, -5, 3], [3, 10, -2, 6], [6, 13, 1, 9], [9, 14, 4, 10],
            ])
        report.fillList = [(0, true), (2, true), (2, false), (5, false), (-1, true)].map { bar, isBuy in
            .init(
                time: Int64(bar) * minute, symbol: 0, strategy: 0, isBuy: isBuy, quantity: "1", price: "1", fee: "0",
                feeAsset: "USD", isMaker: false, orderID: "1", reason: "")
        }
        let chart = try #require((try data(page(report))["charts"] as? [[String: Any]])?.first)
        #expect(chart["markers"] as? [[Int]] == [[0, 2, 1], [1, 0, 1]])
        #expect(chart["note"] as? String == "One candle holds 3 bars of 1m.")
    }

    @Test func pointsWithinOneSecondBecomeOne() throws {
        var report = SampleReport.make(bars: 10, trades: 0)
        report.equity = .init(
            times: [1_000_000_000, 1_200_000_000, 1_900_000_000, 3_000_000_000],
            close: [1_000_000, 900_000, 950_000, 990_000])
        let equity = try #require(try data(page(report))["equity"] as? [String: [Double]])
        #expect(equity["time"] == [1, 2])
        #expect(equity["close"] == [950_000, 990_000])
        #expect(equity["drawdown"] == [-0.1, -0.01])
    }

    @Test("Months compound from samples of equity")
    func months() {
        let day = MetricConventions.nanosecondsPerDay
        let performance = Performance(
            startEquity: 100, startTime: 30 * day, times: [31, 32, 59, 366].map { $0 * day },
            close: [110, 121, 60.5, 121])
        let years = MonthlyReturns(performance).years
        #expect(years.map(\.year) == [1970, 1971])
        #expect(years[0].months[0].map { ($0 * 1e9).rounded() } == 1e8)
        #expect(years[0].months[1].map { ($0 * 1e9).rounded() } == -4.5e8)
        #expect(years[0].months[2...].allSatisfy { $0 == nil })
        #expect(years[0].total.map { ($0 * 1e9).rounded() } == -3.95e8)
        #expect(years[1].total == 1)
    }
}
