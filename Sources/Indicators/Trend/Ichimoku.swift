// SPDX-License-Identifier: Apache-2.0

/// Ichimoku: middles of three ranges, and a cloud between two of them drawn `displacement` bars later.
///
/// Nothing looks ahead: `cloudA` and `cloudB` are the spans that lie over this bar, computed `displacement` bars ago;
/// `aheadA` and `aheadB` are computed on this bar, to be drawn that far ahead. The lagging line is this close drawn
/// `displacement` bars back, so what it is compared with is `laggingReference`, the close of that bar.
///
/// Source: Goichi Hosoda, Ichimoku Kinko Hyo, 1969.
public struct Ichimoku: Indicator {
    /// The lines at one bar, each NaN until it has a value.
    public struct Value: BitwiseCopyable, Sendable, Equatable {
        public var conversion: Double
        public var base: Double
        public var cloudA: Double
        public var cloudB: Double
        public var aheadA: Double
        public var aheadB: Double
        public var laggingReference: Double
    }

    private var conversion: MovingRange
    private var base: MovingRange
    private var span: MovingRange
    private var spansA: SlidingWindow
    private var spansB: SlidingWindow
    private var closes: SlidingWindow

    public init(
        conversionPeriod: Int = 9, basePeriod: Int = 26, spanPeriod: Int = 52, displacement: Int = 26
    ) throws(IndicatorError) {
        conversion = try MovingRange(period: conversionPeriod, name: "conversion_period")
        base = try MovingRange(period: basePeriod, name: "base_period")
        span = try MovingRange(period: spanPeriod, name: "span_period")
        try requirePeriod(displacement, "displacement")
        spansA = SlidingWindow(capacity: displacement)
        spansB = SlidingWindow(capacity: displacement)
        closes = SlidingWindow(capacity: displacement)
    }

    /// Takes the next bar and returns the lines.
    public mutating func update(high: Double, low: Double, close: Double) -> Value {
        guard (high - low + close).isFinite else {
            return Value(
                conversion: .nan, base: .nan, cloudA: .nan, cloudB: .nan, aheadA: .nan, aheadB: .nan,
                laggingReference: .nan)
        }
        let conversion = conversion.push(high: high, low: low) ? self.conversion.middle : .nan
        let base = base.push(high: high, low: low) ? self.base.middle : .nan
        let aheadA = (conversion + base) / 2
        let aheadB = span.push(high: high, low: low) ? span.middle : .nan
        let isDisplaced = closes.isFull
        let cloudA = spansA.push(aheadA)
        let cloudB = spansB.push(aheadB)
        let reference = closes.push(close)
        return Value(
            conversion: conversion, base: base, cloudA: isDisplaced ? cloudA : .nan,
            cloudB: isDisplaced ? cloudB : .nan, aheadA: aheadA, aheadB: aheadB,
            laggingReference: isDisplaced ? reference : .nan)
    }

    public mutating func update(_ bar: BarValues, into outputs: inout IndicatorOutputs) {
        let value = update(high: bar.high, low: bar.low, close: bar.close)
        outputs[0] = value.conversion
        outputs[1] = value.base
        outputs[2] = value.cloudA
        outputs[3] = value.cloudB
        outputs[4] = value.aheadA
        outputs[5] = value.aheadB
        outputs[6] = value.laggingReference
    }

    /// Returns the lines at each bar; bit for bit the incremental form.
    public static func values(
        high: Span<Double>, low: Span<Double>, close: Span<Double>, conversionPeriod: Int = 9, basePeriod: Int = 26,
        spanPeriod: Int = 52, displacement: Int = 26
    ) throws(IndicatorError) -> [Value] {
        try requireEqualLengths([high.count, low.count, close.count])
        var state = try Ichimoku(
            conversionPeriod: conversionPeriod, basePeriod: basePeriod, spanPeriod: spanPeriod,
            displacement: displacement)
        return close.indices.map { state.update(high: high[$0], low: low[$0], close: close[$0]) }
    }

    public static let definition = IndicatorDefinition(
        name: "ichimoku", summary: "Middles of three ranges and the cloud; every line known on its bar.",
        parameters: [
            .period(9, name: "conversion_period", "Bars of the conversion line (tenkan)."),
            .period(26, name: "base_period", "Bars of the base line (kijun)."),
            .period(52, name: "span_period", "Bars of the slower span (senkou B)."),
            .period(26, name: "displacement", "Bars by which the cloud is drawn ahead."),
        ],
        outputs: ["conversion", "base", "cloud_a", "cloud_b", "ahead_a", "ahead_b", "lagging_reference"],
        inputs: .columns([.high, .low, .close]), firstOutput: { longest($0) + $0.integer("displacement") },
        memory: { .bars(longest($0) + $0.integer("displacement")) })

    private static func longest(_ parameters: IndicatorParameters) -> Int {
        max(
            parameters.integer("conversion_period"), parameters.integer("base_period"),
            parameters.integer("span_period"))
    }

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(
            conversionPeriod: parameters.integer("conversion_period"), basePeriod: parameters.integer("base_period"),
            spanPeriod: parameters.integer("span_period"), displacement: parameters.integer("displacement"))
    }
}
