// SPDX-License-Identifier: Apache-2.0

/// Williams %R: how far the close lies below the highest high, −100 (at the low) to 0 (at the high).
///
/// −50 where there is no range; TA-Lib says 0, which a strategy would read as overbought.
///
/// Source: Larry Williams, How I Made One Million Dollars … Last Year … Trading Commodities, 1973.
public struct WilliamsR: Indicator {
    private var range: MovingRange

    public init(period: Int = 14) throws(IndicatorError) {
        range = try MovingRange(period: period)
    }

    /// Takes the next bar and returns %R, NaN before `period` bars.
    public mutating func update(high: Double, low: Double, close: Double) -> Double {
        guard (high - low + close).isFinite, range.push(high: high, low: low) else { return .nan }
        return Self.value(close, low: range.low, high: range.high)
    }

    public mutating func update(_ bar: BarValues, into outputs: inout IndicatorOutputs) {
        outputs[0] = update(high: bar.high, low: bar.low, close: bar.close)
    }

    @inline(__always)
    private static func value(_ close: Double, low: Double, high: Double) -> Double {
        placeInRange(close, low: low, high: high, 0) - 100
    }

    /// Returns %R at each bar, NaN before the first; bit for bit the incremental form.
    public static func values(
        high: Span<Double>, low: Span<Double>, close: Span<Double>, period: Int = 14
    ) throws(IndicatorError) -> [Double] {
        try requireEqualLengths([high.count, low.count, close.count])
        var state = try WilliamsR(period: period)
        let count = close.count
        var isFinite = true
        let outputs = makeSeries(count) { output in
            fillWithNaN(output, min(count, period - 1))
            high.withUnsafePointer { high in
                low.withUnsafePointer { low in
                    close.withUnsafePointer { close in
                        isFinite = fill(output, high, low, close, count, period)
                    }
                }
            }
        }
        if isFinite { return outputs }
        return mapIndices(count) { state.update(high: high[$0], low: low[$0], close: close[$0]) }
    }

    private static func fill(
        _ output: UnsafeMutablePointer<Double>, _ high: UnsafePointer<Double>, _ low: UnsafePointer<Double>,
        _ close: UnsafePointer<Double>, _ count: Int, _ period: Int
    ) -> Bool {
        var probe = finiteProbe(close, min(count, period - 1))
        let isFinite = scanRange(high: high, low: low, from: 0, count, period: period) { start, length, top, bottom in
            fillPlaces(output + start, close + start, length, top, bottom, leastRange: 0, shift: -100)
            probe += finiteProbe(close + start, length)
        }
        return isFinite && probe == 0
    }

    public static let definition = IndicatorDefinition(
        name: "williams_r", aliases: ["willr"], summary: "Williams %R, −100 (at the low) to 0 (at the high).",
        parameters: [.period(14)], outputs: ["value"], inputs: .columns([.high, .low, .close]),
        firstOutput: { $0.period }, memory: { .bars($0.period) })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(period: parameters.period)
    }
}
