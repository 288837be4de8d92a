// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The sample standard deviation of the last `window` log returns.
struct RollingVolatility {
    private var values: [Double]
    private var next = 0
    private var count = 0
    private var last: Double?

    init(window: Int) { values = Array(repeating: 0, count: max(2, window)) }

    mutating func add(_ price: Double) {
        if let last, last > 0, price > 0 {
            values[next] = log(price / last)
            next = next + 1 == values.count ? 0 : next + 1
            count = min(count + 1, values.count)
        }
        last = price
    }

    /// Zero with fewer than two returns.
    var value: Double {
        guard count > 1 else { return 0 }
        var sum = 0.0
        for index in 0..<count { sum += values[index] }
        let mean = sum / Double(count)
        var squares = 0.0
        for index in 0..<count { squares += (values[index] - mean) * (values[index] - mean) }
        return (squares / Double(count - 1)).squareRoot()
    }
}
