// SPDX-License-Identifier: Apache-2.0

public import Trading

/// Whether markets move together.
public enum CorrelationRegime: String, Sendable, Hashable, CaseIterable, BitwiseCopyable {
    case unknown = "UNKNOWN"
    case low = "LOW"
    case normal = "NORMAL"
    case high = "HIGH"
}

/// Where a regime of correlation begins and ends.
public struct CorrelationSettings: Hashable, Sendable {
    /// High from this mean on, low up to that one.
    public var high = 0.7
    public var low = 0.3
    /// The share of pairs that must have been measured.
    public var minimumShare = 0.5
    public var interval = TimeSpan.hours(1)
    /// How long another regime must have been seen at every look before it counts.
    public var stability = TimeSpan.hours(1)
    /// Looks that are kept: a month of hours.
    public var historyCapacity = 720

    public init() {}

    public func regime(mean: Double) -> CorrelationRegime {
        guard mean.isFinite else { return .unknown }
        if mean >= high { return .high }
        return mean <= low ? .low : .normal
    }

    /// - Throws: `AnalysisError` that names the first key whose value cannot be used.
    public func validate() throws(AnalysisError) {
        try require(high, "correlation.high", in: -1...1)
        try require(low, "correlation.low", in: -1...1)
        try require(minimumShare, "correlation.minimum_share", in: 0...1)
        try require(interval, "correlation.interval", in: .minutes(1) ... .days(1))
        try require(stability, "correlation.stability", in: .minutes(15) ... .days(7))
        try require(historyCapacity, "correlation.history_capacity", in: 1...longestWindow)
        guard low < high else {
            throw .contradiction(key: "correlation.low", reason: "\(low) is not below high, \(high)")
        }
    }
}

/// What a look at the correlations of a portfolio said.
public struct CorrelationReading: Sendable, Equatable, BitwiseCopyable {
    public let time: Timestamp
    /// The mean over the pairs that were measured; NaN where too few were.
    public let mean: Double
    public let measured: Int
    public let pairs: Int
    public let regime: Judged<CorrelationRegime>

    public var reason: String {
        "correlation \(regime.reason) (mean \(text(mean, decimals: 2)) over \(measured) of \(counted(pairs, "pair")))"
    }
}

/// The regime of correlation of a portfolio, looked at once an hour.
///
/// Input: the correlation of each pair of markets, as a portfolio's correlation matrix has it. Output: one of four regimes;
/// `UNKNOWN` until the first change. Warm-up: none of its own. Cost: O(pairs) per look, no allocation but the growing
/// history. It changes by the same rule of stability as the regime of one market.
public struct CorrelationDetector: Sendable {
    public let settings: CorrelationSettings
    /// All looks, oldest first.
    public private(set) var history: History<CorrelationReading>
    /// The last look; `nil` before the first.
    public private(set) var latest: CorrelationReading?
    private var state = StableState(CorrelationRegime.unknown)
    private var looks: Looks

    public init(settings: CorrelationSettings = CorrelationSettings()) throws(AnalysisError) {
        try settings.validate()
        self.settings = settings
        history = History(capacity: settings.historyCapacity)
        looks = Looks(every: settings.interval)
    }

    public var regime: CorrelationRegime { state.counted }

    /// Whether a look is due at `now`.
    public func isDue(at now: Timestamp) -> Bool { looks.isDue(at: now) }

    /// Looks at the correlations where that is due; returns what was seen, or `nil` where no look was due.
    ///
    /// - Parameter pairs: By pair; `nil` where nothing was measured: too few returns, or a price that stands still.
    @discardableResult
    public mutating func evaluate(_ pairs: some Sequence<Double?>, at now: Timestamp) -> CorrelationReading? {
        guard let missedLook = looks.look(at: now) else { return nil }
        var (sum, measured, count) = (0.0, 0, 0)
        for pair in pairs {
            count += 1
            guard let pair, pair.isFinite else { continue }
            sum += pair
            measured += 1
        }
        let isEnough = measured > 0 && Double(measured) >= settings.minimumShare * Double(count)
        let mean = isEnough ? sum / Double(measured) : .nan
        let reading = CorrelationReading(
            time: now, mean: mean, measured: measured, pairs: count,
            regime: state.judge(
                settings.regime(mean: mean), missedLook: missedLook, stability: settings.stability, at: now))
        latest = reading
        history.append(reading)
        return reading
    }
}
