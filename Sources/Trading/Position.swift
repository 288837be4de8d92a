// SPDX-License-Identifier: Apache-2.0

/// A holding in one instrument with its cost, exact to the last digit.
///
/// The cost leaves in proportion when the position is reduced, rounded to `10^-18`, and what is left leaves with the
/// last lot, so profits over a round trip add up exactly.
public struct Position: Hashable, Sendable, BitwiseCopyable {
    /// Positive long, negative short.
    public private(set) var quantity: Quantity = .zero
    /// The value at entry of what is held, with the sign of the quantity; in quote, or in base for inverse contracts.
    public private(set) var cost: Amount = .zero
    public private(set) var realised: Amount = .zero

    public init() {}

    @inlinable public var isFlat: Bool { quantity.units == 0 }

    /// Adds a signed quantity traded for a signed value (`Instrument.value(of:at:)`).
    ///
    /// - Returns: The profit that this realised, before fees: in the settlement asset.
    public mutating func apply(quantity traded: Quantity, value: Amount, isInverse: Bool) -> Amount {
        let held = quantity.units
        let opposite = (held > 0 && traded.units < 0) || (held < 0 && traded.units > 0)
        guard opposite else {
            quantity = quantity + traded
            cost += value
            return .zero
        }
        let closing = min(held.magnitude, traded.units.magnitude)
        let closesAll = closing == held.magnitude
        let releasedCost =
            closesAll
            ? cost
            : Amount(units: Self.share(of: cost.units, closing, outOf: held.magnitude))
        let closedValue =
            closing == traded.units.magnitude
            ? value
            : Amount(units: Self.share(of: value.units, closing, outOf: traded.units.magnitude))
        // Long: closedValue is negative (a sale). Linear profit = sale − cost; inverse the other way round.
        let linear = -closedValue - releasedCost
        let profit = isInverse ? -linear : linear
        quantity = quantity + traded
        cost = closesAll ? value - closedValue : cost - releasedCost
        realised += profit
        return profit
    }

    /// Changes the quantity without a trade: what was held went as a fee, or does not count as a position any more.
    ///
    /// - Parameter keepsCost: Whether what is left has cost as much as the whole did. Otherwise the cost goes in proportion,
    ///   and nothing is won or lost.
    /// - Returns: The profit that this realised: the cost, where nothing is left that could carry it.
    mutating func change(by signed: Quantity, keepsCost: Bool) -> Amount {
        let held = quantity.units
        let isOpposite = (held > 0) == (signed.units < 0) && held != 0 && signed.units != 0
        quantity = quantity + signed
        guard isOpposite else { return .zero }
        guard signed.units.magnitude < held.magnitude else {
            let lost = keepsCost ? -cost : .zero
            cost = .zero
            realised += lost
            return lost
        }
        if !keepsCost {
            cost = cost - Amount(units: Self.share(of: cost.units, signed.units.magnitude, outOf: held.magnitude))
        }
        return .zero
    }

    private static func share(of value: Int128, _ part: UInt64, outOf whole: UInt64) -> Int128 {
        guard let share = value.multiplied(by: Int128(part), dividedBy: Int128(whole)) else {
            preconditionFailure("a part of a value is not larger than the value")
        }
        return share
    }

    /// Whether `apply` can hold what comes out of a trade.
    func canApply(quantity traded: Quantity, value: Amount) -> Bool {
        guard !quantity.units.addingReportingOverflow(traded.units).overflow else { return false }
        // Sums of three numbers below 2^125 fit: then the exact look is not needed.
        if cost.highBits | value.highBits | realised.highBits < 1 << 61 { return true }
        guard let turnover = cost.magnitude.adding(value.magnitude)
        else { return false }
        return realised.magnitude.adding(turnover) != nil
    }

    /// The profit that closing at a given value would realise.
    public func unrealised(value: Amount, isInverse: Bool) -> Amount {
        isInverse ? cost - value : value - cost
    }

    /// The average entry price in whole price units, rounded to the nearest; `nil` when flat, or where it cannot be held.
    public func averagePrice(of instrument: Instrument) -> Price? {
        guard quantity.units != 0 else { return nil }
        if instrument.kind.isInverse {
            let scale = Int128(DecimalText.powerOfTen(instrument.priceDecimals))
            guard let notional = instrument.notional(of: quantity.magnitude, at: Price(units: 1)), cost.units != 0
            else { return nil }
            return notional.units.multiplied(by: scale, dividedBy: cost.magnitude.units)
                .flatMap { Int64(exactly: $0) }.map { Price(units: $0) }
        }
        let (perUnit, overflow) = Int128(quantity.units).multipliedReportingOverflow(by: instrument.notionalFactor)
        guard !overflow, perUnit != .min else { return nil }
        let signedCost = perUnit < 0 ? -cost.units : cost.units
        let average = signedCost.dividedRoundingHalfToEven(by: perUnit < 0 ? -perUnit : perUnit)
        return Int64(exactly: average).map { Price(units: $0) }
    }

    /// The average entry price as nearly as a Double holds it, not rounded to price units; `nil` when flat.
    public func averagePriceApproximation(of instrument: Instrument) -> Double? {
        guard quantity.units != 0 else { return nil }
        if instrument.kind.isInverse {
            guard let notional = instrument.notional(of: quantity.magnitude, at: Price(units: 1)), cost.units != 0
            else { return nil }
            return Double(notional.units) / Double(cost.magnitude.units)
        }
        let perUnit = Double(quantity.units) * Double(instrument.notionalFactor)
        return Double(cost.units) / perUnit / instrument.priceScale
    }
}
