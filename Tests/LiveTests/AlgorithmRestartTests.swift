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
    ]

    /// Wherever a crash cuts the journal of a session, its algorithms go on where they were, and it ends the same.
    @Test(arguments: plans)
    func everyCutEndsTheSame(plan: TradePlan) throws {
        typealias Base = LiveSessionTests
        var whole = try Base.world()
        whole.plan = plan
        let driver = try Base.driver(whole)
        Base.play(driver, whole)
        let expected = driver.fingerprint
        let records = try whole.records()
        var algorithms = try Replay(whole.setup())
        for (record, raw) in records { try algorithms.apply(record, sequence: raw.sequence) }
        #expect(algorithms.core.engine.algorithms.count > 5)
        #expect(records.count > 100)
        var tried = 0
        for cut in 1..<records.count {
            var world = try SessionWorld(disk: SimulatedDisk())
            world.script = Base.script(world)
            world.plan = plan
            let journal = try Journal.recover(world.disk, JournalSettings(journalID: 5), at: .epoch)
            for (_, raw) in records.prefix(cut) {
                _ = try journal.append(kind: raw.kind, payload: raw.payload, at: raw.time)
            }
            try journal.commit()
            var last = world.bars[0][Base.before - 1].openTime
            var hasStarted = false
            for (record, _) in records.prefix(cut) {
                if case .input(.instant(let instant)) = record { last = instant.bars.last?.bar.openTime ?? last }
                if case .input = record { hasStarted = true }
            }
            let done = world.bars[0].firstIndex { $0.openTime > last } ?? world.bars[0].count
            guard hasStarted, done < world.bars[0].count else { continue }
            let again = try SessionDriver(world, at: world.bars[0][done].openTime)
            again.event(0)
            Base.play(again, world, from: 1 + 2 * (done - Base.before))
            #expect(again.fingerprint == expected, "cut after record \(cut), before bar \(done)")
            tried += 1
        }
        #expect(tried > 50)
    }
}
