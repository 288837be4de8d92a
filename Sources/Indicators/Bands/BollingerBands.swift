// SPDX-License-Identifier: Apache-2.0

/// Bollinger bands: a simple average and the population standard deviation around it.
///
/// `percentB` is the value's place between the bands (0 lower, 1 upper), 0.5 where the bands meet; `width` is the
/// bands' distance over the middle, 0 where the middle is 0.
///
/// Source: John Bollinger, Bollinger on Bollinger Bands, 2001.
public struct BollingerBands: SeriesIndicator {
    /// The bands at one bar, all NaN before the window is full.
    public struct Value: BitwiseCopyable, Sendable, Equatable {
        public var upper: Double
        public var middle: Double
        public var lower: Double
        public var percentB: Double
        public var width: Double

        static let none = Value(upper: .nan, middle: .nan, lower: .nan, percentB: .nan, width: .nan)
    }

    private var moments: RollingMoments
    private let deviations: Double

    public init(period: Int = 20, deviations: Double = 2) throws(IndicatorError) {
        try requireNumber(deviations, "deviations", in: 0...1000)
        moments = try RollingMoments(period: period)
        self.deviations = deviations
    }

    /// Takes the next value and returns the bands.
    public mutating func update(_ value: Double) -> Value {
        guard value.isFinite, moments.push(value) else { return .none }
        let middle = moments.mean
        let distance = deviations * moments.variance.squareRoot()
        let upper = middle + distance
        let lower = middle - distance
        return Value(
            upper: upper, middle: middle, lower: lower, percentB: Self.percentB(value, upper: upper, lower: lower),
            width: Self.width(upper: upper, middle: middle, lower: lower))
    }

    public mutating func update(_ value: Double, into outputs: inout IndicatorOutputs) {
        let bands = update(value)
        outputs[0] = bands.upper
        outputs[1] = bands.middle
        outputs[2] = bands.lower
        outputs[3] = bands.percentB
        outputs[4] = bands.width
    }

    /// The bands of a whole series, NaN before the first.
    public struct Series: Sendable, Equatable {
        public var upper: [Double]
        public var middle: [Double]
        public var lower: [Double]

        /// The bands' distance over the middle.
        public var width: [Double] {
            upper.indices.map { BollingerBands.width(upper: upper[$0], middle: middle[$0], lower: lower[$0]) }
        }

        /// The place of each value between the bands; `series` is what the bands were made from.
        public func percentB(of series: Span<Double>) -> [Double] {
            upper.indices.map { BollingerBands.percentB(series[$0], upper: upper[$0], lower: lower[$0]) }
        }
    }

    /// Returns the bands at each value of a series; bit for bit the incremental form.
    ///
    /// - Complexity: O(*n*).
    public static func values(
        of series: Span<Double>, period: Int = 20, deviations: Double = 2
    ) throws(IndicatorError) -> Series {
        var bands = try BollingerBands(period: period, deviations: deviations)
        let count = series.count
        var isFinite = true
        let (upper, middle, lower) = makeThreeSeries(count) { upper, middle, lower in
            for output in [upper, middle, lower] { fillWithNaN(output, min(count, period - 1)) }
            series.withUnsafePointer { input in
                isFinite = RollingMoments.scan(input, count, period: period) { index, mean, variance in
                    let distance = deviations * variance.squareRoot()
                    upper[index] = mean + distance
                    middle[index] = mean
                    lower[index] = mean - distance
                }
            }
        }
        var result = Series(upper: upper, middle: middle, lower: lower)
        if isFinite { return result }
        for index in series.indices {
            let value = bands.update(series[index])
            result.upper[index] = value.upper
            result.middle[index] = value.middle
            result.lower[index] = value.lower
        }
        return result
    }

    static func percentB(_ value: Double, upper: Double, lower: Double) -> Double {
        upper == lower ? 0.5 : (value - lower) / (upper - lower)
    }

    static func width(upper: Double, middle: Double, lower: Double) -> Double {
        middle == 0 ? 0 : (upper - lower) / middle
    }

    public static let definition = IndicatorDefinition(
        name: "bollinger", aliases: ["bbands", "bollinger_bands"],
        summary: "Simple average with bands of standard deviations around it, %B and width.",
        parameters: [
            .period(20), .number("deviations", 2, in: 0...1000, "Standard deviations from the middle to a band."),
            .source(),
        ],
        outputs: ["upper", "middle", "lower", "percent_b", "width"], inputs: .source,
        firstOutput: { $0.period }, memory: { .bars($0.period) })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(period: parameters.period, deviations: parameters.number("deviations"))
    }
}
