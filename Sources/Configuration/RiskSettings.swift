// SPDX-License-Identifier: Apache-2.0

public import Trading

/// When trading stops by itself: `risk`.
public struct CircuitBreakerSettings: Sendable, Hashable {
    public let volatilityRatio: Amount
    public let flashCrash: Rate
    public let drawdown: Rate
    /// In the base currency; `nil`: no such breaker.
    public let dailyLoss: Amount?
    public let errorRate: Rate
    /// Whether a wild market, or a crash, halts all markets or its own.
    public let volatilityHaltsAll: Bool
    public let flashCrashHaltsAll: Bool
    /// How long each stays on after its condition was last met.
    public let volatilityPause: TimeSpan
    public let flashCrashPause: TimeSpan
    public let errorRatePause: TimeSpan
    /// Whether only a person lets breakers go; a drawdown always waits for one.
    public let resumesByHand: Bool
}

/// How near to its liquidation a margined position may come: `risk.liquidation_…`. Shares of the mark price.
public struct LiquidationGuardSettings: Sendable, Hashable {
    public let warning: Rate
    public let reduction: Rate
    public let target: Rate
}

/// How an entry is made smaller by what is known: `risk_parameters.sizing`. Shares are of the capital.
public struct PositionSizingSettings: Sendable, Hashable {
    public struct Kelly: Sendable, Hashable {
        public let fraction: Rate
        public let maximumRisk: Rate
        public let minimumTrades: Int64
        public let recentTrades: Int64
    }
    public let fixedFraction: Rate
    /// `nil`: not used.
    public let volatilityRisk: Rate?
    public let atrMultiple: Amount
    public let atrPeriod: Int64
    public let usesConfidence: Bool
    /// `nil`: not used.
    public let correlatedShare: Rate?
    /// `nil`: not used.
    public let kelly: Kelly?
}

/// How leverage follows the market and the position: `risk_parameters.dynamic_leverage`. What is `nil` is not used.
public struct DynamicLeverageSettings: Sendable, Hashable {
    public let maximum: Amount
    public let minimum: Amount
    public let targetVolatility: Rate?
    public let strongTrend: Amount?
    public let trendlessShare: Rate
    public let fullAge: TimeSpan?
    public let agedShare: Rate
    public let freeMargin: Rate?
    public let period: Int64
}

/// What hedges a position: `risk_parameters.hedge` and `hedge_ratio`.
public struct HedgeSettings: Sendable, Hashable {
    public enum Method: String, Sendable, Hashable, CaseIterable { case fixed, beta, deltaNeutral = "delta_neutral" }
    public let market: ResolvedMarket
    public let method: Method
    public let ratio: Rate
    public let band: Rate
    /// A year; they count with `deltaNeutral`.
    public let calmVolatility: Amount
    public let stressedVolatility: Amount
}

/// How capital is shared between markets: `portfolio`. Shares are of the equity.
public struct PortfolioSettings: Sendable, Hashable {
    public let singleSymbol: Rate
    public let correlatedPair: Rate
    public let correlatedGroup: Rate
    public let correlation: Rate
    public let totalRisk: Rate
    public let total: Rate
    public let valueAtRisk: Rate?
    public let expectedShortfall: Rate?
    public let grossExposure: Rate?
    public let diversificationRatio: Amount?
    public let method: LossMethod
    public let confidence: Rate
    /// With `monteCarlo`.
    public let draws: Int
    public let onBreach: OnBreach
    public let rebalance: TimeSpan

    /// How the losses of all positions together are estimated.
    public enum LossMethod: String, Sendable, Hashable, CaseIterable {
        case historical, parametric
        case cornishFisher = "cornish_fisher"
        case monteCarlo = "monte_carlo"
    }
    /// What happens where a limit on the whole does not hold.
    public enum OnBreach: String, Sendable, Hashable, CaseIterable { case refuse, reduce }
}
