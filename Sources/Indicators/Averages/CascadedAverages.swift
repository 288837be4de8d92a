// SPDX-License-Identifier: Apache-2.0

/// Three exponential averages, each of the one before; not yet started ones are NaN.
struct AverageCascade: BitwiseCopyable, Sendable {
    var first: ExponentialMovingAverage
    var second: ExponentialMovingAverage
    var third: ExponentialMovingAverage

    init(period: Int, seed: Seed) throws(IndicatorError) {
        first = try ExponentialMovingAverage(period: period, seed: seed)
        second = first
        third = first
    }

    @inline(__always)
    mutating func update(_ value: Double) -> (Double, Double, Double) {
        let one = first.update(value)
        guard !one.isNaN else { return (one, .nan, .nan) }
        let two = second.update(one)
        guard !two.isNaN else { return (one, two, .nan) }
        return (one, two, third.update(two))
    }

    /// Writes `combine` of the averages for each value; returns whether all values were finite.
    @inline(__always)
    func fill(
        _ output: UnsafeMutablePointer<Double>, from input: UnsafePointer<Double>, _ count: Int, depth: Int,
        _ combine: (Double, Double, Double) -> Double
    ) -> Bool {
        var state = self
        var index = 0
        while index < count, (depth == 2 ? state.second.missing : state.third.missing) > 0 {
            let (one, two, three) = state.update(input[index])
            output[index] = combine(one, two, three)
            index += 1
        }
        var one = BlockSmoother(alpha: first.alpha, last: state.first.value)
        var two = BlockSmoother(alpha: first.alpha, last: state.second.value)
        var three = BlockSmoother(alpha: first.alpha, last: state.third.value)
        while index + 4 <= count {
            let firsts = one.advance(loadFour(input + index))
            let seconds = two.advance(firsts)
            let thirds = depth == 2 ? seconds : three.advance(seconds)
            storeFour(mapFour(firsts, seconds, thirds, combine), output + index)
            index += 4
        }
        while index < count {
            let one = one.advance(input[index])
            let two = two.advance(one)
            output[index] = combine(one, two, depth == 2 ? two : three.advance(two))
            index += 1
        }
        return one.last.isFinite
    }
}

/// Double exponential average: 2 EMA − EMA of EMA, which lags less.
///
/// Source: Patrick Mulloy, Smoothing Data with Faster Moving Averages, Stocks & Commodities, 1994.
public struct DoubleExponentialMovingAverage: SingleValueIndicator, BitwiseCopyable {
    private var cascade: AverageCascade

    public init(period: Int, seed: Seed = .sma) throws(IndicatorError) {
        cascade = try AverageCascade(period: period, seed: seed)
    }

    /// Takes the next value and returns the average, NaN before the first.
    public mutating func update(_ value: Double) -> Double {
        guard value.isFinite else { return .nan }
        let one = cascade.first.update(value)
        guard !one.isNaN else { return .nan }
        return 2 * one - cascade.second.update(one)
    }

    /// Returns the average at each value of a series, NaN before the first; within 1e-12 of the incremental form.
    public static func values(
        of series: Span<Double>, period: Int, seed: Seed = .sma
    ) throws(IndicatorError) -> [Double] {
        var average = try DoubleExponentialMovingAverage(period: period, seed: seed)
        let count = series.count
        var isFinite = true
        let outputs = makeSeries(count) { output in
            series.withUnsafePointer { input in
                isFinite = average.cascade.fill(output, from: input, count, depth: 2) { one, two, _ in 2 * one - two }
            }
        }
        return isFinite ? outputs : average.run(series)
    }

    public static let definition = cascadeDefinition(
        name: "dema", alias: "double_exponential_moving_average", depth: 2,
        summary: "Double exponential average: 2 EMA − EMA of EMA.")

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(period: parameters.period, seed: parameters.seed)
    }
}

/// Triple exponential average: 3 EMA − 3 EMA of EMA + EMA of EMA of EMA.
///
/// Source: Patrick Mulloy, Smoothing Data with Less Lag, Stocks & Commodities, 1994.
public struct TripleExponentialMovingAverage: SingleValueIndicator, BitwiseCopyable {
    private var cascade: AverageCascade

    public init(period: Int, seed: Seed = .sma) throws(IndicatorError) {
        cascade = try AverageCascade(period: period, seed: seed)
    }

    /// Takes the next value and returns the average, NaN before the first.
    public mutating func update(_ value: Double) -> Double {
        guard value.isFinite else { return .nan }
        let (one, two, three) = cascade.update(value)
        return 3 * one - 3 * two + three
    }

    /// Returns the average at each value of a series, NaN before the first; within 1e-12 of the incremental form.
    public static func values(
        of series: Span<Double>, period: Int, seed: Seed = .sma
    ) throws(IndicatorError) -> [Double] {
        var average = try TripleExponentialMovingAverage(period: period, seed: seed)
        let count = series.count
        var isFinite = true
        let outputs = makeSeries(count) { output in
            series.withUnsafePointer { input in
                isFinite = average.cascade.fill(output, from: input, count, depth: 3) { one, two, three in
                    3 * one - 3 * two + three
                }
            }
        }
        return isFinite ? outputs : average.run(series)
    }

    public static let definition = cascadeDefinition(
        name: "tema", alias: "triple_exponential_moving_average", depth: 3,
        summary: "Triple exponential average: 3 EMA − 3 EMA of EMA + EMA of EMA of EMA.")

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(period: parameters.period, seed: parameters.seed)
    }
}

private func cascadeDefinition(name: String, alias: String, depth: Int, summary: String) -> IndicatorDefinition {
    IndicatorDefinition(
        name: name, aliases: [alias], summary: summary, parameters: [.period(20), .seed, .source()],
        outputs: ["value"], inputs: .source, batchTolerance: 1e-12,
        firstOutput: { $0.seed == .sma ? depth * ($0.period - 1) + 1 : 1 },
        memory: { .bars(depth * ($0.period + decayBars(alpha: exponentialWeight(period: $0.period)))) })
}
