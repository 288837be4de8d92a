// SPDX-License-Identifier: Apache-2.0

import Trading

/// Whether a stream of bars is alive: with no close for more than `staleAfter` intervals it is stale.
enum Freshness {
    /// How old the last close is at `now`; the longest span there is where the difference does not fit.
    static func age(of close: Timestamp, at now: Timestamp) -> TimeSpan {
        let (age, overflow) = now.nanoseconds.subtractingReportingOverflow(close.nanoseconds)
        return TimeSpan(nanoseconds: overflow ? (now > close ? .max : .min) : age)
    }

    static func isStale(_ age: TimeSpan, interval: TimeSpan, staleAfter: Int) -> Bool {
        age > interval.times(staleAfter)
    }
}

extension TimeSpan {
    /// The longest span there is where the product does not fit.
    func times(_ count: Int) -> TimeSpan {
        let (product, overflow) = nanoseconds.multipliedReportingOverflow(by: Int64(count))
        return TimeSpan(nanoseconds: overflow ? .max : product)
    }
}

/// The number of the piece of time that `time` lies in, counted from the Unix epoch.
func slot(of time: Timestamp, length: TimeSpan) -> Int64 {
    time.nanoseconds.flooredDivision(by: length.nanoseconds).quotient
}
