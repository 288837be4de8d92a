// SPDX-License-Identifier: Apache-2.0

/// A JSON value that keeps the order of its keys, and its numbers as exact text.
indirect enum JSONText {
    case text(String)
    /// A number, `true`, `false` or `null`.
    case literal(String)
    case list([JSONText])
    case object([(key: String, value: JSONText)])

    /// Indented by two spaces; short lists stand on one line.
    func formatted(indentation: Int = 0) -> String {
        let inner = String(repeating: " ", count: indentation + 2)
        let outer = String(repeating: " ", count: indentation)
        switch self {
        case .text(let text): return Self.quoted(text)
        case .literal(let text): return text
        case .list(let elements):
            if elements.allSatisfy(\.isShort) {
                return "[\(elements.map { $0.formatted() }.joined(separator: ", "))]"
            }
            let lines = elements.map { inner + $0.formatted(indentation: indentation + 2) }
            return "[\n\(lines.joined(separator: ",\n"))\n\(outer)]"
        case .object(let members):
            if members.isEmpty { return "{}" }
            let lines = members.map {
                "\(inner)\(Self.quoted($0.key)): \($0.value.formatted(indentation: indentation + 2))"
            }
            return "{\n\(lines.joined(separator: ",\n"))\n\(outer)}"
        }
    }

    private var isShort: Bool {
        switch self {
        case .text, .literal: true
        case .list, .object: false
        }
    }

    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case let control where control.value < 32:
                let digits = String(control.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
