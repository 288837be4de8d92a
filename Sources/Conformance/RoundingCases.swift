// SPDX-License-Identifier: Apache-2.0

internal import Hyperliquid
internal import JSON

/// Prices and sizes as text.
enum RoundingCases {
    static func run(_ entry: JSONValue) -> CaseOutcome {
        let expected = entry["expected"]?.string ?? entry["expected"]?.text ?? ""
        let actual: String
        do {
            actual = try text(entry)
        } catch let error as ConformanceFileError {
            return .failed([error.description])
        } catch {
            return CaseOutcome(differences: Comparison.equal("text", expected, "error"))
        }
        return CaseOutcome(differences: Comparison.equal("text", expected, actual))
    }

    private static func text(_ entry: JSONValue) throws -> String {
        switch entry["kind"]?.string {
        case "formatPrice":
            return try HyperliquidNumberText.price(
                value(entry["value"]), sizeDecimals: decimals(entry), isSpot: entry["market"]?.string == "spot")
        case "formatSize":
            return try HyperliquidNumberText.size(value(entry["value"]), sizeDecimals: decimals(entry))
        case nil, "floatToWire", "float_to_wire":
            guard let number = Double(value(entry["input"] ?? entry["value"])) else {
                throw ConformanceFileError(description: "the case has no number under 'input'")
            }
            return try HyperliquidNumberText.wire(number)
        case let kind?: throw ConformanceFileError(description: "the kind '\(kind)' of rounding is not known")
        }
    }

    private static func value(_ json: JSONValue?) -> String { json?.string ?? json?.numberText ?? "" }

    private static func decimals(_ entry: JSONValue) -> Int {
        let decimals = entry["szDecimals"]?.integer ?? 0
        return Int(max(0, min(18, decimals)))
    }
}
