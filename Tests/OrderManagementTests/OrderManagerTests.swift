// SPDX-License-Identifier: Apache-2.0

import Execution
import Risk
import Testing
import Trading
import VenueHarness
import VenueInterface

@testable import OrderManagement

@Suite struct OrderManagerTests {
    /// A session that has been compared with its venue, the market at 50,000.
    static func world(_ change: (inout OrderManagerSettings) -> Void = { _ in }) -> World {
        var settings = OrderManagerSettings(instance: 7)
        change(&settings)
        var world = World(seed: 1, settings: settings)
        world.start()
        world.move(to: 500_000)
        world.run(for: .seconds(5))
        world.outputs.removeAll()
        return world
    }

    static func tickets(_ world: World) -> [[OrderTicket]] {
        world.outputs.compactMap { if case .place(let tickets, _) = $0 { tickets } else { nil } }
    }

    static func reports(_ world: World, of id: OrderID) -> [OrderEvent] {
        world.outputs.compactMap {
            if case .report(.order(let report)) = $0, report.order == id { report.event } else { nil }
        }
    }

    static func fills(_ world: World) -> [Fill] {
        world.outputs.compactMap { if case .report(.fill(let fill, _)) = $0 { fill } else { nil } }
    }

    static func kinds(_ world: World) -> [Finding.Kind] { world.findings.map(\.kind).filter { $0 != .opening } }

    // MARK: Requests

    @Test func aBracketIsOneRequestWithLevelsFromTheMarket() {
        var world = Self.world()
        world.submit(Requests.bracket(.buy, 10))
        let tickets = Self.tickets(world)
        #expect(tickets.count == 1)
        #expect(tickets[0].map(\.type) == [.market, .takeProfit, .stop])
        #expect(tickets[0].map(\.limit.units) == [525_000, 463_500, 441_000])
        #expect(tickets[0].map(\.trigger?.units) == [nil, 515_000, 490_000])
        #expect(tickets[0].map(\.isReduceOnly) == [false, true, true])
        #expect(tickets[0][0].timeInForce == .immediateOrCancel)
    }

    @Test func childrenFollowTheRealEntry() {
        var world = Self.world()
        world.venue.price = 502_000
        world.submit(Requests.bracket(.buy, 10))
        world.run(for: .seconds(10))
        let open = world.venue.orders.filter(\.isOpen)
        #expect(open.compactMap(\.ticket.trigger?.units).sorted() == [491_960, 517_060])
        #expect(open.map(\.remaining) == [10, 10])
    }

    @Test func namesFollowFromTheOrderAndTheAttempt() {
        var world = Self.world()
        let id = world.submit([Requests.limit(.buy, 10, at: 499_000)])[0]
        #expect(Self.tickets(world)[0][0].client == ClientOrderID(instance: 7, order: id, attempt: 0))
    }

    @Test(
        arguments: [
            (Requests.limit(.buy, 10, at: 499_000, timeInForce: .fillOrKill), .unsupported),
            (Requests.limit(.buy, 10, at: -1), .notPositive),
            (Requests.limit(.buy, 1, at: 40_000), .belowMinimumNotional),
            (Requests.stop(.sell, 10, at: 0), .notPositive),
            (
                OrderRequest(
                    instrument: InstrumentID(0), side: .buy, type: .limit, quantity: Quantity(units: 5)), .missingPrice
            ),
            (
                OrderRequest(
                    instrument: InstrumentID(0), side: .buy, type: .trailingStop, quantity: Quantity(units: 5)),
                .missingPrice
            ),
        ] as [(OrderRequest, RejectReason)])
    func whatCannotBeSentIsRefusedHere(request: OrderRequest, reason: RejectReason) {
        var world = Self.world()
        let id = world.submit([request])[0]
        #expect(Self.tickets(world).isEmpty)
        #expect(world.engine.table[id]?.status == .rejected)
        #expect(world.engine.table[id]?.reason == reason)
    }

    @Test func aRefusalOfTheChecksIsAReject() {
        var world = Self.world()
        world.losesRequest = { _ in true }
        let ids = world.submit(Requests.bracket(.buy, 10))
        let clients = ids.map { ClientOrderID(instance: 7, order: $0) }
        world.tell { $0.denied(clients, RiskDenial(.exposureLimit, instrument: "BTC"), at: $1, into: &$2) }
        #expect(world.engine.table[ids[0]]?.reason == .exposureLimit)
        for id in ids.dropFirst() { #expect(world.engine.table[id]?.status == .canceled) }
        #expect(world.manager.liveOrderCount == 0)
    }

    @Test func supportSaysWhatIsEmulated() {
        let settings = OrderManagerSettings(instance: 1)
        #expect(OrderType.allCases.filter { settings.support(for: $0) == .emulated } == [.trailingStop])
        #expect(settings.support(for: .limit, .goodTilDate) == .emulated)
        #expect(settings.support(for: .limit, .fillOrKill) == .unsupported)
    }

    // MARK: Unknown outcomes

    @Test func aLateAnswerToAnEarlyQuestionProvesNothing() throws {
        var world = Self.world()
        world.losesRequest = { item in
            switch item {
            case .place, .query: true
            default: false
            }
        }
        let ids = world.submit([Requests.market(.buy, 100)])
        let client = try #require(Self.tickets(world).last?.first?.client)
        // Asked again after twelve seconds, one before the request's life is over for certain.
        world.run(for: .seconds(12))
        world.outputs.removeAll()
        world.run(for: .milliseconds(2_500))
        #expect(!world.outputs.contains(.query(client)))
        world.tell { $0.handle(.status(client, .notKnown), at: $1, into: &$2) }
        #expect(world.engine.table[ids[0]]?.status.isFinal == false)
        for _ in 0..<60 where !world.outputs.contains(.query(client)) { world.run(for: .milliseconds(500)) }
        world.tell { $0.handle(.status(client, .notKnown), at: $1, into: &$2) }
        #expect(world.engine.table[ids[0]]?.reason == .notSent)
    }

    @Test func notKnownProvesNothingBeforeTheRequestsLifeIsOver() {
        var world = Self.world()
        world.losesRequest = { if case .place = $0 { true } else { false } }
        let id = world.submit([Requests.limit(.buy, 10, at: 499_000)])[0]
        world.run(for: .milliseconds(12_900))
        #expect(world.engine.table[id]?.status == .submitted)
        #expect(world.outputs.contains { if case .query = $0 { true } else { false } })
        world.run(for: .seconds(30))
        #expect(world.engine.table[id]?.status == .rejected)
        #expect(world.engine.table[id]?.reason == .notSent)
    }

    @Test func withoutALimitedLifeItTakesSeveralAnswers() {
        var world = Self.world { $0.requestLife = nil }
        world.losesRequest = { if case .place = $0 { true } else { false } }
        let id = world.submit([Requests.limit(.buy, 10, at: 499_000)])[0]
        world.run(for: .minutes(2))
        #expect(world.engine.table[id]?.reason == .notSent)
        let queries = world.outputs.count { if case .query = $0 { true } else { false } }
        #expect(queries == world.manager.settings.confirmations)
    }

    @Test func aLateAnswerAfterASilentFillIsNoSecondOrder() {
        var world = Self.world()
        world.losesAnswer = { if case .place = $0 { true } else { false } }
        let id = world.submit([Requests.market(.buy, 10)])[0]
        world.run(for: .seconds(60))
        #expect(world.engine.table[id]?.status == .filled)
        #expect(world.venue.orders.count == 1)
    }

    @Test func queriesAreSpacedAndFew() {
        var world = Self.world()
        world.losesRequest = { if case .place = $0 { true } else { false } }
        for step in 0..<25 { world.submit([Requests.limit(.buy, 10, at: 400_000 + Int64(step))]) }
        var times: [TimeSpan] = []
        for _ in 0..<3000 {
            world.outputs.removeAll()
            world.run(for: .milliseconds(10))
            for output in world.outputs { if case .query = output { times.append(world.now) } }
        }
        #expect(times.count >= 25)
        for (first, second) in zip(times, times.dropFirst()) { #expect(second >= first + .milliseconds(90)) }
        for start in times { #expect(times.count { $0 >= start && $0 < start + .milliseconds(1900) } <= 20) }
    }

    // MARK: Fills

    @Test func aFillToldTwiceCountsOnce() {
        var world = Self.world()
        world.faults.messageRepeated = 1000
        let id = world.submit([Requests.market(.buy, 10)])[0]
        world.run(for: .seconds(70))
        #expect(Self.fills(world).count == 1)
        #expect(world.engine.table[id]?.filled.units == 10)
    }

    @Test func moreThanAskedForPausesUntilTheAccountIsCompared() {
        var world = Self.world()
        let id = world.submit([Requests.limit(.buy, 10, at: 499_000)])[0]
        world.run(for: .seconds(1))
        let client = ClientOrderID(instance: 7, order: id)
        let fill = VenueFill(
            trade: TradeID(900), client: client, venueOrder: VenueOrderID(101), instrument: InstrumentID(0), side: .buy,
            price: Price(units: 499_000), quantity: Quantity(units: 12), time: world.moment.wall, liquidity: .maker,
            fee: .zero, feeAsset: AssetID(1))
        world.tell { $0.handle(.fill(fill), at: $1, into: &$2) }
        #expect(world.manager.pauses == [.overfill(InstrumentID(0))])
        #expect(Self.kinds(world).contains(.overfill))
        #expect(world.engine.account.netQuantity(InstrumentID(0)).units == 12)
        #expect(world.engine.table[id]?.status == .filled)
    }

    @Test func aFillAfterTheEndCounts() {
        var world = Self.world()
        let id = world.submit([Requests.limit(.buy, 10, at: 499_000)])[0]
        world.run(for: .seconds(1))
        world.cancel(id)
        world.run(for: .seconds(10))
        #expect(world.engine.table[id]?.status == .canceled)
        let fill = VenueFill(
            trade: TradeID(900), client: nil, venueOrder: VenueOrderID(101), instrument: InstrumentID(0), side: .buy,
            price: Price(units: 499_000), quantity: Quantity(units: 3), time: world.moment.wall, liquidity: .maker,
            fee: .zero, feeAsset: AssetID(1))
        world.tell { $0.handle(.fill(fill), at: $1, into: &$2) }
        #expect(Self.kinds(world) == [.lateFill])
        #expect(Self.fills(world).last?.order == id)
        #expect(world.engine.table[id]?.filled.units == 3)
    }

    @Test(arguments: OrderManagerSettings.ExternalOrders.allCases)
    func tradesByHandCountByPolicy(policy: OrderManagerSettings.ExternalOrders) {
        var world = Self.world { $0.externalOrders = policy }
        world.submit([Requests.market(.buy, 10)], strategy: 1)
        world.run(for: .seconds(5))
        world.venue.tradeByHand(.sell, 12)
        world.sayAll()
        world.run(for: .seconds(5))
        let held = (0..<3).map { world.engine.account.netQuantity(StrategyID($0), InstrumentID(0)).units }
        #expect(held == (policy == .adopt ? [0, 0, -2] : [0, 10, -12]))
        #expect(Self.fills(world).dropFirst().allSatisfy { $0.order == .none })
        #expect(Self.kinds(world) == [.externalFill])
    }

    /// A query's answer that is older than what ended the order.
    @Test(arguments: [StatusOutcome.notKnown, .unknown(reason: "502")])
    func aLateAnswerKeepsNobodyAwake(outcome: StatusOutcome) {
        var world = Self.world()
        world.submit([Requests.market(.buy, 10)])
        world.run(for: .seconds(5))
        // Half of the exit fills, and the fill is not told.
        world.isLinked = false
        world.venue.liquidity = 0.5
        let exit = world.submit([Requests.market(.sell, 10, reduceOnly: true)])[0]
        world.run(for: .milliseconds(300))
        let client = ClientOrderID(instance: 7, order: exit)
        world.tell { $0.handle(.status(client, outcome), at: $1, into: &$2) }
        // What ended is read, and the rest waits for its turn.
        world.run(for: .seconds(10))
        world.venue.liquidity = 1
        for _ in 0..<40 where world.manager.nextWake == world.now {
            world.tell { $0.wake(at: $1, into: &$2) }
        }
        #expect(world.manager.nextWake.map { $0 > world.now } ?? true)
        world.run(for: .minutes(3))
        #expect(world.engine.account.netQuantity(InstrumentID(0)) == .zero)
        #expect(world.engine.table[exit]?.status == .filled)
    }

    /// Questions wait for their turn while answers to others come late or not at all: looks are followed by pauses.
    @Test(arguments: [3, 11, 25])
    func questionsWithoutAnswersKeepNobodyAwake(count: Int) {
        var world = Self.world()
        world.faults.requestLost = 1000
        for number in 0..<count {
            world.submit([Requests.limit(.buy, 10, at: Int64(490_000 + number))])
            world.run(for: .milliseconds(37))
        }
        // By then it has heard of each that nobody knows.
        world.run(for: .milliseconds(10_050))
        var (time, looks, queries) = (world.now, 0, 0)
        let end = time + .minutes(10)
        var answers: [(at: TimeSpan, client: ClientOrderID)] = []
        while let next = world.manager.nextWake, next < end, looks < 50 {
            let before = time
            var outputs: [OrderManagerOutput] = []
            if let first = answers.indices.min(by: { answers[$0].at < answers[$1].at }), answers[first].at <= next {
                let answer = answers.remove(at: first)
                time = max(time, answer.at)
                let now = Moment(wall: World.base + time, monotonic: time)
                world.manager.handle(.status(answer.client, .unknown(reason: "429")), at: now, into: &outputs)
            } else {
                time = max(time, next)
                world.manager.wake(at: Moment(wall: World.base + time, monotonic: time), into: &outputs)
            }
            looks = time > before ? 0 : looks + 1
            for case .query(let client) in outputs {
                queries += 1
                let span = Int64(queries * 7919 % 4_000)
                if queries % 3 > 0 { answers.append((time + .milliseconds(span), client)) }
            }
        }
        #expect(looks < 50, "awake for ever at \(time)")
        #expect(queries > 5 * count, "they are asked again and again")
    }

    @Test func aLiquidationFallsOnThoseWhoHold() {
        var world = Self.world()
        world.submit([Requests.market(.buy, 10)], strategy: 0)
        world.submit([Requests.market(.buy, 5)], strategy: 1)
        world.run(for: .seconds(5))
        let fill = VenueFill(
            trade: TradeID(900), client: nil, venueOrder: VenueOrderID(999), instrument: InstrumentID(0), side: .sell,
            price: Price(units: 400_000), quantity: Quantity(units: 15), time: world.moment.wall, liquidity: .taker,
            fee: Amount(whole: 3), feeAsset: AssetID(1), isLiquidation: true)
        world.tell { $0.handle(.fill(fill), at: $1, into: &$2) }
        let parts = Self.fills(world).suffix(2)
        #expect(parts.map(\.quantity.units) == [-10, -5])
        #expect(parts.map(\.fee) == [Amount(whole: 2), Amount(whole: 1)])
        #expect(parts.allSatisfy { $0.reason == .liquidation && $0.trade == TradeID(900) })
    }

    @Test func feesInAnotherAssetAreBookedThere() {
        var world = Self.world()
        let fill = VenueFill(
            trade: TradeID(900), client: nil, venueOrder: VenueOrderID(999), instrument: InstrumentID(0), side: .buy,
            price: Price(units: 400_000), quantity: Quantity(units: 15), time: world.moment.wall, liquidity: .taker,
            fee: Amount(whole: 3), feeAsset: AssetID(0))
        world.tell { $0.handle(.fill(fill), at: $1, into: &$2) }
        #expect(Self.fills(world)[0].fee == .zero)
        #expect(world.engine.account.balance(AssetID(0)) == -Amount(whole: 3))
        #expect(world.engine.account.ledger.isBalanced)
    }

    @Test func fundingIsDividedToTheLastDigit() {
        var world = Self.world()
        world.submit([Requests.market(.buy, 7)], strategy: 0)
        world.submit([Requests.market(.sell, 4)], strategy: 1)
        world.run(for: .seconds(5))
        let funding = VenueFunding(
            instrument: InstrumentID(0), time: world.moment.wall, amount: Amount(units: 1_000_000_000_000_000_001))
        for _ in 0..<2 { world.tell { $0.handle(.funding(funding), at: $1, into: &$2) } }
        let parts = world.outputs.compactMap { output -> FundingPayment? in
            if case .report(.funding(let payment)) = output { payment } else { nil }
        }
        #expect(parts.map(\.strategy.rawValue) == [0, 1])
        #expect(parts.map(\.amount).reduce(.zero, +) == funding.amount)
        #expect(parts[0].amount.units == 2_333_333_333_333_333_336)
    }

    @Test func badNumbersAreLeftOut() {
        var world = Self.world()
        let good = VenueFill(
            trade: TradeID(1), client: nil, venueOrder: VenueOrderID(1), instrument: InstrumentID(0), side: .buy,
            price: Price(units: 1), quantity: Quantity(units: 1), time: world.moment.wall, liquidity: .taker,
            fee: .zero,
            feeAsset: AssetID(1))
        for change: (inout VenueFill) -> Void in [
            { $0.quantity = Quantity(units: .max) }, { $0.quantity = .zero }, { $0.price = Price(units: .min) },
            { $0.fee = Amount(units: .min) }, { $0.instrument = InstrumentID(99) }, { $0.feeAsset = AssetID(99) },
        ] {
            var bad = good
            change(&bad)
            world.tell { $0.handle(.fill(bad), at: $1, into: &$2) }
        }
        let update = OrderUpdate(
            client: nil, venueOrder: VenueOrderID(1), instrument: InstrumentID(0), side: .buy, status: .open,
            quantity: Quantity(units: 1), remaining: Quantity(units: 2), time: world.moment.wall)
        world.tell { $0.handle(.order(update), at: $1, into: &$2) }
        let transfer = VenueTransfer(
            kind: .deposit, asset: AssetID(1), amount: Amount(units: .min), time: world.moment.wall, reference: "x")
        world.tell { $0.handle(.transfer(transfer), at: $1, into: &$2) }
        let funding = VenueFunding(
            instrument: InstrumentID(0), time: world.moment.wall, amount: Amount(units: .max))
        world.tell { $0.handle(.funding(funding), at: $1, into: &$2) }
        #expect(Self.kinds(world) == Array(repeating: .badData, count: 9))
        #expect(Self.fills(world).isEmpty)
    }

    // MARK: Other programs

    @Test func anotherInstancePausesUntilAPersonSaysItIsGone() {
        var world = Self.world()
        let update = OrderUpdate(
            client: ClientOrderID(instance: 8, order: OrderID(1)), venueOrder: VenueOrderID(5),
            instrument: InstrumentID(0), side: .buy, status: .open, quantity: Quantity(units: 2),
            remaining: Quantity(units: 2), time: world.moment.wall)
        world.tell { $0.handle(.order(update), at: $1, into: &$2) }
        #expect(world.manager.pauses == [.otherProgram(instance: 8)])
        #expect(world.manager.externalOrders.map(\.venueOrder) == [VenueOrderID(5)])
        world.run(for: .minutes(3))
        #expect(world.manager.isPaused)
        world.tell { $0.acknowledge(.otherProgram(instance: 8), at: $1, into: &$2) }
        world.run(for: .seconds(10))
        #expect(!world.manager.isPaused)
    }

    @Test(arguments: OrderManagerSettings.ExternalOrders.allCases)
    func ordersByHandAreListed(policy: OrderManagerSettings.ExternalOrders) {
        var world = Self.world { $0.externalOrders = policy }
        var update = OrderUpdate(
            client: nil, venueOrder: VenueOrderID(5), instrument: InstrumentID(0), side: .buy, status: .open,
            quantity: Quantity(units: 2), remaining: Quantity(units: 2), time: world.moment.wall)
        for _ in 0..<2 { world.tell { $0.handle(.order(update), at: $1, into: &$2) } }
        #expect(world.manager.externalOrders == [update])
        #expect(Self.kinds(world) == [.externalOrder])
        world.tell { $0.cancelAll(keepingProtection: false, at: $1, into: &$2) }
        let cancels = world.outputs.count { if case .cancel = $0 { true } else { false } }
        #expect(cancels == (policy == .adopt ? 1 : 0))
        update.status = .cancelled(.byRequest, text: "")
        world.tell { $0.handle(.order(update), at: $1, into: &$2) }
        #expect(world.manager.externalOrders.isEmpty)
    }

    @Test("Stops placed by hand stay where ours stay", arguments: [true, false])
    func stopsByHand(keepingProtection: Bool) {
        var world = Self.world { $0.externalOrders = .adopt }
        for (number, isReduceOnly) in [(5, false), (6, true)] as [(UInt64, Bool)] {
            let update = OrderUpdate(
                client: nil, venueOrder: VenueOrderID(number), instrument: InstrumentID(0), side: .sell, status: .open,
                quantity: Quantity(units: 2), remaining: Quantity(units: 2), isReduceOnly: isReduceOnly,
                time: world.moment.wall)
            world.tell { $0.handle(.order(update), at: $1, into: &$2) }
        }
        world.tell { $0.cancelAll(keepingProtection: keepingProtection, at: $1, into: &$2) }
        let cancelled = world.outputs.flatMap { output -> [VenueOrderID?] in
            if case .cancel(let tickets) = output { tickets.map(\.venueOrder) } else { [] }
        }
        #expect(cancelled == (keepingProtection ? [VenueOrderID(5)] : [VenueOrderID(5), VenueOrderID(6)]))
    }

    // MARK: The kill switch

    @Test func everythingIsTakenBackAndClosed() {
        var world = Self.world()
        world.submit(Requests.bracket(.buy, 10), strategy: 0)
        world.submit([Requests.market(.sell, 4)], strategy: 1)
        world.submit([Requests.limit(.buy, 5, at: 450_000)])
        world.run(for: .seconds(5))
        world.tell { $0.cancelAll(keepingProtection: true, at: $1, into: &$2) }
        world.run(for: .seconds(5))
        #expect(world.venue.orders.filter(\.isOpen).map(\.ticket.type) == [.takeProfit, .stop])
        world.tell { $0.cancelAll(keepingProtection: false, at: $1, into: &$2) }
        world.tell { $0.flatten(at: $1, into: &$2) }
        world.tell { $0.flatten(at: $1, into: &$2) }
        world.run(for: .seconds(10))
        #expect(world.venue.orders.allSatisfy { !$0.isOpen })
        #expect(world.venue.position == 0)
        #expect(world.engine.account.netQuantity(InstrumentID(0)).units == 0)
        #expect(world.manager.liveOrderCount == 0)
    }

    // MARK: Time

    @Test func anOrderWithADateEndsThen() {
        var world = Self.world()
        let id = world.submit([
            Requests.limit(
                .buy, 10, at: 400_000, timeInForce: .goodTilDate, expires: world.moment.wall + .seconds(90))
        ])[0]
        world.run(for: .seconds(89))
        #expect(world.engine.table[id]?.status == .accepted)
        world.run(for: .seconds(10))
        #expect(world.engine.table[id]?.status == .expired)
        #expect(world.venue.orders.allSatisfy { !$0.isOpen })
    }

    @Test func nothingIsWantedWhileNothingHappens() {
        var world = Self.world()
        world.submit(Requests.bracket(.buy, 10))
        world.run(for: .seconds(30))
        world.outputs.removeAll()
        world.run(for: .minutes(30))
        let others = world.outputs.filter { if case .requestSnapshot = $0 { false } else { true } }
        #expect(others.isEmpty)
        #expect(world.outputs.count == 30)
    }
}
