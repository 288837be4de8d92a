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
