// SPDX-License-Identifier: Apache-2.0

/// The average of the last `period` values with weights 1 (oldest) to `period` (newest).
public struct WeightedMovingAverage: SingleValueIndicator {
    private var line: RollingLine
    private let inverseWeight: Double

    public init(period: Int) throws(IndicatorError) {
        try self.init(period: period, name: "period")
    }

    init(period: Int, name: String) throws(IndicatorError) {
        line = try RollingLine(period: period, name: name)
        inverseWeight = Self.inverseWeight(period)
    }

    /// Takes the next value and returns the average, NaN with fewer than `period` values.
    public mutating func update(_ value: Double) -> Double {
        guard value.isFinite, line.push(value) else { return .nan }
        return line.sums.origin + line.sums.weighted * inverseWeight
    }

    /// Returns the average at each value of a series, NaN before the first; bit for bit the incremental form.
    ///
    /// - Complexity: O(*n*).
    public static func values(of series: Span<Double>, period: Int) throws(IndicatorError) -> [Double] {
        var average = try WeightedMovingAverage(period: period)
        let count = series.count
        var isFinite = true
        let outputs = makeSeries(count) { output in
            series.withUnsafePointer { input in
                isFinite = fill(output, from: input, from: 0, count, period: period)
            }
        }
        return isFinite ? outputs : average.run(series)
    }

    static func fill(
        _ output: UnsafeMutablePointer<Double>, from input: UnsafePointer<Double>, from first: Int, _ count: Int,
        period: Int
    ) -> Bool {
        let inverseWeight = inverseWeight(period)
        fillWithNaN(output, min(count, first + period - 1))
        return RollingLine.scan(input, from: first, count, period: period) { index, sums in
            output[index] = sums.origin + sums.weighted * inverseWeight
        }
    }

    private static func inverseWeight(_ period: Int) -> Double { 2 / (Double(period) * (Double(period) + 1)) }

    public static let definition = IndicatorDefinition(
        name: "wma", aliases: ["weighted_moving_average"],
        summary: "Average with weights rising linearly to the newest value.",
        parameters: [.period(20), .source()], outputs: ["value"], inputs: .source,
        firstOutput: { $0.period }, memory: { .bars($0.period) })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(period: parameters.period)
    }
}
