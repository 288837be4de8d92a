// SPDX-License-Identifier: Apache-2.0

import Execution
import TestSupport
import Testing
import Trading

@testable import Risk

/// The model against plain arithmetic on the list of fills.
@Suite struct LiquidationModelTests {
    private struct Trade {
        let quantity: Int64
        let price: Int64
        let slot: Int
    }

    private static let tiers = [
        MaintenanceTier(upTo: 1_000, rate: 0.01, deduction: 0),
        MaintenanceTier(upTo: 5_000, rate: 0.03, deduction: 20),
        MaintenanceTier(upTo: .infinity, rate: 0.08, deduction: 270),
    ]

    /// Balance plus profit at a price, from the fills alone.
    private func equity(
        _ trades: [Trade], _ deposit: Double, _ factor: Double, _ isInverse: Bool, _ fee: Double, at price: Double
    ) -> Double {
        trades.reduce(deposit) { sum, trade in
            let (quantity, entry) = (Double(trade.quantity), Double(trade.price))
            let profit = isInverse ? quantity / entry - quantity / price : quantity * (price - entry)
            let paid = isInverse ? abs(quantity) / entry : abs(quantity) * entry
            return sum + (profit - paid * fee) * factor
        }
    }

    /// Maintenance margin by the definition of tiers: each slice of the notional at its own rate.
    private func maintenance(_ notional: Double) -> Double {
        min(notional, 1_000) * 0.01 + max(0, min(notional, 5_000) - 1_000) * 0.03 + max(0, notional - 5_000) * 0.08
    }

    @Test("Equity meets the maintenance margin at the level, and not before", arguments: UInt64(0)..<400)
    func levelSolvesTheEquation(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var model = LiquidationModel()
        model.isActive = true
        model.isInverse = seed % 2 == 0
        model.isHedging = seed % 4 >= 2
        // Prices around 1,000,000 units: one linear unit of quantity is worth 0.01 there, an inverse one the same.
        model.factor = model.isInverse ? 10_000 : 1e-8
        let deposit = Double(random.between(20, 3_000))
        model.elsewhere = deposit
        let fee = Rate(units: 500_000)
        var trades: [Trade] = []
        for _ in 0..<random.between(1, 8) {
            let trade = Trade(
                quantity: random.between(1, 200_000) * (random.chance(60) ? 1 : -1),
                price: 1_000_000 + random.between(-50_000, 50_000), slot: 0)
            let slot = model.isHedging && trade.quantity < 0 ? 1 : 0
            trades.append(Trade(quantity: trade.quantity, price: trade.price, slot: slot))
            model.fill(trade.quantity, at: trade.price, slot: slot, feeRate: fee)
        }
        var sizes = [0.0, 0.0]
        for trade in trades { sizes[trade.slot] += Double(trade.quantity) }
        func spare(_ price: Double) -> Double {
            let gross = abs(sizes[0]) + abs(sizes[1])
            let notional = (model.isInverse ? gross / price : gross * price) * model.factor
            return equity(trades, deposit, model.factor, model.isInverse, fee.fraction, at: price)
                - maintenance(notional)
        }
        guard sizes != [0, 0] else {
            #expect(model.levels(Self.tiers) == LiquidationModel.none)
            return
        }
        let levels = model.levels(Self.tiers)
        let here = 1_000_000.0
        let scale = deposit + 1
        guard spare(here) > 0 else { return }
        if levels.below > 0 {
            #expect(spare(Double(levels.below)) <= 1e-6 * scale)
            #expect(spare(Double(levels.below) + 2) > -1e-6 * scale)
        } else if levels.above < .max {
            #expect(spare(Double(levels.above)) <= 1e-6 * scale)
            #expect(spare(Double(levels.above) - 2) > -1e-6 * scale)
        } else {
            // Nowhere: not even far away.
            #expect(spare(2) > 0 || sizes[0] + sizes[1] < 0 || model.isHedging)
            #expect(spare(1e12) > 0 || sizes[0] + sizes[1] > 0 || model.isHedging)
        }
    }

    @Test("Inside its band a position costs no more than its allowance", arguments: UInt64(0)..<200)
    func bandIsSafe(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var model = LiquidationModel()
        model.isInverse = seed % 2 == 0
        model.factor = model.isInverse ? 10_000 : 1e-8
        model.fill(random.between(1, 200_000) * (random.chance(50) ? 1 : -1), at: 1_000_000, slot: 0, feeRate: .zero)
        let allowance = Double(random.between(1, 500))
        let band = model.band(around: 1_000_000, allowance: allowance, Self.tiers)
        func spare(_ price: Int64) -> Double {
            let (profit, maintenance) = model.surplus(at: price, Self.tiers)
            return profit - maintenance
        }
        for price in [max(1, band.low + 1), min(band.high - 1, 1_000_000_000)] {
            #expect(spare(1_000_000) - spare(price) <= allowance * (1 + 1e-9))
        }
    }
}
