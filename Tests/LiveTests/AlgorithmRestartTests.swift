// SPDX-License-Identifier: Apache-2.0

import Engine
import EngineHarness
import Execution
import Indicators
import Journal
import OrderAlgorithms
import Strategies
import Testing
import Trading

@testable import Live

/// Order algorithms live in the engine, so that they survive a restart as everything it decides does.
@Suite("Order algorithms survive a restart") struct AlgorithmRestartTests {
    static let plans: [TradePlan] = [
        TradePlan(
            sizing: .quantity(Quantity(units: 1000)), stopLoss: Rate(units: 50_000_000),
            execution: ExecutionPlan(work: .paced(.time(slices: 2, over: .minutes(2))))),
        TradePlan(
            sizing: .quantity(Quantity(units: 1000)),
            execution: ExecutionPlan(
                work: .paced(.averaging(slices: 3, every: .minutes(1), drop: Rate(units: 1_000_000)))),
            trailing: TrailingPlan(atrMultiple: 3, atrPeriod: 3)),
        // Slices that rest at the venue, are left behind by the price, and are taken back and placed anew.
        TradePlan(
            sizing: .quantity(Quantity(units: 1000)), stopLoss: Rate(units: 50_000_000),
            execution: ExecutionPlan(
                work: .paced(.time(slices: 3, over: .minutes(3))),
                style: .passive(Rate(units: 2_000_000), isPostOnly: true))),
        TradePlan(
            sizing: .quantity(Quantity(units: 1000)), stopLoss: Rate(units: 50_000_000),
            takeProfit: Rate(units: 20_000_000),
            execution: ExecutionPlan(
                work: .iceberg(display: Rate(units: 300_000_000)), style: .passive(.zero, isPostOnly: false)),
            trailing: TrailingPlan(activation: Rate(units: 1_000_000))),
        TradePlan(
            sizing: .quantity(Quantity(units: 1000)),
            execution: ExecutionPlan(
                work: .paced(.averaging(slices: 3, every: .minutes(1), drop: nil)),
                style: .passive(Rate(units: 1_000_000), isPostOnly: false),
                acceleration: Acceleration(.adverse, move: Rate(units: 1_000_000), factor: Rate(units: 2_000_000_000)))),
    ]

    /// Wherever a crash cuts the journal of a session, its algorithms go on where they were, and it ends the same.
    @Test(arguments: plans)
    func everyCutEndsTheSame(plan: TradePlan) throws {
        typealias Base = LiveSessionTests
        func world() throws -> SessionWorld { try Base.world { $0.plan = plan } }
        let whole = try world()
        let (expected, records) = try Base.run(whole)
        let algorithms = try whole.replay()
        #expect(algorithms.core.engine.algorithms.count > 5)
        #expect(records.count > 100)
        var tried = 0
        for cut in 1..<records.count {
            guard let end = try Base.resume(world(), records.prefix(cut)) else { continue }
            #expect(end == expected, "cut after record \(cut)")
            tried += 1
        }
        #expect(tried > 50)
    }

    /// The same for orders that a configuration lists: each begins once, whatever the cut, and replay decides the same.
    @Test func everyCutOfListedOrdersEndsTheSame() throws {
        typealias Base = LiveSessionTests
        func world() throws -> SessionWorld { try Base.world { $0.strategy = Self.listed(around: $0.bars[0]) } }
        let whole = try world()
        let (expected, records) = try Base.run(whole)
        let engine = try whole.replay()
        #expect(engine.differences.isEmpty)
        #expect(engine.core.engine.algorithms.map(\.label) == ["slices", "group", "bracket", "again"])
        #expect(engine.core.engine.algorithms.allSatisfy { $0.ordersPlaced > 0 })
        var tried = 0
        for cut in 1..<records.count {
            guard let end = try Base.resume(world(), records.prefix(cut)) else { continue }
            #expect(end == expected, "cut after record \(cut)")
            tried += 1
        }
        #expect(tried > 50)
    }

    /// Slices, a group, a bracket, and an order that a condition begins again and again.
    static func listed(around bars: [Bar]) -> ListedOrders {
        let a = InstrumentID(0)
        let start = bars[LiveSessionTests.before].close.units
        @Sendable func request(
            _ side: Side, _ type: OrderType, limit: Int64? = nil, trigger: OrderLevel? = nil
        ) -> OrderRequest {
            OrderRequest(
                instrument: a, side: side, type: type, quantity: Quantity(units: 500),
                limit: limit.map { Price(units: start + $0) }, trigger: trigger)
        }
        return ListedOrders([
            .init(name: "slices") { _ in
                try SlicedOrder(
                    instrument: a, side: .buy, total: Quantity(units: 1000), pace: .time(slices: 5, over: .minutes(10)))
            },
            .init(name: "group") { _ in
                try LinkedOrders(legs: [
                    request(.sell, .limit, limit: 200),
                    request(.sell, .stop, trigger: .price(Price(units: start - 200))),
                ])
            },
            .init(name: "bracket") { _ in
                try LinkedOrders(
                    entry: request(.buy, .market),
                    legs: [
                        request(.sell, .stop, trigger: .fromEntry(Rate(units: -10_000_000))),
                        request(.sell, .takeProfit, trigger: .fromEntry(Rate(units: 10_000_000))),
                    ])
            },
            .init(name: "again") { setup in
                let average = try setup.indicator("sma", ["period": .integer(3)])
                let rising = Condition.compare(.close(a), .above, .input(.indicator(average)))
                return try TimedOrder(
                    try ConditionalOrder(
                        rising, then: try SingleOrder(request(.buy, .market)), trigger: .edge(times: 4)),
                    hours: try TradingHours(parsing: "00:00-24:00"))
            },
        ])
    }

    /// What the venue holds goes on while nobody is there: on paper too, wherever the program ended.
    ///
    /// One entry is decided on and nothing after it, so that the run without a break says what must have filled.
    @Test(arguments: [1, 2, 5])
    func whatRestsFillsInBarsThatWereMissed(missing: Int) throws {
        typealias Base = LiveSessionTests
        let first = Base.before + 2
        // One that rests until the market has come to it, and one that trades at once.
        for isPassive in [true, false] {
            func world() throws -> SessionWorld {
                try Base.world { world in
                    let time = world.bars[0][first].openTime
                    let ahead = world.bars[0][(first + 1)...(first + 6)]
                    let far = ahead.map(isPassive ? \.low : \.high).min()
                    let limit = Price(units: far.map { $0.units + (isPassive ? 5 : 100) } ?? 0)
                    world.strategy = Scripted { bar, context in
                        guard bar.openTime == time, let quantity = context.quantity(1),
                            let entry = context.submit(
                                OrderRequest(
                                    instrument: context.instrument.id, side: .buy, type: .limit, quantity: quantity,
                                    limit: limit, isPostOnly: isPassive))
                        else { return }
                        let group = context.newGroup()
                        for (type, rate) in [(OrderType.stop, -20_000_000), (.takeProfit, 5_000_000)] {
                            context.submit(
                                OrderRequest(
                                    instrument: context.instrument.id, side: .sell, type: type, quantity: .zero,
                                    trigger: .fromEntry(Rate(units: Int64(rate))), isReduceOnly: true, group: group,
                                    parent: entry))
                        }
                    }
                }
            }
            let whole = try world()
            let driver = try Base.driver(whole)
            Base.play(driver, whole)
            let expected = driver.session.fills.map(\.fill)
            #expect(expected.count == 2, "an entry and an exit, passive: \(isPassive)")
            let began = try #require(driver.session.fills.first?.fill.time)
            #expect(!isPassive || began > whole.bars[0][first + 2].openTime, "it rests for a while")
            let records = try whole.records()
            var tried = 0
            for cut in 1..<records.count {
                let again = try world()
                guard let resumed = try Base.resumed(again, records.prefix(cut), missing: missing) else { continue }
                // A session that had not begun has missed the bar at which it was to act.
                guard records.prefix(cut).contains(where: { if case .commands = $0.record { true } else { false } })
                else { continue }
                #expect(resumed.session.fills.map(\.fill) == expected, "cut after record \(cut), passive: \(isPassive)")
                #expect(try again.replay().differences.isEmpty)
                tried += 1
            }
            #expect(tried > 10)
        }
    }

    /// Wherever a crash cuts the journal, and however many bars are missed: what a slice was decided for is sent once.
    @Test(arguments: plans, [1, 3])
    func noSliceIsLostOrSentTwice(plan: TradePlan, missing: Int) throws {
        typealias Base = LiveSessionTests
        func world() throws -> SessionWorld { try Base.world { $0.plan = plan } }
        let (_, records) = try Base.run(try world())
        var tried = 0
        for cut in stride(from: 1, to: records.count, by: 3) {
            let again = try world()
            guard let resumed = try Base.resumed(again, records.prefix(cut), missing: missing) else { continue }
            let replay = try again.replay()
            #expect(replay.differences.isEmpty, "cut after record \(cut)")
            #expect(replay.core.undelivered.isEmpty, "cut after record \(cut)")
            let algorithms = replay.core.engine.algorithms
            let notes = replay.core.engine.algorithmNotes
            for algorithm in algorithms {
                let orders = Set(notes.filter { $0.algorithm == algorithm.id && $0.order != .none }.map(\.order))
                let traded = resumed.session.fills.filter { orders.contains($0.fill.order) }
                    .reduce(0) { $0 + $1.fill.quantity.magnitude.units }
                // What it counted is what its orders traded, and no more than it was started for.
                #expect(traded == algorithm.progress.filled.units, "cut after record \(cut): \(algorithm)")
                #expect(traded <= 1000, "cut after record \(cut): \(algorithm)")
            }
            tried += 1
        }
        #expect(tried > 20)
    }
}
