// SPDX-License-Identifier: Apache-2.0

import Analysis
import Backtest
import Engine
import EngineHarness
import Indicators
import Strategies
import Testing
import Trading

@testable import Adaptive

/// Which bars the enhanced strategy sees, and what it says where the data has none of them.
@Suite("Bars of the enhanced strategy")
struct EnhancedBarsTests {
    private typealias Enhanced = EnhancedStrategyTests

    private static let eager: [String: ParameterValue] = [
        "direction": "both", "signal_period": .integer(2), "entry_threshold": .number(0.05), "atr_period": .integer(3),
        "acceleration_period": .integer(2), "volume_period": .integer(2), "volatility_min": .number(0),
        "cost_multiple": .number(0),
    ]

    private func input(
        own: Timeframe, data: Timeframe, days: Int, _ values: [String: ParameterValue], seed: UInt64 = 3
    ) throws -> BacktestInput {
        let minutes = Int(data.nanoseconds / 60_000_000_000)
        let bars = ChangingMarket.bars(seed: seed, count: days * 1440 / minutes, minutes: minutes)
        var world = try World([bars], timeframe: data)
        let strategy = try EnhancedStrategy(
            parameters: StrategyParameters(
                Self.eager.merging(values) { $1 }, for: EnhancedStrategy.definition))
        world.add(strategy, timeframe: own, plan: TradePlan(sizing: .notional(Amount(whole: 10_000)), leverage: 5))
        var input = try world.input()
        input.keepsDecisions = true
        return input
    }

    @Test(
        "On bars of any length every part of the analysis sees the market, where the data is fine enough",
        arguments: [
            (own: Timeframe.fiveMinutes, signal: "own"), (.fifteenMinutes, "own"), (.oneHour, "own"),
            (.fourHours, "own"),
            (.fiveMinutes, "4h"), (.fifteenMinutes, "4h"), (.oneHour, "4h"),
        ])
    func seesEverything(example: (own: Timeframe, signal: String)) throws {
        let isSlow = example.own == .fourHours || example.signal == "4h"
        let values: [String: ParameterValue] = [
            "signal_timeframe": .text(example.signal), "regime_volatile_width": .number(0.005),
        ]
        let result = try World.run(
            try input(own: example.own, data: .fiveMinutes, days: isSlow ? 40 : 14, values))
        let signals = result.decisions.filter { $0.kind == .signal }
        func seen(_ name: String) -> [Double] { signals.compactMap { Enhanced.value(name, $0) }.filter(\.isFinite) }
        #expect(signals.count > 5)
        #expect(seen("timeframe_alignment").contains(4) && seen("confidence").contains(1))
        #expect(seen("point_of_control").contains { $0 > 0 })
        #expect(seen("volatility_percentile").contains { $0 > 0 } && seen("threshold_multiplier").contains { $0 != 1 })
        let uncertain = MarketRegime.allCases.firstIndex(of: .uncertain).map(Double.init)
        #expect(seen("regime").contains { $0 != uncertain })
    }

    @Test(
        "What the data cannot show is refused before it runs, by its key, with what to write",
        arguments: [
            (
                data: Timeframe.oneHour, own: Timeframe.oneHour, values: [:] as [String: ParameterValue],
                says: "timeframes: bars of 5m cannot be made of bars of 1h, which the data has"
            ),
            (.oneHour, .oneHour, ["timeframes": false], "volume_profile: bars of 15m"),
            (.oneHour, .oneHour, ["timeframes": false, "volume_profile": false], "regime: bars of 15m"),
            (.oneHour, .fourHours, ["timeframes": false, "regime": false], "volume_profile: bars of 15m"),
            (
                .oneHour, .oneHour, ["timeframes": false, "regime_timeframe": "1h", "volume_profile": false],
                "raise regime_interval"
            ),
            (.fourHours, .fourHours, Enhanced.only([.thresholds]), "thresholds: bars of 1h"),
            (.fifteenMinutes, .fifteenMinutes, [:], "let others vote with timeframe_1"),
            (.threeMinutes, .threeMinutes, [:], "timeframes: bars of 5m cannot be made of bars of 3m"),
        ])
    func refused(
        example: (data: Timeframe, own: Timeframe, values: [String: ParameterValue], says: String)
    ) throws {
        let input = try input(own: example.own, data: example.data, days: 3, example.values)
        #expect {
            _ = try World.run(input)
        } throws: { "\($0)".contains(example.says) }
    }

    @Test(
        "and what it asks for instead is taken",
        arguments: [
            (
                data: Timeframe.oneHour,
                values: [
                    "timeframes": false, "regime_timeframe": "1h", "regime_interval": .integer(60),
                    "profile_interval": .integer(60),
                ] as [String: ParameterValue]
            ),
            (
                .oneHour,
                [
                    "timeframe_1": "1h", "timeframe_2": "2h", "timeframe_3": "4h", "timeframe_4": "8h",
                    "regime_timeframe": "1h", "regime_interval": .integer(60), "profile_interval": .integer(60),
                ]
            ),
            (.fifteenMinutes, ["timeframe_1": "15m", "timeframe_2": "30m"]),
            (.fourHours, Enhanced.only([.pullback, .partialExits, .sizing])),
        ])
    func taken(example: (data: Timeframe, values: [String: ParameterValue])) throws {
        let values = example.values.merging(["signal_timeframe": "own", "regime_volatile_width": .number(0.005)]) { $1 }
        let result = try World.run(
            try input(own: example.data, data: example.data, days: example.data == .fourHours ? 60 : 16, values))
        let signals = result.decisions.filter { $0.kind == .signal }
        #expect(!signals.isEmpty)
        if example.values["regime_timeframe"] != nil {
            let uncertain = MarketRegime.allCases.firstIndex(of: .uncertain).map(Double.init)
            #expect(signals.contains { Enhanced.value("regime", $0).map { $0 != uncertain } ?? false })
            #expect(signals.contains { Enhanced.value("point_of_control", $0)?.isFinite ?? false })
        }
    }

    @Test("what the data cannot show is not switched on at run time either, and says so")
    func notSwitchedOn() throws {
        let input = try input(own: .fourHours, data: .fourHours, days: 3, Enhanced.only([.sizing]))
        var engine = try Engine(
            account: Account(input.account), specifications: input.strategies,
            feeds: input.feeds.map { $0.map { .recorded($0) } }, registry: .standard)
        engine.keepsDecisions = true
        for name in ["regime", "pullback"] {
            let isKnown = engine.obey(.setFeature(name, isOn: true), at: Market.start)
            #expect(isKnown)
        }
        let notes = engine.takeDecisions()
        #expect(notes.map(\.feature) == ["regime", "pullback"] && notes.map(\.verdict) == [.refused, .changed])
        #expect(notes[0].reason == "cannot be switched on: bars of 15m cannot be made of the data's")
    }

    // MARK: Settings

    @Test("every setting of the analysis is a parameter with the analysis' own default")
    func defaults() throws {
        let parameters = try StrategyParameters([:], for: EnhancedStrategy.definition)
        let settings = try AnalysisSettings(parameters)
        #expect(settings.thresholds == ThresholdSettings() && settings.timeframes == TimeframeSettings())
        #expect(settings.profile == VolumeProfileSettings() && settings.regime == RegimeSettings())
        #expect(settings.conditions == ConditionSettings() && settings.correlation == CorrelationSettings())
        let names = EnhancedStrategy.definition.parameters.map(\.name)
        #expect(Set(names).count == names.count)
    }

    @Test("and a change of it reaches the component that it is of, and nothing else")
    func reaches() throws {
        for key in AnalysisKey.all {
            let value: ParameterValue =
                switch key.definition.kind {
                case .integer(let standard, let range):
                    .integer(standard == range.lowerBound ? standard + 1 : standard - 1)
                case .number(let standard, let range):
                    .number(
                        standard == range.lowerBound
                            ? (standard + range.upperBound) / 2 : (standard + range.lowerBound) / 2)
                case .choice(_, let options): .text(options[options.count - 1])
                case .boolean(let standard): .boolean(!standard)
                }
            let parameters = try StrategyParameters([key.definition.name: value], for: EnhancedStrategy.definition)
            var settings = AnalysisSettings()
            for other in AnalysisKey.all where other.definition.name != key.definition.name {
                other.write(parameters, &settings)
            }
            let before = "\(settings)"
            #expect(before == "\(AnalysisSettings())")
            key.write(parameters, &settings)
            #expect("\(settings)" != before, "\(key.definition.name)")
        }
    }

    @Test(
        "settings that contradict each other are refused by the parameter's name",
        arguments: [
            (["regime_ranging_adx": .number(30)], "regime_ranging_adx does not go with"),
            (["regime_rank_minimum": .integer(700)], "regime_rank_minimum"),
            (["timeframe_2": "4h"], "timeframe_1"),
            (["timeframe_1_weight": .number(0.3)], "timeframe_1_weight"),
            (["timeframes_fast_period": .integer(30)], "timeframes_fast_period"),
            (["profile_days": .integer(2), "profile_minimum_history": .integer(2 * 1440)], "profile_minimum_history"),
            (["thresholds_window": .integer(100)], "thresholds_minimum_values"),
            (["conditions_low_volatility": .number(90)], "conditions_low_volatility"),
            (["correlation_low": .number(0.8)], "correlation_low"),
        ] as [([String: ParameterValue], String)])
    func contradictions(values: [String: ParameterValue], key: String) throws {
        let parameters = try StrategyParameters(values, for: EnhancedStrategy.definition)
        #expect {
            _ = try EnhancedStrategy(parameters: parameters)
        } throws: { error in
            guard case StrategyError.badParameter(_, let reason) = error else { return false }
            return reason.hasPrefix(key)
        }
    }

    // MARK: Charts

    @Test("its histories can be drawn: each has points, in order, with a value for each column")
    func charts() throws {
        let result = try World.run(
            try input(own: .fiveMinutes, data: .fiveMinutes, days: 20, ["signal_timeframe": "own"]))
        let charts = try #require(result.charts.first)
        #expect(
            charts.map(\.name) == ["thresholds", "timeframes", "volume_profile", "regime", "liquidity", "correlation"])
        for series in charts where series.name != "correlation" {
            #expect(series.points.count > 10, "\(series.name)")
            #expect(series.points.allSatisfy { $0.values.count == series.columns.count })
            #expect(zip(series.points, series.points.dropFirst()).allSatisfy { $0.time < $1.time })
            #expect(series.points.contains { $0.values.allSatisfy(\.isFinite) }, "\(series.name)")
        }
        // Markets are compared where an account has several.
        #expect(charts.last?.points.isEmpty == true)
        let states = Set(charts[3].points.map(\.state))
        #expect(states.count > 1 && states.isSubset(of: Set(MarketRegime.allCases.map(\.rawValue))))
    }

    @Test("It looks back as far as the longest window of a feature that is on")
    func lookBack() throws {
        func lookBack(_ values: [String: ParameterValue]) throws -> TimeSpan? {
            try EnhancedStrategy(parameters: StrategyParameters(values, for: EnhancedStrategy.definition)).lookBack
        }
        var values: [String: ParameterValue] = [
            "thresholds": true, "timeframes": true, "regime": true, "volume_profile": true,
        ]
        // 720 hourly values that are ranked, each of which needs 24 bars, and one that is cut off.
        #expect(try lookBack(values) == .hours(745))
        values["profile_days"] = .integer(60)
        #expect(try lookBack(values) == .days(60))
        values["thresholds"] = false
        values["profile_days"] = .integer(3)
        // 672 quarters of an hour that are ranked, each after 96, and 96 before the first rank.
        #expect(try lookBack(values) == .minutes(15 * (672 + 96 + 96 + 1)))
        values["regime"] = false
        // The trend of four hours has all its votes after 34 bars.
        #expect(try lookBack(values) == .hours(4 * 35))
        values["timeframes"] = false
        #expect(try lookBack(values) == .days(3))
        values["volume_profile"] = false
        #expect(try lookBack(values) == nil)
    }
}
