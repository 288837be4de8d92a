// SPDX-License-Identifier: Apache-2.0

/// Kaufman's adaptive average: fast where the price moves straight, slow where it wanders.
///
/// The efficiency ratio |x − x[period ago]| / Σ|steps| scales the weight between that of a 30-bar and a 2-bar
/// exponential average, squared. The ratio is 1 where nothing moved. The average starts from the value before the first
/// output.
///
/// Source: Perry Kaufman, Smarter Trading, 1995.
public struct KaufmanAdaptiveMovingAverage: SingleValueIndicator {
    private static let slowWeight = 2.0 / 31
    private static let fastWeight = 2.0 / 3

    private var window: SlidingWindow
    private var steps: RollingSum
    private var previous = Double.nan
    private var value = 0.0

    public init(period: Int = 10) throws(IndicatorError) {
        try requirePeriod(period, atLeast: 2)
        window = SlidingWindow(capacity: period)
        steps = try RollingSum(period: period)
    }

    /// Takes the next value and returns the average, NaN before `period + 1` values.
    public mutating func update(_ next: Double) -> Double {
        guard next.isFinite else { return .nan }
        let isFirst = previous.isNaN
        let start = previous
        previous = next
        guard !isFirst else {
            _ = window.push(next)
            return .nan
        }
        let wasFull = steps.isFull
        let leaving = window.push(next)
        guard steps.push(abs(next - start)) else { return .nan }
        if !wasFull { value = start }
        value += Self.weight(change: next - leaving, path: steps.sum) * (next - value)
        return value
    }

    @inline(__always)
    private static func weight(change: Double, path: Double) -> Double {
        let distance = abs(change)
        // At most 1, but for rounding; the smaller of the two is one instruction, and 1 where nothing moved (0 / 0).
        let efficiency = smaller(distance / path, 1)
        let weight = efficiency * (fastWeight - slowWeight) + slowWeight
        return weight * weight
    }

    /// Returns the average at each value of a series, NaN before the first; within 1e-9 of the incremental form.
    public static func values(of series: Span<Double>, period: Int = 10) throws(IndicatorError) -> [Double] {
        var average = try KaufmanAdaptiveMovingAverage(period: period)
        let count = series.count
        var isFinite = true
        let outputs = makeSeries(count) { output in
            fillWithNaN(output, min(count, period))
            series.withUnsafePointer { input in isFinite = fill(output, from: input, count, period) }
        }
        return isFinite ? outputs : average.run(series)
    }

    private static func fill(
        _ output: UnsafeMutablePointer<Double>, from input: UnsafePointer<Double>, _ count: Int, _ period: Int
    ) -> Bool {
        guard count > period else { return finiteProbe(input, count) == 0 }
        let interval = refreshInterval(window: period)
        var value = input[period - 1]
        var isFinite = true
        var start = period
        while start < count {
            let end = min(start &+ interval, count)
            var path = exactPath(input + start, period)
            var index = start
            // Carried along, so that each value is loaded once as it comes and once as it leaves.
            var current = input[start]
            var old = input[start - period]
            while true {
                let weight = weight(change: current - old, path: path)
                value += weight * (current - value)
                output[index] = value
                index &+= 1
                guard index < end else { break }
                let next = input[index]
                let oldNext = input[index &- period]
                let leaving = abs(oldNext - old)
                path += abs(next - current) - leaving
                current = next
                old = oldNext
                // What rounding leaves of a window that stopped moving is no path.
                if path < 1e-9 * leaving { path = exactPath(input + index, period) }
            }
            isFinite = isFinite && path.isFinite
            start = end
        }
        return isFinite
    }

    /// The sum of the last `period` steps up to a value. Not inlined: rarely needed, and as a part of the loop it would
    /// lengthen the chain of additions.
    @inline(never)
    private static func exactPath(_ newest: UnsafePointer<Double>, _ period: Int) -> Double {
        var path = 0.0
        for age in 0..<period { path += abs(newest[-age] - newest[-age - 1]) }
        return path
    }

    public static let definition = IndicatorDefinition(
        name: "kama", aliases: ["kaufman_adaptive_moving_average"],
        summary: "Kaufman's average, whose weight follows how straight the price moves.",
        parameters: [.period(10, atLeast: 2), .source()], outputs: ["value"], inputs: .source, batchTolerance: 1e-9,
        firstOutput: { $0.period + 1 },
        memory: { .bars($0.period + 1 + decayBars(alpha: slowWeight * slowWeight)) })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(period: parameters.period)
    }
}
