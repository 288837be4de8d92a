// SPDX-License-Identifier: Apache-2.0

/// Commodity channel index: the typical price's distance to its average over 0.015 × the mean deviation.
///
/// 0 where all typical prices of the window are equal. The mean deviation needs the whole window at each bar.
///
/// Source: Donald Lambert, Commodity Channel Index, Commodities, 1980.
public struct CommodityChannelIndex: Indicator {
    private let period: Int
    private var window: SlidingWindow
    private var flat = FlatRun()

    public init(period: Int = 20) throws(IndicatorError) {
        try requirePeriod(period, atLeast: 2)
        self.period = period
        window = SlidingWindow(capacity: period)
    }

    /// Takes the next bar and returns the index, NaN before `period` bars.
    ///
    /// - Complexity: O(*period*).
    public mutating func update(high: Double, low: Double, close: Double) -> Double {
        let typical = (high + low + close) / 3
        guard typical.isFinite else { return .nan }
        flat.push(typical)
        _ = window.push(typical)
        guard window.isFull else { return .nan }
        guard flat.length < period else { return 0 }
        return window.withContents { values in
            let mean = typical + shiftedSum(values, period, origin: typical) / Double(period)
            var deviation = 0.0
            for index in 0..<period { deviation += abs(values[index] - mean) }
            return Self.index(typical - mean, deviation, Double(period))
        }
    }

    public mutating func update(_ bar: BarValues, into outputs: inout IndicatorOutputs) {
        outputs[0] = update(high: bar.high, low: bar.low, close: bar.close)
    }

    @inline(__always)
    private static func index(_ distance: Double, _ totalDeviation: Double, _ period: Double) -> Double {
        distance * period / (0.015 * totalDeviation)
    }

    /// Returns the index at each bar, NaN before the first; within 1e-9 of the incremental form.
    ///
    /// Four bars are computed at once, the window's values one after the other.
    ///
    /// - Complexity: O(*n* period).
    public static func values(
        high: Span<Double>, low: Span<Double>, close: Span<Double>, period: Int = 20
    ) throws(IndicatorError) -> [Double] {
        try requireEqualLengths([high.count, low.count, close.count])
        var state = try CommodityChannelIndex(period: period)
        let count = close.count
        guard high.isAllFinite(), low.isAllFinite(), close.isAllFinite(), count >= period else {
            return mapIndices(count) { state.update(high: high[$0], low: low[$0], close: close[$0]) }
        }
        return makeSeries(count) { output in
            fillWithNaN(output, period - 1)
            high.withUnsafePointer { high in
                low.withUnsafePointer { low in
                    close.withUnsafePointer { close in fill(output, high, low, close, count, period) }
                }
            }
        }
    }

    private static func fill(
        _ output: UnsafeMutablePointer<Double>, _ high: UnsafePointer<Double>, _ low: UnsafePointer<Double>,
        _ close: UnsafePointer<Double>, _ count: Int, _ period: Int
    ) {
        let chunk = max(1024, period)
        let typical = UnsafeMutablePointer<Double>.allocate(capacity: chunk + period + 8)
        typical.initialize(repeating: 0, count: chunk + period + 8)
        defer { typical.deallocate() }
        var flat = FlatRun()
        for index in 0..<(period - 1) { flat.push((high[index] + low[index] + close[index]) / 3) }
        var start = period - 1
        while start < count {
            let length = min(chunk, count - start)
            let base = start - period + 1
            for index in 0..<(length + period - 1) {
                typical[index] = (high[base + index] + low[base + index] + close[base + index]) / 3
            }
            var index = 0
            while index < length {
                let origin = typical[index]
                var sum = SIMD4<Double>(repeating: 0)
                for place in 0..<period { sum += loadVector(typical + (index + place)) - origin }
                let mean = origin + sum / Double(period)
                var deviation = SIMD4<Double>(repeating: 0)
                for place in 0..<period {
                    let distance = loadVector(typical + (index + place)) - mean
                    deviation += distance.replacing(with: -distance, where: distance .< 0)
                }
                for lane in 0..<min(4, length - index) {
                    let newest = typical[index + lane + period - 1]
                    flat.push(newest)
                    output[start + index + lane] =
                        flat.length >= period ? 0 : Self.index(newest - mean[lane], deviation[lane], Double(period))
                }
                index += 4
            }
            start += length
        }
    }

    public static let definition = IndicatorDefinition(
        name: "cci", aliases: ["commodity_channel_index"],
        summary: "Distance of the typical price to its average, in mean deviations / 0.015.",
        parameters: [.period(20, atLeast: 2)], outputs: ["value"], inputs: .columns([.high, .low, .close]),
        batchTolerance: 1e-9, firstOutput: { $0.period }, memory: { .bars($0.period) })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(period: parameters.period)
    }
}
