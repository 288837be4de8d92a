// SPDX-License-Identifier: Apache-2.0

internal import Trading

/// A decimal number as it was written, with trailing zeros cut: `significand × 10^-decimals`.
public struct ExactDecimal: Hashable, Sendable {
    public let significand: Int128
    public let decimals: Int

    public init(significand: Int128, decimals: Int) {
        var significand = significand
        var decimals = significand == 0 ? 0 : decimals
        while decimals > 0, significand % 10 == 0 {
            significand /= 10
            decimals -= 1
        }
        self.significand = significand
        self.decimals = decimals
    }

    /// Reads `12`, `-0.5`, `.5`, `1e-05`: at most 36 digits, an exponent of at most two digits. `nil` for all else.
    public init?(parsing bytes: UnsafeBufferPointer<UInt8>) {
        var position = 0
        func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }
        var negative = false
        if let sign = peek(), sign == 0x2D || sign == 0x2B {
            negative = sign == 0x2D
            position += 1
        }
        var significand: Int128 = 0
        var decimals = 0
        var digits = 0
        var hasDigits = false
        var hasPoint = false
        while let byte = peek() {
            if byte >= 0x30, byte <= 0x39 {
                hasDigits = true
                if significand != 0 || byte != 0x30 { digits += 1 }
                guard digits <= 36 else { return nil }
                significand = significand * 10 + Int128(byte - 0x30)
                if hasPoint { decimals += 1 }
            } else if byte == 0x2E, !hasPoint {
                hasPoint = true
            } else {
                break
            }
            position += 1
        }
        guard hasDigits else { return nil }
        if let mark = peek(), mark == 0x65 || mark == 0x45 {
            position += 1
            var exponentIsNegative = false
            if let sign = peek(), sign == 0x2D || sign == 0x2B {
                exponentIsNegative = sign == 0x2D
                position += 1
            }
            var exponent = 0
            var exponentDigits = 0
            while let byte = peek(), byte >= 0x30, byte <= 0x39 {
                exponent = exponent * 10 + Int(byte - 0x30)
                exponentDigits += 1
                position += 1
                guard exponentDigits <= 3, exponent <= 99 else { return nil }
            }
            guard exponentDigits >= 1 else { return nil }
            decimals += exponentIsNegative ? exponent : -exponent
        }
        guard position == bytes.count else { return nil }
        if significand != 0 {
            while decimals < 0 {
                let (product, overflow) = significand.multipliedReportingOverflow(by: 10)
                guard !overflow else { return nil }
                significand = product
                decimals += 1
            }
        }
        self.init(significand: negative ? -significand : significand, decimals: max(0, decimals))
    }

    /// The number in units of `10^-scale`, exact; `nil` where digits would be lost or it does not fit.
    public func units(at scale: Int) -> Int64? {
        guard decimals <= scale else { return nil }
        let (product, overflow) = significand.multipliedReportingOverflow(
            by: Int128(DecimalText.powerOfTen(scale - decimals)))
        return overflow ? nil : Int64(exactly: product)
    }

    /// The number in units of `10^-scale`, rounded half to even where it has more decimals; `nil` where it does not fit.
    public func roundedUnits(at scale: Int) -> Int64? {
        guard decimals > scale else { return units(at: scale) }
        var divisor: Int128 = 1
        for _ in 0..<min(decimals - scale, 38) { divisor *= 10 }
        if decimals - scale > 38 { return 0 }
        return Int64(exactly: significand.dividedRoundingHalfToEven(by: divisor))
    }
}
