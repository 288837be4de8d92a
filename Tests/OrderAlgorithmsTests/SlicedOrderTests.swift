// SPDX-License-Identifier: Apache-2.0

import EngineHarness
import Execution
import TestSupport
import Testing
import Trading

@testable import OrderAlgorithms

@Suite("Sliced orders") struct SlicedOrderTests {
    static func order(
        _ pace: Pace, total: Int64 = 1000, side: Side = .buy, style: SliceStyle = .market,
        acceleration: Acceleration? = nil, completes: Bool = true
    ) throws -> SlicedOrder {
        try SlicedOrder(
            instrument: InstrumentID(0), side: side, total: Quantity(units: total), pace: pace, style: style,
            acceleration: acceleration, completes: completes)
    }

    /// What is placed minute by minute where everything fills whole before the next one.
    static func placed(
        _ order: SlicedOrder, closes: [Int64], volumes: [Int64] = [], rules: TradingRules = TradingRules(),
        skips: Set<Int> = []
    ) throws -> [Int64] {
        let instrument = try instrument()
        var order = order
        var result: [Int64] = []
        for (minute, close) in closes.enumerated() where !skips.contains(minute) {
            var actions: [AlgorithmAction] = []
            let volume = minute < volumes.count ? volumes[minute] : 0
            order.advance(instant(minute, [sample(instrument, close: close, volume: volume, rules: rules)]), &actions)
            let placements = actions.compactMap(\.placement)
            result.append(placements.reduce(0) { $0 + $1.request.quantity.units })
            for placement in placements {
                var more: [AlgorithmAction] = []
                order.receive(
                    ChildFill(
                        placement.child, quantity: placement.request.quantity, price: Price(units: close),
                        time: Market.time(minute)), &more)
                order.receive(ChildEnd(placement.child, .filled), &more)
            }
        }
        return result
    }

    static let flat = [Int64](repeating: 10_000, count: 8)

    @Test func timeWeighted() throws {
        let order = try Self.order(.time(slices: 4, over: .minutes(8)))
        #expect(try Self.placed(order, closes: Self.flat) == [250, 0, 250, 0, 250, 0, 250, 0])
    }

    /// 1000 in 3: what does not divide is made up for by the last one.
    @Test func whatDoesNotDivideIsMadeUpFor() throws {
        let order = try Self.order(.time(slices: 3, over: .minutes(3)))
        #expect(try Self.placed(order, closes: Self.flat).prefix(3) == [333, 333, 334])
    }

    @Test func missedInstantsAreCaughtUpWithAtOnce() throws {
        let order = try Self.order(.time(slices: 4, over: .minutes(4)))
        #expect(try Self.placed(order, closes: Self.flat, skips: [1, 2]) == [250, 750, 0, 0, 0, 0])
    }

    @Test func volumeCurve() throws {
        let order = try Self.order(.volumeCurve([1, 3, 0, 4], over: .minutes(4)))
        #expect(try Self.placed(order, closes: Self.flat).prefix(5) == [125, 375, 0, 500, 0])
    }

    /// A tenth of what trades from now on; the first bar was over when it began.
    @Test func participation() throws {
        let order = try Self.order(.participation(Rate(units: 100_000_000), over: nil))
        let volumes: [Int64] = [9_999, 1000, 0, 505, 20_000, 1, 1, 1]
        #expect(try Self.placed(order, closes: Self.flat, volumes: volumes) == [0, 100, 0, 50, 850, 0, 0, 0])
    }

    @Test func participationSendsTheRestWhenItsTimeIsOver() throws {
        let order = try Self.order(.participation(Rate(units: 100_000_000), over: .minutes(3)))
        #expect(try Self.placed(order, closes: Self.flat, volumes: [0, 1000]).prefix(5) == [0, 100, 0, 900, 0])
    }

    @Test func iceberg() throws {
        let order = try Self.order(
            .iceberg(display: Quantity(units: 300)), style: .limit(Price(units: 10_000), isPostOnly: false))
        #expect(try Self.placed(order, closes: Self.flat).prefix(5) == [300, 300, 300, 100, 0])
    }

    @Test func averagingByTime() throws {
        let order = try Self.order(.averaging(slices: 4, every: .minutes(2), drop: nil))
        #expect(try Self.placed(order, closes: Self.flat) == [250, 0, 250, 0, 250, 0, 250, 0])
    }

    /// 1 % below the last slice's price, and no sooner.
    @Test(arguments: [(Side.buy, Int64(-1)), (.sell, 1)])
    func averagingByPrice(side: Side, sign: Int64) throws {
        let order = try Self.order(.averaging(slices: 4, every: nil, drop: Rate(units: 10_000_000)), side: side)
        let closes = [0, 99, 100, 150, 201, 100, 400, 900].map { 10_000 + sign * $0 }
        #expect(try Self.placed(order, closes: closes) == [250, 0, 250, 0, 250, 0, 250, 0])
    }

    /// Twice as much is due while the price is 1 % better; what was sent is not unsent when it comes back.
    @Test(arguments: [(Acceleration.Direction.favourable, Int64(9_900)), (.adverse, 10_100)])
    func accelerates(direction: Acceleration.Direction, price: Int64) throws {
        let order = try Self.order(
            .time(slices: 10, over: .minutes(10)),
            acceleration: Acceleration(direction, move: Rate(units: 10_000_000), factor: Rate(units: 2_000_000_000)))
        let closes: [Int64] = [10_000, 10_000, price, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000]
        #expect(try Self.placed(order, closes: closes) == [100, 100, 400, 0, 0, 0, 100, 100, 100, 100])
    }

    static let minimums: [(minimum: Int64, expected: [Int64])] = [
        (minimum: 300, expected: [0, 500, 0, 500]),
        (minimum: 251, expected: [0, 500, 0, 500]),
        (minimum: 250, expected: [250, 250, 250, 250]),
        (minimum: 400, expected: [0, 500, 0, 500]),
        (minimum: 501, expected: [0, 0, 1000, 0]),
        (minimum: 1000, expected: [0, 0, 0, 1000]),
        (minimum: 1001, expected: [0, 0, 0, 0]),
    ]

    /// A slice below the venue's minimum waits for the next; a rest that would be too small goes with the one before.
    @Test(arguments: minimums)
    func smallSlicesAreMerged(minimum: Int64, expected: [Int64]) throws {
        let order = try Self.order(.time(slices: 4, over: .minutes(4)))
        let rules = TradingRules(minimumQuantity: Quantity(units: minimum))
        #expect(try Self.placed(order, closes: [Int64](repeating: 10_000, count: 4), rules: rules) == expected)
        // The same in money: a unit is worth 0.1 at 100.
        let inMoney = TradingRules(minimumNotional: Amount(units: Int128(minimum) * 100_000_000_000_000_000))
        #expect(try Self.placed(order, closes: [Int64](repeating: 10_000, count: 4), rules: inMoney) == expected)
    }

    @Test func aTotalThatIsTooSmallEnds() throws {
        var order = try Self.order(.time(slices: 2, over: .minutes(2)), total: 10)
        let market = sample(
            try instrument(), close: 10_000, rules: TradingRules(minimumQuantity: Quantity(units: 11)))
        var actions: [AlgorithmAction] = []
        order.advance(instant(0, [market]), &actions)
        #expect(actions.isEmpty)
        order.advance(instant(1, [market]), &actions)
        #expect(actions == [.finish(.tooSmall)])
    }

    @Test func whatDoesNotFillInTimeGoesAtMarketOrStays() throws {
        for completes in [true, false] {
            var order = try Self.order(
                .time(slices: 1, over: .minutes(2)), style: .passive(Rate(units: 10_000_000), isPostOnly: true),
                completes: completes)
            let market = sample(try instrument(), close: 10_000)
            var actions: [AlgorithmAction] = []
            order.advance(instant(0, [market]), &actions)
            let first = try #require(actions.first?.placement)
            #expect(first.request.limit == Price(units: 9_900) && first.request.isPostOnly)
            actions.removeAll()
            order.advance(instant(2, [market]), &actions)
            #expect(actions == [.cancel(first.child, .timeOver)])
            actions.removeAll()
            order.receive(ChildEnd(first.child, .canceled, reason: .byRequest), &actions)
            order.advance(instant(3, [market]), &actions)
            if completes {
                #expect(actions.map(\.reason) == [.rest])
                #expect(actions.first?.placement?.request.type == .market)
                #expect(actions.first?.placement?.request.quantity.units == 1000)
            } else {
                #expect(actions == [.finish(.timeOver)])
            }
        }
    }

    @Test func threeRefusalsInARowEndIt() throws {
        var order = try Self.order(.time(slices: 1, over: .hours(1)))
        let market = sample(try instrument(), close: 10_000)
        var finished: [AlgorithmAction] = []
        for minute in 0..<3 {
            var actions: [AlgorithmAction] = []
            order.advance(instant(minute, [market]), &actions)
            let child = try #require(actions.first?.placement?.child)
            order.receive(ChildEnd(child, .rejected, reason: .insufficientMargin), &finished)
        }
        #expect(finished == [.finish(.refused)])
    }

    /// While it is paused its clock stands still: no burst afterwards.
    @Test func aPauseStopsTheClock() throws {
        var order = try Self.order(.time(slices: 10, over: .minutes(10)))
        let market = sample(try instrument(), close: 10_000)
        var actions: [AlgorithmAction] = []
        order.advance(instant(0, [market]), &actions)
        order.advance(instant(1, [market]), &actions)
        order.pause(.outsideHours, &actions)
        actions.removeAll()
        order.advance(instant(61, [market]), &actions)
        #expect(actions.compactMap { $0.placement?.request.quantity.units }.reduce(0, +) == 0)
        order.advance(instant(62, [market]), &actions)
        #expect(actions.compactMap { $0.placement?.request.quantity.units }.reduce(0, +) == 100)
    }

    @Test func aFillAfterTheEndTakesBackWhatIsTooMuch() throws {
        var order = try Self.order(.time(slices: 1, over: .hours(1)))
        let market = sample(try instrument(), close: 10_000)
        var actions: [AlgorithmAction] = []
        order.advance(instant(0, [market]), &actions)
        order.receive(ChildEnd(ChildID(0), .canceled, reason: .noLiquidity), &actions)
        order.advance(instant(1, [market]), &actions)
        actions.removeAll()
        order.receive(
            ChildFill(ChildID(0), quantity: Quantity(units: 400), price: Price(units: 1), time: Market.time(1)),
            &actions)
        #expect(actions == [.cancel(ChildID(1), .overfilled)])
    }

    static let paces: [Pace] = [
        .time(slices: 7, over: .minutes(50)), .volumeCurve([3, 0, 1, 5, 2.5], over: .minutes(40)),
        .participation(Rate(units: 50_000_000), over: .minutes(80)), .iceberg(display: Quantity(units: 170)),
        .averaging(slices: 6, every: .minutes(9), drop: Rate(units: 5_000_000)),
    ]

    /// However the venue behaves, filled and working never exceed the total, and the children add up to it in the end.
    @Test(arguments: paces, [UInt64](0..<200))
    func theChildrenAddUpToTheTotal(pace: Pace, seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let total = Int64.random(in: 50...5_000, using: &random)
        let lot: Int64 = [1, 1, 5, 10][Int.random(in: 0..<4, using: &random)]
        let rules = TradingRules(lot: lot, minimumQuantity: Quantity(units: Int64.random(in: 0...60, using: &random)))
        let styles: [SliceStyle] = [
            .market, .passive(Rate(units: 2_000_000), isPostOnly: false), .limit(Price(units: 9_990), isPostOnly: true),
        ]
        let style = styles[Int.random(in: 0..<3, using: &random)]
        let faster = Acceleration(.adverse, move: Rate(units: 10_000_000), factor: Rate(units: 1_500_000_000))
        var order = try Self.order(
            pace, total: total, side: seed % 2 == 0 ? .buy : .sell, style: style,
            acceleration: seed % 3 == 0 ? faster : nil)
        let instrument = try instrument()
        var venue = MoodyVenue(seed: seed &* 31 &+ 7)
        var close: Int64 = 10_000
        var isFinished = false
        var reason: AlgorithmReason?
        for minute in 0..<3_000 where !isFinished {
            var actions: [AlgorithmAction] = []
            for answer in venue.answers(at: minute) { order.hear(answer, &actions) }
            venue.take(actions)
            #expect(venue.filledTotal + venue.workingTotal <= total, "minute \(minute)")
            close = max(100, close + Int64.random(in: -40...40, using: &random))
            // A gap now and then.
            if Int.random(in: 0..<10, using: &random) > 0 {
                var more: [AlgorithmAction] = []
                let volume = Int64.random(in: 0...2_000, using: &random)
                order.advance(instant(minute, [sample(instrument, close: close, volume: volume, rules: rules)]), &more)
                for placement in more.compactMap(\.placement) {
                    let units = placement.request.quantity.units
                    #expect(units > 0 && units % lot == 0 && units >= rules.minimumQuantity.units)
                }
                venue.take(more)
                actions += more
            }
            #expect(venue.filledTotal + venue.workingTotal <= total, "minute \(minute)")
            #expect(order.progress.filled.units == venue.filledTotal)
            #expect(order.progress.working.units == venue.workingTotal)
            if let end = actions.first(where: \.isFinish) {
                isFinished = true
                reason = end.reason
            }
        }
        #expect(isFinished)
        #expect(venue.working.isEmpty && venue.finishes == 1)
        switch reason {
        case .completed: #expect(venue.filledTotal == total)
        case .tooSmall: #expect(total - venue.filledTotal < max(lot, rules.minimumQuantity.units + lot))
        case .refused: #expect(venue.filledTotal < total)
        default: Issue.record("it ended because \(reason?.text ?? "nothing")")
        }
    }

    static let nonsense: [(Pace, String)] = [
        (Pace.time(slices: 0, over: .minutes(1)), "slices"), (.time(slices: 2, over: .zero), "over"),
        (.time(slices: 2, over: .days(4_000)), "over"),
        (.volumeCurve([], over: .minutes(1)), "curve"), (.volumeCurve([1, .nan], over: .minutes(1)), "curve"),
        (.volumeCurve([0, 0], over: .minutes(1)), "curve"), (.volumeCurve([1, -1, 5], over: .minutes(1)), "curve"),
        (.volumeCurve([1e308, 1e308], over: .minutes(1)), "curve"),
        (.participation(.zero, over: nil), "share"), (.participation(Rate(units: 1_000_000_001), over: nil), "share"),
        (.iceberg(display: .zero), "display"), (.averaging(slices: 2, every: nil, drop: nil), "every"),
        (.averaging(slices: 2, every: nil, drop: Rate(units: Rate.one)), "drop"),
    ]

    @Test(arguments: nonsense)
    func nonsenseIsRefused(pace: Pace, key: String) throws {
        do {
            _ = try Self.order(pace)
            Issue.record("it was accepted")
        } catch let AlgorithmError.badValue(name, _, _) { #expect(name == key) }
    }

    /// The largest numbers there are go through without a trap.
    @Test func extremesDoNotTrap() throws {
        for pace in Self.paces + [
            .iceberg(display: Quantity(units: .max)), .averaging(slices: 100_000, every: nil, drop: Rate(units: 1)),
        ] {
            var order = try Self.order(
                pace, total: .max,
                acceleration: Acceleration(.favourable, move: .zero, factor: Rate(units: 1_000_000_000_000)))
            var actions: [AlgorithmAction] = []
            let instrument = try instrument()
            for (minute, price) in [Int64.max, 1, 0, -5, .max].enumerated() {
                order.advance(instant(minute * 30, [sample(instrument, close: price, volume: .max)]), &actions)
            }
            for placement in actions.compactMap(\.placement) {
                for _ in 0..<2 {
                    order.receive(
                        ChildFill(
                            placement.child, quantity: Quantity(units: .max), price: Price(units: .max),
                            time: .distantFuture), &actions)
                }
            }
            order.receive(ChildEnd(ChildID(99), .canceled), &actions)
            order.advance(AlgorithmInstant(time: .distantFuture, markets: [sample(instrument, close: 5)]), &actions)
        }
    }
}
