// SPDX-License-Identifier: Apache-2.0

public import Trading

/// Where conditions of a market begin and end.
public struct ConditionSettings: Hashable, Sendable {
    /// Of the bars that are read.
    public var timeframe = Timeframe.fifteenMinutes
    /// Volatility is high from this percentile of the ATR on, and low up to that one.
    public var highVolatility = 80.0
    public var lowVolatility = 20.0
    /// It trends from this ADX on, and ranges up to that one.
    public var trendingADX = 25.0
    public var rangingADX = 20.0
    /// Bars over which movement and turnover are summed: a day of quarter hours.
    public var liquidityPeriod = 96
    /// Values among which the latest illiquidity is ranked, and bars of time; and how many must be there.
    public var rankWindow = 672
    public var rankMinimum = 96
    /// Illiquid from this percentile of illiquidity on, liquid up to that one.
    public var illiquidPercentile = 90.0
    public var liquidPercentile = 10.0
    /// Illiquid in any case from this spread on, as a share of the price, where spreads are told.
    public var illiquidSpread = 0.005
    public var interval = TimeSpan.minutes(15)
    /// How long another state must have been seen at every look before it counts.
    public var stability = TimeSpan.minutes(15)
    public var historyCapacity = 672

    public init() {}

    /// Bars until every number is there.
    public var warmUpBars: Int { liquidityPeriod + rankMinimum }

    public func volatility(_ percentile: Double) -> VolatilityRegime {
        guard percentile.isFinite else { return .unknown }
        if percentile >= highVolatility { return .high }
        return percentile <= lowVolatility ? .low : .normal
    }

    public func trend(_ adx: Double) -> TrendRegime {
        guard adx.isFinite else { return .unknown }
        if adx >= trendingADX { return .trending }
        return adx <= rangingADX ? .ranging : .undecided
    }

    /// - Parameter illiquidity: Infinite where nothing was traded: then nothing is liquid.
    public func liquidity(_ illiquidity: Double, percentile: Double, spread: Double) -> LiquidityRegime {
        if illiquidity == .infinity || spread >= illiquidSpread { return .illiquid }
        guard percentile.isFinite else { return .unknown }
        if percentile >= illiquidPercentile { return .illiquid }
        return percentile <= liquidPercentile ? .liquid : .normal
    }

    /// - Throws: `AnalysisError` that names the first key whose value cannot be used.
    public func validate() throws(AnalysisError) {
        try require(liquidityPeriod, "conditions.liquidity_period", in: 1...longestWindow)
        try require(rankWindow, "conditions.rank_window", in: 2...longestWindow)
        try require(rankMinimum, "conditions.rank_minimum", in: 1...longestWindow)
        try require(illiquidSpread, "conditions.illiquid_spread", in: 0...1)
        try require(interval, "conditions.interval", in: .minutes(1) ... .days(1))
        try require(stability, "conditions.stability", in: .minutes(15) ... .days(1))
        try require(historyCapacity, "conditions.history_capacity", in: 1...longestWindow)
        guard rankMinimum <= rankWindow else {
            throw .contradiction(
                key: "conditions.rank_minimum",
                reason: "\(rankMinimum) values never come together in a window of \(rankWindow)")
        }
        for (low, high, lowKey, highKey) in [
            (lowVolatility, highVolatility, "low_volatility", "high_volatility"),
            (rangingADX, trendingADX, "ranging_adx", "trending_adx"),
            (liquidPercentile, illiquidPercentile, "liquid_percentile", "illiquid_percentile"),
        ] {
            try require(low, "conditions.\(lowKey)", in: 0...100)
            try require(high, "conditions.\(highKey)", in: 0...100)
            guard low < high else {
                throw .contradiction(key: "conditions.\(lowKey)", reason: "\(low) is not below \(highKey), \(high)")
            }
        }
    }
}
