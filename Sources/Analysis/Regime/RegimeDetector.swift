// SPDX-License-Identifier: Apache-2.0

import Indicators
public import Trading

/// The regime of a market, looked at every 15 minutes and changed only when another one has stayed for 15 minutes.
///
/// Input: closed bars of one instrument and timeframe. Output: one of five regimes and its effects. The regime is
/// `UNCERTAIN` until the first change. Warm-up: `RegimeSettings.warmUpBars` bars. Cost: O(log rankWindow)
/// and a move of memory per bar, no allocation but the growing history.
///
/// Stability: a look happens at the first call of `evaluate` in each quarter of an hour. A regime that differs from
/// the one that counts is pending from the look that first saw it; it counts at the first look at least 15 minutes
/// later, if every look between saw it too and none was missed. Any other sight, or a quarter of an hour without a
/// look, begins anew. So a regime seen at 12:00 counts at 12:15 where it is seen again.
///
/// A bar that is not finite, or does not close after the last one, is no bar.
public struct RegimeDetector: Sendable {
    public let settings: RegimeSettings
    /// All looks, oldest first.
    public private(set) var history: History<RegimeReading>
    /// The last look; `nil` before the first.
    public private(set) var latest: RegimeReading?
    /// The regime that counts.
    public var regime: MarketRegime { stable.counted }
    private var movement: DirectionalMovement
    private var range: AverageTrueRange
    private var ranks: RankWindow
    private var bands: BollingerBands
    private var lastRange = Double.nan
    /// Without the percentile, which is only taken when it is asked for.
    private var numbers = MarketState.unknown
    private var lastClose: Timestamp?
    private var stable = StableState(MarketRegime.uncertain)
    private var looks: Looks

    public init(settings: RegimeSettings = RegimeSettings()) throws(AnalysisError) {
        try settings.validate()
        self.settings = settings
        history = History(capacity: settings.historyCapacity)
        looks = Looks(every: settings.interval)
        movement = validated { try DirectionalMovement(period: settings.period) }
        range = validated { try AverageTrueRange(period: settings.period) }
        ranks = RankWindow(
            capacity: settings.rankWindow, span: settings.timeframe.span.times(settings.rankWindow))
        bands = validated {
            try BollingerBands(period: settings.bandPeriod, deviations: settings.bandDeviations)
        }
    }

    public var effects: RegimeEffects { settings.effects(of: regime) }

    /// Takes the next closed bar; returns whether it was a bar.
    @discardableResult
    public mutating func update(closeTime: Timestamp, high: Double, low: Double, close: Double) -> Bool {
        guard (high - low + close).isFinite, high >= low else { return false }
        if let lastClose, closeTime <= lastClose { return false }
        lastClose = closeTime
        let lines = movement.update(high: high, low: low, close: close)
        lastRange = range.update(high: high, low: low, close: close)
        if lastRange.isFinite { ranks.push(lastRange, at: closeTime) }
        numbers = MarketState(
            adx: lines.adx, plusDI: lines.plusDI, minusDI: lines.minusDI, rangePercentile: .nan,
            bollingerWidth: bands.update(close).width)
        return true
    }

    /// The numbers after the last bar.
    public var state: MarketState {
        var state = numbers
        if lastRange.isFinite, ranks.count >= settings.rankMinimum { state.rangePercentile = ranks.percentileOfNewest }
        return state
    }

    /// Whether a look is due at `now`: none was in this quarter of an hour.
    public func isDue(at now: Timestamp) -> Bool { looks.isDue(at: now) }

    /// Looks at the market where that is due; returns what was seen, or `nil` where no look was due.
    @discardableResult
    public mutating func evaluate(at now: Timestamp) -> RegimeReading? {
        guard let missedLook = looks.look(at: now) else { return nil }
        let age = lastClose.map { Freshness.age(of: $0, at: now) } ?? .zero
        let isStale = Freshness.isStale(age, interval: settings.timeframe.span, staleAfter: settings.staleAfter)
        let state = isStale ? MarketState.unknown : state
        let reading = decide(
            settings.regime(of: state), state: state, staleAge: isStale ? age : nil, missedLook: missedLook, at: now)
        latest = reading
        history.append(reading)
        return reading
    }

    private mutating func decide(
        _ seen: MarketRegime, state: MarketState, staleAge: TimeSpan?, missedLook: Bool, at now: Timestamp
    ) -> RegimeReading {
        let previous = regime
        let stableFor = stable.see(seen, missedLook: missedLook, stability: settings.stability, at: now)
        return RegimeReading(
            time: now, state: state, staleAge: staleAge, seen: seen, regime: regime, previousRegime: previous,
            stableFor: stableFor, effects: settings.effects(of: regime))
    }
}
