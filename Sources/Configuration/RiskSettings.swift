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
    public let rebalance: TimeSpan
}
