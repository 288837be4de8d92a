// SPDX-License-Identifier: Apache-2.0

import MarketData

extension Console {
    /// Prints a document that `--json` asked for.
    func printJSON(_ value: ReportValue) { print(value.indented()) }
}

extension ReportValue {
    /// The value as JSON over several lines; lists of plain values and short objects of them stay on one.
    func indented(by indentation: String = "") -> String {
        let inner = indentation + "  "
        switch self {
        case .object(let fields) where fields.contains { $0.value.isNested } || json.utf8.count > 100:
            let lines = fields.map { "\(inner)\(ReportValue.text($0.name).json): \($0.value.indented(by: inner))" }
            return "{\n\(lines.joined(separator: ",\n"))\n\(indentation)}"
        case .list(let values) where values.contains(where: \.isNested):
            return "[\n\(values.map { inner + $0.indented(by: inner) }.joined(separator: ",\n"))\n\(indentation)]"
        default: return json
        }
    }

    private var isNested: Bool {
        switch self {
        case .object, .list: true
        case .integer, .number, .text, .flag, .missing: false
        }
    }

    /// This object with further fields.
    func with(_ more: [(name: String, value: ReportValue)]) -> ReportValue {
        guard case .object(let fields) = self else { preconditionFailure("only an object has fields") }
        return .object(fields + more)
    }

    static func optional(_ text: String?) -> ReportValue { text.map { .text($0) } ?? .missing }
    static func texts(_ texts: [String]) -> ReportValue { .list(texts.map { .text($0) }) }
    static func count(_ value: Int) -> ReportValue { .integer(Int64(value)) }
}
