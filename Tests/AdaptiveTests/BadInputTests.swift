// SPDX-License-Identifier: Apache-2.0

import Backtest
import Engine
import EngineHarness
import Execution
import Indicators
import MarketData
import Simulation
import Strategies
import TestSupport
import Testing
import Trading

@testable import Adaptive

/// The table of Documentation/adaptive.md, "When the input is bad", where no other test has the row.
@Suite("Bad input of the adaptive trader")
struct BadInputTests {
    private typealias Enhanced = EnhancedStrategyTests

    /// Refusals of one feature, by their reasons.
    private func refusals(_ result: BacktestResult, _ feature: Feature) -> [DecisionRecord] {
        result.decisions.filter { $0.feature == feature.name && $0.verdict == .refused }
    }

    @Test("a timeframe that is missing does not count, and with fewer than three nothing is traded, in words")
    func missingTimeframes() throws {
        // Less than 34 bars of an hour: two timeframes are there at most.
        let bars = ChangingMarket.bars(seed: 3, count: 12 * 30)
        let result = try World.run(try Enhanced.input(bars, Enhanced.strategy()))
        let refused = refusals(result, .timeframes)
        #expect(result.orders == 0 && !refused.isEmpty)
        #expect(refused.allSatisfy { $0.reason.contains("4h missing") && $0.reason.contains("1h missing") })
        #expect(refused.allSatisfy { Enhanced.value("confidence", $0) == 0 })
    }

    @Test("a timeframe that is stale does not count either: a long bar that comes late is as old as its close")
    func staleTimeframes() throws {
        // Twenty hours without bars: until 05:00 the hour is stale, and until 08:00 the four hours are.
        let gap = 10 * 288 + 100..<10 * 288 + 340
        var (stale, early) = (0, 0)
        for seed in UInt64(0)..<8 {
            let bars = ChangingMarket.bars(seed: seed, count: 12 * 288).enumerated()
                .filter { !gap.contains($0.offset) }.map(\.element)
            let result = try World.run(
                try Enhanced.input(
                    bars, Enhanced.strategy(["signal_period": .integer(2), "entry_threshold": .number(0.05)])))
            let after = Market.time(gap.upperBound * 5)
            for record in result.decisions where record.kind == .signal && record.time > after {
                if record.time < after + .minutes(40) {
                    early += 1
                    #expect(record.verdict == .refused && record.feature == Feature.timeframes.name)
                    #expect(record.reason.contains("1h stale"), "\(record.reason)")
                }
                if record.time < after + .minutes(220), record.feature == Feature.timeframes.name {
                    stale += 1
                    #expect(record.reason.contains("4h stale"), "\(record.reason)")
                }
            }
        }
        #expect(early > 0 && stale > early)
    }

    @Test("a market that lists half-way is traded from its own history on, and changes nothing before")
    func listsLate() throws {
        let first = ChangingMarket.bars(seed: 3, count: Enhanced.count)
        let listing = Enhanced.count / 2
        let second = Array(ChangingMarket.bars(seed: 5, count: Enhanced.count)[listing...])
        func run(_ feeds: [[Bar]]) throws -> BacktestResult {
            var world = try World(feeds, timeframe: .fiveMinutes)
            for index in feeds.indices {
                world.add(
                    try Enhanced.strategy(), name: "s\(index)", instrument: UInt32(index), timeframe: .fiveMinutes,
                    plan: TradePlan(sizing: .notional(Amount(whole: 20_000)), leverage: 5))
            }
            var input = try world.input()
            input.keepsDecisions = true
            return try World.run(input)
        }
        let (alone, both) = (try run([first]), try run([first, second]))
        let listed = Market.time(listing * 5)
        let late = both.decisions.filter { $0.instrument == InstrumentID(1) }
        #expect(!late.isEmpty && late.allSatisfy { $0.time > listed })
        // 34 bars of four hours are nearly six days: what comes before says which timeframes are missing.
        let early = late.filter { $0.kind == .signal && $0.time < listed + .days(1) }
        #expect(
            !early.isEmpty
                && early.allSatisfy { $0.feature != Feature.timeframes.name || $0.reason.contains("missing") })
        #expect(!late.contains { $0.verdict == .taken && $0.time < listed + .days(1) })
        func story(_ result: BacktestResult) -> [String] {
            result.decisions.filter { $0.instrument == InstrumentID(0) && $0.time <= listed }.map {
                "\($0.time) \($0.reason)"
            }
        }
        #expect(story(alone) == story(both) && !story(alone).isEmpty)
    }

    @Test("without volume a market is illiquid in the record, and the profile has no level")
    func noVolume() throws {
        let bars = ChangingMarket.bars(seed: 3, count: Enhanced.count, volume: 0)
        let result = try World.run(try Enhanced.input(bars, Enhanced.strategy(["timeframes": .boolean(false)])))
        let refused = refusals(result, .liquidityFilter).filter { $0.time > Market.time(5 * 288 * 5) }
        #expect(result.orders == 0 && !refused.isEmpty)
        #expect(refused.allSatisfy { Enhanced.value("liquidity_regime", $0) == 1 }, "ILLIQUID")
        #expect(refused.allSatisfy { Enhanced.value("point_of_control", $0)?.isNaN ?? true })
        #expect(refused.allSatisfy { $0.reason.contains("volume 0.0000 is below") })
    }

    @Test("an illiquid market can be traded smaller, and is not unless that is asked for")
    func illiquidSize() throws {
        func sizes(_ share: Double) throws -> [(illiquid: Bool, factor: Double)] {
            let result = try Enhanced.run(seed: 3, ["illiquid_size": .number(share), "timeframes": .boolean(false)])
            return result.decisions.filter { $0.kind == .signal && $0.verdict == .waiting }.compactMap { record in
                guard let regime = Enhanced.value("liquidity_regime", record),
                    let factor = Enhanced.value("size_factor", record)
                else { return nil }
                return (regime == 1, factor)
            }
        }
        let (whole, half) = (try sizes(1), try sizes(0.5))
        #expect(whole.contains { $0.illiquid } && whole.contains { !$0.illiquid })
        // Until the first trade of another size both have the same signals.
        for (one, other) in zip(whole, half).prefix(10) {
            #expect(one.illiquid == other.illiquid)
            #expect(other.factor == (one.illiquid ? one.factor / 2 : one.factor))
        }
        let standard = try Enhanced.run(seed: 3, ["timeframes": .boolean(false)])
        let explicit = try Enhanced.run(seed: 3, ["timeframes": .boolean(false), "illiquid_size": .number(1)])
        #expect(standard.resultHash == explicit.resultHash)
    }

    @Test("a take-profit that a strategy puts on the wrong side has been reached: it closes at once, and says so")
    func wrongSide() throws {
        var world = try World(closes: [100, 100, 100, 100, 100, 100])
        world.add(
            Scripted { _, context in
                guard context.barCount() == 2 else { return }
                let entry = context.submit(
                    OrderRequest(
                        instrument: context.instrument.id, side: .buy, type: .market, quantity: Quantity(units: 10)))
                _ = context.submit(
                    OrderRequest(
                        instrument: context.instrument.id, side: .sell, type: .takeProfit, quantity: .zero,
                        trigger: .price(Price(units: 9_000)), isReduceOnly: true, parent: entry ?? .none))
            })
        let result = try world.run()
        #expect(result.fills.map(\.fill.reason) == [.order, .takeProfit])
        #expect(result.openPositions.isEmpty)
    }
}
