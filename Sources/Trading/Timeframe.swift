// SPDX-License-Identifier: Apache-2.0

/// The length of a bar. Bars lie on a grid that starts at the Unix epoch in UTC (weeks start on Monday).
public struct Timeframe: Hashable, Comparable, Sendable, BitwiseCopyable {
    public let nanoseconds: Int64

    /// A length of any whole number of seconds, of at least one.
    public init?(seconds: Int64) {
        guard seconds >= 1, seconds <= 366 * 86_400 else { return nil }
        nanoseconds = seconds * 1_000_000_000
    }

    private init(minutes: Int64) { nanoseconds = minutes * 60_000_000_000 }

    public static let oneMinute = Timeframe(minutes: 1)
    public static let threeMinutes = Timeframe(minutes: 3)
    public static let fiveMinutes = Timeframe(minutes: 5)
    public static let fifteenMinutes = Timeframe(minutes: 15)
    public static let thirtyMinutes = Timeframe(minutes: 30)
    public static let oneHour = Timeframe(minutes: 60)
    public static let twoHours = Timeframe(minutes: 120)
    public static let fourHours = Timeframe(minutes: 240)
    public static let eightHours = Timeframe(minutes: 480)
    public static let twelveHours = Timeframe(minutes: 720)
    public static let oneDay = Timeframe(minutes: 1440)

    /// The timeframes that venues commonly publish, shortest first.
    public static let standard: [Timeframe] = [
        .oneMinute, .threeMinutes, .fiveMinutes, .fifteenMinutes, .thirtyMinutes, .oneHour, .twoHours, .fourHours,
        .eightHours, .twelveHours, .oneDay,
    ]

    public var span: TimeSpan { TimeSpan(nanoseconds: nanoseconds) }

    @inlinable public static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The open time of the bar that holds `time`; `distantPast` for one that began before it.
    public func openTime(containing time: Timestamp) -> Timestamp {
        var remainder = time.nanoseconds.flooredDivision(by: nanoseconds).remainder - gridOrigin % nanoseconds
        if remainder < 0 { remainder += nanoseconds }
        let (open, overflow) = time.nanoseconds.subtractingReportingOverflow(remainder)
        return overflow ? .distantPast : Timestamp(nanoseconds: open)
    }

    /// Whether every bar of this timeframe is made of whole bars of `finer`.
    public func isMultiple(of finer: Timeframe) -> Bool {
        nanoseconds % finer.nanoseconds == 0 && (gridOrigin - finer.gridOrigin) % finer.nanoseconds == 0
    }

    /// 1970-01-01 was a Thursday; whole weeks are counted from Monday the 5th, as venues do.
    package var gridOrigin: Int64 {
        nanoseconds % (7 * 86_400_000_000_000) == 0 ? 4 * 86_400_000_000_000 : 0
    }
}

/// Why text could not become a timeframe.
public struct TimeframeError: Error, Equatable, CustomStringConvertible {
    public let text: String
    public var description: String {
        "'\(text.shortened)' is not a timeframe. Write a number and a unit (s, m, h, d or w), such as 1m, 15m, 4h or 1d."
    }
}

extension Timeframe: CustomStringConvertible {
    /// The shortest name: `1m`, `90s`, `4h`, `1d`, `1w`.
    public var description: String {
        let seconds = nanoseconds / 1_000_000_000
        for (unit, length) in [("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60)] as [(String, Int64)]
        where seconds % length == 0 {
            return "\(seconds / length)\(unit)"
        }
        return "\(seconds)s"
    }

    public init(parsing text: String) throws(TimeframeError) {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800]
        guard text.utf8.prefix(9).count <= 8, let unit = text.last, let length = units[unit],
            text.dropLast().allSatisfy({ $0.isASCII && $0.isNumber }), let count = Int64(text.dropLast()), count >= 1,
            let value = Timeframe(seconds: count * length)
        else { throw TimeframeError(text: text.shortened) }
        self = value
    }
}
