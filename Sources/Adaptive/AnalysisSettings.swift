// SPDX-License-Identifier: Apache-2.0

import Analysis
import Indicators
import Strategies
import Trading

/// What can be set about the components that a strategy looks at a market with.
struct AnalysisSettings: Sendable {
    var thresholds = ThresholdSettings()
    var timeframes = TimeframeSettings()
    var profile = VolumeProfileSettings()
    var regime = RegimeSettings()
    var conditions = ConditionSettings()
    var correlation = CorrelationSettings()

    init() {}

    /// - Throws: `StrategyError` that names the parameter.
    init(_ parameters: StrategyParameters) throws {
        for key in AnalysisKey.all { key.write(parameters, &self) }
        // Conditions are looked at with the regime, on its bars.
        conditions.timeframe = regime.timeframe
        conditions.interval = regime.interval
        do throws(AnalysisError) {
            try thresholds.validate()
            try timeframes.validate()
            try profile.validate()
            try regime.validate()
            try conditions.validate()
            try correlation.validate()
        } catch {
            let name = AnalysisKey.name(of: error.key)
            let text = "\(error)"
            throw StrategyError.badParameter(
                strategy: EnhancedStrategy.definition.name, reason: name + text.dropFirst(error.key.count))
        }
    }
}

/// A parameter of the strategy that is a setting of its analysis: its default is the setting's own.
struct AnalysisKey: Sendable {
    let definition: ParameterDefinition
    let write: @Sendable (StrategyParameters, inout AnalysisSettings) -> Void

    private typealias Path<Value> = any WritableKeyPath<AnalysisSettings, Value> & Sendable

    /// - Parameters:
    ///   - kind: By the setting's own value.
    ///   - read: The parameter of this name as a setting; `nil` changes nothing.
    private init<Value>(
        _ name: String, _ path: Path<Value>, _ summary: String, kind: (Value) -> ParameterDefinition.Kind,
        read: @escaping @Sendable (StrategyParameters, String) -> Value?
    ) {
        definition = ParameterDefinition(
            name: name, kind: kind(AnalysisSettings()[keyPath: path]), summary: summary)
        write = { parameters, settings in
            if let value = read(parameters, name) { settings[keyPath: path] = value }
        }
    }

    private static func number(
        _ name: String, _ path: Path<Double>, _ range: ClosedRange<Double>, _ summary: String
    ) -> Self {
        AnalysisKey(name, path, summary, kind: { .number(default: $0, range: range) }, read: { $0.number($1) })
    }

    private static func integer(
        _ name: String, _ path: Path<Int>, _ range: ClosedRange<Int>, _ summary: String
    ) -> Self {
        AnalysisKey(name, path, summary, kind: { .integer(default: $0, range: range) }, read: { $0.integer($1) })
    }

    /// A whole number of `unit`.
    private static func span(
        _ name: String, _ path: Path<TimeSpan>, _ range: ClosedRange<Int>, of unit: TimeSpan, _ summary: String
    ) -> Self {
        AnalysisKey(
            name, path, summary,
            kind: { .integer(default: Int($0.nanoseconds / unit.nanoseconds), range: range) },
            read: { unit * Int64($0.integer($1)) })
    }

    private static func minutes(
        _ name: String, _ path: Path<TimeSpan>, _ range: ClosedRange<Int>, _ summary: String
    ) -> Self {
        span(name, path, range, of: .minutes(1), summary + " In minutes.")
    }

    private static func timeframe(_ name: String, _ path: Path<Timeframe>, _ summary: String) -> Self {
        AnalysisKey(
            name, path, summary,
            kind: { .choice(default: "\($0)", options: Timeframe.standard.map(\.description)) },
            read: { parameters, name in Timeframe.standard.first { "\($0)" == parameters.text(name) } })
    }

    /// The parameter of a setting: `regime.trending_adx` is `regime_trending_adx`.
    static func name(of setting: String) -> String {
        switch setting {
        case "thresholds.minimum_multiplier": "threshold_min"
        case "thresholds.maximum_multiplier": "threshold_max"
        case "profile.look_back": "profile_days"
        case "timeframes.timeframes": "timeframe_1"
        case _ where setting.hasPrefix("timeframes.weights"): "timeframe_1_weight"
        default: String(setting.map { $0 == "." ? "_" : $0 })
        }
    }

    static let all = thresholds + timeframes + profile + regime + conditions + correlation
    static var definitions: [ParameterDefinition] { all.map(\.definition) }

    private static var thresholds: [AnalysisKey] {
        [
            number("threshold_min", \.thresholds.minimumMultiplier, 0...1, "Lowest multiplier of the entry threshold."),
            number(
                "threshold_max", \.thresholds.maximumMultiplier, 1...10, "Highest multiplier of the entry threshold."),
            integer("thresholds_period", \.thresholds.period, 1...1000, "Hourly bars of the ATR that is ranked."),
            integer("thresholds_window", \.thresholds.window, 2...100_000, "Hourly values that are ranked."),
            integer(
                "thresholds_minimum_values", \.thresholds.minimumValues, 1...100_000,
                "Hourly values with fewer of which the base threshold holds."),
            integer(
                "thresholds_stale_after", \.thresholds.staleAfter, 1...1000,
                "Hours without a bar after which the base threshold holds."),
        ]
    }

    private static var timeframes: [AnalysisKey] {
        let votes = (0..<4).flatMap { index in
            [
                timeframe(
                    "timeframe_\(index + 1)", \.timeframes.timeframes[index].timeframe,
                    "The timeframe of vote \(index + 1) of 4; the shortest is the first."),
                number(
                    "timeframe_\(index + 1)_weight", \.timeframes.timeframes[index].weight, 0...1,
                    "Its weight; the four sum to 1."),
            ]
        }
        return votes + [
            integer("timeframes_fast_period", \.timeframes.fastPeriod, 1...1000, "Bars of the trend's fast average."),
            integer("timeframes_slow_period", \.timeframes.slowPeriod, 2...1000, "Bars of the trend's slow average."),
            integer("timeframes_momentum_period", \.timeframes.momentumPeriod, 1...1000, "Bars of a momentum vote."),
            integer(
                "timeframes_volatility_period", \.timeframes.volatilityPeriod, 1...1000,
                "Bars of a volatility vote's ATR."
            ),
            integer(
                "timeframes_volatility_mean_period", \.timeframes.volatilityMeanPeriod, 1...1000,
                "Bars of the mean that a volatility vote compares with."),
            number(
                "timeframes_volatility_band", \.timeframes.volatilityBand, 0...1,
                "Distance from that mean, as a share of it, within which volatility does not vote."),
            integer(
                "timeframes_stale_after", \.timeframes.staleAfter, 1...1000,
                "Bars that stay away after which a timeframe does not count."),
        ]
    }

    private static var profile: [AnalysisKey] {
        [
            span(
                "profile_days", \.profile.lookBack, 2...60, of: .days(1),
                "Days in the volume profile; it needs one to begin."),
            minutes(
                "profile_minimum_history", \.profile.minimumHistory, 0...86_400,
                "Bars that the profile must span to have levels."),
            number(
                "profile_bin_size", \.profile.binSize, 0.0001...0.1, "Height of a price bin, as a share of the price."),
            number("profile_value_area", \.profile.valueArea, 0.01...1, "Share of the volume in the value area."),
            number(
                "profile_near_distance", \.profile.nearDistance, 0...1, "Distance of a level that is near, as a share."),
            number(
                "profile_low_volume_share", \.profile.lowVolumeShare, 0...10,
                "Share of the mean bin's volume below which little was traded."),
            number(
                "profile_low_volume_size_factor", \.profile.lowVolumeSizeFactor, 0...1,
                "Share of the size where little was traded."),
            minutes("profile_interval", \.profile.interval, 1...1440, "How often the profile is made anew."),
            integer(
                "profile_stale_after", \.profile.staleAfter, 1...1000,
                "Intervals after which a profile is too old to be used."),
            integer("profile_bar_capacity", \.profile.barCapacity, 1...100_000, "Bars of the profile that are kept."),
        ]
    }

    private static var regime: [AnalysisKey] {
        [
            timeframe("regime_timeframe", \.regime.timeframe, "The bars that the regime is seen in."),
            integer("regime_period", \.regime.period, 1...1000, "Bars of ADX and ATR."),
            integer(
                "regime_rank_window", \.regime.rankWindow, 2...100_000, "Values that the latest ATR is ranked among."),
            integer("regime_rank_minimum", \.regime.rankMinimum, 1...100_000, "Values that must be there to rank."),
            integer("regime_band_period", \.regime.bandPeriod, 2...1000, "Bars of the Bollinger bands."),
            number("regime_band_deviations", \.regime.bandDeviations, 0...1000, "Standard deviations of the bands."),
            number(
                "regime_volatile_percentile", \.regime.volatilePercentile, 0...100, "Volatile: the ATR's percentile."),
            number(
                "regime_volatile_width", \.regime.volatileWidth, 0...10,
                "Volatile: the bands' width, as a share of their middle."),
            number("regime_trending_adx", \.regime.trendingADX, 0...100, "Trending from this ADX on."),
            number("regime_ranging_adx", \.regime.rangingADX, 0...100, "Ranging up to this ADX."),
            number(
                "regime_ranging_width", \.regime.rangingWidth, 0...10,
                "Ranging up to this width of the bands, as a share of their middle."),
            minutes("regime_interval", \.regime.interval, 1...1440, "How often the regime is looked at."),
            minutes(
                "regime_stability", \.regime.stability, 15...1440, "How long another regime is seen before it counts."),
            integer(
                "regime_stale_after", \.regime.staleAfter, 1...1000,
                "Bars that stay away after which the regime is uncertain."),
        ]
            + MarketRegime.allCases.flatMap { regime in
                let name = "regime_\(regime.rawValue.lowercased())"
                return [
                    number(
                        "\(name)_stop_multiplier", \.regime[regime].stopMultiplier, 0.1...10,
                        "Factor of the stop's distance."),
                    number(
                        "\(name)_threshold_multiplier", \.regime[regime].thresholdMultiplier, 0.1...10,
                        "Factor of the entry threshold."),
                    number(
                        "\(name)_size_factor", \.regime[regime].sizeFactor, 0...(regime == .volatile ? 1 : 2),
                        "Factor of the size."),
                ]
            }
    }

    private static var conditions: [AnalysisKey] {
        [
            number(
                "conditions_high_volatility", \.conditions.highVolatility, 0...100, "Percentile of high volatility."),
            number("conditions_low_volatility", \.conditions.lowVolatility, 0...100, "Percentile of low volatility."),
            number("conditions_trending_adx", \.conditions.trendingADX, 0...100, "ADX of a trend regime that trends."),
            number("conditions_ranging_adx", \.conditions.rangingADX, 0...100, "ADX of one that ranges."),
            integer(
                "conditions_liquidity_period", \.conditions.liquidityPeriod, 1...100_000,
                "Bars whose movement and turnover are compared."),
            integer(
                "conditions_rank_window", \.conditions.rankWindow, 2...100_000,
                "Values that the latest illiquidity is ranked among."),
            integer(
                "conditions_rank_minimum", \.conditions.rankMinimum, 1...100_000, "Values that must be there to rank."),
            number(
                "conditions_illiquid_percentile", \.conditions.illiquidPercentile, 0...100,
                "Percentile of an illiquid market."),
            number(
                "conditions_liquid_percentile", \.conditions.liquidPercentile, 0...100, "Percentile of a liquid market."
            ),
            minutes(
                "conditions_stability", \.conditions.stability, 15...1440,
                "How long another state is seen before it counts."),
        ]
    }

    private static var correlation: [AnalysisKey] {
        [
            number("correlation_high", \.correlation.high, -1...1, "Mean correlation of markets that move together."),
            number("correlation_low", \.correlation.low, -1...1, "Mean correlation of markets that do not."),
            number(
                "correlation_minimum_share", \.correlation.minimumShare, 0...1, "Share of pairs that must be measured."),
            minutes("correlation_interval", \.correlation.interval, 1...1440, "How often correlation is looked at."),
            minutes(
                "correlation_stability", \.correlation.stability, 15...10_080,
                "How long another regime is seen before it counts."),
        ]
    }
}

extension RegimeSettings {
    fileprivate subscript(regime: MarketRegime) -> RegimeEffects {
        get { effects(of: regime) }
        set {
            switch regime {
            case .trendingBullish: trendingBullish = newValue
            case .trendingBearish: trendingBearish = newValue
            case .ranging: ranging = newValue
            case .volatile: volatile = newValue
            case .uncertain: uncertain = newValue
            }
        }
    }
}
