// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Exponential smoothing `y += alpha * (x - y)`, four values at a time.
///
/// One value after the other, each must wait for the last. Written out for four values,
/// `y[j] = decay^(j+1) y + Σ alpha decay^(j-k) x[k]`, only one multiplication and one addition in four wait.
struct BlockSmoother {
    private let alpha: Double
    private let decay: Double
    private let decay2: Double
    private let decay3: Double
    private let decay4: Double
    var last: Double

    init(alpha: Double, last: Double) {
        self.alpha = alpha
        self.last = last
        decay = 1 - alpha
        decay2 = decay * decay
        decay3 = decay2 * decay
        decay4 = decay2 * decay2
    }

    @inline(__always)
    mutating func advance(_ values: FourValues) -> FourValues {
        let part0 = alpha * values.0
        let part1 = decay * part0 + alpha * values.1
        let part2 = decay * part1 + alpha * values.2
        let part3 = decay * part2 + alpha * values.3
        let start = last
        last = decay4 * start + part3
        return (decay * start + part0, decay2 * start + part1, decay3 * start + part2, last)
    }

    @inline(__always)
    mutating func advance(_ value: Double) -> Double {
        last += alpha * (value - last)
        return last
    }
}

/// Four neighbours of a series. Scalars, because four of them in registers are faster here than a vector whose lanes
/// must be taken apart.
typealias FourValues = (Double, Double, Double, Double)

@inline(__always)
func loadFour(_ values: UnsafePointer<Double>) -> FourValues { (values[0], values[1], values[2], values[3]) }

@inline(__always)
func storeFour(_ values: FourValues, _ output: UnsafeMutablePointer<Double>) {
    output[0] = values.0
    output[1] = values.1
    output[2] = values.2
    output[3] = values.3
}

@inline(__always)
func mapFour(_ a: FourValues, _ transform: (Double) -> Double) -> FourValues {
    (transform(a.0), transform(a.1), transform(a.2), transform(a.3))
}

@inline(__always)
func mapFour(_ a: FourValues, _ b: FourValues, _ transform: (Double, Double) -> Double) -> FourValues {
    (transform(a.0, b.0), transform(a.1, b.1), transform(a.2, b.2), transform(a.3, b.3))
}

@inline(__always)
func mapFour(
    _ a: FourValues, _ b: FourValues, _ c: FourValues, _ transform: (Double, Double, Double) -> Double
) -> FourValues {
    (
        transform(a.0, b.0, c.0), transform(a.1, b.1, c.1), transform(a.2, b.2, c.2), transform(a.3, b.3, c.3)
    )
}

/// The larger of two numbers as one instruction; `second` where one of them is NaN.
@inlinable @inline(__always)
func larger(_ first: Double, _ second: Double) -> Double { first > second ? first : second }

/// The smaller of two numbers as one instruction; `second` where one of them is NaN.
@inlinable @inline(__always)
func smaller(_ first: Double, _ second: Double) -> Double { first < second ? first : second }

/// The positive part of a number without a branch, exactly.
@inlinable @inline(__always)
func positivePart(_ value: Double) -> Double { 0.5 * (value + abs(value)) }

/// How many values it takes until exponential smoothing has forgotten its start to 1e-10.
func decayBars(alpha: Double) -> Int {
    alpha >= 1 ? 0 : Int((log(1e-10) / log1p(-alpha)).rounded(.up))
}

/// The weight of a new value in an exponential average of `period` bars.
@inlinable
func exponentialWeight(period: Int) -> Double { 2 / (Double(period) + 1) }
