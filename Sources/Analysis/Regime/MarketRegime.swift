// SPDX-License-Identifier: Apache-2.0

/// What kind of market it is.
public enum MarketRegime: String, Sendable, Hashable, CaseIterable, BitwiseCopyable {
    case trendingBullish = "TRENDING_BULLISH"
    case trendingBearish = "TRENDING_BEARISH"
    case ranging = "RANGING"
    case volatile = "VOLATILE"
    case uncertain = "UNCERTAIN"
}

/// The numbers that a regime is told from; NaN where there is none yet.
public struct MarketState: Sendable, Equatable, BitwiseCopyable {
    /// Strength of the trend and its two directions, 0 to 100.
    public var adx: Double
    public var plusDI: Double
    public var minusDI: Double
    /// The mid-rank of the average true range, 0 to 100.
    public var rangePercentile: Double
    /// The distance of the Bollinger bands over their middle.
    public var bollingerWidth: Double

    public init(adx: Double, plusDI: Double, minusDI: Double, rangePercentile: Double, bollingerWidth: Double) {
        self.adx = adx
        self.plusDI = plusDI
        self.minusDI = minusDI
        self.rangePercentile = rangePercentile
        self.bollingerWidth = bollingerWidth
    }

    static let unknown = MarketState(
        adx: .nan, plusDI: .nan, minusDI: .nan, rangePercentile: .nan, bollingerWidth: .nan)

    public var isComplete: Bool { (adx + plusDI + minusDI + rangePercentile + bollingerWidth).isFinite }

    public var reason: String {
        "ADX \(text(adx, decimals: 1)), +DI \(text(plusDI, decimals: 1)), −DI \(text(minusDI, decimals: 1)), "
            + "ATR percentile \(text(rangePercentile, decimals: 1)), "
            + "Bollinger width \(text(100 * bollingerWidth, decimals: 2)) %"
    }
}

/// What a regime does to trading.
public struct RegimeEffects: Hashable, Sendable, BitwiseCopyable {
    /// Multiplies the distance of stops.
    public var stopMultiplier: Double
    /// Multiplies entry thresholds.
    public var thresholdMultiplier: Double
    /// Multiplies sizes.
    public var sizeFactor: Double

    public init(stopMultiplier: Double, thresholdMultiplier: Double, sizeFactor: Double) {
        self.stopMultiplier = stopMultiplier
        self.thresholdMultiplier = thresholdMultiplier
        self.sizeFactor = sizeFactor
    }

    public var reason: String {
        "stops × \(text(stopMultiplier, decimals: 2)), thresholds × \(text(thresholdMultiplier, decimals: 2)), size × "
            + text(sizeFactor, decimals: 2)
    }
}
