// SPDX-License-Identifier: Apache-2.0

import Indicators
import MarketData

extension ParameterDefinition {
    /// The declaration as named fields, for JSON.
    var fields: ReportValue {
        let shape: [(name: String, value: ReportValue)] =
            switch kind {
            case .integer(_, let range):
                [
                    ("type", .text("integer")), ("minimum", .count(range.lowerBound)),
                    ("maximum", .count(range.upperBound)),
                ]
            case .number(_, let range):
                [
                    ("type", .text("number")), ("minimum", .number(range.lowerBound)),
                    ("maximum", .number(range.upperBound)),
                ]
            case .choice(_, let options): [("type", .text("choice")), ("options", .texts(options))]
            case .boolean: [("type", .text("boolean"))]
            }
        return .object(
            [("name", .text(name))] + shape + [("default", defaultValue.field), ("summary", .text(summary))])
    }
}

extension ParameterValue {
    var field: ReportValue {
        switch self {
        case .integer(let value): .count(value)
        case .number(let value): .number(value)
        case .text(let value): .text(value)
        case .boolean(let value): .flag(value)
        }
    }
}

extension [ParameterDefinition] {
    /// Name, default, allowed values and meaning of each.
    var table: TextTable {
        TextTable(
            columns: [
                .init(title: "  NAME"), .init(title: "DEFAULT"), .init(title: "ALLOWED", wrapsAt: 30),
                .init(title: "MEANING"),
            ],
            rows: map { ["  \($0.name)", "\($0.defaultValue)", $0.allowed, $0.summary] })
    }
}
