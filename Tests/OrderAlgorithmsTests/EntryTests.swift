// SPDX-License-Identifier: Apache-2.0

import Backtest
import Engine
import EngineHarness
import Execution
import MarketData
import OrderAlgorithms
import Simulation
import Strategies
import TestSupport
import Testing
import Trading

@testable import Live

/// Entries that the trade plan has worked by algorithms.
@Suite("Worked entries") struct EntryTests {
    static let plans: [(String, ExecutionPlan)] = [
        ("twap", ExecutionPlan(work: .paced(.time(slices: 5, over: .minutes(10))))),
        ("vwap", ExecutionPlan(work: .paced(.volumeCurve([3, 1, 2], over: .minutes(9))))),
        ("volume", ExecutionPlan(work: .paced(.participation(Rate(units: 20_000_000), over: .minutes(20))))),
        (
            "iceberg",
            ExecutionPlan(work: .iceberg(display: Rate(units: 150_000_000)), style: .passive(.zero, isPostOnly: false))
        ),
        (
            "dca",
            ExecutionPlan(work: .paced(.averaging(slices: 4, every: .minutes(3), drop: Rate(units: 5_000_000))))
        ),
        (
            "passive",
            ExecutionPlan(
                work: .paced(.time(slices: 4, over: .minutes(12))),
                style: .passive(Rate(units: 1_000_000), isPostOnly: true),
                acceleration: Acceleration(.adverse, move: Rate(units: 2_000_000), factor: Rate(units: 2_000_000_000)))
        ),
        ("hours", ExecutionPlan(hours: TradingHours(days: [0], from: 60, to: 300))),
    ]

    /// Enters and leaves by the clock, in both directions.
    static func world(seed: UInt64, plan index: Int, isProtected: Bool = true) throws -> World {
        var world = try World([Market.walk(seed: seed, count: 400, hasGaps: seed % 2 == 1)])
        world.rules = TradingRules(minimumQuantity: Quantity(units: 40))
        let plan = TradePlan(
            sizing: .quantity(Quantity(units: 1000)), stopLoss: isProtected ? Rate(units: 30_000_000) : nil,
            takeProfit: isProtected ? Rate(units: 40_000_000) : nil, execution: plans[index].1,
            trailing: isProtected ? TrailingPlan(atrMultiple: 5, activation: Rate(units: 5_000_000)) : nil)
        world.add(
            Scripted { bar, context in
                switch (bar.openTime.nanoseconds / Market.minute) % 60 {
                case 0: context.enter(.buy)
                case 25: context.exit()
                case 30: context.enter(.sell)
                case 45: context.enter(.buy)
                default: break
                }
            }, plan: plan)
        return world
    }

    static func instants(_ input: BacktestInput) -> [DecisionInput] {
        (input.feeds[0]?.bars ?? []).map { bar in
            .instant(
                ClosedInstant(close: bar.openTime + .minutes(1), bars: [InstrumentBar(InstrumentID(0), bar)]))
        }
    }

    static func core(_ input: BacktestInput) throws -> DecisionCore {
        try DecisionCore(
            DecisionSetup(
                account: input.account, deposits: input.deposits,
                feeds: [DecisionSetup.Feed(timeframe: .oneMinute, quantityDecimals: 3, keeps: 50)],
                strategies: input.strategies, simulation: input.simulation,
                start: input.feeds.compactMap { $0?.firstOpenTime }.min() ?? .epoch))
    }

    /// A paper session, and one that is rebuilt half-way from what was journalled, decide as a backtest does.
    @Test(arguments: 0..<plans.count, [UInt64](0..<30))
    func everyModeDecidesAlikeAndARestartChangesNothing(plan: Int, seed: UInt64) throws {
        let input = try Self.world(seed: seed, plan: plan).input()
        let backtest = try World.run(input)
        #expect(backtest.orders > 5)
        var journal: [DecisionInput] = []
        var paper = try Self.core(input)
        let instants = Self.instants(input)
        let cut = Int(seed * 13 % UInt64(instants.count))
        for (index, instant) in instants.enumerated() {
            if index == cut {
                var rebuilt = try Self.core(input)
                for input in journal { _ = try rebuilt.apply(input) }
                #expect(rebuilt.engine.algorithms == paper.engine.algorithms)
                #expect(rebuilt.engine.resultHash == paper.engine.resultHash)
                paper = rebuilt
            }
            journal.append(instant)
            guard try !paper.apply(instant).isEmpty else { continue }
            journal.append(.paperOrders(refused: []))
            _ = try paper.apply(.paperOrders(refused: []))
        }
        #expect(paper.engine.resultHash.text == backtest.resultHash)
    }

    /// A position never grows beyond the plan's size, whatever the entry is made of.
    @Test(arguments: 0..<plans.count, [UInt64](0..<30))
    func thePositionNeverExceedsThePlan(plan: Int, seed: UInt64) throws {
        let result = try Self.world(seed: seed, plan: plan, isProtected: false).run()
        #expect(!result.fills.isEmpty)
        for record in result.fills { #expect(record.after.magnitude.units <= 1000) }
    }

    @Test func aStopEndsAnEntryThatIsBeingBuilt() throws {
        var world = try World(closes: [100, 100, 100, 90, 90, 90, 90, 90, 90, 90, 90, 90])
        world.add(
            Scripted { _, context in if context.barCount() == 1 { context.enter(.buy) } },
            plan: TradePlan(
                sizing: .quantity(Quantity(units: 1000)), stopLoss: Rate(units: 50_000_000),
                execution: ExecutionPlan(work: .paced(.time(slices: 10, over: .minutes(10))))))
        let result = try world.run()
        let bought = result.fills.filter { $0.fill.side == .buy }.count
        #expect((2...4).contains(bought))
        #expect(result.fills.last?.after.units == 0 || bought == 4)
    }

    @Test func outsideOfItsHoursNoEntryIsMade() throws {
        var world = try World(closes: [Double](repeating: 100, count: 30))
        world.add(
            Scripted { bar, context in
                if [2, 12].contains(context.barCount()) { context.enter(.buy) }
                if [8, 18].contains(context.barCount()) { context.exit() }
            },
            plan: TradePlan(
                sizing: .quantity(Quantity(units: 10)),
                execution: ExecutionPlan(hours: TradingHours(days: [0], from: 10, to: 15))))
        let result = try world.run()
        #expect(result.trades.map(\.minute) == [12, 18])
        #expect(result.denials.contains { $0.reason == .outsideHours })
    }

    @Test func withoutARangeThereIsNoEntryThatItWouldProtect() throws {
        var world = try World(closes: [Double](repeating: 100, count: 40))
        world.add(
            Scripted { _, context in context.enter(.buy) },
            plan: TradePlan(sizing: .quantity(Quantity(units: 10)), trailing: TrailingPlan(atrMultiple: 3)))
        let result = try world.run()
        #expect(result.fills.isEmpty)
        #expect(result.denials.contains { $0.reason == .noProtection })
    }

    @Test func aPlanThatCannotBeMeantStopsTheRunBeforeItBegins() throws {
        var world = try World(closes: HostingTests.flat)
        world.add(
            Scripted(),
            plan: TradePlan(
                sizing: .quantity(Quantity(units: 10)),
                execution: ExecutionPlan(work: .paced(.time(slices: 0, over: .minutes(1))))))
        #expect(throws: (any Error).self) { try world.run() }
    }
}
