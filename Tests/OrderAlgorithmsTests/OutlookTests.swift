// SPDX-License-Identifier: Apache-2.0

import EngineHarness
import Execution
import TestSupport
import Testing
import Trading

@testable import OrderAlgorithms

/// What a running algorithm says of itself: its state, and what makes it act next.
@Suite("Outlook") struct OutlookTests {
    static let a = InstrumentID(0)

    static func sliced(_ pace: Pace, _ style: SliceStyle = .market) throws -> SlicedOrder {
        try SlicedOrder(instrument: a, side: .buy, total: Quantity(units: 1000), pace: pace, style: style)
    }

    /// Advances it at a minute and fills whatever it places.
    static func advance(
        _ algorithm: inout some OrderAlgorithm, _ minute: Int, close: Int64 = 10_000, fills: Bool = true
    ) throws {
        var actions: [AlgorithmAction] = []
        algorithm.advance(instant(minute, [sample(try instrument(), close: close)]), &actions)
        guard fills else { return }
        for action in actions {
            guard let placement = action.placement else { continue }
            var more: [AlgorithmAction] = []
            algorithm.receive(
                ChildFill(
                    placement.child, quantity: placement.request.quantity, price: Price(units: close),
                    time: Market.time(minute)), &more)
            algorithm.receive(ChildEnd(placement.child, .filled), &more)
        }
    }

    @Test func aTimedSliceNamesTheTimeOfTheNext() throws {
        var twap = try Self.sliced(.time(slices: 4, over: .minutes(8)))
        #expect(twap.outlook == AlgorithmOutlook(.working, .bar))
        var acted: [Int] = []
        var announced: [AlgorithmOutlook.Next] = []
        for minute in 0..<8 {
            let before = twap.progress.filled
            try Self.advance(&twap, minute)
            if twap.progress.filled > before { acted.append(minute) }
            if minute < 6 { announced.append(twap.outlook.next) }
        }
        // It acts when it said that it would.
        #expect(acted == [0, 2, 4, 6])
        #expect(announced == [2, 2, 4, 4, 6, 6].map { .time(Market.time($0)) })
        #expect(twap.outlook == .finished)
    }

    @Test(arguments: [(10_000, 9_900), (9_000, 8_910)] as [(Int64, Int64)])
    func averagingNamesThePriceAndTheTime(close: Int64, next: Int64) throws {
        var dca = try Self.sliced(.averaging(slices: 3, every: .minutes(5), drop: Rate(units: 10_000_000)))
        try Self.advance(&dca, 1, close: close)
        #expect(dca.outlook.next == .price(Price(units: next), orBy: Market.time(6)))
        #expect(
            dca.outlook.text(try instrument())
                == "acts at \(try instrument().text(Price(units: next))) or better, or at \(Market.time(6))")
    }

    @Test func whatRestsWaitsForItsOrders() throws {
        var iceberg = try Self.sliced(
            .iceberg(display: Quantity(units: 300)), .limit(Price(units: 9_000), isPostOnly: false))
        try Self.advance(&iceberg, 0, fills: false)
        #expect(iceberg.outlook == AlgorithmOutlook(.working, .orders))
        var actions: [AlgorithmAction] = []
        iceberg.stop(.stopped, &actions)
        #expect(iceberg.outlook == .stopping)
        iceberg.receive(ChildEnd(ChildID(0), .canceled), &actions)
        #expect(iceberg.outlook == .finished)
    }

    @Test func timesAndConditionsSayWhatTheyWaitFor() throws {
        var timed = try TimedOrder(try Self.sliced(.time(slices: 2, over: .minutes(4))), startsAt: Market.time(3))
        #expect(timed.outlook == AlgorithmOutlook(.waiting, .time(Market.time(3))))
        try Self.advance(&timed, 3)
        #expect(timed.outlook == AlgorithmOutlook(.working, .time(Market.time(5))))
        var actions: [AlgorithmAction] = []
        timed.pause(.outsideHours, &actions)
        #expect(timed.outlook == AlgorithmOutlook(.paused, .hours))

        let condition = Condition.compare(.close(Self.a), .below, .constant(90))
        var conditional = try ConditionalOrder(
            condition, then: try Self.sliced(.time(slices: 2, over: .minutes(4))), expires: Market.time(60))
        #expect(conditional.outlook == AlgorithmOutlook(.waiting, .condition(until: Market.time(60))))
        try Self.advance(&conditional, 0)
        #expect(conditional.outlook.state == .waiting)
        try Self.advance(&conditional, 1, close: 8_900)
        #expect(conditional.outlook == AlgorithmOutlook(.working, .time(Market.time(3))))
        #expect(conditional.features == [.condition, .timeSlices])
    }

    /// Whatever a venue does, a slice is never sent before the time that was said, and states only move on.
    @Test("Nothing acts before it said it would", arguments: UInt64(0)..<200)
    func announcedTimesHold(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let slices = Int.random(in: 1...9, using: &random)
        let over = Int.random(in: 1...40, using: &random)
        var twap = try SlicedOrder(
            instrument: Self.a, side: .buy, total: Quantity(units: 1000),
            pace: .time(slices: slices, over: .minutes(Int64(over))))
        for minute in 0..<60 {
            let (before, said) = (twap.progress.filled, twap.outlook)
            try Self.advance(&twap, minute)
            let acted = twap.progress.filled > before
            if case .time(let time) = said.next {
                #expect(acted == (Market.time(minute) >= time), "minute \(minute): \(said)")
            }
            if said == .finished { #expect(!acted && twap.outlook == .finished) }
        }
        #expect(twap.progress.filled == Quantity(units: 1000) && twap.outlook == .finished)
    }
}
