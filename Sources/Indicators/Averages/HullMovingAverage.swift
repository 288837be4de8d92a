// SPDX-License-Identifier: Apache-2.0

/// Hull's average: WMA(√period) of 2 WMA(period / 2) − WMA(period), the lengths rounded down.
///
/// Source: Alan Hull, https://alanhull.com/hull-moving-average.
public struct HullMovingAverage: SingleValueIndicator {
    private var half: WeightedMovingAverage
    private var full: WeightedMovingAverage
    private var smoothing: WeightedMovingAverage

    public init(period: Int) throws(IndicatorError) {
        try requirePeriod(period, atLeast: 2)
        half = try WeightedMovingAverage(period: period / 2)
        full = try WeightedMovingAverage(period: period)
        smoothing = try WeightedMovingAverage(period: Self.smoothingPeriod(period))
    }

    /// Takes the next value and returns the average, NaN before the first.
    public mutating func update(_ value: Double) -> Double {
        guard value.isFinite else { return .nan }
        return smoothing.update(2 * half.update(value) - full.update(value))
    }

    /// Returns the average at each value of a series, NaN before the first; bit for bit the incremental form.
    public static func values(of series: Span<Double>, period: Int) throws(IndicatorError) -> [Double] {
        var average = try HullMovingAverage(period: period)
        let count = series.count
        let smoothing = smoothingPeriod(period)
        var isFinite = true
        let outputs = makeSeries(count) { output in
            let raw = UnsafeMutablePointer<Double>.allocate(capacity: count)
            defer { raw.deallocate() }
            offerHugePages(raw, count)
            series.withUnsafePointer { input in
                isFinite = WeightedMovingAverage.fill(raw, from: input, from: 0, count, period: period)
                isFinite =
                    WeightedMovingAverage.fill(output, from: input, from: 0, count, period: period / 2) && isFinite
                for index in 0..<count { raw[index] = 2 * output[index] - raw[index] }
                isFinite =
                    WeightedMovingAverage.fill(output, from: raw, from: period - 1, count, period: smoothing)
                    && isFinite
            }
        }
        return isFinite ? outputs : average.run(series)
    }

    private static func smoothingPeriod(_ period: Int) -> Int { Int(Double(period).squareRoot()) }

    public static let definition = IndicatorDefinition(
        name: "hma", aliases: ["hull", "hull_moving_average"],
        summary: "Hull's average: weighted averages combined to lag less.",
        parameters: [.period(20, atLeast: 2), .source()], outputs: ["value"], inputs: .source,
        firstOutput: { $0.period + smoothingPeriod($0.period) - 1 },
        memory: { .bars($0.period + smoothingPeriod($0.period)) })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(period: parameters.period)
    }
}
