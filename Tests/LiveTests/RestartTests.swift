// SPDX-License-Identifier: Apache-2.0

import Execution
import Journal
import OrderManagement
import Strategies
import Testing
import Trading
import VenueHarness
import VenueInterface

@testable import Live

@Suite("A session that is started again on its journal")
struct RestartTests {
    typealias Base = LiveSessionTests

    static func world() throws -> SessionWorld {
        try Base.world(mode: .live) { $0.plan.stopLoss = Rate(units: 90_000_000) }
    }

    /// A running session that holds a position, and the number of the next event.
    static func holding(_ world: SessionWorld) throws -> (SessionDriver, next: Int) {
        let driver = try Base.liveDriver(world)
        var number = 2
        while driver.report.holdings.isEmpty {
            driver.event(number)
            number += 1
        }
        return (driver, number)
    }

    /// Begins again after the bars that were said, in the time of the next one.
    static func restart(_ world: SessionWorld, _ next: Int, after before: SessionDriver?) throws -> SessionDriver {
        let bar = Base.before + (next - 1) / 2
        let driver = try SessionDriver(world, at: world.bars[0][bar].openTime, after: before)
        driver.event(0)
        driver.event(next)
        driver.event(next)
        for _ in 0..<60 where !world.isKnown(driver) { driver.pass(.seconds(1)) }
        return driver
    }

    @Test func itGoesOnTradingWithWhatItHeld() throws {
        let world = try Self.world()
        let (driver, next) = try Self.holding(world)
        let before = driver.report
        let again = try Self.restart(world, next, after: driver)
        #expect(again.lifecycle.state == .running)
        #expect(again.report.holdings.map(\.quantity) == before.holdings.map(\.quantity))
        for number in (next + 1)..<world.script[0].count { again.event(number) }
        #expect(again.report.fills > before.fills + 5)
        #expect(again.session.account.netQuantity(InstrumentID(0)).units == world.venues[0].with { $0.position })
        #expect(try world.replay().differences.isEmpty)
    }

    /// The hash chain covers which configuration was in force, and since when.
    @Test func anotherConfigurationIsWrittenDownOnce() throws {
        var world = try Self.world()
        world.configuration = "one"
        var (driver, next) = try Self.holding(world)
        for text in ["one", "two", "two", "one"] {
            world.configuration = text
            driver = try Self.restart(world, next, after: driver)
            next += 2
        }
        var texts: [String] = []
        for entry in try world.records() {
            switch entry.record {
            case .started(let start): texts.append(start.configuration)
            case .reconfigured(let text, _): texts.append(text)
            default: break
            }
        }
        #expect(texts == ["one", "two", "one"])
        #expect(try world.replay().differences.isEmpty)
    }

    @Test func aHaltOutlivesARestartAndAPersonEndsIt() throws {
        let world = try Self.world()
        let (driver, next) = try Self.holding(world)
        driver.input(.request(.kill(flattens: false)))
        let held = world.venues[0].with { $0.position }
        #expect(held != 0)
        let again = try Self.restart(world, next, after: driver)
        #expect(again.lifecycle.state == .halted(flattens: false))
        let middle = next + 13
        for number in (next + 1)..<middle { again.event(number) }
        #expect(again.report.counters.instants > 4, "it looks on")
        #expect(again.report.counters.commands == 0 && again.count("place") == 0 && again.count("cancel") == 0)
        #expect(world.venues[0].with { $0.position } == held)
        let stops = world.venues[0].with { venue in venue.orders.count { $0.isOpen && $0.ticket.trigger != nil } }
        #expect(stops == 1, "the stop stays")
        let acts = try world.records().compactMap { entry -> Bool? in
            if case .input(.instant(let instant)) = entry.record { instant.acts } else { nil }
        }
        #expect(acts.last == false && acts.first == true)
        again.input(.request(.resume))
        for number in middle..<world.script[0].count { again.event(number) }
        #expect(again.lifecycle.state == .running && again.count("place") > 1)
        #expect(try world.replay().differences.isEmpty)
    }

    /// The program ended between the request being written and anything being done.
    @Test func aKillThatFlattensIsCarriedOutAfterARestart() throws {
        let first = try Self.world()
        let (driver, next) = try Self.holding(first)
        let venue = first.venues[0].with { $0 }
        driver.input(.request(.kill(flattens: true)))
        let records = try first.records()
        let kill = try #require(
            records.firstIndex { if case .operatorRequest(.kill) = $0.record { true } else { false } })
        let sent = try #require(
            records.firstIndex { if case .cancelling = $0.record { true } else { false } })
        #expect(sent > kill + 2)
        for cut in (kill + 1)...(sent + 1) {
            var world = try Self.world()
            world.venues = [ScriptedVenue(venue)]
            let journal = try Journal.recover(world.disk, JournalSettings(journalID: 5), at: .epoch)
            for (_, raw) in records.prefix(cut) {
                _ = try journal.append(kind: raw.kind, payload: raw.payload, at: raw.time)
            }
            try journal.commit()
            let again = try Self.restart(world, next, after: driver)
            #expect(again.lifecycle.state == .halted(flattens: true))
            for _ in 0..<120 where !again.report.holdings.isEmpty { again.pass(.seconds(1)) }
            let (position, open) = world.venues[0].with { venue in (venue.position, venue.orders.count { $0.isOpen }) }
            #expect(position == 0 && open == 0, "cut after record \(cut)")
            #expect(again.report.holdings.isEmpty && again.report.openOrders == 0, "cut after record \(cut)")
        }
    }

    @Test(arguments: [OperatorCommand.pause, .drain])
    func whatAPersonAskedForOutlivesARestart(command: OperatorCommand) throws {
        let world = try Self.world()
        let (driver, next) = try Self.holding(world)
        driver.input(.request(command))
        let before = driver.report
        let again = try Self.restart(world, next, after: driver)
        #expect(again.lifecycle.state == (command == .drain ? .draining : .running))
        #expect(again.lifecycle.isPaused == (command == .pause))
        for number in (next + 1)..<world.script[0].count where !again.hasEnded { again.event(number) }
        #expect(world.venues[0].with { $0.position } == 0 && again.report.fills == before.fills + 1, "closed, no more")
        #expect(again.hasEnded == (command == .drain))
    }
}

extension SessionWorld {
    /// Whether a session knows the past and the account.
    func isKnown(_ driver: SessionDriver) -> Bool {
        driver.lifecycle.state != .starting && driver.session.manager(ofVenue: 0).pauses.isEmpty
    }
}
