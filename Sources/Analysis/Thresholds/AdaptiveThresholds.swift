// SPDX-License-Identifier: Apache-2.0

import Indicators
public import Trading

/// Entry thresholds that rise with volatility and fall with it.
///
/// Input: closed hourly bars of one instrument. Output: a multiplier of the base thresholds, from the mid-rank of the
/// latest average true range (Wilder's, as `Indicators` has it) among those of the last 30 days. Warm-up:
/// `period + minimumValues` bars; until then, and while hourly bars stay away, the multiplier is 1. Cost: O(log
/// window) and a move of memory per hourly bar, no allocation but the growing history.
///
/// A bar that is not finite, or does not close after the last one, is no bar: nothing changes. An average true range
/// of 0 has a rank like any other; in a market that is flat throughout all ranks are equal, which is percentile 50
/// and multiplier 1.
public struct AdaptiveThresholds: Sendable {
    public let settings: ThresholdSettings
    /// The reading after each hourly bar, oldest first.
    public private(set) var history: History<ThresholdReading>
    /// The reading after the last hourly bar.
    public private(set) var latest: ThresholdReading
    private var range: AverageTrueRange
    private var ranks: RankWindow

    public init(settings: ThresholdSettings = ThresholdSettings()) throws(AnalysisError) {
        try settings.validate()
        self.settings = settings
        history = History(capacity: settings.historyCapacity)
        range = validated { try AverageTrueRange(period: settings.period) }
        ranks = RankWindow(capacity: settings.window, span: Timeframe.oneHour.span.times(settings.window))
        latest = ThresholdReading(
            time: .distantPast, basis: .noBars, averageTrueRange: .nan, percentile: .nan, valueCount: 0,
            valuesNeeded: settings.minimumValues, multiplier: 1, previousMultiplier: 1)
    }

    /// Takes the next closed hourly bar; returns the new reading, or `nil` where the bar was no bar.
    @discardableResult
    public mutating func update(
        closeTime: Timestamp, high: Double, low: Double, close: Double
    ) -> ThresholdReading? {
        guard (high - low + close).isFinite, high >= low, closeTime > latest.time else { return nil }
        let value = range.update(high: high, low: low, close: close)
        if value.isFinite { ranks.push(value, at: closeTime) }
        let isRanked = value.isFinite && ranks.count >= settings.minimumValues
        let percentile = isRanked ? ranks.percentileOfNewest : .nan
        latest = ThresholdReading(
            time: closeTime, basis: isRanked ? .ranked : .tooFewValues, averageTrueRange: value,
            percentile: percentile, valueCount: ranks.count, valuesNeeded: settings.minimumValues,
            multiplier: settings.multiplier(atPercentile: percentile), previousMultiplier: latest.multiplier)
        history.append(latest)
        return latest
    }

    /// The reading that holds at `now`: the latest, or the base thresholds where hourly bars stay away.
    public func reading(at now: Timestamp) -> ThresholdReading {
        let age = Freshness.age(of: latest.time, at: now)
        guard latest.basis != .noBars,
            Freshness.isStale(age, interval: Timeframe.oneHour.span, staleAfter: settings.staleAfter)
        else { return latest }
        return ThresholdReading(
            time: latest.time, basis: .stale, averageTrueRange: latest.averageTrueRange, percentile: .nan,
            valueCount: latest.valueCount, valuesNeeded: latest.valuesNeeded, multiplier: 1,
            previousMultiplier: latest.multiplier)
    }
}
