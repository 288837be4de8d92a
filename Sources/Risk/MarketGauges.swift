// SPDX-License-Identifier: Apache-2.0

import Glibc
import Trading

/// Present and normal volatility of one instrument, from its closes.
struct VolatilityGauge: Hashable, Sendable, BitwiseCopyable {
    private let shortWeight: Double
    private let normalWeight: Double
    private let needed: Int
    private var last = 0.0
    private var short = 0.0
    private var normal = 0.0
    private var count = 0

    init(short: Int, normal: Int) {
        shortWeight = 2 / Double(short + 1)
        normalWeight = 2 / Double(normal + 1)
        // A tenth of the normal window is the least that anything is compared with.
        needed = max(short, normal / 10, 2)
    }

    /// Takes in a close, a positive number.
    ///
    /// - Returns: Present volatility as a multiple of the normal one before this return; `nil` while that is not known or
    ///   is zero: from a standstill every move is infinitely many times the normal.
    mutating func observe(_ close: Double) -> Double? {
        guard last > 0 else {
            last = close
            return nil
        }
        let change = log(close / last)
        let square = change * change
        guard square.isFinite else { return nil }
        last = close
        count += 1
        let usual = normal
        // Plain means until a window is full, so that the first return does not count for ever.
        short += max(shortWeight, 1 / Double(count)) * (square - short)
        normal += max(normalWeight, 1 / Double(count)) * (square - normal)
        guard count > needed, usual > 0 else { return nil }
        return (short / usual).squareRoot()
    }
}

/// The range of one instrument's price over the last minute, in steps of a second: up to 61 seconds are looked at.
struct MinuteRange: Hashable, Sendable {
    private struct Second: Hashable, Sendable {
        let number: Int64
        var low: Double
        var high: Double
    }
    /// Oldest first; at most 62.
    private var seconds: [Second] = []

    /// How far the price has come within the minute.
    struct Move: Hashable, Sendable {
        /// As a share of where it came from, signed.
        let share: Double
        let from: Double
        let to: Double
    }

    /// Takes in a range of prices within a second or a bar that ends now, positive numbers.
    ///
    /// - Returns: The larger of the fall from the highest price and the rise from the lowest. Of a bar it is not known
    ///   which came first, so the worse is taken.
    mutating func observe(low: Double, high: Double, at now: Timestamp) -> Move {
        let number = now.nanoseconds / 1_000_000_000
        if let last = seconds.last, last.number >= number {
            seconds[seconds.count - 1].low = min(last.low, low)
            seconds[seconds.count - 1].high = max(last.high, high)
        } else {
            seconds.append(Second(number: number, low: low, high: high))
        }
        let newest = seconds[seconds.count - 1].number
        let kept = seconds.firstIndex { newest - $0.number <= 60 } ?? 0
        if kept > 0 { seconds.removeFirst(kept) }
        var (top, bottom) = (high, low)
        for second in seconds {
            top = max(top, second.high)
            bottom = min(bottom, second.low)
        }
        let fall = Move(share: low / top - 1, from: top, to: low)
        let rise = Move(share: high / bottom - 1, from: bottom, to: high)
        return fall.share.magnitude >= rise.share.magnitude ? fall : rise
    }
}
