// SPDX-License-Identifier: Apache-2.0

import Testing
import Trading

@testable import Analysis

/// Against `Fixtures/make_reference.py`, which was written from the requirements and not from the sources.
@Suite struct ReferenceTests {
    @Test("Thresholds agree with the reference to 1e-9")
    func thresholdsAgree() throws {
        let reference = try Fixture("thresholds.csv")
        var thresholds = try AdaptiveThresholds()
        for (row, bar) in try Fixture("hourly.csv").candles(.oneHour).enumerated() {
            let update = thresholds.update(closeTime: bar.closeTime, high: bar.high, low: bar.low, close: bar.close)
            let reading = try #require(update)
            #expect(agree(reading.averageTrueRange, reference.number(row, 1)), "row \(row)")
            #expect(reading.valueCount == reference.integer(row, 2), "row \(row)")
            #expect(agree(reading.percentile, reference.number(row, 3)), "row \(row)")
            #expect(agree(reading.multiplier, reference.number(row, 4)), "row \(row)")
        }
        #expect(thresholds.history.count == 720)
    }

    @Test("Volume profiles agree with the reference to 1e-9")
    func profilesAgree() throws {
        let reference = try Fixture("profiles.csv")
        let bars = try Fixture("five-minutes.csv").candles(.fiveMinutes).map(\.profileBar)
        #expect(reference.rows.count == 25)
        for row in reference.rows.indices {
            let time = Timestamp(nanoseconds: Int64(reference.integer(row, 0)) * Timeframe.fiveMinutes.nanoseconds)
            var settings = VolumeProfileSettings()
            settings.minimumHistory = .zero
            let profile = try VolumeProfile(of: bars, at: time, settings: settings)
            let levels = try #require(profile.levels)
            #expect(profile.barCount == reference.integer(row, 1))
            #expect(levels.pointOfControlBin == reference.integer(row, 2), "row \(row)")
            #expect(levels.lowestBin == reference.integer(row, 3), "row \(row)")
            #expect(levels.highestBin == reference.integer(row, 4), "row \(row)")
            #expect(agree(levels.pointOfControl, reference.number(row, 5)))
            #expect(agree(levels.valueAreaLow, reference.number(row, 6)))
            #expect(agree(levels.valueAreaHigh, reference.number(row, 7)))
            #expect(agree(levels.valueAreaVolume, reference.number(row, 8)))
            #expect(agree(levels.totalVolume, reference.number(row, 9)))
        }
    }

    @Test("Every bin of a profile agrees with the reference to 1e-9")
    func binsAgree() throws {
        let reference = try Fixture("profile-bins.csv")
        let bars = try Fixture("five-minutes.csv").candles(.fiveMinutes).map(\.profileBar)
        let time = Timestamp(nanoseconds: Int64(reference.integer(0, 0)) * Timeframe.fiveMinutes.nanoseconds)
        let profile = try VolumeProfile(of: bars, at: time)
        var expected = [Double](repeating: 0, count: profile.volumes.count)
        #expect(profile.firstBin == reference.integer(0, 1))
        for row in reference.rows.indices {
            expected[reference.integer(row, 1) - profile.firstBin] = reference.number(row, 2)
        }
        #expect(zip(profile.volumes, expected).allSatisfy { agree($0, $1) })
    }

    @Test("Regimes agree with the reference to 1e-9, with missing bars, a dead stream and missed looks")
    func regimesAgree() throws {
        let reference = try Fixture("regimes.csv")
        let bars = try Fixture("quarter-hours.csv").candles(.fifteenMinutes)
        var detector = try RegimeDetector()
        var next = 0
        var seen: Set<String> = []
        for row in reference.rows.indices {
            let time = Timestamp(nanoseconds: Int64(reference.integer(row, 0)) * Timeframe.fifteenMinutes.nanoseconds)
            while next < bars.count, bars[next].closeTime <= time {
                let bar = bars[next]
                detector.update(closeTime: bar.closeTime, high: bar.high, low: bar.low, close: bar.close)
                next += 1
            }
            let look = detector.evaluate(at: time)
            let reading = try #require(look)
            let state = reading.state
            #expect(agree(state.adx, reference.number(row, 1)), "row \(row)")
            #expect(agree(state.plusDI, reference.number(row, 2)), "row \(row)")
            #expect(agree(state.minusDI, reference.number(row, 3)), "row \(row)")
            #expect(agree(state.rangePercentile, reference.number(row, 4)), "row \(row)")
            #expect(agree(state.bollingerWidth, reference.number(row, 5)), "row \(row)")
            #expect(reading.seen.rawValue == reference.rows[row][6], "row \(row)")
            #expect(reading.regime.rawValue == reference.rows[row][7], "row \(row)")
            seen.insert(reading.regime.rawValue)
        }
        #expect(seen.count == MarketRegime.allCases.count)
    }
}
