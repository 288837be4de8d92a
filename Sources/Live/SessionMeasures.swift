// SPDX-License-Identifier: Apache-2.0

public import Risk
public import Trading

/// What a session is measured by over its whole life. The journal keeps it, so that a start after a crash goes on with it:
/// the loss of the day that counts against its limit, too.
public struct SessionMeasures: Hashable, Sendable {
    /// When decisions began, in the base currency.
    public var startEquity: Amount?
    /// Deposits less withdrawals since then.
    public var transferred = Amount.zero
    /// The highest equity less transfers.
    public var peak: Amount?
    /// The deepest fall below it, as a share of it.
    public var maximumDrawdown = Rate.zero
    /// How long data came and orders could be sent.
    public var uptime = TimeSpan.zero
    public var returns = TimeWeightedReturn()
    public var dailyLoss = DailyLoss()

    public init() {}

    /// Takes in the equity as it is now.
    mutating func measure(_ equity: Amount) {
        returns.measure(equity.approximation)
        if startEquity == nil { startEquity = equity }
        guard let own = equity.adding(-transferred) else { return }
        let highest = max(peak ?? own, own)
        peak = highest
        guard highest > .zero, let fall = highest.adding(-own),
            let share = fall.units.multiplied(by: Int128(Rate.one), dividedBy: highest.units)
        else { return }
        maximumDrawdown = max(maximumDrawdown, Rate(units: Int64(clamping: share)))
    }

    /// Money that came (positive) or went.
    mutating func transfer(_ worth: Amount) {
        returns.flow(worth.approximation)
        if startEquity != nil, let sum = transferred.adding(worth) { transferred = sum }
    }

    /// Since the session began; fees and funding included.
    func profit(at equity: Amount?) -> Amount? {
        guard let equity, let startEquity else { return nil }
        return equity.adding(-startEquity)?.adding(-transferred)
    }
}
