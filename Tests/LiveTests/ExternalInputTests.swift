// SPDX-License-Identifier: Apache-2.0

import Backtest
import Engine
import EngineHarness
import MarketData
import Strategies
import TestSupport
import Testing
import Trading

@testable import Live

@Suite("Data from outside in a session")
struct ExternalInputTests {
    /// Told in pieces, each somewhere before it is known, it leads to what a backtest decides on all of it.
    @Test(arguments: UInt64(0)..<200)
    func whatIsToldAheadDecidesLikeABacktest(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var world = try World([Market.walk(seed: seed, count: 240)])
        world.add(MoodFollower())
        var input = try world.input()
        input.external = [try Market.feed(Market.mood(seed: seed, minutes: 240))]
        let backtest = try World.run(input)
        #expect(backtest.orders > 0)

        var setup = DecisionCoreTests.setup(input)
        setup.external = [ExternalFeed(name: "mood", maxAge: .minutes(30))]
        var core = try DecisionCore(setup)
        var told = 0
        let observations = input.external[0].series.observations
        for instant in DecisionCoreTests.instants(input) {
            guard case .instant(let bars) = instant else { continue }
            var end = observations.firstIndex { $0.knownAt > bars.close } ?? observations.count
            end = max(told, min(observations.count, end + Int.random(in: 0...5, using: &random)))
            let news = observations[told..<end].map { ExternalArrival(series: 0, $0) }
            told = end
            if !news.isEmpty { #expect(try core.apply(.external(news)).isEmpty) }
            try DecisionCoreTests.run(instant, &core)
        }
        #expect(core.engine.resultHash.text == backtest.resultHash)
    }

    private static func world(seed: UInt64) throws -> SessionWorld {
        try LiveSessionTests.world(seed: seed) { world in
            world.external = [ExternalFeed(name: "mood", maxAge: .minutes(30))]
            world.strategy = MoodFollower()
        }
    }

    private static func arrivals(in world: SessionWorld) throws -> [ExternalObservation] {
        try world.records().flatMap { entry -> [ExternalObservation] in
            if case .input(.external(let arrivals)) = entry.record { arrivals.map(\.observation) } else { [] }
        }
    }

    /// A journal with late values and revisions gives the same decisions again, and a backtest on what the journal says
    /// was known when gives them too.
    @Test(arguments: UInt64(0)..<200)
    func aSessionReplaysToTheSameEnd(seed: UInt64) throws {
        let world = try Self.world(seed: seed)
        let mood = Market.mood(seed: seed, minutes: 40, count: 30).sorted { $0.knownAt < $1.knownAt }
        let driver = try LiveSessionTests.driver(world)
        let before = LiveSessionTests.before
        driver.input(.external(mood.prefix(10).map { ExternalArrival(series: 0, $0) }))
        for number in 0..<world.script[0].count {
            driver.event(number)
            // Three at a time, many of them long known to somebody else.
            if number % 7 == 3 {
                let place = min(mood.count, 10 + number / 7 * 3)
                driver.input(
                    .external(mood[place..<min(mood.count, place + 3)].map { ExternalArrival(series: 0, $0) }))
            }
        }
        let replay = try world.replay()
        #expect(replay.differences.isEmpty)
        #expect(replay.core.engine.resultHash.text == driver.fingerprint)

        let known = try Self.arrivals(in: world)
        #expect(Array(known.prefix(10)) == Array(mood.prefix(10)), "told before the past was shown")
        for (found, given) in zip(known, mood).dropFirst(10) {
            #expect(found.valueTime == given.valueTime && found.value == given.value)
            #expect(found.knownAt >= max(given.knownAt, Market.time(before)))
        }
    }

    /// A value that comes after its time is known from then on: instants that are decided stay as they were.
    @Test func aLateValueIsKnownFromNowOn() throws {
        let world = try Self.world(seed: 1)
        let driver = try LiveSessionTests.driver(world)
        for number in 0..<21 { driver.event(number) }
        let decided = try #require(driver.report.lastInstant)
        let fingerprint = driver.fingerprint
        let old = ExternalObservation(
            valueTime: decided - .minutes(5), knownAt: decided - .minutes(4), value: -1)
        driver.input(.external([ExternalArrival(series: 0, old)]))
        #expect(driver.fingerprint == fingerprint)
        let arrivals = try Self.arrivals(in: world)
        #expect(arrivals.count == 1 && arrivals[0].knownAt >= decided)
        #expect(driver.report.holdings.isEmpty)
        for number in 21..<27 { driver.event(number) }
        #expect(driver.report.holdings.map(\.quantity) == [Quantity(units: 1000)])
    }

    /// What a file keeps of it, and a backtest reads there, is what the journal says.
    @Test func theTimeOfReceiptIsWhatTheJournalSays() throws {
        let world = try Self.world(seed: 4)
        let driver = try LiveSessionTests.driver(world)
        var expected: [Timestamp] = []
        for number in 0..<21 {
            driver.event(number)
            let received = driver.session.timeOfReceipt(at: driver.now)
            guard number > 12, let received else { continue }
            expected.append(received)
            let found = ExternalObservation(valueTime: Market.time(2), knownAt: received, value: Double(number))
            driver.input(.external([ExternalArrival(series: 0, found)]))
        }
        #expect(expected.count > 5 && expected == expected.sorted())
        #expect(try Self.arrivals(in: world).map(\.knownAt) == expected)
    }

    /// After a restart what was known is known: nothing has to be told again.
    @Test func aRestartKnowsWhatWasKnown() throws {
        let world = try Self.world(seed: 2)
        let driver = try LiveSessionTests.driver(world)
        let mood = ExternalObservation(valueTime: Market.time(8), knownAt: Market.time(9), value: 3)
        driver.input(.external([ExternalArrival(series: 0, mood)]))
        for number in 0..<21 { driver.event(number) }
        let again = try world.replay()
        #expect(again.core.engine.context.external(ExternalHandle(index: 0)) == 3)
        #expect(again.core.engine.resultHash.text == driver.fingerprint)
    }

    @Test func nothingToldIsNoInput() throws {
        let world = try Self.world(seed: 3)
        let driver = try LiveSessionTests.driver(world)
        driver.input(.external([]))
        #expect(try Self.arrivals(in: world).isEmpty)
    }
}
