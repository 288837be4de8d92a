// SPDX-License-Identifier: Apache-2.0

import Backtest
import EngineHarness
import Execution
import Indicators
import Strategies
import Testing
import Trading

@testable import Adaptive

@Suite("Where stops stand")
struct StopPlacementTests {
    private typealias Enhanced = EnhancedStrategyTests

    private static func stop(_ record: DecisionRecord) throws -> Double {
        let text = try #require(record.reason.components(after: "stop at "), "\(record.reason)")
        return try #require(Double(text), "\(text)")
    }

    @Test(
        "EXI-4: a stop is beyond the support or resistance that the price has before it, and says which",
        arguments: UInt64(0)..<5)
    func structure(group: UInt64) throws {
        var values = Enhanced.only([.structureStops, .pullback])
        values.merge([
            "signal_timeframe": "1h", "signal_period": 4, "entry_threshold": 0.8, "pullback_min": 0.6,
            "pullback_max": 10, "patience": 200,
        ]) { $1 }
        var (placed, passed) = (0, 0)
        for seed in group * 40..<group * 40 + 40 {
            let bars = ChangingMarket.bars(seed: seed, count: Enhanced.shortCount)
            let result = try World.run(try Enhanced.input(bars, Enhanced.strategy(values)))
            var structure = try SupportResistance()
            var levels: [Timestamp: SupportResistance.Value] = [:]
            var latest = structure.update(high: .nan, low: .nan, close: .nan)
            var closes: [Timestamp: Double] = [:]
            for index in bars.indices {
                if let hour = LongBar.closing(bars, at: index, size: 12) {
                    latest = structure.update(high: hour.high, low: hour.low, close: hour.close)
                }
                let now = bars[index].openTime + .minutes(5)
                levels[now] = latest
                closes[now] = Double(bars[index].close.units) / 100
            }
            for entry in Enhanced.entries(result) {
                let range = try #require(Enhanced.value("atr", entry))
                let close = try #require(closes[entry.time])
                let found = try #require(levels[entry.time])
                let sign: Double = entry.side == .buy ? 1 : -1
                let level = entry.side == .buy ? found.support : found.resistance
                let room = (close - level) * sign
                let wanted = room + 0.25 * range
                let isUsed = room > 0 && wanted >= range && wanted <= 3 * range
                let stop = try Self.stop(entry)
                let expected = close - sign * (isUsed ? wanted : 2 * range)
                // Towards profit, by less than a cent.
                let rounding = (stop - expected) * sign
                #expect(rounding > -1e-6 && rounding < 0.01 + 1e-6, "seed \(seed): \(stop), not \(expected)")
                let name = entry.side == .buy ? "support" : "resistance"
                let part = try #require(entry.parts.first { $0.name == Feature.structureStops.name })
                if isUsed {
                    #expect(part.text.contains("beyond \(name)"), "\(part.text)")
                    #expect((level - stop) * sign > 0, "seed \(seed)")
                    #expect(Enhanced.value("structure_level", entry).map { abs($0 - level) < 1e-9 } == true)
                    placed += 1
                } else if room <= 0 {
                    #expect(part.text.contains("has passed"), "\(part.text)")
                    passed += 1
                }
            }
        }
        #expect(placed > 0 && passed > 0, "\(placed) \(passed)")
    }

    /// What a stop looked like after a bar.
    private struct Sight: Sendable {
        let order: OrderID
        let side: Side
        let entry: Double
        let isBreakEven: Bool
        let isLeaving: Bool
        /// What the guard wants, and what the order has.
        let wanted: Double
        let resting: Price?
    }

    @Test(
        "PRP 20, 21: on a coarse tick and without fees the stop is at break-even or better, and its risk what was said",
        arguments: UInt64(0)..<20)
    func coarseTick(group: UInt64) throws {
        var values = Enhanced.only([.movingStops])
        values.merge(["expected_slippage": 0, "target_atr": 20, "stop_atr": 3, "trail_atr": 0]) { $1 }
        var (breakEven, moved) = (0, 0)
        for seed in Enhanced.tens(group) {
            let step = [7, 25, 60][Int(seed % 3)]
            let log = Log<Sight>()
            let bars = ChangingMarket.bars(seed: seed, count: Enhanced.shortCount)
            let result = try WatchedStrategy.run(
                bars, values, rules: TradingRules(tick: .uniform(step: Int64(step)))
            ) { strategy, _, context in
                guard let trade = strategy.trade, let position = trade.position else { return }
                var resting: Price?
                if case .price(let price)? = context.order(trade.stopOrder)?.request.trigger { resting = price }
                log.add(
                    Sight(
                        order: trade.entryOrder, side: position.side, entry: position.entry,
                        isBreakEven: position.bestProfit >= 2, isLeaving: trade.isLeaving, wanted: position.stop,
                        resting: resting))
            }
            var before: Sight?
            for sight in log.entries {
                defer { before = sight }
                let sign: Double = sight.side == .buy ? 1 : -1
                let units = (sight.wanted * 100).rounded()
                #expect(abs(sight.wanted * 100 - units) < 1e-6 && Int(units) % step == 0, "seed \(seed): a price")
                if sight.isBreakEven {
                    #expect((sight.wanted - sight.entry) * sign > -1e-9, "seed \(seed): \(sight)")
                    breakEven += 1
                }
                // What was asked for with one bar rests at the venue with the next.
                if let before, before.order == sight.order, !sight.isLeaving, let resting = sight.resting {
                    #expect(
                        abs(Double(resting.units) / 100 - before.wanted) < 1e-6,
                        "seed \(seed): \(before) then \(sight)")
                    if before.wanted != sight.wanted { moved += 1 }
                }
            }
            for entry in Enhanced.entries(result) {
                let range = try #require(Enhanced.value("atr", entry))
                let close = try #require(bars.first { $0.openTime + .minutes(5) == entry.time }?.close)
                let distance = (Double(close.units) / 100 - (try Self.stop(entry))) * (entry.side == .buy ? 1 : -1)
                #expect(distance > 0 && distance <= 3 * range + 1e-6, "seed \(seed): never further than was said")
            }
        }
        #expect(breakEven > 0 && moved > 0, "\(breakEven) \(moved)")
    }

    @Test("where a tick leaves no room between the price and its stop, nothing is entered, in words")
    func noRoom() throws {
        let bars = ChangingMarket.bars(seed: 3, count: Enhanced.shortCount)
        let result = try WatchedStrategy.run(
            bars, Enhanced.only([]), rules: TradingRules(tick: .uniform(step: 5_000)))
        let refused = result.decisions.filter { $0.kind == .entry && $0.verdict == .refused }
        #expect(refused.contains { $0.reason.contains("no room") }, "\(refused.first?.reason ?? "nothing refused")")
    }

    private static func decide(
        _ position: inout PositionGuard, _ seen: PositionGuardTests.Seen, _ price: (Double) -> Double?
    ) throws -> PositionGuard.Decision {
        position.see(high: seen.high, low: seen.low)
        let move = try position.nearerStop(
            PositionGuard.Observation(close: seen.close, atr: seen.atr, isReversed: false), price: price)
        return position.decide(isOverdue: false, isRegimeAgainst: false, move: move, close: seen.close)
    }

    @Test("break-even is that of all fills of the entry, to the last digit")
    func averageEntry() throws {
        var position = PositionGuard(
            side: .buy, entry: 100, atr: 1, stop: 98, openedAt: PositionGuardTests.start, settings: .init())
        position.averaged(to: 100.4)
        let half: (Double) -> Double? = { ($0 * 2).rounded(.up) / 2 }
        let seen = PositionGuardTests.seen(high: 102.4, low: 100, close: 102)
        let moved = try Self.decide(&position, seen, half)
        #expect(moved == .moveStop(100.5, .breakEven))
        var short = PositionGuard(
            side: .sell, entry: 100.4, atr: 1, stop: 102, openedAt: PositionGuardTests.start, settings: .init())
        let down: (Double) -> Double? = { ($0 * 2).rounded(.down) / 2 }
        let fallen = PositionGuardTests.seen(high: 100.4, low: 98.4, close: 99)
        let lowered = try Self.decide(&short, fallen, down)
        #expect(lowered == .moveStop(100, .breakEven))
        // Where the next price in profit is beyond the market, the position is left: short of break-even it never rests.
        var near = PositionGuard(
            side: .buy, entry: 100.4, atr: 1, stop: 98, openedAt: PositionGuardTests.start, settings: .init())
        let back = PositionGuardTests.seen(high: 102.4, low: 100, close: 100.45)
        let left = try Self.decide(&near, back, half)
        #expect(left == .leave(.stopPassed))
    }
}

extension String {
    /// The word that follows some text.
    fileprivate func components(after text: String) -> String? {
        split(separator: text, maxSplits: 1).dropFirst().first
            .map { String($0.prefix { !" ,;".contains($0) }) }
    }
}
