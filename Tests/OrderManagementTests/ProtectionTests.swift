// SPDX-License-Identifier: Apache-2.0

import Execution
import TestSupport
import Testing
import Trading
import VenueHarness
import VenueInterface

@testable import OrderManagement

/// A position keeps its stop.
@Suite struct ProtectionTests {
    private func stops(_ world: World) -> [FakeVenue.Working] {
        world.venue.orders.filter { $0.isOpen && $0.ticket.type == .stop && !$0.isWaiting }
    }

    @Test func aPartOfAnEntryIsProtectedAfterTheVenueDroppedTheChildren() {
        var world = OrderManagerTests.world()
        world.venue.liquidity = 0.4
        let ids = world.submit(Requests.bracket(.buy, 10))
        world.run(for: .seconds(10))
        #expect(world.engine.table[ids[0]]?.status == .canceled)
        #expect(stops(world).map(\.remaining) == [4])
        #expect(world.engine.table[ids[1]]?.remaining.units == 4)
    }

    @Test func aRestingEntryThatFilledInPartIsProtected() {
        var world = OrderManagerTests.world()
        world.submit(Requests.bracket(.buy, 10, limit: 499_000))
        world.run(for: .seconds(2))
        world.venue.liquidity = 0.4
        world.move(to: 499_000)
        world.run(for: .seconds(10))
        #expect(stops(world).map(\.remaining) == [4])
        world.venue.liquidity = 1
        world.move(to: 499_000)
        world.run(for: .seconds(10))
        #expect(world.venue.position == 10)
        #expect(stops(world).map(\.remaining) == [10])
    }

    @Test func anEntryThatFilledNothingLeavesNothing() {
        var world = OrderManagerTests.world()
        world.venue.liquidity = 0
        let ids = world.submit(Requests.bracket(.buy, 10))
        world.run(for: .seconds(30))
        for id in ids { #expect(world.engine.table[id]?.status.isFinal == true) }
        #expect(world.manager.liveOrderCount == 0)
    }

    @Test func aStopTakenBackByHandIsPlacedAgain() {
        var world = OrderManagerTests.world()
        world.submit(Requests.bracket(.buy, 10))
        world.run(for: .seconds(5))
        guard let stop = stops(world).first else { return #expect(Bool(false)) }
        _ = world.venue.cancel(CancelTicket(client: stop.ticket.client, venueOrder: nil, instrument: InstrumentID(0)))
        world.sayAll()
        world.run(for: .seconds(10))
        #expect(stops(world).map(\.ticket.client.attempt) == [1])
        #expect(OrderManagerTests.kinds(world) == [.protection])
    }

    @Test func aStopThatCannotBePlacedClosesAtMarket() {
        var world = OrderManagerTests.world()
        world.venue.liquidity = 0.5
        let ids = world.submit(Requests.bracket(.buy, 10))
        world.run(for: .milliseconds(300))
        // The rest of the entry is gone and its children with it; meanwhile the price falls through the stop's level.
        world.venue.liquidity = 1
        world.move(to: 480_000)
        world.run(for: .seconds(20))
        #expect(world.venue.position == 0)
        #expect(world.engine.account.netQuantity(InstrumentID(0)).units == 0)
        #expect(world.engine.table[ids[1]]?.status == .filled)
        #expect(OrderManagerTests.fills(world).last?.reason == .stop)
        #expect(world.manager.liveOrderCount == 0)
    }

    @Test func aTriggeredStopThatFindsLittleGoesOn() {
        var world = OrderManagerTests.world()
        world.submit(Requests.bracket(.buy, 10))
        world.run(for: .seconds(5))
        world.venue.liquidity = 0.3
        world.move(to: 489_000)
        world.venue.liquidity = 1
        world.run(for: .seconds(20))
        #expect(world.venue.position == 0)
        #expect(world.manager.liveOrderCount == 0)
    }

    @Test func aTargetTakesTheStopWithIt() {
        var world = OrderManagerTests.world()
        let ids = world.submit(Requests.bracket(.buy, 10))
        world.run(for: .seconds(5))
        world.move(to: 516_000)
        world.run(for: .seconds(10))
        #expect(world.engine.table[ids[2]]?.status == .filled)
        #expect(world.engine.table[ids[1]]?.status == .canceled)
        #expect(world.engine.table[ids[1]]?.reason == .groupDone)
        // The venue takes the sibling back itself: nothing is sent for it.
        #expect(!world.outputs.contains { if case .cancel = $0 { true } else { false } })
    }

    @Test func ofTwoOrdersOneTakesFromTheOther() {
        var world = OrderManagerTests.world()
        let ids = world.submit([
            Requests.limit(.buy, 10, at: 499_000, group: 5), Requests.limit(.buy, 10, at: 498_000, group: 5),
        ])
        world.run(for: .seconds(2))
        world.venue.liquidity = 0.4
        world.move(to: 499_000)
        world.run(for: .seconds(5))
        #expect(world.venue.orders.filter(\.isOpen).map(\.remaining) == [6, 6])
        world.venue.liquidity = 1
        world.move(to: 499_000)
        world.run(for: .seconds(5))
        #expect(world.engine.table[ids[1]]?.reason == .groupDone)
        #expect(world.venue.orders.allSatisfy { !$0.isOpen })
        #expect(world.venue.position == 10)
    }

    @Test func cancellingOneOfAListCancelsTheRest() {
        var world = OrderManagerTests.world()
        let ids = world.submit([
            Requests.limit(.buy, 10, at: 499_000, group: 5), Requests.limit(.buy, 10, at: 498_000, group: 5),
        ])
        world.run(for: .seconds(2))
        world.cancel(ids[0])
        world.run(for: .seconds(5))
        #expect(world.engine.table[ids[0]]?.reason == .byRequest)
        #expect(world.engine.table[ids[1]]?.reason == .groupDone)
    }

    @Test("A trailing stop is never moved away from the market", arguments: UInt64(0)..<50)
    func trailingStopsNeverLoosen(seed: UInt64) {
        var world = OrderManagerTests.world()
        var random = SeededRandom(seed: seed)
        let side: Side = Bool.random(using: &random) ? .buy : .sell
        world.submit(Requests.bracket(side, 10, stop: nil, target: nil, trail: 2))
        world.run(for: .seconds(3))
        var level: Int64?
        for _ in 0..<60 where world.venue.position != 0 {
            world.move(to: world.venue.price + Int64.random(in: -2500...2500, using: &random))
            world.run(for: .milliseconds(Int64.random(in: 100...1500, using: &random)))
            guard let stop = stops(world).first?.ticket.trigger?.units else { continue }
            if let level { #expect(side == .buy ? stop >= level : stop <= level) }
            level = stop
        }
        #expect(level != nil)
    }

    @Test func aTrailingStopMovesNoMoreOftenThanAllowed() {
        var world = OrderManagerTests.world { $0.trailingInterval = .seconds(2) }
        world.submit(Requests.bracket(.buy, 10, stop: nil, target: nil, trail: 2))
        world.run(for: .seconds(3))
        world.outputs.removeAll()
        for step in 1...100 {
            world.move(to: 500_000 + Int64(step) * 300)
            world.run(for: .milliseconds(100))
        }
        world.run(for: .seconds(3))
        let changes = world.outputs.count { if case .modify = $0 { true } else { false } }
        #expect((4...7).contains(changes))
        #expect(stops(world).first?.ticket.trigger?.units == 519_400)
    }
}
