// SPDX-License-Identifier: Apache-2.0

import Indicators
import TestSupport
import Testing
import Trading

@testable import Analysis

@Suite struct TimeframeCoordinatorTests {
    private let timeframes: [Timeframe] = [.fiveMinutes, .fifteenMinutes, .oneHour, .fourHours]
    private let weights = [0.1, 0.2, 0.3, 0.4]
    private let now = Timestamp(seconds: 1_699_992_000)

    /// Trend votes, one per timeframe; `nil` is a missing timeframe.
    private func reading(_ trends: [Int?]) -> TimeframeReading {
        TimeframeReading(
            time: now,
            votes: InlineArray { index in
                TimeframeVote(
                    timeframe: timeframes[index], weight: weights[index],
                    status: trends[index] == nil ? .missing(bars: 0, needed: 34) : .present,
                    trend: trends[index] ?? 0, momentum: 0, volatility: 0)
            })
    }

    @Test(
        "Direction is the sign of the weighted votes, confidence follows from who votes that way",
        arguments: [
            (trends: [1, 1, 1, 1] as [Int?], score: 1.0, direction: 1, alignment: 4, confidence: 1.0),
            ([-1, -1, -1, -1], -1, -1, 4, 1),
            ([1, 1, 1, -1], 0.2, 1, 3, 0.7),
            ([-1, 1, 1, 1], 0.8, 1, 3, 0.7),
            ([1, 1, 1, 0], 0.6, 1, 3, 0.7),
            ([1, 1, 1, nil], 0.6, 1, 3, 0.7),
            ([nil, -1, -1, -1], -0.9, -1, 3, 0.7),
            ([1, 1, nil, nil], 0.3, 1, 2, 0),
            ([nil, nil, 1, 1], 0.7, 1, 2, 0),
            ([-1, -1, 1, 1], 0.4, 1, 2, 0),
            // 10 % and 40 % against 20 % and 30 %: nothing, exactly.
            ([1, -1, -1, 1], 0, 0, 0, 0),
            ([1, nil, 1, -1], 0, 0, 0, 0),
            ([1, -1, 1, -1], -0.2, -1, 2, 0),
            ([0, 0, 0, 0], 0, 0, 0, 0),
            ([0, 0, 0, 1], 0.4, 1, 1, 0),
            ([nil, nil, nil, nil], 0, 0, 0, 0),
        ])
    func decision(trends: [Int?], score: Double, direction: Int, alignment: Int, confidence: Double) {
        let reading = reading(trends)
        #expect(reading.score == score)
        #expect(reading.direction == direction)
        #expect(reading.alignment == alignment)
        #expect(reading.confidence == confidence)
        #expect(reading.presentCount == trends.count { $0 != nil })
    }

    /// Bars of a straight line, the last one closing at `now`.
    private func feed(_ coordinator: inout TimeframeCoordinator, _ index: Int, slope: Double, count: Int = 40) {
        for number in 0..<count {
            let close = 100 + slope * Double(number)
            coordinator.update(
                index, closeTime: now - timeframes[index].span * Int64(count - 1 - number), high: close + 1,
                low: close - 1, close: close)
        }
    }

    @Test("Four rising timeframes give full confidence; a missing one gives 0.7")
    func allRising() throws {
        var coordinator = try TimeframeCoordinator()
        for index in 0..<3 { feed(&coordinator, index, slope: 0.1) }
        var reading = coordinator.evaluate(at: now)
        #expect(reading.confidence == 0.7)
        #expect(reading.votes[3].status == .missing(bars: 0, needed: 34))
        #expect(reading.reason.contains("4h missing (0 of 34 bars)"))
        feed(&coordinator, 3, slope: 0.1, count: 33)
        #expect(coordinator.reading(at: now).confidence == 0.7)
        coordinator.update(3, closeTime: now + .hours(4), high: 105, low: 103, close: 104)
        reading = coordinator.reading(at: now)
        #expect(reading.votes[3].status == .early)
        #expect(reading.confidence == 0.7)
        var fresh = try TimeframeCoordinator()
        for index in 0..<4 { feed(&fresh, index, slope: 0.1) }
        reading = fresh.evaluate(at: now)
        #expect(reading.confidence == 1)
        #expect(reading.confidence(in: 1) == 1)
        #expect(reading.confidence(in: -1) == 0)
        #expect(reading.confidence(in: 0) == 0)
        #expect(
            reading.reason
                == "rising (score 1.00), 4 of 4 timeframes aligned: confidence 1.0 (5m trend +1, momentum 0, volatility 0; "
                + "15m trend +1, momentum 0, volatility 0; 1h trend +1, momentum 0, volatility 0; 4h trend +1, momentum 0, "
                + "volatility 0)")
    }

    @Test(
        "A timeframe is stale when its last bar closed more than two intervals ago",
        arguments: [(minutes: Int64(10), isStale: false), (11, true), (1000, true)])
    func stale(minutes: Int64, isStale: Bool) throws {
        var coordinator = try TimeframeCoordinator()
        for index in 0..<4 { feed(&coordinator, index, slope: -0.1) }
        let reading = coordinator.evaluate(at: now + .minutes(minutes))
        #expect(reading.votes[0].status == (isStale ? .stale(age: .minutes(minutes)) : .present))
        #expect(reading.votes[3].isPresent == (minutes <= 480))
        if minutes == 11 {
            #expect(reading.confidence == 0.7)
            #expect(reading.reason.contains("5m stale (last bar closed 11 min ago)"))
        }
        #expect(coordinator.reading(at: .distantFuture).presentCount == 0)
        #expect(coordinator.reading(at: .distantPast).presentCount == 0)
    }

    @Test("A flat market votes for nothing")
    func flat() throws {
        var coordinator = try TimeframeCoordinator()
        for number in 0..<100 {
            for index in 0..<4 {
                let time = now + timeframes[index].span * Int64(number - 99)
                coordinator.update(index, closeTime: time, high: 0.1, low: 0.1, close: 0.1)
            }
        }
        let reading = coordinator.reading(at: now)
        #expect(reading.presentCount == 4)
        #expect(reading.direction == 0)
        #expect(reading.confidence == 0)
        #expect(reading.votes[2].momentum == 0)
        #expect(reading.votes[2].volatility == 0)
    }

    @Test("A bar that is no bar changes nothing")
    func noBar() throws {
        var coordinator = try TimeframeCoordinator()
        for index in 0..<4 { feed(&coordinator, index, slope: 0.1) }
        let before = coordinator.reading(at: now)
        for (high, low, close) in [(Double.nan, 1.0, 1.0), (1, .infinity, 1), (1, 1, -.infinity), (1, 2, 1)] {
            let isBar = coordinator.update(0, closeTime: now + .minutes(5), high: high, low: low, close: close)
            #expect(!isBar)
        }
        let isBar = coordinator.update(0, closeTime: now, high: 1, low: 1, close: 1)
        #expect(!isBar)
        #expect(coordinator.reading(at: now) == before)
    }

    @Test("Momentum follows a price that speeds up, volatility a range that widens")
    func momentumAndVolatility() throws {
        var coordinator = try TimeframeCoordinator()
        for number in 0..<60 {
            let close = 100 - 0.01 * Double(number * number)
            coordinator.update(
                0, closeTime: now + .minutes(5 * Int64(number - 59)), high: close + 0.01 * Double(number),
                low: close - 0.01 * Double(number), close: close)
        }
        let vote = coordinator.reading(at: now).votes[0]
        #expect(vote.trend == -1)
        #expect(vote.momentum == -1)
        #expect(vote.volatility == 1)
    }

    @Test("The history keeps readings that differ from the one before")
    func history() throws {
        var settings = TimeframeSettings()
        settings.historyCapacity = 2
        var coordinator = try TimeframeCoordinator(settings: settings)
        coordinator.evaluate(at: now)
        coordinator.evaluate(at: now + .minutes(1))
        #expect(coordinator.history.count == 1)
        feed(&coordinator, 0, slope: 1)
        coordinator.evaluate(at: now)
        coordinator.evaluate(at: now + .minutes(11))
        coordinator.evaluate(at: now + .minutes(12))
        #expect(coordinator.history.elements.map(\.time) == [now, now + .minutes(11)])
    }

    // MARK: Properties

    @Test("PRP 4: every timeframe is analysed or marked missing", arguments: UInt64(0)..<200)
    func analysedOrMissing(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var coordinator = try TimeframeCoordinator()
        var closes: [[Timestamp]] = [[], [], [], []]
        for index in 0..<4 {
            for bar in random.candles(random.integer(0...60), timeframes[index]) {
                coordinator.update(index, closeTime: bar.closeTime, high: bar.high, low: bar.low, close: bar.close)
                closes[index].append(bar.closeTime)
            }
        }
        for _ in 0..<20 {
            let time = Timestamp(seconds: 1_699_992_000 + Int64(random.integer(0...1_000_000)))
            let reading = coordinator.evaluate(at: time)
            for index in 0..<4 {
                let vote = reading.votes[index]
                #expect(vote.timeframe == timeframes[index])
                let last = closes[index].last
                let isAlive = last.map { $0 <= time && time - $0 <= timeframes[index].span * 2 } ?? false
                #expect(vote.isPresent == (closes[index].count >= 34 && isAlive))
                if !vote.isPresent {
                    #expect([vote.trend, vote.momentum, vote.volatility] == [0, 0, 0])
                    #expect(vote.reason.contains("missing") || vote.reason.contains("stale"))
                }
                #expect([vote.trend, vote.momentum, vote.volatility].allSatisfy { (-1...1).contains($0) })
            }
        }
    }

    @Test("PRP 5: weights sum to 1, or are refused", arguments: UInt64(0)..<200)
    func weightsSumToOne(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let cuts = (0..<3).map { _ in random.integer(0...1_000_000) }.sorted()
        let parts = zip(cuts + [1_000_000], [0] + cuts).map { $0 - $1 }
        var settings = TimeframeSettings()
        for index in 0..<4 { settings.timeframes[index].weight = Double(parts[index]) / 1e6 }
        try settings.validate()
        let votes = InlineArray<4, TimeframeVote> {
            TimeframeVote(
                timeframe: timeframes[$0], weight: settings.timeframes[$0].weight, status: .present, trend: 1,
                momentum: 0, volatility: 0)
        }
        #expect(TimeframeReading(time: now, votes: votes).score == 1)
        let changed = random.integer(0...3)
        let by = Double(random.integer(1...100_000)) / 1e6 * (random.chance(0.5) ? 1 : -1)
        settings.timeframes[changed].weight += by
        #expect(problem { try settings.validate() }?.key.hasPrefix("timeframes.weights") == true)
    }

    @Test("PRP 6: confidence is exactly 1.0, 0.7 or 0.0 by alignment", arguments: UInt64(0)..<200)
    func confidenceByAlignment(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<20 {
            let trends = (0..<4).map { _ in random.chance(0.2) ? nil : random.integer(-1...1) }
            let reading = reading(trends)
            let sum = zip(trends, [1, 2, 3, 4]).reduce(0) { $0 + ($1.0 ?? 0) * $1.1 }
            #expect(reading.direction == sum.signum())
            let aligned = trends.count { $0 != nil && $0 != 0 && $0 == sum.signum() }
            #expect(reading.alignment == aligned)
            #expect(reading.confidence == [0, 0, 0, 0.7, 1][aligned])
        }
    }

    @Test("PRP 7: no signal passes at confidence 0, nor against the direction", arguments: UInt64(0)..<200)
    func noSignalAtZero(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<20 {
            let reading = reading((0..<4).map { _ in random.chance(0.2) ? nil : random.integer(-1...1) })
            for signal in -1...1 {
                if reading.confidence == 0 || signal == 0 || signal != reading.direction {
                    #expect(reading.confidence(in: signal) == 0)
                } else {
                    #expect(reading.confidence(in: signal) == reading.confidence)
                }
            }
        }
    }

    @Test("Votes are those of the indicators over the whole series", arguments: UInt64(0)..<200)
    func incrementalIsBatch(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let bars = random.candles(random.integer(60...200), .fiveMinutes)
        var coordinator = try TimeframeCoordinator()
        for bar in bars {
            coordinator.update(0, closeTime: bar.closeTime, high: bar.high, low: bar.low, close: bar.close)
        }
        let last = bars.count - 1
        let vote = coordinator.reading(at: bars[last].closeTime).votes[0]
        let (highs, lows, closes) = (bars.map(\.high), bars.map(\.low), bars.map(\.close))
        let fast = try ExponentialMovingAverage.values(of: closes.span, period: 8)[last]
        let slow = try ExponentialMovingAverage.values(of: closes.span, period: 21)[last]
        if abs(fast - slow) > 1e-9 * slow { #expect(vote.trend == (fast > slow ? 1 : -1)) }
        let velocity = closes[last] - closes[last - 10]
        let acceleration = velocity - (closes[last - 10] - closes[last - 20])
        if abs(acceleration) > 1e-9 * slow, abs(velocity) > 1e-9 * slow {
            #expect(vote.momentum == (velocity * acceleration > 0 ? (velocity > 0 ? 1 : -1) : 0))
        }
        let ranges = try NormalizedAverageTrueRange.values(
            high: highs.span, low: lows.span, close: closes.span, period: 14)
        let ratio = ranges[last] / (ranges.suffix(20).reduce(0, +) / 20)
        if abs(ratio - 1.1) > 1e-9, abs(ratio - 0.9) > 1e-9 {
            #expect(vote.volatility == (ratio > 1.1 ? 1 : ratio < 0.9 ? -1 : 0))
        }
    }
}
