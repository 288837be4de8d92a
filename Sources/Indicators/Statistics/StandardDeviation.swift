// SPDX-License-Identifier: Apache-2.0

/// The population standard deviation of the last `period` values; exactly 0 where they are all equal.
public struct StandardDeviation: SingleValueIndicator {
    private var moments: RollingMoments

    public init(period: Int = 20) throws(IndicatorError) {
        moments = try RollingMoments(period: period)
    }

    /// Takes the next value and returns the deviation, NaN with fewer than `period` values.
    public mutating func update(_ value: Double) -> Double {
        value.isFinite && moments.push(value) ? moments.variance.squareRoot() : .nan
    }

    /// Returns the deviation at each value of a series, NaN before the first; bit for bit the incremental form.
    public static func values(of series: Span<Double>, period: Int = 20) throws(IndicatorError) -> [Double] {
        var state = try StandardDeviation(period: period)
        return scanMoments(series, period) { _, _, variance in variance.squareRoot() } ?? state.run(series)
    }

    public static let definition = IndicatorDefinition(
        name: "stddev", aliases: ["standard_deviation"], summary: "Population standard deviation.",
        parameters: [.period(20), .source()], outputs: ["value"], inputs: .source,
        firstOutput: { $0.period }, memory: { .bars($0.period) })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(period: parameters.period)
    }
}

/// How many population standard deviations the value lies from its mean; 0 where all values are equal.
public struct ZScore: SingleValueIndicator {
    private var moments: RollingMoments

    public init(period: Int = 20) throws(IndicatorError) {
        moments = try RollingMoments(period: period, atLeast: 2)
    }

    /// Takes the next value and returns its score, NaN with fewer than `period` values.
    public mutating func update(_ value: Double) -> Double {
        guard value.isFinite, moments.push(value) else { return .nan }
        return Self.score(value, moments.mean, moments.variance)
    }

    @inline(__always)
    private static func score(_ value: Double, _ mean: Double, _ variance: Double) -> Double {
        variance > 0 ? (value - mean) / variance.squareRoot() : 0
    }

    /// Returns the score of each value of a series, NaN before the first; bit for bit the incremental form.
    public static func values(of series: Span<Double>, period: Int = 20) throws(IndicatorError) -> [Double] {
        var state = try ZScore(period: period)
        return scanMoments(series, period, score) ?? state.run(series)
    }

    public static let definition = IndicatorDefinition(
        name: "zscore", aliases: ["z_score"], summary: "Distance to the mean in standard deviations.",
        parameters: [.period(20, atLeast: 2), .source()], outputs: ["value"], inputs: .source,
        firstOutput: { $0.period }, memory: { .bars($0.period) })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(period: parameters.period)
    }
}

/// Returns `combine(value, mean, variance)` for each full window, or `nil` where the series is not finite.
@inline(__always)
func scanMoments(
    _ series: Span<Double>, _ period: Int, _ combine: (_ value: Double, _ mean: Double, _ variance: Double) -> Double
) -> [Double]? {
    let count = series.count
    var isFinite = true
    let outputs = makeSeries(count) { output in
        fillWithNaN(output, min(count, period - 1))
        series.withUnsafePointer { input in
            isFinite = RollingMoments.scan(input, count, period: period) { index, mean, variance in
                output[index] = combine(input[index], mean, variance)
            }
        }
    }
    return isFinite ? outputs : nil
}
