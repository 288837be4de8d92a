// SPDX-License-Identifier: Apache-2.0

import Glibc
import Indicators
public import Trading

/// The volatility, the trend and the liquidity of one market, each as a regime of its own.
///
/// Input: closed bars of one instrument and timeframe, and the looks of a `RegimeDetector` on the same bars, which has
/// measured range and direction already. Output: three regimes; `UNKNOWN` until the first change. Warm-up:
/// `ConditionSettings.warmUpBars` bars. Cost: O(log rankWindow) and a move of memory per bar, no allocation but the growing
/// history. They change by the same rule of stability as the regime.
///
/// Illiquidity is, after Amihud, how far the price moves for what is traded: the mean of |ln(close ÷ previous close)| over
/// the mean of close × volume, of the last `liquidityPeriod` bars that have a bar before them. Means are divided, not
/// quotients averaged: a bar without volume then counts as movement, and does not divide by nothing.
///
/// Source: Y. Amihud, "Illiquidity and stock returns", Journal of Financial Markets 5 (2002).
public struct MarketConditions: Sendable {
    public let settings: ConditionSettings
    /// All looks, oldest first.
    public private(set) var history: History<ConditionReading>
    /// The last look; `nil` before the first.
    public private(set) var latest: ConditionReading?
    private var volatilityState = StableState(VolatilityRegime.unknown)
    private var trendState = StableState(TrendRegime.unknown)
    private var liquidityState = StableState(LiquidityRegime.unknown)
    private var looks: Looks
    private var movement: SimpleMovingAverage
    private var turnover: SimpleMovingAverage
    /// Bars in a row that did not move, or had no turnover: a mean of zeros may differ from 0 by rounding.
    private var barsWithoutMovement = 0
    private var barsWithoutTurnover = 0
    private var ranks: RankWindow
    private var illiquidity = Double.nan
    private var spread = Double.nan
    private var last: (closeTime: Timestamp, close: Double)?

    public init(settings: ConditionSettings = ConditionSettings()) throws(AnalysisError) {
        try settings.validate()
        self.settings = settings
        history = History(capacity: settings.historyCapacity)
        looks = Looks(every: settings.interval)
        movement = validated { try SimpleMovingAverage(period: settings.liquidityPeriod) }
        turnover = validated { try SimpleMovingAverage(period: settings.liquidityPeriod) }
        ranks = RankWindow(capacity: settings.rankWindow, span: settings.timeframe.span.times(settings.rankWindow))
    }

    public var volatility: VolatilityRegime { volatilityState.counted }
    public var trend: TrendRegime { trendState.counted }
    public var liquidity: LiquidityRegime { liquidityState.counted }

    /// Takes the next closed bar; returns whether it was a bar.
    ///
    /// - Parameter spread: Ask less bid over their middle, where it is known; the last one that was told counts.
    @discardableResult
    public mutating func update(closeTime: Timestamp, close: Double, volume: Double, spread: Double = .nan) -> Bool {
        let traded = close * volume
        guard close > 0, close.isFinite, volume >= 0, traded.isFinite else { return false }
        if let last, closeTime <= last.closeTime { return false }
        if spread >= 0, spread.isFinite { self.spread = spread }
        defer { last = (closeTime, close) }
        guard let last else { return true }
        let (step, period) = (abs(log(close / last.close)), settings.liquidityPeriod)
        let (moved, mean) = (movement.update(step), turnover.update(traded))
        barsWithoutMovement = step > 0 ? 0 : min(barsWithoutMovement + 1, period)
        barsWithoutTurnover = traded > 0 ? 0 : min(barsWithoutTurnover + 1, period)
        guard moved.isFinite else { return true }
        if barsWithoutTurnover == period || mean <= 0 {
            illiquidity = .infinity
        } else {
            illiquidity = barsWithoutMovement == period ? 0 : max(0, moved) / mean
        }
        if illiquidity.isFinite { ranks.push(illiquidity, at: closeTime) }
        return true
    }

    /// Looks at the market as a detector has; returns what was seen, or `nil` where no look was due.
    @discardableResult
    public mutating func evaluate(_ look: RegimeReading) -> ConditionReading? {
        guard let missedLook = looks.look(at: look.time) else { return nil }
        let isStale = look.staleAge != nil
        let illiquidity = isStale ? .nan : illiquidity
        let isRanked = illiquidity.isFinite && ranks.count >= settings.rankMinimum
        let percentile = isRanked ? ranks.percentileOfNewest : .nan
        let (spread, stability) = (isStale ? .nan : spread, settings.stability)
        let reading = ConditionReading(
            time: look.time, rangePercentile: look.state.rangePercentile, adx: look.state.adx, illiquidity: illiquidity,
            illiquidityPercentile: percentile, spread: spread,
            volatility: volatilityState.judge(
                settings.volatility(look.state.rangePercentile), missedLook: missedLook, stability: stability,
                at: look.time),
            trend: trendState.judge(
                settings.trend(look.state.adx), missedLook: missedLook, stability: stability, at: look.time),
            liquidity: liquidityState.judge(
                settings.liquidity(illiquidity, percentile: percentile, spread: spread), missedLook: missedLook,
                stability: stability, at: look.time))
        latest = reading
        history.append(reading)
        return reading
    }
}
