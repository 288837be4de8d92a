// SPDX-License-Identifier: Apache-2.0

public import Trading

/// How a strategy's signals become orders: how much, and what protects them. Set by configuration, not by the strategy.
public struct TradePlan: Sendable, Hashable {
    public enum Sizing: Sendable, Hashable {
        /// This much of the instrument.
        case quantity(Quantity)
        /// Worth this much in the quote asset.
        case notional(Amount)
    }

    /// What to do where the venue's minimum is above what was asked for.
    public enum BelowMinimum: String, Sendable, Hashable { case reject, roundUp = "round_up" }

    public var sizing: Sizing
    /// Price moves from the average entry, as positive shares.
    public var stopLoss: Rate?
    public var takeProfit: Rate?
    public var trailingStop: Rate?
    public var belowMinimum: BelowMinimum
    /// Whether stop-loss, take-profit or trailing stop go with an entry.
    package var isProtected: Bool {
        stopLoss != nil || takeProfit != nil || trailingStop != nil || trailing?.atrMultiple != nil
    }
    /// Spot without borrowing cannot be sold short: a sell signal only closes.
    public var allowsShort: Bool
    public var leverage: Int64
    /// What the strategy may put up, in the quote asset; its own profits and losses after fees change it. `nil`: the
    /// whole account.
    public var capital: Amount?
    /// How entries are worked.
    public var execution = ExecutionPlan()
    /// What `trailingStop` alone does not say.
    public var trailing: TrailingPlan?
    /// How `sizing`, which stays the most, is made smaller by what is known; `nil`: it is not.
    public var riskSizing: SizingPlan?
    /// How leverage follows the market; `nil`: it stays `leverage`.
    public var dynamicLeverage: LeveragePlan?
    /// What hedges the position; `nil`: nothing does.
    public var hedge: HedgePlan?

    public init(
        sizing: Sizing, stopLoss: Rate? = nil, takeProfit: Rate? = nil, trailingStop: Rate? = nil,
        belowMinimum: BelowMinimum = .reject, allowsShort: Bool = true, leverage: Int64 = 1, capital: Amount? = nil,
        execution: ExecutionPlan = ExecutionPlan(), trailing: TrailingPlan? = nil
    ) {
        self.sizing = sizing
        self.stopLoss = stopLoss
        self.takeProfit = takeProfit
        self.trailingStop = trailingStop
        self.belowMinimum = belowMinimum
        self.allowsShort = allowsShort
        self.leverage = leverage
        self.capital = capital
        self.execution = execution
        self.trailing = trailing
    }
}
