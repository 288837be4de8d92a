// SPDX-License-Identifier: Apache-2.0

import Statistics

/// The tables of the HTML report.
enum PageTables {
    /// Rows that stand in the page itself, for readers without scripts and for print.
    private static let staticTrades = 50

    static func writeFigures(_ report: BacktestReport, _ page: inout HTMLWriter) {
        let benchmark = report.buyAndHold
        page.raw("<section class=\"long\"><h2>Figures</h2><div class=\"columns\">")
        let versus = report.performance.versusBenchmark?.figures.count ?? 0
        page.table(["Returns and risk", "Strategy"] + (benchmark == nil ? [] : ["Buy & hold"])) { page in
            for figure in report.performance.figures.dropLast(versus) {
                let beside = benchmark.map { $0.figures.first { $0.key == figure.key }.map(NumberText.text) ?? "" }
                page.row([figure.label, NumberText.text(figure)] + (beside.map { [$0] } ?? []))
            }
        }
        page.raw("<div class=\"scroll\">")
        writePairs("Trades", report.trades.all.figures + report.activityFigures, &page)
        if let figures = report.performance.versusBenchmark?.figures {
            page.raw("<h3>Beside buy &amp; hold</h3>")
            writePairs("Comparison", figures, &page)
        }
        page.raw("</div></div></section>\n")
    }

    private static func writePairs(_ title: String, _ figures: [Figure], _ page: inout HTMLWriter) {
        page.raw("<table>")
        page.head([title, ""])
        for figure in figures { page.row([figure.label, NumberText.text(figure)]) }
        page.raw("</tbody></table>")
    }

    static func writeSplits(_ report: BacktestReport, _ page: inout HTMLWriter) {
        guard report.trades.all.count > 0 else { return }
        page.raw("<section class=\"long split\"><h2>Trades by…</h2>")
        report.breakdown.write(&page)
        page.raw("</section>\n")
    }

    static func write(_ split: TradeBreakdown.Split, _ page: inout HTMLWriter) {
        let headings = ["Trades", "Share", "Win rate", "Profit factor", "Expectancy", "Net profit", "Fees", "Held"]
        page.table([split.label] + headings) { page in
            for row in split.rows {
                let all = row.statistics
                page.raw("<tr>")
                page.element("td", row.name)
                page.element("td", NumberText.grouped(all.count))
                page.element("td", NumberText.text(row.share, .fraction))
                page.element("td", NumberText.text(all.winRate, .fraction))
                page.element("td", NumberText.text(all.profitFactor, .ratio))
                page.element("td", NumberText.text(all.expectancy, .money))
                page.cell(NumberText.text(all.netProfit, .money), signedBy: all.netProfit)
                page.element("td", NumberText.text(all.costs.fees, .money))
                page.element("td", NumberText.text(all.averageHoldingSeconds, .seconds))
                page.raw("</tr>")
            }
        }
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
            "<section><h2>Open at the end of the data</h2><p class=\"soft\">Valued at the last price; not counted as trades.</p>"
        )
        page.table(["Symbol", "Strategy", "Side", "Quantity", "Entry", "Last", "Not realised", "Since"]) { page in
            for position in report.openPositions {
                page.raw("<tr>")
                page.element("td", report.names.symbol(position.symbol))
                page.element("td", report.names.strategy(position.strategy))
                page.element("td", position.isLong ? "long" : "short")
                for amount in [position.quantity, position.entryPrice, position.lastPrice] {
                    page.element("td", NumberText.grouped(amount))
                }
                page.cell(NumberText.grouped(position.profit), signedBy: Double(position.profit))
                page.element("td", NumberText.time(position.since))
                page.raw("</tr>")
            }
        }
        page.raw("</section>\n")
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
        page.cell(NumberText.grouped(trade.profit), signedBy: Double(trade.profit))
        page.element("td", NumberText.grouped(trade.fees))
        page.raw("<td class=\"text\">")
        page.text(names.exitReason(trade.exitReason))
        page.raw("</td>")
        page.element("td", NumberText.duration(seconds: Double(trade.duration) / 1e9))
        page.raw("</tr>")
    }
}
