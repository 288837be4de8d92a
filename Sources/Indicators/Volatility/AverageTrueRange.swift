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
        while index + 4 <= count {
            let ranges = mapFour(loadFour(high + index), loadFour(low + index), loadFour(close + index - 1)) {
                trueRange(high: $0, low: $1, previousClose: $2)
            }
            let smoothed = smoother.advance(ranges)
            if percentOfClose {
                storeFour(mapFour(smoothed, loadFour(close + index)) { percentage(of: $0, close: $1) }, output + index)
            } else {
                storeFour(smoothed, output + index)
            }
            index += 4
        }
        while index < count {
            let range = trueRange(high: high[index], low: low[index], previousClose: close[index - 1])
            let smoothed = smoother.advance(range)
            output[index] = percentOfClose ? percentage(of: smoothed, close: close[index]) : smoothed
            index += 1
        }
        return probe == 0 && smoother.last.isFinite && close[count - 1].isFinite
    }

    public static let definition = IndicatorDefinition(
        name: "atr", aliases: ["average_true_range"], summary: "Wilder's average of the true range.",
        parameters: [.period(14)], outputs: ["value"], inputs: .columns([.high, .low, .close]), batchTolerance: 1e-12,
        firstOutput: { $0.period + 1 }, memory: { wilderMemory($0.period) })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(period: parameters.period)
    }
}

/// The largest of high − low, |high − previous close| and |low − previous close|, as the distance of the outermost
/// prices; not finite where any of them is not.
@inlinable @inline(__always)
func trueRange(high: Double, low: Double, previousClose: Double) -> Double {
    // `larger` and `smaller` pass on a NaN in their second argument; the last term passes on one in `low`.
    larger(previousClose, high) - smaller(low, previousClose) + low * 0
}

/// 100 × range / close, 0 where the close is 0.
func percentage(of range: Double, close: Double) -> Double {
    close == 0 ? range * 0 : 100 * (range / close)
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
