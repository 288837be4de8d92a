// SPDX-License-Identifier: Apache-2.0

import Execution
import Testing
import Trading
import VenueHarness
import VenueInterface

@testable import OrderManagement

/// Each fault, at each request or on the stream, in each state of an order: the end is the venue's truth.
@Suite struct FaultMatrixTests {
    /// A fault as the manager sees it.
    enum Fault: String, CaseIterable, Sendable {
        case drop, duplicate, reorder, delay, serverError, tooManyRequests, halfOpen, disconnect, badData
    }
    enum Place: String, CaseIterable, Sendable { case place, modify, cancel, query, stream }
    enum State: String, CaseIterable, Sendable {
        case submitted, accepted, partiallyFilled, triggered, filled, cancelled
    }

    struct Cell: Sendable, CustomTestStringConvertible {
        let fault: Fault
        let place: Place
        let state: State
        var testDescription: String { "\(fault) at \(place), order \(state)" }
    }

    static let cells = Fault.allCases.flatMap { fault in
        Place.allCases.flatMap { place in State.allCases.map { Cell(fault: fault, place: place, state: $0) } }
    }

    @Test(arguments: cells) func settlesToTheVenuesTruth(cell: Cell) {
        var world = World(seed: 1)
        world.start()
        world.move(to: 500_000)
        world.run(for: .seconds(5))
        // One order that the market can take to the state, beside a bracket that must survive.
        world.submit(Requests.bracket(.buy, 10, group: 1))
        world.run(for: .seconds(5))
        if cell.place == .place { begin(cell.fault, &world) { if case .place = $0 { true } else { false } } }
        let isStop = cell.state == .triggered
        let id = world.submit([
            isStop ? Requests.stop(.sell, 4, at: 498_000) : Requests.limit(.buy, 8, at: 499_000)
        ])[0]
        if cell.state != .submitted { world.run(for: .seconds(2)) }
        if cell.place == .stream { begin(cell.fault, &world) { _ in false } }
        world.venue.liquidity = cell.state == .partiallyFilled || isStop ? 0.5 : 1
        switch cell.state {
        case .submitted, .accepted: break
        case .partiallyFilled, .filled: world.move(to: 499_000)
        case .triggered: world.move(to: 498_000)
        case .cancelled:
            if let working = world.venue.orders.last(where: { $0.ticket.client.order == id }) {
                _ = world.venue.cancel(
                    CancelTicket(client: working.ticket.client, venueOrder: nil, instrument: InstrumentID(0)))
                world.sayAll()
            }
        }
        world.venue.liquidity = 1
        switch cell.place {
        case .modify:
            begin(cell.fault, &world) { if case .modify = $0 { true } else { false } }
            world.modify(
                id,
                isStop
                    ? OrderChange(trigger: Price(units: 497_000))
                    : OrderChange(quantity: Quantity(units: 9), limit: Price(units: 498_900)))
        case .cancel:
            begin(cell.fault, &world) { if case .cancel = $0 { true } else { false } }
            world.cancel(id)
        case .query:
            begin(cell.fault, &world) { if case .query = $0 { true } else { false } }
            world.losesAnswer = { if case .cancel = $0 { true } else { false } }
            world.cancel(id)
        case .place, .stream: break
        }
        world.run(for: .seconds(20))
        end(&world)
        world.run(for: .minutes(6))
        check(world, id)
    }

    private func begin(_ fault: Fault, _ world: inout World, at matches: @escaping (World.Item) -> Bool) {
        switch fault {
        case .drop, .halfOpen: world.losesRequest = matches
        case .serverError, .tooManyRequests: world.losesAnswer = matches
        case .duplicate: world.faults.messageRepeated = 1000
        case .reorder: world.faults.messageLate = 1000
        case .delay: world.faults.requestLate = 1000
        case .badData: world.faults.messageLost = 1000
        case .disconnect:
            world.isLinked = false
            world.tell { $0.handle(.linkDown(reason: "cut"), at: $1, into: &$2) }
        }
        if fault == .halfOpen { world.isLinked = false }
    }

    private func end(_ world: inout World) {
        world.losesRequest = { _ in false }
        world.losesAnswer = { _ in false }
        world.faults = .none
        if !world.isLinked {
            world.isLinked = true
            world.tell { $0.handle(.linkUp, at: $1, into: &$2) }
        }
    }

    private func check(_ world: World, _ id: OrderID) {
        #expect(world.manager.unresolvedCount == 0)
        #expect(world.manager.pauses == [])
        #expect(world.engine.account.netQuantity(InstrumentID(0)).units == world.venue.position)
        #expect(world.engine.trades.count == world.venue.fills.count)
        for fill in world.venue.fills { #expect(world.engine.trades[fill.trade] == fill.quantity.units) }
        let isOpen = world.venue.orders.contains { $0.isOpen && $0.ticket.client.order == id }
        let order = world.engine.table[id]
        #expect(order?.status.isFinal != isOpen)
        #expect((world.engine.ends[id]?.count ?? 0) <= 1)
        // Never two of one order at the venue.
        #expect(world.venue.orders.count { $0.isOpen && $0.ticket.client.order == id } <= 1)
        // What is held is protected.
        if world.venue.position > 0 {
            let stops = world.venue.orders.filter { $0.isOpen && $0.ticket.type == .stop && !$0.isWaiting }
            #expect(!stops.isEmpty)
        }
    }
}
