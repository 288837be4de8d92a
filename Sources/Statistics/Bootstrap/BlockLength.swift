// SPDX-License-Identifier: Apache-2.0

import Glibc

/// How long the blocks of a stationary bootstrap should be.
///
/// The rule weighs the bias of short blocks, which cut dependence apart, against the variance of long ones, from the
/// series' own autocorrelation. Sources: D. N. Politis and H. White, "Automatic block-length selection for the dependent
/// bootstrap", Econometric Reviews 23 (2004); A. Patton, D. N. Politis and H. White, the correction to it, 28 (2009).
public enum BlockLength {
    /// With fewer values the autocorrelations say nothing.
    public static let minimumCount = 10

    /// The expected length of a block, in values; at least 1.
    ///
    /// - Returns: `nil` for fewer than ten values, for one that is not finite, and for a constant series: it has no
    ///   autocorrelation.
    /// - Complexity: O(*n*^1.5).
    public static func stationary(of series: [Double]) -> Double? {
        let count = series.count
        guard count >= minimumCount, series.allSatisfy(\.isFinite) else { return nil }
        let moments = Moments(series)
        guard !moments.isConstant else { return nil }
        let size = Double(count)
        let distances = series.map { $0 - moments.mean }
        let silence = max(5, Int(log10(size)))
        let longestLag = Int(size.squareRoot().rounded(.up)) + silence
        guard longestLag < count - 1 else { return 1 }

        let products = (0...longestLag).map { product(distances, lag: $0) }
        let band = 2 * (log10(size) / size).squareRoot()
        let isSilent = (0...longestLag).map { lag in
            let early = squares(distances[..<(count - lag - 1)])
            let late = squares(distances[(lag + 1)...])
            return products[lag].magnitude < band * (early * late).squareRoot()
        }
        // The first lag from which enough autocorrelations in a row are within the band.
        let quiet = (0...(longestLag - silence)).first { lag in isSilent[lag..<(lag + silence)].allSatisfy { $0 } }
        let bandwidth = min(quiet.map { 2 * max($0, 1) } ?? longestLag, longestLag)

        var slope = 0.0
        var variance = products[0] / size
        for lag in 1...bandwidth {
            let share = Double(lag) / Double(bandwidth)
            let weight = share <= 0.5 ? 1 : 2 * (1 - share)
            slope += 2 * weight * Double(lag) * products[lag] / size
            variance += 2 * weight * products[lag] / size
        }
        let longest = min(3 * size.squareRoot(), size / 3).rounded(.up)
        let length = cbrt(slope * slope / (variance * variance)) * cbrt(size)
        return length.isFinite ? min(max(length, 1), longest) : longest
    }

    private static func product(_ values: [Double], lag: Int) -> Double {
        var sum = CompensatedSum()
        for index in lag..<values.count { sum.add(values[index] * values[index - lag]) }
        return sum.value
    }

    private static func squares(_ values: ArraySlice<Double>) -> Double {
        var sum = CompensatedSum()
        for value in values { sum.add(value * value) }
        return sum.value
    }
}
