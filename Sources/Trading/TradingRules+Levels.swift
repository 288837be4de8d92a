// SPDX-License-Identifier: Apache-2.0

// Levels that follow from other prices, worked out alike by the simulated venue and for a real one.
extension TradingRules {
    /// A level `rate` away from an average entry, rounded towards the entry: a stop never risks more, and a target never
    /// asks for more, than was said.
    ///
    /// - Parameters:
    ///   - cost: Price units × quantity units of what was entered.
    ///   - quantity: What was entered, in quantity units; above zero.
    package func level(cost: Int128, quantity: Int64, rate: Rate, decimals: Int) -> Int64 {
        let whole = Int128(Rate.one)
        let factor = whole + Int128(rate.units)
        let (price, rest) = cost.quotientAndRemainder(dividingBy: Int128(quantity))
        // cost × factor ÷ (quantity × one), in two steps that both fit.
        let (units, share) = (price * factor).quotientAndRemainder(dividingBy: whole)
        let (more, remainder) = (share * Int128(quantity) + rest * factor)
            .quotientAndRemainder(dividingBy: whole * Int128(quantity))
        let isUp = rate.units < 0
        let level = Int64(clamping: units + more + (isUp && remainder > 0 ? 1 : 0))
        return rounded(Price(units: level), decimals: decimals, isUp ? .up : .down).units
    }

    /// A trailing stop's level for a best price; a sell's is rounded down to the tick, a buy's up.
    package func trailingLevel(best: Int64, trail: TrailingDistance?, isBuy: Bool, decimals: Int) -> Int64 {
        let distance: Int64
        switch trail {
        case .absolute(let absolute): distance = absolute.units
        case .share(let rate):
            let product = Int128(best) * Int128(rate.units)
            let (quotient, remainder) = product.quotientAndRemainder(dividingBy: Int128(Rate.one))
            // Up: the level is rounded away from the market.
            distance = Int64(clamping: quotient + (remainder > 0 ? 1 : 0))
        case nil: distance = 0
        }
        let level = isBuy ? best.addingReportingOverflow(distance) : best.subtractingReportingOverflow(distance)
        guard !level.overflow else { return isBuy ? .max : .min }
        return rounded(Price(units: level.partialValue), decimals: decimals, isBuy ? .up : .down).units
    }
}
