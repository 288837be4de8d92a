// SPDX-License-Identifier: Apache-2.0

/// The highest high and lowest low of the last `period` bars, the last one included, and their middle.
public struct DonchianChannel: Indicator {
    private var range: MovingRange

    public init(period: Int = 20) throws(IndicatorError) {
        range = try MovingRange(period: period)
    }

    /// Takes the next bar and returns the channel; all NaN before `period` bars.
    public mutating func update(high: Double, low: Double) -> ChannelValue {
        guard (high - low).isFinite, range.push(high: high, low: low) else { return .none }
        return ChannelValue(upper: range.high, middle: range.middle, lower: range.low)
    }

    public mutating func update(_ bar: BarValues, into outputs: inout IndicatorOutputs) {
        update(high: bar.high, low: bar.low).write(to: &outputs)
    }

    /// Returns the channel at each bar; bit for bit the incremental form.
    public static func values(
        high: Span<Double>, low: Span<Double>, period: Int = 20
    ) throws(IndicatorError) -> ChannelSeries {
        try requireEqualLengths([high.count, low.count])
        var state = try DonchianChannel(period: period)
        let count = high.count
        var isFinite = true
        let (upper, middle, lower) = makeThreeSeries(count) { upper, middle, lower in
            for output in [upper, middle, lower] { fillWithNaN(output, min(count, period - 1)) }
            high.withUnsafePointer { high in
                low.withUnsafePointer { low in
                    isFinite = scanRange(high: high, low: low, from: 0, count, period: period) {
                        start, length, top, bottom in
                        for index in 0..<length {
                            upper[start + index] = top[index]
                            middle[start + index] = (top[index] + bottom[index]) / 2
                            lower[start + index] = bottom[index]
                        }
                    }
                }
            }
        }
        if isFinite { return ChannelSeries(upper: upper, middle: middle, lower: lower) }
        return ChannelSeries(count) { state.update(high: high[$0], low: low[$0]) }
    }

    public static let definition = IndicatorDefinition(
        name: "donchian", aliases: ["donchian_channel"],
        summary: "Highest high, lowest low and their middle.", parameters: [.period(20)],
        outputs: ["upper", "middle", "lower"], inputs: .columns([.high, .low]),
        firstOutput: { $0.period }, memory: { .bars($0.period) })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(period: parameters.period)
    }
}

/// A channel at one bar; all NaN while there is none.
public struct ChannelValue: BitwiseCopyable, Sendable, Equatable {
    public var upper: Double
    public var middle: Double
    public var lower: Double

    static let none = ChannelValue(upper: .nan, middle: .nan, lower: .nan)

    func write(to outputs: inout IndicatorOutputs) {
        outputs[0] = upper
        outputs[1] = middle
        outputs[2] = lower
    }
}

/// A channel over a whole series, NaN before the first.
public struct ChannelSeries: Sendable, Equatable {
    public var upper: [Double]
    public var middle: [Double]
    public var lower: [Double]

    init(upper: [Double], middle: [Double], lower: [Double]) {
        self.upper = upper
        self.middle = middle
        self.lower = lower
    }

    init(_ count: Int, _ value: (Int) -> ChannelValue) {
        (upper, middle, lower) = makeThreeSeries(count) { upper, middle, lower in
            for index in 0..<count {
                let value = value(index)
                upper[index] = value.upper
                middle[index] = value.middle
                lower[index] = value.lower
            }
        }
    }
}
