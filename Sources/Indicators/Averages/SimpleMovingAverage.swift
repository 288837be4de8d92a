// SPDX-License-Identifier: Apache-2.0

/// The arithmetic mean of the last `period` values.
///
/// A rolling sum, taken afresh every 512 values or more, so that rounding does not build up.
public struct SimpleMovingAverage: SingleValueIndicator {
    public let period: Int
    private let inversePeriod: Double
    private var window: SlidingWindow
    private var origin = 0.0
    private var sum = 0.0
    private var untilRefresh = 0

    public init(period: Int) throws(IndicatorError) {
        try requirePeriod(period)
        self.period = period
        inversePeriod = 1 / Double(period)
        window = SlidingWindow(capacity: period)
    }

    /// Takes the next value and returns the mean, NaN with fewer than `period` values.
    public mutating func update(_ value: Double) -> Double {
        guard value.isFinite else { return .nan }
        let leaving = window.push(value)
        guard window.isFull else { return .nan }
        if untilRefresh == 0 {
            origin = value
            sum = window.withContents { shiftedSum($0, period, origin: value) }
            untilRefresh = refreshInterval(window: period)
        } else {
            sum += value - leaving
        }
        untilRefresh -= 1
        return origin + sum * inversePeriod
    }

    /// Returns the mean at each value of a series, NaN before the first; bit for bit the incremental form.
    ///
    /// - Complexity: O(*n*).
    public static func values(of series: Span<Double>, period: Int) throws(IndicatorError) -> [Double] {
        var average = try SimpleMovingAverage(period: period)
        let count = series.count
        var isFinite = true
        let outputs = makeSeries(count) { output in
            series.withUnsafePointer { input in
                isFinite = Self.fill(output, from: input, from: 0, count, period: period)
            }
        }
        return isFinite ? outputs : average.run(series)
    }

    /// Writes the means of `input[first..<count]`, NaN before the first, and returns whether all were finite.
    static func fill(
        _ output: UnsafeMutablePointer<Double>, from input: UnsafePointer<Double>, from first: Int, _ count: Int,
        period: Int
    ) -> Bool {
        let inversePeriod = 1 / Double(period)
        let interval = refreshInterval(window: period)
        var isFinite = true
        var start = first + period - 1
        fillWithNaN(output, min(count, start))
        while start < count {
            let end = min(start + interval, count)
            let origin = input[start]
            var sum = shiftedSum(input + (start - period + 1), period, origin: origin)
            output[start] = origin + sum * inversePeriod
            var index = start + 1
            while index < end {
                sum += input[index] - input[index - period]
                output[index] = origin + sum * inversePeriod
                index += 1
            }
            isFinite = isFinite && sum.isFinite
            start = end
        }
        return isFinite
    }

    public static let definition = IndicatorDefinition(
        name: "sma", aliases: ["simple_moving_average"], summary: "Arithmetic mean of the last `period` values.",
        parameters: [.period(20), .source()], outputs: ["value"], inputs: .source,
        firstOutput: { $0.period }, memory: { .bars($0.period) })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(period: parameters.period)
    }
}
