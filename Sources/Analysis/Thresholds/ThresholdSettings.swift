// SPDX-License-Identifier: Apache-2.0

/// How entry thresholds follow volatility.
public struct ThresholdSettings: Hashable, Sendable {
    /// Hourly bars in the average true range.
    public var period = 24
    /// Hourly values, and hours, among which the latest is ranked: 30 days.
    public var window = 720
    /// Values that must be there; with fewer the base thresholds hold. A week has every hour of the week once.
    public var minimumValues = 168
    /// The multiplier at percentile 0, in 0...1.
    public var minimumMultiplier = 0.7
    /// The multiplier at percentile 100, in 1...10.
    public var maximumMultiplier = 1.5
    /// Hours without a bar after which the base thresholds hold again.
    public var staleAfter = 2
    /// Hourly readings that are kept.
    public var historyCapacity = 720

    public init() {}

    /// - Throws: `AnalysisError` that names the first key whose value cannot be used.
    public func validate() throws(AnalysisError) {
        try require(period, "thresholds.period", in: 1...longestWindow)
        try require(window, "thresholds.window", in: 2...longestWindow)
        try require(minimumValues, "thresholds.minimum_values", in: 1...longestWindow)
        try require(minimumMultiplier, "thresholds.minimum_multiplier", in: 0...1)
        try require(maximumMultiplier, "thresholds.maximum_multiplier", in: 1...10)
        try require(staleAfter, "thresholds.stale_after", in: 1...1000)
        try require(historyCapacity, "thresholds.history_capacity", in: 1...longestWindow)
        guard minimumValues <= window else {
            throw .contradiction(
                key: "thresholds.minimum_values",
                reason: "\(minimumValues) values never come together in a window of \(window)")
        }
    }

    /// The multiplier at a percentile: linear from the minimum at 0 to 1 at 50 and on to the maximum at 100, clamped
    /// to both; 1 where the percentile is not a number.
    public func multiplier(atPercentile percentile: Double) -> Double {
        guard !percentile.isNaN else { return 1 }
        let distance = (min(max(percentile, 0), 100) - 50) / 50
        let raw =
            distance < 0
            ? 1 + (1 - minimumMultiplier) * distance
            : 1 + (maximumMultiplier - 1) * distance
        return min(max(raw, minimumMultiplier), maximumMultiplier)
    }
}
