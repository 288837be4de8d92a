// SPDX-License-Identifier: Apache-2.0

/// A price in whole units of `10^-priceDecimals` of its instrument.
///
/// The scale belongs to the instrument and is constant for its life; which prices a venue accepts is a separate,
/// dated rule (`TickRule`). A price may be negative (spreads, some futures).
public struct Price: Hashable, Comparable, Sendable, BitwiseCopyable {
    public let units: Int64
    @inlinable public init(units: Int64) { self.units = units }

    @inlinable public static func < (left: Self, right: Self) -> Bool { left.units < right.units }
    @inlinable public static func - (left: Self, right: Self) -> PriceDistance {
        PriceDistance(units: left.units - right.units)
    }
    @inlinable public static func + (left: Self, right: PriceDistance) -> Self {
        Price(units: left.units + right.units)
    }
    @inlinable public static func - (left: Self, right: PriceDistance) -> Self {
        Price(units: left.units - right.units)
    }
}

/// A difference of two prices of one instrument, in the same units.
public struct PriceDistance: Hashable, Comparable, Sendable, BitwiseCopyable {
    public let units: Int64
    @inlinable public init(units: Int64) { self.units = units }
    @inlinable public static func < (left: Self, right: Self) -> Bool { left.units < right.units }
    @inlinable public static var zero: Self { Self(units: 0) }
}

/// A quantity in whole units of `10^-quantityDecimals` of its instrument. Positions use the sign; orders are positive.
public struct Quantity: Hashable, Comparable, Sendable, BitwiseCopyable {
    public let units: Int64
    @inlinable public init(units: Int64) { self.units = units }
    @inlinable public static var zero: Self { Self(units: 0) }

    @inlinable public static func < (left: Self, right: Self) -> Bool { left.units < right.units }
    @inlinable public static func + (left: Self, right: Self) -> Self { Quantity(units: left.units + right.units) }
    @inlinable public static func - (left: Self, right: Self) -> Self { Quantity(units: left.units - right.units) }
    @inlinable public static prefix func - (value: Self) -> Self { Quantity(units: -value.units) }
    @inlinable public var magnitude: Self { Quantity(units: abs(units)) }
}

/// An exact amount of some asset, in units of `10^-18`, as on Ethereum; every venue's money fits without rounding.
///
/// The asset is known from the context (a ledger account, a fill's fee asset): adding amounts of two assets is a
/// mistake that the ledger refuses. Range: ±1.7 × 10^20. Overflow traps; it never wraps.
public struct Amount: Hashable, Comparable, Sendable, BitwiseCopyable {
    public let units: Int128
    @inlinable public init(units: Int128) { self.units = units }

    @inlinable public static var zero: Self { Self(units: 0) }
    @inlinable public static var decimals: Int { 18 }

    @inlinable public static func < (left: Self, right: Self) -> Bool { left.units < right.units }
    @inlinable public static func + (left: Self, right: Self) -> Self { Amount(units: left.units + right.units) }
    @inlinable public static func - (left: Self, right: Self) -> Self { Amount(units: left.units - right.units) }
    @inlinable public static prefix func - (value: Self) -> Self { Amount(units: -value.units) }
    @inlinable public static func += (left: inout Self, right: Self) { left = left + right }
    @inlinable public static func -= (left: inout Self, right: Self) { left = left - right }
    @inlinable public var magnitude: Self { units < 0 ? -self : self }

    public init(whole: Int64) { units = Int128(whole) * 1_000_000_000_000_000_000 }

    /// The nearest millionth to a Double, for what is estimated; `nil` for what is no number or too large to be an amount.
    public init?(approximating value: Double) {
        guard value.magnitude < 1e18 else { return nil }
        units = Int128((value * 1e6).rounded()) * 1_000_000_000_000
    }

    /// The nearest Double, give or take its last bit, for statistics and charts.
    @inlinable public var approximation: Double {
        // The generic conversion from 128 bits costs twenty times as much.
        let magnitude = units.magnitude
        let value =
            Double(UInt64(truncatingIfNeeded: magnitude >> 64)) * 0x1p64
            + Double(UInt64(truncatingIfNeeded: magnitude))
        return (units < 0 ? -value : value) / 1e18
    }
}

/// A share of a notional, in units of `10^-9`: a fee of 0.05 % is 500,000. A rebate is negative.
public struct Rate: Hashable, Comparable, Sendable, BitwiseCopyable {
    public let units: Int64
    @inlinable public init(units: Int64) { self.units = units }
    @inlinable public static var zero: Self { Self(units: 0) }
    @inlinable public static var decimals: Int { 9 }
    @inlinable public static var one: Int64 { 1_000_000_000 }
    @inlinable public static func < (left: Self, right: Self) -> Bool { left.units < right.units }

    @inlinable public var fraction: Double { Double(units) / 1e9 }

    /// This share of `amount`, rounded to the nearest unit of `10^-18`, halves to even.
    ///
    /// - Returns: `nil` where the result cannot be held.
    @inlinable public func of(_ amount: Amount) -> Amount? {
        let (product, overflow) = amount.units.multipliedReportingOverflow(by: Int128(units))
        let size = product.magnitude
        let (high, low) = (UInt64(truncatingIfNeeded: size >> 64), UInt64(truncatingIfNeeded: size))
        let one = UInt64(truncatingIfNeeded: Self.one)
        guard !overflow, high < one, Self.one < 1 << 31 else {
            return amount.units.multiplied(by: Int128(units), dividedBy: Int128(Self.one)).map { Amount(units: $0) }
        }
        // As on paper, with digits of 32 bits: the processor divides by a constant that fits in one without dividing.
        let (first, rest) = (high << 32 | low >> 32).quotientAndRemainder(dividingBy: one)
        let (second, remainder) = (rest << 32 | low & 0xFFFF_FFFF).quotientAndRemainder(dividingBy: one)
        let quotient = first << 32 | second
        let isUp = remainder > one - remainder || (remainder == one - remainder && quotient & 1 != 0)
        let rounded = Int128(quotient) + (isUp ? 1 : 0)
        return Amount(units: product < 0 ? -rounded : rounded)
    }
}

extension Int128 {
    /// The quotient nearest to the exact one; halves go to the even neighbour. The divisor is positive.
    @inlinable package func dividedRoundingHalfToEven(by divisor: Int128) -> Int128 {
        let (high, low) = (UInt64(truncatingIfNeeded: magnitude >> 64), UInt64(truncatingIfNeeded: magnitude))
        if divisor <= Int128(Int64.max), divisor > 1 {
            // As on paper, with digits of 64 bits: one or two divisions of the processor.
            let small = UInt64(truncatingIfNeeded: divisor)
            let (first, rest) = high < small ? (0, high) : high.quotientAndRemainder(dividingBy: small)
            let (second, remainder) = small.dividingFullWidth((rest, low))
            let other = small - remainder
            let isUp = remainder > other || (remainder == other && second & 1 != 0)
            let rounded = (Int128(first) << 64 | Int128(second)) + (isUp ? 1 : 0)
            return self < 0 ? -rounded : rounded
        }
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        if remainder == 0 { return quotient }
        let rest = remainder.magnitude
        let other = divisor.magnitude - rest
        guard rest > other || (rest == other && quotient & 1 != 0) else { return quotient }
        return self < 0 ? quotient - 1 : quotient + 1
    }

    /// `self × factor ÷ divisor` as if there were no limit to the product, rounded once, halves to even. The divisor is
    /// positive.
    ///
    /// - Returns: `nil` where the result cannot be held.
    @inlinable package func multiplied(by factor: Int128, dividedBy divisor: Int128) -> Int128? {
        let (product, overflow) = multipliedReportingOverflow(by: factor)
        if !overflow { return product.dividedRoundingHalfToEven(by: divisor) }
        return wideMultiplied(by: factor, dividedBy: divisor)
    }

    @inline(never)
    @usableFromInline func wideMultiplied(by factor: Int128, dividedBy divisor: Int128) -> Int128? {
        let isNegative = (self < 0) != (factor < 0)
        let product = magnitude.multipliedFullWidth(by: factor.magnitude)
        guard product.high < divisor.magnitude else { return nil }
        var (quotient, remainder) = divisor.magnitude.dividingFullWidth(product)
        let other = divisor.magnitude - remainder
        if remainder > other || (remainder == other && quotient & 1 != 0) {
            guard quotient < UInt128.max else { return nil }
            quotient += 1
        }
        guard quotient <= Int128.max.magnitude else { return nil }
        return isNegative ? -Int128(quotient) : Int128(quotient)
    }
}

extension Amount {
    /// The upper half, with all bits turned where it is negative: below 2^61, sums of a few such amounts can be held.
    @inline(__always)
    var highBits: UInt64 {
        let high = Int64(truncatingIfNeeded: units >> 64)
        return UInt64(bitPattern: high ^ (high >> 63))
    }

    /// The sum, or `nil` where it cannot be held.
    @inlinable package func adding(_ other: Amount) -> Amount? {
        let (sum, overflow) = units.addingReportingOverflow(other.units)
        return overflow ? nil : Amount(units: sum)
    }
}

// MARK: - Text

extension Amount: CustomStringConvertible {
    public var description: String { DecimalText.format(units, decimals: Self.decimals) }
    public init(parsing text: String) throws(DecimalError) {
        units = try DecimalText.parse(text, decimals: Self.decimals)
    }
}

extension Rate: CustomStringConvertible {
    public var description: String { DecimalText.format(units, decimals: Self.decimals) }
    /// Exactly, such as `2.5 %`.
    public var percentage: String { "\(DecimalText.format(units, decimals: Self.decimals - 2)) %" }
    public init(parsing text: String) throws(DecimalError) {
        units = try DecimalText.parse(text, decimals: Self.decimals)
    }
}
