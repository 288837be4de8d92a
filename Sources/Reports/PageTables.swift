// SPDX-License-Identifier: Apache-2.0

import Statistics

/// The tables of the HTML report.
enum PageTables {
    /// Rows that stand in the page itself, for readers without scripts and for print.
    private static let staticTrades = 50

    static func signClass(_ value: Double?) -> String {
        guard let value, value != 0, value.isFinite else { return "" }
        return value > 0 ? " class=\"gain\"" : " class=\"loss\""
    }

    static func writeFigures(_ report: BacktestReport, _ page: inout HTMLWriter) {
        let benchmark = report.buyAndHold
        page.raw(
            "<section class=\"long\"><h2>Figures</h2><div class=\"columns\"><div class=\"scroll\"><table><thead><tr><th>Returns and risk</th><th>Strategy</th>"
        )
        if benchmark != nil { page.raw("<th>Buy &amp; hold</th>") }
        page.raw("</tr></thead><tbody>")
        let versus = report.performance.versusBenchmark?.figures.count ?? 0
        let beside = benchmark?.figures ?? []
        for figure in report.performance.figures.dropLast(versus) {
            page.raw("<tr>")
            page.element("td", figure.label)
            page.element("td", NumberText.text(figure))
            if benchmark != nil {
                page.element("td", beside.first { $0.key == figure.key }.map(NumberText.text) ?? "")
            }
            page.raw("</tr>")
        }
        page.raw("</tbody></table></div><div class=\"scroll\">")
        writePairs("Trades", report.trades.all.figures + report.activityFigures, &page)
        if let figures = report.performance.versusBenchmark?.figures {
            page.raw("<h3>Beside buy &amp; hold</h3>")
            writePairs("Comparison", figures, &page)
        }
        page.raw("</div></div></section>\n")
    }

    private static func writePairs(_ title: String, _ figures: [Figure], _ page: inout HTMLWriter) {
        page.raw("<table><thead><tr>")
        page.element("th", title)
        page.raw("<th></th></tr></thead><tbody>")
        for figure in figures {
            page.raw("<tr>")
            page.element("td", figure.label)
            page.element("td", NumberText.text(figure))
            page.raw("</tr>")
        }
        page.raw("</tbody></table>")
    }

    static func writeSplits(_ report: BacktestReport, _ page: inout HTMLWriter) {
        guard report.trades.all.count > 0 else { return }
        page.raw("<section class=\"long split\"><h2>Trades by…</h2>")
        report.breakdown.write(&page)
        page.raw("</section>\n")
    }

    static func write(_ split: TradeBreakdown.Split, _ page: inout HTMLWriter) {
        page.raw("<div class=\"scroll\"><table><thead><tr>")
        page.element("th", split.label)
        for name in ["Trades", "Share", "Win rate", "Profit factor", "Expectancy", "Net profit", "Fees", "Held"] {
            page.element("th", name)
        }
        page.raw("</tr></thead><tbody>")
        for row in split.rows {
            let all = row.statistics
            page.raw("<tr>")
            page.element("td", row.name)
            page.element("td", NumberText.grouped(all.count))
            page.element("td", NumberText.text(row.share, .fraction))
            page.element("td", NumberText.text(all.winRate, .fraction))
            page.element("td", NumberText.text(all.profitFactor, .ratio))
            page.element("td", NumberText.text(all.expectancy, .money))
            page.raw("<td\(signClass(all.netProfit))>")
            page.text(NumberText.text(all.netProfit, .money))
            page.raw("</td>")
            page.element("td", NumberText.text(all.costs.fees, .money))
            page.element("td", NumberText.text(all.averageHoldingSeconds, .seconds))
            page.raw("</tr>")
        }
        page.raw("</tbody></table></div>")
    }

    static func writeCosts(_ report: BacktestReport, _ page: inout HTMLWriter) {
        let figures = report.costs.figures
        let largest = figures.compactMap { $0.value?.magnitude }.max() ?? 0
        page.raw("<section><h2>Costs (")
        page.text(report.outcome.baseCurrency)
        page.raw(")</h2><table><tbody>")
        for figure in figures {
            let share = largest > 0 ? (figure.value ?? 0).magnitude / largest * 100 : 0
            page.raw("<tr>")
            page.element("td", figure.label)
            page.raw("<td class=\"text\" style=\"width:55%\"><span class=\"meter\" style=\"width:")
            page.raw(NumberText.fixed(share, decimals: 1))
            page.raw("%\"></span></td>")
            page.element("td", NumberText.text(figure))
            page.raw("</tr>")
        }
        page.raw(
            "</tbody></table><p class=\"soft\">Positive is paid. Slippage is measured against the price that the order saw and is already part of the fill prices.</p></section>\n"
        )
    }

    static func writeOpenPositions(_ report: BacktestReport, _ page: inout HTMLWriter) {
        guard !report.openPositions.isEmpty else { return }
        page.raw(
            "<section><h2>Open at the end of the data</h2><p class=\"soft\">Valued at the last price; not counted as trades.</p><div class=\"scroll\"><table><thead><tr>"
        )
        for name in ["Symbol", "Strategy", "Side", "Quantity", "Entry", "Last", "Not realised", "Since"] {
            page.element("th", name)
        }
        page.raw("</tr></thead><tbody>")
        for position in report.openPositions {
            page.raw("<tr>")
            page.element("td", report.names.symbol(position.symbol))
            page.element("td", report.names.strategy(position.strategy))
            page.element("td", position.isLong ? "long" : "short")
            for amount in [position.quantity, position.entryPrice, position.lastPrice] {
                page.element("td", NumberText.grouped(amount))
            }
            page.raw("<td\(signClass(Double(position.profit)))>")
            page.text(NumberText.grouped(position.profit))
            page.raw("</td>")
            page.element("td", NumberText.time(position.since))
            page.raw("</tr>")
        }
        page.raw("</tbody></table></div></section>\n")
    }

    static func writeTrades(_ report: BacktestReport, _ page: inout HTMLWriter) {
        guard !report.tradeList.isEmpty else { return }
        let listed = min(report.tradeList.count, PageData.maximumTrades)
        page.raw("<section class=\"long\"><div class=\"bar\"><h2>Trades</h2>")
        page.raw(
            """
            <input class="scripted" id="filter" hidden placeholder="Filter by symbol, reason, date…" aria-label="Filter">\
            <select class="scripted" id="side" hidden aria-label="Side"><option value="">both sides</option>\
            <option value="long">long</option><option value="short">short</option></select>\
            <select class="scripted" id="result" hidden aria-label="Result"><option value="">all results</option>\
            <option value="win">winners</option><option value="loss">losers</option></select></div>
            """)
        if listed < report.tradeList.count {
            page.raw("<p class=\"soft\">")
            page.text(
                "The last \(NumberText.grouped(listed)) of \(NumberText.grouped(report.tradeList.count)) trades; the "
                    + "CSV file of trades has them all.")
            page.raw("</p>")
        }
        page.raw("<p class=\"soft scripted\" hidden>Click a trade to see it in the chart; click a heading to sort.</p>")
        page.raw("<div class=\"scroll\"><table id=\"trades\"><thead><tr>")
        for (index, name) in [
            "Entry (UTC)", "Exit (UTC)", "Symbol", "Strategy", "Side", "Quantity", "Entry price", "Exit price",
            "Profit", "Fees", "Exit reason", "Held",
        ].enumerated() {
            page.raw((1...4).contains(index) || index == 10 ? "<th class=\"text\">" : "<th>")
            page.text(name)
            page.raw("</th>")
        }
        page.raw("</tr></thead><tbody>")
        for trade in report.tradeList.suffix(staticTrades).reversed() { writeRow(trade, report.names, &page) }
        page.raw("</tbody></table></div>")
        page.raw(
            """
            <div class="bar scripted" hidden><button id="previous">Previous</button><button id="next">Next</button>\
            <span class="soft" id="trade-page"></span></div></section>

            """)
    }

    private static func writeRow(
        _ trade: BacktestReport.Trade, _ names: BacktestReport.Names, _ page: inout HTMLWriter
    ) {
        page.raw("<tr>")
        page.element("td", NumberText.time(trade.entryTime))
        for text in [
            NumberText.time(trade.exitTime), names.symbol(trade.symbol), names.strategy(trade.strategy),
            trade.isLong ? "long" : "short",
        ] {
            page.raw("<td class=\"text\">")
            page.text(text)
            page.raw("</td>")
        }
        for amount in [trade.quantity, trade.entryPrice, trade.exitPrice] {
            page.element("td", NumberText.grouped(amount))
        }
        page.raw("<td\(signClass(Double(trade.profit)))>")
        page.text(NumberText.grouped(trade.profit))
        page.raw("</td>")
        page.element("td", NumberText.grouped(trade.fees))
        page.raw("<td class=\"text\">")
        page.text(names.exitReason(trade.exitReason))
        page.raw("</td>")
        page.element("td", NumberText.duration(seconds: Double(trade.duration) / 1e9))
        page.raw("</tr>")
    }
}
