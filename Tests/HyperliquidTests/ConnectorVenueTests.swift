// SPDX-License-Identifier: Apache-2.0

import Cryptography
import Execution
import Hyperliquid
import HyperliquidSimulator
import TestSupport
import Testing
import Trading
import VenueInterface

@testable import Risk

/// The connector and the simulated venue with a network in between that delays, loses and breaks.
struct ConnectedVenue {
    var connector: HyperliquidConnector
    var venue: HyperliquidSimulator
    var now = Moment(wall: Timestamp(seconds: 1_700_000_000), monotonic: .zero)
    private(set) var events: [VenueEvent] = []
    var random: SeededRandom
    /// Of a request or an answer, each: the chance to be lost, in hundredths.
    var loss = 0

    private enum Parcel {
        case open(StreamID)
        case toVenue(StreamID, [UInt8])
        case toUs(StreamID, [UInt8])
        case closed(StreamID)
        case request(HTTPRequest)
        case answer(RequestID, HTTPOutcome)
    }
    private var parcels: [(at: TimeSpan, number: Int, parcel: Parcel)] = []
    private var number = 0
    private var openStreams: Set<StreamID> = []

    init(seed: UInt64, _ change: (inout HyperliquidConnector.Configuration) -> Void = { _ in }) throws {
        random = SeededRandom(seed: seed)
        let key = try PrivateKey(parsing: ConnectorHarness.secret)
        var simulated = SimulatorConfiguration(
            markets: [
                MarketConfiguration(coin: "BTC", szDecimals: 5, price: Fixed8(42_100)),
                MarketConfiguration(coin: "ETH", szDecimals: 4, price: Fixed8(2_000)),
            ],
            accounts: [AccountConfiguration(address: key.address, balance: Fixed8(10_000))])
        simulated.seed = seed
        simulated.messageTimes = .wall
        venue = HyperliquidSimulator(configuration: simulated)
        var configuration = try ConnectorHarness.configuration()
        configuration.account = key.address
        change(&configuration)
        connector = HyperliquidConnector(configuration, seed: seed)
        feed(.start)
    }

    mutating func feed(_ input: ConnectorInput) { act { $0.handle(input, at: $1, into: &$2) } }

    mutating func act(_ body: (inout HyperliquidConnector, Moment, inout [ConnectorOutput]) -> Void) {
        var outputs: [ConnectorOutput] = []
        body(&connector, now, &outputs)
        for output in outputs {
            switch output {
            case .event(let event): events.append(event)
            case .openStream(let stream, _): post(.open(stream))
            case .closeStream(let stream):
                openStreams.remove(stream)
                venue.close(connection: stream.rawValue, wall: now.wall)
            case .send(let stream, let bytes): post(.toVenue(stream, bytes))
            case .request(let request):
                if isLost {
                    post(.answer(request.id, .failure(.timedOut)), after: .seconds(10))
                } else {
                    post(.request(request))
                }
            }
        }
    }

    private var isLost: Bool { mutating get { Int.random(in: 0..<100, using: &random) < loss } }

    private mutating func post(_ parcel: Parcel, after: TimeSpan? = nil) {
        number += 1
        let delay: TimeSpan
        switch parcel {
        // One connection keeps its order.
        case .toVenue, .toUs, .closed: delay = .milliseconds(20)
        case .open, .request, .answer: delay = .milliseconds(.random(in: 5...60, using: &random))
        }
        parcels.append((now.monotonic + (after ?? delay), number, parcel))
    }

    mutating func breakConnections() {
        for stream in openStreams.sorted(by: { $0.rawValue < $1.rawValue }) {
            venue.close(connection: stream.rawValue, wall: now.wall)
            post(.closed(stream))
        }
        openStreams.removeAll()
    }

    mutating func trade(_ price: String) {
        venue.advanceMarket(
            "BTC", .trade(price: Fixed8(price)!, size: Fixed8("0.5")!, takerIsBuy: true), at: now.wall, wall: now.wall)
    }

    mutating func pass(_ span: TimeSpan) {
        let end = now.monotonic + span
        while true {
            deliverVenueOutputs()
            let parcel = parcels.indices.min {
                (parcels[$0].at, parcels[$0].number) < (parcels[$1].at, parcels[$1].number)
            }
            let next = min(parcel.map { parcels[$0].at } ?? end, connector.nextWake ?? end, end)
            advance(to: max(next, now.monotonic))
            if let parcel, parcels[parcel].at <= now.monotonic {
                deliver(parcels.remove(at: parcel).parcel)
            } else if let wake = connector.nextWake, wake <= now.monotonic {
                feed(.wake)
            } else {
                return
            }
        }
    }

    private mutating func advance(to time: TimeSpan) {
        now = Moment(
            wall: now.wall + TimeSpan(nanoseconds: time.nanoseconds - now.monotonic.nanoseconds), monotonic: time)
        venue.wake(wall: now.wall)
    }

    private mutating func deliverVenueOutputs() {
        for output in venue.takeOutputs() {
            switch output {
            case .send(let connection, let bytes): post(.toUs(StreamID(connection), bytes))
            case .close(let connection, _):
                openStreams.remove(StreamID(connection))
                post(.closed(StreamID(connection)))
            }
        }
    }

    private mutating func deliver(_ parcel: Parcel) {
        switch parcel {
        case .open(let stream):
            venue.open(connection: stream.rawValue, wall: now.wall)
            openStreams.insert(stream)
            feed(.streamOpened(stream))
        case .toVenue(let stream, let bytes):
            guard openStreams.contains(stream) else { return }
            venue.message(connection: stream.rawValue, text: bytes, wall: now.wall)
        case .toUs(let stream, let bytes): if openStreams.contains(stream) { feed(.message(stream, bytes)) }
        case .closed(let stream): feed(.streamClosed(stream, .closed("broken")))
        case .request(let request):
            let answer = venue.post(path: request.path, body: request.body, wall: now.wall)
            let outcome = HTTPOutcome.response(status: answer.status, body: answer.body, retryAfter: nil)
            if isLost {
                post(.answer(request.id, .failure(.timedOut)), after: .seconds(10))
            } else {
                post(.answer(request.id, outcome))
            }
        case .answer(let id, let outcome): feed(.answer(id, outcome))
        }
    }

    mutating func takeEvents() -> [VenueEvent] {
        defer { events.removeAll() }
        return events
    }

    mutating func place(_ tickets: [OrderTicket], _ grouping: TicketGrouping = .none) {
        act { $0.place(ApprovedOrders(checked: tickets, grouping: grouping), at: $1, into: &$2) }
    }
}

@Suite struct ConnectorVenueTests {
    private func ticket(
        _ number: UInt64, _ side: Side = .buy, _ type: OrderType = .limit, limit: Int64, trigger: Int64? = nil,
        quantity: Int64 = 1_000, isReduceOnly: Bool = false
    ) -> OrderTicket {
        OrderTicket(
            client: ConnectorHarness.client(number), instrument: ConnectorHarness.bitcoin, side: side, type: type,
            quantity: Quantity(units: quantity), limit: Price(units: limit),
            trigger: trigger.map { Price(units: $0) }, isReduceOnly: isReduceOnly)
    }

    private func reading(_ world: inout ConnectedVenue) -> AccountSnapshot? {
        world.act { $0.requestSnapshot(since: Timestamp(seconds: 1_600_000_000), at: $1, into: &$2) }
        world.pass(.seconds(5))
        return world.takeEvents().compactMap { if case .snapshot(let value) = $0 { value } else { nil } }.last
    }

    @Test(
        "A whole life: entry with protection, change, fill, stop, and the venue's books at the end",
        arguments: [false, true])
    func life(posts: Bool) throws {
        var world = try ConnectedVenue(seed: 4) { $0.postsActions = posts }
        world.pass(.seconds(2))
        #expect(world.takeEvents().contains(.linkUp))
        world.place(
            [
                ticket(1, limit: 420_000),
                ticket(2, .sell, .stop, limit: 390_000, trigger: 410_000, isReduceOnly: true),
                ticket(3, .sell, .takeProfitLimit, limit: 439_000, trigger: 440_000, isReduceOnly: true),
            ], .entryWithProtection)
        world.pass(.seconds(1))
        let placed = world.takeEvents().compactMap { if case .placed(_, let outcome) = $0 { outcome } else { nil } }
        #expect(placed.count == 3)
        guard case .resting(let number) = placed[0], case .waiting = placed[1], case .waiting = placed[2] else {
            Issue.record("\(placed)")
            return
        }
        #expect(
            try #require(reading(&world)).openOrders.compactMap(\.client).sorted()
                == (1...3).map(ConnectorHarness.client))
        world.act { connector, now, outputs in
            let change = ModifyTicket(venueOrder: number, order: ticket(1, limit: 420_500))
            connector.modify(ApprovedChange(checked: change), at: now, into: &outputs)
        }
        world.pass(.seconds(1))
        let modified = world.takeEvents().compactMap { if case .modified(_, let outcome) = $0 { outcome } else { nil } }
        guard case .done(let new?)? = modified.first, new != number else {
            Issue.record("\(modified)")
            return
        }
        world.act { $0.query(ConnectorHarness.client(1), at: $1, into: &$2) }
        world.pass(.seconds(1))
        let status = world.takeEvents().compactMap { if case .status(_, let outcome) = $0 { outcome } else { nil } }
        guard case .known(let update)? = status.first else {
            Issue.record("\(status)")
            return
        }
        #expect(update.limit == Price(units: 420_500) && update.status == .open)
        for price in ["42080", "42040", "42000"] {
            world.trade(price)
            world.pass(.seconds(1))
        }
        let fills = world.takeEvents().compactMap { if case .fill(let fill) = $0 { fill } else { nil } }
        #expect(fills.reduce(0) { $0 + $1.quantity.units } >= 1_000)
        #expect(Set(fills.map(\.trade)).count * 1_000 >= 1_000 && fills.allSatisfy { $0.liquidity == .maker })
        let open = try #require(reading(&world))
        #expect(open.positions.map(\.quantity) == [Quantity(units: 1_000)])
        #expect(open.openOrders.count == 2 && open.openOrders.allSatisfy { $0.trigger != nil && $0.isReduceOnly })
        for price in ["41500", "41000", "40990"] {
            world.trade(price)
            world.pass(.seconds(1))
        }
        _ = world.takeEvents()
        let end = try #require(reading(&world))
        #expect(end.positions.isEmpty && end.openOrders.isEmpty)
        #expect(Set(end.fills.map(\.trade)).count == end.fills.count)
        // The books balance: what was there, the profit that the venue booked, and the fees.
        let profit = end.fills.reduce(Int128(0)) { $0 + ($1.closedProfit?.units ?? 0) - $1.fee.units }
        #expect(end.balances.first?.total.units == 10_000 * 1_000_000_000_000_000_000 + profit)
    }

    @Test("With requests lost and connections broken, nothing is told that is not so", arguments: UInt64(0)..<20)
    func lossyNetwork(seed: UInt64) throws {
        var world = try ConnectedVenue(seed: seed) {
            $0.postsActions = seed % 2 == 0
            $0.limits.failuresUntilBreak = 1_000
        }
        world.pass(.seconds(2))
        world.loss = 15
        var said: [ClientOrderID: PlaceOutcome] = [:]
        var number: UInt64 = 0
        for step in 0..<30 {
            number += 1
            world.place([ticket(number, limit: 400_000 + Int64(number) * 10, quantity: 100)])
            if step % 9 == 4 { world.breakConnections() }
            world.pass(.milliseconds(.random(in: 100...3_000, using: &world.random)))
            for case .placed(let client, let outcome) in world.takeEvents() { said[client] = outcome }
        }
        world.loss = 0
        world.pass(.seconds(60))
        for case .placed(let client, let outcome) in world.takeEvents() { said[client] = outcome }
        #expect(said.count == 30)
        let snapshot = try #require(reading(&world))
        let open = Set(snapshot.openOrders.compactMap(\.client))
        #expect(snapshot.openOrders.count == open.count, "nothing was sent twice")
        var counts = [0, 0, 0]
        for (client, outcome) in said {
            switch outcome {
            case .resting:
                counts[0] += 1
                #expect(open.contains(client))
            case .rejected:
                counts[1] += 1
                #expect(!open.contains(client), "told as refused, but it rests")
            case .unknown: counts[2] += 1
            case .filled, .waiting: Issue.record("\(outcome)")
            }
        }
        #expect(counts[0] > 5)
        // What is unknown is settled by asking.
        for case (let client, .unknown) in said {
            world.act { $0.query(client, at: $1, into: &$2) }
            world.pass(.seconds(1))
            for case .status(client, let status) in world.takeEvents() {
                if case .known = status { #expect(open.contains(client)) } else { #expect(status == .notKnown) }
            }
        }
        #expect(world.venue.statistics.tooManyRequests + world.venue.statistics.overBudget == 0)
    }
}
