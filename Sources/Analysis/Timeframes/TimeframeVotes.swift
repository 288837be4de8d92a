// SPDX-License-Identifier: Apache-2.0

import Indicators
public import Trading

/// What one timeframe says, or why it says nothing.
public struct TimeframeVote: Sendable, Equatable, BitwiseCopyable {
    public enum Status: Sendable, Equatable, BitwiseCopyable {
        case present
        /// Fewer closed bars than the indicators want; 0 where none came.
        case missing(bars: Int, needed: Int)
        /// The last bar closed this long ago, which is longer than the settings allow.
        case stale(age: TimeSpan)
        /// The last bar closes after the moment that was asked about.
        case early
    }

    public let timeframe: Timeframe
    public let weight: Double
    public let status: Status
    /// −1 falling, 0 neither, 1 rising: the sign of the fast average less the slow one, within 1e-9 of the price
    /// being neither. 0 unless present.
    public let trend: Int
    /// The sign of velocity where acceleration has the same sign, otherwise 0. 0 unless present.
    public let momentum: Int
    /// 1 where volatility is above its mean by more than the band, −1 where it is below by more. 0 unless present.
    public let volatility: Int

    public init(
        timeframe: Timeframe, weight: Double, status: Status, trend: Int, momentum: Int, volatility: Int
    ) {
        self.timeframe = timeframe
        self.weight = weight
        self.status = status
        self.trend = trend
        self.momentum = momentum
        self.volatility = volatility
    }

    public var isPresent: Bool { status == .present }

    public var reason: String {
        switch status {
        case .present:
            "\(timeframe) trend \(signed(trend)), momentum \(signed(momentum)), volatility \(signed(volatility))"
        case .missing(let bars, let needed): "\(timeframe) missing (\(bars) of \(counted(needed, "bar")))"
        case .stale(let age): "\(timeframe) stale (last bar closed \(text(age)) ago)"
        case .early: "\(timeframe) missing (its last bar closes later)"
        }
    }
}

func signed(_ vote: Int) -> String { vote > 0 ? "+\(vote)" : "\(vote)" }

/// The sign of a difference of prices around `price`; 0 where it is no more than rounding leaves of equal ones.
func sign(_ difference: Double, around price: Double) -> Int {
    let rounding = 1e-9 * abs(price)
    return difference > rounding ? 1 : difference < -rounding ? -1 : 0
}

/// The indicators of one timeframe, bar by bar.
struct TimeframeVoter: Sendable {
    /// What a reading needs, apart from the indicators so that it is cheap to copy.
    struct Opinion: BitwiseCopyable {
        var bars = 0
        var lastClose = Timestamp.distantPast
        var trend = 0
        var momentum = 0
        var volatility = 0
    }

    private(set) var opinion = Opinion()
    private let band: Double
    private var fast: ExponentialMovingAverage
    private var slow: ExponentialMovingAverage
    private var acceleration: PriceAcceleration
    private var range: NormalizedAverageTrueRange
    private var meanRange: SimpleMovingAverage

    init(_ settings: TimeframeSettings) {
        band = settings.volatilityBand
        fast = validated { try ExponentialMovingAverage(period: settings.fastPeriod) }
        slow = validated { try ExponentialMovingAverage(period: settings.slowPeriod) }
        acceleration = validated { try PriceAcceleration(period: settings.momentumPeriod) }
        range = validated { try NormalizedAverageTrueRange(period: settings.volatilityPeriod) }
        meanRange = validated { try SimpleMovingAverage(period: settings.volatilityMeanPeriod) }
    }

    /// Returns false where the bar was no bar.
    mutating func update(closeTime: Timestamp, high: Double, low: Double, close: Double) -> Bool {
        guard (high - low + close).isFinite, high >= low, closeTime > opinion.lastClose else { return false }
        opinion.bars += 1
        opinion.lastClose = closeTime
        opinion.trend = sign(fast.update(close) - slow.update(close), around: close)
        let motion = acceleration.update(close)
        let velocity = sign(motion.velocity, around: close)
        opinion.momentum = velocity == sign(motion.acceleration, around: close) ? velocity : 0
        let now = range.update(high: high, low: low, close: close)
        let mean = meanRange.update(now)
        opinion.volatility = now > mean * (1 + band) ? 1 : now < mean * (1 - band) ? -1 : 0
        return true
    }
}
