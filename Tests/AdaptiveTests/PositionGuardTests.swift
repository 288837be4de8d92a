// SPDX-License-Identifier: Apache-2.0

import Adaptive
import TestSupport
import Testing
import Trading

@Suite("What watches an open position")
struct PositionGuardTests {
    static let start = Timestamp(nanoseconds: 1_700_000_000_000_000_000)

    /// What a closed bar says, with everything on.
    struct Seen {
        var high: Double
        var low: Double
        var close: Double
        var atr = 1.0
        var reversed = false
        var against = false
        var now = PositionGuardTests.start + .minutes(1)
    }

    static func seen(
        high: Double, low: Double, close: Double, atr: Double = 1, reversed: Bool = false
    ) -> Seen { Seen(high: high, low: low, close: close, atr: atr, reversed: reversed) }

    static func long(_ settings: PositionGuard.Settings = .init()) -> PositionGuard {
        PositionGuard(side: .buy, entry: 100, atr: 1, stop: 98, openedAt: start, settings: settings)
    }

    @Test("a profit of 2 ATR puts the stop at break-even, with what the trade costs")
    func breakEven() {
        var position = Self.long(.init(costs: 0.001))
        #expect(position.update(Self.seen(high: 101.9, low: 100, close: 101.5)) == .hold)
        #expect(position.update(Self.seen(high: 102, low: 101, close: 101.5)) == .moveStop(100.1, .breakEven))
        #expect(position.update(Self.seen(high: 103, low: 101, close: 102)) == .hold)
    }

    @Test("a reversal tightens the stop to half an ATR from the close, and a weaker one later does not loosen it")
    func reversal() {
        var position = Self.long()
        #expect(
            position.update(Self.seen(high: 101, low: 100, close: 101, reversed: true)) == .moveStop(100.5, .reversal))
        #expect(position.update(Self.seen(high: 101, low: 100.6, close: 100.7, reversed: true)) == .hold)
        #expect(position.stop == 100.5)
    }

    @Test("without an ATR nothing that is measured in it moves")
    func flatMarket() {
        var position = Self.long(.init(trailDistance: 1))
        position.hasPartlyExited = true
        for atr in [0, -1, Double.nan] {
            #expect(position.update(Self.seen(high: 101, low: 100, close: 101, atr: atr, reversed: true)) == .hold)
        }
    }

    @Test("a level, a limit or a clock that makes no sense is a failure, and moves and closes nothing")
    func nonsense() {
        let seen = PositionGuard.Observation(close: 103, atr: 1, isReversed: true)
        for settings in [
            PositionGuard.Settings(breakEvenAfter: 0, costs: .nan), .init(reversalDistance: .nan),
            .init(reversalDistance: .infinity), .init(trailDistance: .nan),
        ] {
            var position = Self.long(settings)
            position.hasPartlyExited = true
            #expect(throws: (any Error).self) { try position.nearerStop(seen) }
        }
        #expect(throws: (any Error).self) { try Self.long(.init(timeLimit: .zero)).isOverdue(at: Self.start) }
        #expect(throws: (any Error).self) { try Self.long().isOverdue(at: Self.start - .minutes(1)) }
    }

    @Test("a stop that the price has passed within the bar means leaving, not a stop on the wrong side")
    func passed() {
        var position = Self.long()
        #expect(position.update(Self.seen(high: 102.5, low: 99, close: 99.5)) == .leave(.stopPassed))
    }

    @Test("after the first level the stop follows the best price, where that is asked for")
    func trails() {
        var position = Self.long(.init(breakEvenAfter: nil, trailDistance: 2))
        #expect(position.update(Self.seen(high: 103, low: 102, close: 103)) == .hold)
        position.hasPartlyExited = true
        #expect(position.update(Self.seen(high: 104, low: 102, close: 103)) == .moveStop(102, .trail))
    }

    /// A random walk, seen by a guard of either side.
    private static func walk(
        _ seed: Int, _ body: (inout PositionGuard, Seen, PositionGuard.Decision) -> Void
    ) {
        var random = SeededRandom(seed: UInt64(seed))
        let side: Side = seed.isMultiple(of: 2) ? .buy : .sell
        let sign: Double = side == .buy ? 1 : -1
        var position = PositionGuard(
            side: side, entry: 100, atr: 0.5 + Double.random(in: 0...2, using: &random), stop: 100 - sign * 3,
            openedAt: start,
            settings: .init(trailDistance: seed % 3 == 0 ? 1.5 : nil, costs: 0.001))
        var price = 100.0
        for minute in 1...400 {
            let next = price + Double.random(in: -1...1, using: &random)
            let observation = Seen(
                high: max(price, next) + Double.random(in: 0...0.5, using: &random),
                low: min(price, next) - Double.random(in: 0...0.5, using: &random),
                close: next,
                atr: Int.random(in: 0..<20, using: &random) == 0 ? .nan : Double.random(in: 0...2, using: &random),
                reversed: Int.random(in: 0..<10, using: &random) == 0,
                against: Int.random(in: 0..<1000, using: &random) == 0,
                now: start + .minutes(Int64(minute) * 5))
            if Int.random(in: 0..<50, using: &random) == 0 { position.hasPartlyExited = true }
            let decision = position.update(observation)
            body(&position, observation, decision)
            if case .leave = decision { return }
            price = next
        }
    }

    @Test("PRP 20: from a profit of 2 ATR on the stop is at break-even or better", arguments: 0..<200)
    func breakEvenOrBetter(seed: Int) {
        Self.walk(seed) { position, _, decision in
            guard position.bestProfit >= 2 else { return }
            let sign: Double = position.side == .buy ? 1 : -1
            if decision == .leave(.time) || decision == .leave(.regime) { return }
            #expect((position.stop - position.entry) * sign >= 0)
        }
    }

    @Test("PRP 21: stops never loosen", arguments: 0..<200)
    func neverLoosens(seed: Int) {
        var last: Double?
        Self.walk(seed) { position, seen, decision in
            let sign: Double = position.side == .buy ? 1 : -1
            if let last { #expect((position.stop - last) * sign >= 0) }
            last = position.stop
            // And a stop that is moved is never on the wrong side of the market.
            if case .moveStop(let level, _) = decision { #expect((seen.close - level) * sign > 0) }
        }
    }

    @Test("PRP 22: time and regime always close", arguments: 0..<200)
    func alwaysCloses(seed: Int) {
        var isOver = false
        Self.walk(seed) { _, seen, decision in
            #expect(!isOver)
            let isLate = seen.now - Self.start >= .hours(24)
            if isLate { #expect(decision == .leave(.time)) }
            if !isLate, seen.against { #expect(decision == .leave(.regime)) }
            if case .leave = decision { isOver = true }
        }
        #expect(isOver)
    }
}

extension PositionGuard {
    fileprivate mutating func update(_ seen: PositionGuardTests.Seen) -> Decision {
        see(high: seen.high, low: seen.low)
        let observation = Observation(close: seen.close, atr: seen.atr, isReversed: seen.reversed)
        do {
            return decide(
                isOverdue: try isOverdue(at: seen.now), isRegimeAgainst: seen.against,
                move: try nearerStop(observation),
                close: seen.close)
        } catch {
            Issue.record(error)
            return .hold
        }
    }
}
