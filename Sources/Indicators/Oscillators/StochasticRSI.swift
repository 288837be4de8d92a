// SPDX-License-Identifier: Apache-2.0

/// The stochastic oscillator of the relative strength index.
///
/// 50 where the index moved by less than 1e-9 within the window, which is rounding; TA-Lib has no such limit.
///
/// Source: Tushar Chande and Stanley Kroll, The New Technical Trader, 1994.
public struct StochasticRSI: SeriesIndicator {
    private static let leastRange = 1e-9

    private var strength: RelativeStrengthIndex
    private var stochastic: StochasticOscillator

    /// - Parameters:
    ///   - period: Bars of the relative strength index.
    ///   - window: Bars of the range of that index.
    ///   - smoothing: Bars over which raw %K is averaged; 1 is TA-Lib's.
    ///   - signal: Bars over which %K is averaged to %D.
    public init(
        period: Int = 14, window: Int = 14, smoothing: Int = 3, signal: Int = 3
    ) throws(IndicatorError) {
        try requirePeriod(window, "window")
        strength = try RelativeStrengthIndex(period: period)
        stochastic = try StochasticOscillator(period: window, smoothing: smoothing, signal: signal)
        stochastic.leastRange = Self.leastRange
    }

    /// Takes the next value and returns %K and %D; both NaN while there is no %D yet.
    public mutating func update(_ value: Double) -> StochasticOscillator.Value {
        let index = strength.update(value)
        return stochastic.update(high: index, low: index, close: index)
    }

    public mutating func update(_ value: Double, into outputs: inout IndicatorOutputs) {
        let value = update(value)
        outputs[0] = value.k
        outputs[1] = value.d
    }

    /// Returns %K and %D at each value of a series; bit for bit the incremental form.
    public static func values(
        of series: Span<Double>, period: Int = 14, window: Int = 14, smoothing: Int = 3, signal: Int = 3
    ) throws(IndicatorError) -> StochasticOscillator.Series {
        var state = try StochasticRSI(period: period, window: window, smoothing: smoothing, signal: signal)
        let count = series.count
        let isFinite = series.isAllFinite()
        let (k, d) = makeTwoSeries(count) { k, d in
            series.withUnsafePointer { input in
                // `k` holds the index until raw %K is complete in `d`, then %K.
                // Value by value: a difference of 1e-14 in the index would show wherever it hardly moves.
                var strength = state.strength
                for index in 0..<count { k[index] = strength.update(input[index]) }
                fillStochastic(
                    k, d, k, k, k, from: period, count, period: window, smoothing: smoothing, signal: signal,
                    leastRange: leastRange)
            }
        }
        if isFinite { return StochasticOscillator.Series(k: k, d: d) }
        var result = StochasticOscillator.Series(k: [], d: [])
        for index in 0..<count {
            let value = state.update(series[index])
            result.k.append(value.k)
            result.d.append(value.d)
        }
        return result
    }

    public static let definition = IndicatorDefinition(
        name: "stochrsi", aliases: ["stoch_rsi", "stochastic_rsi"],
        summary: "Place of the relative strength index in its own recent range, 0 to 100.",
        parameters: [
            .period(14, "Bars of the relative strength index."),
            .period(14, name: "window", "Bars of its range."),
            .period(3, name: "smoothing_period", "Bars over which raw %K is averaged; 1 for none, as in TA-Lib."),
            .period(3, name: "signal_period", "Bars over which %K is averaged to %D."), .source(),
        ],
        outputs: ["k", "d"], inputs: .source,
        firstOutput: {
            $0.period + $0.integer("window") + $0.integer("smoothing_period") + $0.integer("signal_period") - 2
        },
        memory: {
            .bars(
                $0.period + 2 * decayBars(alpha: 1 / Double($0.period)) + $0.integer("window")
                    + $0.integer("smoothing_period") + $0.integer("signal_period"))
        })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(
            period: parameters.period, window: parameters.integer("window"),
            smoothing: parameters.integer("smoothing_period"), signal: parameters.integer("signal_period"))
    }
}
