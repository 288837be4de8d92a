// SPDX-License-Identifier: Apache-2.0

public import Trading

/// What the equity was when the day (UTC) began, and whether the day's loss has reached its limit. Once it has, the day is
/// over for new risk, whatever the equity does.
public struct DailyLoss: Hashable, Sendable, BitwiseCopyable {
    public private(set) var day: Int64?
    /// With the transfers of the day added, so that they are neither profit nor loss.
    public private(set) var start: Amount = .zero
    public private(set) var isReached = false

    public init() {}

    /// As it was, after a start in the middle of the day.
    public init(day: Int64?, start: Amount, isReached: Bool) {
        self.day = day
        self.start = start
        self.isReached = isReached
    }

    /// - Returns: The loss, where this is what reached the limit.
    mutating func observe(_ equity: Amount, limit: Amount?, at time: Timestamp) -> Amount? {
        // A clock that jumps back does not begin a day again.
        if day.map({ $0 < time.dayNumber }) ?? true {
            day = time.dayNumber
            start = equity
            isReached = false
        }
        guard let limit, !isReached, let loss = start.adding(-equity), loss >= limit else { return nil }
        isReached = true
        return loss
    }

    mutating func transfer(_ amount: Amount) {
        guard day != nil, let sum = start.adding(amount) else { return }
        start = sum
    }
}
