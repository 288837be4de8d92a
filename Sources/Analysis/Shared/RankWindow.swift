// SPDX-License-Identifier: Apache-2.0

import Trading

/// The latest values with their times, bounded in number and in age, and the mid-rank of the newest among them.
struct RankWindow: Sendable {
    private let capacity: Int
    /// A value this old, or older, beside the newest is forgotten.
    private let span: Int64
    private var values: [Double]
    private var times: [Int64]
    private var start = 0
    private(set) var count = 0

    init(capacity: Int, span: TimeSpan) {
        self.capacity = capacity
        self.span = span.nanoseconds
        values = Array(repeating: 0, count: capacity)
        times = Array(repeating: 0, count: capacity)
    }

    /// Takes the newest value; times must rise.
    mutating func push(_ value: Double, at time: Timestamp) {
        let (limit, underflow) = time.nanoseconds.subtractingReportingOverflow(span)
        while count > 0, count == capacity || (!underflow && times[start] <= limit) {
            start = start + 1 == capacity ? 0 : start + 1
            count -= 1
        }
        count += 1
        values[newestPosition] = value
        times[newestPosition] = time.nanoseconds
    }

    private var newestPosition: Int {
        let position = start + count - 1
        return position < capacity ? position : position - capacity
    }

    /// 100 × (values below + half of the values equal) / values, the newest counted among them; NaN without values.
    ///
    /// - Complexity: O(*n*).
    var percentileOfNewest: Double {
        guard count > 0 else { return .nan }
        let newest = values[newestPosition]
        let end = start + count
        var below = 0
        var equal = 0
        func scan(_ range: Range<Int>) {
            for index in range {
                below += values[index] < newest ? 1 : 0
                equal += values[index] == newest ? 1 : 0
            }
        }
        scan(start..<min(end, capacity))
        if end > capacity { scan(0..<end - capacity) }
        return midRankPercentile(below: below, equal: equal, count: count)
    }
}

/// 100 × (below + equal / 2) / count: what `scipy.stats.percentileofscore(kind="mean")` computes.
func midRankPercentile(below: Int, equal: Int, count: Int) -> Double {
    50 * Double(2 * below + equal) / Double(count)
}
