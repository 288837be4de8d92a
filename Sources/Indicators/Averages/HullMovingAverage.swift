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

    /// Returns the average at each value of a series, NaN before the first; within 1e-11 of the incremental form.
    public static func values(of series: Span<Double>, period: Int) throws(IndicatorError) -> [Double] {
        var average = try HullMovingAverage(period: period)
        let count = series.count
        var isFinite = true
        let outputs = makeSeries(count) { output in
            series.withUnsafePointer { input in isFinite = fill(output, from: input, count, period) }
        }
        return isFinite ? outputs : average.run(series)
    }

    /// Both inner averages in one loop, a block at a time, then the outer one over the block.
    private static func fill(
        _ output: UnsafeMutablePointer<Double>, from input: UnsafePointer<Double>, _ count: Int, _ period: Int
    ) -> Bool {
        let smoothing = smoothingPeriod(period)
        let half = period / 2
        let first = period + smoothing - 2
        fillWithNaN(output, min(count, first))
        guard count > first else { return finiteProbe(input, count) == 0 }
        let block = refreshInterval(window: 2 * period)
        let raw = UnsafeMutablePointer<Double>.allocate(capacity: block + smoothing)
        defer { raw.deallocate() }
        let fullWeight = 2 / (Double(period) * (Double(period) + 1))
        let halfWeight = 2 * 2 / (Double(half) * (Double(half) + 1))
        let smoothingWeight = 2 / (Double(smoothing) * (Double(smoothing) + 1))
        var isFinite = true
        var start = first
        while start < count {
            let length = min(block, count - start)
            let base = start - smoothing + 1
            var fullLine = RollingLine.Sums(input + (base - period + 1), period)
            var halfLine = RollingLine.Sums(input + (base - half + 1), half)
            let wide = length + smoothing - 1
            // Both origins are the newest value of their first window, the same one.
            let origin = fullLine.origin
            raw[0] = origin + (halfLine.weighted * halfWeight - fullLine.weighted * fullWeight)
            for index in 1..<max(wide, 1) {
                let new = input[base + index]
                fullLine.roll(in: new, out: input[base + index - period], period: Double(period))
                halfLine.roll(in: new, out: input[base + index - half], period: Double(half))
                raw[index] = origin + (halfLine.weighted * halfWeight - fullLine.weighted * fullWeight)
            }
            var line = RollingLine.Sums(raw, smoothing)
            output[start] = line.origin + line.weighted * smoothingWeight
            for index in 1..<max(length, 1) {
                line.roll(in: raw[index + smoothing - 1], out: raw[index - 1], period: Double(smoothing))
                output[start + index] = line.origin + line.weighted * smoothingWeight
            }
            isFinite = isFinite && line.weighted.isFinite && line.sum.isFinite
            start += length
        }
        return isFinite
    }

    private static func smoothingPeriod(_ period: Int) -> Int { Int(Double(period).squareRoot()) }

    public static let definition = IndicatorDefinition(
        name: "hma", aliases: ["hull", "hull_moving_average"],
        summary: "Hull's average: weighted averages combined to lag less.",
        parameters: [.period(20, atLeast: 2), .source()], outputs: ["value"], inputs: .source, batchTolerance: 1e-11,
        firstOutput: { $0.period + smoothingPeriod($0.period) - 1 },
        memory: { .bars($0.period + smoothingPeriod($0.period)) })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(period: parameters.period)
    }
}
