// SPDX-License-Identifier: Apache-2.0

import Engine
import EngineHarness
import Execution
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

    /// What the venue holds goes on while nobody is there: on paper too, wherever the program ended.
    ///
    /// One entry is decided on and nothing after it, so that the run without a break says what must have filled.
    @Test(arguments: [1, 2, 5])
    func whatRestsFillsInBarsThatWereMissed(missing: Int) throws {
        typealias Base = LiveSessionTests
        let (first, steps) = (Base.before + 2, [-0.02, 0.02])
        for step in steps {
            func world() throws -> SessionWorld {
                try Base.world { world in
                    let time = world.bars[0][first].openTime
                    world.strategy = Scripted { bar, context in
                        guard bar.openTime == time, let quantity = context.quantity(1),
                            let limit = context.price(context.close * (1 + step / 100)),
                            let entry = context.submit(
                                OrderRequest(
                                    instrument: context.instrument.id, side: .buy, type: .limit, quantity: quantity,
                                    limit: limit, isPostOnly: step < 0))
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
            #expect(expected.count == 2, "an entry and an exit, \(step) % from the close")
            let records = try whole.records()
            var tried = 0
            for cut in 1..<records.count {
                let again = try world()
                guard let resumed = try Base.resumed(again, records.prefix(cut), missing: missing) else { continue }
                // A session that had not begun has missed the bar at which it was to act.
                guard records.prefix(cut).contains(where: { if case .commands = $0.record { true } else { false } })
                else { continue }
                #expect(resumed.session.fills.map(\.fill) == expected, "cut after record \(cut), \(step) %")
                #expect(try again.replay().differences.isEmpty)
                tried += 1
            }
            #expect(tried > 10)
        }
    }
}
