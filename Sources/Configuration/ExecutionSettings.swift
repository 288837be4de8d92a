// SPDX-License-Identifier: Apache-2.0

public import OrderAlgorithms
public import Trading

/// How a strategy's entries are worked, as configured.
public struct ExecutionSettings: Sendable, Hashable {
    public enum Entry: String, Sendable, Hashable, CaseIterable { case market, twap, vwap, iceberg, dca }

    public let entry: Entry
    /// `nil` for market and iceberg.
    public let pace: Pace?
    /// The share of an entry that an iceberg shows.
    public let display: Rate?
    public let style: SliceStyle
    public let acceleration: Acceleration?
    public let completes: Bool
    public let timeframe: Timeframe?
    public let hours: TradingHours?
    public let atrMultiple: Double?
    public let atrPeriod: Int
    public let activation: Rate?
}
