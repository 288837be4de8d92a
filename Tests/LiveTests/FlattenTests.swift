// SPDX-License-Identifier: Apache-2.0

import Execution
import OrderManagement
import Risk
import Testing
import Trading
import VenueHarness
import VenueInterface

@testable import Live

@Suite("The kill switch that closes positions")
struct FlattenTests {
    typealias Base = LiveSessionTests

    /// A session that has begun with a position which no strategy holds.
    private func driver(_ world: SessionWorld, holding quantity: Int64 = 500) throws -> SessionDriver {
        for venue in world.venues {
            venue.with { venue in
                venue.tradeByHand(.buy, quantity)
                venue.said.removeAll()
            }
        }
        let driver = try Base.liveDriver(world)
        // Managers know a price.
        for venue in world.script.indices { driver.event(1, venue: venue) }
        return driver
    }

    private func pass(_ driver: SessionDriver, seconds: Int) {
        for _ in 0..<seconds * 10 { driver.pass(.milliseconds(100)) }
    }

    private func tellings(_ world: SessionWorld, _ text: String) throws -> Int {
        try world.records().count {
            if case .finding(_, let found) = $0.record { found.contains(text) } else { false }
        }
    }

    /// Reasons with which a venue, or the network before it, can end an order that closes a position.
    @Test(arguments: [RejectReason.venueRefused, .nothingToReduce, .notSent, .rateLimit, .noLiquidity])
    func whatTheVenueRefusesIsTriedAgainLaterAndLater(reason: RejectReason) throws {
        let world = try Base.world(mode: .live)
        let driver = try driver(world)
        let venue = world.venues[0]
        venue.with { $0.closingRefusal = reason }
        let records = try world.records().count
        driver.input(.request(.kill(flattens: true)))
        // The strategy's own order, and the first of those that follow it.
        #expect(driver.count("place") == 2, "at once")
        pass(driver, seconds: 63)
        // After 1, 2, 4, 8, 16 and 32 s, and then each minute.
        #expect(driver.count("place") == 8)
        pass(driver, seconds: 537)
        #expect(driver.count("place") == 8 + 8 || driver.count("place") == 8 + 9)
        #expect(try world.records().count - records < 120)
        #expect(try tellings(world, "it is tried again until it is closed") == 1)
        #expect(driver.session.account.netQuantity(InstrumentID(0)).units == 500)
        venue.with { $0.closingRefusal = nil }
        pass(driver, seconds: 61)
        #expect(venue.with { $0.position } == 0)
        #expect(driver.session.account.netQuantity(InstrumentID(0)) == .zero)
        let last = driver.count("place")
        pass(driver, seconds: 120)
        #expect(driver.count("place") == last)
    }

    @Test func whoAsksAgainDoesNotWait() throws {
        let world = try Base.world(mode: .live)
        let driver = try driver(world)
        world.venues[0].with { $0.closingRefusal = .venueRefused }
        driver.input(.request(.kill(flattens: true)))
        pass(driver, seconds: 40)
        world.venues[0].with { $0.closingRefusal = nil }
        driver.input(.request(.kill(flattens: true)))
        #expect(world.venues[0].with { $0.position } == 0)
    }

    @Test(arguments: [RejectReason.belowMinimumNotional, .belowMinimumQuantity])
    func aRestThatTheVenueDoesNotTradeIsToldOnceAndLeft(reason: RejectReason) throws {
        let world = try Base.world(mode: .live)
        let driver = try driver(world)
        world.venues[0].with { $0.closingRefusal = reason }
        driver.input(.request(.kill(flattens: true)))
        pass(driver, seconds: 10)
        let records = try world.records().count
        pass(driver, seconds: 600)
        #expect(driver.count("place") == 1)
        #expect(try tellings(world, "less than the venue trades") == 1)
        #expect(try world.records().count - records < 20)
        // Another quantity is another question.
        world.venues[0].with { venue in
            venue.closingRefusal = nil
            venue.tradeByHand(.buy, 300)
        }
        for number in 2..<6 { driver.event(number) }
        pass(driver, seconds: 70)
        #expect(world.venues[0].with { $0.position } == 0)
    }

    @Test func whoGoesOnKeepsThePositionThatCouldNotBeClosed() throws {
        let world = try Base.world(mode: .live)
        let driver = try driver(world)
        world.venues[0].with { $0.closingRefusal = .venueRefused }
        driver.input(.request(.kill(flattens: true)))
        pass(driver, seconds: 5)
        let tried = driver.count("place")
        driver.input(.request(.resume))
        world.venues[0].with { $0.closingRefusal = nil }
        pass(driver, seconds: 120)
        #expect(driver.count("place") == tried)
        #expect(world.venues[0].with { $0.position } == 500)
        #expect(driver.session.nextWake.map { $0 > driver.now.monotonic } ?? true, "nothing keeps it awake")
    }

    @Test func afterARestartItGoesOnWithOneOrder() throws {
        let world = try Base.world(mode: .live)
        let first = try driver(world)
        world.venues[0].with { $0.closingRefusal = .venueRefused }
        first.input(.request(.kill(flattens: true)))
        pass(first, seconds: 130)
        #expect(first.count("place") > 6)
        world.venues[0].with { $0.closingRefusal = nil }
        let second = try SessionDriver(world, at: first.now.wall, after: first)
        for number in [0, 1, 1] { second.event(number) }
        pass(second, seconds: 60)
        #expect(second.count("place") == 1)
        #expect(world.venues[0].with { $0.position } == 0)
    }

    @Test(arguments: [1, 4])
    func theLimitOfTheOrderRateDoesNotKeepPositionsOpen(venues: Int) throws {
        let world = try Base.world(venues: venues, mode: .live) {
            $0.limits.ordersPerMinute = 1
            $0.limits.ordersPerSecond = 1
        }
        let driver = try driver(world)
        driver.input(.request(.kill(flattens: true)))
        for venue in world.venues { #expect(venue.with { $0.position } == 0) }
        #expect(driver.report.counters.denied == 0)
    }
}
