// SPDX-License-Identifier: Apache-2.0

/// A point in time: nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted (as every venue does).
///
/// Nothing below the shell reads a clock: timestamps arrive with events.
public struct Timestamp: Hashable, Comparable, Sendable, BitwiseCopyable {
    public let nanoseconds: Int64

    @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
    @inlinable public init(seconds: Int64) { self.nanoseconds = seconds * 1_000_000_000 }
    @inlinable public init(milliseconds: Int64) { self.nanoseconds = milliseconds * 1_000_000 }

    public static let epoch = Timestamp(nanoseconds: 0)
    public static let distantPast = Timestamp(nanoseconds: .min)
    public static let distantFuture = Timestamp(nanoseconds: .max)

    @inlinable public static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }
    @inlinable public static func + (left: Self, right: TimeSpan) -> Self {
        Timestamp(nanoseconds: left.nanoseconds + right.nanoseconds)
    }
    @inlinable public static func - (left: Self, right: TimeSpan) -> Self {
        Timestamp(nanoseconds: left.nanoseconds - right.nanoseconds)
    }
    @inlinable public static func - (left: Self, right: Self) -> TimeSpan {
        TimeSpan(nanoseconds: left.nanoseconds - right.nanoseconds)
    }
}

/// A length of time in nanoseconds. It may be negative.
public struct TimeSpan: Hashable, Comparable, Sendable, BitwiseCopyable {
    public let nanoseconds: Int64

    @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    public static let zero = TimeSpan(nanoseconds: 0)
    @inlinable public static func milliseconds(_ count: Int64) -> Self { TimeSpan(nanoseconds: count * 1_000_000) }
    @inlinable public static func seconds(_ count: Int64) -> Self { TimeSpan(nanoseconds: count * 1_000_000_000) }
    @inlinable public static func minutes(_ count: Int64) -> Self { seconds(count * 60) }
    @inlinable public static func hours(_ count: Int64) -> Self { seconds(count * 3_600) }
    @inlinable public static func days(_ count: Int64) -> Self { seconds(count * 86_400) }

    @inlinable public static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }
    @inlinable public static func + (left: Self, right: Self) -> Self {
        TimeSpan(nanoseconds: left.nanoseconds + right.nanoseconds)
    }
    @inlinable public static func * (left: Self, right: Int64) -> Self {
        TimeSpan(nanoseconds: left.nanoseconds * right)
    }
}

// MARK: - Text

/// Why text could not become a time.
public struct TimestampError: Error, Equatable, CustomStringConvertible {
    public let text: String
    public var description: String {
        "'\(text.shortened)' is not a time. Write a UTC date such as 2024-01-31 or 2024-01-31T18:30:00Z."
    }
}

extension Timestamp: CustomStringConvertible {
    /// ISO 8601 in UTC; the fraction is cut to what is there: `2024-01-31T18:30:00Z`, `2024-01-31T18:30:00.25Z`.
    public var description: String {
        let (days, nanosecondOfDay) = nanoseconds.flooredDivision(by: 86_400_000_000_000)
        let date = CivilDate(daysSinceEpoch: days)
        let second = nanosecondOfDay / 1_000_000_000
        var text = "\(date)T\(padded(second / 3600)):\(padded(second / 60 % 60)):\(padded(second % 60))"
        var fraction = nanosecondOfDay % 1_000_000_000
        if fraction > 0 {
            var digits = 9
            while fraction % 10 == 0 {
                fraction /= 10
                digits -= 1
            }
            text += ".\(padded(fraction, to: digits))"
        }
        return text + "Z"
    }

    /// The day this time lies in, as days since the epoch, by the calendar of UTC.
    public var dayNumber: Int64 { nanoseconds.flooredDivision(by: 86_400_000_000_000).quotient }

    /// Reads `2024-01-31`, `2024-01-31T18:30`, `2024-01-31T18:30:00.25Z`, or a space in place of `T`. Always UTC.
    public init(parsing text: String) throws(TimestampError) {
        // The longest form has 30 characters.
        guard text.utf8.prefix(31).count <= 30, let value = Self.parse(Array(text.utf8)) else {
            throw TimestampError(text: text.shortened)
        }
        self = value
    }

    private static func parse(_ bytes: [UInt8]) -> Timestamp? {
        var position = 0
        func number(_ digits: Int) -> Int64? {
            guard position + digits <= bytes.count else { return nil }
            var value: Int64 = 0
            for byte in bytes[position..<position + digits] {
                guard byte >= 48, byte <= 57 else { return nil }
                value = value * 10 + Int64(byte - 48)
            }
            position += digits
            return value
        }
        func skip(_ byte: UInt8) -> Bool {
            guard position < bytes.count, bytes[position] == byte else { return false }
            position += 1
            return true
        }
        guard let year = number(4), skip(45), let month = number(2), skip(45), let day = number(2),
            (1...12).contains(month), day >= 1, day <= CivilDate.days(inMonth: month, year: year), year >= 1700,
            year <= 2250
        else { return nil }
        var nanoseconds = CivilDate(year: year, month: month, day: day).daysSinceEpoch * 86_400_000_000_000
        if position == bytes.count { return Timestamp(nanoseconds: nanoseconds) }
        guard skip(84) || skip(32), let hour = number(2), skip(58), let minute = number(2), hour < 24, minute < 60
        else { return nil }
        nanoseconds += (hour * 3600 + minute * 60) * 1_000_000_000
        if skip(58) {
            guard let second = number(2), second < 60 else { return nil }
            nanoseconds += second * 1_000_000_000
            if skip(46) {
                var scale: Int64 = 100_000_000
                var digits = 0
                while let digit = number(1) {
                    nanoseconds += digit * scale
                    scale /= 10
                    digits += 1
                }
                guard digits >= 1, digits <= 9 else { return nil }
            }
        }
        _ = skip(90)
        return position == bytes.count ? Timestamp(nanoseconds: nanoseconds) : nil
    }
}

/// A date of the proleptic Gregorian calendar.
///
/// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil and civil_from_days.
public struct CivilDate: Hashable, Sendable, CustomStringConvertible {
    public let year: Int64
    public let month: Int64
    public let day: Int64

    public init(year: Int64, month: Int64, day: Int64) {
        self.year = year
        self.month = month
        self.day = day
    }

    public init(daysSinceEpoch: Int64) {
        let shifted = daysSinceEpoch + 719_468
        let (era, dayOfEra) = shifted.flooredDivision(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    public var daysSinceEpoch: Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = shiftedYear.flooredDivision(by: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    public static func days(inMonth month: Int64, year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    public var description: String { "\(padded(year, to: 4))-\(padded(month))-\(padded(day))" }
}

private func padded(_ value: Int64, to digits: Int = 2) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
}

extension Int64 {
    /// Quotient rounded towards minus infinity, and the remainder that goes with it (never negative for a positive
    /// divisor), so that times before 1970 fall into the right day and bar.
    @inlinable package func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
