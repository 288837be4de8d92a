// SPDX-License-Identifier: Apache-2.0

/// A price, a size or an amount of money in units of `10^-8`, the finest step that the venue shows.
///
/// Perpetual prices have at most `6 − szDecimals` decimals and sizes `szDecimals`, spot prices `8 − szDecimals`: so a
/// price times a size is always a whole number of `10^-8`, and nothing here is ever rounded by accident.
public struct Fixed8: Hashable, Comparable, Sendable, BitwiseCopyable, CustomStringConvertible {
    public var units: Int128
    @inlinable public init(units: Int128) { self.units = units }
    @inlinable public init(_ whole: Int64) { self.units = Int128(whole) * 100_000_000 }

    /// Units of `10^-decimals`, as `Price` and `Quantity` hold them. Digits beyond the eighth decimal are cut off.
    public init(units: Int64, decimals: Int) {
        precondition((0...18).contains(decimals), "0 to 18 decimals, was \(decimals)")
        var value = Int128(units)
        for _ in 0..<max(0, 8 - decimals) { value *= 10 }
        for _ in 0..<max(0, decimals - 8) { value /= 10 }
        self.units = value
    }

    /// Reads `12.5`; `nil` for anything that is no plain decimal number of at most eight decimals and 18 digits.
    public init?(_ text: String) {
        guard let value = Decimals.parse(Array(text.utf8)) else { return nil }
        units = Int128(value)
    }

    public static let zero = Fixed8(units: 0)
    @inlinable public static func < (left: Self, right: Self) -> Bool { left.units < right.units }
    @inlinable public static func + (left: Self, right: Self) -> Self { Self(units: left.units + right.units) }
    @inlinable public static func - (left: Self, right: Self) -> Self { Self(units: left.units - right.units) }
    public var description: String {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { text in
            String(decoding: text[..<Decimals.write(units, to: text)], as: UTF8.self)
        }
    }
}

/// Prices and sizes inside the venue: units of `10^-8` in 64 bits.
typealias Units = Int64
/// Money inside the venue: units of `10^-8`, wide enough for every product of a price and a size.
typealias Money = Int128

enum Decimals {
    static let one: Int64 = 100_000_000
    /// Prices and sizes from outside are at most this: 10^10.
    static let largest: Int64 = 1_000_000_000_000_000_000

    /// Reads a plain decimal number: `-12.5`. No exponent, no sign `+`, at most eight decimals that are not zero.
    static func parse(_ text: some Collection<UInt8>) -> Int64? {
        var value: Int64 = 0
        var decimals = -1
        var digits = 0
        var isNegative = false
        for (index, byte) in text.enumerated() {
            switch byte {
            case 45 where index == 0: isNegative = true
            case 46 where decimals < 0: decimals = 0
            case 48...57:
                digits += 1
                if decimals >= 8 {
                    guard byte == 48, digits < 64 else { return nil }
                    continue
                }
                if decimals >= 0 { decimals += 1 }
                guard value <= largest / 10 else { return nil }
                value = value * 10 + Int64(byte - 48)
                guard value <= largest else { return nil }
            default: return nil
            }
        }
        guard digits > 0 else { return nil }
        for _ in max(0, decimals)..<8 {
            guard value <= largest / 10 else { return nil }
            value *= 10
        }
        return isNegative ? -value : value
    }

    /// Writes as the venue does: no zeros at the end, but one decimal at least (`100.0`).
    ///
    /// - Parameter text: At least 48 bytes.
    /// - Returns: How many of them were written.
    static func write(_ value: Int128, to text: UnsafeMutableBufferPointer<UInt8>) -> Int {
        var count = 0
        if value < 0 {
            text[0] = 45
            count = 1
        }
        let fraction: UInt64
        if let small = UInt64(exactly: value.magnitude) {
            fraction = small % 100_000_000
            writeWhole(small / 100_000_000, to: text, &count)
        } else {
            fraction = UInt64(value.magnitude % 100_000_000)
            for digit in String(value.magnitude / 100_000_000).utf8 {
                text[count] = digit
                count += 1
            }
        }
        text[count] = 46
        count += 1
        var rest = fraction
        var scale: UInt64 = 10_000_000
        repeat {
            text[count] = UInt8(48 + rest / scale)
            count += 1
            rest %= scale
            scale /= 10
        } while rest > 0
        return count
    }

    static func writeWhole(_ value: UInt64, to text: UnsafeMutableBufferPointer<UInt8>, _ count: inout Int) {
        let start = count
        var rest = value
        repeat {
            text[count] = UInt8(48 + rest % 10)
            count += 1
            rest /= 10
        } while rest > 0
        text[start..<count].reverse()
    }

    /// Price times size: exact where both keep to the venue's decimals.
    static func notional(_ price: Units, _ size: Units) -> Money { Int128(price) * Int128(size) / Int128(one) }
}

extension Units {
    /// The sum, or the largest number there is: what many orders of one price add up to has no bound.
    func adding(_ other: Units) -> Units {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }
}

extension Int128 {
    /// To whole millionths, towards zero: how the venue books USDC of perpetuals. A fee of 0.00999795 is 0.009997 in a
    /// recorded fill.
    var cutToMillionths: Int128 { self / 100 * 100 }
}

extension Fixed8 {
    /// Without the zero after the point of a whole number.
    var plain: String {
        let text = description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
