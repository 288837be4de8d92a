// SPDX-License-Identifier: Apache-2.0

/// Keltner channel: an exponential average of the typical price with bands of average true ranges around it.
///
/// Average and range take their first value on the same bar, each from the bars just before it, as in TA-Lib.
///
/// Source: Chester Keltner, How to Make Money in Commodities, 1960, in Linda Raschke's form.
public struct KeltnerChannel: Indicator, BitwiseCopyable {
    private var average: ExponentialMovingAverage
    private var range: AverageTrueRange
    private let multiplier: Double
    private var averageDelay: Int
    private var rangeDelay: Int

    public init(
        period: Int = 20, rangePeriod: Int = 10, multiplier: Double = 2
    ) throws(IndicatorError) {
        try requirePeriod(rangePeriod, "atr_period")
        try requireNumber(multiplier, "multiplier", in: 0...1000)
        average = try ExponentialMovingAverage(period: period)
        range = try AverageTrueRange(period: rangePeriod)
        self.multiplier = multiplier
        let first = max(period, rangePeriod + 1)
        averageDelay = first - period
        rangeDelay = first - (rangePeriod + 1)
    }

    /// Takes the next bar and returns the channel; all NaN while there is none.
    public mutating func update(high: Double, low: Double, close: Double) -> ChannelValue {
        let typical = (high + low + close) / 3
        guard typical.isFinite else { return .none }
        var middle = Double.nan
        var distance = Double.nan
        if averageDelay > 0 { averageDelay -= 1 } else { middle = average.update(typical) }
        if rangeDelay > 0 {
            rangeDelay -= 1
        } else {
            distance = multiplier * range.update(high: high, low: low, close: close)
        }
        guard !distance.isNaN else { return .none }
        return ChannelValue(upper: middle + distance, middle: middle, lower: middle - distance)
    }

    public mutating func update(_ bar: BarValues, into outputs: inout IndicatorOutputs) {
        update(high: bar.high, low: bar.low, close: bar.close).write(to: &outputs)
    }

    /// Returns the channel at each bar; bit for bit the incremental form.
    public static func values(
        high: Span<Double>, low: Span<Double>, close: Span<Double>, period: Int = 20, rangePeriod: Int = 10,
        multiplier: Double = 2
    ) throws(IndicatorError) -> ChannelSeries {
        try requireEqualLengths([high.count, low.count, close.count])
        var state = try KeltnerChannel(period: period, rangePeriod: rangePeriod, multiplier: multiplier)
        return ChannelSeries(close.count) { state.update(high: high[$0], low: low[$0], close: close[$0]) }
    }

    public static let definition = IndicatorDefinition(
        name: "keltner", aliases: ["kc", "keltner_channel"],
        summary: "Exponential average of the typical price with bands of average true ranges.",
        parameters: [
            .period(20, "Bars of the average."), .period(10, name: "atr_period", "Bars of the average true range."),
            .number("multiplier", 2, in: 0...1000, "Average true ranges from the middle to a band."),
        ],
        outputs: ["upper", "middle", "lower"], inputs: .columns([.high, .low, .close]),
        firstOutput: { max($0.period, $0.integer("atr_period") + 1) },
        memory: {
            let range = $0.integer("atr_period")
            return .bars(
                max($0.period, range + 1)
                    + max(decayBars(alpha: exponentialWeight(period: $0.period)), decayBars(alpha: 1 / Double(range))))
        })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(
            period: parameters.period, rangePeriod: parameters.integer("atr_period"),
            multiplier: parameters.number("multiplier"))
    }
}
