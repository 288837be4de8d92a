// SPDX-License-Identifier: Apache-2.0

public import Trading

/// What multiplies the base entry thresholds since `time`, and why.
public struct ThresholdReading: Sendable, Equatable, BitwiseCopyable {
    public enum Basis: UInt8, Sendable, BitwiseCopyable {
        /// The latest average true range has a rank among enough others.
        case ranked
        /// No hourly bar came yet.
        case noBars
        /// Fewer values than the settings ask for.
        case tooFewValues
        /// The last hourly bar is older than the settings allow.
        case stale
    }

    /// The close of the hourly bar that made it.
    public let time: Timestamp
    public let basis: Basis
    /// In quote currency; NaN before it has a value.
    public let averageTrueRange: Double
    /// The mid-rank of the average true range, 0 to 100; NaN unless ranked.
    public let percentile: Double
    /// Hourly values that were ranked, the latest among them.
    public let valueCount: Int
    /// How many the settings ask for.
    public let valuesNeeded: Int
    public let multiplier: Double
    /// The multiplier before this reading.
    public let previousMultiplier: Double

    public var isChange: Bool { multiplier != previousMultiplier }

    /// The threshold to use in place of `base`.
    public func threshold(base: Double) -> Double { base * multiplier }

    /// What happened, in words and numbers.
    public var reason: String {
        let outcome =
            isChange
            ? "thresholds × \(text(multiplier, decimals: 3)) instead of × \(text(previousMultiplier, decimals: 3))"
            : "thresholds × \(text(multiplier, decimals: 3)) as before"
        switch basis {
        case .ranked:
            let flat = averageTrueRange == 0 ? " (flat market)" : ""
            return "hourly ATR \(text(averageTrueRange))\(flat) is at percentile \(text(percentile, decimals: 1)) of "
                + "\(counted(valueCount, "hourly value")): \(outcome)"
        case .noBars: return "no hourly bar yet: base thresholds"
        case .tooFewValues:
            return "\(valueCount) of \(valuesNeeded) hourly ATR values: base thresholds, \(outcome)"
        case .stale: return "no hourly bar since \(time): base thresholds, \(outcome)"
        }
    }
}
