// SPDX-License-Identifier: Apache-2.0

import JSON
import Trading

extension ControlProtocol {
    static func write(_ portfolio: ControlStatus.Portfolio, to writer: inout JSONWriter) {
        func number(_ key: String, _ value: Double?, _ writer: inout JSONWriter) {
            guard let value, value.isFinite else { return }
            writer.key(key)
            writer.numberText("\(value)")
        }
        writer.string("time", portfolio.time.description)
        writer.string("method", portfolio.method)
        number("confidence", portfolio.confidence, &writer)
        writer.integer("hours", portfolio.hours)
        number("valueAtRisk", portfolio.valueAtRisk, &writer)
        number("expectedShortfall", portfolio.expectedShortfall, &writer)
        number("diversificationRatio", portfolio.diversificationRatio, &writer)
        number("grossExposure", portfolio.grossExposure, &writer)
        writer.key("correlations")
        writer.array { list in
            for pair in portfolio.correlations {
                list.object {
                    $0.string("first", pair.first)
                    $0.string("second", pair.second)
                    number("value", pair.value, &$0)
                }
            }
        }
        writer.key("breaches")
        writer.array { for breach in portfolio.breaches { $0.string(breach) } }
    }

    static func portfolio(_ value: JSONValue) throws(ControlSyntaxError) -> ControlStatus.Portfolio? {
        guard let value = value["portfolio"] else { return nil }
        guard let confidence = value["confidence"]?.number else { throw missing("confidence") }
        guard let gross = value["grossExposure"]?.number else { throw missing("grossExposure") }
        var correlations: [ControlStatus.Portfolio.Correlation] = []
        for pair in elements(value, "correlations") {
            correlations.append(
                .init(first: try text(pair, "first"), second: try text(pair, "second"), value: pair["value"]?.number))
        }
        return ControlStatus.Portfolio(
            time: try time(value, "time"), method: try text(value, "method"), confidence: confidence,
            hours: value["hours"]?.integer.flatMap { Int(exactly: $0) } ?? 0,
            valueAtRisk: value["valueAtRisk"]?.number, expectedShortfall: value["expectedShortfall"]?.number,
            diversificationRatio: value["diversificationRatio"]?.number, grossExposure: gross,
            correlations: correlations, breaches: elements(value, "breaches").compactMap(\.string))
    }
}
