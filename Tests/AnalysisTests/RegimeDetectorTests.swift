// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Trading

@testable import Analysis

@Suite struct RegimeDetectorTests {
    private let start = Timestamp(seconds: 1_699_999_200)

    private func state(_ adx: Double, _ plus: Double, _ minus: Double, _ percentile: Double, _ width: Double)
        -> MarketState
    {
        MarketState(adx: adx, plusDI: plus, minusDI: minus, rangePercentile: percentile, bollingerWidth: width)
    }

    @Test(
        "The boundaries belong to the regime that they bound",
        arguments: [
            (adx: 25.0, plus: 20.0, minus: 10.0, percentile: 50.0, width: 0.01, regime: MarketRegime.trendingBullish),
            (25, 10, 20, 50, 0.01, .trendingBearish), (25, 15, 15, 50, 0.01, .uncertain),
            (24.9, 20, 10, 50, 0.01, .uncertain), (20, 20, 10, 50, 0.02, .ranging), (20, 20, 10, 50, 0.021, .uncertain),
            (20.1, 20, 10, 50, 0.01, .uncertain), (0, 0, 0, 50, 0, .ranging), (50, 40, 5, 90, 0.02, .volatile),
            (10, 1, 2, 100, 0.5, .volatile), (50, 40, 5, 90, 0.0199, .trendingBullish),
            (50, 40, 5, 89.9, 0.2, .trendingBullish), (10, 40, 5, 95, 0.01, .ranging),
            (.nan, 20, 10, 50, 0.01, .uncertain), (25, .nan, 10, 50, 0.01, .uncertain),
            (25, 20, .infinity, 50, 0.01, .uncertain), (50, 20, 10, .nan, 0.5, .uncertain),
            (10, 20, 10, 95, .nan, .uncertain), (10, 20, 10, 95, .infinity, .uncertain),
        ])
    func boundaries(
        adx: Double, plus: Double, minus: Double, percentile: Double, width: Double, regime: MarketRegime
    ) {
        #expect(RegimeSettings().regime(of: state(adx, plus, minus, percentile, width)) == regime)
    }

    @Test("A market that only rises becomes bullish after the warm-up and one more look; falling, bearish")
    func trends() throws {
        for (slope, expected) in [(0.1, MarketRegime.trendingBullish), (-0.1, .trendingBearish)] {
            var detector = try RegimeDetector()
            var firstSeen: Int?
            for number in 1...150 {
                let close = 100 + slope * Double(number)
                let time = start + .minutes(15 * Int64(number))
                detector.update(closeTime: time, high: close + 0.05, low: close - 0.05, close: close)
                let look = detector.evaluate(at: time)
                if look?.seen == expected, firstSeen == nil { firstSeen = number }
                #expect((detector.regime == expected) == (firstSeen.map { number > $0 } ?? false))
            }
            #expect(firstSeen == RegimeSettings().warmUpBars)
            let change = try #require(detector.history.elements.first { $0.isChange })
            #expect(change.stableFor == .minutes(15))
            #expect(change.reason.contains("\(expected.rawValue) instead of UNCERTAIN, seen for 15 min; stops × 1.20"))
        }
    }

    @Test("A flat market ranges: no movement, the median of equal ranges, no width")
    func flat() throws {
        var detector = try RegimeDetector()
        for number in 1...200 {
            let time = start + .minutes(15 * Int64(number))
            detector.update(closeTime: time, high: 7, low: 7, close: 7)
            detector.evaluate(at: time)
        }
        #expect(detector.state == state(0, 0, 0, 50, 0))
        #expect(detector.regime == .ranging)
    }

    /// A detector that knows nothing but a range, which makes it see `ranging`, or `uncertain` once it is stale.
    private func rangingDetector(_ times: ClosedRange<Int>) throws -> RegimeDetector {
        var settings = RegimeSettings()
        settings.period = 1
        settings.rankMinimum = 1
        settings.bandPeriod = 2
        var detector = try RegimeDetector(settings: settings)
        for number in times {
            detector.update(closeTime: start + .minutes(15 * Int64(number)), high: 7, low: 7, close: 7)
        }
        return detector
    }

    /// Minutes of the looks, and the look at which the change counts.
    private static let stabilities: [([Int64], Int64?)] = [
        ([0, 15, 30], 15), ([14, 15, 30], 30), ([14, 29, 30], 29), ([1, 16], 16), ([0, 29], 29),
        // Less than a quarter of an hour apart, then enough.
        ([14, 16], nil), ([14, 16, 31], 31),
        // In one quarter of an hour nobody looked: it begins anew.
        ([0, 30], nil), ([0, 30, 45], 45), ([0, 44, 46], nil), ([0, 44, 46, 61], 61),
    ]

    @Test(
        "A change counts at the first look 15 minutes after the regime was first seen, every look between having seen it",
        arguments: stabilities)
    func stability(looks: [Int64], changeAt: Int64?) throws {
        var detector = try rangingDetector(-5 ... -1)
        var changes: [Int64] = []
        for minute in looks {
            let time = start + .minutes(minute)
            detector.update(closeTime: time, high: 7, low: 7, close: 7)
            let look = detector.evaluate(at: time)
            if look?.isChange == true { changes.append(minute) }
        }
        #expect(changes == (changeAt.map { [$0] } ?? []))
    }

    @Test("A market without bars for more than two intervals becomes uncertain, after 15 minutes too")
    func stale() throws {
        var detector = try rangingDetector(0...10)
        let last = start + .minutes(150)
        var looks: [RegimeReading?] = []
        for minutes: Int64 in [0, 15, 30, 45, 60, 60, 0] {
            looks.append(detector.evaluate(at: last + .minutes(minutes)))
        }
        #expect(looks.map { $0?.seen } == [.ranging, .ranging, .ranging, .uncertain, .uncertain, nil, nil])
        #expect(looks.map { $0?.regime } == [.uncertain, .ranging, .ranging, .ranging, .uncertain, nil, nil])
        let first = try #require(looks[3])
        #expect(first.reason.hasPrefix("last bar closed 45 min ago: UNCERTAIN seen for 0 min, RANGING still counts"))
        #expect(detector.history.count == 5)
    }

    @Test("Without any bar the market is uncertain")
    func empty() throws {
        var detector = try RegimeDetector()
        detector.evaluate(at: start)
        #expect(detector.latest?.seen == .uncertain)
        #expect(detector.effects == RegimeSettings().uncertain)
        #expect(
            detector.latest?.reason
                == "ADX none, +DI none, −DI none, ATR percentile none, Bollinger width none %: UNCERTAIN as before; "
                + "stops × 1.00, thresholds × 1.20, size × 0.70")
    }

    // MARK: Properties

    private func randomState(_ random: inout SeededRandom) -> MarketState {
        func number(_ range: ClosedRange<Double>, _ boundaries: [Double]) -> Double {
            if random.chance(0.05) { return [Double.nan, .infinity, -.infinity][random.integer(0...2)] }
            if random.chance(0.3) { return boundaries[random.integer(0...boundaries.count - 1)] }
            return random.uniform(range)
        }
        return state(
            number(0...100, [0, 20, 25, 100]), number(0...100, [0, 10, 100]), number(0...100, [0, 10, 100]),
            number(0...100, [0, 50, 90, 100]), number(0...0.1, [0, 0.02]))
    }

    @Test("PRP 23: every market state maps to exactly one regime", arguments: UInt64(0)..<200)
    func exactlyOneRegime(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<100 {
            let state = randomState(&random)
            let isKnown = [
                state.adx, state.plusDI, state.minusDI, state.rangePercentile, state.bollingerWidth,
            ].allSatisfy(\.isFinite)
            let isVolatile = isKnown && state.rangePercentile >= 90 && state.bollingerWidth >= 0.02
            let isTrending = isKnown && !isVolatile && state.adx >= 25
            let isBullish = isTrending && state.plusDI > state.minusDI
            let isBearish = isTrending && state.plusDI < state.minusDI
            let isRanging = isKnown && !isVolatile && !isTrending && state.adx <= 20 && state.bollingerWidth <= 0.02
            let isUncertain = !(isVolatile || isBullish || isBearish || isRanging)
            let holding = zip(
                [isVolatile, isBullish, isBearish, isRanging, isUncertain],
                [MarketRegime.volatile, .trendingBullish, .trendingBearish, .ranging, .uncertain]
            ).filter(\.0).map(\.1)
            #expect(holding == [RegimeSettings().regime(of: state)])
        }
    }

    /// Looks at random times over a restless market, in some quarters none.
    private func restless(_ seed: UInt64) throws -> RegimeDetector {
        var random = SeededRandom(seed: seed)
        var settings = RegimeSettings()
        settings.period = random.integer(1...5)
        settings.rankWindow = 30
        settings.rankMinimum = 5
        settings.bandPeriod = 3
        settings.volatilePercentile = 70
        settings.volatileWidth = 0.002
        settings.stability = .minutes(Int64([15, 15, 20, 45][random.integer(0...3)]))
        var detector = try RegimeDetector(settings: settings)
        for bar in random.candles(300, .fifteenMinutes) {
            let isNonsense = random.chance(0.02)
            detector.update(
                closeTime: bar.closeTime, high: isNonsense ? .nan : bar.high, low: bar.low, close: bar.close)
            var time = bar.closeTime
            while random.chance(0.7), time < bar.closeTime + .minutes(15) {
                detector.evaluate(at: time)
                time = time + .seconds(Int64(random.integer(1...900)))
            }
        }
        return detector
    }

    @Test("PRP 24: no regime changes before it was stable for 15 minutes, and none later", arguments: UInt64(0)..<200)
    func stableBeforeChange(seed: UInt64) throws {
        let detector = try restless(seed)
        let looks = detector.history.elements
        var counted = MarketRegime.uncertain
        for (index, look) in looks.enumerated() {
            // The longest unbroken run of looks that saw the same, one in each quarter of an hour.
            var first = index
            while first > 0, looks[first - 1].seen == look.seen,
                slot(of: looks[first].time, length: .minutes(15))
                    == slot(of: looks[first - 1].time, length: .minutes(15)) + 1
            { first -= 1 }
            let isStable = look.time - looks[first].time >= detector.settings.stability
            #expect(look.previousRegime == counted)
            #expect(look.regime == (isStable ? look.seen : counted))
            counted = look.regime
        }
        #expect(detector.regime == counted)
    }

    @Test("PRP 25: the volatile regime never sizes above normal", arguments: UInt64(0)..<200)
    func volatileIsNotLarger(seed: UInt64) throws {
        for look in try restless(seed).history.elements where look.regime == .volatile {
            #expect(look.effects.sizeFactor < 1)
        }
        var random = SeededRandom(seed: seed)
        var settings = RegimeSettings()
        settings.volatile.sizeFactor = random.uniform(0...2)
        if settings.volatile.sizeFactor <= 1 {
            try settings.validate()
        } else {
            #expect(problem { try settings.validate() }?.key == "regime.volatile.size_factor")
        }
    }
}
