// SPDX-License-Identifier: Apache-2.0

internal import MarketData
internal import Trading

/// The bytes of one field of a row.
typealias FieldBytes = UnsafeBufferPointer<UInt8>

/// A field that is longer than this is no number or time.
let maximumFieldLength = 64

/// The unit that a source's times are in.
enum TimeUnit: Int, CaseIterable, Sendable {
    case seconds, milliseconds, microseconds, nanoseconds, isoDate

    var name: String {
        switch self {
        case .seconds: "seconds"
        case .milliseconds: "milliseconds"
        case .microseconds: "microseconds"
        case .nanoseconds: "nanoseconds"
        case .isoDate: "ISO dates (UTC)"
        }
    }
}

/// 2250-01-01, after which no market data is expected and nanoseconds soon overflow.
private let latestSecond: UInt64 = 8_835_955_200

/// A whole number of unknown unit as nanoseconds. The unit follows from the size: a number that would be a time after
/// the year 2250 in one unit is of the next finer one.
@inline(__always)
func nanoseconds(fromEpoch value: UInt64) -> (nanoseconds: Int64, unit: TimeUnit)? {
    // Milliseconds first, as most sources have them. The lower bounds are in 1973.
    if value >= 100_000_000_000, value < latestSecond * 1_000 { return (Int64(value) * 1_000_000, .milliseconds) }
    if value <= latestSecond { return (Int64(value) * 1_000_000_000, .seconds) }
    if value >= 100_000_000_000_000, value <= latestSecond * 1_000_000 {
        return (Int64(value) * 1_000, .microseconds)
    }
    if value >= 100_000_000_000_000_000, value <= latestSecond * 1_000_000_000 { return (Int64(value), .nanoseconds) }
    return nil
}

/// Reads digits with an optional point as units of `10^-decimals`, and moves on to the byte after them.
///
/// - Returns: `nil` for everything that is not that simple or not exact: signs, exponents, more decimals, overflow.
@inline(__always)
func fastDecimal(
    _ position: inout UnsafePointer<UInt8>, end: UnsafePointer<UInt8>, decimals: Int, powers: UnsafePointer<UInt64>
) -> Int64? {
    var value: UInt64 = 0
    let start = position
    var at = position
    while at < end {
        let digit = at.pointee &- 0x30
        guard digit < 10 else { break }
        value = value &* 10 &+ UInt64(digit)
        at += 1
    }
    let wholeDigits = at - start
    guard wholeDigits > 0, wholeDigits &+ decimals <= 18 else { return nil }
    if at < end, at.pointee == 0x2E {
        at += 1
        let fraction = at
        let limit = end - at > decimals ? at + decimals : end
        while at < limit {
            let digit = at.pointee &- 0x30
            guard digit < 10 else { break }
            value = value &* 10 &+ UInt64(digit)
            at += 1
        }
        value = value &* powers[decimals &- (at - fraction)]
        while at < end, at.pointee == 0x30 { at += 1 }
    } else {
        value = value &* powers[decimals]
    }
    position = at
    return Int64(bitPattern: value)
}

/// Reads `2020-01-31`, `2020-01-31 18:30` or `2020-01-31T18:30:00Z`, in UTC, and moves on to the byte after it.
///
/// - Returns: `nil` for everything that is not that simple: fractions, offsets, impossible dates, times before 1970.
func fastISODate(_ position: inout UnsafePointer<UInt8>, end: UnsafePointer<UInt8>) -> Int64? {
    var at = position
    func number(_ count: Int) -> Int64? {
        guard end - at >= count else { return nil }
        var value: Int64 = 0
        for _ in 0..<count {
            let digit = at.pointee &- 0x30
            guard digit < 10 else { return nil }
            value = value * 10 + Int64(digit)
            at += 1
        }
        return value
    }
    func skip(_ byte: UInt8) -> Bool {
        guard at < end, at.pointee == byte else { return false }
        at += 1
        return true
    }
    guard let year = number(4), skip(0x2D), let month = number(2), skip(0x2D), let day = number(2), year >= 1970,
        year < 2250, month >= 1, month <= 12, day >= 1, day <= CivilDate.days(inMonth: month, year: year)
    else { return nil }
    var seconds = CivilDate(year: year, month: month, day: day).daysSinceEpoch * 86_400
    if skip(0x54) || skip(0x20) {
        guard let hour = number(2), skip(0x3A), let minute = number(2), hour < 24, minute < 60 else { return nil }
        seconds += hour * 3_600 + minute * 60
        if skip(0x3A) {
            guard let second = number(2), second < 60 else { return nil }
            seconds += second
        }
        _ = skip(0x5A)
    }
    position = at
    return seconds * 1_000_000_000
}

/// Reads a time: a whole number of s, ms, µs or ns by its size, a number of seconds or milliseconds with a fraction
/// of zeros (as pandas writes it), or an ISO date with an optional time, fraction and offset.
func parseTime(_ bytes: FieldBytes) -> (nanoseconds: Int64, unit: TimeUnit)? {
    guard bytes.count > 0, bytes.count <= maximumFieldLength else { return nil }
    var digits = 0
    while digits < bytes.count, bytes[digits] &- 0x30 < 10 { digits += 1 }
    if digits == bytes.count || bytes[digits] == 0x2E {
        guard digits > 0, digits <= 19 else { return nil }
        guard bytes[min(digits + 1, bytes.count)...].allSatisfy({ $0 == 0x30 }) else { return nil }
        var value: UInt64 = 0
        for byte in bytes[..<digits] {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(byte - 0x30))
            guard !overflow, !carry else { return nil }
            value = sum
        }
        return nanoseconds(fromEpoch: value)
    }
    return parseISODate(bytes).map { ($0, .isoDate) }
}

private func parseISODate(_ bytes: FieldBytes) -> Int64? {
    var text = bytes[...]
    var offset: Int64 = 0
    // A trailing `+hh:mm` or `+hhmm`; a sign within the first ten bytes belongs to the date.
    if text.count > 16, let sign = text.lastIndex(where: { $0 == 0x2B || $0 == 0x2D }), sign >= text.startIndex + 16 {
        let digits = text[(sign + 1)...].filter { $0 != 0x3A }
        guard digits.count == 4 || digits.count == 2, digits.allSatisfy({ $0 &- 0x30 < 10 }) else { return nil }
        let numbers = digits.map { Int64($0 - 0x30) }
        let minutes = (numbers[0] * 10 + numbers[1]) * 60 + (numbers.count == 4 ? numbers[2] * 10 + numbers[3] : 0)
        guard minutes <= 18 * 60 else { return nil }
        offset = (text[sign] == 0x2B ? minutes : -minutes) * 60_000_000_000
        text = text[..<sign]
    }
    let value: Timestamp
    do { value = try Timestamp(parsing: String(decoding: text, as: UTF8.self)) } catch { return nil }
    let nanoseconds = value.nanoseconds - offset
    return nanoseconds >= 0 && nanoseconds <= Int64(latestSecond) * 1_000_000_000 ? nanoseconds : nil
}

/// Without spaces around it.
func trimmed(_ bytes: FieldBytes) -> FieldBytes {
    var start = 0
    var end = bytes.count
    while start < end, bytes[start] == 0x20 { start += 1 }
    while end > start, bytes[end - 1] == 0x20 { end -= 1 }
    return FieldBytes(rebasing: bytes[start..<end])
}

/// The fields of one line: trimmed, without the quotes around them. `nil` where quotes do not match.
func splitFields(_ line: FieldBytes, delimiter: UInt8) -> [FieldBytes]? {
    var fields: [FieldBytes] = []
    var position = 0
    while true {
        var start = position
        while start < line.count, line[start] == 0x20 { start += 1 }
        if start < line.count, line[start] == 0x22 {
            var close = start + 1
            while close < line.count, line[close] != 0x22 || (close + 1 < line.count && line[close + 1] == 0x22) {
                close += line[close] == 0x22 ? 2 : 1
            }
            guard close < line.count else { return nil }
            fields.append(trimmed(FieldBytes(rebasing: line[(start + 1)..<close])))
            position = close + 1
            while position < line.count, line[position] == 0x20 { position += 1 }
            guard position == line.count || line[position] == delimiter else { return nil }
        } else {
            while position < line.count, line[position] != delimiter { position += 1 }
            fields.append(trimmed(FieldBytes(rebasing: line[start..<max(start, position)])))
        }
        if position >= line.count { return fields }
        position += 1
    }
}
