// SPDX-License-Identifier: Apache-2.0

import Backtest
import Engine
import EngineHarness
import Execution
import Risk
import Strategies
import Supervision
import TestSupport
import Testing
import Trading

@Suite("The liquidation guard in the engine") struct RiskGuardTests {
    /// A market that falls by a third of a percent a minute, and two strategies that do nothing about it.
    private func fall(guarded: Bool, minutes: Int = 60, seed: UInt64? = nil) throws -> BacktestResult {
        var random = SeededRandom(seed: seed ?? 0)
        var price = 100.0
        let bars = (0..<minutes).map { index -> Bar in
            let open = price
            let step = seed == nil ? 0.0033 : Double.random(in: -0.004...0.009, using: &random)
            if index > 5 { price *= 1 - step }
            return Market.bar(index, open, max(open, price), min(open, price), price)
        }
        var world = try World([bars])
        world.cash = Amount(whole: 10_000)
        for (name, units) in [("large", Int64(600_000)), ("small", 200_000)] {
            world.add(
                Scripted { bar, context in
                    if bar.openTime == Market.time(1) { context.enter(.buy) }
                }, name: name, plan: TradePlan(sizing: .quantity(Quantity(units: units)), leverage: 10))
        }
        var input = try world.input()
        input.keepsDecisions = true
        if guarded { input.supervision = SupervisionSettings(liquidation: LiquidationSettings()) }
        return try World.run(input)
    }

    @Test func aFallingMarketReducesBeforeItLiquidates() throws {
        let bare = try fall(guarded: false)
        #expect(bare.liquidations > 0)
        let guarded = try fall(guarded: true)
        #expect(guarded.liquidations == 0)
        #expect(guarded.finalEquity > bare.finalEquity)
        let notes = guarded.decisions.filter { $0.feature == "liquidation" }
        #expect(notes.first?.strategy == nil && notes.first?.kind == .risk)
        #expect(notes.first?.reason.contains("liquidation price") == true)
        let reductions = notes.filter { $0.kind == .exit }
        #expect(Set(reductions.compactMap(\.strategy?.index)) == [0, 1])
        #expect(
            reductions.allSatisfy { $0.order != .none && $0.values.map(\.name) == ["distance", "mark", "liquidation"] })
        // Each gives by what it holds: three to one.
        let first = guarded.fills.filter { $0.fill.quantity.units < 0 }.prefix(2).map(\.fill.quantity.units)
        #expect(abs(Double(first[0]) / Double(first[1]) - 3) < 0.01)
    }

    @Test(arguments: UInt64(1)..<25)
    func noPathLiquidatesWhatIsGuarded(seed: UInt64) throws {
        #expect(try fall(guarded: true, minutes: 150, seed: seed).liquidations == 0)
    }

    @Test func withoutMarginedPositionsItSaysNothing() throws {
        var world = try World(closes: Array(repeating: 100, count: 30))
        world.add(Scripted())
        var input = try world.input()
        input.keepsDecisions = true
        input.supervision = SupervisionSettings(liquidation: LiquidationSettings())
        let result = try World.run(input)
        #expect(result.decisions.isEmpty && result.orders == 0)
    }

    @Test func settingsThatContradictThemselvesAreRefused() throws {
        var settings = LiquidationSettings()
        settings.reduction = 0.5
        var world = try World(closes: [100, 100])
        world.add(Scripted())
        var input = try world.input()
        input.supervision = SupervisionSettings(liquidation: settings)
        #expect {
            _ = try World.run(input)
        } throws: { "\($0)".contains("liquidation_reduction") }
    }
}

@Suite("Breakers in the engine") struct BreakerTests {
    /// The market crashes while a strategy is long. Then it asks, twice, for what would close the position: together that
    /// is a position the other way, which no breaker lets anybody open.
    @Test func whatMayOnlyReduceCannotOpenTheOtherWay() throws {
        var closes = Array(repeating: 100.0, count: 5) + Array(repeating: 85.0, count: 5)
        closes += [90, 90, 90]
        var world = try World(closes: closes)
        world.add(
            Scripted { bar, context in
                switch bar.openTime {
                case Market.time(1): context.enter(.buy)
                case Market.time(6):
                    let instrument = context.instrument.id
                    for _ in 0..<2 {
                        context.submit(
                            OrderRequest(
                                instrument: instrument, side: .sell, type: .limit,
                                quantity: context.position.magnitude, limit: context.price(88)))
                    }
                default: break
                }
            }, plan: TradePlan(sizing: .quantity(Quantity(units: 1_000))))
        var input = try world.input()
        var breakers = BreakerSettings()
        breakers.drawdown = nil
        input.supervision = SupervisionSettings(breakers: breakers)
        let result = try World.run(input)
        #expect(result.fills.map(\.fill.quantity.units) == [1_000, -1_000])
        #expect(result.fills.last.map { $0.fill.price >= Price(units: 8_800) } == true)
    }
}

@Suite("Hedges in the engine") struct RiskHedgeTests {
    /// A strategy that goes long, short and flat by turns in the first market, hedged in the second.
    private func world(
        _ plan: HedgePlan, main: [Bar], hedge: [Bar], turn: Int64 = 40,
        onBar: @escaping @Sendable (Double, Double) -> Void
    ) throws -> BacktestInput {
        var world = try World([main, hedge])
        var trade = TradePlan(sizing: .quantity(Quantity(units: 50_000)))
        trade.hedge = plan
        world.add(
            Scripted { bar, context in
                let index = (bar.openTime.nanoseconds - Market.start.nanoseconds) / Market.minute
                let hedge = InstrumentID(index: 1)
                let held = context.account.netQuantity(StrategyID(index: 0), hedge)
                let main = Double(context.position.units) / 1000 * context.close
                onBar(main, Double(held.units) / 1000 * (context.lastPrice(1) ?? 0))
                switch index % (3 * turn) {
                case 0: context.enter(.buy)
                case turn: context.enter(.sell)
                case 2 * turn: context.exit()
                default: break
                }
            }, plan: trade)
        var input = try world.input()
        input.keepsDecisions = true
        return input
    }

    @Test(arguments: UInt64(1)..<20)
    func theHedgeStaysWithinItsRatioAndBand(seed: UInt64) throws {
        let plan = HedgePlan(with: InstrumentID(index: 1), ratio: 0.2, band: 0.03)
        let seen = Log<(main: Double, hedge: Double)>()
        let input = try world(
            plan, main: Market.walk(seed: seed, count: 400), hedge: Market.walk(seed: seed + 100, count: 400),
            onBar: { seen.add(($0, $1)) })
        let result = try World.run(input)
        var steady = 0
        for (before, now) in zip(seen.entries, seen.entries.dropFirst()) where now.main != 0 {
            // What one bar moved after the order was sized is not in it yet.
            let moved = max(abs(now.main / before.main - 1), abs(now.hedge / before.hedge - 1))
            guard before.main.sign == now.main.sign, moved < 0.08, before.hedge != 0 else { continue }
            let share = -now.hedge / now.main
            #expect(share <= (0.2 + 0.03) * (1 + 2 * moved) + 0.001, "share \(share) after \(moved)")
            if share > 0.16 { steady += 1 }
        }
        #expect(steady > 150, "\(steady)")
        #expect(result.decisions.contains { $0.feature == "hedge" && $0.verdict == .taken })
    }

    @Test func itClosesReduceOnlyWithThePosition() throws {
        let calm = (0..<130).map { Market.bar($0, 100, 100.5, 99.5, 100) }
        let plan = HedgePlan(with: InstrumentID(index: 1))
        let result = try World.run(try world(plan, main: calm, hedge: calm, onBar: { _, _ in }))
        let trades = result.fills.filter { $0.fill.instrument.index == 1 }.map(\.fill.quantity.units)
        // 20 % of 50 against it; through flat to the other side; closed with it.
        #expect(trades.prefix(4) == [-10_000, 10_000, 10_000, -10_000])
        let closed = try #require(result.decisions.first { $0.feature == "hedge" && $0.reason.hasPrefix("closed") })
        #expect(closed.side == .sell && closed.order != .none)
        let records = result.decisions.filter { $0.feature == "hedge" && !$0.reason.hasPrefix("closed") }
        #expect(records.first?.values.map(\.name) == ["position", "held", "ratio", "target"])
    }

    @Test func aBetaHedgeIsAsLargeAsTheTwoMoveTogether() throws {
        // The main market moves twice as far as the hedge, hour by hour.
        var random = SeededRandom(seed: 5)
        var (main, hedge) = (200.0, 1000.0)
        var bars: ([Bar], [Bar]) = ([], [])
        for index in 0..<3_000 {
            let (first, second) = (main, hedge)
            if index % 60 == 59 {
                let move = Double.random(in: -0.01...0.01, using: &random)
                (main, hedge) = (main * (1 + 2 * move), hedge * (1 + move))
            }
            bars.0.append(Market.bar(index, first, max(first, main), min(first, main), main))
            bars.1.append(Market.bar(index, second, max(second, hedge), min(second, hedge), hedge))
        }
        let plan = HedgePlan(with: InstrumentID(index: 1), method: .beta, ratio: 0.5)
        let result = try World.run(
            try world(plan, main: bars.0, hedge: bars.1, turn: 2_500, onBar: { _, _ in }))
        let waiting = try #require(result.decisions.first { $0.feature == "hedge" })
        #expect(waiting.verdict == .waiting && waiting.reason.contains("too few returns"))
        let taken = try #require(result.decisions.first { $0.feature == "hedge" && $0.verdict == .taken })
        let values = Dictionary(uniqueKeysWithValues: taken.values.map { ($0.name, $0.value) })
        let beta = try #require(values["beta"])
        #expect(abs(beta - 2) < 0.05)
        #expect(abs((values["target"] ?? 0) / (values["position"] ?? 1) + 0.5 * beta) < 1e-9)
    }

    @Test func unknownVolatilityHedgesAllOfTheDelta() throws {
        let calm = (0..<100).map { Market.bar($0, 100, 100.5, 99.5, 100) }
        let plan = HedgePlan(
            with: InstrumentID(index: 1), method: .deltaNeutral(calm: 0.4, stressed: 0.8), ratio: 0.3)
        let result = try World.run(try world(plan, main: calm, hedge: calm, turn: 2_500, onBar: { _, _ in }))
        #expect(result.fills.first { $0.fill.instrument.index == 1 }?.fill.quantity.units == -50_000)
    }

    @Test func aCalmMarketLeavesTheRatio() throws {
        let calm = (0..<3_000).map { Market.bar($0, 100, 100.5, 99.5, $0 % 60 == 59 ? 100.01 : 100) }
        let plan = HedgePlan(
            with: InstrumentID(index: 1), method: .deltaNeutral(calm: 0.4, stressed: 0.8), ratio: 0.3)
        let result = try World.run(try world(plan, main: calm, hedge: calm, turn: 2_500, onBar: { _, _ in }))
        let held = result.fills.filter { $0.fill.instrument.index == 1 && $0.fill.time < Market.time(2_400) }
            .reduce(0) { $0 + $1.fill.quantity.units }
        #expect(abs(held + 15_000) <= 20)
    }

    @Test func equalRunsHedgeAlike() throws {
        let plan = HedgePlan(with: InstrumentID(index: 1))
        let input = try world(
            plan, main: Market.walk(seed: 3, count: 300), hedge: Market.walk(seed: 4, count: 300), onBar: { _, _ in })
        let (first, second) = (try World.run(input), try World.run(input))
        #expect(first.resultHash == second.resultHash && first.decisions == second.decisions)
    }
}
