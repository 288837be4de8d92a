// SPDX-License-Identifier: Apache-2.0

import Trading

/// UTF-8 text that grows; every renderer writes into one.
struct ByteText {
    private(set) var bytes: [UInt8] = []

    init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    var string: String { String(decoding: bytes, as: UTF8.self) }
    var count: Int { bytes.count }

    mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    mutating func append(text: String) { bytes.append(contentsOf: text.utf8) }
    mutating func append(contentsOf other: [UInt8]) { bytes.append(contentsOf: other) }
    mutating func append(byte: UInt8) { bytes.append(byte) }

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    mutating func append(integer: Int64) {
        if integer < 0 { bytes.append(UInt8(ascii: "-")) }
        append(digits: integer.magnitude, atLeast: 1)
    }

    private mutating func append(digits value: UInt64, atLeast width: Int) {
        var rest = value
        var places: UInt64 = 1
        var count = 1
        while rest >= 10 {
            rest /= 10
            places *= 10
            count += 1
        }
        for _ in 0..<max(0, width - count) { bytes.append(UInt8(ascii: "0")) }
        rest = value
        while places > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / places))
            rest %= places
            places /= 10
        }
    }

    /// Digits after the point are rounded half away from zero and trailing zeros cut; `null` where it is not finite.
    mutating func append(number: Double, decimals: Int) {
        guard number.isFinite else { return append("null") }
        let scale = DecimalText.powerOfTen(min(max(0, decimals), 15))
        let scaled = (number * Double(scale)).rounded()
        guard scaled.magnitude < 9e15 else { return append(text: number.description) }
        let units = UInt64(scaled.magnitude)
        if scaled < 0, units > 0 { bytes.append(UInt8(ascii: "-")) }
        append(digits: units / UInt64(scale), atLeast: 1)
        var fraction = units % UInt64(scale)
        guard fraction > 0 else { return }
        var width = min(max(0, decimals), 15)
        while fraction % 10 == 0 {
            fraction /= 10
            width -= 1
        }
        bytes.append(UInt8(ascii: "."))
        append(digits: fraction, atLeast: width)
    }

    /// ISO 8601 in UTC, the same text as `Timestamp` gives.
    mutating func append(time nanoseconds: Int64) {
        let (days, ofDay) = nanoseconds.flooredDivision(by: 86_400_000_000_000)
        let date = CivilDate(daysSinceEpoch: days)
        append(digits: UInt64(date.year.magnitude), atLeast: 4)
        bytes.append(UInt8(ascii: "-"))
        append(digits: UInt64(date.month), atLeast: 2)
        bytes.append(UInt8(ascii: "-"))
        append(digits: UInt64(date.day), atLeast: 2)
        bytes.append(UInt8(ascii: "T"))
        let second = UInt64(ofDay / 1_000_000_000)
        append(digits: second / 3600, atLeast: 2)
        bytes.append(UInt8(ascii: ":"))
        append(digits: second / 60 % 60, atLeast: 2)
        bytes.append(UInt8(ascii: ":"))
        append(digits: second % 60, atLeast: 2)
        var fraction = UInt64(ofDay % 1_000_000_000)
        if fraction > 0 {
            var width = 9
            while fraction % 10 == 0 {
                fraction /= 10
                width -= 1
            }
            bytes.append(UInt8(ascii: "."))
            append(digits: fraction, atLeast: width)
        }
        bytes.append(UInt8(ascii: "Z"))
    }

    /// Text with the five characters that mean something in HTML replaced, and control characters shown as a sign.
    mutating func append(escaped text: String) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): append("&amp;")
            case UInt8(ascii: "<"): append("&lt;")
            case UInt8(ascii: ">"): append("&gt;")
            case UInt8(ascii: "\""): append("&quot;")
            case UInt8(ascii: "'"): append("&#39;")
            case 0..<9, 11, 12, 14..<32, 127: append("\u{FFFD}")
            default: bytes.append(byte)
            }
        }
    }

    /// A CSV field, quoted where RFC 4180 asks for it.
    mutating func append(field text: String) {
        let quoted = text.utf8.contains { [UInt8(ascii: ","), UInt8(ascii: "\""), 10, 13].contains($0) }
        guard quoted else { return append(text: text) }
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\"") { bytes.append(byte) }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
