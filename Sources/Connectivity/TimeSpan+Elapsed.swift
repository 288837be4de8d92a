// SPDX-License-Identifier: Apache-2.0

package import Trading

extension TimeSpan {
    /// How much later this time is than an earlier one; the longest span where that cannot be held.
    package func since(_ earlier: TimeSpan) -> TimeSpan {
        let (difference, overflow) = nanoseconds.subtractingReportingOverflow(earlier.nanoseconds)
        guard overflow else { return TimeSpan(nanoseconds: difference) }
        return TimeSpan(nanoseconds: nanoseconds < 0 ? .min : .max)
    }

    /// The time that comes so much later; the last one that there is where it cannot be held.
    package func later(by span: TimeSpan) -> TimeSpan {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(span.nanoseconds)
        guard overflow else { return TimeSpan(nanoseconds: sum) }
        return TimeSpan(nanoseconds: span.nanoseconds < 0 ? .min : .max)
    }

    /// Twice as long, and no longer than a limit.
    package func doubled(upTo limit: TimeSpan) -> TimeSpan { min(later(by: self), limit) }
}

extension Timestamp {
    /// How much later this time is than another one; the longest span where that cannot be held.
    package func since(_ earlier: Timestamp) -> TimeSpan {
        TimeSpan(nanoseconds: nanoseconds).since(TimeSpan(nanoseconds: earlier.nanoseconds))
    }

    /// The time that comes so much later; the last one that there is where it cannot be held.
    package func later(by span: TimeSpan) -> Timestamp {
        Timestamp(nanoseconds: TimeSpan(nanoseconds: nanoseconds).later(by: span).nanoseconds)
    }
}

/// The earlier of two times of which either may be missing.
package func earliest(_ left: TimeSpan?, _ right: TimeSpan?) -> TimeSpan? {
    guard let left else { return right }
    guard let right else { return left }
    return min(left, right)
}
