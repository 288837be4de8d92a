// SPDX-License-Identifier: Apache-2.0

import Execution
import TestSupport
import Testing
import Trading
import VenueHarness
import VenueInterface

@testable import OrderManagement

/// Whatever happens on the way: once it is quiet, we hold what the venue holds.
@Suite struct ConvergenceTests {
    @Test("After faults of every kind, everything equals the venue's", arguments: Array(UInt64(0)..<200) + [4356])
    func settles(seed: UInt64) {
        var world = World(seed: seed)
        world.start()
        world.run(for: .seconds(5))
        #expect(!world.manager.isPaused)
        world.faults = .all
        trade(&world, steps: 60, restarts: false)
        checkQuiet(&world)
    }

    @Test(
        "Killed and started again at any time, everything equals the venue's",
        arguments: Array(UInt64(1000)..<1100) + [7173, 7555, 8042, 9250])
    func settlesAfterRestarts(seed: UInt64) {
        var world = World(seed: seed)
        world.start()
        world.run(for: .seconds(5))
        world.faults = .all
        trade(&world, steps: 40, restarts: true)
        checkQuiet(&world)
    }

    @Test("The same seed gives the same outputs", arguments: UInt64(2000)..<2010)
    func isDeterministic(seed: UInt64) {
        func outputs() -> [OrderManagerOutput] {
            var world = World(seed: seed)
            world.start()
            world.faults = .all
            trade(&world, steps: 30, restarts: true)
            return world.outputs
        }
        #expect(outputs() == outputs())
    }

    func trade(_ world: inout World, steps: Int, restarts: Bool) {
        var ids: [OrderID] = []
        func pick(_ upTo: Int) -> Int { Int.random(in: 0..<upTo, using: &world.random) }
        for _ in 0..<steps {
            let price = world.venue.price
            let side: Side = pick(2) == 0 ? .buy : .sell
            let quantity = Int64(1 + pick(50))
            world.group += 1
            world.venue.liquidity = [1, 1, 1, 0.6, 0.3, 0][pick(6)]
            let strategy = UInt32(pick(2))
            switch pick(12) {
            case 0, 1: ids += world.submit(Requests.bracket(side, quantity, group: world.group), strategy: strategy)
            case 2:
                ids += world.submit(
                    Requests.bracket(side, quantity, stop: nil, target: 2, trail: 1, group: world.group),
                    strategy: strategy)
            case 3:
                ids += world.submit(
                    Requests.bracket(side, quantity, limit: price - side.sign * Int64(pick(3000)), group: world.group),
                    strategy: strategy)
            case 4: ids += world.submit([Requests.market(side, quantity)], strategy: strategy)
            case 5: ids += world.submit([Requests.market(side, quantity, reduceOnly: true)], strategy: strategy)
            case 6:
                ids += world.submit(
                    [
                        Requests.limit(
                            side, quantity, at: price - side.sign * Int64(1 + pick(4000)), group: world.group),
                        Requests.limit(
                            side, quantity, at: price - side.sign * Int64(1 + pick(4000)), group: world.group),
                    ], strategy: strategy)
            case 7, 8: if let id = ids.randomElement(using: &world.random) { world.cancel(id) }
            case 9:
                if let id = ids.randomElement(using: &world.random), let order = world.engine.table[id] {
                    if order.request.type == .limit, order.request.parent == .none {
                        world.modify(
                            id,
                            OrderChange(
                                quantity: order.filled + Quantity(units: quantity),
                                limit: Price(units: price - order.request.side.sign * Int64(1 + pick(3000)))))
                    } else if order.request.type == .stop {
                        world.modify(
                            id,
                            OrderChange(trigger: Price(units: price + order.request.side.sign * Int64(1 + pick(9000)))))
                    }
                }
            case 10:
                world.isLinked = false
                world.tell { $0.handle(.linkDown(reason: "cut"), at: $1, into: &$2) }
            default:
                if !world.isLinked {
                    world.isLinked = true
                    world.tell { $0.handle(.linkUp, at: $1, into: &$2) }
                }
                world.venue.pay(funding: Amount(units: Int128(pick(1_000_000)) * 1_000_000_000_000))
                if pick(4) == 0 { world.venue.transfer(Amount(whole: Int64(pick(100)))) }
                if pick(8) == 0 { world.venue.tradeByHand(side, quantity) }
                world.sayAll()
            }
            world.run(for: .milliseconds(Int64(pick(4000))))
            world.move(to: max(1000, price + Int64(pick(6001)) - 3000))
            world.run(for: .milliseconds(Int64(pick(3000))))
            if restarts, pick(12) == 0 { world.restart() }
        }
    }

    func checkQuiet(_ world: inout World) {
        world.faults = .none
        world.venue.liquidity = 1
        if !world.isLinked {
            world.isLinked = true
            world.tell { $0.handle(.linkUp, at: $1, into: &$2) }
        }
        // What is sent at market needs a price, which a restart forgets.
        world.move(to: world.venue.price)
        world.run(for: .minutes(10))
        let venue = world.venue
        #expect(world.manager.unresolvedCount == 0)
        #expect(world.manager.pauses == [])
        let position = world.engine.account.netQuantity(InstrumentID(0)).units
        #expect(position == venue.position)
        // What is realised depends on the order in which fills are counted; with the cost of what is open it does not.
        let ours = world.engine.account.balance(AssetID(1)) - world.engine.account.position(InstrumentID(0)).cost
        let difference = ours - (venue.balance - Amount(units: venue.cost))
        #expect(difference.magnitude < Amount(units: 1_000_000))
        #expect(world.engine.account.ledger.isBalanced)
        #expect(world.manager.account.ledger.hash == world.engine.account.ledger.hash)
        // Each trade once.
        #expect(world.engine.trades.count == venue.fills.count)
        for fill in venue.fills { #expect(world.engine.trades[fill.trade] == fill.quantity.units) }
        // Each order one end, and what is not over works at the venue.
        for (id, ends) in world.engine.ends { #expect(ends.count == 1, "order \(id.sequence): \(ends)") }
        let open = Set(venue.orders.filter(\.isOpen).map(\.ticket.client.order))
        let live = world.engine.table.live.filter { !$0.status.isFinal }
        for order in live where !open.contains(order.id) {
            // A trailing stop that is not active yet waits with us; a child waits for its entry. An exit that finds
            // nobody to trade with is tried again for as long as there is a position.
            let isLeaving =
                (order.request.isReduceOnly || order.request.parent != .none) && order.status != .accepted
                && venue.position != 0
            #expect(
                order.status == .held || order.request.type == .trailingStop || isLeaving,
                "order \(order.id.sequence): \(order.status), \(order.request.side) \(order.request.type), position \(venue.position)"
            )
        }
        for id in open { #expect(live.contains { $0.id == id }, "order \(id.sequence) is open at the venue only") }
        for order in venue.orders where order.isOpen {
            guard let ours = world.engine.table[order.ticket.client.order], ours.status != .held else { continue }
            #expect(ours.remaining.units == order.remaining, "order \(ours.id.sequence)")
        }
    }
}
