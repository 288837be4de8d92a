// SPDX-License-Identifier: Apache-2.0

import Trading

/// Divides what belongs to several strategies, so that the parts add up to the whole.
enum Shares {
    /// An amount by weights that sum to above zero, some of which may be negative. What rounding leaves goes to the
    /// largest.
    static func split(_ total: Int128, by weights: [Int128]) -> [Int128] {
        let sum = weights.reduce(0, +)
        guard sum > 0, let largest = weights.indices.max(by: { weights[$0].magnitude < weights[$1].magnitude }) else {
            preconditionFailure("weights must sum to above zero")
        }
        var parts = weights.map { total.multiplied(by: $0, dividedBy: sum) ?? 0 }
        parts[largest] += total - parts.reduce(0, +)
        return parts
    }

    /// A quantity by what each holds, none more than that, rounded down; what is left goes to the first that have room.
    static func split(_ quantity: Int64, among holdings: [Int64]) -> [Int64] {
        let sum = holdings.reduce(Int128(0)) { $0 + Int128($1) }
        guard sum > 0 else { return holdings.map { _ in 0 } }
        let wanted = min(Int128(quantity), sum)
        var parts = holdings.map { Int64(wanted * Int128($0) / sum) }
        var rest = Int64(wanted) - parts.reduce(0, +)
        for index in parts.indices where rest > 0 {
            let more = min(rest, holdings[index] - parts[index])
            parts[index] += more
            rest -= more
        }
        return parts
    }
}
