// SPDX-License-Identifier: Apache-2.0

import Statistics

/// What one strategy made with one symbol, day by day, in the base currency.
public struct ProfitSeries: Equatable, Sendable {
    public struct Day: Equatable, Sendable {
        /// Nanoseconds since the epoch: when the UTC day begins.
        public var day: Int64
        public var realised: Double
        public var fees: Double
        public var funding: Double
        /// At the end of the day.
        public var unrealised: Double
        /// After costs, with the change of what is not realised.
        public var profit: Double

        public init(
            day: Int64, realised: Double, fees: Double, funding: Double, unrealised: Double, profit: Double
        ) {
            self.day = day
            self.realised = realised
            self.fees = fees
            self.funding = funding
            self.unrealised = unrealised
            self.profit = profit
        }
    }

    /// The places of their names.
    public var strategy: Int
    public var symbol: Int
    /// Oldest first; days without a trade or a position are left out.
    public var days: [Day]

    public init(strategy: Int, symbol: Int, days: [Day]) {
        self.strategy = strategy
        self.symbol = symbol
        self.days = days
    }

    /// Over all days.
    var figures: [Figure] {
        func sum(_ value: (Day) -> Double) -> Double { days.reduce(0) { $0 + value($1) } }
        return [
            Figure("profit", "Profit", sum(\.profit), .money), Figure("realised", "Realised", sum(\.realised), .money),
            Figure("unrealised", "Not realised", days.last?.unrealised, .money),
            Figure("fees", "Fees", sum(\.fees), .money), Figure("funding", "Funding", sum(\.funding), .money),
        ]
    }

    /// The profit so far, at the end of each day.
    var cumulative: [Double] {
        var sum = 0.0
        return days.map { day in
            sum += day.profit
            return sum
        }
    }
}

extension BacktestReport {
    func writeProfits(_ json: inout JSONWriter) {
        json.array("profitByDay") { json in
            for series in profits {
                json.object { json in
                    json.string("strategy", names.strategy(series.strategy))
                    json.string("symbol", names.symbol(series.symbol))
                    for figure in series.figures { json.number(figure.key, figure.value) }
                    json.array("days") { json in
                        for day in series.days {
                            json.object { json in
                                json.time("day", day.day)
                                json.number("profit", day.profit)
                                json.number("realised", day.realised)
                                json.number("unrealised", day.unrealised)
                                json.number("fees", day.fees)
                                json.number("funding", day.funding)
                            }
                        }
                    }
                }
            }
        }
    }

    /// Where there is more than one series: one is what the totals say.
    func writeProfits(_ page: inout TerminalPage) {
        guard profits.count > 1, let first = profits.first else { return }
        page.heading("Profit by strategy and symbol (\(outcome.baseCurrency))", columns: [])
        page.tableRow("", first.figures.map { .plain($0.label) }, isHeader: true)
        for series in profits.prefix(40) {
            page.tableRow(
                "\(names.strategy(series.strategy)) \(names.symbol(series.symbol))",
                series.figures.map { figure in
                    figure.key == "profit"
                        ? .signed(NumberText.text(figure), figure.value) : .plain(NumberText.text(figure))
                }, isHeader: false)
        }
        if profits.count > 40 { page.paragraph("… and \(profits.count - 40) more in JSON and HTML.") }
    }

    func writeProfits(_ page: inout HTMLWriter) {
        guard let first = profits.first else { return }
        page.raw("<section class=\"long\"><h2>Profit over time by strategy and symbol (")
        page.text(outcome.baseCurrency)
        page.raw(")</h2>")
        page.table(["Strategy", "Symbol"] + first.figures.map(\.label) + ["Profit so far"]) { page in
            for series in profits {
                page.raw("<tr>")
                page.element("td", names.strategy(series.strategy))
                page.element("td", names.symbol(series.symbol))
                for figure in series.figures {
                    page.cell(NumberText.text(figure), signedBy: figure.key == "profit" ? figure.value : nil)
                }
                page.raw("<td>")
                SVGChart.writeSmall(series.cumulative, series.days.map(\.day), "Profit so far, day by day", &page)
                page.raw("</td></tr>")
            }
        }
        page.raw("</section>\n")
    }
}
