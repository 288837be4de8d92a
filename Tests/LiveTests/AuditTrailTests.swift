// SPDX-License-Identifier: Apache-2.0

import Engine
import Execution
import Journal
import Strategies
import Testing
import Trading
import VenueHarness

@testable import Live

@Suite("Who did what")
struct AuditTrailTests {
    typealias Base = LiveSessionTests

    /// Of a session without markets.
    static let ofNothing = AuditTrail(
        account: AccountDescription(
            assets: AssetTable(names: ["USDC"]), instruments: [], baseCurrency: AssetID(index: 0), valuations: []),
        strategies: [], venues: [])

    static func entries(_ world: SessionWorld) throws -> [(sequence: UInt64, entry: AuditTrail.Entry)] {
        var trail = AuditTrail(
            account: try world.setup().account, strategies: ["s0"], venues: world.settings.venues.map(\.name))
        return try world.records().flatMap { record, raw in trail.take(record).map { (raw.sequence, $0) } }
    }

    @Test("who asked is in the journal before what the session did of it, and changes no decision")
    func asked() throws {
        let ask = SessionRequest("pause", way: .controlSocket, user: 1000, process: 4711)
        func run(_ requests: [SessionInput]) throws -> SessionWorld {
            let world = try Base.world()
            let driver = try Base.driver(world)
            for number in world.script[0].indices {
                driver.event(number, venue: 0)
                if number == world.script[0].count / 2 { for request in requests { driver.input(request) } }
            }
            if case .asked = requests.first { #expect(driver.logs.contains { $0.text == "\(ask)" }) }
            return world
        }
        let (with, without) = (try run([.asked(ask), .request(.pause)]), try run([.request(.pause)]))
        let records = try with.records()
        let place = try #require(
            records.firstIndex { if case .asked(let found) = $0.record { found == ask } else { false } })
        if case .operatorRequest(.pause) = records[place + 1].record {} else { Issue.record("not right after it") }
        func end(_ world: SessionWorld) throws -> (hash: UInt64, differences: [Replay.Difference]) {
            let replay = try world.replay()
            return (replay.core.engine.resultHash.value, replay.differences)
        }
        let (told, untold) = (try end(with), try end(without))
        #expect(told.differences.isEmpty && untold.differences.isEmpty && told.hash == untold.hash)
        #expect(records.count == (try without.records().count) + 1)
        let restarted = try Base.driver(with)
        #expect(restarted.session.lifecycle.isPaused)
        let texts = try Self.entries(with).filter { $0.entry.kind == .request }.map(\.entry.text)
        #expect(
            texts.prefix(2) == [
                "pause, asked for over the control socket by process 4711 of user 1000", "the session obeys: pause",
            ])
    }

    @Test("a person at the terminal has no process of their own")
    func terminal() {
        #expect(
            SessionRequest("stop", way: .signal, user: 0, process: 0).description
                == "stop, asked for by signal from its terminal")
    }

    @Test("every order and fill of a session is told, with the venue")
    func trades() throws {
        let world = try Base.world(mode: .live)
        let driver = try Base.liveDriver(world)
        Base.play(driver, world, from: 2)
        let entries = try Self.entries(world)
        let fills = entries.filter { $0.entry.kind == .fill }
        #expect(!fills.isEmpty && fills.count == driver.report.fills)
        #expect(fills.allSatisfy { $0.entry.text.contains(" at venue0, order ") })
        for number in 1...driver.report.orders {
            let texts = entries.filter { $0.entry.kind == .order }.map(\.entry.text)
            #expect(texts.contains { $0.hasPrefix("\(number): s0 asked to ") }, "order \(number)")
        }
        #expect(entries.first?.entry.kind == .start)
        #expect(entries.contains { $0.entry.kind == .order && $0.entry.text.contains("sent to venue0: ") })
    }

    @Test("a configuration that changed is told by its lines")
    func reconfigured() {
        var trail = Self.ofNothing
        let start = SessionStart(
            version: "1", mode: .paper, instance: 3, startedAt: .epoch, configuration: "a: 1\nb: 2", venues: [],
            deposits: [])
        #expect(trail.take(.started(start)).map(\.text) == ["begun by version 1, paper, instance 3", "2 lines"])
        #expect(
            trail.take(.reconfigured(configuration: "a: 1\nb: 3", at: .epoch)).map(\.text) == ["- b: 2\n+ b: 3"])
        // What a journal names that its configuration has not is no reason to end.
        let ticket = OrderTicket(
            client: ClientOrderID(high: 1, low: 2), instrument: InstrumentID(9), side: .buy, type: .limit,
            quantity: Quantity(units: 1), limit: Price(units: 1), timeInForce: .goodTilCancelled, isPostOnly: false,
            isReduceOnly: false)
        #expect(trail.take(.placing(venue: 4, [ticket], .none)).first?.text.contains("an unknown market") == true)
    }

    @Test("bars and measures are not what anybody did", arguments: 0..<10)
    func silent(seed: UInt64) throws {
        for record in [
            SessionRecord.fingerprint(seed), .input(.history(close: .epoch, [])), .measures(SessionMeasures()),
            .reconciled(venue: 0, upTo: .epoch),
        ] {
            var trail = Self.ofNothing
            #expect(trail.take(record).isEmpty)
        }
    }
}
