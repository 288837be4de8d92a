// SPDX-License-Identifier: Apache-2.0

/// A field of a report: what the terminal, the JSON document and other programs are given.
public indirect enum ReportValue: Equatable, Sendable {
    case integer(Int64)
    case number(Double)
    case text(String)
    case flag(Bool)
    case missing
    case list([ReportValue])
    /// Named fields, in the order in which they are shown.
    case object([(name: String, value: ReportValue)])

    public static func == (left: Self, right: Self) -> Bool { left.json == right.json }

    /// The value as JSON on one line. A number that is not finite is `null`.
    public var json: String {
        switch self {
        case .integer(let value): "\(value)"
        case .number(let value): value.isFinite ? "\(value)" : "null"
        case .text(let value): Self.quoted(value)
        case .flag(let value): value ? "true" : "false"
        case .missing: "null"
        case .list(let values): "[" + values.map(\.json).joined(separator: ",") + "]"
        case .object(let fields):
            "{" + fields.map { "\(Self.quoted($0.name)):\($0.value.json)" }.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
