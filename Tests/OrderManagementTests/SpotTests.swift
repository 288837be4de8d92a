// SPDX-License-Identifier: Apache-2.0

import Execution
import TestSupport
import Testing
import Trading
import VenueHarness
import VenueInterface

@testable import OrderManagement

/// On spot the asset itself is held: fees of purchases come out of it, nothing is reduce-only, and the venue takes no
/// triggers. The coins here are whole ones at 0.2.
@Suite struct SpotTests {
    static func world(seed: UInt64 = 1, _ change: (inout OrderManagerSettings) -> Void = { _ in }) -> World {
        var settings = OrderManagerSettings(instance: 7)
        change(&settings)
        var world = World(seed: seed, settings: settings, instrument: World.makeSpotInstrument())
        world.start()
        world.move(to: 20_000)
        world.run(for: .seconds(5))
        world.outputs.removeAll()
        world.findings.removeAll()
        return world
    }

    private let coin = InstrumentID(0)
    private let base = AssetID(0)

    private func position(_ world: World) -> Int64 { world.engine.account.netQuantity(coin).units }

    /// Balances are the venue's to the last digit, in both books.
    private func checkBalances(_ world: World, sourceLocation: SourceLocation = #_sourceLocation) {
        for account in [world.manager.account, world.engine.account] {
            #expect(account.balance(base) == world.venue.holding, sourceLocation: sourceLocation)
            #expect(account.balance(AssetID(1)) == world.venue.balance, sourceLocation: sourceLocation)
            #expect(account.ledger.isBalanced, sourceLocation: sourceLocation)
        }
        #expect(
            world.manager.account.netQuantity(coin) == world.engine.account.netQuantity(coin),
            sourceLocation: sourceLocation)
    }

    @Test func aFeeInTheAssetLeavesWholeLotsAndAnExactBalance() {
        var world = Self.world()
        world.submit([Requests.market(.buy, 999)])
        world.run(for: .seconds(5))
        // 0.045 % of 999 coins.
        #expect(world.venue.holding == Amount(units: 998_550_450_000_000_000_000))
        #expect(position(world) == 998)
        checkBalances(world)
        // What was bought cost what was paid for it.
        #expect(world.engine.account.position(coin).cost == Amount(units: 199_800_000_000_000_000_000))

        world.submit([Requests.market(.sell, 998, reduceOnly: true)])
        world.run(for: .seconds(5))
        #expect(position(world) == 0)
        #expect(world.venue.holding == Amount(units: 550_450_000_000_000_000))
        checkBalances(world)

        // What is left of a lot pays for the next fee first.
        world.submit([Requests.market(.buy, 999)])
        world.run(for: .seconds(5))
        #expect(position(world) == 999)
        world.submit([Requests.market(.sell, 999, reduceOnly: true)])
        world.submit([Requests.market(.buy, 999)])
        world.run(for: .minutes(3))
        #expect(position(world) == 998)
        checkBalances(world)
        #expect(world.findings.isEmpty)
        #expect(!world.manager.isPaused)
    }

    @Test func anExitSellsNoMoreThanIsHeld() {
        var world = Self.world()
        world.submit([Requests.market(.buy, 999)])
        world.run(for: .seconds(5))
        let exit = world.submit([Requests.market(.sell, 2_000, reduceOnly: true)])
        world.run(for: .seconds(5))
        #expect(OrderManagerTests.tickets(world).last?.map(\.quantity.units) == [998])
        #expect(world.engine.table[exit[0]]?.status == .filled)
        #expect(position(world) == 0)
        let nothing = world.submit([Requests.market(.sell, 10, reduceOnly: true)])
        world.run(for: .seconds(5))
        #expect(world.engine.table[nothing[0]]?.reason == .nothingToReduce)
        #expect(OrderManagerTests.tickets(world).count == 2)
    }

    @Test func oneStrategyDoesNotSellWhatAnotherHolds() {
        var world = Self.world()
        world.submit([Requests.market(.buy, 500)], strategy: 0)
        world.submit([Requests.market(.buy, 300)], strategy: 1)
        world.run(for: .seconds(5))
        world.submit([Requests.market(.sell, 500, reduceOnly: true)], strategy: 1)
        world.run(for: .seconds(5))
        #expect(world.engine.account.netQuantity(StrategyID(0), coin).units == 499)
        #expect(world.engine.account.netQuantity(StrategyID(1), coin).units == 0)
        checkBalances(world)
    }

    @Test(arguments: [OrderType.market, .limit, .stop])
    func aSaleThatIsNoExitSellsNoMoreThanIsHeldEither(type: OrderType) {
        var world = Self.world()
        world.submit([Requests.market(.buy, 500)], strategy: 0)
        world.submit([Requests.market(.buy, 300)], strategy: 1)
        world.run(for: .seconds(5))
        func sale(_ quantity: Int64) -> OrderRequest {
            switch type {
            case .limit: return Requests.limit(.sell, quantity, at: 20_000)
            case .stop:
                var request = Requests.stop(.sell, quantity, at: 20_000)
                request.isReduceOnly = false
                return request
            default: return Requests.market(.sell, quantity)
            }
        }
        world.submit([sale(400)], strategy: 1)
        world.run(for: .seconds(5))
        #expect(world.engine.account.netQuantity(StrategyID(0), coin).units == 499)
        #expect(world.engine.account.netQuantity(StrategyID(1), coin).units == 0)
        let more = world.submit([sale(100)], strategy: 1)
        world.run(for: .seconds(5))
        #expect(world.engine.table[more[0]]?.reason == .insufficientBalance)
        #expect(world.engine.account.netQuantity(StrategyID(0), coin).units == 499)
        #expect(world.engine.account.netQuantity(StrategyID(1), coin).units == 0)
        checkBalances(world)
        #expect(!world.manager.isPaused)
    }

    @Test func aSaleThatRestsIsNotMadeLargerThanWhatIsHeld() {
        var world = Self.world()
        world.submit([Requests.market(.buy, 500)], strategy: 0)
        world.submit([Requests.market(.buy, 300)], strategy: 1)
        world.run(for: .seconds(5))
        let ids = world.submit([Requests.limit(.sell, 200, at: 21_000)], strategy: 1)
        world.run(for: .seconds(5))
        world.modify(ids[0], OrderChange(quantity: Quantity(units: 700)))
        world.run(for: .seconds(5))
        #expect(world.venue.orders.filter(\.isOpen).map(\.ticket.quantity.units) == [299])
        #expect(world.engine.table[ids[0]]?.request.quantity.units == 299)
        #expect(world.engine.table[ids[0]]?.status == .accepted)
    }

    @Test func aStopSellsAlsoWhatASaleOfTheSameStrategyOffers() {
        var world = Self.world()
        world.submit(Requests.bracket(.buy, 999))
        world.run(for: .seconds(5))
        world.submit([Requests.limit(.sell, 400, at: 21_000)])
        world.run(for: .seconds(5))
        world.move(to: 19_500)
        world.run(for: .seconds(30))
        #expect(position(world) == 0)
        #expect(world.venue.orders.filter(\.isOpen).isEmpty)
        world.move(to: 22_000)
        world.run(for: .seconds(30))
        #expect(position(world) == 0)
        checkBalances(world)
    }

    @Test(arguments: [(Int64(19_599), OrderType.stop), (Int64(20_601), OrderType.takeProfit)])
    func stopsAndTargetsAreWatchedHere(price: Int64, type: OrderType) {
        var world = Self.world()
        let ids = world.submit(Requests.bracket(.buy, 999))
        world.run(for: .seconds(5))
        // One order and nothing with a trigger.
        #expect(OrderManagerTests.tickets(world).map { $0.map(\.type) } == [[.market]])
        #expect(world.engine.table[ids[1]]?.remaining.units == 998)
        #expect(OrderManagerTests.kinds(world) == [.protection])
        world.move(to: type == .stop ? price + 100 : price - 100)
        world.run(for: .seconds(5))
        #expect(position(world) == 998)
        world.move(to: price)
        world.run(for: .seconds(5))
        #expect(position(world) == 0)
        #expect(OrderManagerTests.tickets(world).count == 2)
        #expect(OrderManagerTests.fills(world).last?.reason == (type == .stop ? .stop : .takeProfit))
        #expect(world.engine.table[ids[type == .stop ? 1 : 2]]?.status == .filled)
        #expect(world.engine.table[ids[type == .stop ? 2 : 1]]?.reason == .groupDone)
        #expect(world.manager.liveOrderCount == 0)
        // It is said once, not with each entry.
        world.submit(Requests.bracket(.buy, 999))
        world.run(for: .seconds(5))
        #expect(OrderManagerTests.kinds(world) == [.protection])
        checkBalances(world)
    }

    @Test func aStopWithALimitBecomesALimit() {
        var world = Self.world()
        world.submit([Requests.market(.buy, 999)])
        world.run(for: .seconds(5))
        var request = Requests.stop(.sell, 998, at: 19_000)
        request.type = .stopLimit
        request.limit = Price(units: 19_500)
        let ids = world.submit([request])
        world.run(for: .seconds(5))
        #expect(world.engine.table[ids[0]]?.status == .accepted)
        world.move(to: 18_900)
        world.run(for: .seconds(5))
        #expect(world.venue.orders.filter(\.isOpen).map(\.ticket.type) == [.limit])
        #expect(world.engine.table[ids[0]]?.status == .triggered)
        world.move(to: 19_500)
        world.run(for: .seconds(5))
        #expect(position(world) == 0)
        checkBalances(world)
    }

    @Test func aTrailingStopFollowsAndKeepsItsLevelAcrossARestart() {
        var world = Self.world()
        let ids = world.submit(Requests.bracket(.buy, 999, stop: nil, target: nil, trail: 2))
        world.run(for: .seconds(5))
        world.move(to: 25_000)
        world.run(for: .seconds(5))
        #expect(world.engine.table[ids[1]]?.request.trigger == .price(Price(units: 24_500)))
        world.restart()
        world.move(to: 24_600)
        world.run(for: .seconds(30))
        #expect(position(world) == 998)
        world.move(to: 24_500)
        world.run(for: .seconds(30))
        #expect(position(world) == 0)
        checkBalances(world)
    }

    @Test func whatWasWatchedForAPositionEndsWithIt() {
        var world = Self.world()
        let ids = world.submit(Requests.bracket(.buy, 999))
        world.run(for: .seconds(5))
        world.submit([Requests.market(.sell, 998, reduceOnly: true)])
        world.run(for: .seconds(5))
        for id in ids.dropFirst() { #expect(world.engine.table[id]?.reason == .nothingToReduce) }
        // The next position is not sold at the levels of the last one.
        world.submit([Requests.market(.buy, 999)])
        world.run(for: .seconds(5))
        world.move(to: 19_500)
        world.run(for: .seconds(5))
        #expect(position(world) == 999)
    }

    /// Of what follows from a purchase, so many entries are missing from the journal's end.
    @Test(arguments: 1...3)
    func aJournalThatEndsInsideAPurchaseLosesNoFee(missing: Int) throws {
        var world = Self.world()
        let ids = world.submit(Requests.bracket(.buy, 999))
        world.run(for: .seconds(5))
        func isHolding(_ entry: World.Entry) -> Bool {
            if case .report(.holding) = entry { true } else { false }
        }
        let last = try #require(world.journal.lastIndex(where: isHolding))
        var end = last
        for _ in 1..<missing {
            end -= 1
            while case .report(.order) = world.journal[end] { end -= 1 }
        }
        world.journal.removeSubrange(end...)
        world.engine = EngineModel(account: Account(World.description(world.instrument)))
        for entry in world.journal {
            switch entry {
            case .commands(let commands, _):
                for case .submit(let request) in commands.map(\.command) {
                    _ = world.engine.table.insert(request, strategy: StrategyID(0), isSent: true)
                }
            case .report(let report): world.engine.apply(report)
            default: break
            }
        }
        world.restart()
        world.run(for: .minutes(3))
        #expect(position(world) == 998)
        #expect(world.engine.table[ids[1]]?.remaining.units == 998)
        #expect(!world.manager.isPaused)
        checkBalances(world)
    }

    @Test func aStopThatWasReachedBeforeARestartStillActs() {
        var world = Self.world()
        let ids = world.submit(Requests.bracket(.buy, 999))
        world.run(for: .seconds(5))
        world.losesRequest = { if case .place = $0 { true } else { false } }
        world.move(to: 19_000)
        world.run(for: .seconds(1))
        world.restart()
        world.losesRequest = { _ in false }
        world.move(to: 20_000)
        world.run(for: .minutes(2))
        #expect(position(world) == 0)
        #expect(world.engine.table[ids[1]]?.status == .filled)
        checkBalances(world)
    }

    @Test func aLevelCanBeChangedWhileItIsWatched() {
        var world = Self.world()
        world.submit([Requests.market(.buy, 999)])
        let ids = world.submit([Requests.stop(.sell, 998, at: 19_000)])
        world.run(for: .seconds(5))
        world.modify(ids[0], OrderChange(trigger: Price(units: 19_800)))
        world.run(for: .seconds(5))
        #expect(world.engine.table[ids[0]]?.request.trigger == .price(Price(units: 19_800)))
        world.move(to: 19_700)
        world.run(for: .seconds(5))
        #expect(position(world) == 0)
    }

    @Test func aWatchedStopIsTakenBackWithoutTheVenue() {
        var world = Self.world()
        world.submit([Requests.market(.buy, 999)])
        let ids = world.submit([Requests.stop(.sell, 998, at: 19_000)])
        world.run(for: .seconds(5))
        world.cancel(ids[0])
        world.run(for: .seconds(5))
        #expect(world.engine.table[ids[0]]?.status == .canceled)
        #expect(!world.outputs.contains { if case .cancel = $0 { true } else { false } })
    }

    @Test func whatIsLessThanTheVenueTradesIsToldOnceAndIsInNobodysWay() {
        var world = Self.world()
        world.submit(Requests.bracket(.buy, 60, stop: 50, target: 90))
        world.run(for: .seconds(5))
        world.findings.removeAll()
        // 59 coins at 0.15 are worth less than ten.
        world.move(to: 15_000)
        world.run(for: .seconds(1))
        let exit = world.submit([Requests.market(.sell, 59, reduceOnly: true)])
        world.run(for: .minutes(5))
        #expect(position(world) == 0)
        #expect(world.engine.table[exit[0]]?.status.isFinal == true)
        #expect(world.findings.map(\.kind) == [.protection])
        #expect(world.venue.holding == Amount(units: 59_973_000_000_000_000_000))
        #expect(world.manager.liveOrderCount == 0)
        #expect(!world.manager.isPaused)
        checkBalances(world)

        world.submit([Requests.market(.buy, 200)])
        world.run(for: .seconds(5))
        #expect(position(world) == 200)
        world.submit([Requests.market(.sell, 200, reduceOnly: true)])
        world.run(for: .seconds(5))
        #expect(position(world) == 0)
        checkBalances(world)
    }

    @Test func aSaleWorthTheMinimumIsNotMadeLessByItsOwnBound() {
        var world = Self.world()
        world.submit([Requests.market(.buy, 52)])
        world.run(for: .seconds(5))
        // 51 coins are worth 10.2, and 9.69 at the bound of 5 %.
        world.submit([Requests.market(.sell, 51, reduceOnly: true)])
        world.run(for: .seconds(5))
        #expect(OrderManagerTests.tickets(world).last?.map(\.limit.units) == [19_608])
        #expect(position(world) == 0)
        checkBalances(world)
    }

    @Test func aPartThatIsTooSmallLeavesTheRestAlone() {
        var world = Self.world()
        world.submit([Requests.market(.buy, 999)])
        world.run(for: .seconds(5))
        world.submit([Requests.market(.sell, 10, reduceOnly: true)])
        world.run(for: .minutes(2))
        #expect(position(world) == 998)
    }

    @Test(arguments: [999, 60])
    func theKillSwitchSellsWhatCanBeSoldAndEnds(quantity: Int64) {
        var world = Self.world()
        world.submit(Requests.bracket(.buy, quantity, stop: 50, target: 90))
        world.run(for: .seconds(5))
        if quantity == 60 { world.move(to: 15_000) }
        world.outputs.removeAll()
        for _ in 0..<50 {
            world.tell { $0.cancelAll(keepingProtection: false, at: $1, into: &$2) }
            world.tell { $0.flatten(at: $1, into: &$2) }
            world.run(for: .seconds(1))
        }
        #expect(position(world) == 0)
        #expect(OrderManagerTests.tickets(world).count == 1)
        #expect(world.venue.holding < Amount(whole: quantity == 60 ? 60 : 1))
        checkBalances(world)
    }

    @Test func whatTheVenueDoesNotHoldAnyMoreIsNoticed() {
        for repair in OrderManagerSettings.Repair.allCases {
            var world = Self.world { $0.positionRepair = repair }
            world.submit([Requests.market(.buy, 999)])
            world.run(for: .seconds(5))
            // Sent away from the account.
            let gone = VenueTransfer(
                kind: .withdrawal, asset: base, amount: -Amount(whole: 500), time: world.venue.now, reference: "away")
            world.venue.transfers.append(gone)
            world.venue.holding -= Amount(whole: 500)
            world.run(for: .minutes(5))
            #expect(world.findings.contains { $0.kind == .position })
            #expect(world.manager.isPaused == (repair == .pause))
            #expect(position(world) == (repair == .pause ? 998 : 498))
            checkBalances(world)
        }
    }

    @Test func whatWasHeldBeforeIsNoPosition() {
        var world = World(
            seed: 1, settings: OrderManagerSettings(instance: 7), instrument: World.makeSpotInstrument())
        world.venue.holding = Amount(whole: 5_000)
        world.start()
        world.move(to: 20_000)
        world.run(for: .seconds(5))
        #expect(!world.manager.isPaused)
        world.submit([Requests.market(.buy, 999)])
        world.run(for: .seconds(5))
        world.submit([Requests.market(.sell, 2_000, reduceOnly: true)])
        world.run(for: .minutes(2))
        #expect(position(world) == 0)
        #expect(world.venue.holding > Amount(whole: 5_000))
        checkBalances(world)
    }

    @Test("After faults of every kind, every coin is accounted for", arguments: UInt64(0)..<150)
    func settles(seed: UInt64) {
        var world = Self.world(seed: seed)
        world.faults = .all
        func pick(_ upTo: Int) -> Int { Int.random(in: 0..<upTo, using: &world.random) }
        for _ in 0..<40 {
            let strategy = UInt32(pick(2))
            let held = world.engine.account.netQuantity(StrategyID(strategy), coin).units
            world.venue.liquidity = [1, 1, 1, 0.6, 0.3, 0][pick(6)]
            world.group += 1
            switch pick(6) {
            case 0, 1:
                world.submit(
                    Requests.bracket(.buy, Int64(60 + pick(900)), target: 2, group: world.group), strategy: strategy)
            case 2: world.submit([Requests.market(.buy, Int64(60 + pick(900)))], strategy: strategy)
            case 3, 4:
                if held > 0 { world.submit([Requests.market(.sell, held, reduceOnly: true)], strategy: strategy) }
            default:
                if pick(3) == 0 { world.restart() }
            }
            world.run(for: .milliseconds(Int64(pick(4000))))
            world.move(to: max(15_000, world.venue.price + Int64(pick(801)) - 400))
            world.run(for: .milliseconds(Int64(pick(3000))))
        }
        world.faults = .none
        world.venue.liquidity = 1
        world.move(to: world.venue.price)
        world.run(for: .minutes(10))
        #expect(world.manager.unresolvedCount == 0)
        #expect(world.manager.pauses == [])
        checkBalances(world)
        #expect(world.engine.trades.count == world.venue.fills.count)
        // Nobody has more than there is, and what is beyond positions is known by owner.
        var beyond = Amount.zero
        for strategy in 0..<3 {
            let id = StrategyID(index: strategy)
            #expect(world.engine.account.netQuantity(id, coin).units >= 0)
            beyond += world.manager.spare[OrderManager.SpareKey(strategy: id, asset: base)] ?? .zero
        }
        #expect(beyond >= .zero)
        #expect(world.venue.holding == Amount(whole: position(world)) + beyond)
        for (id, ends) in world.engine.ends { #expect(ends.count == 1, "order \(id.sequence): \(ends)") }
    }
}
