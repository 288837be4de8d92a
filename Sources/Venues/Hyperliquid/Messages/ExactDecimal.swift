// SPDX-License-Identifier: Apache-2.0

public import Trading

/// A number as the venue wrote it, exactly: `mantissa × 10^-decimals`.
public struct ExactDecimal: Sendable, BitwiseCopyable {
    public let mantissa: Int128
    /// 0 to 60.
    public let decimals: Int

    public init(mantissa: Int128, decimals: Int) {
        precondition((0...60).contains(decimals), "a decimal has 0 to 60 decimals, not \(decimals)")
        self.mantissa = mantissa
        self.decimals = decimals
    }

    /// Reads `-12.50` or `1e-7`; `nil` where the text is no number or cannot be held.
    public init?(_ text: some StringProtocol) {
        var text = String(text)
        guard let value = text.withUTF8({ ExactDecimal(bytes: UnsafeRawBufferPointer($0)) }) else { return nil }
        self = value
    }

    init?(bytes: UnsafeRawBufferPointer) {
        guard bytes.count <= 100 else { return nil }
        var value: Int128 = 0
        var decimals = 0
        var hasDigits = false
        var hasPoint = false
        var index = 0
        let isNegative = bytes.first == UInt8(ascii: "-")
        if isNegative { index = 1 }
        scan: while index < bytes.count {
            switch bytes[index] {
            case 48...57:
                let (product, overflow) = value.multipliedReportingOverflow(by: 10)
                let (sum, carry) = product.addingReportingOverflow(Int128(bytes[index] - 48))
                guard !overflow, !carry else { return nil }
                value = sum
                hasDigits = true
                if hasPoint { decimals += 1 }
            case UInt8(ascii: ".") where !hasPoint: hasPoint = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"): break scan
            default: return nil
            }
            index += 1
        }
        guard hasDigits else { return nil }
        if index < bytes.count {
            let text = String(decoding: bytes[(index + 1)...], as: UTF8.self)
            guard let exponent = Int(text), (-40...40).contains(exponent) else { return nil }
            decimals -= exponent
        }
        while decimals < 0 {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            value = product
            decimals += 1
        }
        guard decimals <= 60 else { return nil }
        mantissa = isNegative ? -value : value
        self.decimals = decimals
    }

    public static let zero = ExactDecimal(mantissa: 0, decimals: 0)

    public var isZero: Bool { mantissa == 0 }
    public var isNegative: Bool { mantissa < 0 }

    /// As an integer number of `10^-decimals`; `nil` where it has more decimals than that, or cannot be held.
    public func units<Integer: FixedWidthInteger & SignedInteger>(
        decimals wanted: Int, as type: Integer.Type = Integer.self
    ) -> Integer? {
        var value = mantissa
        var decimals = decimals
        while decimals > wanted {
            let (quotient, remainder) = value.quotientAndRemainder(dividingBy: 10)
            guard remainder == 0 else { return nil }
            value = quotient
            decimals -= 1
        }
        while decimals < wanted, value != 0 {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            value = product
            decimals += 1
        }
        return Integer(exactly: value)
    }

    /// `nil` where it has more than 18 decimals that are not zero, or cannot be held.
    public var amount: Amount? { units(decimals: Amount.decimals, as: Int128.self).map { Amount(units: $0) } }

    public func price(of instrument: Instrument) -> Price? {
        units(decimals: instrument.priceDecimals).map { Price(units: $0) }
    }

    public func quantity(of instrument: Instrument) -> Quantity? {
        units(decimals: instrument.quantityDecimals).map { Quantity(units: $0) }
    }
}

extension ExactDecimal: CustomStringConvertible {
    /// Without trailing zeros or an exponent.
    public var description: String { DecimalText.format(mantissa, decimals: decimals) }

    public static prefix func - (value: Self) -> Self {
        // The smallest mantissa is never made by reading.
        ExactDecimal(mantissa: 0 - value.mantissa, decimals: value.decimals)
    }
}

extension ExactDecimal: Hashable, Comparable {
    private var normal: (mantissa: Int128, decimals: Int) {
        var value = mantissa
        var decimals = decimals
        while decimals > 0, value % 10 == 0 {
            value /= 10
            decimals -= 1
        }
        return (value, decimals)
    }

    public static func == (left: Self, right: Self) -> Bool {
        left.decimals == right.decimals ? left.mantissa == right.mantissa : left.normal == right.normal
    }

    public func hash(into hasher: inout Hasher) {
        let normal = normal
        hasher.combine(normal.mantissa)
        hasher.combine(normal.decimals)
    }

    public static func < (left: Self, right: Self) -> Bool {
        if left.decimals == right.decimals { return left.mantissa < right.mantissa }
        if left.isNegative != right.isNegative { return left.isNegative }
        // Whole parts first, then digit by digit: no common scale need fit.
        var (leftWhole, leftRest) = left.split
        var (rightWhole, rightRest) = right.split
        if leftWhole != rightWhole { return leftWhole < rightWhole }
        for _ in 0..<61 {
            (leftWhole, leftRest) = left.nextDigit(leftRest)
            (rightWhole, rightRest) = right.nextDigit(rightRest)
            if leftWhole != rightWhole { return leftWhole < rightWhole }
        }
        return false
    }

    /// The whole part, and the rest as the digits behind the point.
    private var split: (whole: Int128, rest: [UInt8]) {
        var digits = Array(String(mantissa.magnitude).utf8)
        if digits.count <= decimals {
            digits.insert(contentsOf: repeatElement(48, count: decimals - digits.count + 1), at: 0)
        }
        let whole = Int128(String(decoding: digits.dropLast(decimals), as: UTF8.self)) ?? 0
        return (isNegative ? -whole : whole, Array(digits.suffix(decimals).reversed()))
    }

    private func nextDigit(_ rest: [UInt8]) -> (Int128, [UInt8]) {
        var rest = rest
        let digit = rest.popLast().map { Int128($0) - 48 } ?? 0
        return (isNegative ? -digit : digit, rest)
    }
}
