// SPDX-License-Identifier: Apache-2.0

/// The least-squares line through the last `period` values.
///
/// `value` is the line at the newest bar, `slope` its rise per bar, `intercept` its value at the oldest bar and
/// `rSquared` the share of variance that it explains, 0 where the values are all equal.
public struct LinearRegression: SeriesIndicator {
    /// The line at one bar; all NaN before the window is full.
    public struct Value: BitwiseCopyable, Sendable, Equatable {
        public var value: Double
        public var slope: Double
        public var intercept: Double
        public var rSquared: Double

        static let none = Value(value: .nan, slope: .nan, intercept: .nan, rSquared: .nan)
    }

    private let period: Int
    private let shape: Shape
    private var line: RollingLine
    private var moments: RollingMoments

    /// What of the fit depends on the period alone.
    private struct Shape: BitwiseCopyable, Sendable {
        let inversePeriod: Double
        let meanPlace: Double
        /// The sum of squared distances of the places 1 to n to their mean: n (n² − 1) / 12.
        let spread: Double

        init(_ period: Int) {
            let n = Double(period)
            inversePeriod = 1 / n
            meanPlace = (n + 1) / 2
            spread = n * (n * n - 1) / 12
        }

        /// Slope, and the line's value in the middle of the window.
        @inline(__always)
        func fit(_ sums: RollingLine.Sums) -> (slope: Double, middle: Double) {
            ((sums.weighted - meanPlace * sums.sum) / spread, sums.origin + sums.sum * inversePeriod)
        }

        /// Bars from the middle of the window to its newest bar.
        var reach: Double { meanPlace - 1 }
    }

    public init(period: Int = 14) throws(IndicatorError) {
        line = try RollingLine(period: period, atLeast: 2)
        moments = try RollingMoments(period: period)
        shape = Shape(period)
        self.period = period
    }

    /// Takes the next value and returns the line.
    public mutating func update(_ value: Double) -> Value {
        guard value.isFinite else { return .none }
        let isFull = line.push(value)
        _ = moments.push(value)
        guard isFull else { return .none }
        let (slope, middle) = shape.fit(line.sums)
        let total = moments.variance * Double(period)
        let explained = slope * slope * shape.spread
        return Value(
            value: middle + slope * shape.reach, slope: slope, intercept: middle - slope * shape.reach,
            rSquared: total > 0 ? smaller(explained / total, 1) : 0)
    }

    public mutating func update(_ value: Double, into outputs: inout IndicatorOutputs) {
        let line = update(value)
        outputs[0] = line.value
        outputs[1] = line.slope
        outputs[2] = line.intercept
        outputs[3] = line.rSquared
    }

    /// Returns the line's value at the newest bar, for each value of a series; bit for bit the incremental form.
    ///
    /// - Complexity: O(*n*).
    public static func values(of series: Span<Double>, period: Int = 14) throws(IndicatorError) -> [Double] {
        try values(of: series, period: period, { $0.value }) { slope, middle, shape in middle + slope * shape.reach }
    }

    /// Returns the slope per bar for each value of a series; bit for bit the incremental form.
    public static func slopes(of series: Span<Double>, period: Int = 14) throws(IndicatorError) -> [Double] {
        try values(of: series, period: period, { $0.slope }) { slope, _, _ in slope }
    }

    @inline(__always)
    private static func values(
        of series: Span<Double>, period: Int, _ part: (Value) -> Double,
        _ combine: (_ slope: Double, _ middle: Double, _ shape: Shape) -> Double
    ) throws(IndicatorError) -> [Double] {
        var state = try LinearRegression(period: period)
        let count = series.count
        let shape = state.shape
        var isFinite = true
        let outputs = makeSeries(count) { output in
            fillWithNaN(output, min(count, period - 1))
            series.withUnsafePointer { input in
                isFinite = RollingLine.scan(input, from: 0, count, period: period) { index, sums in
                    let (slope, middle) = shape.fit(sums)
                    output[index] = combine(slope, middle, shape)
                }
            }
        }
        return isFinite ? outputs : mapIndices(count) { part(state.update(series[$0])) }
    }

    public static let definition = IndicatorDefinition(
        name: "linear_regression", aliases: ["linearreg", "linreg"],
        summary: "Least-squares line: its value at this bar, slope per bar, start and R².",
        parameters: [.period(14, atLeast: 2), .source()], outputs: ["value", "slope", "intercept", "r_squared"],
        inputs: .source, firstOutput: { $0.period }, memory: { .bars($0.period) })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(period: parameters.period)
    }
}
