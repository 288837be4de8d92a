// SPDX-License-Identifier: Apache-2.0

public import Trading

/// Trend, momentum and volatility on four timeframes, and the confidence that lies in their agreement.
///
/// Input: closed bars of each timeframe of one instrument. Output: three votes per timeframe in {−1, 0, 1}, the
/// direction (the sign of the weighted trend votes) and the confidence: exactly 1.0, 0.7 or 0.0 for four, three or
/// fewer timeframes whose trend votes that way. Momentum and volatility votes decide nothing here. Warm-up:
/// `TimeframeSettings.warmUpBars` bars of each timeframe. Cost: O(1) per bar and per reading, no allocation but the
/// growing history.
///
/// A timeframe with too few bars is missing, and one whose last bar closed more than `staleAfter` intervals ago is
/// stale; neither counts. A bar that is not finite, or does not close after the last one, is no bar.
public struct TimeframeCoordinator: Sendable {
    public let settings: TimeframeSettings
    /// The readings of `evaluate` that differ from the one before, oldest first.
    public private(set) var history: History<TimeframeReading>
    // An array, not an inline one: the optimizer of Swift 6.3.1 copies inline arrays of such elements wrongly where their
    // owner is a part of a larger value.
    private var voters: [TimeframeVoter]
    private let warmUpBars: Int

    public init(settings: TimeframeSettings = TimeframeSettings()) throws(AnalysisError) {
        try settings.validate()
        self.settings = settings
        history = History(capacity: settings.historyCapacity)
        voters = Array(repeating: TimeframeVoter(settings), count: 4)
        warmUpBars = settings.warmUpBars
    }

    /// The place of a timeframe among the four; `nil` where it is not one of them.
    public func index(of timeframe: Timeframe) -> Int? {
        settings.timeframes.firstIndex { $0.timeframe == timeframe }
    }

    /// Takes the next closed bar of the timeframe at `index`; returns whether it was a bar.
    @discardableResult
    public mutating func update(
        _ index: Int, closeTime: Timestamp, high: Double, low: Double, close: Double
    ) -> Bool {
        precondition(index >= 0 && index < 4, "there is no timeframe \(index) among the four")
        return voters[index].update(closeTime: closeTime, high: high, low: low, close: close)
    }

    /// What the timeframes say at `now`.
    public func reading(at now: Timestamp) -> TimeframeReading {
        TimeframeReading(time: now, votes: InlineArray { vote($0, at: now) })
    }

    /// What the timeframes say at `now`, kept in the history where it differs from what they said before.
    @discardableResult
    public mutating func evaluate(at now: Timestamp) -> TimeframeReading {
        let reading = reading(at: now)
        if !(history.last?.agrees(with: reading) ?? false) { history.append(reading) }
        return reading
    }

    private func vote(_ index: Int, at now: Timestamp) -> TimeframeVote {
        let entry = settings.timeframes[index]
        let voter = voters[index].opinion
        let age = Freshness.age(of: voter.lastClose, at: now)
        let status: TimeframeVote.Status =
            if voter.bars > 0, age < .zero {
                .early
            } else if voter.bars > 0,
                Freshness.isStale(age, interval: entry.timeframe.span, staleAfter: settings.staleAfter)
            {
                .stale(age: age)
            } else if voter.bars < warmUpBars {
                .missing(bars: voter.bars, needed: warmUpBars)
            } else {
                .present
            }
        let isPresent = status == .present
        return TimeframeVote(
            timeframe: entry.timeframe, weight: entry.weight, status: status, trend: isPresent ? voter.trend : 0,
            momentum: isPresent ? voter.momentum : 0, volatility: isPresent ? voter.volatility : 0)
    }
}
