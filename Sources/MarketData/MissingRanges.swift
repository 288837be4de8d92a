// SPDX-License-Identifier: Apache-2.0

public import Trading

/// How old stored data may be before the venue is asked again.
public enum CacheAge {
    /// The age for a timeframe: half of it below one minute, 30 s at one minute, 300 s from one hour on, and in between
    /// on the straight line from one to the other (5m: 48.3 s, 15m: 94.1 s, 30m: 162.7 s).
    public static func maximum(for timeframe: Timeframe) -> TimeSpan {
        let minute = Timeframe.oneMinute.nanoseconds
        let hour = Timeframe.oneHour.nanoseconds
        let length = timeframe.nanoseconds
        if length <= minute { return TimeSpan(nanoseconds: length / 2) }
        if length >= hour { return .seconds(300) }
        // 270 s more over 3,540 s of length: 9 for each 118.
        return .seconds(30) + TimeSpan(nanoseconds: (length - minute) * 9 / 118)
    }

    /// Whether data fetched at `fetched` need not be asked for again at `now`.
    public static func isFresh(fetched: Timestamp, now: Timestamp, timeframe: Timeframe) -> Bool {
        let (age, overflow) = now.nanoseconds.subtractingReportingOverflow(fetched.nanoseconds)
        return !overflow && age >= 0 && age < maximum(for: timeframe).nanoseconds
    }
}

/// What to ask the venue for, given what the store has.
public enum MissingRanges {
    /// The ranges of open times that are wanted, closed by now, not held and not known to be absent at the venue.
    ///
    /// - Parameters:
    ///   - wanted: Open times; rounded outwards to the grid, from 1970 on.
    ///   - held: The open times that the store has, rising.
    ///   - absent: Ranges that the venue was asked for before and does not have.
    ///   - now: A bar is asked for when it is closed: when it ends at or before `now`.
    ///   - joiningGapsOf: Ranges with at most so many held bars between them become one request.
    /// - Returns: Half-open ranges on the grid, rising, none of them empty.
    public static func ranges(
        wanted: Range<Timestamp>, timeframe: Timeframe, held: UnsafeBufferPointer<Int64>,
        absent: [Range<Timestamp>] = [], now: Timestamp, joiningGapsOf joined: Int64 = 0
    ) -> [Range<Timestamp>] {
        let step = timeframe.nanoseconds
        func floored(_ time: Timestamp) -> Int64 { timeframe.openTime(containing: time).nanoseconds }
        // Nothing is asked for from before 1970, so that `distantPast` can stand for the beginning.
        let start = floored(max(wanted.lowerBound, .epoch))
        var end = floored(min(wanted.upperBound, now))
        if wanted.upperBound < now, end < wanted.upperBound.nanoseconds { end = min(end + step, floored(now)) }
        guard start < end else { return [] }

        var missing: [Range<Int64>] = []
        var next = start
        var index = held.firstIndex(notBelow: start)
        while index < held.count, held[index] < end {
            if held[index] > next { missing.append(next..<held[index]) }
            next = held[index] + step
            index += 1
        }
        if next < end { missing.append(next..<end) }

        for range in absent where !range.isEmpty {
            let (low, high) = (range.lowerBound.nanoseconds, range.upperBound.nanoseconds)
            missing = missing.flatMap { gap -> [Range<Int64>] in
                guard low < gap.upperBound, high > gap.lowerBound else { return [gap] }
                let before = gap.lowerBound..<max(gap.lowerBound, floored(Timestamp(nanoseconds: low + step - 1)))
                let after = min(gap.upperBound, floored(Timestamp(nanoseconds: high)))..<gap.upperBound
                return [before, after].filter { !$0.isEmpty }
            }
        }

        var result: [Range<Int64>] = []
        for range in missing {
            if joined > 0, let last = result.last, (range.lowerBound - last.upperBound) / step <= joined {
                result[result.count - 1] = last.lowerBound..<range.upperBound
            } else {
                result.append(range)
            }
        }
        return result.map { Timestamp(nanoseconds: $0.lowerBound)..<Timestamp(nanoseconds: $0.upperBound) }
    }
}
