// SPDX-License-Identifier: Apache-2.0

import Engine
import EngineHarness
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
}
