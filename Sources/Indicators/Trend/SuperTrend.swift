// SPDX-License-Identifier: Apache-2.0

/// SuperTrend: a stop line some average true ranges from the middle of the bar, which only tightens until it is crossed.
///
/// The direction is 1 (the line lies below, rising) or −1 (above, falling); it starts with 1.
///
/// Source: Olivier Seban, Tout le monde mérite d'être riche, 2008.
public struct SuperTrend: Indicator, BitwiseCopyable {
    /// The line and its direction; both NaN while there is none.
    public struct Value: BitwiseCopyable, Sendable, Equatable {
        public var line: Double
        public var direction: Double
    }

    private var range: AverageTrueRange
    private let multiplier: Double
    private var upper = Double.nan
    private var lower = Double.nan
    private var previousClose = 0.0
    private var direction = 1.0

    public init(period: Int = 10, multiplier: Double = 3) throws(IndicatorError) {
        try requireNumber(multiplier, "multiplier", in: 0...1000)
        range = try AverageTrueRange(period: period)
        self.multiplier = multiplier
    }

    /// Takes the next bar and returns the line and its direction.
    @inline(__always)
    public mutating func update(high: Double, low: Double, close: Double) -> Value {
        let distance = multiplier * range.update(high: high, low: low, close: close)
        guard !distance.isNaN else { return Value(line: .nan, direction: .nan) }
        let middle = (high + low) / 2
        let nextUpper = middle + distance
        let nextLower = middle - distance
        if upper.isNaN {
            upper = nextUpper
            lower = nextLower
        } else {
            // An infinite limit rather than a branch, which the data would make unpredictable.
            let upperLimit = previousClose > upper ? Double.infinity : upper
            let lowerLimit = previousClose < lower ? -Double.infinity : lower
            upper = smaller(nextUpper, upperLimit)
            lower = larger(nextLower, lowerLimit)
            if direction > 0, close < lower {
                direction = -1
            } else if direction < 0, close > upper {
                direction = 1
            }
        }
        previousClose = close
        return Value(line: direction > 0 ? lower : upper, direction: direction)
    }

    public mutating func update(_ bar: BarValues, into outputs: inout IndicatorOutputs) {
        let value = update(high: bar.high, low: bar.low, close: bar.close)
        outputs[0] = value.line
        outputs[1] = value.direction
    }

    /// The line and its direction over a whole series, NaN before the first.
    public struct Series: Sendable, Equatable {
        public var line: [Double]
        public var direction: [Double]
    }

    /// Returns the line and its direction at each bar; bit for bit the incremental form.
    public static func values(
        high: Span<Double>, low: Span<Double>, close: Span<Double>, period: Int = 10, multiplier: Double = 3
    ) throws(IndicatorError) -> Series {
        try requireEqualLengths([high.count, low.count, close.count])
        let fresh = try SuperTrend(period: period, multiplier: multiplier)
        let count = close.count
        let (line, direction) = makeTwoSeries(count) { line, direction in
            high.withUnsafePointer { high in
                low.withUnsafePointer { low in
                    close.withUnsafePointer { close in
                        var state = fresh
                        for index in 0..<count {
                            let value = state.update(high: high[index], low: low[index], close: close[index])
                            line[index] = value.line
                            direction[index] = value.direction
                        }
                    }
                }
            }
        }
        return Series(line: line, direction: direction)
    }

    public static let definition = IndicatorDefinition(
        name: "supertrend", summary: "Trailing stop line of average true ranges, with its direction 1 or −1.",
        parameters: [
            .period(10, "Bars of the average true range."),
            .number("multiplier", 3, in: 0...1000, "Average true ranges from the bar's middle to the line."),
        ],
        outputs: ["line", "direction"], inputs: .columns([.high, .low, .close]),
        firstOutput: { $0.period + 1 },
        memory: { _ in .always("the line only tightens until it is crossed, which the data decide") })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(period: parameters.period, multiplier: parameters.number("multiplier"))
    }
}
