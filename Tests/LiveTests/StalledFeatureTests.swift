// SPDX-License-Identifier: Apache-2.0

import Adaptive
import Engine
import EngineHarness
import Indicators
import Journal
import Strategies
import Testing
import Trading

@testable import Live

@Suite("A feature of the adaptive strategy whose work beside the engine stalls")
struct StalledFeatureTests {
    /// A profile is asked for each quarter of an hour; the session is three hours and a half of minutes.
    @Test("PRP 26: it pauses alone after three stalls, asks for nothing meanwhile, and is tried again")
    func stalls() throws {
        var world = try SessionWorld(seed: 2, count: 220)
        world.script = LiveSessionTests.script(world)
        world.strategy = try EnhancedStrategy(
            parameters: StrategyParameters(["direction": "both"], for: EnhancedStrategy.definition))
        world.background = BackgroundLimits()
        let driver = try SessionDriver(world, at: world.bars[0][LiveSessionTests.before].openTime)
        var asked: [Timestamp] = []
        for number in world.script[0].indices {
            driver.event(number)
            // Longer than work is waited for, shorter than bars are too late.
            driver.pass(.seconds(2))
            for job in driver.jobs {
                asked.append(driver.report.lastInstant ?? .distantPast)
                // What comes back after the first three is in time.
                if asked.count > 3 { driver.input(.computed(job.id, job.work())) }
            }
            driver.jobs = []
        }
        #expect(driver.report.counters.stalled == 3)
        #expect(driver.report.pauses.isEmpty && driver.report.counters.instants == 210)

        var replay = try Replay(world.setup())
        replay.keepDecisions()
        for entry in try world.records() { try replay.apply(entry.record, sequence: entry.raw.sequence) }
        #expect(replay.differences.isEmpty)
        let changes = replay.takeDecisions().filter { $0.kind == .feature }
        #expect(changes.allSatisfy { $0.feature == "volume_profile" })
        let pause = try #require(changes.first)
        #expect(pause.reason.contains("its background task stalled"))
        // Its work is asked for again once the pause of an hour is over.
        let until = pause.time + .hours(1)
        #expect(asked.allSatisfy { $0 <= pause.time || $0 >= until })
        #expect(asked.contains { $0 >= until } && asked.count > 4)
    }
}
