// SPDX-License-Identifier: Apache-2.0

import Execution
import OrderManagement
import Testing
import Trading
import VenueHarness
import VenueInterface

@testable import Live

@Suite("A session with real orders")
struct LiveOrderTests {
    typealias Base = LiveSessionTests

    @Test(arguments: [1, 2])
    func itsOrdersReachTheVenueAndBothAgree(venues: Int) throws {
        let world = try Base.world(venues: venues, mode: .live)
        let driver = try Base.liveDriver(world)
        Base.play(driver, world, from: 2)
        let report = driver.report
        #expect(report.counters.commands > 20 * venues && report.counters.denied == 0)
        #expect(report.counters.placed == report.orders && report.fills >= report.orders - 1)
        for (index, venue) in world.venues.enumerated() {
            let (held, balance, orders) = venue.with { ($0.position, $0.balance, $0.orders.count) }
            #expect(orders > 10)
            #expect(driver.session.account.netQuantity(InstrumentID(index: index)).units == held)
            let known = driver.session.manager(ofVenue: index).account.balance(AssetID(index: venues))
            #expect(known == balance)
        }
        #expect(try world.replay().differences.isEmpty)
    }
}
