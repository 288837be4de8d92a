// SPDX-License-Identifier: Apache-2.0

import Execution
import TestSupport
import Testing
import Trading
import VenueHarness
import VenueInterface

@testable import OrderManagement

/// A position is turned with two orders of one instant: the one that closes it, and the opposite entry.
@Suite struct TurnTests {
    /// Long 10, with nothing that protects it, and then told to be short.
    private func turned(entry: Int64, _ spoil: (inout World) -> Void) -> (world: World, exit: OrderID, entry: OrderID) {
        var world = OrderManagerTests.world()
        world.submit([Requests.market(.buy, 10)])
        world.run(for: .seconds(5))
        #expect(world.venue.position == 10)
        world.outputs.removeAll()
        spoil(&world)
        // Children name their parent by its place in the list.
        var requests = Requests.bracket(.sell, entry)
        for index in requests.indices.dropFirst() { requests[index].parent = OrderID(2) }
        let ids = world.submit([Requests.market(.sell, 10, reduceOnly: true)] + requests)
        return (world, ids[0], ids[1])
    }

    private func placed(_ world: World) -> [OrderID] {
        world.outputs.compactMap {
            if case .place(let tickets, _) = $0 { tickets[0].client.order } else { nil }
        }
    }

    private func reason(_ order: OrderID, _ world: World) -> RejectReason? {
        for case .report(.order(let report)) in world.outputs where report.order == order && report.reason != .none {
            return report.reason
        }
        return nil
    }

    private func stopped(_ world: World) -> Int64 {
        world.venue.orders.filter { $0.isOpen && $0.ticket.type == .stop && !$0.isWaiting }.map(\.remaining)
            .reduce(0, +)
    }

    @Test func theEntryLeavesOnceThePositionIsClosed() {
        var (world, exit, entry) = turned(entry: 29) { _ in }
        #expect(placed(world) == [exit])
        world.run(for: .seconds(10))
        #expect(placed(world) == [exit, entry])
        #expect(world.venue.position == -29)
        #expect(stopped(world) == 29)
        #expect(world.engine.table[entry]?.status == .filled)
    }

    /// The entry would overtake an exit that the network lost, close the position in its place, and leave a rest with
    /// stops for more than is held.
    @Test(arguments: [5, 10, 29] as [Int64]) func anEntryIsGivenUpWhereTheExitFailed(size: Int64) {
        var isFirst = true
        var (world, exit, entry) = turned(entry: size) { world in
            world.losesRequest = { item in
                guard case .place(let tickets, _, _) = item, tickets[0].isReduceOnly, isFirst else { return false }
                isFirst = false
                return true
            }
        }
        world.run(for: .seconds(60))
        #expect(world.engine.table[exit]?.status == .filled)
        #expect(world.engine.table[entry]?.status == .rejected)
        #expect(reason(entry, world) == .positionNotClosed)
        #expect(!placed(world).contains(entry))
        #expect(world.venue.position == 0)
        #expect(world.manager.liveOrderCount == 0)
    }

    /// What is known late is no reason to act on what was decided long before.
    @Test func anEntryIsGivenUpWhereTheExitIsHeardOfTooLate() {
        var (world, exit, entry) = turned(entry: 29) { world in
            world.isLinked = false
            world.losesAnswer = { if case .snapshot = $0 { true } else { false } }
        }
        world.run(for: .seconds(30))
        world.isLinked = true
        world.losesAnswer = { _ in false }
        world.run(for: .seconds(90))
        #expect(world.engine.table[exit]?.status == .filled)
        #expect(reason(entry, world) == .positionNotClosed)
        #expect(world.venue.position == 0)
    }

    @Test func anEntryTakenBackWhileItWaitsIsNeverSent() {
        var (world, exit, entry) = turned(entry: 29) { _ in }
        world.cancel(entry)
        world.run(for: .seconds(10))
        #expect(placed(world) == [exit])
        #expect(world.engine.table[entry]?.status == .canceled)
        #expect(world.venue.position == 0)
    }

    @Test func whatDoesNotTurnThePositionDoesNotWait() {
        var world = OrderManagerTests.world()
        world.submit([Requests.market(.buy, 10)])
        world.run(for: .seconds(5))
        world.outputs.removeAll()
        let ids = world.submit([
            Requests.market(.sell, 4, reduceOnly: true), Requests.limit(.buy, 5, at: 490_000),
        ])
        let other = world.submit([Requests.market(.sell, 3)], strategy: 1)
        #expect(placed(world) == ids + other)
    }

    @Test(arguments: 0..<200) func onABadNetworkNothingIsHeldWithoutAStop(seed: UInt64) {
        var world = World(seed: seed)
        world.start()
        world.run(for: .seconds(5))
        var random = SeededRandom(seed: seed)
        world.faults = .all
        var side = Side.buy
        for _ in 0..<6 {
            let held = world.engine.account.subPosition(StrategyID(0), InstrumentID(0)).quantity.units
            var requests: [OrderRequest] = []
            if held != 0 {
                requests.append(Requests.market(held > 0 ? .sell : .buy, abs(held), reduceOnly: true))
            }
            for id in world.engine.table.live.filter({ !$0.status.isFinal }).map(\.id) { world.cancel(id) }
            let place = requests.count + 1
            for (index, request) in Requests.bracket(side, Int64.random(in: 5...40, using: &random)).enumerated() {
                var request = request
                if index > 0 { request.parent = OrderID(UInt64(place)) }
                requests.append(request)
            }
            world.submit(requests)
            world.run(for: .seconds(Int64.random(in: 1...40, using: &random)))
            side = side.opposite
        }
        world.faults = .none
        world.run(for: .seconds(600))
        #expect(stopped(world) == abs(world.venue.position))
        #expect(world.engine.account.netQuantity(InstrumentID(0)).units == world.venue.position)
    }
}
