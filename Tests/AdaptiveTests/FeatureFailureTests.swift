// SPDX-License-Identifier: Apache-2.0

import Analysis
import Backtest
import EngineHarness
import Indicators
import Strategies
import TestSupport
import Testing
import Trading

@testable import Adaptive

@Suite("The enhanced strategy, one feature of which fails")
struct FeatureFailureTests {
    private typealias Enhanced = EnhancedStrategyTests

    struct Broken: Error {}

    static let count = 3 * 288
    /// Timeframes, and what waits, only where they are what is looked at: they let little through in three days.
    static func values(_ feature: Feature) -> [String: ParameterValue] {
        Dictionary(
            uniqueKeysWithValues: [Feature.timeframes, .pullback, .acceleration].map {
                ($0.name, .boolean($0 == feature))
            }
        ).merging(["pullback_min": 0.05, "pullback_max": 3, "time_exit_hours": 2]) { $1 }
    }

    /// What a trade cannot be larger than, or more confident, while the feature fails.
    static func isCareful(_ feature: Feature, _ entry: DecisionRecord) -> Bool {
        func value(_ name: String) -> Double { EnhancedStrategyTests.value(name, entry) ?? .nan }
        return switch feature {
        case .thresholds: value("threshold_percent") >= 0.5 * 1.5 * 0.9 - 1e-9
        case .timeframes: value("confidence") == 0.7 && value("size_factor") <= 0.7
        case .volumeProfile: value("profile_size_factor") == 0.5 && value("size_factor") <= 0.5
        case .regime: value("regime_size_factor") == 0.5 && value("size_factor") <= 0.5
        // The least confidence, and an ATR of 0.5 % of the price in a market that is traded up to 20 %.
        case .sizing: value("size_factor") <= 0.7 * 0.5 / 20 + 1e-12
        default: true
        }
    }

    /// That it is alone, told, and that the rest trades on.
    private static func judge(
        _ result: BacktestResult, _ feature: Feature, _ seed: UInt64, isAlways: Bool
    ) -> (entries: Int, told: Int) {
        let told = result.decisions.filter { $0.kind == .feature }
        #expect(told.allSatisfy { $0.feature == feature.name }, "seed \(seed)")
        let entries = EnhancedStrategyTests.entries(result)
        if isAlways { for entry in entries { #expect(isCareful(feature, entry), "seed \(seed): \(entry)") } }
        return (entries.count, told.count)
    }

    /// Fifteen seeds for each of fourteen features.
    static func seeds(_ feature: Feature) -> Range<UInt64> {
        let first = UInt64(feature.rawValue) * 15
        return first..<first + 15
    }

    @Test(
        "PRP 26: one whose work throws is switched off alone, is reported, and the rest trades on",
        arguments: Feature.configurable)
    func throwing(feature: Feature) throws {
        var (entries, told) = (0, 0)
        for seed in Self.seeds(feature) {
            let result = try Enhanced.run(seed: seed, count: Self.count, Self.values(feature)) { strategy in
                strategy.fault = { if $0 == feature { throw Broken() } }
            }
            let found = Self.judge(result, feature, seed, isAlways: true)
            entries += found.entries
            told += found.told
        }
        #expect(entries > 0 && told > 0)
    }

    /// What a feature's work is made of, broken for good.
    static func damage(_ feature: Feature, _ strategy: inout Handled) throws {
        switch feature {
        case .thresholds:
            var wild = ThresholdSettings()
            (wild.period, wild.window, wild.minimumValues) = (1, 2, 1)
            (wild.minimumMultiplier, wild.maximumMultiplier) = (0, 10)
            strategy.inner.thresholds = try AdaptiveThresholds(settings: wild)
        case .volumeProfile:
            var wild = VolumeProfileSettings()
            (wild.lowVolumeShare, wild.lowVolumeSizeFactor, wild.minimumHistory) = (10, 0.01, .hours(1))
            strategy.inner.profile = try RollingVolumeProfile(settings: wild)
        case .regime:
            var wild = RegimeSettings()
            let effects = RegimeEffects(stopMultiplier: 10, thresholdMultiplier: 0.1, sizeFactor: 1)
            (wild.trendingBullish, wild.trendingBearish, wild.ranging) = (effects, effects, effects)
            (wild.volatile, wild.uncertain) = (effects, effects)
            strategy.inner.regime = try RegimeDetector(settings: wild)
        case .pullback:
            strategy.inner.confirmation = EntryConfirmation(.init(pullback: 0.005 ... .infinity, patience: 24))
        case .acceleration: strategy.inner.acceleration = strategy.nothing
        case .volatilityFilter: strategy.inner.normalRange = strategy.nothing
        case .liquidityFilter: strategy.inner.meanVolume = strategy.nothing
        case .costFilter: strategy.inner.settings.costMultiple = .nan
        case .structureStops:
            strategy.inner.structure = strategy.negative
            strategy.inner.structureOutputs = (0, 0)
        case .partialExits:
            let levels = strategy.inner.settings.levels
            strategy.inner.settings.levels[1] = ExitLevel(distance: .nan, share: levels[1].share)
        case .movingStops:
            (strategy.inner.settings.guarding.reversalDistance, strategy.inner.settings.guarding.trailDistance) = (
                .nan, .nan
            )
        case .timeExit: strategy.inner.settings.guarding.timeLimit = .zero
        case .sizing: strategy.inner.settings.sizingVolatility = .nan
        // Sums of votes that are whole numbers: nothing that they are made of can be broken without being missing.
        case .timeframes, .prediction: break
        }
    }

    @Test(
        "PRP 26: one whose work makes no sense is switched off alone, is reported, and the rest trades on",
        arguments: Feature.configurable.filter { $0 != .timeframes })
    func nonsense(feature: Feature) throws {
        var (entries, told) = (0, 0)
        var values = Self.values(feature)
        // Both read the same volatility.
        if feature == .volatilityFilter { values["sizing"] = false }
        for seed in Self.seeds(feature) {
            let result = try Handled.run(seed: seed, count: Self.count, values) { bar, strategy, _ in
                if bar == 0 { try Self.damage(feature, &strategy) }
            }
            // The thresholds and the profile are wrong only now and then.
            let isAlways = feature == .regime || feature == .sizing
            let found = Self.judge(result, feature, seed, isAlways: isAlways)
            entries += found.entries
            told += found.told
        }
        #expect(entries > 0 && told > 0)
    }

    @Test("PRP 26: whichever fail, and whenever, the rest trades on", arguments: UInt64(0)..<20)
    func any(group: UInt64) throws {
        var entries = 0
        for seed in Enhanced.tens(group) {
            var random = SeededRandom(seed: seed)
            let failing = Set(Feature.configurable.filter { _ in random.chance(50) })
            let turns = Log<Void>()
            let often = random.between(1, 4)
            let result = try Enhanced.run(seed: seed, count: 600, ["timeframes": .boolean(seed % 4 == 0)]) { strategy in
                strategy.fault = { feature in
                    turns.add(())
                    if failing.contains(feature), Int64(turns.entries.count) % often == 0 { throw Broken() }
                }
            }
            let told = Set(result.decisions.filter { $0.kind == .feature }.map(\.feature))
            #expect(told.isSubset(of: failing.map(\.name)), "seed \(seed)")
            entries += Enhanced.entries(result).count
        }
        #expect(entries > 0)
    }

    @Test("PRP 26: all of them at once leave the base strategy")
    func all() throws {
        let result = try Enhanced.run(seed: 3, count: 2400) { $0.fault = { _ in throw Broken() } }
        #expect(!Enhanced.entries(result).isEmpty)
        let told = Set(result.decisions.filter { $0.kind == .feature }.map(\.feature))
        #expect(told.count > 5)
    }

    @Test(
        "a filter that fails lets nothing through until it is switched off",
        arguments: [
            Feature.volatilityFilter, .liquidityFilter, .costFilter,
        ])
    func filters(feature: Feature) throws {
        let result = try Enhanced.run(seed: 3, count: 2400, Self.values(feature)) { strategy in
            strategy.fault = { if $0 == feature { throw Broken() } }
        }
        let refused = result.decisions.filter { $0.feature == feature.name && $0.verdict == .refused }
        #expect(refused.count >= 3 && refused.allSatisfy { $0.reason.contains("it failed") })
        let off = try #require(result.decisions.first { $0.kind == .feature }).time
        #expect(refused.prefix(3).allSatisfy { $0.time <= off })
        #expect(!Enhanced.entries(result).contains { $0.time < off })
    }

    @Test("without partial exits, as they fail, a position still has a target", arguments: UInt64(0)..<4)
    func targets(seed: UInt64) throws {
        var values = Enhanced.only([.partialExits])
        values["target_atr"] = 1
        let result = try Enhanced.run(seed: seed, count: 1200, values) { strategy in
            strategy.fault = { if $0 == .partialExits { throw Broken() } }
        }
        let reached = result.decisions.filter { $0.kind == .exit && $0.reason == "the target was reached" }
        let off = try #require(result.decisions.first { $0.kind == .feature }).time
        #expect(reached.contains { $0.time < off } && reached.contains { $0.time > off })
        #expect(!result.decisions.contains { $0.feature == Feature.partialExits.name && $0.kind == .exit })
    }

    // MARK: What the size is made of

    @Test("without sizing the regime and the profile still make a trade smaller", arguments: UInt64(0)..<6)
    func withoutSizing(seed: UInt64) throws {
        let values: [String: ParameterValue] = ["timeframes": false, "pullback": false, "sizing": false]
        let entries = Enhanced.entries(try Enhanced.run(seed: seed, count: 1440, values))
        #expect(!entries.isEmpty)
        for entry in entries {
            let regime = try #require(Enhanced.value("regime_size_factor", entry))
            let profile = Enhanced.value("profile_size_factor", entry) ?? 1
            #expect(Enhanced.value("size_factor", entry) == min(1, profile * regime))
        }
        #expect(entries.contains { (Enhanced.value("size_factor", $0) ?? 1) < 1 })
    }
}
