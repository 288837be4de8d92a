// SPDX-License-Identifier: Apache-2.0

import Statistics

extension BacktestReport {
    /// What all positions risked together. Shares are of the equity; what was not measured is `nil`.
    public struct Portfolio: Equatable, Sendable {
        /// How two symbols move together.
        public struct Correlation: Equatable, Sendable {
            /// The places of the symbols' names.
            public var first: Int
            public var second: Int
            public var value: Double?

            public init(first: Int, second: Int, value: Double?) {
                self.first = first
                self.second = second
                self.value = value
            }
        }

        /// At one time, or the worst of all.
        public struct Measures: Equatable, Sendable {
            public var valueAtRisk: Double?
            public var expectedShortfall: Double?
            public var grossExposure: Double
            public var diversificationRatio: Double?

            public init(
                valueAtRisk: Double?, expectedShortfall: Double?, grossExposure: Double, diversificationRatio: Double?
            ) {
                self.valueAtRisk = valueAtRisk
                self.expectedShortfall = expectedShortfall
                self.grossExposure = grossExposure
                self.diversificationRatio = diversificationRatio
            }
        }

        /// Nanoseconds since the epoch: when it was last looked at.
        public var time: Int64
        public var method: String
        public var confidence: Double
        public var hours: Int
        public var last: Measures
        /// The highest of the run; of the diversification ratio the lowest with two symbols or more.
        public var worst: Measures
        /// How often a limit began not to hold.
        public var breaches: Int
        public var correlations: [Correlation]

        public init(
            time: Int64, method: String, confidence: Double, hours: Int, last: Measures, worst: Measures, breaches: Int,
            correlations: [Correlation]
        ) {
            self.time = time
            self.method = method
            self.confidence = confidence
            self.hours = hours
            self.last = last
            self.worst = worst
            self.breaches = breaches
            self.correlations = correlations
        }

        /// `historical, 95 % over 24 hours`
        var conventions: String {
            "\(method), \(NumberText.fixed(confidence * 100, decimals: 1)) % over \(hours) hours"
        }
    }
}

extension BacktestReport.Portfolio.Measures {
    var figures: [Figure] {
        [
            Figure("valueAtRisk", "Value at risk", valueAtRisk, .fraction),
            Figure("expectedShortfall", "Expected shortfall", expectedShortfall, .fraction),
            Figure("grossExposure", "Gross exposure", grossExposure, .fraction),
            Figure("diversificationRatio", "Diversification ratio", diversificationRatio, .ratio),
        ]
    }
}

extension BacktestReport.Portfolio.Correlation {
    fileprivate var text: String { value.map { NumberText.fixed($0, decimals: 2) } ?? "not measured" }
}

extension BacktestReport {
    func writePortfolio(_ json: inout JSONWriter) {
        guard let portfolio else { return json.string("portfolio", nil) }
        json.object("portfolio") { json in
            json.time("time", portfolio.time)
            json.string("method", portfolio.method)
            json.number("confidence", portfolio.confidence)
            json.integer("hours", portfolio.hours)
            for (key, measures) in [("last", portfolio.last), ("worst", portfolio.worst)] {
                json.object(key) { json in
                    for figure in measures.figures { json.number(figure.key, figure.value) }
                }
            }
            json.integer("breaches", portfolio.breaches)
            json.array("correlations") { json in
                for pair in portfolio.correlations {
                    json.object { json in
                        json.string("first", names.symbol(pair.first))
                        json.string("second", names.symbol(pair.second))
                        json.number("value", pair.value)
                    }
                }
            }
        }
    }

    func writePortfolio(_ page: inout TerminalPage) {
        guard let portfolio else { return }
        page.heading("Portfolio", columns: ["Worst", "Last"])
        for (worst, last) in zip(portfolio.worst.figures, portfolio.last.figures) {
            page.row(worst.label, [.plain(NumberText.text(worst)), .plain(NumberText.text(last))])
        }
        page.row("Times that a limit was passed", [.plain("\(portfolio.breaches)")])
        let pairs = portfolio.correlations.prefix(15).map { pair in
            "\(names.symbol(pair.first)) and \(names.symbol(pair.second)) \(pair.text)"
        }
        let more = portfolio.correlations.count > 15 ? ", and more in JSON and HTML" : ""
        if !pairs.isEmpty { page.paragraph("Correlation: " + pairs.joined(separator: ", ") + more) }
        page.paragraph("Losses: \(portfolio.conventions)")
    }

    func writePortfolio(_ page: inout HTMLWriter) {
        guard let portfolio else { return }
        page.raw("<section><h2>Portfolio</h2>")
        page.table(["", "Worst", "Last"]) { page in
            for (worst, last) in zip(portfolio.worst.figures, portfolio.last.figures) {
                page.row([worst.label, NumberText.text(worst), NumberText.text(last)])
            }
        }
        page.element(
            "p", "Losses: \(portfolio.conventions). Times that a limit was passed: \(portfolio.breaches).")
        if !portfolio.correlations.isEmpty {
            page.table(["Symbol", "Symbol", "Correlation"]) { page in
                for pair in portfolio.correlations.prefix(200) {
                    page.row([names.symbol(pair.first), names.symbol(pair.second), pair.text])
                }
            }
        }
        page.raw("</section>\n")
    }
}
