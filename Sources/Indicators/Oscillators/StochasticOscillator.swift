// SPDX-License-Identifier: Apache-2.0

/// The stochastic oscillator: where the close lies in the range of the last bars, smoothed twice.
///
/// Raw %K is 100 × (close − lowest low) / (highest high − lowest low), and 50 where there is no range; TA-Lib says 0,
/// which a strategy would read as oversold.
///
/// Source: George Lane, Lane's Stochastics, Stocks & Commodities, 1984.
public struct StochasticOscillator: Indicator {
    /// %K and %D at one bar; both NaN while there is no %D yet.
    public struct Value: BitwiseCopyable, Sendable, Equatable {
        public var k: Double
        public var d: Double
    }

    private var range: MovingRange
    /// A range up to this counts as none.
    var leastRange = 0.0
    private var smoothing: SimpleMovingAverage
    private var signal: SimpleMovingAverage

    /// - Parameters:
    ///   - period: Bars of the range.
    ///   - smoothing: Bars over which raw %K is averaged; 1 is the fast stochastic.
    ///   - signal: Bars over which %K is averaged to %D.
    public init(period: Int = 14, smoothing: Int = 3, signal: Int = 3) throws(IndicatorError) {
        range = try MovingRange(period: period)
        try requirePeriod(smoothing, "smoothing_period")
        try requirePeriod(signal, "signal_period")
        self.smoothing = try SimpleMovingAverage(period: smoothing)
        self.signal = try SimpleMovingAverage(period: signal)
    }

    /// Takes the next bar and returns %K and %D.
    public mutating func update(high: Double, low: Double, close: Double) -> Value {
        guard (high - low + close).isFinite, range.push(high: high, low: low) else { return Value(k: .nan, d: .nan) }
        let k = smoothing.update(placeInRange(close, low: range.low, high: range.high, leastRange))
        let d = signal.update(k)
        return Value(k: d.isNaN ? .nan : k, d: d)
    }

    public mutating func update(_ bar: BarValues, into outputs: inout IndicatorOutputs) {
        let value = update(high: bar.high, low: bar.low, close: bar.close)
        outputs[0] = value.k
        outputs[1] = value.d
    }

    /// %K and %D of a whole series, NaN before the first.
    public struct Series: Sendable, Equatable {
        public var k: [Double]
        public var d: [Double]
    }

    /// Returns %K and %D at each bar; bit for bit the incremental form.
    ///
    /// - Complexity: O(*n* log period).
    public static func values(
        high: Span<Double>, low: Span<Double>, close: Span<Double>, period: Int = 14, smoothing: Int = 3,
        signal: Int = 3
    ) throws(IndicatorError) -> Series {
        try requireEqualLengths([high.count, low.count, close.count])
        var stochastic = try StochasticOscillator(period: period, smoothing: smoothing, signal: signal)
        let count = close.count
        var isFinite = true
        let (k, d) = makeTwoSeries(count) { k, d in
            high.withUnsafePointer { high in
                low.withUnsafePointer { low in
                    close.withUnsafePointer { close in
                        isFinite = fillStochastic(
                            k, d, high, low, close, from: 0, count, period: period, smoothing: smoothing,
                            signal: signal)
                    }
                }
            }
        }
        if isFinite { return Series(k: k, d: d) }
        var series = Series(k: [], d: [])
        for index in 0..<count {
            let value = stochastic.update(high: high[index], low: low[index], close: close[index])
            series.k.append(value.k)
            series.d.append(value.d)
        }
        return series
    }

    public static let definition = IndicatorDefinition(
        name: "stochastic", aliases: ["stoch", "stochastic_oscillator"],
        summary: "Place of the close in the recent range, 0 to 100, smoothed (k) and averaged (d).",
        parameters: [
            .period(14, "Bars of the range."),
            .period(3, name: "smoothing_period", "Bars over which raw %K is averaged; 1 for none."),
            .period(3, name: "signal_period", "Bars over which %K is averaged to %D."),
        ],
        outputs: ["k", "d"], inputs: .columns([.high, .low, .close]),
        firstOutput: { $0.period + $0.integer("smoothing_period") + $0.integer("signal_period") - 2 },
        memory: { .bars($0.period + $0.integer("smoothing_period") + $0.integer("signal_period")) })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(
            period: parameters.period, smoothing: parameters.integer("smoothing_period"),
            signal: parameters.integer("signal_period"))
    }
}

/// Writes %K and %D and returns whether the input was finite; `d` serves as scratch on the way.
@discardableResult
func fillStochastic(
    _ k: UnsafeMutablePointer<Double>, _ d: UnsafeMutablePointer<Double>, _ high: UnsafePointer<Double>,
    _ low: UnsafePointer<Double>, _ close: UnsafePointer<Double>, from first: Int, _ count: Int, period: Int,
    smoothing: Int, signal: Int, leastRange: Double = 0
) -> Bool {
    let raw = d
    var probe = 0.0
    for index in first..<max(min(count, first + period - 1), first) { probe += close[index] * 0 }
    fillWithNaN(raw, min(count, first + period - 1))
    let isFinite = scanRange(high: high, low: low, from: first, count, period: period) { start, length, top, bottom in
        fillPlaces(raw + start, close + start, length, top, bottom, leastRange: leastRange)
        probe += finiteProbe(close + start, length)
    }
    _ = SimpleMovingAverage.fill(k, from: raw, from: first + period - 1, count, period: smoothing)
    _ = SimpleMovingAverage.fill(d, from: k, from: first + period + smoothing - 2, count, period: signal)
    fillWithNaN(k, min(count, first + period + smoothing + signal - 3))
    return isFinite && probe == 0
}
