// SPDX-License-Identifier: Apache-2.0

internal import Trading

/// Why a number cannot be written for the venue.
public enum NumberTextError: Error, Hashable, CustomStringConvertible {
    case notANumber(String)
    /// Nothing is left of it on the venue's grid.
    case tooSmall(String)
    /// It has more decimals than the venue takes, and rounding is not asked for.
    case wouldRound(String)

    public var description: String {
        switch self {
        case .notANumber(let text): "'\(text)' is not a decimal number"
        case .tooSmall(let text): "'\(text)' is less than the smallest the venue takes"
        case .wouldRound(let text): "'\(text)' has more than 8 decimals"
        }
    }
}

/// Prices and sizes as the venue wants them written: no trailing zeros, no exponent, on its grid.
public enum HyperliquidNumberText {
    /// Cuts a price to five significant digits and to the market's decimals. A whole price is kept as it is.
    public static func price(
        _ text: String, sizeDecimals: Int, isSpot: Bool
    ) throws(NumberTextError) -> String {
        var digits = try Digits(text)
        if digits.hasPoint {
            digits.cut(decimals: max(0, (isSpot ? 8 : 6) - sizeDecimals))
            digits.cut(significant: 5)
            guard !digits.isZero else { throw .tooSmall(text) }
        }
        return digits.text
    }

    /// Cuts a size to the market's decimals.
    public static func size(_ text: String, sizeDecimals: Int) throws(NumberTextError) -> String {
        var digits = try Digits(text)
        digits.cut(decimals: sizeDecimals)
        guard !digits.isZero else { throw .tooSmall(text) }
        return digits.text
    }

    /// Writes a binary number that stands for one of at most 8 decimals, as the venue's own SDK does.
    ///
    /// - Throws: Where it is 10^-12 or more away from such a number.
    public static func wire(_ number: Double) throws(NumberTextError) -> String {
        guard let units = nearestUnits(number, decimals: 8) else { throw .notANumber("\(number)") }
        let text = DecimalText.format(units, decimals: 8)
        guard let read = Double(text), abs(read - number) < 1e-12 else { throw .wouldRound("\(number)") }
        return text
    }

    /// The same as an integer number of `10^-decimals`; the SDK allows a difference of 0.001 of them.
    public static func integer(_ number: Double, decimals: Int) throws(NumberTextError) -> Int128 {
        let scaled = number * Double(DecimalText.powerOfTen(decimals))
        guard scaled.isFinite, abs(scaled) < 1e30 else { throw .notANumber("\(number)") }
        let rounded = scaled.rounded(.toNearestOrEven)
        guard abs(rounded - scaled) < 1e-3 else { throw .wouldRound("\(number)") }
        return Int128(rounded)
    }

    /// The exact value of a binary number, rounded once to a number of decimals, halves to even.
    private static func nearestUnits(_ number: Double, decimals: Int) -> Int128? {
        guard number.isFinite, abs(number) < 1e22 else { return nil }
        if number == 0 { return 0 }
        let significand = UInt128(number.significandBitPattern) + (number.isNormal ? 1 << 52 : 0)
        let exponent = (number.isNormal ? Int(number.exponent) : -1022) - 52
        let product = significand * UInt128(DecimalText.powerOfTen(decimals))
        var units: UInt128
        if exponent >= 0 {
            guard exponent < 22, product.leadingZeroBitCount > exponent else { return nil }
            units = product << exponent
        } else if -exponent >= 127 {
            units = 0
        } else {
            units = product >> -exponent
            let rest = product - units << -exponent
            let half = UInt128(1) << (-exponent - 1)
            if rest > half || (rest == half && units & 1 == 1) { units += 1 }
        }
        guard let value = Int128(exactly: units) else { return nil }
        return number < 0 ? -value : value
    }

    /// A decimal number as its digits.
    private struct Digits {
        private var isNegative = false
        private var whole: [UInt8] = []
        private var fraction: [UInt8] = []
        private(set) var hasPoint = false

        init(_ text: String) throws(NumberTextError) {
            guard text.utf8.prefix(401).count <= 400 else { throw .notANumber(String(text.prefix(40))) }
            var bytes = Array(text.utf8)[...]
            while let byte = bytes.first, byte == 32 || (9...13).contains(byte) { bytes = bytes.dropFirst() }
            while let byte = bytes.last, byte == 32 || (9...13).contains(byte) { bytes = bytes.dropLast() }
            if bytes.first == UInt8(ascii: "-") {
                isNegative = true
                bytes = bytes.dropFirst()
            }
            guard !bytes.isEmpty else { throw .notANumber(text) }
            for byte in bytes {
                switch byte {
                case 48...57: if hasPoint { fraction.append(byte) } else { whole.append(byte) }
                case UInt8(ascii: ".") where !hasPoint: hasPoint = true
                default: throw .notANumber(text)
                }
            }
            guard !whole.isEmpty || !fraction.isEmpty else { throw .notANumber(text) }
            whole = Array(whole.drop { $0 == 48 })
        }

        var isZero: Bool { whole.isEmpty && fraction.allSatisfy { $0 == 48 } }

        mutating func cut(decimals: Int) { fraction = Array(fraction.prefix(decimals)) }

        mutating func cut(significant count: Int) {
            if whole.count >= count {
                for index in count..<whole.count { whole[index] = 48 }
                fraction = []
            } else {
                let zeros = whole.isEmpty ? fraction.prefix { $0 == 48 }.count : 0
                fraction = Array(fraction.prefix(count - whole.count + zeros))
            }
        }

        var text: String {
            var tail = fraction
            while tail.last == 48 { tail.removeLast() }
            if whole.isEmpty && tail.isEmpty { return "0" }
            let head = (isNegative ? [UInt8(ascii: "-")] : []) + (whole.isEmpty ? [48] : whole)
            return String(decoding: head + (tail.isEmpty ? [] : [UInt8(ascii: ".")] + tail), as: UTF8.self)
        }
    }
}
