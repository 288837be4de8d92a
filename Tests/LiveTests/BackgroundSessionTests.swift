// SPDX-License-Identifier: Apache-2.0

import Backtest
import Engine
import EngineHarness
import Execution
import Journal
import Strategies
import TestSupport
import Testing
import Trading
import VenueInterface

@testable import Live

@Suite("Work beside the engine in a session")
struct BackgroundSessionTests {
    /// Gives away work at every bar and trades by what comes of it, or does not.
    struct Thinker: Strategy {
        static let definition = StrategyDefinition(name: "thinker", summary: "For tests.", parameters: [])
        /// The bars whose work was run, each as often as it was.
        let ran: Log<Int64>
        /// Bars from whose work on it traps, as far as a test can: it must not be called.
        let calls: Log<Int64>
        var stalls = 0
        var asked: [BackgroundTaskID] = []

        init(parameters: StrategyParameters) { self.init(ran: Log(), calls: Log()) }
        init(ran: Log<Int64>, calls: Log<Int64>) {
            self.ran = ran
            self.calls = calls
        }

        mutating func onBar(_ bar: Bar, _ context: inout StrategyContext) throws {
            calls.add(bar.openTime.nanoseconds)
            let (time, close, ran) = (bar.openTime.nanoseconds, bar.close.units, ran)
            asked.append(
                context.background(latency: .seconds(1 + time / 60_000_000_000 % 3 * 70)) {
                    ran.add(time)
                    return close
                })
        }

        mutating func onBackground(
            _ task: BackgroundTaskID, _ outcome: BackgroundOutcome, _ context: inout StrategyContext
        ) throws {
            guard asked.contains(task) else { throw StrategyError.badParameter(strategy: "thinker", reason: "unknown") }
            switch outcome {
            case .finished(let close): context.enter(((close as? Int64) ?? 0) % 2 == 0 ? .buy : .sell)
            case .stalled:
                stalls += 1
                context.exit()
            }
        }
    }

    static func world(
        seed: UInt64, _ thinker: Thinker, background: BackgroundLimits? = BackgroundLimits(),
        disk: SimulatedDisk = SimulatedDisk()
    ) throws -> SessionWorld {
        var world = try SessionWorld(seed: seed, count: 60, disk: disk)
        world.script = LiveSessionTests.script(world)
        world.strategy = thinker
        world.background = background
        return world
    }

    /// What becomes of a piece of work.
    enum Fate: CaseIterable { case atOnce, later, afterItWasGivenUp, never }

    /// Plays a session, computing what it wants computed as fate has it.
    static func play(_ driver: SessionDriver, _ world: SessionWorld, from first: Int = 0, seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var delayed: [(job: BackgroundJob, at: TimeSpan)] = []
        func serve() {
            while true {
                for job in driver.jobs {
                    switch Fate.allCases[Int(random.next() % 8) % 4] {
                    case .atOnce: delayed.append((job, .zero))
                    case .later: delayed.append((job, driver.now.monotonic + .milliseconds(300)))
                    case .afterItWasGivenUp: delayed.append((job, driver.now.monotonic + .seconds(25)))
                    case .never: break
                    }
                }
                driver.jobs = []
                let due = delayed.filter { $0.at <= driver.now.monotonic }
                guard !due.isEmpty else { return }
                delayed.removeAll { $0.at <= driver.now.monotonic }
                for entry in due { driver.input(.computed(entry.job.id, entry.job.work())) }
            }
        }
        serve()
        for number in first..<world.script[0].count {
            driver.event(number)
            serve()
            // Bars of a minute come every two seconds: work is waited for, and given up.
            driver.pass(.seconds(1))
            serve()
        }
        for _ in 0..<40 {
            driver.pass(.seconds(1))
            serve()
        }
    }

    static func begin(_ world: SessionWorld) throws -> SessionDriver {
        try SessionDriver(world, at: world.bars[0][LiveSessionTests.before].openTime)
    }

    static func verdicts(_ world: SessionWorld) throws -> Set<BackgroundTaskID> {
        var found: Set<BackgroundTaskID> = []
        for case .input(.stalled(let tasks)) in try world.records().map(\.record) { found.formUnion(tasks) }
        return found
    }

    @Test("with work that stalls, a session is played back bit for bit, and that work is not run", arguments: 0..<200)
    func replays(seed: UInt64) throws {
        let thinker = Thinker(ran: Log(), calls: Log())
        let world = try Self.world(seed: 1, thinker)
        let driver = try Self.begin(world)
        Self.play(driver, world, seed: seed)
        #expect(driver.report.counters.instants == 50)
        let verdicts = try Self.verdicts(world)
        #expect(!verdicts.isEmpty && driver.report.counters.stalled == verdicts.count)

        let again = Thinker(ran: Log(), calls: Log())
        var copy = world
        copy.strategy = again
        let replay = try copy.replay()
        #expect(replay.differences.isEmpty)
        #expect(replay.core.engine.resultHash.text == driver.fingerprint)
        // One piece of work for each bar, by number.
        let bars = again.calls.entries
        let stalled = Set(verdicts.map { bars[Int($0.number) - 1] })
        #expect(stalled.isDisjoint(with: again.ran.entries))
        // The last bars' work does not count any more.
        #expect(stalled.union(again.ran.entries).isSuperset(of: bars.dropLast(4)))
    }

    @Test("where all work is done in time, a session decides as if the engine computed it", arguments: 1..<20)
    func unhurried(seed: UInt64) throws {
        func fingerprint(_ background: BackgroundLimits?) throws -> String {
            let world = try Self.world(seed: seed, Thinker(ran: Log(), calls: Log()), background: background)
            let driver = try Self.begin(world)
            func serve() {
                while !driver.jobs.isEmpty {
                    let job = driver.jobs.removeFirst()
                    driver.input(.computed(job.id, job.work()))
                }
            }
            serve()
            for number in world.script[0].indices {
                driver.event(number)
                serve()
            }
            #expect(try Self.verdicts(world).isEmpty)
            #expect(driver.report.fills > 5)
            return driver.fingerprint
        }
        #expect(try fingerprint(nil) == fingerprint(BackgroundLimits()))
    }

    @Test("wherever a crash cuts the journal, the session goes on and is played back the same")
    func cuts() throws {
        let world = try Self.world(seed: 1, Thinker(ran: Log(), calls: Log()))
        Self.play(try Self.begin(world), world, seed: 7)
        let records = try world.records()
        #expect(records.count > 100)
        for cut in stride(from: 30, to: records.count, by: 7) {
            let disk = SimulatedDisk()
            let journal = try Journal.recover(disk, JournalSettings(journalID: 5), at: .epoch)
            for (_, raw) in records[..<cut] {
                _ = try journal.append(kind: raw.kind, payload: raw.payload, at: raw.time)
            }
            try journal.commit()
            let again = try Self.world(seed: 1, Thinker(ran: Log(), calls: Log()), disk: disk)
            var last = world.bars[0][LiveSessionTests.before - 1].openTime
            for (record, _) in records[..<cut] {
                if case .input(.instant(let instant)) = record { last = instant.bars.last?.bar.openTime ?? last }
            }
            guard let next = world.bars[0].firstIndex(where: { $0.openTime > last }) else { continue }
            let driver = try SessionDriver(again, at: world.bars[0][next].openTime)
            driver.event(0)
            Self.play(driver, again, from: 1 + 2 * (next - LiveSessionTests.before), seed: UInt64(cut))
            let replay = try again.replay()
            #expect(replay.differences.isEmpty, "cut after record \(cut)")
            #expect(replay.core.engine.resultHash.text == driver.fingerprint, "cut after record \(cut)")
        }
    }

    @Test("the present waits for the past, and the past for its work, but not for ever")
    func past() throws {
        let world = try Self.world(seed: 3, Thinker(ran: Log(), calls: Log()))
        let driver = try Self.begin(world)
        driver.event(0)
        driver.event(1)
        #expect(driver.lifecycle.state == .starting, "work of the first bars is awaited")
        #expect(driver.nextWake == driver.now.monotonic + .seconds(1))
        for _ in 0..<60 where driver.lifecycle.state == .starting { driver.pass(.seconds(10)) }
        #expect(driver.lifecycle.state == .running)
        #expect(driver.logs.contains { $0.level == .error && $0.text.contains("never ended") })
    }

    @Test("a trap while a record is played back leaves the strategy out from there on, in every later replay")
    func trap() throws {
        let thinker = Thinker(ran: Log(), calls: Log())
        var world = try Self.world(seed: 1, thinker, background: nil)
        // It is switched off early, so that the rest of the journal has no decision of it.
        let first = try Self.begin(world)
        for number in 0..<20 { first.event(number) }
        first.input(.command(.setStrategy(0, isOn: false)))
        for number in 20..<41 { first.event(number) }
        let before = try world.records()
        let off = try #require(
            before.firstIndex { if case .input(.command) = $0.record { true } else { false } })
        // The last instant before, at which it decided nothing that was not written already.
        let instants = before[..<off].indices.filter {
            if case .input(.instant) = before[$0].record { true } else { false }
        }
        let place = try #require(
            instants.last { index in
                !before[index..<off].contains { if case .commands = $0.record { true } else { false } }
            })
        let sequence = before[place].raw.sequence

        world.strategy = Thinker(ran: Log(), calls: Log())
        let trap = StrategyTrap(strategy: 0, sequence: sequence)
        let now = try #require(world.bars[0].dropFirst(LiveSessionTests.before + 20).first).openTime
        let second = try SessionDriver(world, at: now, after: first, traps: [trap])
        second.event(0)
        for number in 41..<61 { second.event(number) }
        #expect(try world.traps() == [trap])

        let last = Thinker(ran: Log(), calls: Log())
        world.strategy = last
        let replay = try world.replay()
        #expect(replay.differences.isEmpty)
        #expect(replay.core.engine.resultHash.text == second.fingerprint)
        guard case .input(.instant(let instant)) = before[place].record else { return }
        let from = instant.bars[0].bar.openTime.nanoseconds
        #expect(!last.calls.entries.isEmpty && last.calls.entries.allSatisfy { $0 < from })
    }
}
