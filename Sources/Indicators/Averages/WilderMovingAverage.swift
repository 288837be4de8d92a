// SPDX-License-Identifier: Apache-2.0

/// Wilder's smoothing (RMA): an exponential average with weight `1 / period`.
///
/// Source: J. Welles Wilder, New Concepts in Technical Trading Systems, 1978.
public struct WilderMovingAverage: SingleValueIndicator, BitwiseCopyable {
    @usableFromInline var average: ExponentialMovingAverage

    public init(period: Int, seed: Seed = .sma) throws(IndicatorError) {
        average = try ExponentialMovingAverage(period: period, alpha: 1 / Double(max(period, 1)), seed: seed)
    }

    /// Takes the next value and returns the average, NaN before the first.
    @inlinable
    public mutating func update(_ value: Double) -> Double { average.update(value) }

    /// The average after the last value, NaN before the first.
    @inlinable
    public var current: Double { average.current }

    /// Returns the average at each value of a series, NaN before the first; within 1e-12 of the incremental form.
    public static func values(
        of series: Span<Double>, period: Int, seed: Seed = .sma
    ) throws(IndicatorError) -> [Double] {
        try WilderMovingAverage(period: period, seed: seed).average.values(of: series)
    }

    public static let definition = IndicatorDefinition(
        name: "rma", aliases: ["wilder", "smma", "wilder_moving_average"],
        summary: "Wilder's smoothing: an exponential average with weight 1 / period.",
        parameters: [.period(14), .seed, .source()], outputs: ["value"], inputs: .source, batchTolerance: 1e-12,
        firstOutput: { $0.seed == .sma ? $0.period : 1 }, memory: { wilderMemory($0.period) })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(period: parameters.period, seed: parameters.seed)
    }
}

/// How long a Wilder average of `period` bars, fed from bar to bar, remembers its start.
func wilderMemory(_ period: Int) -> IndicatorMemory {
    .bars(period + 1 + decayBars(alpha: 1 / Double(period)))
}
