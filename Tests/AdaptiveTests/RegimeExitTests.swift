// SPDX-License-Identifier: Apache-2.0

import Analysis
import Backtest
import EngineHarness
import Execution
import Indicators
import Strategies
import Testing
import Trading

@testable import Adaptive

@Suite("The market's regime and an open position")
struct RegimeExitTests {
    private typealias Enhanced = EnhancedStrategyTests

    @Test("a turn is a regime that was not against the position before, and is now")
    func turns() {
        for (side, against, with) in [
            (Side.buy, MarketRegime.trendingBearish, MarketRegime.trendingBullish),
            (.sell, .trendingBullish, .trendingBearish),
        ] {
            var watch = RegimeWatch(side: side, regime: against)
            #expect(watch.turn(to: against) == nil, "it was so at the entry")
            #expect(watch.turn(to: .ranging) == nil && watch.turn(to: .volatile) == nil)
            #expect(watch.turn(to: against) == .volatile)
            #expect(watch.turn(to: against) == .volatile, "and stays turned")
            #expect(watch.turn(to: with) == nil && watch.turn(to: against) == with)
        }
    }

    /// The regime at each close, worked out beside the strategy.
    private static func regimes(_ bars: [Bar]) throws -> [Timestamp: MarketRegime] {
        var detector = try RegimeDetector()
        var regimes: [Timestamp: MarketRegime] = [:]
        for index in bars.indices {
            if let bar = LongBar.closing(bars, at: index, size: 3) {
                detector.update(closeTime: bar.closeTime, high: bar.high, low: bar.low, close: bar.close)
            }
            let now = bars[index].openTime + .minutes(5)
            detector.evaluate(at: now)
            regimes[now] = detector.regime
        }
        return regimes
    }

    /// The feature is off until a trade is open, so that entries are made in every regime.
    @Test(
        "PRP 22: a position is left where the regime turned after its entry, and only there", arguments: UInt64(0)..<20)
    func turnedAfterEntry(group: UInt64) throws {
        var (left, stayed) = (0, 0)
        for seed in Enhanced.tens(group) {
            let bars = ChangingMarket.bars(seed: seed, count: Enhanced.shortCount)
            let result = try WatchedStrategy.run(bars, Enhanced.only([])) { strategy, _, context in
                let isOpen = strategy.trade != nil
                if strategy.features.isActive(.regime, at: context.now) != isOpen {
                    _ = strategy.setFeature(Feature.regime.name, isOn: isOpen, &context)
                }
            }
            let regimes = try Self.regimes(bars)
            var exits: [OrderID: DecisionRecord] = [:]
            for record in result.decisions where record.kind == .exit && record.feature == Feature.regime.name {
                #expect(exits.updateValue(record, forKey: record.order) == nil, "seed \(seed): once")
            }
            let trips = RoundTrip.collect(
                result.fills, strategyCount: 1, instruments: try World([[]]).description().instruments
            ).closed
            for trip in trips {
                let entry = try #require(Enhanced.entries(result).first { $0.order == trip.entryOrder })
                let against: MarketRegime = entry.side == .buy ? .trendingBearish : .trendingBullish
                let exit = exits[trip.entryOrder]
                var last: MarketRegime?
                var turn: (time: Timestamp, from: MarketRegime)?
                let lastSeen = exit?.time ?? trip.exitTime - .minutes(5)
                for bar in bars {
                    let now = bar.openTime + .minutes(5)
                    guard now >= entry.time, now <= lastSeen, let regime = regimes[now] else { continue }
                    if regime != against { last = regime } else if let last, turn == nil { turn = (now, last) }
                }
                if let exit {
                    #expect(turn?.time == exit.time, "seed \(seed): left at \(exit.time)")
                    let from = try #require(turn?.from, "seed \(seed)").rawValue
                    #expect(exit.reason.contains("from \(from) to \(against.rawValue)"), "\(exit.reason)")
                    left += 1
                } else {
                    #expect(turn == nil, "seed \(seed): \(trip.exitTime)")
                    if regimes[entry.time] == against { stayed += 1 }
                }
            }
        }
        #expect(left > 0 && stayed > 0, "\(left) \(stayed)")
    }

    @Test("an entry against the move is not one of its choices")
    func reversion() {
        do {
            _ = try Enhanced.strategy(["signal": "reversion"])
            Issue.record("it was taken")
        } catch { #expect("\(error)".contains("'signal'"), "\(error)") }
    }
}
