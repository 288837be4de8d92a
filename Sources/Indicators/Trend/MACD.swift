// SPDX-License-Identifier: Apache-2.0

/// Moving average convergence/divergence: a fast less a slow exponential average, and its own average.
///
/// With seed `sma` both averages take their first value on the same bar, the fast one from the `fastPeriod` values
/// before it, and all outputs start with the signal: as in TA-Lib. With seed `first` everything starts on the first bar.
///
/// Source: Gerald Appel, Technical Analysis: Power Tools for Active Investors, 2005.
public struct MACD: SeriesIndicator, BitwiseCopyable {
    /// The three lines at one bar; all NaN while there is no signal yet.
    public struct Value: BitwiseCopyable, Sendable, Equatable {
        public var macd: Double
        public var signal: Double
        public var histogram: Double
    }

    private var fast: ExponentialMovingAverage
    private var slow: ExponentialMovingAverage
    private var signal: ExponentialMovingAverage
    /// Values that only the slow average takes.
    private var fastDelay: Int

    public init(
        fastPeriod: Int = 12, slowPeriod: Int = 26, signalPeriod: Int = 9, seed: Seed = .sma
    ) throws(IndicatorError) {
        try requirePeriod(fastPeriod, "fast_period")
        try requirePeriod(slowPeriod, "slow_period")
        try requirePeriod(signalPeriod, "signal_period")
        guard fastPeriod < slowPeriod else {
            throw .incompatible(
                indicator: "macd", reason: "fast_period (\(fastPeriod)) must be below slow_period (\(slowPeriod))")
        }
        fast = try ExponentialMovingAverage(period: fastPeriod, seed: seed)
        slow = try ExponentialMovingAverage(period: slowPeriod, seed: seed)
        signal = try ExponentialMovingAverage(period: signalPeriod, seed: seed)
        fastDelay = seed == .sma ? slowPeriod - fastPeriod : 0
    }

    /// Takes the next value and returns the three lines.
    public mutating func update(_ value: Double) -> Value {
        guard value.isFinite else { return Value(macd: .nan, signal: .nan, histogram: .nan) }
        let slowAverage = slow.update(value)
        if fastDelay > 0 {
            fastDelay -= 1
            return Value(macd: .nan, signal: .nan, histogram: .nan)
        }
        let macd = fast.update(value) - slowAverage
        let average = signal.update(macd)
        guard average.isFinite else { return Value(macd: .nan, signal: .nan, histogram: .nan) }
        return Value(macd: macd, signal: average, histogram: macd - average)
    }

    public mutating func update(_ value: Double, into outputs: inout IndicatorOutputs) {
        let lines = update(value)
        outputs[0] = lines.macd
        outputs[1] = lines.signal
        outputs[2] = lines.histogram
    }

    /// The three lines of a whole series, NaN before the first.
    public struct Series: Sendable, Equatable {
        public var macd: [Double]
        public var signal: [Double]
        public var histogram: [Double]
    }

    /// Returns the lines at each value of a series; within 1e-12 of the input's scale of the incremental form.
    ///
    /// - Complexity: O(*n*).
    public static func values(
        of series: Span<Double>, fastPeriod: Int = 12, slowPeriod: Int = 26, signalPeriod: Int = 9, seed: Seed = .sma
    ) throws(IndicatorError) -> Series {
        let fresh = try MACD(fastPeriod: fastPeriod, slowPeriod: slowPeriod, signalPeriod: signalPeriod, seed: seed)
        let count = series.count
        var isFinite = true
        let (macd, signal, histogram) = makeThreeSeries(count) { macd, signal, histogram in
            series.withUnsafePointer { input in
                var state = fresh
                var index = 0
                while index < count, state.signal.missing > 0 {
                    let value = state.update(input[index])
                    macd[index] = value.macd
                    signal[index] = value.signal
                    histogram[index] = value.histogram
                    index += 1
                }
                var fast = BlockSmoother(alpha: state.fast.alpha, last: state.fast.value)
                var slow = BlockSmoother(alpha: state.slow.alpha, last: state.slow.value)
                var average = BlockSmoother(alpha: state.signal.alpha, last: state.signal.value)
                while index + 4 <= count {
                    let values = loadFour(input + index)
                    let line = mapFour(fast.advance(values), slow.advance(values)) { $0 - $1 }
                    let smoothed = average.advance(line)
                    storeFour(line, macd + index)
                    storeFour(smoothed, signal + index)
                    storeFour(mapFour(line, smoothed) { $0 - $1 }, histogram + index)
                    index += 4
                }
                while index < count {
                    let line = fast.advance(input[index]) - slow.advance(input[index])
                    macd[index] = line
                    signal[index] = average.advance(line)
                    histogram[index] = line - signal[index]
                    index += 1
                }
                isFinite = slow.last.isFinite && average.last.isFinite
            }
        }
        if isFinite { return Series(macd: macd, signal: signal, histogram: histogram) }
        var state = fresh
        var result = Series(macd: macd, signal: signal, histogram: histogram)
        for index in 0..<count {
            let value = state.update(series[index])
            result.macd[index] = value.macd
            result.signal[index] = value.signal
            result.histogram[index] = value.histogram
        }
        return result
    }

    public static let definition = IndicatorDefinition(
        name: "macd", summary: "Fast less slow exponential average, its signal line and the difference of the two.",
        parameters: [
            .period(12, name: "fast_period", "Bars of the fast average; below slow_period."),
            .period(26, name: "slow_period", "Bars of the slow average."),
            .period(9, name: "signal_period", "Bars of the signal line."),
            .seed, .source(),
        ],
        outputs: ["macd", "signal", "histogram"], inputs: .source, batchTolerance: 1e-12,
        firstOutput: {
            $0.seed == .sma ? $0.integer("slow_period") + $0.integer("signal_period") - 1 : 1
        },
        memory: {
            let slow = $0.integer("slow_period")
            let signal = $0.integer("signal_period")
            return .bars(
                slow + signal + decayBars(alpha: exponentialWeight(period: slow))
                    + decayBars(alpha: exponentialWeight(period: signal)))
        })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(
            fastPeriod: parameters.integer("fast_period"), slowPeriod: parameters.integer("slow_period"),
            signalPeriod: parameters.integer("signal_period"), seed: parameters.seed)
    }
}
