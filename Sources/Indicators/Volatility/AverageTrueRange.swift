// SPDX-License-Identifier: Apache-2.0

/// Wilder's average true range.
///
/// The true range is the largest of high − low, |high − previous close| and |low − previous close|; the first bar has
/// none, so the first value comes after `period + 1` bars.
///
/// Source: J. Welles Wilder, New Concepts in Technical Trading Systems, 1978.
public struct AverageTrueRange: Indicator, BitwiseCopyable {
    public let period: Int
    @usableFromInline var previousClose = Double.nan
    @usableFromInline var average: WilderMovingAverage

    public init(period: Int) throws(IndicatorError) {
        self.period = period
        average = try WilderMovingAverage(period: period)
    }

    /// Takes the next bar and returns the average true range, NaN before `period + 1` bars.
    @inlinable
    public mutating func update(high: Double, low: Double, close: Double) -> Double {
        guard (high - low + (close - previousClose)).isFinite else {
            return start(high: high, low: low, close: close)
        }
        let range = trueRange(high: high, low: low, previousClose: previousClose)
        previousClose = close
        return average.update(range)
    }

    /// The first bar, or one that is not finite.
    @usableFromInline
    mutating func start(high: Double, low: Double, close: Double) -> Double {
        if (high - low + close).isFinite, previousClose.isNaN { previousClose = close }
        return .nan
    }

    public mutating func update(_ bar: BarValues, into outputs: inout IndicatorOutputs) {
        outputs[0] = update(high: bar.high, low: bar.low, close: bar.close)
    }

    /// Returns the average true range at each bar, NaN before the first; within 1e-12 of the incremental form.
    ///
    /// - Complexity: O(*n*).
    public static func values(
        high: Span<Double>, low: Span<Double>, close: Span<Double>, period: Int
    ) throws(IndicatorError) -> [Double] {
        try values(high: high, low: low, close: close, period: period, percentOfClose: false)
    }

    static func values(
        high: Span<Double>, low: Span<Double>, close: Span<Double>, period: Int, percentOfClose: Bool
    ) throws(IndicatorError) -> [Double] {
        try requireEqualLengths([high.count, low.count, close.count])
        let fresh = try AverageTrueRange(period: period)
        let count = close.count
        var isFinite = true
        var outputs = makeSeries(count) { output in
            high.withUnsafePointer { high in
                low.withUnsafePointer { low in
                    close.withUnsafePointer { close in
                        isFinite = fresh.fill(output, high, low, close, count, percentOfClose)
                    }
                }
            }
        }
        if isFinite { return outputs }
        var state = fresh
        for index in 0..<count {
            let range = state.update(high: high[index], low: low[index], close: close[index])
            outputs[index] = percentOfClose ? percentage(of: range, close: close[index]) : range
        }
        return outputs
    }

    private func fill(
        _ output: UnsafeMutablePointer<Double>, _ high: UnsafePointer<Double>, _ low: UnsafePointer<Double>,
        _ close: UnsafePointer<Double>, _ count: Int, _ percentOfClose: Bool
    ) -> Bool {
        var state = self
        var index = 0
        var probe = 0.0
        while index < count, state.average.average.missing > 0 {
            let range = state.update(high: high[index], low: low[index], close: close[index])
            output[index] = percentOfClose ? percentage(of: range, close: close[index]) : range
            probe += (high[index] + low[index] + close[index]) * 0
            index += 1
        }
        var smoother = BlockSmoother(alpha: state.average.average.alpha, last: state.average.average.value)
        var probes = SIMD4<Double>(repeating: probe)
        while index + 4 <= count {
            let top = loadFour(high + index)
            let bottom = loadFour(low + index)
            let previous = loadFour(close + index - 1)
            let range = pointwiseMax(
                pointwiseMax(top - bottom, absolute(top - previous)), absolute(bottom - previous))
            probes += ((top - bottom) + previous) * 0
            let smoothed = smoother.advance(range)
            if percentOfClose {
                let closes = loadFour(close + index)
                let percent = (smoothed / closes) * 100
                storeFour(percent.replacing(with: 0, where: closes .== 0), output + index)
            } else {
                storeFour(smoothed, output + index)
            }
            index += 4
        }
        while index < count {
            let range = trueRange(high: high[index], low: low[index], previousClose: close[index - 1])
            probes[0] += ((high[index] - low[index]) + close[index - 1]) * 0
            let smoothed = smoother.advance(range)
            output[index] = percentOfClose ? percentage(of: smoothed, close: close[index]) : smoothed
            index += 1
        }
        return probes == SIMD4<Double>(repeating: 0) && close[count - 1].isFinite
    }

    public static let definition = IndicatorDefinition(
        name: "atr", aliases: ["average_true_range"], summary: "Wilder's average of the true range.",
        parameters: [.period(14)], outputs: ["value"], inputs: .columns([.high, .low, .close]), batchTolerance: 1e-12,
        firstOutput: { $0.period + 1 }, memory: { wilderMemory($0.period) })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(period: parameters.period)
    }
}

/// The largest of high − low, |high − previous close| and |low − previous close|.
@inlinable
func trueRange(high: Double, low: Double, previousClose: Double) -> Double {
    max(high - low, abs(high - previousClose), abs(low - previousClose))
}

/// 100 × range / close, 0 where the close is 0.
func percentage(of range: Double, close: Double) -> Double {
    close == 0 && !range.isNaN ? 0 : 100 * (range / close)
}

/// The average true range as a percentage of the close; 0 where the close is 0.
public struct NormalizedAverageTrueRange: Indicator, BitwiseCopyable {
    private var range: AverageTrueRange

    public init(period: Int) throws(IndicatorError) {
        range = try AverageTrueRange(period: period)
    }

    /// Takes the next bar and returns the percentage, NaN before `period + 1` bars.
    public mutating func update(high: Double, low: Double, close: Double) -> Double {
        percentage(of: range.update(high: high, low: low, close: close), close: close)
    }

    public mutating func update(_ bar: BarValues, into outputs: inout IndicatorOutputs) {
        outputs[0] = update(high: bar.high, low: bar.low, close: bar.close)
    }

    /// Returns the percentage at each bar, NaN before the first; within 1e-12 of the incremental form.
    public static func values(
        high: Span<Double>, low: Span<Double>, close: Span<Double>, period: Int
    ) throws(IndicatorError) -> [Double] {
        try AverageTrueRange.values(high: high, low: low, close: close, period: period, percentOfClose: true)
    }

    public static let definition = IndicatorDefinition(
        name: "natr", aliases: ["normalized_average_true_range"],
        summary: "Average true range in percent of the close.",
        parameters: [.period(14)], outputs: ["value"], inputs: .columns([.high, .low, .close]), batchTolerance: 1e-12,
        firstOutput: { $0.period + 1 }, memory: { wilderMemory($0.period) })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(period: parameters.period)
    }
}
