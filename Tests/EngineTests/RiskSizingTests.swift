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

/// Enters with its first bar and stays.
private func entering(_ side: Side = .buy, at minute: Int = 30) -> Scripted {
    Scripted { bar, context in
        if bar.openTime == Market.time(minute) { context.enter(side) }
    }
}

private func run(
    _ bars: [[Bar]], _ plan: TradePlan, cash: Int64 = 1_000_000, _ strategy: any Strategy = entering()
) throws -> BacktestResult {
    var world = try World(bars)
    world.cash = Amount(whole: cash)
    world.add(strategy, plan: plan)
    var input = try world.input()
    input.keepsDecisions = true
    return try World.run(input)
}

@Suite("Sizing in the engine") struct RiskSizingTests {
    /// Closes of 100 that swing by one: the average true range is 2.
    private static let swinging = (0..<60).map { Market.bar($0, 100, 101, 99, 100) }

    private static func sizing(_ change: (inout SizingSettings) -> Void) -> SizingSettings {
        var settings = SizingSettings()
        change(&settings)
        return settings
    }

    /// Of an equity of 1,000,000 at a price of 100; quantities in thousandths.
    @Test(arguments: [
        (settings: sizing { $0.fixedFraction = 0.1 }, most: Int64(5_000_000), expected: Int64(1_000_000)),
        (settings: sizing { $0.fixedFraction = 0.25 }, most: 5_000_000, expected: 2_500_000),
        // max_position_size stays the most.
        (settings: sizing { $0.fixedFraction = 0.25 }, most: 700_000, expected: 700_000),
        // 0.2 % of the equity is lost where the price moves by 2 × 2 of 100: 5 %.
        (
            settings: sizing {
                $0.fixedFraction = 1
                $0.volatilityRisk = 0.002
            }, most: 5_000_000, expected: 500_000
        ),
        // Kelly has no say before there are trades, and nothing else is held.
        (
            settings: sizing {
                $0.kelly = SizingSettings.Kelly()
                $0.correlatedShare = 0
            }, most: 5_000_000, expected: 1_000_000
        ),
    ])
    func theSizeFollowsWhatIsKnown(_ row: (settings: SizingSettings, most: Int64, expected: Int64)) throws {
        var plan = TradePlan(sizing: .quantity(Quantity(units: row.most)))
        plan.riskSizing = SizingPlan(row.settings)
        let result = try run([Self.swinging], plan)
        #expect(result.trades.map(\.quantity) == [row.expected])
        let note = try #require(result.decisions.first { $0.feature == "sizing" })
        #expect(note.verdict == (row.expected < row.most ? .changed : .taken))
        #expect(note.reason.contains("fixed fraction") && note.values.contains { $0.name == "share" })
    }

    @Test func withoutARangeNothingIsEnteredAndTheRecordSaysWhy() throws {
        var plan = TradePlan(sizing: .quantity(Quantity(units: 1000)))
        plan.riskSizing = SizingPlan(Self.sizing { $0.volatilityRisk = 0.01 })
        let result = try run([(0..<60).map { Market.bar($0, 100, 100, 100, 100) }], plan)
        #expect(result.fills.isEmpty && result.denials.map(\.reason) == [.exposureLimit])
        let note = try #require(result.decisions.first { $0.feature == "sizing" })
        #expect(note.verdict == .refused && note.reason.contains("the range is 0.0"))
    }

    @Test func aPartOfTheCapitalIsTheStrategysOwn() throws {
        var plan = TradePlan(sizing: .quantity(Quantity(units: 5_000_000)), capital: Amount(whole: 50_000))
        plan.riskSizing = SizingPlan(Self.sizing { $0.fixedFraction = 0.5 })
        let result = try run([Self.swinging], plan)
        #expect(result.trades.map(\.quantity) == [250_000])
    }

    @Test func kellyStopsAStrategyThatOnlyLoses() throws {
        // Long over bars that fall by one, again and again.
        let bars = (0..<200).map { index -> Bar in
            let top = 100.0
            return index % 4 < 2 ? Market.bar(index, top, top + 1, top - 1, top) : Market.bar(index, top, top, 98, 98)
        }
        var kelly = SizingSettings.Kelly()
        kelly.minimumTrades = 5
        var plan = TradePlan(sizing: .quantity(Quantity(units: 1000)))
        plan.riskSizing = SizingPlan(Self.sizing { $0.kelly = kelly }, recentTrades: 10)
        let result = try run(
            [bars], plan,
            Scripted { bar, context in
                switch Int((bar.openTime.nanoseconds - Market.start.nanoseconds) / Market.minute) % 4 {
                case 0: context.enter(.buy)
                case 2: context.exit()
                default: break
                }
            })
        #expect(result.fills.count == 10)
        let refused = try #require(result.decisions.first { $0.feature == "sizing" && $0.verdict == .refused })
        #expect(refused.reason.contains("is no edge"))
    }

    /// The second of two markets that always move together, and of two that were not measured yet, keeps its share.
    @Test func whatMovesTogetherIsSizedDown() throws {
        var plan = TradePlan(sizing: .quantity(Quantity(units: 5_000_000)))
        plan.riskSizing = SizingPlan(Self.sizing { $0.correlatedShare = 0.4 })
        var world = try World([Self.swinging, Self.swinging])
        world.add(entering(at: 20), name: "a", plan: plan)
        world.add(entering(at: 30), name: "b", instrument: 1, plan: plan)
        let result = try world.run()
        #expect(result.trades.map(\.quantity) == [1_000_000, 400_000])
    }

    /// Property 25: whatever the settings, no entry is larger than planned, nor than the fixed fraction of the equity.
    @Test(arguments: UInt64(0)..<40)
    func noSettingMakesAnEntryLarger(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var settings = SizingSettings()
        settings.fixedFraction = Double.random(in: 0.01...1, using: &random)
        if Bool.random(using: &random) { settings.volatilityRisk = Double.random(in: 0.001...0.1, using: &random) }
        if Bool.random(using: &random) { settings.correlatedShare = Double.random(in: 0...1, using: &random) }
        if Bool.random(using: &random) {
            settings.kelly = SizingSettings.Kelly()
            settings.kelly?.minimumTrades = 2
        }
        let most = Int64.random(in: 1...40_000_000, using: &random)
        var plan = TradePlan(sizing: .quantity(Quantity(units: most)), leverage: 10)
        plan.riskSizing = SizingPlan(settings)
        if Bool.random(using: &random) {
            var leverage = LeverageSettings()
            leverage.targetVolatility = 0.01
            leverage.fullAge = 3600
            leverage.freeMargin = 0.5
            plan.dynamicLeverage = LeveragePlan(leverage)
        }
        let seen = Log<(most: Int64, quantity: Int64, worth: Double, equity: Double)>()
        let cap = plan.sizing
        let result = try run(
            [Market.walk(seed: seed, count: 400)], plan,
            Scripted { bar, context in
                guard context.position.units == 0 else {
                    if (bar.openTime.nanoseconds / Market.minute) % 7 == 0 { context.exit() }
                    return
                }
                let confidence = Double((bar.openTime.nanoseconds / Market.minute) % 10 + 1) / 10
                let intent = EntryIntent(instrument: context.instrument.id, side: .buy, confidence: confidence)
                guard let quantity = context.plannedQuantity(for: intent), case .quantity(let most) = cap else {
                    return
                }
                seen.add((most.units, quantity.units, Double(quantity.units) / 1000 * context.close, context.equity))
                context.submit(
                    OrderRequest(
                        instrument: context.instrument.id, side: .buy, type: .market, quantity: quantity))
            })
        for entry in seen.entries {
            #expect(entry.quantity <= entry.most)
            #expect(entry.worth <= settings.fixedFraction * entry.equity * (1 + 1e-9))
        }
        #expect(result.finalEquity.units > 0)
    }
}

@Suite("Dynamic leverage in the engine") struct RiskLeverageTests {
    private static let flat = (0..<200).map { Market.bar($0, 100, 101, 99, 100) }

    private static func leveraged(_ change: (inout LeverageSettings) -> Void) -> TradePlan {
        var plan = TradePlan(sizing: .quantity(Quantity(units: 100_000_000)), leverage: 10)
        var settings = LeverageSettings()
        settings.maximum = 4
        change(&settings)
        plan.dynamicLeverage = LeveragePlan(settings)
        return plan
    }

    /// Of an equity of 100,000 at a price of 100; quantities in thousandths.
    static let rows: [(plan: TradePlan, expected: Int64)] = [
        (leveraged { _ in }, 4_000_000),
        // The range of 2 of 100 is twice the target: half of 4.
        (leveraged { $0.targetVolatility = 0.01 }, 2_000_000),
        // Nothing trends: half of 4.
        (leveraged { $0.strongTrend = 25 }, 2_000_000),
        (leveraged { $0.freeMargin = 1 }, 4_000_000),
    ]

    @Test(arguments: rows)
    func theWorthOfAPositionIsBounded(_ row: (plan: TradePlan, expected: Int64)) throws {
        let result = try run([Self.flat], row.plan, cash: 100_000, entering(at: 60))
        #expect(result.trades.map(\.quantity) == [row.expected])
        #expect(result.decisions.contains { $0.feature == "dynamic_leverage" && $0.verdict == .changed })
    }

    @Test func marginOfOtherPositionsLeavesLess() throws {
        var world = try World([Self.flat, Self.flat])
        world.cash = Amount(whole: 100_000)
        world.add(
            entering(at: 50), name: "a", instrument: 1, plan: TradePlan(sizing: .notional(Amount(whole: 750_000))))
        // Three quarters of the equity are margin at leverage 10, and half of it free would be comfortable.
        world.add(entering(at: 60), name: "b", plan: Self.leveraged { $0.freeMargin = 0.5 })
        #expect(try world.run().trades.map(\.quantity) == [7_500_000, 2_000_000])
    }

    @Test func aPositionIsReducedWithItsTimeWhateverItsStrategyDoes() throws {
        let plan = Self.leveraged {
            $0.fullAge = 60 * 60
            $0.agedShare = 0.25
        }
        let result = try run([Self.flat], plan, cash: 100_000, entering(at: 60))
        let trades = result.trades
        #expect(trades.count > 3 && trades.dropFirst().allSatisfy { $0.quantity < 0 })
        var held: Int64 = 0
        for trade in trades {
            held += trade.quantity
            let age = Double(trade.minute - trades[0].minute) / 60
            let most = 4_000_000 * (1 - 0.75 * min(1, age))
            #expect(Double(held) <= most * 1.12 && held > 0)
        }
        #expect(Double(held) <= 1_000_000 * 1.1)
        let notes = result.decisions.filter { $0.feature == "dynamic_leverage" && $0.kind == .exit }
        #expect(notes.count == trades.count - 1 && notes.allSatisfy { $0.order != .none })
    }
}

@Suite("Risk plans that cannot be meant") struct RiskPlanTests {
    typealias Change = @Sendable (inout TradePlan) -> Void

    static let changes: [(key: String, change: Change)] = [
        ("sizing.fixed_fraction", { $0.riskSizing?.settings.fixedFraction = .nan }),
        ("sizing.atr_multiple", { $0.riskSizing?.settings.atrMultiple = 0 }),
        ("sizing.kelly.recent_trades", { $0.riskSizing?.settings.kelly = SizingSettings.Kelly() }),
        ("dynamic_leverage.minimum", { $0.dynamicLeverage?.settings.minimum = 0 }),
        ("dynamic_leverage.band", { $0.dynamicLeverage?.band = -1 }),
        ("hedge.market", { $0.hedge?.instrument = InstrumentID(index: 0) }),
        ("hedge.market", { $0.hedge?.instrument = InstrumentID(index: 9) }),
        ("hedge_ratio", { $0.hedge?.ratio = 2 }),
        ("hedge.band", { $0.hedge?.band = 0.3 }),
        ("hedge.calm_volatility", { $0.hedge?.method = .deltaNeutral(calm: 2, stressed: 1) }),
    ]

    @Test(arguments: changes)
    func areRefusedWithTheirKey(_ row: (key: String, change: Change)) throws {
        var plan = TradePlan(sizing: .quantity(Quantity(units: 1000)))
        plan.riskSizing = SizingPlan(SizingSettings(), recentTrades: 10)
        plan.dynamicLeverage = LeveragePlan(LeverageSettings())
        plan.hedge = HedgePlan(with: InstrumentID(index: 1))
        let bars = Market.walk(seed: 1, count: 50)
        _ = try run([bars, bars], plan)
        row.change(&plan)
        do {
            _ = try run([bars, bars], plan)
            Issue.record("it ran")
        } catch { #expect("\(error)".contains(row.key), "\(error)") }
    }
}
