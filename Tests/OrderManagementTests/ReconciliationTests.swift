// SPDX-License-Identifier: Apache-2.0

import Execution
import Testing
import Trading
import VenueHarness
import VenueInterface

@testable import OrderManagement

/// Differences between the venue's account and ours, and what is done about each.
@Suite struct ReconciliationTests {
    @Test func whatTheAccountHeldBeforeIsTakenInAsWhatItIs() {
        var world = World(seed: 1)
        world.venue.tradeByHand(.buy, 20)
        world.venue.transfer(Amount(whole: 50))
        world.venue.said.removeAll()
        world.start()
        world.run(for: .seconds(10))
        #expect(!world.manager.isPaused)
        #expect(world.engine.account.netQuantity(StrategyID(2), InstrumentID(0)).units == 20)
        #expect(world.engine.account.position(InstrumentID(0)).averagePrice(of: world.instrument)?.units == 500_000)
        #expect(world.engine.account.balance(AssetID(1)) == world.venue.balance)
        #expect(world.engine.account.ledger.total(.realised, AssetID(1)) == .zero)
        #expect(Set(world.findings.map(\.kind)) == [.opening])
    }

    @Test func missedFillsAreFoundAndCountOnce() {
        var world = OrderManagerTests.world()
        let id = world.submit([Requests.limit(.buy, 10, at: 499_000)])[0]
        world.run(for: .seconds(2))
        world.isLinked = false
        world.move(to: 499_000)
        world.run(for: .seconds(70))
        #expect(world.engine.table[id]?.status == .filled)
        #expect(OrderManagerTests.kinds(world) == [.missedFill])
        #expect(!world.manager.isPaused)
    }

    /// What the public market does after an order at 499,000 was filled and nothing was heard of it.
    private static let passing: [(name: String, event: VenueEvent, isSeen: Bool)] = {
        let (market, time) = (InstrumentID(0), Timestamp.epoch)
        func trade(_ price: Int64) -> VenueEvent {
            .trade(
                VenueTrade(
                    instrument: market, time: time, price: Price(units: price), quantity: Quantity(units: 1),
                    taker: .sell, id: TradeID(UInt64(price))))
        }
        func level(_ price: Int64) -> BookSnapshot.Level {
            BookSnapshot.Level(price: Price(units: price), quantity: Quantity(units: 1))
        }
        return [
            ("a trade at a lower price", trade(498_900), true),
            ("a trade at its own price may have been another's turn", trade(499_000), false),
            (
                "a book whose offers reach it",
                .book(BookSnapshot(instrument: market, time: time, bids: [level(498_800)], asks: [level(499_000)])),
                true
            ),
            (
                "a quote above it",
                .quote(VenueQuote(instrument: market, time: time, bid: level(498_900), ask: level(499_100))), false
            ),
            (
                "a quote through it",
                .quote(VenueQuote(instrument: market, time: time, bid: nil, ask: level(498_900))), true
            ),
        ]
    }()

    @Test("A lost fill is noticed when the market has gone through the order's price", arguments: 0..<5)
    func passed(example: Int) {
        let (name, event, isSeen) = Self.passing[example]
        var world = OrderManagerTests.world { $0.snapshotInterval = .minutes(10) }
        let id = world.submit([Requests.limit(.buy, 10, at: 499_000)])[0]
        world.run(for: .seconds(2))
        let client = ClientOrderID(instance: 7, order: id)
        world.isLinked = false
        world.move(to: 499_000)
        world.tell { $0.handle(event, at: $1, into: &$2) }
        world.run(for: .seconds(2))
        #expect(!world.outputs.contains(.query(client)), "a fill may be on its way: \(name)")
        world.run(for: .seconds(8))
        #expect((world.engine.table[id]?.status == .filled) == isSeen, "\(name)")
        #expect(OrderManagerTests.kinds(world) == (isSeen ? [.missedFill] : []), "\(name)")
        #expect(!world.manager.isPaused)
    }

    /// The market may show prices of before the order came: then it is asked about now and then, and nobody is alarmed.
    @Test func anOrderThatIsStillThereIsAskedAboutNowAndThen() {
        var world = OrderManagerTests.world { $0.snapshotInterval = .minutes(10) }
        let buy = world.submit([Requests.limit(.buy, 10, at: 499_000)])[0]
        let sell = world.submit([Requests.limit(.sell, 10, at: 501_000)])[0]
        world.run(for: .seconds(2))
        for step in 0..<300 {
            let trade = VenueTrade(
                instrument: InstrumentID(0), time: .epoch, price: Price(units: 498_000), quantity: Quantity(units: 1),
                taker: .sell, id: TradeID(UInt64(step)))
            world.tell { $0.handle(.trade(trade), at: $1, into: &$2) }
            world.run(for: .seconds(1))
        }
        func queries(_ id: OrderID) -> Int {
            world.outputs.count { $0 == .query(ClientOrderID(instance: 7, order: id)) }
        }
        #expect((9...11).contains(queries(buy)) && queries(sell) == 0)
        #expect(OrderManagerTests.kinds(world).isEmpty)
        #expect(world.engine.table[buy]?.status == .accepted)
    }

    @Test func anOrderThatEndedUnseenIsAskedAboutFirst() {
        var world = OrderManagerTests.world()
        let id = world.submit([Requests.limit(.buy, 10, at: 499_000)])[0]
        world.run(for: .seconds(2))
        world.isLinked = false
        let client = ClientOrderID(instance: 7, order: id)
        _ = world.venue.cancel(CancelTicket(client: client, venueOrder: nil, instrument: InstrumentID(0)))
        world.sayAll()
        world.run(for: .seconds(70))
        #expect(world.engine.table[id]?.status == .canceled)
        #expect(world.outputs.contains(.query(client)))
    }

    @Test func anOrderThatIsOverForUsIsTakenBack() {
        var world = OrderManagerTests.world()
        let id = world.submit([Requests.limit(.buy, 10, at: 499_000)])[0]
        world.run(for: .seconds(2))
        world.cancel(id)
        world.run(for: .seconds(10))
        // The venue brings it back to life.
        _ = world.venue.place(
            [
                OrderTicket(
                    client: ClientOrderID(instance: 7, order: id, attempt: 1), instrument: InstrumentID(0), side: .buy,
                    type: .limit, quantity: Quantity(units: 10), limit: Price(units: 498_000))
            ], .none)
        world.sayAll()
        world.run(for: .seconds(20))
        #expect(world.venue.orders.allSatisfy { !$0.isOpen })
        #expect(OrderManagerTests.kinds(world) == [.orphanOrder])
    }

    @Test func aFailedReadingIsNoEmptyAccount() {
        var world = OrderManagerTests.world()
        world.submit([Requests.market(.buy, 10)])
        world.run(for: .seconds(5))
        world.faults.snapshotFails = 1000
        world.run(for: .minutes(5))
        #expect(world.engine.account.netQuantity(InstrumentID(0)).units == 10)
        #expect(OrderManagerTests.kinds(world).allSatisfy { $0 == .snapshotFailed })
        world.faults.snapshotFails = 0
        world.run(for: .minutes(2))
        #expect(!world.manager.isPaused)
    }

    @Test(arguments: OrderManagerSettings.Repair.allCases)
    func aDifferenceThatNothingExplainsIsRepairedOrPauses(repair: OrderManagerSettings.Repair) {
        var world = OrderManagerTests.world {
            $0.positionRepair = repair
            $0.balanceRepair = repair
        }
        world.submit([Requests.market(.buy, 10)], strategy: 1)
        world.run(for: .seconds(5))
        let realised = world.engine.account.ledger.total(.realised, AssetID(1))
        // A trade that the venue does not tell of.
        world.venue.position = 4
        world.venue.cost = world.venue.cost * 4 / 10
        world.venue.balance -= Amount(whole: 7)
        world.run(for: .minutes(3))
        let kinds = OrderManagerTests.kinds(world)
        #expect(kinds.contains(.position) && kinds.contains(.balance))
        switch repair {
        case .pause:
            #expect(world.manager.pauses == [.difference])
            #expect(world.engine.account.netQuantity(InstrumentID(0)).units == 10)
        case .adjust:
            #expect(!world.manager.isPaused)
            #expect(world.engine.account.netQuantity(StrategyID(1), InstrumentID(0)).units == 4)
            #expect(world.engine.account.ledger.total(.realised, AssetID(1)) == realised)
            #expect(world.engine.account.balance(AssetID(1)) == world.venue.balance)
            #expect(OrderManagerTests.fills(world).last?.reason == .adjustment)
        }
    }

    /// A world that holds so much that it owes money once it is liquidated.
    private static func liquidated(_ before: (inout World) -> Void = { _ in }) -> (world: World, owed: Amount) {
        var world = OrderManagerTests.world()
        world.submit([Requests.market(.buy, 5_000)])
        world.run(for: .seconds(5))
        world.move(to: 250_000)
        world.run(for: .seconds(5))
        before(&world)
        let owed = world.venue.liquidate()
        return (world, owed)
    }

    /// Whether it is told at once, found by looking, or after the program was down; with money that comes before anybody
    /// looked.
    @Test(arguments: ["told", "missed", "restarted", "told, then restarted"], [false, true])
    func whatTheVenueBearsOfALiquidationIsNotADifference(way: String, isDeposited: Bool) {
        var (world, owed) = Self.liquidated { if way == "missed" || way == "restarted" { $0.isLinked = false } }
        #expect(owed > .zero)
        if isDeposited { world.venue.transfer(Amount(whole: 40_000)) }
        world.sayAll()
        if way != "missed", way != "restarted" { world.run(for: .milliseconds(200)) }
        if way.hasSuffix("restarted") { world.restart() }
        world.run(for: .minutes(3))
        #expect(!world.manager.isPaused)
        #expect(world.engine.account.balance(AssetID(1)) == world.venue.balance)
        #expect(world.engine.account.ledger.total(.insurance, AssetID(1)) == -owed)
        #expect(OrderManagerTests.kinds(world).contains(.balance))
    }

    @Test func moreThanALiquidationLostIsADifference() {
        var (world, _) = Self.liquidated()
        world.venue.balance += Amount(whole: 1_000_000)
        world.sayAll()
        world.run(for: .minutes(3))
        #expect(world.manager.pauses == [.difference])
        #expect(world.engine.account.ledger.total(.insurance, AssetID(1)) == .zero)
    }

    /// What a liquidation explains once explains nothing later.
    @Test(arguments: [false, true])
    func whatALiquidationExplainsItExplainsOnce(isRestarted: Bool) {
        var (world, _) = Self.liquidated()
        world.sayAll()
        world.run(for: .minutes(3))
        world.journal.append(.watermark(world.manager.watermark))
        if isRestarted { world.restart() }
        world.venue.balance += Amount(whole: 7)
        world.run(for: .minutes(3))
        #expect(world.manager.pauses == [.difference])
    }

    @Test func eachReasonForAPauseIsTakenBackOnItsOwn() {
        var world = OrderManagerTests.world()
        world.venue.balance += Amount(whole: 7)
        world.run(for: .minutes(3))
        world.tell { $0.handle(.linkDown(reason: "gone"), at: $1, into: &$2) }
        world.outputs.removeAll()
        world.tell { $0.handle(.linkUp, at: $1, into: &$2) }
        world.run(for: .seconds(20))
        #expect(world.manager.pauses == [.difference])
        #expect(world.outputs.contains(.resume(.linkDown)))
        #expect(world.outputs.contains(.resume(.reconciling)))
        #expect(!world.outputs.contains(.resume(.difference)))
    }

    @Test(arguments: [
        (Int64(10), Int64(30), Int64(510_000)), (10, -5, 480_000), (-10, 6, 505_000), (0, 8, 499_000), (10, 0, 0),
    ])
    func adjustmentsGiveTheVenuesEntryAndNoProfit(ours: Int64, theirs: Int64, entry: Int64) {
        var world = OrderManagerTests.world { $0.positionRepair = .adjust }
        if ours != 0 { world.submit([Requests.market(ours > 0 ? .buy : .sell, abs(ours))]) }
        world.run(for: .seconds(5))
        world.venue.position = theirs
        world.venue.cost = Int128(theirs) * Int128(entry) * world.instrument.notionalFactor
        world.run(for: .minutes(3))
        let position = world.engine.account.position(InstrumentID(0))
        #expect(position.quantity.units == theirs)
        #expect(world.engine.account.ledger.total(.realised, AssetID(1)) == .zero)
        if theirs != 0 { #expect(position.averagePrice(of: world.instrument)?.units == entry) }
        #expect(!world.manager.isPaused)
    }

    @Test func aReadingThatIsNotOfOneInstantIsReadAgain() {
        var world = OrderManagerTests.world()
        world.submit([Requests.market(.buy, 10)])
        world.run(for: .seconds(5))
        var snapshot = world.venue.snapshot(since: .epoch)
        snapshot.positions[0].quantity = Quantity(units: 3)
        world.outputs.removeAll()
        world.tell { $0.handle(.snapshot(snapshot), at: $1, into: &$2) }
        world.run(for: .seconds(10))
        #expect(!world.manager.isPaused)
        #expect(world.outputs.contains { if case .requestSnapshot = $0 { true } else { false } })
        #expect(OrderManagerTests.kinds(world).isEmpty)
    }

    @Test func namesThatAreNotConfiguredAreTold() {
        var world = OrderManagerTests.world()
        var snapshot = world.venue.snapshot(since: .epoch)
        snapshot.unknownNames = ["DOGE"]
        for _ in 0..<3 { world.tell { $0.handle(.snapshot(snapshot), at: $1, into: &$2) } }
        #expect(OrderManagerTests.kinds(world) == [.unknownName])
    }

    @Test func theMemoryOfFillsIsBounded() {
        var seen = SeenRecords(watermark: .epoch)
        func insert(_ step: Int, _ place: UInt32) -> Bool {
            seen.insert(.fill, place: place, id: UInt64(step), time: Timestamp(seconds: Int64(step)))
        }
        for step in 0..<1000 {
            let news = [insert(step, 0), insert(step, 0), insert(step, 1)]
            #expect(news == [true, false, true])
            seen.advance(to: Timestamp(seconds: Int64(step) - 10))
            #expect(seen.count <= 24)
        }
        let isOldNew = insert(5, 0)
        #expect(!isOldNew)
    }

    // MARK: Restarts

    @Test func whatWasNeverSentIsRefusedAfterARestart() {
        var world = OrderManagerTests.world()
        let id = world.submit([Requests.limit(.buy, 10, at: 499_000)])[0]
        world.queue.removeAll()
        world.journal.removeAll { if case .placed = $0 { true } else { false } }
        world.restart()
        #expect(world.engine.table[id]?.reason == .notSent)
        world.run(for: .seconds(30))
        #expect(!world.manager.isPaused)
    }

    @Test func aPositionIsProtectedAcrossARestart() {
        var world = OrderManagerTests.world()
        let ids = world.submit(Requests.bracket(.buy, 10, stop: nil, target: 5, trail: 1))
        world.run(for: .seconds(5))
        world.move(to: 510_000)
        world.run(for: .seconds(5))
        let before = world.venue.orders.filter(\.isOpen).map(\.ticket)
        world.restart()
        world.run(for: .seconds(30))
        #expect(world.venue.orders.filter(\.isOpen).map(\.ticket) == before)
        world.move(to: 515_000)
        world.run(for: .seconds(5))
        let stop = world.venue.orders.first { $0.isOpen && $0.ticket.type == .stop }
        #expect(stop?.ticket.trigger?.units == 509_850)
        #expect(stop?.ticket.client.order == ids[2])
        #expect(OrderManagerTests.kinds(world).isEmpty)
    }

    /// What it filled before counts for the number that the venue then names, in whichever order the two are told again.
    @Test(arguments: [false, true])
    func anOrderThatFilledInPartIsNotChangedByARestart(isFillToldFirst: Bool) {
        var world = OrderManagerTests.world()
        let id = world.submit([Requests.limit(.buy, 10, at: 499_000)])[0]
        world.run(for: .seconds(5))
        world.venue.liquidity = 0.4
        world.move(to: 499_000)
        world.venue.price = 500_000
        world.run(for: .seconds(5))
        #expect(world.engine.table[id]?.filled.units == 4)
        world.restart()
        let fill = world.venue.fills[0]
        if isFillToldFirst { world.tell { $0.handle(.fill(fill), at: $1, into: &$2) } }
        world.outputs.removeAll()
        world.run(for: .seconds(30))
        #expect(!world.outputs.contains { if case .modify = $0 { true } else { false } })
        #expect(world.venue.orders.filter(\.isOpen).map(\.remaining) == [6])
        #expect(OrderManagerTests.kinds(world).isEmpty)
    }

    /// The journal can end between what was decided and what the manager said to it.
    @Test(arguments: [OrderEvent.hold, .rejectUpdate, .rejectCancel, .update, .cancel])
    func whatWasNotWrittenOfAnAnswerIsToldAfterARestart(event: OrderEvent) {
        var world = OrderManagerTests.world()
        let asked: OrderID
        switch event {
        case .hold:
            asked = world.submit(Requests.bracket(.buy, 10))[1]
        case .rejectUpdate:
            asked = world.submit(Requests.bracket(.buy, 10))[1]
            world.run(for: .seconds(5))
            world.modify(asked, OrderChange(quantity: Quantity(units: 5)))
        case .rejectCancel:
            asked = world.submit([Requests.market(.buy, 10)])[0]
            world.run(for: .seconds(5))
            world.engine.table = OrderTable()
            _ = world.engine.table.insert(Requests.market(.buy, 10), strategy: StrategyID(0), isSent: true)
            world.cancel(asked)
        case .update:
            world.submit([Requests.market(.buy, 10)])
            world.run(for: .seconds(5))
            let ids = world.submit([
                Requests.limit(.sell, 6, at: 501_000, group: 4), Requests.stop(.sell, 10, at: 490_000, group: 4),
            ])
            asked = ids[1]
            world.run(for: .seconds(5))
            world.move(to: 501_000)
            world.run(for: .seconds(1))
        default:
            asked = world.submit(Requests.bracket(.buy, 10, limit: 490_000))[1]
            world.run(for: .seconds(5))
            world.cancel(OrderID(asked.rawValue))
            world.run(for: .seconds(5))
        }
        let told = world.journal.lastIndex {
            if case .report(.order(let report)) = $0 { report.order == asked && report.event == event } else { false }
        }
        guard let told else { return #expect(Bool(false), "it was never told") }
        world.journal.removeSubrange(told...)
        world.outputs.removeAll()
        world.restart()
        world.run(for: .seconds(30))
        let again = world.outputs.count {
            if case .report(.order(let report)) = $0 { report.order == asked && report.event == event } else { false }
        }
        #expect(again == 1)
        #expect(!world.manager.isPaused)
    }
}
