// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Exponential smoothing `y += alpha * (x - y)`, four values at a time.
///
/// One value after the other, each must wait for the last: a subtraction, a multiplication and an addition. Written out
/// for four values, `y[j] = y + Σ alpha (1 - alpha)^(j-k) (x[k] - y)` waits once. The differences to `y` are kept so that
/// a constant series stays exactly constant.
struct BlockSmoother {
    let alpha: Double
    private let column0: SIMD4<Double>
    private let column1: SIMD4<Double>
    private let column2: SIMD4<Double>
    private let column3: SIMD4<Double>
    var last: Double

    init(alpha: Double, last: Double) {
        let decay = 1 - alpha
        self.alpha = alpha
        self.last = last
        column0 = alpha * SIMD4(1, decay, decay * decay, decay * decay * decay)
        column1 = alpha * SIMD4(0, 1, decay, decay * decay)
        column2 = alpha * SIMD4(0, 0, 1, decay)
        column3 = alpha * SIMD4(0, 0, 0, 1)
    }

    @inline(__always)
    mutating func advance(_ values: SIMD4<Double>) -> SIMD4<Double> {
        let distance = values - last
        let change =
            (column0 * distance[0] + column1 * distance[1]) + (column2 * distance[2] + column3 * distance[3])
        let smoothed = change + last
        last = smoothed[3]
        return smoothed
    }

    @inline(__always)
    mutating func advance(_ value: Double) -> Double {
        last += alpha * (value - last)
        return last
    }
}

/// How many values it takes until exponential smoothing has forgotten its start to 1e-10.
func decayBars(alpha: Double) -> Int {
    alpha >= 1 ? 0 : Int((log(1e-10) / log1p(-alpha)).rounded(.up))
}

/// The weight of a new value in an exponential average of `period` bars.
@inlinable
func exponentialWeight(period: Int) -> Double { 2 / (Double(period) + 1) }

@inline(__always)
func loadFour(_ values: UnsafePointer<Double>) -> SIMD4<Double> {
    UnsafeRawPointer(values).loadUnaligned(as: SIMD4<Double>.self)
}

@inline(__always)
func storeFour(_ value: SIMD4<Double>, _ output: UnsafeMutablePointer<Double>) {
    UnsafeMutableRawPointer(output).storeBytes(of: value, as: SIMD4<Double>.self)
}
