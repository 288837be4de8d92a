// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Trading

@testable import Analysis

@Suite struct AdaptiveThresholdsTests {
    private let start = Timestamp(seconds: 1_699_999_200)

    /// Settings that rank from the first average true range on.
    private func quick(window: Int = 720) -> ThresholdSettings {
        var settings = ThresholdSettings()
        settings.period = 1
        settings.window = window
        settings.minimumValues = 1
        return settings
    }

    /// Bars around 100 with these true ranges, the first bar before them.
    private func feed(_ thresholds: inout AdaptiveThresholds, ranges: [Double], from hour: Int64 = 0) {
        for (index, range) in ([0] + ranges).enumerated() {
            thresholds.update(
                closeTime: start + .hours(hour + Int64(index)), high: 100 + range / 2, low: 100 - range / 2, close: 100)
        }
    }

    @Test(
        "The latest range has the mid-rank among all, itself counted",
        arguments: [
            (ranges: [1.0], percentile: 50.0, multiplier: 1.0),
            ([1, 2], 75, 1.25),
            ([2, 1], 25, 0.85),
            ([1, 2, 3, 4], 87.5, 1.375),
            ([4, 3, 2, 1], 12.5, 0.775),
            ([1, 2, 2, 2], 62.5, 1.125),
            ([0, 0, 0, 0], 50, 1),
            ([1, 2, 4, 0], 12.5, 0.775),
        ])
    func midRank(ranges: [Double], percentile: Double, multiplier: Double) throws {
        var thresholds = try AdaptiveThresholds(settings: quick())
        feed(&thresholds, ranges: ranges)
        #expect(thresholds.latest.basis == .ranked)
        #expect(thresholds.latest.percentile == percentile)
        #expect(agree(thresholds.latest.multiplier, multiplier, tolerance: 1e-15))
    }

    @Test(
        "The multiplier is linear from the minimum over 1 at the median to the maximum, and clamped",
        arguments: [
            (percentile: 0.0, multiplier: 0.7), (25, 0.85), (50, 1), (75, 1.25), (100, 1.5), (-10, 0.7), (110, 1.5),
            (.infinity, 1.5), (-.infinity, 0.7), (.nan, 1),
        ])
    func multiplier(percentile: Double, multiplier: Double) {
        #expect(
            agree(ThresholdSettings().multiplier(atPercentile: percentile), multiplier, tolerance: 1e-15))
    }

    @Test("With too little data the base thresholds hold")
    func tooLittleData() throws {
        var thresholds = try AdaptiveThresholds()
        #expect(thresholds.latest.basis == .noBars)
        #expect(thresholds.latest.threshold(base: 30) == 30)
        #expect(thresholds.latest.reason == "no hourly bar yet: base thresholds")
        var random = SeededRandom(seed: 1)
        for number in 0..<191 {
            let range = random.uniform(1...5)
            thresholds.update(
                closeTime: start + .hours(Int64(number)), high: 100 + range, low: 100 - range, close: 100)
            #expect(thresholds.latest.basis == .tooFewValues)
            #expect(thresholds.latest.multiplier == 1)
        }
        #expect(
            thresholds.latest.reason == "167 of 168 hourly ATR values: base thresholds, thresholds × 1.000 as before")
        thresholds.update(closeTime: start + .hours(191), high: 150, low: 50, close: 100)
        #expect(thresholds.latest.basis == .ranked)
        #expect(thresholds.latest.valueCount == 168)
        #expect(thresholds.latest.percentile == 100 * 167.5 / 168)
    }

    @Test("A flat market is at the median, and its reason says so")
    func flatMarket() throws {
        var thresholds = try AdaptiveThresholds()
        for number in 0..<1000 {
            thresholds.update(closeTime: start + .hours(Int64(number)), high: 5, low: 5, close: 5)
        }
        #expect(thresholds.latest.averageTrueRange == 0)
        #expect(thresholds.latest.multiplier == 1)
        #expect(
            thresholds.latest.reason
                == "hourly ATR 0 (flat market) is at percentile 50.0 of 720 hourly values: thresholds × 1.000 as before"
        )
    }

    @Test(
        "A bar that is no bar changes nothing",
        arguments: [
            (hour: Int64(9), high: Double.nan, low: 1.0, close: 1.0), (9, 2, .infinity, 1), (9, 2, 1, -.infinity),
            (9, 1, 2, 1), (4, 2, 1, 1), (3, 2, 1, 1),
        ])
    func noBar(hour: Int64, high: Double, low: Double, close: Double) throws {
        var thresholds = try AdaptiveThresholds(settings: quick())
        feed(&thresholds, ranges: [1, 2, 3, 2])
        let before = thresholds.latest
        #expect(
            thresholds.update(closeTime: start + .hours(hour), high: high, low: low, close: close) == nil)
        #expect(thresholds.latest == before)
        #expect(thresholds.history.count == 5)
    }

    @Test("When hourly bars stay away for more than two hours the base thresholds hold")
    func stale() throws {
        var thresholds = try AdaptiveThresholds(settings: quick())
        feed(&thresholds, ranges: [1, 2])
        let last = start + .hours(2)
        #expect(thresholds.reading(at: last + .hours(2)) == thresholds.latest)
        let stale = thresholds.reading(at: last + .hours(2) + TimeSpan(nanoseconds: 1))
        #expect(stale.basis == .stale)
        #expect(stale.multiplier == 1)
        #expect(stale.isChange)
        #expect(stale.reason.hasPrefix("no hourly bar since 2023-11-15T00:00:00Z: base thresholds"))
        #expect(thresholds.reading(at: .distantFuture).basis == .stale)
        #expect(thresholds.reading(at: .distantPast) == thresholds.latest)
    }

    @Test("Values older than 30 days are forgotten, however few are left")
    func forgetsByAge() throws {
        var thresholds = try AdaptiveThresholds(settings: quick())
        feed(&thresholds, ranges: [5, 5, 5])
        thresholds.update(closeTime: start + .hours(720 + 2), high: 101, low: 99, close: 100)
        #expect(thresholds.latest.valueCount == 2)
        thresholds.update(closeTime: start + .hours(720 + 3), high: 101, low: 99, close: 100)
        #expect(thresholds.latest.valueCount == 2)
        #expect(thresholds.latest.percentile == 50)
    }

    @Test("The history keeps the last readings, each with its reason")
    func history() throws {
        var settings = quick()
        settings.historyCapacity = 3
        var thresholds = try AdaptiveThresholds(settings: settings)
        feed(&thresholds, ranges: [1, 2, 3, 4])
        #expect(thresholds.history.elements.map(\.averageTrueRange) == [2, 3, 4])
        #expect(thresholds.history[0].previousMultiplier == 1)
        #expect(
            thresholds.history.last?.reason
                == "hourly ATR 4 is at percentile 87.5 of 4 hourly values: thresholds × 1.375 instead of × 1.333")
    }

    // MARK: Properties

    @Test("PRP 1: thresholds rise with volatility", arguments: UInt64(0)..<200)
    func risesWithVolatility(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let settings = randomSettings(&random)
        let past = (0..<random.integer(1...200)).map { _ in random.uniform(0...10) }
        let ranges = (0..<20).map { _ in random.uniform(0...12) }.sorted()
        let base = random.uniform(0.1...100)
        var last = 0.0
        for range in ranges {
            var thresholds = try AdaptiveThresholds(settings: settings)
            feed(&thresholds, ranges: past + [range])
            #expect(thresholds.latest.threshold(base: base) >= last)
            last = thresholds.latest.threshold(base: base)
        }
        var calm = try AdaptiveThresholds(settings: settings)
        var wild = calm
        feed(&calm, ranges: past + [0])
        feed(&wild, ranges: past + [100])
        #expect(calm.latest.multiplier <= 1)
        #expect(wild.latest.multiplier >= 1)
        if past.count > 1, settings.minimumMultiplier < 1, settings.maximumMultiplier > 1 {
            #expect(calm.latest.multiplier < wild.latest.multiplier)
        }
    }

    @Test("PRP 2: thresholds stay in bounds", arguments: UInt64(0)..<200)
    func staysInBounds(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var settings = randomSettings(&random)
        settings.period = random.integer(1...48)
        var thresholds = try AdaptiveThresholds(settings: settings)
        let base = random.uniform(0.01...1000)
        for bar in random.candles(400, .oneHour) {
            let isOutlier = random.chance(0.01)
            let reading = thresholds.update(
                closeTime: bar.closeTime, high: isOutlier ? 1e300 : bar.high, low: bar.low, close: bar.close)
            let threshold = (reading ?? thresholds.latest).threshold(base: base)
            #expect(threshold >= base * settings.minimumMultiplier)
            #expect(threshold <= base * settings.maximumMultiplier)
        }
    }

    @Test("PRP 3: the percentile is within 0 to 100, and monotone in the latest range", arguments: UInt64(0)..<200)
    func percentileIsMonotone(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        // Few different values, so that ties are common.
        let past = (0..<random.integer(1...300)).map { _ in Double(random.integer(0...8)) }
        var last = 0.0
        for latest in 0...9 {
            var thresholds = try AdaptiveThresholds(settings: quick(window: random.integer(2...720)))
            feed(&thresholds, ranges: past + [Double(latest)])
            let percentile = thresholds.latest.percentile
            #expect((0...100).contains(percentile))
            let window = Array((past + [Double(latest)]).suffix(thresholds.settings.window))
            let below = window.count { $0 < Double(latest) }
            let equal = window.count { $0 == Double(latest) }
            #expect(agree(percentile, 100 * (Double(below) + Double(equal) / 2) / Double(window.count)))
            var same = try AdaptiveThresholds(settings: quick())
            feed(&same, ranges: past + [Double(latest)])
            #expect(same.latest.percentile >= last)
            last = same.latest.percentile
        }
    }

    private func randomSettings(_ random: inout SeededRandom) -> ThresholdSettings {
        var settings = quick(window: random.integer(2...720))
        settings.minimumMultiplier = random.uniform(0...1)
        settings.maximumMultiplier = random.uniform(1...10)
        return settings
    }
}
