// SPDX-License-Identifier: Apache-2.0

import Execution
import Testing
import Trading
import VenueHarness
import VenueInterface

@testable import OrderManagement

/// After an upgrade the venue takes nothing but post-only orders for some minutes: what protects waits for it.
@Suite struct PostOnlyTimeTests {
    /// An entry has filled while its stop and its target are refused.
    static func world() -> World {
        var settings = OrderManagerSettings(instance: 7)
        settings.hasBrackets = false
        var world = World(seed: 1, settings: settings)
        world.start()
        world.move(to: 500_000)
        world.run(for: .seconds(5))
        world.submit(Requests.bracket(.buy, 10, limit: 499_000))
        world.run(for: .seconds(5))
        world.findings.removeAll()
        world.venue.takesOnlyPostOnly = true
        world.move(to: 499_000)
        world.run(for: .minutes(4))
        return world
    }

    private func working(_ world: World) -> [OrderType] {
        world.venue.orders.filter(\.isOpen).map(\.ticket.type).sorted { $0.rawValue < $1.rawValue }
    }

    @Test func stopAndTargetArePlacedWhenItIsOver() {
        var world = Self.world()
        #expect(world.venue.position == 10)
        #expect(working(world).isEmpty)
        // Told once of each.
        #expect(world.findings.map(\.kind) == [.protection, .protection])
        world.venue.takesOnlyPostOnly = false
        world.run(for: .seconds(10))
        #expect(world.venue.position == 10)
        #expect(working(world) == [OrderType.stop, .takeProfit].sorted { $0.rawValue < $1.rawValue })
        // Nothing was closed at market meanwhile.
        #expect(!OrderManagerTests.tickets(world).joined().contains { $0.type == .market })
        #expect(world.manager.unresolvedCount == 0)
    }

    @Test func aLevelThatWasPassedMeanwhileClosesAtMarket() {
        var world = Self.world()
        world.move(to: 480_000)
        world.run(for: .minutes(1))
        #expect(world.venue.position == 10)
        world.venue.takesOnlyPostOnly = false
        world.run(for: .seconds(30))
        #expect(world.venue.position == 0)
        #expect(world.manager.liveOrderCount == 0)
    }

    @Test func anExitIsTriedUntilItIsTaken() {
        var world = Self.world()
        world.submit([Requests.market(.sell, 10, reduceOnly: true)])
        world.run(for: .minutes(3))
        #expect(world.venue.position == 10)
        world.venue.takesOnlyPostOnly = false
        world.run(for: .minutes(1))
        #expect(world.venue.position == 0)
    }

    @Test func aStopThatIsWatchedHereSellsWhenItIsOver() {
        var world = SpotTests.world()
        world.submit(Requests.bracket(.buy, 999))
        world.run(for: .seconds(5))
        world.venue.takesOnlyPostOnly = true
        world.move(to: 19_500)
        world.run(for: .minutes(4))
        #expect(world.engine.account.netQuantity(InstrumentID(0)).units == 998)
        world.venue.takesOnlyPostOnly = false
        world.run(for: .minutes(1))
        #expect(world.engine.account.netQuantity(InstrumentID(0)).units == 0)
        #expect(world.manager.liveOrderCount == 0)
    }
}
