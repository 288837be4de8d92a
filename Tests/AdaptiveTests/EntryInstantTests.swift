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

@Suite("What is judged at the instant of an entry")
struct EntryInstantTests {
    private typealias Enhanced = EnhancedStrategyTests

    /// What the market said at one close, worked out beside the strategy.
    private struct Instant {
        let timeframes: TimeframeReading
        /// Over 12 bars, in percent.
        let move: Double
    }

    private static func instants(_ bars: [Bar]) throws -> [Timestamp: Instant] {
        var coordinator = try TimeframeCoordinator()
        var instants: [Timestamp: Instant] = [:]
        for index in bars.indices {
            let now = bars[index].openTime + .minutes(5)
            for (frame, size) in [1, 3, 12, 48].enumerated() {
                guard let bar = LongBar.closing(bars, at: index, size: size) else { continue }
                coordinator.update(frame, closeTime: bar.closeTime, high: bar.high, low: bar.low, close: bar.close)
            }
            let before = index >= 12 ? Double(bars[index - 12].close.units) : .nan
            instants[now] = Instant(
                timeframes: coordinator.reading(at: now), move: (Double(bars[index].close.units) / before - 1) * 100)
        }
        return instants
    }

    /// Signals that wait for up to four hours, in a market that is open for as long.
    private static let patient: [String: ParameterValue] = Enhanced.only([
        .timeframes, .liquidityFilter, .pullback, .acceleration, .sizing,
    ]).merging([
        "hours_from": 8, "hours_to": 12, "volume_min": 0, "pullback_min": 0.1, "pullback_max": 5, "patience": 48,
    ]) { $1 }

    @Test(
        "PRP 7: no entry is outside of its hours, without confidence, or against the move, when it is made",
        arguments: UInt64(0)..<20)
    func entries(group: UInt64) throws {
        var values = Self.patient
        var (entered, late) = (0, 0)
        for seed in Enhanced.tens(group) {
            values["direction"] = seed.isMultiple(of: 2) ? "both" : "long_only"
            let bars = ChangingMarket.bars(seed: seed, count: Enhanced.shortCount)
            let result = try World.run(try Enhanced.input(bars, Enhanced.strategy(values)))
            let instants = try Self.instants(bars)
            let signals = result.decisions.filter { $0.kind == .signal && $0.verdict == .waiting }
            for entry in Enhanced.entries(result) {
                let hour = entry.time.nanoseconds / 3_600_000_000_000 % 24
                #expect((8..<12).contains(hour), "seed \(seed): entered at \(entry.time)")
                let instant = try #require(instants[entry.time])
                let sign = entry.side == .buy ? 1 : -1
                let confidence = instant.timeframes.confidence(in: sign)
                #expect(confidence > 0, "seed \(seed): \(instant.timeframes.reason)")
                #expect(Enhanced.value("confidence", entry) == confidence, "seed \(seed)")
                #expect(instant.move * Double(sign) > -0.5, "seed \(seed): the move is \(instant.move) %")
                // The size is that of now, too.
                let volatility = try #require(Enhanced.value("atr_percent", entry))
                let size = try #require(Enhanced.value("size_factor", entry))
                #expect(abs(size - confidence * min(1, 0.5 / volatility)) < 1e-12, "seed \(seed)")
                entered += 1
                if !signals.contains(where: { $0.time == entry.time }) { late += 1 }
            }
        }
        #expect(entered > 0 && late > 0, "\(entered) \(late)")
    }

    @Test("a signal that is confirmed after hours, or when the timeframes have parted, is not entered, in words")
    func tooLate() throws {
        var (closed, parted) = (0, 0)
        for seed in UInt64(0)..<40 {
            let result = try Enhanced.run(seed: seed, count: Enhanced.shortCount, Self.patient)
            for refusal in result.decisions where refusal.kind == .entry && refusal.verdict == .refused {
                switch refusal.feature {
                case Feature.liquidityFilter.name:
                    #expect(refusal.reason.contains("is outside of 8 to 11"), "\(refusal.reason)")
                    closed += 1
                case Feature.timeframes.name:
                    #expect(refusal.reason.contains("of 4 timeframes aligned"), "\(refusal.reason)")
                    #expect(Enhanced.value("confidence", refusal) == 0)
                    parted += 1
                default: break
                }
            }
        }
        #expect(closed > 0 && parted > 0, "\(closed) \(parted)")
    }

    @Test("a signal that the market's regime or a level of the profile forbids meanwhile is not entered, in words")
    func forbidden() throws {
        let values: [String: ParameterValue] = [
            "timeframes": false, "pullback_min": 0.1, "pullback_max": 5, "patience": 96, "signal_period": 48,
        ]
        var reasons: [String: Int] = [:]
        for seed in UInt64(0)..<20 {
            let result = try Enhanced.run(seed: seed, values)
            for refusal in result.decisions where refusal.kind == .entry && refusal.verdict == .refused {
                reasons[refusal.feature, default: 0] += 1
                #expect(!refusal.reason.isEmpty)
                if refusal.feature == Feature.regime.name {
                    #expect(refusal.reason == "the market is TRENDING_\(refusal.side == .buy ? "BEARISH" : "BULLISH")")
                } else if refusal.feature == Feature.volumeProfile.name {
                    #expect(refusal.reason.contains("in the way: "))
                }
            }
        }
        #expect(reasons[Feature.regime.name, default: 0] > 0, "\(reasons)")
        #expect(reasons[Feature.volumeProfile.name, default: 0] > 0, "\(reasons)")
    }
}
