// SPDX-License-Identifier: Apache-2.0

import Statistics

/// The report as one HTML file that needs no network: tables, charts, and a description of every convention.
public enum PageReport {
    /// - Parameter chartLibrary: The text of TradingView's Lightweight Charts 4.1.3; without it the charts are still
    ///   drawings, and the page says so.
    /// - Returns: UTF-8. Lists are bounded: a year of minutes with every trade stays under 2 MB.
    public static func render(_ report: BacktestReport, chartLibrary: String?) -> [UInt8] {
        let curve = SampledEquity(report)
        var page = HTMLWriter(capacity: 1_000_000)
        writeHead(report, &page)
        writeTop(report, &page)
        page.raw("<main>")
        writeCards(report, &page)
        writeHonesty(report, hasLibrary: chartLibrary != nil, &page)
        if let validation = report.validation { AblationPage.write(validation, &page) }
        writeEquity(curve, &page)
        writeCandles(report, &page)
        writeMonths(report, &page)
        PageTables.writeFigures(report, &page)
        PageTables.writeSplits(report, &page)
        report.writeProfits(&page)
        report.writePortfolio(&page)
        PageTables.writeCosts(report, &page)
        PageTables.writeOpenPositions(report, &page)
        PageTables.writeTrades(report, &page)
        writeInputs(report, &page)
        page.raw("</main>")
        writeFoot(hasLibrary: chartLibrary != nil, &page)
        page.raw("<script type=\"application/json\" id=\"report-data\">")
        page.append(contentsOf: PageData.json(report, curve: curve))
        page.raw("</script>\n")
        if let chartLibrary {
            page.raw("<script>")
            page.append(contentsOf: Array(scriptSafe(chartLibrary).utf8))
            page.raw("</script>\n")
        }
        page.raw("<script>")
        page.append(contentsOf: PackageResources.report_js)
        page.raw("</script>\n</body></html>\n")
        return page.text.bytes
    }

    /// Inside a script element `</script` would end it; with a backslash it is the same text to JavaScript.
    private static func scriptSafe(_ script: String) -> String {
        let mark = Array("</script".utf8)
        let bytes = Array(script.utf8)
        var result: [UInt8] = []
        var start = 0
        var index = 0
        while index + mark.count <= bytes.count {
            // Only "<" can begin it, so the comparison is rare.
            if bytes[index] == mark[0], zip(bytes[index...], mark).allSatisfy({ $0 == $1 || $0 == $1 - 32 && $1 >= 97 })
            {
                result += bytes[start...index]
                result.append(UInt8(ascii: "\\"))
                start = index + 1
            }
            index += 1
        }
        return start == 0 ? script : String(decoding: result + bytes[start...], as: UTF8.self)
    }

    private static func writeHead(_ report: BacktestReport, _ page: inout HTMLWriter) {
        page.raw(
            """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8">
            <meta name="viewport" content="width=device-width,initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none';style-src 'unsafe-inline';\
            script-src 'unsafe-inline';img-src data:;base-uri 'none';form-action 'none'">
            <title>
            """)
        page.text(report.title)
        page.raw("</title><style>")
        page.append(contentsOf: PackageResources.report_css)
        page.raw("</style></head><body>\n")
    }

    private static func writeTop(_ report: BacktestReport, _ page: inout HTMLWriter) {
        let data = report.data
        page.raw("<header><div><h1>")
        page.text(report.title)
        page.raw("</h1><p class=\"soft\">")
        let symbols = data.symbols.prefix(8).joined(separator: ", ") + (data.symbols.count > 8 ? ", …" : "")
        page.text(
            "\(symbols) · \(data.timeframe) · \(NumberText.time(data.from)) to \(NumberText.time(data.to)) · "
                + "\(NumberText.grouped(data.bars)) bars · apus \(report.programVersion)")
        page.raw(
            "</p></div><button id=\"theme\" hidden title=\"Switch between light and dark\">Light / dark</button></header>\n"
        )
    }

    private static func writeCards(_ report: BacktestReport, _ page: inout HTMLWriter) {
        let performance = report.performance
        let trades = report.trades.all
        let hold = report.buyAndHold?.returns.totalReturn
        page.raw("<div class=\"cards\">")
        func card(_ label: String, _ value: String, _ note: String = "", signedBy number: Double? = nil) {
            page.raw("<div class=\"card\"><span>")
            page.text(label)
            page.raw("</span><strong")
            page.raw(HTMLWriter.signClass(number))
            page.raw(">")
            page.text(value)
            page.raw("</strong><span>")
            page.text(note)
            page.raw("</span></div>")
        }
        let total = performance.returns.totalReturn
        card(
            "Total return", NumberText.text(total, .fraction),
            hold.map { "buy & hold \(NumberText.text($0, .fraction))" } ?? "no benchmark", signedBy: total)
        card(
            "Final equity", NumberText.rounded(report.outcome.finalEquity, decimals: 2),
            "from \(NumberText.rounded(report.outcome.startEquity, decimals: 2)) \(report.outcome.baseCurrency)")
        card(
            "Max drawdown", NumberText.text(performance.intrabarDrawdown.maximum, .fraction),
            "inside bars; on closes \(NumberText.text(performance.closeDrawdown.maximum, .fraction))",
            signedBy: performance.intrabarDrawdown.maximum)
        card(
            "Sharpe", NumberText.text(performance.returns.sharpe, .ratio),
            "Sortino \(NumberText.text(performance.returns.sortino, .ratio))")
        card(
            "CAGR", NumberText.text(performance.returns.annualReturn, .fraction),
            "volatility \(NumberText.text(performance.returns.annualVolatility, .fraction))",
            signedBy: performance.returns.annualReturn)
        card(
            "Trades", NumberText.grouped(trades.count),
            "\(NumberText.grouped(report.outcome.orders)) orders, \(NumberText.grouped(report.outcome.fills)) fills")
        card(
            "Win rate", NumberText.text(trades.winRate, .fraction),
            "payoff \(NumberText.text(trades.payoff, .ratio))")
        card(
            "Profit factor", NumberText.text(trades.profitFactor, .ratio),
            "expectancy \(NumberText.text(trades.expectancy, .money))")
        page.raw("</div>\n")
    }

    private static func writeHonesty(_ report: BacktestReport, hasLibrary: Bool, _ page: inout HTMLWriter) {
        page.raw("<section class=\"note\"><h2>How far to trust this</h2><ul>")
        for warning in report.warnings {
            page.raw("<li><strong>Warning:</strong> ")
            page.text(warning)
            page.raw("</li>")
        }
        for note in report.honesty { page.element("li", note) }
        if !hasLibrary {
            page.element(
                "li",
                "The library for interactive charts was not there when this report was written, so the charts are "
                    + "drawings. Run 'make setup' and write the report again to get them.")
        }
        page.raw("</ul></section>\n")
    }

    private static func writeEquity(_ curve: SampledEquity, _ page: inout HTMLWriter) {
        guard curve.times.count > 1 else { return }
        page.raw(
            """
            <section><div class="bar"><h2>Equity and drawdown</h2><label class="screen" hidden><input type="checkbox" \
            id="logarithmic"> logarithmic</label><button class="screen" id="fit" hidden>Whole run</button></div>\
            <p class="soft"><span class="key"></span>strategy
            """)
        if !curve.hold.isEmpty { page.raw(" &nbsp; <span class=\"key hold\"></span>buy &amp; hold") }
        page.raw(" &nbsp; below: fall from the highest equity, inside bars</p>")
        page.raw("<div class=\"screen\" hidden><div class=\"legend\" id=\"equity-legend\"></div>")
        page.raw("<div class=\"chart\" id=\"equity\"></div><div class=\"chart low\" id=\"drawdown\"></div></div>")
        page.raw("<div class=\"still\">")
        SVGChart.write(curve, &page)
        page.raw("</div></section>\n")
    }

    private static func writeCandles(_ report: BacktestReport, _ page: inout HTMLWriter) {
        guard report.charts.contains(where: { !$0.candles.isEmpty }) else { return }
        page.raw(
            "<section class=\"screen\" hidden><div class=\"bar\"><h2>Candles and fills</h2><select id=\"symbol\" aria-label=\"Symbol\">"
        )
        for chart in report.charts where !chart.candles.isEmpty {
            page.element("option", report.names.symbol(chart.symbol))
        }
        page.raw(
            """
            </select><label><input type="checkbox" id="markers" checked> fills</label></div><p class="soft">Arrows up \
            are buys, arrows down are sells; a number counts several in one candle. <span id="candle-note"></span></p>\
            <div class="legend" id="candle-legend"></div><div class="chart tall" id="candles"></div></section>

            """)
    }

    private static func writeMonths(_ report: BacktestReport, _ page: inout HTMLWriter) {
        let years = MonthlyReturns(report.performance).years
        guard !years.isEmpty else { return }
        page.raw("<section><h2>Monthly returns</h2><div class=\"scroll\"><table class=\"heat\">")
        page.head([
            "Year", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Year",
        ])
        for year in years {
            page.raw("<tr><th>\(year.year)</th>")
            for value in year.months + [year.total] {
                page.raw("<td\(heat(value))>")
                page.text(value.map { NumberText.fixed($0 * 100, decimals: 1) } ?? "")
                page.raw("</td>")
            }
            page.raw("</tr>")
        }
        page.raw("</tbody></table></div><p class=\"soft\">Percent, by the calendar of UTC.</p></section>\n")
    }

    private static func heat(_ value: Double?) -> String {
        guard let value, value.isFinite, value.magnitude >= 0.0005 else { return "" }
        let strength = value.magnitude < 0.02 ? 1 : value.magnitude < 0.08 ? 2 : 3
        return " class=\"\(value > 0 ? "g" : "l")\(strength)\""
    }

    private static func writeInputs(_ report: BacktestReport, _ page: inout HTMLWriter) {
        page.raw("<section><h2>What was run</h2><div class=\"scroll\"><table><tbody>")
        func row(_ name: String, _ value: String, isCode: Bool = false) {
            page.raw("<tr><th>")
            page.text(name)
            page.raw(isCode ? "</th><td class=\"text wide mono\">" : "</th><td class=\"text wide\">")
            page.text(value)
            page.raw("</td></tr>")
        }
        for setting in report.configuration { row(setting.name, setting.value) }
        let data = report.data
        row("Symbols", data.symbols.joined(separator: ", "))
        row("Timeframe", data.timeframe)
        row("From", NumberText.time(data.from))
        row("To", NumberText.time(data.to))
        row("Bars", NumberText.grouped(data.bars))
        row("Gaps", NumberText.grouped(data.gaps))
        row("Ambiguous bars", "\(NumberText.grouped(report.ambiguity.bars)) (\(report.ambiguity.policy))")
        row("Data hash", data.hash.isEmpty ? NumberText.missing : data.hash, isCode: true)
        row("Result hash", report.outcome.resultHash, isCode: true)
        row("Program", "apus \(report.programVersion)")
        let speed = report.outcome.barsPerSecond.map { ", \(NumberText.fixed($0 / 1e6, decimals: 2)) M bars/s" } ?? ""
        row("Engine time", "\(NumberText.fixed(report.outcome.engineSeconds, decimals: 4)) s\(speed)")
        page.raw("</tbody></table></div></section>\n<section><h2>Conventions</h2><p>")
        page.text(report.performance.conventions.text)
        page.raw("</p></section>\n")
    }

    private static func writeFoot(hasLibrary: Bool, _ page: inout HTMLWriter) {
        page.raw("<footer>")
        if hasLibrary {
            page.raw(
                """
                <p>Charts: TradingView Lightweight Charts™, Copyright © 2024 TradingView, Inc., \
                <a href="https://www.tradingview.com/" rel="noreferrer">https://www.tradingview.com/</a>, under the \
                Apache License 2.0.</p>
                """)
        }
        page.raw("<p>Past results, simulated or real, do not promise future ones.</p></footer>\n")
    }
}
