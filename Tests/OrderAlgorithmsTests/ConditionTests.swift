// SPDX-License-Identifier: Apache-2.0

import EngineHarness
import Execution
import TestSupport
import Testing
import Trading

@testable import OrderAlgorithms

@Suite("Conditions") struct ConditionTests {
    static let a = InstrumentID(0)
    static let rsi = AlgorithmInput.indicator(3, output: 0)
    static let mood = AlgorithmInput.external("mood")

    static func seen(_ close: Int64, volume: Int64 = 0, values: [AlgorithmInput: Double] = [:]) throws
        -> AlgorithmInstant
    {
        instant(0, [sample(try instrument(), close: close, volume: volume)], values: values)
    }

    static let above = Condition.compare(.close(a), .above, .constant(100))
    static let missing = Condition.compare(.input(mood), .above, .constant(0))
    static let never = Condition.compare(.constant(1), .above, .constant(2))
    static let always = Condition.compare(.constant(1), .atMost, .constant(1))

    static let table: [(Condition, Bool?)] = [
        (above, true), (.not(above), false), (.compare(.close(a), .above, .constant(101)), false),
        (.compare(.close(a), .atLeast, .constant(101)), true), (.compare(.close(a), .below, .constant(101)), false),
        (.compare(.close(a), .atMost, .constant(101)), true),
        (.compare(.volume(a), .atLeast, .constant(2.5)), true), (.compare(.high(a), .below, .low(a)), false),
        (.compare(.input(rsi), .below, .constant(30)), true),
        (.compare(.close(InstrumentID(9)), .above, .constant(0)), nil),
        // What is missing meets nothing, and neither does its opposite.
        (missing, nil), (.not(missing), nil), (.not(.not(missing)), nil),
        (.compare(.input(mood), .below, .input(mood)), nil), (.compare(.constant(.nan), .atMost, .constant(.nan)), nil),
        (.compare(.input(rsi), .above, .constant(.infinity)), false),
        // What does not depend on it is decided all the same.
        (.any([missing, above]), true), (.any([missing, never]), nil), (.all([missing, never]), false),
        (.all([missing, above]), nil), (.not(.all([missing, never])), true), (.all([]), true), (.any([]), false),
        (.all([above, .any([never, .not(never)]), always]), true),
    ]

    @Test(arguments: table)
    func decides(condition: Condition, expected: Bool?) throws {
        let instant = try Self.seen(10_100, volume: 2_500, values: [Self.rsi: 22.5])
        #expect(condition.decision(at: instant) == expected)
        #expect(condition.isMet(at: instant) == (expected == true))
    }

    @Test(arguments: UInt64(0)..<200)
    func theLawsOfLogicHold(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        func tree(_ depth: Int) -> Condition {
            let leaves = [Self.above, Self.missing, Self.never, Self.always]
            if depth == 0 { return leaves[Int.random(in: 0..<4, using: &random)] }
            let parts = (0..<Int.random(in: 1...3, using: &random)).map { _ in tree(depth - 1) }
            switch Int.random(in: 0..<3, using: &random) {
            case 0: return .all(parts)
            case 1: return .any(parts)
            default: return .not(parts[0])
            }
        }
        let instant = try Self.seen(Int64.random(in: 9_900...10_100, using: &random))
        let (left, right) = (tree(3), tree(3))
        func decision(_ condition: Condition) -> Bool? { condition.decision(at: instant) }
        #expect(decision(.not(.all([left, right]))) == decision(.any([.not(left), .not(right)])))
        #expect(decision(.not(.any([left, right]))) == decision(.all([.not(left), .not(right)])))
        #expect(decision(.all([left, right])) == decision(.all([right, left])))
        #expect(decision(.not(.not(left))) == decision(left))
        // Never both of a condition and its opposite.
        #expect(!(left.isMet(at: instant) && Condition.not(left).isMet(at: instant)))
    }
}

@Suite("Conditional and timed orders") struct WrapperTests {
    static let request = OrderRequest(
        instrument: InstrumentID(0), side: .buy, type: .market, quantity: Quantity(units: 100))

    /// Which minutes place an order, where each fills whole at once.
    static func minutes(
        _ algorithm: any OrderAlgorithm, closes: [Int64?], values: [Double] = []
    ) throws -> (placed: [Int], end: AlgorithmReason?) {
        var algorithm = algorithm
        var placed: [Int] = []
        var end: AlgorithmReason?
        let instrument = try instrument()
        for (minute, close) in closes.enumerated() {
            var actions: [AlgorithmAction] = []
            let markets = close.map { [sample(instrument, close: $0)] } ?? []
            let inputs = minute < values.count ? [ConditionTests.mood: values[minute]] : [:]
            algorithm.advance(instant(minute, markets, values: inputs), &actions)
            for placement in actions.compactMap(\.placement) {
                placed.append(minute)
                algorithm.receive(
                    ChildFill(
                        placement.child, quantity: placement.request.quantity, price: Price(units: 1),
                        time: Market.time(minute)), &actions)
                algorithm.receive(ChildEnd(placement.child, .filled), &actions)
            }
            for action in actions where action.isFinish {
                #expect(end == nil, "it finished twice")
                end = action.reason
            }
        }
        return (placed, end)
    }

    @Test func onceIsMetFromTheBeginningAndEdgesAreNot() throws {
        let single = try SingleOrder(Self.request)
        let above = ConditionTests.above
        let closes: [Int64?] = [10_100, 9_000, 10_100, 10_200, nil, 10_100, 9_000, 10_100, 9_000, 10_100]
        let once = try Self.minutes(try ConditionalOrder(above, then: single), closes: closes)
        #expect(once.placed == [0] && once.end == .completed)
        let edge = try Self.minutes(try ConditionalOrder(above, then: single, trigger: .edge(times: 1)), closes: closes)
        #expect(edge.placed == [2] && edge.end == .completed)
        // A minute without a price is no longer met, and then met again.
        let more = try Self.minutes(try ConditionalOrder(above, then: single, trigger: .edge(times: 3)), closes: closes)
        #expect(more.placed == [2, 5, 7] && more.end == .completed)
    }

    @Test func aConditionExpires() throws {
        let single = try SingleOrder(Self.request)
        let order = try ConditionalOrder(ConditionTests.above, then: single, expires: Market.time(2))
        #expect(try Self.minutes(order, closes: [9_000, 9_000, 10_100]).placed.isEmpty)
        #expect(try Self.minutes(order, closes: [9_000, 9_000, 10_100]).end == .conditionExpired)
        #expect(try Self.minutes(order, closes: [9_000, 10_100, 10_100]).placed == [1])
    }

    @Test func missingOutsideDataMeetsNothing() throws {
        let single = try SingleOrder(Self.request)
        let order = try ConditionalOrder(.not(ConditionTests.missing), then: single)
        #expect(try Self.minutes(order, closes: [1, 1, 1], values: [.nan, 5, .nan]).placed.isEmpty)
        #expect(try Self.minutes(order, closes: [1, 1, 1], values: [.nan, 5, -1]).placed == [2])
    }

    @Test func timesAndHours() throws {
        let slices = try SlicedOrder(
            instrument: InstrumentID(0), side: .buy, total: Quantity(units: 1000),
            pace: .time(slices: 10, over: .minutes(10)))
        let closes = [Int64?](repeating: 10_000, count: 30)
        let later = try TimedOrder(slices, startsAt: Market.time(3), endsAt: Market.time(6))
        let timed = try Self.minutes(later, closes: closes)
        #expect(timed.placed == [3, 4, 5] && timed.end == .timeOver)
        // Midnight to 00:04, and again from 00:10: the clock stands still between.
        let hours = try TradingHours(parsing: "00:00-00:04").union(try TradingHours(parsing: "00:10-01:00"))
        let inHours = try Self.minutes(try TimedOrder(slices, hours: hours), closes: closes)
        #expect(inHours.placed == [0, 1, 2, 3, 11, 12, 13, 14, 15, 16] && inHours.end == .completed)
        #expect(throws: AlgorithmError.self) {
            try TimedOrder(slices, startsAt: Market.time(3), endsAt: Market.time(3))
        }
    }

    @Test func outsideOfTheHoursARestingOrderIsTakenBackAndItsRestPlacedAgain() throws {
        var order = try TimedOrder(try SingleOrder(Self.request), hours: try TradingHours(parsing: "00:00-00:02"))
        let market = sample(try instrument(), close: 10_000)
        var actions: [AlgorithmAction] = []
        order.advance(instant(0, [market]), &actions)
        order.receive(
            ChildFill(ChildID(0), quantity: Quantity(units: 30), price: Price(units: 1), time: Market.time(1)), &actions
        )
        order.advance(instant(2, [market]), &actions)
        order.advance(instant(3, [market]), &actions)
        #expect(actions.last == .cancel(ChildID(0), .outsideHours))
        #expect(actions.count == 2)
        order.receive(ChildEnd(ChildID(0), .canceled, reason: .byRequest), &actions)
        order.advance(instant(1440, [market]), &actions)
        #expect(actions.last?.placement?.request.quantity.units == 70)
    }
}
