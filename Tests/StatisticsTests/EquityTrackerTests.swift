// SPDX-License-Identifier: Apache-2.0

import Statistics
import TestSupport
import Testing

private let day = MetricConventions.nanosecondsPerDay
private let hour: Int64 = 3_600_000_000_000

@Suite struct EquityTrackerTests {
    @Test func drawdownKnowsStartTroughAndRecovery() throws {
        var tracker = EquityTracker(startEquity: 100, startTime: 0)
        for (time, close) in [(1, 120), (2, 90), (3, 60), (4, 119), (5, 120), (6, 118), (7, 130), (8, 117)] {
            tracker.update(time: Int64(time), close: Double(close))
        }
        let deepest = try #require(tracker.closeDrawdown.deepest)
        #expect(deepest.depth == -0.5)
        #expect(deepest.start == 1)
        #expect(deepest.trough == 3)
        #expect(deepest.recovery == 5)
        #expect(deepest.peakEquity == 120)
        #expect(deepest.troughEquity == 60)
        #expect(tracker.closeDrawdown.count == 3)
        #expect(tracker.closeDrawdown.longest == 4)
        let average = try #require(tracker.closeDrawdown.average)
        #expect((average - (-0.5 - 2.0 / 120 - 0.1) / 3).magnitude < 1e-15)
    }

    @Test("A fall inside a bar that closes at its peak is seen inside bars only (trap 3.22)")
    func intrabarFallIsSeen() {
        var tracker = EquityTracker(startEquity: 100, startTime: 0)
        tracker.update(time: 1, close: 110, low: 70, high: 115)
        tracker.update(time: 2, close: 120, low: 108, high: 121)
        #expect(tracker.closeDrawdown.maximum == 0)
        #expect(tracker.intrabarDrawdown.maximum == (70.0 - 115) / 115)
        #expect(tracker.intrabarDrawdown.deepest?.recovery == 2)
    }

    @Test func lowAndHighThatContradictTheCloseAreWidenedToIt() {
        var tracker = EquityTracker(startEquity: 100, startTime: 0)
        tracker.update(time: 1, close: 90, low: 95, high: 96)
        #expect(tracker.intrabarDrawdown.maximum == -0.1)
    }

    @Test func samplesAreTheLastValueOfEachDay() {
        var tracker = EquityTracker(startEquity: 100, startTime: 0)
        tracker.update(time: 23 * hour, close: 101)
        tracker.update(time: day, close: 102)
        tracker.update(time: day + hour, close: 103)
        tracker.update(time: 2 * day, close: 104)
        #expect(
            tracker.samples == [
                .init(periodStart: 0, equity: 102), .init(periodStart: day, equity: 104),
            ])
        let expected: [Double] = [102.0 / 100 - 1, 104.0 / 102 - 1]
        #expect(tracker.returns == expected)
    }

    @Test func daysWithoutBarsStandStill() {
        var tracker = EquityTracker(startEquity: 100, startTime: 0)
        tracker.update(time: hour, close: 110)
        tracker.update(time: 3 * day + hour, close: 121)
        #expect(tracker.returns?.count == 4)
        #expect(tracker.returns?[1...2] == [0, 0])
    }

    @Test func daysBeforeTheEpochAreDaysToo() {
        var tracker = EquityTracker(startEquity: 100, startTime: -2 * day)
        tracker.update(time: -2 * day + hour, close: 101)
        tracker.update(time: -day, close: 102)
        tracker.update(time: -day + 1, close: 103)
        #expect(tracker.samples.map(\.periodStart) == [-2 * day, -day])
    }

    @Test("Drawdown, average and samples equal a slow and obvious computation", arguments: UInt64(0)..<60)
    func slowComputation(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var tracker = EquityTracker(startEquity: 1000, startTime: 0, samplingInterval: 7 * hour)
        var equity = 1000.0
        var closes = [1000.0]
        var highs = [1000.0]
        var lows = [1000.0]
        var lastOfPeriod: [Int64: Double] = [:]
        for step in 1...400 {
            equity = (equity * (1 + (random.unit() - 0.5) * 0.1)).rounded()
            let high = equity + (random.unit() * 20).rounded()
            let low = equity - (random.unit() * 20).rounded()
            tracker.update(time: Int64(step) * hour, close: equity, low: low, high: high)
            closes.append(equity)
            highs.append(high)
            lows.append(low)
            lastOfPeriod[(Int64(step) * hour - 1) / (7 * hour)] = equity
        }
        func deepest(_ highs: [Double], _ lows: [Double]) -> Double {
            var worst = 0.0
            for later in 0..<lows.count {
                for earlier in 0...later { worst = min(worst, (lows[later] - highs[earlier]) / highs[earlier]) }
            }
            return worst
        }
        #expect(tracker.closeDrawdown.maximum == deepest(closes, closes))
        #expect(tracker.intrabarDrawdown.maximum == deepest(highs, lows))
        #expect(tracker.samples.map(\.equity) == lastOfPeriod.keys.sorted().map { lastOfPeriod[$0] })
    }

    @Test func figuresOfAPerformanceHaveUniqueKeys() {
        let performance = Performance(
            startEquity: 100, startTime: 0, times: [day, 2 * day, 3 * day], close: [110, 99, 120],
            benchmark: EquityTracker(startEquity: 100, startTime: 0))
        let keys = performance.figures.map(\.key)
        #expect(Set(keys).count == keys.count)
        #expect(performance.versusBenchmark == BenchmarkMetrics())
        #expect(performance.recoveryFactor != nil)
    }
}
