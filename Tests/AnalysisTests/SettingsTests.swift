// SPDX-License-Identifier: Apache-2.0

import Testing
import Trading

@testable import Analysis

@Suite struct SettingsTests {
    @Test("The defaults are valid, and are those of the requirements")
    func defaults() throws {
        try ThresholdSettings().validate()
        try TimeframeSettings().validate()
        try VolumeProfileSettings().validate()
        try RegimeSettings().validate()
        #expect(ThresholdSettings().period == 24)
        #expect(ThresholdSettings().window == 720)
        #expect(TimeframeSettings().timeframes.map(\.timeframe.description) == ["5m", "15m", "1h", "4h"])
        #expect(TimeframeSettings().timeframes.map(\.weight) == [0.1, 0.2, 0.3, 0.4])
        #expect(VolumeProfileSettings().lookBack == .days(7))
        #expect(VolumeProfileSettings().interval == .minutes(15))
        #expect(VolumeProfileSettings().valueArea == 0.7)
        #expect(VolumeProfileSettings().nearDistance == 0.005)
        #expect(RegimeSettings().interval == .minutes(15))
        #expect(RegimeSettings().stability == .minutes(15))
        #expect(RegimeSettings().volatile.sizeFactor < 1)
    }

    private static let thresholds: [(String, @Sendable (inout ThresholdSettings) -> Void)] = [
        ("thresholds.period", { $0.period = 0 }), ("thresholds.window", { $0.window = 1 }),
        ("thresholds.window", { $0.window = .max }), ("thresholds.minimum_values", { $0.minimumValues = 0 }),
        ("thresholds.minimum_values", { $0.minimumValues = 721 }),
        ("thresholds.minimum_multiplier", { $0.minimumMultiplier = 1.1 }),
        ("thresholds.minimum_multiplier", { $0.minimumMultiplier = .nan }),
        ("thresholds.maximum_multiplier", { $0.maximumMultiplier = 0.9 }),
        ("thresholds.stale_after", { $0.staleAfter = 0 }), ("thresholds.history_capacity", { $0.historyCapacity = 0 }),
    ]

    @Test(
        "PRP 27: a setting of the thresholds that cannot be used is refused by its key", arguments: thresholds.indices)
    func thresholdKeys(index: Int) throws {
        var settings = ThresholdSettings()
        Self.thresholds[index].1(&settings)
        #expect(problem { _ = try AdaptiveThresholds(settings: settings) }?.key == Self.thresholds[index].0)
    }

    private static let timeframes: [(String, @Sendable (inout TimeframeSettings) -> Void)] = [
        ("timeframes.timeframes", { $0.timeframes.removeLast() }), ("timeframes.timeframes", { $0.timeframes = [] }),
        ("timeframes.timeframes", { $0.timeframes.swapAt(0, 1) }),
        ("timeframes.timeframes", { $0.timeframes[1].timeframe = .fiveMinutes }),
        ("timeframes.weights.5m", { $0.timeframes[0].weight = -0.1 }),
        ("timeframes.weights.4h", { $0.timeframes[3].weight = .nan }),
        ("timeframes.weights", { $0.timeframes[3].weight = 0.39 }),
        ("timeframes.weights", { $0.timeframes[3].weight = 0.400001 }),
        ("timeframes.fast_period", { $0.fastPeriod = 0 }), ("timeframes.fast_period", { $0.fastPeriod = 21 }),
        ("timeframes.slow_period", { $0.slowPeriod = 1 }), ("timeframes.momentum_period", { $0.momentumPeriod = 0 }),
        ("timeframes.volatility_period", { $0.volatilityPeriod = 0 }),
        ("timeframes.volatility_mean_period", { $0.volatilityMeanPeriod = -1 }),
        ("timeframes.volatility_band", { $0.volatilityBand = .infinity }),
        ("timeframes.stale_after", { $0.staleAfter = 0 }), ("timeframes.history_capacity", { $0.historyCapacity = 0 }),
    ]

    @Test(
        "PRP 27: a setting of the timeframes that cannot be used is refused by its key", arguments: timeframes.indices)
    func timeframeKeys(index: Int) throws {
        var settings = TimeframeSettings()
        Self.timeframes[index].1(&settings)
        #expect(problem { _ = try TimeframeCoordinator(settings: settings) }?.key == Self.timeframes[index].0)
    }

    private static let profiles: [(String, @Sendable (inout VolumeProfileSettings) -> Void)] = [
        ("profile.look_back", { $0.lookBack = .zero }), ("profile.minimum_history", { $0.minimumHistory = .days(7) }),
        ("profile.minimum_history", { $0.minimumHistory = TimeSpan(nanoseconds: -1) }),
        ("profile.bin_size", { $0.binSize = 0 }), ("profile.bin_size", { $0.binSize = .nan }),
        ("profile.value_area", { $0.valueArea = 1.1 }), ("profile.value_area", { $0.valueArea = 0 }),
        ("profile.interval", { $0.interval = .seconds(59) }), ("profile.near_distance", { $0.nearDistance = -1 }),
        ("profile.low_volume_share", { $0.lowVolumeShare = -1 }),
        ("profile.low_volume_size_factor", { $0.lowVolumeSizeFactor = 1.01 }),
        ("profile.stale_after", { $0.staleAfter = 0 }),
        ("profile.bar_capacity", { $0.barCapacity = 65_537 }), ("profile.history_capacity", { $0.historyCapacity = 0 }),
    ]

    @Test("PRP 27: a setting of the profile that cannot be used is refused by its key", arguments: profiles.indices)
    func profileKeys(index: Int) throws {
        var settings = VolumeProfileSettings()
        Self.profiles[index].1(&settings)
        #expect(problem { _ = try RollingVolumeProfile(settings: settings) }?.key == Self.profiles[index].0)
    }

    private static let regimes: [(String, @Sendable (inout RegimeSettings) -> Void)] = [
        ("regime.period", { $0.period = 0 }), ("regime.rank_window", { $0.rankWindow = 1 }),
        ("regime.rank_minimum", { $0.rankMinimum = 673 }), ("regime.band_period", { $0.bandPeriod = 1 }),
        ("regime.band_deviations", { $0.bandDeviations = -1 }),
        ("regime.volatile_percentile", { $0.volatilePercentile = 101 }),
        ("regime.volatile_width", { $0.volatileWidth = .nan }), ("regime.trending_adx", { $0.trendingADX = -1 }),
        ("regime.ranging_adx", { $0.rangingADX = 26 }), ("regime.ranging_width", { $0.rangingWidth = -0.1 }),
        ("regime.interval", { $0.interval = .zero }), ("regime.stability", { $0.stability = .minutes(14) }),
        ("regime.stale_after", { $0.staleAfter = 0 }), ("regime.history_capacity", { $0.historyCapacity = 0 }),
        ("regime.volatile.size_factor", { $0.volatile.sizeFactor = 1.01 }),
        ("regime.ranging.size_factor", { $0.ranging.sizeFactor = -0.1 }),
        ("regime.uncertain.stop_multiplier", { $0.uncertain.stopMultiplier = 0 }),
        ("regime.trending_bullish.threshold_multiplier", { $0.trendingBullish.thresholdMultiplier = .nan }),
        ("regime.trending_bearish.stop_multiplier", { $0.trendingBearish.stopMultiplier = 11 }),
    ]

    @Test("PRP 27: a setting of the regimes that cannot be used is refused by its key", arguments: regimes.indices)
    func regimeKeys(index: Int) throws {
        var settings = RegimeSettings()
        Self.regimes[index].1(&settings)
        #expect(problem { _ = try RegimeDetector(settings: settings) }?.key == Self.regimes[index].0)
    }

    @Test("The largest settings that are allowed set up without a trap")
    func largest() throws {
        var regime = RegimeSettings()
        regime.timeframe = try #require(Timeframe(seconds: 366 * 86_400))
        regime.rankWindow = 1_000_000
        regime.staleAfter = 1000
        var detector = try RegimeDetector(settings: regime)
        detector.update(closeTime: .distantPast, high: 1, low: 1, close: 1)
        detector.update(closeTime: .distantFuture, high: 1, low: 1, close: 1)
        detector.evaluate(at: .distantFuture)
        #expect(detector.latest?.seen == .uncertain)
    }

    @Test("An error says which key, which value and what is allowed")
    func texts() {
        var settings = TimeframeSettings()
        settings.timeframes[3].weight = 0.5
        #expect(
            problem { try settings.validate() }?.description
                == "timeframes.weights does not go with the other settings: they sum to 1.100000 and not to 1.")
        var regime = RegimeSettings()
        regime.stability = .minutes(5)
        #expect(
            problem { try regime.validate() }?.description
                == "regime.stability is 5 min. Allowed: 15 min to 24 h.")
    }
}
