// SPDX-License-Identifier: Apache-2.0

public import Trading

/// When capital is divided anew: at the start, then at every full interval by UTC (with 6 hours at 00:00, 06:00, 12:00
/// and 18:00).
public struct RebalanceSchedule: Hashable, Sendable, BitwiseCopyable {
    public let interval: TimeSpan
    /// When it was last due; what a restart gives back.
    public private(set) var last: Timestamp?

    /// - Parameters:
    ///   - interval: At least a second; anything shorter counts as one.
    ///   - last: As it was, after a start in the middle.
    public init(every interval: TimeSpan = .hours(6), last: Timestamp? = nil) {
        self.interval = max(interval, .seconds(1))
        self.last = last
    }

    /// Whether capital is to be divided now. A clock that jumps back does not make it due again; after a long silence
    /// it is due once.
    public mutating func isDue(at now: Timestamp) -> Bool {
        if let last, period(of: now) <= period(of: last) { return false }
        last = now
        return true
    }

    private func period(of time: Timestamp) -> Int64 {
        let (quotient, remainder) = time.nanoseconds.quotientAndRemainder(dividingBy: interval.nanoseconds)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
