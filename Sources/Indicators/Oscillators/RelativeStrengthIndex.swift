// SPDX-License-Identifier: Apache-2.0

/// Wilder's relative strength index: 100 × average gain / (average gain + average loss).
///
/// Without any gain or loss in memory (a flat series) it is 50, the middle; TA-Lib says 0, which a strategy would
/// read as oversold.
///
/// Source: J. Welles Wilder, New Concepts in Technical Trading Systems, 1978.
public struct RelativeStrengthIndex: SingleValueIndicator, BitwiseCopyable {
    public let period: Int
    @usableFromInline let alpha: Double
    @usableFromInline var previous = Double.nan
    @usableFromInline var gain = 0.0
    @usableFromInline var loss = 0.0
    @usableFromInline var missing: Int

    public init(period: Int) throws(IndicatorError) {
        try requirePeriod(period)
        self.period = period
        alpha = 1 / Double(period)
        missing = period + 1
    }

    /// Takes the next value and returns the index, NaN before `period + 1` values.
    @inlinable
    public mutating func update(_ value: Double) -> Double {
        guard value.isFinite else { return .nan }
        let change = value - previous
        previous = value
        guard missing == 0 else { return start(change) }
        let up = positivePart(change)
        gain += alpha * (up - gain)
        loss += alpha * (up - change - loss)
        return Self.index(gain: gain, loss: loss)
    }

    @usableFromInline
    mutating func start(_ change: Double) -> Double {
        missing -= 1
        guard missing < period else { return .nan }
        gain += positivePart(change)
        loss += positivePart(-change)
        guard missing == 0 else { return .nan }
        gain /= Double(period)
        loss /= Double(period)
        return Self.index(gain: gain, loss: loss)
    }

    /// Averages that decayed this far hold no digits to compare: the series has long stood still.
    @usableFromInline static var negligible: Double { 1e-200 }

    @inlinable
    static func index(gain: Double, loss: Double) -> Double {
        let total = gain + loss
        let index = 100 * (gain / total)
        return total > negligible ? index : 50
    }

    /// Returns the index at each value of a series, NaN before the first; within 1e-11 of 100 of the incremental form.
    ///
    /// - Complexity: O(*n*).
    public static func values(of series: Span<Double>, period: Int) throws(IndicatorError) -> [Double] {
        var index = try RelativeStrengthIndex(period: period)
        let count = series.count
        var isFinite = true
        let outputs = makeSeries(count) { output in
            series.withUnsafePointer { input in isFinite = index.fill(output, from: input, count) }
        }
        if isFinite { return outputs }
        index = try RelativeStrengthIndex(period: period)
        return index.run(series)
    }

    /// Writes the indices of `count` values and returns whether all values were finite.
    mutating func fill(
        _ output: UnsafeMutablePointer<Double>, from input: UnsafePointer<Double>, _ count: Int
    ) -> Bool {
        var position = 0
        while position < count, missing > 0 {
            output[position] = update(input[position])
            position += 1
        }
        var probe = 0.0
        for index in 0..<position { probe += input[index] * 0 }
        var gains = BlockSmoother(alpha: alpha, last: gain)
        var losses = BlockSmoother(alpha: alpha, last: loss)
        while position + 4 <= count {
            let change = mapFour(loadFour(input + position), loadFour(input + position - 1)) { $0 - $1 }
            let rise = mapFour(change) { positivePart($0) }
            let up = gains.advance(rise)
            let down = losses.advance(mapFour(rise, change) { $0 - $1 })
            storeFour(mapFour(up, down) { Self.index(gain: $0, loss: $1) }, output + position)
            position += 4
        }
        while position < count {
            let change = input[position] - input[position - 1]
            let rise = positivePart(change)
            output[position] = Self.index(gain: gains.advance(rise), loss: losses.advance(rise - change))
            position += 1
        }
        return probe == 0 && gains.last.isFinite && losses.last.isFinite
    }

    public static let definition = IndicatorDefinition(
        name: "rsi", aliases: ["relative_strength_index"],
        summary: "Wilder's relative strength index, 0 to 100; 50 where nothing moved.",
        parameters: [.period(14), .source()], outputs: ["value"], inputs: .source, batchTolerance: 1e-11,
        firstOutput: { $0.period + 1 }, memory: { wilderMemory($0.period) })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(period: parameters.period)
    }
}
