// SPDX-License-Identifier: Apache-2.0

/// Mean and variance of the last `period` values in constant time.
///
/// Sums of the distances to an origin inside the window, taken afresh every 512 values or more: a constant window has
/// variance exactly zero, and a small spread on a large price keeps its digits.
struct RollingMoments: Sendable {
    let period: Int
    let inversePeriod: Double
    private var window: SlidingWindow
    private var origin = 0.0
    private var sum = 0.0
    private var sumOfSquares = 0.0
    private var untilRefresh = 0
    private var flat = FlatRun()

    init(period: Int, name: String = "period", atLeast minimum: Int = 1) throws(IndicatorError) {
        try requirePeriod(period, name, atLeast: minimum)
        self.period = period
        inversePeriod = 1 / Double(period)
        window = SlidingWindow(capacity: period)
    }

    var isFull: Bool { window.isFull }

    /// Takes a finite value and returns whether the window is full.
    mutating func push(_ value: Double) -> Bool {
        flat.push(value)
        let leaving = window.push(value)
        guard window.isFull else { return false }
        if untilRefresh == 0 {
            origin = value
            (sum, sumOfSquares) = window.withContents { shiftedMoments($0, period, origin: value) }
            untilRefresh = refreshInterval(window: period)
        } else {
            let new = value - origin
            let old = leaving - origin
            sum += new - old
            sumOfSquares += (new - old) * (new + old)
        }
        untilRefresh -= 1
        return true
    }

    var mean: Double { isFlat ? flat.last : origin + sum * inversePeriod }

    /// The mean squared distance to the mean.
    var variance: Double { isFlat ? 0 : populationVariance(sum, sumOfSquares, inversePeriod) }

    /// Whether all values of the window are equal.
    var isFlat: Bool { flat.length >= period }

    /// The variance with one degree of freedom less, as an estimate from a sample; 0 for a single value.
    var sampleVariance: Double { period > 1 ? variance * Double(period) / Double(period - 1) : 0 }

    /// Runs over a whole series; `body` gets the index, mean and variance from the first full window on, and again for a
    /// window of equal values. Returns whether every value was finite: if not, what it passed to `body` is worthless.
    @inline(__always)
    static func scan(
        _ input: UnsafePointer<Double>, _ count: Int, period: Int,
        _ body: (_ index: Int, _ mean: Double, _ variance: Double) -> Void
    ) -> Bool {
        guard count >= period else { return finiteProbe(input, count) == 0 }
        let interval = refreshInterval(window: period)
        let inversePeriod = 1 / Double(period)
        var isFinite = true
        var start = period - 1
        while start < count {
            let end = min(start + interval, count)
            let origin = input[start]
            var (sum, squares) = shiftedMoments(input + (start - period + 1), period, origin: origin)
            body(start, origin + sum * inversePeriod, populationVariance(sum, squares, inversePeriod))
            var index = start &+ 1
            while index < end {
                let new = input[index] - origin
                let old = input[index &- period] - origin
                sum += new - old
                squares += (new - old) * (new + old)
                body(index, origin + sum * inversePeriod, populationVariance(sum, squares, inversePeriod))
                index &+= 1
            }
            FlatRun.visit(input, start, end, period) { body($0, input[$0], 0) }
            isFinite = isFinite && sum.isFinite
            start = end
        }
        return isFinite
    }
}

@inline(__always)
private func populationVariance(_ sum: Double, _ sumOfSquares: Double, _ inversePeriod: Double) -> Double {
    let mean = sum * inversePeriod
    return larger(sumOfSquares * inversePeriod - mean * mean, 0)
}

/// The sum and the sum of squares of `count` numbers less `origin` each.
@inline(__always)
private func shiftedMoments(
    _ values: UnsafePointer<Double>, _ count: Int, origin: Double
) -> (sum: Double, sumOfSquares: Double) {
    var sums = SIMD4<Double>(repeating: 0)
    var squares = SIMD4<Double>(repeating: 0)
    var index = 0
    while index + 4 <= count {
        let distance = loadVector(values + index) - origin
        sums += distance
        squares += distance * distance
        index += 4
    }
    var sum = (sums[0] + sums[2]) + (sums[1] + sums[3])
    var sumOfSquares = (squares[0] + squares[2]) + (squares[1] + squares[3])
    while index < count {
        let distance = values[index] - origin
        sum += distance
        sumOfSquares += distance * distance
        index += 1
    }
    return (sum, sumOfSquares)
}

/// How many equal values came last.
///
/// Rolling sums leave a rounding residue where a window has become constant; ratios of residues would be noise.
struct FlatRun: BitwiseCopyable, Sendable {
    private(set) var length = 0
    private(set) var last = Double.nan

    @inline(__always)
    mutating func push(_ value: Double) {
        length = value == last ? length &+ 1 : 1
        last = value
    }

    /// Calls `body` for each of the places `start..<end` at which a window of `period` equal values ends.
    @inline(__always)
    static func visit(
        _ values: UnsafePointer<Double>, _ start: Int, _ end: Int, _ period: Int, _ body: (Int) -> Void
    ) {
        let base = start - period + 1
        // Without enough equal neighbours no window can be flat: the usual case.
        guard equalNeighbours(values + base, end - base) >= period - 1 else { return }
        var flat = FlatRun()
        for index in base..<end {
            flat.push(values[index])
            if flat.length >= period { body(index) }
        }
    }
}
