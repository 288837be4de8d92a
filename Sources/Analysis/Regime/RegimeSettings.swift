// SPDX-License-Identifier: Apache-2.0

public import Trading

/// Where one regime ends and another begins, and what each does.
public struct RegimeSettings: Hashable, Sendable {
    /// Of the bars that are read.
    public var timeframe = Timeframe.fifteenMinutes
    /// Bars of the directional movement (ADX) and of the average true range.
    public var period = 14
    /// Values among which the latest average true range is ranked, and bars of time: a week of quarter hours.
    public var rankWindow = 672
    /// Values that must be there to rank: a day.
    public var rankMinimum = 96
    /// Bars and standard deviations of the Bollinger bands.
    public var bandPeriod = 20
    public var bandDeviations = 2.0
    /// Volatile: the ATR's percentile is at least this and the bands are at least so wide.
    public var volatilePercentile = 90.0
    public var volatileWidth = 0.02
    /// Trending, where not volatile: the ADX is at least this.
    public var trendingADX = 25.0
    /// Ranging, where neither: the ADX is at most this and the bands are at most so wide.
    public var rangingADX = 20.0
    public var rangingWidth = 0.02
    /// How often the regime is looked at, on a grid that starts at the Unix epoch.
    public var interval = TimeSpan.minutes(15)
    /// How long another regime must have been seen at every look before it counts; at least 15 minutes.
    public var stability = TimeSpan.minutes(15)
    /// Intervals without a closed bar after which the market is uncertain.
    public var staleAfter = 2
    public var trendingBullish = RegimeEffects(stopMultiplier: 1.2, thresholdMultiplier: 0.9, sizeFactor: 1)
    public var trendingBearish = RegimeEffects(stopMultiplier: 1.2, thresholdMultiplier: 0.9, sizeFactor: 1)
    public var ranging = RegimeEffects(stopMultiplier: 0.8, thresholdMultiplier: 1.1, sizeFactor: 0.8)
    public var volatile = RegimeEffects(stopMultiplier: 1.5, thresholdMultiplier: 1.3, sizeFactor: 0.5)
    public var uncertain = RegimeEffects(stopMultiplier: 1, thresholdMultiplier: 1.2, sizeFactor: 0.7)
    /// Looks that are kept: a week of quarter hours.
    public var historyCapacity = 672

    public init() {}

    public func effects(of regime: MarketRegime) -> RegimeEffects {
        switch regime {
        case .trendingBullish: trendingBullish
        case .trendingBearish: trendingBearish
        case .ranging: ranging
        case .volatile: volatile
        case .uncertain: uncertain
        }
    }

    /// The one regime that the numbers say: volatile before trending before ranging, and uncertain where none holds,
    /// where both directions are equal, or where a number is missing.
    public func regime(of state: MarketState) -> MarketRegime {
        guard state.isComplete else { return .uncertain }
        if state.rangePercentile >= volatilePercentile, state.bollingerWidth >= volatileWidth { return .volatile }
        if state.adx >= trendingADX {
            if state.plusDI > state.minusDI { return .trendingBullish }
            if state.plusDI < state.minusDI { return .trendingBearish }
            return .uncertain
        }
        if state.adx <= rangingADX, state.bollingerWidth <= rangingWidth { return .ranging }
        return .uncertain
    }

    /// Bars until every number is there.
    public var warmUpBars: Int { max(2 * period, period + rankMinimum, bandPeriod) }

    /// - Throws: `AnalysisError` that names the first key whose value cannot be used.
    public func validate() throws(AnalysisError) {
        try require(period, "regime.period", in: 1...longestWindow)
        try require(rankWindow, "regime.rank_window", in: 2...longestWindow)
        try require(rankMinimum, "regime.rank_minimum", in: 1...longestWindow)
        try require(bandPeriod, "regime.band_period", in: 2...longestWindow)
        try require(bandDeviations, "regime.band_deviations", in: 0...1000)
        try require(volatilePercentile, "regime.volatile_percentile", in: 0...100)
        try require(volatileWidth, "regime.volatile_width", in: 0...10)
        try require(trendingADX, "regime.trending_adx", in: 0...100)
        try require(rangingADX, "regime.ranging_adx", in: 0...100)
        try require(rangingWidth, "regime.ranging_width", in: 0...10)
        try require(interval, "regime.interval", in: .minutes(1) ... .days(1))
        try require(stability, "regime.stability", in: .minutes(15) ... .days(1))
        try require(staleAfter, "regime.stale_after", in: 1...1000)
        try require(historyCapacity, "regime.history_capacity", in: 1...longestWindow)
        guard rankMinimum <= rankWindow else {
            throw .contradiction(
                key: "regime.rank_minimum",
                reason: "\(rankMinimum) values never come together in a window of \(rankWindow)")
        }
        guard rangingADX <= trendingADX else {
            throw .contradiction(
                key: "regime.ranging_adx", reason: "\(rangingADX) is above trending_adx, \(trendingADX)")
        }
        for (regime, key) in [
            (MarketRegime.trendingBullish, "trending_bullish"), (.trendingBearish, "trending_bearish"),
            (.ranging, "ranging"), (.volatile, "volatile"), (.uncertain, "uncertain"),
        ] {
            let effects = effects(of: regime)
            try require(effects.stopMultiplier, "regime.\(key).stop_multiplier", in: 0.1...10)
            try require(effects.thresholdMultiplier, "regime.\(key).threshold_multiplier", in: 0.1...10)
            try require(effects.sizeFactor, "regime.\(key).size_factor", in: 0...(regime == .volatile ? 1 : 2))
        }
    }
}
