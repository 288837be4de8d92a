// SPDX-License-Identifier: Apache-2.0

public import Trading

/// Which timeframes vote, with which weight, and by which indicators.
public struct TimeframeSettings: Hashable, Sendable {
    public struct Weighted: Hashable, Sendable, BitwiseCopyable {
        public var timeframe: Timeframe
        /// The share of its vote, 0 to 1, in steps of a millionth.
        public var weight: Double

        public init(_ timeframe: Timeframe, weight: Double) {
            self.timeframe = timeframe
            self.weight = weight
        }
    }

    /// Exactly four, shortest first; the weights sum to 1.
    public var timeframes: [Weighted] = [
        Weighted(.fiveMinutes, weight: 0.1), Weighted(.fifteenMinutes, weight: 0.2), Weighted(.oneHour, weight: 0.3),
        Weighted(.fourHours, weight: 0.4),
    ]
    /// Trend: bars of the fast and the slow exponential average of closes.
    public var fastPeriod = 8
    public var slowPeriod = 21
    /// Momentum: bars over which velocity and acceleration are taken.
    public var momentumPeriod = 10
    /// Volatility: bars of the normalised average true range, and of its mean.
    public var volatilityPeriod = 14
    public var volatilityMeanPeriod = 20
    /// How far from its mean, as a share of it, volatility must be to count as rising or falling.
    public var volatilityBand = 0.1
    /// Intervals without a closed bar after which a timeframe is stale.
    public var staleAfter = 2
    /// Readings that are kept; only changes are.
    public var historyCapacity = 1000

    public init() {}

    /// Closed bars until a timeframe has all three votes.
    public var warmUpBars: Int {
        max(slowPeriod, 2 * momentumPeriod + 1, volatilityPeriod + volatilityMeanPeriod)
    }

    /// - Throws: `AnalysisError` that names the first key whose value cannot be used.
    public func validate() throws(AnalysisError) {
        guard timeframes.count == 4 else {
            throw .notAllowed(
                key: "timeframes.timeframes", value: counted(timeframes.count, "timeframe"), allowed: "exactly 4")
        }
        for (index, entry) in timeframes.enumerated() {
            let key = "timeframes.weights.\(entry.timeframe)"
            try require(entry.weight, key, in: 0...1)
            guard index == 0 || timeframes[index - 1].timeframe < entry.timeframe else {
                throw .contradiction(
                    key: "timeframes.timeframes",
                    reason: "\(entry.timeframe) comes after \(timeframes[index - 1].timeframe); the shortest is first")
            }
        }
        let sum = timeframes.reduce(0) { $0 + $1.millionths }
        guard sum == 1_000_000 else {
            throw .contradiction(
                key: "timeframes.weights", reason: "they sum to \(text(Double(sum) / 1e6, decimals: 6)) and not to 1")
        }
        try require(fastPeriod, "timeframes.fast_period", in: 1...longestWindow)
        try require(slowPeriod, "timeframes.slow_period", in: 2...longestWindow)
        guard fastPeriod < slowPeriod else {
            throw .contradiction(
                key: "timeframes.fast_period", reason: "\(fastPeriod) is not below slow_period, \(slowPeriod)")
        }
        try require(momentumPeriod, "timeframes.momentum_period", in: 1...longestWindow)
        try require(volatilityPeriod, "timeframes.volatility_period", in: 1...longestWindow)
        try require(volatilityMeanPeriod, "timeframes.volatility_mean_period", in: 1...longestWindow)
        try require(volatilityBand, "timeframes.volatility_band", in: 0...1)
        try require(staleAfter, "timeframes.stale_after", in: 1...1000)
        try require(historyCapacity, "timeframes.history_capacity", in: 1...longestWindow)
    }
}

extension TimeframeSettings.Weighted {
    /// The weight as an integer, so that votes of 10, 30 and −40 % sum to nothing exactly.
    var millionths: Int { Int((weight * 1e6).rounded()) }
}
