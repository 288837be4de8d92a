// SPDX-License-Identifier: Apache-2.0

import Execution
import Strategies
import Testing
import Trading
import VenueHarness
import VenueInterface

@testable import Live

@Suite("The dead man's switch")
struct DeadManTests {
    typealias Base = LiveSessionTests

    @Test(arguments: [nil, "Cannot set scheduled cancel time until enough volume traded."])
    func theDeadMansSwitchIsKeptArmedUnlessTheVenueRefuses(refusal: String?) throws {
        let world = try Base.world(mode: .live) {
            $0.deadMan = .always(after: .seconds(40))
            $0.deadManRefusal = refusal
        }
        let driver = try Base.liveDriver(world)
        driver.event(2)
        let before = driver.count("arm")
        for _ in 0..<12 { driver.pass(.seconds(5)) }
        if refusal == nil {
            #expect(driver.count("arm") - before == 6, "each ten seconds, a quarter of the time")
            driver.input(.request(.stop))
            driver.pass(.seconds(31))
            #expect(driver.count("disarm") == 1)
        } else {
            #expect(driver.count("arm") == 1, "once refused it is not asked for again")
        }
    }

    @Test(arguments: [SessionMode.live, .deMinimis, .dryRun, .paper])
    func onlyWhereOrdersAreSent(mode: SessionMode) throws {
        let world = try Base.world(mode: mode) { $0.deadMan = .always(after: .seconds(40)) }
        let driver = try Base.liveDriver(world)
        for _ in 0..<4 { driver.pass(.seconds(5)) }
        #expect((driver.count("arm") > 0) == mode.sendsOrders)
    }

    @Test func switchedOffItIsNeverAsked() throws {
        let driver = try Base.liveDriver(try Base.world(mode: .live))
        for number in 2..<20 { driver.event(number) }
        for _ in 0..<12 { driver.pass(.seconds(5)) }
        driver.input(.request(.stop))
        driver.pass(.seconds(31))
        #expect(driver.hasEnded && driver.count("arm") == 0 && driver.count("disarm") == 0)
    }

    /// It would take back the stops, too: while one works it is disarmed.
    @Test func stopsOfAPositionAreNotPutAtRisk() throws {
        let world = try Base.world(mode: .live) {
            $0.deadMan = .whenUnprotected(after: .seconds(40))
            $0.plan.stopLoss = Rate(units: 90_000_000)
        }
        let driver = try Base.liveDriver(world)
        var seen: Set<Bool> = []
        for number in 2..<world.script[0].count {
            driver.event(number)
            let wake = try #require(driver.nextWake)
            #expect(wake <= driver.now.monotonic + .seconds(10), "it looks again by itself")
            driver.pass(.seconds(10))
            let isProtected = world.venues[0].with { venue in
                venue.orders.contains { $0.isOpen && $0.ticket.trigger != nil }
            }
            #expect((driver.said.last { $0.hasSuffix("arm") } == "arm") == !isProtected, "after event \(number)")
            seen.insert(isProtected)
        }
        #expect(seen == [true, false])
        #expect(driver.count("disarm") > 2)
    }
}
