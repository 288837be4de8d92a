// SPDX-License-Identifier: Apache-2.0

/// A stretch of time after which session indicators start afresh.
public enum Session: String, CaseIterable, Sendable, BitwiseCopyable {
    case hour, day, week

    /// Which session a time falls in; weeks begin on Monday.
    ///
    /// - Parameters:
    ///   - time: Nanoseconds since the Unix epoch, UTC.
    ///   - offset: Nanoseconds after midnight UTC at which a day begins; any size.
    func number(of time: Int64, offset: Int64) -> Int64 {
        let hour: Int64 = 3_600_000_000_000
        let day = 24 * hour
        // Wrapping, so that a nonsensical time near the end of the range gives some session instead of a trap.
        let shifted = time &- offset
        switch self {
        case .hour: return shifted.quotient(flooredBy: hour)
        case .day: return shifted.quotient(flooredBy: day)
        // 1970-01-01 was a Thursday: four days later the first Monday.
        case .week: return (shifted &- 4 * day).quotient(flooredBy: 7 * day)
        }
    }
}

extension Int64 {
    fileprivate func quotient(flooredBy divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}

extension ParameterDefinition {
    static let session = ParameterDefinition.choice("session", Session.day, "What the values start afresh with.")
    static let sessionOffset = ParameterDefinition(
        name: "offset_minutes", kind: .integer(default: 0, range: -1440...1440),
        summary: "Minutes after midnight UTC at which the day begins.")
}

func nanoseconds(minutes: Int) -> Int64 { Int64(minutes) * 60_000_000_000 }
