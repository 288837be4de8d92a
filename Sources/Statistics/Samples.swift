// SPDX-License-Identifier: Apache-2.0

import Glibc

func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

/// Sums with the rounding error carried along, so that a mean near zero keeps its digits.
///
/// Source: A. Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", ZAMM 54 (1974).
struct CompensatedSum {
    private var total = 0.0
    private var compensation = 0.0

    mutating func add(_ value: Double) {
        let next = total + value
        if total.magnitude >= value.magnitude {
            compensation += (total - next) + value
        } else {
            compensation += (value - next) + total
        }
        total = next
    }

    var value: Double { total + compensation }
}

/// Moments of a sample of finite numbers, from two passes over it.
package struct Moments {
    package let count: Int
    package let mean: Double
    /// Sums of the second, third and fourth powers of the distance from the mean.
    package let second: Double
    package let third: Double
    package let fourth: Double
    package let minimum: Double
    package let maximum: Double

    package init(_ values: [Double]) {
        var sum = CompensatedSum()
        var minimum = Double.infinity
        var maximum = -Double.infinity
        for value in values {
            sum.add(value)
            minimum = min(minimum, value)
            maximum = max(maximum, value)
        }
        let mean = values.isEmpty ? 0 : sum.value / Double(values.count)
        var second = CompensatedSum()
        var third = CompensatedSum()
        var fourth = CompensatedSum()
        for value in values {
            let distance = value - mean
            let square = distance * distance
            second.add(square)
            third.add(square * distance)
            fourth.add(square * square)
        }
        count = values.count
        self.mean = mean
        self.second = second.value
        self.third = third.value
        self.fourth = fourth.value
        self.minimum = minimum
        self.maximum = maximum
    }

    /// All values are the same, so that every spread is exactly zero whatever rounding left in the sums.
    package var isConstant: Bool { minimum == maximum }

    /// With `count - 1` in the denominator; `nil` with fewer than two values.
    package var standardDeviation: Double? {
        guard count >= 2 else { return nil }
        return isConstant ? 0 : (second / Double(count - 1)).squareRoot()
    }

    /// The third standardised moment of the sample itself, as scipy and empyrical give it.
    package var populationSkewness: Double? {
        guard count >= 2, !isConstant else { return nil }
        let size = Double(count)
        return (third / size).divided(by: pow(second / size, 1.5))
    }

    /// The fourth standardised moment of the sample itself minus 3, as scipy and empyrical give it.
    package var populationKurtosis: Double? {
        guard count >= 2, !isConstant else { return nil }
        let size = Double(count)
        return (fourth / size).divided(by: (second / size) * (second / size)).map { $0 - 3 }
    }

    /// Skewness corrected for the size of the sample (G1), as pandas and quantstats give it.
    ///
    /// Source: D. N. Joanes and C. A. Gill, "Comparing measures of sample skewness and kurtosis", 1998.
    package var skewness: Double? {
        guard count >= 3, let population = populationSkewness else { return nil }
        let size = Double(count)
        return population * (size * (size - 1)).squareRoot() / (size - 2)
    }

    /// Excess kurtosis corrected for the size of the sample (G2), as pandas and quantstats give it.
    package var kurtosis: Double? {
        guard count >= 4, let population = populationKurtosis else { return nil }
        let size = Double(count)
        return (size - 1) / ((size - 2) * (size - 3)) * ((size + 1) * population + 6)
    }
}

/// The quantile of sorted values with linear interpolation between neighbours, as numpy and pandas do by default.
package func quantile(ofSorted values: [Double], _ fraction: Double) -> Double? {
    guard let first = values.first else { return nil }
    guard values.count > 1 else { return first }
    let position = fraction * Double(values.count - 1)
    let lower = min(max(0, Int(position)), values.count - 2)
    let weight = position - Double(lower)
    return (values[lower] + (values[lower + 1] - values[lower]) * weight).finite
}

/// The standard normal distribution.
package enum Normal {
    package static func density(_ value: Double) -> Double { exp(-value * value / 2) / (2 * Double.pi).squareRoot() }

    package static func cumulative(_ value: Double) -> Double { 0.5 * erfc(-value / 2.0.squareRoot()) }

    /// The value that a standard normal variable stays under with the given probability, between 0 and 1.
    ///
    /// Newton's method from 0 on the lower half, where the distribution is convex, so that every step stays on one
    /// side of the answer and gets nearer.
    package static func quantile(_ probability: Double) -> Double {
        guard probability <= 0.5 else { return -quantile(1 - probability) }
        guard probability > 0 else { return -.infinity }
        var value = 0.0
        for _ in 0..<200 {
            let step = (cumulative(value) - probability) / density(value)
            value -= step
            if step.magnitude <= 1e-15 * max(1, value.magnitude) { break }
        }
        return value
    }
}
