// SPDX-License-Identifier: Apache-2.0

package import Risk
package import Trading

/// When a strategy's position was opened, and how its last trades ended: from flat to flat, after fees.
package struct TradeOutcomes: Sendable {
    /// `nil` while it is flat.
    package private(set) var openedAt: Timestamp?
    private let capacity: Int
    private var running = Amount.zero
    /// As a ring, once it is full.
    private var results: [Double] = []
    private var next = 0

    package init(capacity: Int) { self.capacity = max(1, capacity) }

    /// Takes in a fill.
    ///
    /// - Parameters:
    ///   - before: The position before and after it, signed.
    ///   - net: What it realised, less its fee.
    package mutating func fill(before: Int64, after: Int64, net: Amount, at time: Timestamp) {
        if before == 0 { openedAt = time }
        running = running.adding(net) ?? running
        guard after == 0 || (before != 0 && (before > 0) != (after > 0)) else { return }
        keep(running.approximation)
        running = .zero
        openedAt = after == 0 ? nil : time
    }

    private mutating func keep(_ result: Double) {
        if results.count < capacity { return results.append(result) }
        results[next] = result
        next = (next + 1) % capacity
    }

    package var recent: SizingInput.RecentTrades {
        let wins = results.filter { $0 > 0 }
        let losses = results.reduce(0) { $1 < 0 ? $0 - $1 : $0 }
        let gains = wins.reduce(0, +)
        return SizingInput.RecentTrades(
            count: results.count, winRate: results.isEmpty ? 0 : Double(wins.count) / Double(results.count),
            profitFactor: losses > 0 ? gains / losses : (gains > 0 ? .infinity : 0))
    }
}
