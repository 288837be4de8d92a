// SPDX-License-Identifier: Apache-2.0

/// The sum and the linearly weighted sum of the last `period` values in constant time.
///
/// Both are of distances to an origin inside the window. Weights are 1 for the oldest to `period` for the newest.
struct RollingLine: Sendable {
    let period: Int
    private var window: SlidingWindow
    private(set) var sums = Sums()
    private var untilRefresh = 0

    struct Sums: BitwiseCopyable, Sendable {
        var origin = 0.0
        var sum = 0.0
        var weighted = 0.0

        @inline(__always)
        mutating func roll(in value: Double, out leaving: Double, period: Double) {
            let new = value - origin
            weighted += period * new - sum
            sum += new - (leaving - origin)
        }

        @inline(__always)
        init() {}

        @inline(__always)
        init(_ values: UnsafePointer<Double>, _ count: Int) {
            origin = values[count - 1]
            for index in 0..<count {
                let distance = values[index] - origin
                sum += distance
                weighted += Double(index + 1) * distance
            }
        }
    }

    init(period: Int, name: String = "period", atLeast minimum: Int = 1) throws(IndicatorError) {
        try requirePeriod(period, name, atLeast: minimum)
        self.period = period
        window = SlidingWindow(capacity: period)
    }

    /// Takes a finite value and returns whether the window is full.
    mutating func push(_ value: Double) -> Bool {
        let leaving = window.push(value)
        guard window.isFull else { return false }
        if untilRefresh == 0 {
            sums = window.withContents { Sums($0, period) }
            untilRefresh = refreshInterval(window: period)
        } else {
            sums.roll(in: value, out: leaving, period: Double(period))
        }
        untilRefresh -= 1
        return true
    }

    func withContents<Result>(_ body: (UnsafePointer<Double>) -> Result) -> Result { window.withContents(body) }

    /// Runs over `input[first..<count]`; `body` gets the sums from the first full window on. Returns whether all values
    /// were finite.
    @inline(__always)
    static func scan(
        _ input: UnsafePointer<Double>, from first: Int, _ count: Int, period: Int,
        _ body: (_ index: Int, _ sums: Sums) -> Void
    ) -> Bool {
        let interval = refreshInterval(window: period)
        var isFinite = true
        var start = first + period - 1
        while start < count {
            let end = min(start + interval, count)
            var sums = Sums(input + (start - period + 1), period)
            body(start, sums)
            var index = start + 1
            while index < end {
                sums.roll(in: input[index], out: input[index - period], period: Double(period))
                body(index, sums)
                index += 1
            }
            isFinite = isFinite && sums.weighted.isFinite && sums.sum.isFinite
            start = end
        }
        return isFinite
    }
}
