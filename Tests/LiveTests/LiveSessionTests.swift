// SPDX-License-Identifier: Apache-2.0

import Engine
import EngineHarness
import Execution
import Journal
import Risk
import TestSupport
import Testing
import Trading
import VenueInterface

@testable import Live

@Suite("A session on a scripted venue")
struct LiveSessionTests {
    /// The number of bars that are there before the session begins.
    static let before = 10

    static func growing(_ bar: Bar, _ instrument: Int = 0) -> VenueEvent {
        .bar(InstrumentID(index: instrument), .oneMinute, bar, isClosed: false)
    }
    static func closed(_ bar: Bar, _ instrument: Int = 0) -> VenueEvent {
        .bar(InstrumentID(index: instrument), .oneMinute, bar, isClosed: true)
    }

    /// The link comes up, then each bar grows and closes.
    static func script(_ world: SessionWorld) -> [[VenueEvent]] {
        world.bars.enumerated().map { index, bars in
            [.linkUp] + bars.dropFirst(before).flatMap { [growing($0, index), closed($0, index)] }
        }
    }

    static func world(
        seed: UInt64 = 1, venues: Int = 1, mode: SessionMode = .paper,
        _ change: (inout SessionWorld) -> Void = { _ in }
    ) throws -> SessionWorld {
        var world = try SessionWorld(seed: seed, venues: venues)
        world.mode = mode
        world.script = script(world)
        change(&world)
        return world
    }

    static func driver(_ world: SessionWorld) throws -> SessionDriver {
        try SessionDriver(world, at: world.bars[0][before].openTime)
    }

    /// The same, once the account was compared with the venue's, which takes some seconds.
    static func liveDriver(_ world: SessionWorld, _ given: SessionDriver? = nil) throws -> SessionDriver {
        let driver = try given ?? driver(world)
        for number in 0...1 { for venue in world.script.indices { driver.event(number, venue: venue) } }
        for _ in 0..<60 where driver.lifecycle.state == .starting { driver.pass(.seconds(1)) }
        try #require(driver.lifecycle.state == .running, "\(driver.logs.map(\.text))")
        return driver
    }

    /// All events of all venues, in the order of the script.
    static func play(_ driver: SessionDriver, _ world: SessionWorld, from first: Int = 0) {
        for number in first..<world.script[0].count {
            for venue in world.script.indices { driver.event(number, venue: venue) }
        }
    }

    @Test(arguments: [1, 2])
    func aPaperSessionTradesAndReplaysToTheSameEnd(venues: Int) throws {
        let world = try Self.world(venues: venues)
        let driver = try Self.driver(world)
        Self.play(driver, world)
        let report = driver.report
        #expect(report.state == .running && report.pauses.isEmpty)
        #expect(report.counters.instants == 30 && report.counters.staleInstants == 0)
        #expect(report.fills > 5 * venues)
        #expect(driver.said.isEmpty, "on paper nothing is sent")
        var replay = try Replay(world.setup())
        for entry in try world.records() { try replay.apply(entry.record, sequence: entry.raw.sequence) }
        #expect(replay.differences.isEmpty)
        #expect(replay.core.engine.resultHash.text == report.fingerprint)
    }

    @Test func whatAJournalHoldsInsteadOfTheTruthIsFound() throws {
        let world = try Self.world()
        let driver = try Self.driver(world)
        Self.play(driver, world)
        let records = try world.records().map(\.record)
        func differences(_ records: [SessionRecord]) throws -> Int {
            var replay = try Replay(world.setup())
            for (index, record) in records.enumerated() { try replay.apply(record, sequence: UInt64(index + 1)) }
            return replay.differences.count
        }
        #expect(try differences(records) == 0)
        var tried: Set<UInt16> = []
        for (index, record) in records.enumerated() {
            var changed = records
            switch record {
            case .commands(let commands):
                changed[index] = .commands(
                    commands.map {
                        OrderCommand(
                            order: $0.order, strategy: $0.strategy, instrument: $0.instrument,
                            sentAt: $0.sentAt + .milliseconds(1), command: $0.command)
                    })
                #expect(try differences(changed) > 0, "a changed decision in record \(index)")
                changed = records
                changed.remove(at: index)
                #expect(try differences(changed) > 0, "a missing decision in record \(index)")
            case .fingerprint(let value):
                changed[index] = .fingerprint(value ^ 1)
                #expect(try differences(changed) == 1, "a changed fingerprint in record \(index)")
            case .paperReports(let reports):
                changed[index] = .paperReports(reports.dropLast())
                #expect(try differences(changed) > 0, "a missing fill in record \(index)")
            default: continue
            }
            tried.insert(record.kind)
        }
        #expect(tried == [4, 5, 6])
    }

    /// A paper session from its begin to its end, without a crash.
    static func run(
        _ world: SessionWorld
    ) throws -> (fingerprint: String, records: [(record: SessionRecord, raw: JournalRecord)]) {
        let driver = try driver(world)
        play(driver, world)
        return (driver.fingerprint, try world.records())
    }

    /// The same, begun with the first records of a journal; `nil` where a cut leaves nothing to go on with.
    ///
    /// - Parameter missing: So many bars close before it is started again.
    static func resume(
        _ world: SessionWorld, _ records: ArraySlice<(record: SessionRecord, raw: JournalRecord)>, missing: Int = 0
    ) throws -> String? {
        try resumed(world, records, missing: missing)?.fingerprint
    }

    static func resumed(
        _ world: SessionWorld, _ records: ArraySlice<(record: SessionRecord, raw: JournalRecord)>, missing: Int = 0
    ) throws -> SessionDriver? {
        let journal = try Journal.recover(world.disk, JournalSettings(journalID: 5), at: .epoch)
        for (_, raw) in records { _ = try journal.append(kind: raw.kind, payload: raw.payload, at: raw.time) }
        try journal.commit()
        // The venue says what comes after the last bar that the journal holds.
        var last = world.bars[0][before - 1].openTime
        var hasStarted = false
        for (record, _) in records {
            if case .input(.instant(let instant)) = record { last = instant.bars.last?.bar.openTime ?? last }
            if case .input = record { hasStarted = true }
        }
        let done = (world.bars[0].firstIndex { $0.openTime > last } ?? world.bars[0].count) + missing
        guard hasStarted, done < world.bars[0].count else { return nil }
        let again = try SessionDriver(world, at: world.bars[0][done].openTime)
        again.event(0)
        play(again, world, from: 1 + 2 * (done - before))
        return again
    }

    /// Wherever a crash cuts the journal, the session goes on as if nothing had been.
    @Test func everyCutOfAPaperSessionEndsTheSame() throws {
        let (expected, records) = try Self.run(try Self.world())
        #expect(records.count > 100)
        for cut in 1..<records.count {
            guard let end = try Self.resume(try Self.world(), records.prefix(cut)) else { continue }
            #expect(end == expected, "cut after record \(cut)")
        }
    }

    // MARK: What arrives otherwise than it should

    @Test func aGapIsFilledByAskingAndRepeatedBarsChangeNothing() throws {
        let world = try Self.world()
        let straight = try Self.driver(world)
        Self.play(straight, world)
        let odd = try Self.driver(try Self.world())
        // Bars 3 and 4 are not said at first, and some are said twice.
        for number in world.script[0].indices where !(7...11).contains(number) {
            odd.event(number)
            if number % 4 == 2 { odd.event(number) }
        }
        let report = odd.report
        #expect(report.counters.instants == 30, "the missing ones were asked for")
        #expect(report.lastInstant == straight.report.lastInstant)
    }

    @Test func lateBarsAreSeenAndNotActedOn() throws {
        let world = try Self.world()
        let driver = try Self.driver(world)
        for number in 0..<3 { driver.event(number) }
        // Five minutes are said at once after a silence.
        driver.event(2 * 8)
        let report = driver.report
        #expect(report.counters.instants > 5)
        #expect(report.counters.staleInstants > 0 && report.counters.staleInstants < report.counters.instants)
    }

    @Test func aLostLinkPausesAndItsReturnReadsWhatWasMissed() throws {
        let world = try Self.world { $0.script[0] += [.linkDown(reason: "gone")] }
        let down = world.script[0].count - 1
        let driver = try Self.driver(world)
        for number in 0..<9 { driver.event(number) }
        driver.event(down)
        #expect(driver.report.pauses == ["venue0: gone"])
        driver.event(13)
        driver.event(0)
        #expect(driver.report.pauses.isEmpty)
        #expect(driver.report.counters.reconnects == 1)
        for number in 13..<down { driver.event(number) }
        #expect(driver.report.counters.instants == 30)
    }

    /// On our clock a bar that never comes holds nobody up for longer than the grace.
    @Test func onTheWallClockTheGraceEndsAWait() throws {
        let world = try Self.world(venues: 2) { $0.clock = .wall }
        let driver = try Self.driver(world)
        for venue in 0..<2 { driver.event(0, venue: venue) }
        #expect(driver.lifecycle.state == .running)
        driver.pass(.seconds(60))
        driver.event(2)
        #expect(driver.report.counters.instants == 0, "the other venue's bar is awaited")
        let wake = try #require(driver.nextWake)
        #expect(wake == driver.now.monotonic + .seconds(3))
        driver.pass(.seconds(3))
        #expect(driver.report.counters.instants == 1)
    }

    @Test func clocksThatDifferTooMuchPause() throws {
        let world = try Self.world {
            $0.script[0] += [.notice(.clockOffset(.seconds(-9))), .notice(.clockOffset(.milliseconds(40)))]
        }
        let first = world.script[0].count - 2
        let driver = try Self.driver(world)
        driver.event(0)
        driver.event(first)
        #expect(driver.lifecycle.isPaused)
        driver.event(first + 1)
        #expect(!driver.lifecycle.isPaused)
    }

    // MARK: The operator

    @Test func pauseDrainStopAndKill() throws {
        let world = try Self.world()
        let driver = try Self.driver(world)
        for number in 0..<11 { driver.event(number) }
        driver.input(.request(.pause))
        #expect(driver.lifecycle.isPaused)
        driver.input(.request(.resume))
        #expect(!driver.lifecycle.isPaused)
        driver.input(.request(.kill(flattens: true)))
        #expect(driver.lifecycle.state == .halted(flattens: true))
        for number in 11..<15 { driver.event(number) }
        #expect(driver.report.holdings.isEmpty, "everything was closed")
        driver.input(.request(.stop))
        #expect(driver.hasEnded && driver.lifecycle.state == .stopped)
        #expect(driver.count("stop") == 1, "the connector was told")
    }

    @Test func aDrainEndsOnceItIsFlat() throws {
        let world = try Self.world()
        let driver = try Self.driver(world)
        for number in 0..<11 { driver.event(number) }
        driver.input(.request(.drain))
        for number in 11..<world.script[0].count where !driver.hasEnded { driver.event(number) }
        #expect(driver.hasEnded)
        #expect(driver.report.holdings.isEmpty)
    }

    @Test func eachPartOfTheLogHasItsOwn() throws {
        let world = try Self.world(mode: .live) {
            $0.script[0] += [
                .linkDown(reason: "gone"), .notice(.clockOffset(.seconds(-9))), .notice(.unreadable("odd")),
            ]
            $0.limits.orderNotional = Amount(whole: 1)
        }
        let first = world.script[0].count - 3
        let driver = try Self.liveDriver(world)
        for number in 2..<20 { driver.event(number) }
        for number in first..<(first + 3) { driver.event(number) }
        driver.input(.request(.drain))
        func parts(_ text: String) -> Set<SessionLog.Part> {
            Set(driver.logs.filter { $0.text.contains(text) }.map(\.part))
        }
        #expect(parts("trading begins") == [.session])
        #expect(parts("connected") == [.network] && parts("gone") == [.network] && parts("clocks differ") == [.network])
        #expect(parts("odd") == [.venue])
        #expect(parts("not sent") == [.risk])
        #expect(parts("reading the account") == [.orders] && parts("being compared") == [.orders])
        #expect(parts("the session is draining") == [.control])
    }

    // MARK: With real orders

    @Test func aFullDiskPausesUntilThereIsRoom() throws {
        let world = try Self.world(mode: .live)
        let driver = try Self.liveDriver(world)
        for number in 2..<8 { driver.event(number) }
        let before = driver.count("place")
        #expect(before > 0)
        world.disk.fault = .full(after: 0)
        for number in 8..<14 { driver.event(number) }
        #expect(driver.report.pauses.contains { $0.contains("the journal cannot be written") })
        #expect(driver.count("place") == before && driver.report.counters.denied > 0)
        world.disk.fault = nil
        driver.pass(.seconds(6))
        #expect(driver.report.pauses.isEmpty)
        for number in 14..<world.script[0].count { driver.event(number) }
        #expect(driver.count("place") > before)
        var replay = try Replay(world.setup())
        for entry in try world.records() { try replay.apply(entry.record, sequence: entry.raw.sequence) }
        #expect(replay.differences.isEmpty)
    }

    @Test func aDryRunSendsNothing() throws {
        let world = try Self.world(mode: .dryRun)
        let driver = try Self.liveDriver(world)
        Self.play(driver, world, from: 1)
        #expect(driver.said.isEmpty)
        #expect(driver.logs.contains { $0.text.hasPrefix("dry run: would buy") })
        #expect(driver.report.fills == 0)
    }
}
