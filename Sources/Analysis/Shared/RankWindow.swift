// SPDX-License-Identifier: Apache-2.0

import Trading

/// The latest values with their times, bounded in number and in age, and the mid-rank of the newest among them.
struct RankWindow: Sendable {
    /// A value this old, or older, beside the newest is forgotten.
    private let span: Int64
    private var values: Ring<Value>
    /// The same values, smallest first.
    private var sorted: [Double] = []

    private struct Value {
        var value: Double
        var time: Int64
    }

    init(capacity: Int, span: TimeSpan) {
        self.span = span.nanoseconds
        values = Ring(capacity: capacity)
    }

    var count: Int { values.count }

    /// Takes the newest value, a number; times must rise.
    ///
    /// - Complexity: O(*n*), but only for moving memory.
    mutating func push(_ value: Double, at time: Timestamp) {
        let (limit, underflow) = time.nanoseconds.subtractingReportingOverflow(span)
        while count > 0, values.isFull || (!underflow && values[0].time <= limit) {
            sorted.remove(at: countBelow(values.removeFirst().value))
        }
        values.append(Value(value: value, time: time.nanoseconds))
        sorted.insert(value, at: countBelow(value))
    }

    /// 100 × (values below + half of the values equal) / values, the newest counted among them: what
    /// `scipy.stats.percentileofscore(kind="mean")` computes. NaN without values.
    ///
    /// - Complexity: O(log *n*).
    var percentileOfNewest: Double {
        guard count > 0 else { return .nan }
        let newest = values[count - 1].value
        return 50 * Double(countBelow(newest) + countNotAbove(newest)) / Double(count)
    }

    private func countBelow(_ value: Double) -> Int { partition { $0 < value } }

    private func countNotAbove(_ value: Double) -> Int { partition { $0 <= value } }

    /// How many of the smallest values `isLow` holds for.
    @inline(__always)
    private func partition(_ isLow: (Double) -> Bool) -> Int {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if isLow(sorted[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
