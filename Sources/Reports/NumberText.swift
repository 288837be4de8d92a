// SPDX-License-Identifier: Apache-2.0

package import Statistics
import Trading

/// Numbers for people: thousands separated by commas, a fixed number of decimals, units.
package enum NumberText {
    /// What stands for a figure that was not measured.
    package static let missing = "–"

    package static func grouped(_ value: Int) -> String { grouped(String(value)) }

    /// Decimal text with its whole part separated; other text stays as it is.
    static func grouped(_ text: String) -> String {
        let negative = text.utf8.first == UInt8(ascii: "-")
        let unsigned = text.dropFirst(negative ? 1 : 0)
        let whole = unsigned.prefix { $0 != "." }
        guard !whole.isEmpty, whole.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }) else { return text }
        var result = negative ? "-" : ""
        for (index, digit) in whole.enumerated() {
            if index > 0, (whole.count - index) % 3 == 0 { result.append(",") }
            result.append(digit)
        }
        return result + unsigned.dropFirst(whole.count)
    }

    /// Exactly so many decimals, rounded half away from zero; a dash where it is not a finite number.
    package static func fixed(_ value: Double, decimals: Int) -> String {
        guard value.isFinite else { return missing }
        return grouped(DecimalText.rounded(value, decimals: decimals))
    }

    /// Decimal text rounded to so many decimals for reading; text that is no number stays as it is.
    package static func rounded(_ text: String, decimals: Int) -> String {
        guard let value = Double(text), value.isFinite else { return text }
        return fixed(value, decimals: decimals)
    }

    package static func text(_ figure: Figure) -> String { text(figure.value, figure.unit) }

    package static func text(_ value: Double?, _ unit: Figure.Unit) -> String {
        guard let value, value.isFinite else { return missing }
        return switch unit {
        case .fraction: fixed(value * 100, decimals: 2) + " %"
        case .ratio: fixed(value, decimals: value.magnitude < 10 ? 3 : 2)
        case .count: fixed(value, decimals: 0)
        case .money: fixed(value, decimals: value.magnitude < 0.01 && value != 0 ? 6 : 2)
        case .seconds: duration(seconds: value)
        }
    }

    /// The two largest units: `3d 4h`, `5h 12m`, `12m 5s`, `42s`.
    static func duration(seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 1e12 else { return missing }
        let whole = Int(seconds.rounded())
        let (days, hours, minutes) = (whole / 86_400, whole / 3600 % 24, whole / 60 % 60)
        if days > 0 { return "\(grouped(days))d \(hours)h" }
        if hours > 0 { return "\(hours)h \(minutes)m" }
        if minutes > 0 { return "\(minutes)m \(whole % 60)s" }
        return "\(whole)s"
    }

    package static func time(_ nanoseconds: Int64) -> String { Timestamp(nanoseconds: nanoseconds).description }

    package static func date(_ nanoseconds: Int64) -> String {
        CivilDate(daysSinceEpoch: Timestamp(nanoseconds: nanoseconds).dayNumber).description
    }
}
