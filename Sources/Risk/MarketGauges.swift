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

/// The range of one instrument's price over the last minute, in steps of a second, or over the last two bars where these are
/// longer: no move within a minute is missed, wherever in its bar it lies and also where a close parts it.
struct MinuteRange: Hashable, Sendable {
    private struct Stretch: Hashable, Sendable {
        /// The second that it ended in.
        let end: Int64
        var low: Double
        var high: Double
    }
    /// Oldest first; of trades at most 62, of bars that are longer than a minute two.
    private var stretches: [Stretch] = []

    /// How far the price has come.
    struct Move: Hashable, Sendable {
        /// As a share of where it came from, signed.
        let share: Double
        let from: Double
        let to: Double
    }

    /// Takes in a range of prices within a second, or a bar of length `span`, that ends now; positive numbers.
    ///
    /// A move within a minute that ends inside a bar began less than a minute before it opened, so everything that ended at
    /// the bar's open or later counts whole.
    ///
    /// - Returns: The fall from the highest price and the rise from the lowest. Of a bar it is not known which came first,
    ///   so both are.
    mutating func observe(
        low: Double, high: Double, span: TimeSpan, at now: Timestamp
    ) -> (fall: Move, rise: Move) {
        let end = now.nanoseconds / 1_000_000_000
        if let last = stretches.last, last.end >= end {
            stretches[stretches.count - 1].low = min(last.low, low)
            stretches[stretches.count - 1].high = max(last.high, high)
        } else {
            stretches.append(Stretch(end: end, low: low, high: high))
        }
        let newest = stretches[stretches.count - 1].end
        let window = max(60, span.nanoseconds / 1_000_000_000)
        let kept = stretches.firstIndex { newest - $0.end <= window } ?? 0
        if kept > 0 { stretches.removeFirst(kept) }
        var (top, bottom) = (high, low)
        for stretch in stretches {
            top = max(top, stretch.high)
            bottom = min(bottom, stretch.low)
        }
        return (
            Move(share: low / top - 1, from: top, to: low), Move(share: high / bottom - 1, from: bottom, to: high)
        )
    }
}
