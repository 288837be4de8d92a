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
    public internal(set) var timeframe: Timeframe?
    public internal(set) var hours: TradingHours?
    public internal(set) var atrMultiple: Double?
    public internal(set) var atrPeriod = 14
    public internal(set) var activation: Rate?
}
