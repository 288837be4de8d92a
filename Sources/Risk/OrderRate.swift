// SPDX-License-Identifier: Apache-2.0

import Trading

/// How many orders went out lately, exact over a sliding window.
struct OrderRate: Sendable {
    /// Of the orders of the last minute, oldest first.
    private var times: [TimeSpan] = []

    private mutating func forget(before time: TimeSpan) {
        let kept = times.firstIndex { $0 > time } ?? times.count
        if kept > 0 { times.removeSubrange(..<kept) }
    }

    mutating func count(within span: TimeSpan, at now: TimeSpan) -> Int {
        forget(before: now + TimeSpan(nanoseconds: -60_000_000_000))
        let start = now + TimeSpan(nanoseconds: -span.nanoseconds)
        return times.count - (times.firstIndex { $0 > start } ?? times.count)
    }

    mutating func add(_ count: Int, at now: TimeSpan) {
        times.append(contentsOf: repeatElement(now, count: count))
    }
}
