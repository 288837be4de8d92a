// SPDX-License-Identifier: Apache-2.0

package import Trading

/// One margin tier as the model needs it: maintenance = rate × notional − deduction, continuous over the tiers.
package struct MaintenanceTier: BitwiseCopyable, Sendable {
    package let upTo: Double
    package let rate: Double
    package let deduction: Double

    package static func tiers(of instrument: Instrument) -> [MaintenanceTier] {
        var result: [MaintenanceTier] = []
        var deduction = 0.0
        var lower = 0.0
        var previous = 0.0
        let tiers =
            instrument.marginTiers.isEmpty ? [instrument.marginTier(forNotional: .zero)] : instrument.marginTiers
        for tier in tiers {
            let rate = tier.maintenanceRate.fraction
            if !result.isEmpty { deduction += lower * (rate - previous) }
            let upTo = tier.upToNotional?.approximation ?? .infinity
            result.append(MaintenanceTier(upTo: upTo, rate: rate, deduction: deduction))
            (lower, previous) = (upTo, rate)
        }
        return result
    }
}

/// At which prices the venue takes a position over, followed fill by fill along a path.
///
/// The account is liquidated where equity ≤ maintenance margin. With size `N`, gross size `G`, entry value `C` and the
/// equity elsewhere `E`, that is for linear contracts E + f(N·P − C) ≤ r·f·G·P − D, and for inverse ones, whose value
/// goes with 1/P, E + f(C − N/P) ≤ r·f·G/P − D.
package struct LiquidationModel: BitwiseCopyable, Sendable {
    package struct Holding: BitwiseCopyable, Sendable {
        /// Signed quantity units.
        package var size = 0.0
        /// Σ size × price at entry; for inverse contracts Σ size ÷ price.
        package var cost = 0.0

        package init() {}
        package init(size: Double, cost: Double) {
            self.size = size
            self.cost = cost
        }

        /// - Parameter factor: `LiquidationModel.factor` of the position's instrument.
        package init(_ position: Position, factor: Double) {
            self.init()
            guard !position.isFlat else { return }
            size = Double(position.quantity.units)
            cost = position.cost.approximation / factor
        }
    }

    package var isActive = false
    package var isInverse = false
    package var isIsolated = false
    /// A long (0) and a short (1) side by side; with netting only 0 is used.
    package var isHedging = false
    /// Cross: what stands behind the position besides its own profit, less what other positions need.
    package var elsewhere = 0.0
    /// Settlement asset for one quantity unit times (inverse: over) one price unit.
    package var factor = 0.0
    package var leverage = 1.0
    package var long = Holding()
    package var short = Holding()

    /// Of nothing; it never liquidates.
    package init() {}

    /// Active, and without positions.
    package init(of instrument: Instrument) {
        isActive = true
        isInverse = instrument.kind.isInverse
        // Linear: the value of one quantity unit at one price unit. Inverse: at one price unit too, that is c in c ÷ P.
        factor = Double(instrument.notionalFactor) / 1e18
        if isInverse { factor *= instrument.priceScale * instrument.priceScale }
    }

    /// The levels that nothing reaches.
    package static let none = (below: Int64.min, above: Int64.max)

    package mutating func fill(_ quantity: Int64, at price: Int64, slot: Int, feeRate: Rate) {
        let signed = Double(quantity)
        let value = isInverse ? signed / Double(price) : signed * Double(price)
        elsewhere -= abs(value) * factor * feeRate.fraction
        var holding = slot == 0 ? long : short
        if holding.size * signed >= 0 {
            holding.size += signed
            holding.cost += value
        } else {
            let closing = min(abs(holding.size), abs(signed))
            let released = holding.cost * (closing / abs(holding.size))
            let closed = value * (closing / abs(signed))
            elsewhere += (isInverse ? released + closed : -closed - released) * factor
            holding.size += signed
            holding.cost += value - closed - released
            if holding.size == 0 { holding.cost = 0 }
        }
        if slot == 0 { long = holding } else { short = holding }
    }

    package func levels(_ tiers: [MaintenanceTier]) -> (below: Int64, above: Int64) {
        guard isActive else { return Self.none }
        if isIsolated {
            let first = long.size == 0 ? Self.none : level(of: long, Holding(), margin(of: long), tiers)
            guard isHedging, short.size != 0 else { return first }
            let second = level(of: short, Holding(), margin(of: short), tiers)
            return (max(first.below, second.below), min(first.above, second.above))
        }
        guard long.size != 0 || short.size != 0 else { return Self.none }
        return level(of: long, short, elsewhere, tiers)
    }

    private func margin(of holding: Holding) -> Double { abs(holding.cost) * factor / leverage }

    private func level(
        of first: Holding, _ second: Holding, _ equity: Double, _ tiers: [MaintenanceTier]
    ) -> (below: Int64, above: Int64) {
        let net = (first.size + second.size) * factor
        let gross = (abs(first.size) + abs(second.size)) * factor
        let cost = (first.cost + second.cost) * factor
        var result = Self.none
        var lower = 0.0
        for tier in tiers {
            defer { lower = tier.upTo }
            let price: Double
            let isBelow: Bool
            if isInverse {
                // equity + cost + D ≤ (net + r·gross) ÷ P
                let behind = equity + cost + tier.deduction
                let need = net + tier.rate * gross
                if need >= 0, behind <= 0 { return (.max, .max) }
                guard need * behind > 0 else { continue }
                price = need / behind
                isBelow = need > 0
            } else {
                // (net − r·gross) P ≤ cost − equity − D
                let slope = net - tier.rate * gross
                let bound = cost - equity - tier.deduction
                if slope <= 0, bound >= 0 { return (.max, .max) }
                guard slope * bound > 0 else { continue }
                price = bound / slope
                isBelow = slope > 0
            }
            guard price.isFinite, price > 0, price < 9e18 else { continue }
            // A hair towards the market, so that an exact level that Double misses by its last bits stays exact.
            result =
                isBelow
                ? (Int64((price * (1 + 1e-12)).rounded(.down)), .max)
                : (.min, Int64((price * (1 - 1e-12)).rounded(.up)))
            let notional = isInverse ? gross / price : gross * price
            if notional > lower * (1 - 1e-12), notional <= tier.upTo * (1 + 1e-12) { return result }
        }
        return result
    }

    /// How far the price may move from `price`, either way, before this position has cost `allowance`.
    package func band(around price: Int64, allowance: Double, _ tiers: [MaintenanceTier]) -> (low: Int64, high: Int64) {
        let rate = tiers.last?.rate ?? 0
        let exposure = (abs(long.size) + abs(short.size)) * factor * (1 + rate)
        guard exposure > 0 else { return (.min, .max) }
        let here = Double(price)
        let low: Double
        let high: Double
        if isInverse {
            low = 1 / (1 / here + allowance / exposure)
            let rest = 1 / here - allowance / exposure
            high = rest > 0 ? 1 / rest : .infinity
        } else {
            low = here - allowance / exposure
            high = here + allowance / exposure
        }
        return (
            low > 0 ? Int64(min(low.rounded(.up), 9e18)) : .min, high < 9e18 ? Int64(high.rounded(.down)) : .max
        )
    }

    /// Profit at the entry prices' distance from `price`, less the maintenance margin at it.
    package func surplus(at price: Int64, _ tiers: [MaintenanceTier]) -> (profit: Double, maintenance: Double) {
        let here = Double(price)
        let (net, gross) = (long.size + short.size, (abs(long.size) + abs(short.size)) * factor)
        let cost = long.cost + short.cost
        let profit = (isInverse ? cost - net / here : net * here - cost) * factor
        let notional = isInverse ? gross / here : gross * here
        let tier = tiers.first { notional <= $0.upTo } ?? tiers[tiers.count - 1]
        return (profit, max(0, tier.rate * notional - tier.deduction))
    }
}
