// SPDX-License-Identifier: Apache-2.0

public import Trading

/// How much a market moves, beside what it moved lately.
public enum VolatilityRegime: String, Sendable, Hashable, CaseIterable, BitwiseCopyable {
    case unknown = "UNKNOWN"
    case low = "LOW"
    case normal = "NORMAL"
    case high = "HIGH"
}

/// Whether a market goes somewhere.
public enum TrendRegime: String, Sendable, Hashable, CaseIterable, BitwiseCopyable {
    case unknown = "UNKNOWN"
    case ranging = "RANGING"
    case undecided = "UNDECIDED"
    case trending = "TRENDING"
}

/// How much turnover it takes to move a market, beside what it took lately.
public enum LiquidityRegime: String, Sendable, Hashable, CaseIterable, BitwiseCopyable {
    case unknown = "UNKNOWN"
    case illiquid = "ILLIQUID"
    case normal = "NORMAL"
    case liquid = "LIQUID"
}

/// What a look at a market's volatility, trend and liquidity said.
public struct ConditionReading: Sendable, Equatable, BitwiseCopyable {
    public let time: Timestamp
    /// The mid-rank of the average true range, 0 to 100.
    public let rangePercentile: Double
    public let adx: Double
    /// Movement of the price for each unit of the quote asset that was traded; infinite where nothing was.
    public let illiquidity: Double
    /// Its mid-rank, 0 to 100.
    public let illiquidityPercentile: Double
    /// The last spread that was told, as a share of the price.
    public let spread: Double
    public let volatility: Judged<VolatilityRegime>
    public let trend: Judged<TrendRegime>
    public let liquidity: Judged<LiquidityRegime>

    public var isChange: Bool { volatility.isChange || trend.isChange || liquidity.isChange }

    public var reason: String {
        let price =
            illiquidity == .infinity
            ? "no turnover" : "illiquidity percentile \(text(illiquidityPercentile, decimals: 1))"
        let spread = spread.isFinite ? ", spread \(text(100 * spread, decimals: 3)) %" : ""
        return "volatility \(volatility.reason) (ATR percentile \(text(rangePercentile, decimals: 1))); "
            + "trend \(trend.reason) (ADX \(text(adx, decimals: 1))); liquidity \(liquidity.reason) (\(price)\(spread))"
    }
}
