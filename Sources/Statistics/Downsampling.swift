// SPDX-License-Identifier: Apache-2.0

/// Fewer points that draw the same line.
public enum Downsampling {
    /// Positions of the points to keep, ascending: the first, the last, and the lowest and highest of each bucket.
    ///
    /// Every extreme of a bucket survives, so that a chart shows each peak and each fall. A value that is not a number
    /// is never kept, except at the ends.
    ///
    /// - Parameters:
    ///   - values: Oldest first.
    ///   - maximum: At most so many positions are returned; at least 4.
    /// - Complexity: O(*n*).
    public static func extremes(of values: [Double], atMost maximum: Int) -> [Int] {
        let maximum = max(4, maximum)
        let count = values.count
        guard count > maximum else { return Array(0..<count) }
        let buckets = (maximum - 2) / 2
        let inner = count - 2
        var kept = [0]
        kept.reserveCapacity(maximum)
        var start = 1
        for bucket in 1...buckets {
            let end = 1 + Int((Int128(inner) * Int128(bucket)) / Int128(buckets))
            var lowest = -1
            var highest = -1
            for index in start..<end {
                if lowest < 0 || values[index] < values[lowest] {
                    if !values[index].isNaN { lowest = index }
                }
                if highest < 0 || values[index] > values[highest] {
                    if !values[index].isNaN { highest = index }
                }
            }
            start = end
            if lowest >= 0 { kept.append(min(lowest, highest)) }
            if highest != lowest { kept.append(max(lowest, highest)) }
        }
        kept.append(count - 1)
        return kept
    }
}
