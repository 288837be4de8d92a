// SPDX-License-Identifier: Apache-2.0

import JSON
import Trading

/// One event on its way to the log.
struct LogLine {
    let time: Timestamp
    let level: LogLevel
    let component: LogComponent
    let message: String
    let fields: [(key: StaticString, value: LogValue)]

    /// One JSON object and a line feed; secrets are replaced before anything is quoted.
    func json(_ secrets: SecretFilter) -> [UInt8] {
        var writer = JSONWriter(capacity: 256)
        writer.object {
            $0.string("time", time.description)
            $0.string("level", level.rawValue)
            $0.string("component", component.rawValue)
            $0.string("message", secrets.redacted(message))
            guard !fields.isEmpty else { return }
            $0.key("fields")
            $0.object {
                for (key, value) in fields {
                    $0.key(key.description)
                    switch value {
                    case .flag(let flag): $0.bool(flag)
                    case .integer(let number) where secrets.redacted(number.description) == number.description:
                        $0.integer(number)
                    case .span, .amount, .text, .time, .integer: $0.string(secrets.redacted(value.plainText))
                    }
                }
            }
        }
        return writer.bytes + [10]
    }

    /// The same for people: `10:27:40 warning orders: order refused order=17 reason="too small"`.
    func text(_ secrets: SecretFilter) -> [UInt8] {
        var line = "\(time.description.dropFirst(11).prefix(8)) \(level.rawValue) \(component.rawValue): \(message)"
        for (key, value) in fields {
            let text = value.plainText
            line += " \(key)=" + (text.contains(" ") || text.isEmpty ? "\"\(text)\"" : text)
        }
        let shown = secrets.redacted(line).unicodeScalars.map { $0.value < 32 || $0.value == 127 ? " " : Character($0) }
        return Array(String(shown).utf8) + [10]
    }
}

extension LogValue {
    var plainText: String {
        switch self {
        case .text(let text): text
        case .integer(let number): "\(number)"
        case .flag(let flag): "\(flag)"
        case .amount(let amount): amount.description
        case .span(let span): Amount(units: Int128(span.nanoseconds) * 1_000_000_000).description + "s"
        case .time(let time): time.description
        }
    }
}
