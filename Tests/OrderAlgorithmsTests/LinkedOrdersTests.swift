// SPDX-License-Identifier: Apache-2.0

import EngineHarness
import Execution
import TestSupport
import Testing
import Trading

@testable import OrderAlgorithms

@Suite("Linked orders") struct LinkedOrdersTests {
    static func request(
        _ instrument: UInt32, _ side: Side, _ quantity: Int64, type: OrderType = .limit, trigger: OrderLevel? = nil
    ) -> OrderRequest {
        OrderRequest(
            instrument: InstrumentID(instrument), side: side, type: type, quantity: Quantity(units: quantity),
            limit: type == .limit ? Price(units: 10_000) : nil, trigger: trigger, isReduceOnly: false)
    }

    static func markets() throws -> [MarketSample] {
        [sample(try instrument(0), close: 10_000), sample(try instrument(1), close: 20_000)]
    }

    static func fill(_ child: Int, _ units: Int64, at price: Int64 = 10_000) -> ChildFill {
        ChildFill(ChildID(child), quantity: Quantity(units: units), price: Price(units: price), time: Market.time(0))
    }

    @Test func onOneInstrumentTheVenueTiesThemTogether() throws {
        var order = try LinkedOrders(legs: [Self.request(0, .buy, 500), Self.request(0, .buy, 500)])
        #expect(order.execution == .native && order.name == "oco")
        var actions: [AlgorithmAction] = []
        order.advance(instant(0, try Self.markets()), &actions)
        #expect(actions.compactMap { $0.placement?.sharesGroup } == [true, true])
        actions.removeAll()
        order.receive(Self.fill(0, 200), &actions)
        order.advance(instant(1, try Self.markets()), &actions)
        #expect(actions.isEmpty)
    }

    /// The first leg expires, or its cancel is heard of before that of another: the group is not placed again.
    @Test func aLegThatEndsAloneIsNotPlacedAgain() throws {
        var order = try LinkedOrders(legs: [Self.request(0, .buy, 500), Self.request(0, .buy, 500)])
        var actions: [AlgorithmAction] = []
        order.advance(instant(0, try Self.markets()), &actions)
        actions.removeAll()
        order.receive(ChildEnd(ChildID(0), .expired), &actions)
        order.advance(instant(1, try Self.markets()), &actions)
        #expect(actions.isEmpty)
        order.receive(Self.fill(1, 500), &actions)
        order.receive(ChildEnd(ChildID(1), .filled), &actions)
        #expect(actions == [.finish(.completed)])
    }

    @Test func aNativeBracketHasChildren() throws {
        var order = try LinkedOrders(
            entry: Self.request(0, .buy, 500),
            legs: [Self.request(0, .sell, 500, type: .stop, trigger: .fromEntry(Rate(units: -10_000_000)))])
        var actions: [AlgorithmAction] = []
        order.advance(instant(0, try Self.markets()), &actions)
        #expect(actions.compactMap { $0.placement?.parent } == [ChildID(0)])
        #expect(actions.last?.placement?.request.quantity == .zero)
        #expect(order.name == "bracket")
    }

    /// 300 of 1000 filled: the other leg keeps seven tenths of its own size.
    @Test func acrossInstrumentsTheOtherLegIsReducedAndTakenBack() throws {
        var order = try LinkedOrders(legs: [Self.request(0, .buy, 1000), Self.request(1, .buy, 50)])
        #expect(order.execution == .emulated)
        var actions: [AlgorithmAction] = []
        order.advance(instant(0, try Self.markets()), &actions)
        #expect(actions.compactMap { $0.placement?.request.quantity.units } == [1000, 50])
        actions.removeAll()
        order.receive(Self.fill(0, 300), &actions)
        #expect(actions == [.modify(ChildID(1), OrderChange(quantity: Quantity(units: 35)), .legFilled)])
        actions.removeAll()
        order.receive(Self.fill(0, 700), &actions)
        #expect(actions == [.cancel(ChildID(1), .legFilled)])
        actions.removeAll()
        order.receive(ChildEnd(ChildID(0), .filled), &actions)
        order.receive(ChildEnd(ChildID(1), .canceled, reason: .byRequest), &actions)
        #expect(actions == [.finish(.completed)])
    }

    /// The legs of a bracket on another market grow with the entry's fills, at the share of its average price.
    @Test func acrossInstrumentsTheLegsFollowTheEntry() throws {
        var order = try LinkedOrders(
            entry: Self.request(0, .buy, 1000),
            legs: [
                Self.request(1, .sell, 100, type: .stop, trigger: .fromEntry(Rate(units: -100_000_000))),
                Self.request(1, .sell, 100),
            ])
        var actions: [AlgorithmAction] = []
        order.advance(instant(0, try Self.markets()), &actions)
        #expect(actions.compactMap { $0.placement?.request.instrument } == [InstrumentID(0)])
        actions.removeAll()
        order.receive(Self.fill(0, 500), &actions)
        #expect(actions.compactMap { $0.placement?.request.quantity.units } == [50, 50])
        #expect(actions.first?.placement?.request.trigger == .price(Price(units: 9_000)))
        #expect(actions.map(\.reason) == [.entryFilled, .entryFilled])
        actions.removeAll()
        order.receive(Self.fill(0, 500, at: 12_000), &actions)
        #expect(
            actions == [
                .modify(
                    ChildID(1), OrderChange(quantity: Quantity(units: 100), trigger: Price(units: 9_900)), .entryFilled),
                .modify(ChildID(2), OrderChange(quantity: Quantity(units: 100)), .entryFilled),
            ])
        actions.removeAll()
        order.receive(ChildEnd(ChildID(0), .filled), &actions)
        order.receive(Self.fill(1, 100), &actions)
        #expect(actions == [.cancel(ChildID(2), .legFilled)])
    }

    /// Across venues that answer late, in parts or not at all: whatever is asked for never adds up to more than the
    /// whole, and in the end nothing works any more. Only fills that pass a change on its way can go beyond it.
    @Test(arguments: UInt64(0)..<200, [false, true])
    func whatOneFillsTheOthersLose(seed: UInt64, hasEntry: Bool) throws {
        var random = SeededRandom(seed: seed)
        let sizes = (0..<Int.random(in: 2...3, using: &random)).map { _ in Int64.random(in: 10...2_000, using: &random)
        }
        let entry = Self.request(0, .buy, Int64.random(in: 10...2_000, using: &random))
        var order = try LinkedOrders(
            entry: hasEntry ? entry : nil,
            legs: sizes.enumerated().map { Self.request(UInt32(1 + $0.offset % 2), .sell, $0.element) })
        #expect(!order.isNative)
        let samples = try (0..<3).map { sample(try instrument(UInt32($0)), close: 10_000) }
        var venue = MoodyVenue(seed: seed &* 17 &+ 3)
        venue.refusesOneIn = 30
        var isFinished = false
        for minute in 0..<4_000 where !isFinished {
            var all: [AlgorithmAction] = []
            func takeIn(_ actions: [AlgorithmAction]) {
                venue.take(actions)
                all += actions
            }
            for answer in venue.answers(at: minute) {
                var actions: [AlgorithmAction] = []
                order.hear(answer, &actions)
                takeIn(actions)
            }
            var actions: [AlgorithmAction] = []
            order.advance(instant(minute, samples), &actions)
            takeIn(actions)
            isFinished = all.contains(where: \.isFinish)
            // No leg comes to life before its entry.
            let filledEntry = venue.filled.filter { venue.sides[$0.key] == .buy }.values.reduce(0, +)
            let filledLegs = venue.filled.filter { venue.sides[$0.key] == .sell }
            if hasEntry, filledEntry == 0 { #expect(filledLegs.isEmpty) }
        }
        #expect(isFinished)
        #expect(venue.working.isEmpty && venue.finishes == 1)
    }

    /// At an instant after which everything has answered, the shares that filled and those still asked for are at most
    /// the whole: checked with fills alone, one at a time, so that nothing is on its way.
    @Test(arguments: UInt64(0)..<200)
    func theSharesNeverExceedTheWhole(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let sizes = [Int64.random(in: 10...3_000, using: &random), Int64.random(in: 10...3_000, using: &random)]
        var order = try LinkedOrders(legs: [Self.request(0, .buy, sizes[0]), Self.request(1, .buy, sizes[1])])
        var actions: [AlgorithmAction] = []
        order.advance(instant(0, try Self.markets()), &actions)
        var wanted = sizes
        var filled: [Int64] = [0, 0]
        for _ in 0..<200 {
            let leg = Int.random(in: 0..<2, using: &random)
            guard wanted[leg] > filled[leg] else { continue }
            let part = Int64.random(in: 1...(wanted[leg] - filled[leg]), using: &random)
            filled[leg] += part
            actions.removeAll()
            order.receive(Self.fill(leg, part), &actions)
            for action in actions {
                switch action {
                case .modify(let child, let change, _):
                    wanted[child.rawValue] = try #require(change.quantity).units
                case .cancel(let child, _): wanted[child.rawValue] = filled[child.rawValue]
                case .place, .finish: Issue.record("nothing is placed here")
                }
            }
            let share = (0..<2).reduce(0.0) { $0 + Double(filled[$1]) / Double(sizes[$1]) }
            #expect(share <= 1 + 1e-12)
            for leg in 0..<2 {
                let all = Double(wanted[leg]) / Double(sizes[leg]) + Double(filled[1 - leg]) / Double(sizes[1 - leg])
                #expect(all <= 1 + 1e-12)
            }
        }
        let share = (0..<2).reduce(0.0) { $0 + Double(filled[$1]) / Double(sizes[$1]) }
        // Nothing is left but what no lot can hold.
        #expect(share > 1 - 1.0 / Double(sizes[0]) - 1.0 / Double(sizes[1]))
    }
}

@Suite("Trailing stop") struct TrailingStopTests {
    static let atr = AlgorithmInput.indicator(0, output: 0)

    @Test func fixedDistancesArePlacedOnce() throws {
        for (distance, trail) in [
            (TrailingStop.Distance.share(Rate(units: 5)), TrailingDistance.share(Rate(units: 5))),
            (.absolute(PriceDistance(units: 70)), .absolute(PriceDistance(units: 70))),
        ] {
            var stop = try TrailingStop(
                instrument: InstrumentID(0), side: .sell, quantity: Quantity(units: 10), distance: distance,
                activation: Price(units: 11_000))
            #expect(stop.execution == .native)
            var actions: [AlgorithmAction] = []
            for minute in 0..<3 { stop.advance(instant(minute, [sample(try instrument(), close: 10_000)]), &actions) }
            #expect(actions.count == 1)
            #expect(actions[0].placement?.request.trail == trail)
            #expect(actions[0].placement?.request.activation == Price(units: 11_000))
        }
    }

    /// Placed when the volatility is known; a flat market, a missing value and small changes move nothing.
    @Test func theDistanceFollowsTheVolatility() throws {
        var stop = try TrailingStop(
            instrument: InstrumentID(0), side: .sell, quantity: Quantity(units: 10),
            distance: .volatility(Self.atr, multiple: 2))
        var moves: [Int64?] = []
        for (minute, value) in [Double.nan, 0, 0.5, 0.5, 0.502, 0.75, 0, .infinity, 80, 0.25].enumerated() {
            var actions: [AlgorithmAction] = []
            stop.advance(
                instant(minute, [sample(try instrument(), close: 10_000)], values: [Self.atr: value]), &actions)
            switch actions.first {
            case .place(let placement, _):
                guard case .absolute(let distance) = placement.request.trail else { continue }
                moves.append(distance.units)
            case .modify(_, let change, _):
                guard case .absolute(let distance) = change.trail else { continue }
                moves.append(distance.units)
            default: moves.append(nil)
            }
        }
        #expect(moves == [nil, nil, 100, nil, nil, 150, nil, nil, nil, 50])
    }
}
