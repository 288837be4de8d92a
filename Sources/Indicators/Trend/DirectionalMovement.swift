// SPDX-License-Identifier: Apache-2.0

/// Wilder's directional movement: +DI, −DI and their average difference, ADX.
///
/// Without any true range both DI are 0. While both DI are 0 the ADX keeps its value, as in TA-Lib.
///
/// Source: J. Welles Wilder, New Concepts in Technical Trading Systems, 1978.
public struct DirectionalMovement: Indicator, BitwiseCopyable {
    /// The three lines at one bar, each NaN until it has a value: DI after `period + 1` bars, ADX after `2 period`.
    public struct Value: BitwiseCopyable, Sendable, Equatable {
        public var adx: Double
        public var plusDI: Double
        public var minusDI: Double
    }

    private let period: Int
    private let alpha: Double
    private var bars = 0
    private var high = 0.0
    private var low = 0.0
    private var close = 0.0
    private var plus = 0.0
    private var minus = 0.0
    private var range = 0.0
    private var adx = 0.0

    public init(period: Int = 14) throws(IndicatorError) {
        try requirePeriod(period)
        self.period = period
        alpha = 1 / Double(period)
    }

    /// Takes the next bar and returns the three lines.
    public mutating func update(high: Double, low: Double, close: Double) -> Value {
        guard (high - low + close).isFinite else { return Value(adx: .nan, plusDI: .nan, minusDI: .nan) }
        let (plusMove, minusMove) = Self.movement(high - self.high, self.low - low)
        let step = trueRange(high: high, low: low, previousClose: self.close)
        self.high = high
        self.low = low
        self.close = close
        if bars <= 2 * period { bars += 1 }
        guard bars > period else {
            // The first `period - 1` moves make a plain sum, kept as a mean like the smoothed values after it.
            if bars > 1 {
                plus += alpha * plusMove
                minus += alpha * minusMove
                range += alpha * step
            }
            return Value(adx: .nan, plusDI: .nan, minusDI: .nan)
        }
        plus += alpha * (plusMove - plus)
        minus += alpha * (minusMove - minus)
        range += alpha * (step - range)
        let (plusDI, minusDI) = Self.indices(plus, minus, range)
        let strength = Self.strength(plusDI, minusDI)
        if bars <= 2 * period {
            adx += alpha * (strength.isNaN ? 0 : strength)
            return Value(adx: bars == 2 * period ? adx : .nan, plusDI: plusDI, minusDI: minusDI)
        }
        adx += alpha * ((strength.isNaN ? adx : strength) - adx)
        return Value(adx: adx, plusDI: plusDI, minusDI: minusDI)
    }

    public mutating func update(_ bar: BarValues, into outputs: inout IndicatorOutputs) {
        let value = update(high: bar.high, low: bar.low, close: bar.close)
        outputs[0] = value.adx
        outputs[1] = value.plusDI
        outputs[2] = value.minusDI
    }

    /// Only the larger of two positive moves counts.
    @inline(__always)
    private static func movement(_ up: Double, _ down: Double) -> (Double, Double) {
        let rise = positivePart(up)
        let fall = positivePart(down)
        return (rise > fall ? rise : 0, fall > rise ? fall : 0)
    }

    @inline(__always)
    private static func indices(_ plus: Double, _ minus: Double, _ range: Double) -> (Double, Double) {
        let scale = range == 0 ? 0 : 100 / range
        return (plus * scale, minus * scale)
    }

    /// 100 × |difference| / sum, NaN where the sum is 0.
    @inline(__always)
    private static func strength(_ plusDI: Double, _ minusDI: Double) -> Double {
        100 * (abs(plusDI - minusDI) / (plusDI + minusDI))
    }

    /// Returns the ADX at each bar, NaN before the first; within 1e-11 of 100 of the incremental form.
    public static func adx(
        high: Span<Double>, low: Span<Double>, close: Span<Double>, period: Int = 14
    ) throws(IndicatorError) -> [Double] {
        try requireEqualLengths([high.count, low.count, close.count])
        var state = try DirectionalMovement(period: period)
        var isRegular = true
        let count = close.count
        let outputs = makeSeries(count) { output in
            high.withUnsafePointer { high in
                low.withUnsafePointer { low in
                    close.withUnsafePointer { close in isRegular = state.fill(output, high, low, close, count) }
                }
            }
        }
        if isRegular { return outputs }
        var fresh = try DirectionalMovement(period: period)
        return mapIndices(count) { fresh.update(high: high[$0], low: low[$0], close: close[$0]).adx }
    }

    /// Returns false where a value is not finite or there was no movement: those take the incremental form.
    private mutating func fill(
        _ output: UnsafeMutablePointer<Double>, _ highs: UnsafePointer<Double>, _ lows: UnsafePointer<Double>,
        _ closes: UnsafePointer<Double>, _ count: Int
    ) -> Bool {
        var index = 0
        while index < count, index < 2 * period {
            guard (highs[index] - lows[index] + closes[index]).isFinite else { return false }
            output[index] = update(high: highs[index], low: lows[index], close: closes[index]).adx
            index += 1
        }
        var pluses = BlockSmoother(alpha: alpha, last: plus)
        var minuses = BlockSmoother(alpha: alpha, last: minus)
        var ranges = BlockSmoother(alpha: alpha, last: range)
        var average = BlockSmoother(alpha: alpha, last: adx)
        while index + 4 <= count {
            let high = loadFour(highs + index)
            let low = loadFour(lows + index)
            let ups = mapFour(high, loadFour(highs + index - 1)) { $0 - $1 }
            let downs = mapFour(loadFour(lows + index - 1), low) { $0 - $1 }
            let plus = pluses.advance(mapFour(ups, downs) { Self.movement($0, $1).0 })
            let minus = minuses.advance(mapFour(ups, downs) { Self.movement($0, $1).1 })
            let range = ranges.advance(
                mapFour(high, low, loadFour(closes + index - 1)) {
                    trueRange(high: $0, low: $1, previousClose: $2)
                })
            let strength = mapFour(plus, minus, range) { plus, minus, range in
                // The range cancels out of the ratio; it still decides whether there is one.
                100 * (abs(plus - minus) / (plus + minus)) + range * 0
            }
            storeFour(average.advance(strength), output + index)
            index += 4
        }
        while index < count {
            let (plusMove, minusMove) = Self.movement(
                highs[index] - highs[index - 1], lows[index - 1] - lows[index])
            let plus = pluses.advance(plusMove)
            let minus = minuses.advance(minusMove)
            let range = ranges.advance(
                trueRange(high: highs[index], low: lows[index], previousClose: closes[index - 1]))
            output[index] = average.advance(100 * (abs(plus - minus) / (plus + minus)) + range * 0)
            index += 1
        }
        return average.last.isFinite && (count == 0 || closes[count - 1].isFinite)
    }

    /// The three lines of a whole series, each NaN before its first.
    public struct Series: Sendable, Equatable {
        public var adx: [Double]
        public var plusDI: [Double]
        public var minusDI: [Double]
    }

    /// Returns all three lines at each bar; bit for bit the incremental form.
    public static func values(
        high: Span<Double>, low: Span<Double>, close: Span<Double>, period: Int = 14
    ) throws(IndicatorError) -> Series {
        try requireEqualLengths([high.count, low.count, close.count])
        var state = try DirectionalMovement(period: period)
        let lines = ChannelSeries(close.count) {
            let value = state.update(high: high[$0], low: low[$0], close: close[$0])
            return ChannelValue(upper: value.adx, middle: value.plusDI, lower: value.minusDI)
        }
        return Series(adx: lines.upper, plusDI: lines.middle, minusDI: lines.lower)
    }

    public static let definition = IndicatorDefinition(
        name: "adx", aliases: ["dmi", "directional_movement"],
        summary: "Strength of a trend (adx) and its directions (plus_di, minus_di), 0 to 100.",
        parameters: [.period(14)], outputs: ["adx", "plus_di", "minus_di"],
        inputs: .columns([.high, .low, .close]), batchTolerance: 1e-11, firstOutput: { 2 * $0.period },
        memory: { .bars(2 * $0.period + 3 * decayBars(alpha: 1 / Double($0.period))) })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(period: parameters.period)
    }
}
