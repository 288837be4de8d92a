// SPDX-License-Identifier: Apache-2.0

/// The change over `period` bars in percent; 0 where the old value is 0.
public struct RateOfChange: SingleValueIndicator {
    private var window: SlidingWindow

    public init(period: Int = 10) throws(IndicatorError) {
        try requirePeriod(period)
        window = SlidingWindow(capacity: period)
    }

    /// Takes the next value and returns the change in percent, NaN before `period + 1` values.
    public mutating func update(_ value: Double) -> Double {
        guard value.isFinite else { return .nan }
        let wasFull = window.isFull
        let old = window.push(value)
        return wasFull ? Self.change(value, old) : .nan
    }

    @inline(__always)
    private static func change(_ new: Double, _ old: Double) -> Double { old == 0 ? 0 : (new / old - 1) * 100 }

    /// Returns the change at each value of a series, NaN before the first; bit for bit the incremental form.
    public static func values(of series: Span<Double>, period: Int = 10) throws(IndicatorError) -> [Double] {
        var state = try RateOfChange(period: period)
        return fillDifferences(series, period, change) ?? state.run(series)
    }

    public static let definition = IndicatorDefinition(
        name: "roc", aliases: ["rate_of_change"], summary: "Change over `period` bars in percent.",
        parameters: [.period(10), .source()], outputs: ["value"], inputs: .source,
        firstOutput: { $0.period + 1 }, memory: { .bars($0.period + 1) })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(period: parameters.period)
    }
}

/// The change over `period` bars.
public struct Momentum: SingleValueIndicator {
    private var window: SlidingWindow

    public init(period: Int = 10) throws(IndicatorError) {
        try requirePeriod(period)
        window = SlidingWindow(capacity: period)
    }

    /// Takes the next value and returns the change, NaN before `period + 1` values.
    public mutating func update(_ value: Double) -> Double {
        guard value.isFinite else { return .nan }
        let wasFull = window.isFull
        let old = window.push(value)
        return wasFull ? value - old : .nan
    }

    /// Returns the change at each value of a series, NaN before the first; bit for bit the incremental form.
    public static func values(of series: Span<Double>, period: Int = 10) throws(IndicatorError) -> [Double] {
        var state = try Momentum(period: period)
        return fillDifferences(series, period) { $0 - $1 } ?? state.run(series)
    }

    public static let definition = IndicatorDefinition(
        name: "momentum", aliases: ["mom"], summary: "Change over `period` bars.",
        parameters: [.period(10), .source()], outputs: ["value"], inputs: .source,
        firstOutput: { $0.period + 1 }, memory: { .bars($0.period + 1) })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(period: parameters.period)
    }
}

/// Velocity, the mean change per bar over `period` bars, and acceleration, the mean change of velocity per bar over
/// the same time.
public struct PriceAcceleration: SeriesIndicator {
    private var change: Momentum
    private var changeOfVelocity: Momentum
    private let period: Double

    public init(period: Int = 10) throws(IndicatorError) {
        change = try Momentum(period: period)
        changeOfVelocity = change
        self.period = Double(period)
    }

    /// Takes the next value and returns both; NaN before `period + 1` and `2 period + 1` values.
    public mutating func update(_ value: Double) -> (velocity: Double, acceleration: Double) {
        let velocity = change.update(value) / period
        return (velocity, changeOfVelocity.update(velocity) / period)
    }

    public mutating func update(_ value: Double, into outputs: inout IndicatorOutputs) {
        let (velocity, acceleration) = update(value)
        outputs[0] = acceleration
        outputs[1] = velocity
    }

    /// Returns the acceleration at each value of a series, NaN before the first; bit for bit the incremental form.
    public static func values(of series: Span<Double>, period: Int = 10) throws(IndicatorError) -> [Double] {
        var state = try PriceAcceleration(period: period)
        return mapIndices(series.count) { state.update(series[$0]).acceleration }
    }

    public static let definition = IndicatorDefinition(
        name: "acceleration", aliases: ["price_acceleration"],
        summary: "Change of the mean change per bar: how the price's speed itself moves.",
        parameters: [.period(10), .source()], outputs: ["value", "velocity"], inputs: .source,
        firstOutput: { 2 * $0.period + 1 }, memory: { .bars(2 * $0.period + 1) })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(period: parameters.period)
    }
}

/// Returns `change(new, old)` for values `period` apart, or `nil` where the series is not finite.
@inline(__always)
private func fillDifferences(
    _ series: Span<Double>, _ period: Int, _ change: (Double, Double) -> Double
) -> [Double]? {
    let count = series.count
    var probe = 0.0
    let outputs = makeSeries(count) { output in
        fillWithNaN(output, min(count, period))
        series.withUnsafePointer { input in
            for index in 0..<min(count, period) { probe += input[index] * 0 }
            var probes = SIMD4<Double>(repeating: 0)
            var index = period
            while index + 4 <= count {
                let new = loadFour(input + index)
                probes += loadVector(input + index) * 0
                storeFour(mapFour(new, loadFour(input + index - period), change), output + index)
                index += 4
            }
            while index < count {
                probe += input[index] * 0
                output[index] = change(input[index], input[index - period])
                index += 1
            }
            probe += probes.sum()
        }
    }
    return probe == 0 ? outputs : nil
}
