// SPDX-License-Identifier: Apache-2.0

/// The largest of the last `period` numbers, in amortised constant time, and how long ago it came.
///
/// A queue of falling candidates in a ring: a new number removes those it reaches. Of equals the newest counts. For the
/// smallest, feed negated numbers.
struct MovingMaximum: Sendable {
    let period: Int
    private var values: [Double]
    private var arrivals: [Int]
    private let mask: Int
    private var head = 0
    private var tail = 0
    private(set) var count = 0

    init(period: Int) {
        self.period = period
        var capacity = 1
        while capacity < period { capacity *= 2 }
        mask = capacity - 1
        values = [Double](repeating: 0, count: capacity)
        arrivals = [Int](repeating: 0, count: capacity)
    }

    var isFull: Bool { count >= period }

    /// Adds a finite number and returns the largest of the window.
    mutating func push(_ value: Double) -> Double {
        // Before a candidate is added, so that there is room for it.
        if head < tail, arrivals[head & mask] + period <= count { head += 1 }
        while head < tail, values[(tail - 1) & mask] <= value { tail -= 1 }
        values[tail & mask] = value
        arrivals[tail & mask] = count
        tail += 1
        count += 1
        return values[head & mask]
    }

    /// The largest of the window.
    var maximum: Double { values[head & mask] }

    /// Pushes since the largest one; 0 where it came last.
    var age: Int { count - 1 - arrivals[head & mask] }
}

/// Highest high and lowest low of the last `period` bars.
struct MovingRange: Sendable {
    private var highs: MovingMaximum
    private var lows: MovingMaximum

    init(period: Int, name: String = "period") throws(IndicatorError) {
        try requirePeriod(period, name)
        highs = MovingMaximum(period: period)
        lows = MovingMaximum(period: period)
    }

    /// Takes finite numbers and returns whether the window is full.
    mutating func push(high: Double, low: Double) -> Bool {
        _ = highs.push(high)
        _ = lows.push(-low)
        return highs.isFull
    }

    var high: Double { highs.maximum }
    var low: Double { -lows.maximum }
    var middle: Double { (high + low) / 2 }
    var highAge: Int { highs.age }
    var lowAge: Int { lows.age }
}

/// Writes, for each place from `period - 1` on, the largest and smallest of a window in chunks that stay in the cache.
///
/// The window doubles until it covers `period`: log2(period) passes of vector instructions, without a branch on data.
/// `body` gets a chunk's first index, its length, and the extremes; `first` is where the input begins.
func scanRange(
    high: UnsafePointer<Double>, low: UnsafePointer<Double>, from first: Int, _ count: Int, period: Int,
    _ body: (_ start: Int, _ length: Int, _ highest: UnsafePointer<Double>, _ lowest: UnsafePointer<Double>) -> Void
) {
    let chunk = max(1024, period)
    // The passes work on whole vectors and may read and write up to three numbers past the end.
    let scratch = UnsafeMutablePointer<Double>.allocate(capacity: 2 * (chunk + period + 8))
    defer { scratch.deallocate() }
    let highest = scratch
    let lowest = scratch + (chunk + period + 8)
    scratch.initialize(repeating: 0, count: 2 * (chunk + period + 8))
    var start = first + period - 1
    while start < count {
        let length = min(chunk, count - start)
        let wide = length + period - 1
        highest.update(from: high + (start - period + 1), count: wide)
        lowest.update(from: low + (start - period + 1), count: wide)
        var covered = 1
        while covered < period {
            let step = min(covered, period - covered)
            let places = wide - covered - step + 1
            var index = 0
            while index < places {
                let top = loadVector(highest + index)
                let nextTop = loadVector(highest + index + step)
                let bottom = loadVector(lowest + index)
                let nextBottom = loadVector(lowest + index + step)
                storeVector(top.replacing(with: nextTop, where: nextTop .> top), highest + index)
                storeVector(bottom.replacing(with: nextBottom, where: nextBottom .< bottom), lowest + index)
                index += 4
            }
            covered += step
        }
        body(start, length, highest, lowest)
        start += length
    }
}

@inline(__always)
func storeVector(_ value: SIMD4<Double>, _ output: UnsafeMutablePointer<Double>) {
    UnsafeMutableRawPointer(output).storeBytes(of: value, as: SIMD4<Double>.self)
}
