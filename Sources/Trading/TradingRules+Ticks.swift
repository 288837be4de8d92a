// SPDX-License-Identifier: Apache-2.0

extension TradingRules {
    public enum Rounding: Sendable { case down, up, nearest }

    /// Whether `price` is one the venue takes.
    public func accepts(_ price: Price, decimals: Int) -> Bool {
        price.units % step(at: price, decimals: decimals) == 0
    }

    /// The accepted price next to `price` in the given direction; `nearest` takes the upper one of two that are as near.
    /// Where there is none that can be held in that direction, the one on the other side.
    public func rounded(_ price: Price, decimals: Int, _ rounding: Rounding) -> Price {
        let step = step(at: price, decimals: decimals)
        if step == 1 || price.units % step == 0 { return price }
        switch rounding {
        case .down: return below(price, decimals) ?? above(price, decimals) ?? price
        case .up: return above(price, decimals) ?? below(price, decimals) ?? price
        case .nearest:
            guard let lower = below(price, decimals) else { return above(price, decimals) ?? price }
            guard let upper = above(price, decimals) else { return lower }
            let isUpper = price.units.distanceUp(to: upper.units) <= lower.units.distanceUp(to: price.units)
            return isUpper ? upper : lower
        }
    }

    /// How far apart the accepted prices around this one are, in price units.
    package func step(at price: Price, decimals: Int) -> Int64 {
        switch tick {
        case .uniform(let step): return step
        case .tiered(let tiers): return tiers[tier(at: price, tiers)].step
        case .significant(let digits, let allowed):
            // The step that leaves `digits` significant digits, no finer than the allowed decimals, at most one whole.
            var significant: Int64 = 1
            var rest = price.units.magnitude
            for _ in 0..<digits { rest /= 10 }
            while rest > 0 {
                rest /= 10
                significant *= 10
            }
            let finest = DecimalText.powerOfTen(max(0, decimals - allowed))
            return max(finest, min(significant, DecimalText.powerOfTen(decimals)))
        }
    }

    private func tier(at price: Price, _ tiers: [TickTier]) -> Int { tiers.lastIndex { $0.from <= price } ?? 0 }

    private func below(_ price: Price, _ decimals: Int) -> Price? {
        guard case .tiered(let tiers) = tick else {
            return price.units.multipleBelow(step(at: price, decimals: decimals)).map { Price(units: $0) }
        }
        // The tier's own multiples, but none from before it began: there, those of the tier before.
        var top = price
        for index in (0...tier(at: price, tiers)).reversed() {
            let candidate = top.units.multipleBelow(tiers[index].step).map { Price(units: $0) }
            if let candidate, index == 0 || candidate >= tiers[index].from { return candidate }
            guard index > 0 else { break }
            top = Price(units: tiers[index].from.units - 1)
        }
        return nil
    }

    private func above(_ price: Price, _ decimals: Int) -> Price? {
        guard case .tiered(let tiers) = tick else {
            return price.units.multipleAbove(step(at: price, decimals: decimals)).map { Price(units: $0) }
        }
        var bottom = price
        for index in tier(at: price, tiers)..<tiers.count {
            let candidate = bottom.units.multipleAbove(tiers[index].step).map { Price(units: $0) }
            guard index + 1 < tiers.count else { return candidate }
            if let candidate, candidate < tiers[index + 1].from { return candidate }
            bottom = tiers[index + 1].from
        }
        return nil
    }

    /// Why no price or quantity could be judged by these rules; `nil` where they can.
    var defect: String? {
        if lot < 1 { return "the lot must be at least one quantity unit, was \(lot)" }
        switch tick {
        case .uniform(let step): return step < 1 ? "the tick must be at least one price unit, was \(step)" : nil
        case .significant(let digits, let decimals):
            guard digits >= 1 else { return "prices need at least one significant digit, not \(digits)" }
            return decimals < 0 ? "prices cannot have \(decimals) decimals" : nil
        case .tiered(let tiers):
            guard !tiers.isEmpty else { return "there is no tick tier" }
            for (tier, next) in zip(tiers, tiers.dropFirst()) where tier.from >= next.from {
                return "the tick tiers must begin at rising prices"
            }
            return tiers.contains { $0.step < 1 } ? "every tick must be at least one price unit" : nil
        }
    }
}

extension Int64 {
    /// The greatest multiple at or below; `nil` where it cannot be held.
    fileprivate func multipleBelow(_ step: Int64) -> Int64? {
        let (quotient, _) = flooredDivision(by: step)
        let (multiple, overflow) = quotient.multipliedReportingOverflow(by: step)
        return overflow ? nil : multiple
    }

    /// The least multiple at or above; `nil` where it cannot be held.
    fileprivate func multipleAbove(_ step: Int64) -> Int64? {
        let (quotient, remainder) = flooredDivision(by: step)
        let (multiple, overflow) = (remainder == 0 ? quotient : quotient + 1).multipliedReportingOverflow(by: step)
        return overflow ? nil : multiple
    }

    /// `upper - self`, which may need all 64 bits.
    fileprivate func distanceUp(to upper: Int64) -> UInt64 { UInt64(bitPattern: upper &- self) }
}
