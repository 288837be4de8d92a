// SPDX-License-Identifier: Apache-2.0

/// An exponential average: each new value moves it by `2 / (period + 1)` of the distance.
///
/// Written as `y += alpha * (x - y)`, so that a constant series gives exactly that constant.
public struct ExponentialMovingAverage: SingleValueIndicator, BitwiseCopyable {
    public let period: Int
    /// The weight of a new value.
    public let alpha: Double
    @usableFromInline var value = 0.0
    /// Values still wanted before the average starts.
    @usableFromInline var missing: Int
    @usableFromInline let seed: Seed

    public init(period: Int, seed: Seed = .sma) throws(IndicatorError) {
        try self.init(period: period, alpha: exponentialWeight(period: max(period, 1)), seed: seed)
    }

    init(period: Int, alpha: Double, seed: Seed) throws(IndicatorError) {
        try requirePeriod(period)
        self.period = period
        self.alpha = alpha
        self.seed = seed
        missing = seed == .sma ? period : 1
    }

    /// Takes the next value and returns the average, NaN before the first.
    @inlinable
    public mutating func update(_ next: Double) -> Double {
        guard next.isFinite else { return .nan }
        guard missing == 0 else { return start(next) }
        value += alpha * (next - value)
        return value
    }

    /// The average after the last value, NaN before the first.
    @inlinable
    public var current: Double { missing == 0 ? value : .nan }

    @usableFromInline
    mutating func start(_ next: Double) -> Double {
        missing -= 1
        value += next
        guard missing == 0 else { return .nan }
        if seed == .sma { value /= Double(period) }
        return value
    }

    /// Returns the average at each value of a series, NaN before the first; within 1e-12 of the incremental form.
    ///
    /// - Complexity: O(*n*).
    public static func values(
        of series: Span<Double>, period: Int, seed: Seed = .sma
    ) throws(IndicatorError) -> [Double] {
        try ExponentialMovingAverage(period: period, seed: seed).values(of: series)
    }

    func values(of series: Span<Double>) -> [Double] {
        var average = self
        let count = series.count
        var last = 0.0
        let outputs = makeSeries(count) { output in
            series.withUnsafePointer { input in last = average.fill(output, from: input, count) }
        }
        if last.isFinite { return outputs }
        average = self
        return average.run(series)
    }

    /// Writes the averages of `count` values and returns the last, which is finite only where all values are.
    mutating func fill(
        _ output: UnsafeMutablePointer<Double>, from input: UnsafePointer<Double>, _ count: Int
    ) -> Double {
        var index = 0
        while index < count, missing > 0 {
            output[index] = start(input[index])
            index += 1
        }
        var smoother = BlockSmoother(alpha: alpha, last: value)
        while index + 4 <= count {
            storeFour(smoother.advance(loadFour(input + index)), output + index)
            index += 4
        }
        while index < count {
            output[index] = smoother.advance(input[index])
            index += 1
        }
        value = smoother.last
        return value
    }

    public static let definition = IndicatorDefinition(
        name: "ema", aliases: ["exponential_moving_average"],
        summary: "Exponential average with weight 2 / (period + 1).",
        parameters: [.period(20), .seed, .source()], outputs: ["value"], inputs: .source, batchTolerance: 1e-12,
        firstOutput: { $0.seed == .sma ? $0.period : 1 },
        memory: { .bars($0.period + decayBars(alpha: exponentialWeight(period: $0.period))) })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(period: parameters.period, seed: parameters.seed)
    }
}
