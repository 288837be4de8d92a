// SPDX-License-Identifier: Apache-2.0

public import Risk
public import Trading

/// How large an entry may be, by what the market and the strategy's own trades say.
public struct SizingPlan: Hashable, Sendable {
    public var settings: SizingSettings
    /// Bars of the average true range, on the strategy's own timeframe.
    public var atrPeriod: Int
    /// How many of the strategy's last trades count for the Kelly share.
    public var recentTrades: Int

    public init(_ settings: SizingSettings, atrPeriod: Int = 14, recentTrades: Int = 100) {
        self.settings = settings
        self.atrPeriod = atrPeriod
        self.recentTrades = recentTrades
    }

    var problems: [String] {
        var found = settings.problems
        if let kelly = settings.kelly, recentTrades < kelly.minimumTrades {
            found.append(
                "kelly.recent_trades must be at least kelly.minimum_trades (\(kelly.minimumTrades)), was \(recentTrades)."
            )
        }
        return found.map { "sizing." + $0 }
    }
}

/// How much leverage a position may have, at its entry and while it is held.
///
/// It bounds the position's worth as a multiple of the strategy's capital; the venue's own setting stays as it is.
public struct LeveragePlan: Hashable, Sendable {
    public var settings: LeverageSettings
    /// Bars of the average true range and of ADX, on the strategy's own timeframe.
    public var atrPeriod: Int
    public var trendPeriod: Int
    /// How far above what it may be, as a share of it, a position may drift before it is reduced.
    public var band: Double

    public init(_ settings: LeverageSettings, atrPeriod: Int = 14, trendPeriod: Int = 14, band: Double = 0.1) {
        self.settings = settings
        self.atrPeriod = atrPeriod
        self.trendPeriod = trendPeriod
        self.band = band
    }

    var problems: [String] {
        var found = settings.problems
        if !(band >= 0 && band <= 10) { found.append("band must be from 0 to 10, was \(band).") }
        return found.map { "dynamic_leverage." + $0 }
    }
}

/// What hedges a strategy's position, kept in step with it by the engine.
public struct HedgePlan: Hashable, Sendable {
    public enum Method: Hashable, Sendable {
        /// `ratio` of what the position is worth.
        case fixed
        /// `ratio` of what the two have moved together.
        case beta
        /// At least `ratio` of the position's delta, and all of it from the stressed volatility (a year) on.
        case deltaNeutral(calm: Double, stressed: Double)
    }

    /// Not the strategy's own.
    public var instrument: InstrumentID
    public var method: Method
    public var ratio: Double
    /// The hedge is left alone while it is wrong by no more than this share of the position.
    public var band: Double

    public init(with instrument: InstrumentID, method: Method = .fixed, ratio: Double = 0.2, band: Double = 0.02) {
        self.instrument = instrument
        self.method = method
        self.ratio = ratio
        self.band = band
    }

    /// - Parameter main: What is hedged.
    func problems(of main: InstrumentID) -> [String] {
        var found: [String] = []
        if instrument == main {
            found.append(
                "hedge.market is the strategy's own market, where a hedge would only be a smaller position. Name another "
                    + "market, or trade smaller.")
        }
        if !(ratio > 0 && ratio <= 1) { found.append("hedge_ratio must be above 0 and at most 1, was \(ratio).") }
        if !(band > 0 && band < ratio) {
            found.append("hedge.band must be above 0 and below hedge_ratio (\(ratio)), was \(band).")
        }
        if case .deltaNeutral(let calm, let stressed) = method, !(calm >= 0 && calm <= stressed && stressed <= 100) {
            found.append(
                "hedge.calm_volatility (\(calm)) must be from 0 to hedge.stressed_volatility (\(stressed)), which is at most "
                    + "100.")
        }
        return found
    }
}

extension TradePlan {
    /// What contradicts itself in how risk is controlled, one sentence each with the key that it is about.
    package func riskProblems(on instrument: InstrumentID) -> [String] {
        (riskSizing?.problems ?? []) + (dynamicLeverage?.problems ?? []) + (hedge?.problems(of: instrument) ?? [])
    }

    /// Whether it needs prices, equity or returns of the whole account.
    package var needsSupervision: Bool { riskSizing != nil || dynamicLeverage != nil || hedge != nil }
    package var measuresReturns: Bool { riskSizing?.settings.correlatedShare != nil || hedge != nil }
}
