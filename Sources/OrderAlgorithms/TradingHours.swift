// SPDX-License-Identifier: Apache-2.0

public import Trading

/// Hours of the week in which orders may be placed.
public struct TradingHours: Hashable, Sendable {
    /// Minutes of the week, Monday 00:00 UTC being 0; ranges that do not overlap, rising.
    public let minutes: [Range<Int>]

    static let week = 7 * 1440

    /// One window on some days of the week.
    ///
    /// - Parameters:
    ///   - days: Monday is 0, Sunday 6.
    ///   - from: Minutes after midnight, 0 to 1439.
    ///   - to: Exclusive, 1 to 1440; at or before `from` it ends on the next day.
    ///   - offset: How far the clock meant is ahead of UTC, in minutes, from −840 to 840. It has no summer time.
    public init?(days: Set<Int>, from: Int, to: Int, offset: Int = 0) {
        guard !days.isEmpty, days.allSatisfy({ (0...6).contains($0) }), (0...1439).contains(from),
            (1...1440).contains(to), (-840...840).contains(offset)
        else { return nil }
        let length = to > from ? to - from : to + 1440 - from
        var open: [Range<Int>] = []
        for day in days.sorted() {
            let start = (day * 1440 + from - offset + Self.week) % Self.week
            let end = start + length
            open.append(start..<min(end, Self.week))
            if end > Self.week { open.append(0..<end - Self.week) }
        }
        minutes = Self.merged(open)
    }

    private init(minutes: [Range<Int>]) { self.minutes = minutes }

    /// The hours of either.
    public func union(_ other: TradingHours) -> TradingHours {
        TradingHours(minutes: Self.merged(minutes + other.minutes))
    }

    private static func merged(_ ranges: [Range<Int>]) -> [Range<Int>] {
        var result: [Range<Int>] = []
        for range in ranges.sorted(by: { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }) {
            if let last = result.last, range.lowerBound <= last.upperBound {
                result[result.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                result.append(range)
            }
        }
        return result
    }

    public func contains(_ time: Timestamp) -> Bool {
        let (day, rest) = time.nanoseconds.flooredDivision(by: 86_400_000_000_000)
        // The first day of 1970 was a Thursday.
        let weekday = Int((day + 3).flooredDivision(by: 7).remainder)
        let minute = weekday * 1440 + Int(rest / 60_000_000_000)
        return minutes.contains { $0.contains(minute) }
    }
}

// MARK: - Text

/// Why text could not become trading hours.
public struct TradingHoursError: Error, Equatable, CustomStringConvertible {
    public let text: String
    public var description: String {
        "'\(String(text.prefix(60)))' are no trading hours. Write days and times such as 'Mon-Fri 08:00-16:30' (UTC), or "
            + "with the clock they are meant by, 'Mon-Fri 09:00-17:30 +01:00'."
    }
}

extension TradingHours {
    /// Reads `Mon-Fri 08:00-16:30`, `Sat,Sun 00:00-24:00`, `22:00-04:00` (every day), each with `+01:00` or `-05:30`
    /// behind it where the clock is not UTC.
    public init(parsing text: String) throws(TradingHoursError) {
        guard text.utf8.count <= 60, let hours = Self.parse(text) else { throw TradingHoursError(text: text) }
        self = hours
    }

    private static func parse(_ text: String) -> TradingHours? {
        var parts = text.split(separator: " ")
        guard let first = parts.first, let initial = first.utf8.first else { return nil }
        var days = Set(0...6)
        if !(48...57).contains(initial) {
            guard let named = weekdays(first) else { return nil }
            days = named
            parts.removeFirst()
        }
        guard let window = parts.first, parts.count <= 2 else { return nil }
        var offset = 0
        if parts.count == 2 {
            guard let sign = parts[1].utf8.first, sign == 43 || sign == 45, let minutes = minute(parts[1].dropFirst())
            else { return nil }
            offset = sign == 43 ? minutes : -minutes
        }
        let ends = window.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let from = minute(ends[0]), let to = minute(ends[1]) else { return nil }
        return TradingHours(days: days, from: from, to: to == 0 ? 1440 : to, offset: offset)
    }

    private static func weekdays(_ text: Substring) -> Set<Int>? {
        let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
        var days: Set<Int> = []
        for part in text.lowercased().split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map {
                names.firstIndex(of: String($0))
            }
            guard let first = ends[0], let last = ends[ends.count - 1], ends.count <= 2 else { return nil }
            var day = first
            days.insert(day)
            while day != last {
                day = (day + 1) % 7
                days.insert(day)
            }
        }
        return days.isEmpty ? nil : days
    }

    private static func minute(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2,
            parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { (48...57).contains($0) } }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), minute < 60, hour * 60 + minute <= 1440
        else { return nil }
        return hour * 60 + minute
    }
}
