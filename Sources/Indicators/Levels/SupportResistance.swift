// SPDX-License-Identifier: Apache-2.0

/// Support and resistance: the nearest price below and above the close around which swings of the last bars gather.
///
/// Swing highs and lows (`SwingPoints`) of the last `lookback` bars, at most the 64 newest, are sorted by price and
/// gathered from the lowest up: a swing joins a level while it lies within `tolerance` percent of the level's first. A
/// level is the mean of its swings; its strength is their number. Support is the highest level at or below the close,
/// resistance the lowest above it.
public struct SupportResistance: Indicator {
    /// The nearest levels with the number of swings in each; a level is NaN and its strength 0 where there is none.
    public struct Value: BitwiseCopyable, Sendable, Equatable {
        public var support = Double.nan
        public var resistance = Double.nan
        public var supportStrength = Double.nan
        public var resistanceStrength = Double.nan
    }

    private static let mostSwings = 64

    private struct Swing: BitwiseCopyable {
        var price: Double
        var bar: Int
    }

    private var swings: SwingPoints
    private let right: Int
    private let lookback: Int
    private let tolerance: Double
    /// By price; holds at most `mostSwings`, so that looking for the oldest is cheap.
    private var sorted: [Swing] = []
    private var bar = 0

    public init(
        left: Int = 5, right: Int = 5, lookback: Int = 200, tolerance: Double = 0.5
    ) throws(IndicatorError) {
        swings = try SwingPoints(left: left, right: right)
        try requirePeriod(lookback, "lookback")
        try requireNumber(tolerance, "tolerance", in: 0...100)
        self.right = right
        self.lookback = lookback
        self.tolerance = tolerance / 100
        sorted.reserveCapacity(Self.mostSwings + 1)
    }

    /// Takes the next bar and returns the nearest levels, NaN before the first swing.
    ///
    /// - Complexity: O(number of swings in memory), at most 64.
    public mutating func update(high: Double, low: Double, close: Double) -> Value {
        guard (high - low + close).isFinite else { return Value() }
        let (swingHigh, swingLow) = swings.advance(high: high, low: low)
        if let swingHigh { insert(swingHigh) }
        if let swingLow { insert(swingLow) }
        let oldest = bar - lookback
        sorted.removeAll { $0.bar <= oldest }
        bar += 1
        return nearest(to: close)
    }

    private mutating func insert(_ price: Double) {
        if sorted.count == Self.mostSwings, let oldest = sorted.indices.min(by: { sorted[$0].bar < sorted[$1].bar }) {
            sorted.remove(at: oldest)
        }
        let place = sorted.firstIndex { $0.price > price } ?? sorted.count
        sorted.insert(Swing(price: price, bar: bar - right), at: place)
    }

    private func nearest(to close: Double) -> Value {
        guard !sorted.isEmpty else { return Value() }
        var value = Value(supportStrength: 0, resistanceStrength: 0)
        var first = 0
        while first < sorted.count {
            let limit = sorted[first].price + abs(sorted[first].price) * tolerance
            var next = first
            var sum = 0.0
            while next < sorted.count, sorted[next].price <= limit {
                sum += sorted[next].price
                next += 1
            }
            let strength = Double(next - first)
            let level = sum / strength
            if level <= close {
                value.support = level
                value.supportStrength = strength
            } else {
                value.resistance = level
                value.resistanceStrength = strength
                break
            }
            first = next
        }
        return value
    }

    public mutating func update(_ bar: BarValues, into outputs: inout IndicatorOutputs) {
        let value = update(high: bar.high, low: bar.low, close: bar.close)
        outputs[0] = value.support
        outputs[1] = value.resistance
        outputs[2] = value.supportStrength
        outputs[3] = value.resistanceStrength
    }

    /// Returns the nearest levels at each bar; bit for bit the incremental form.
    public static func values(
        high: Span<Double>, low: Span<Double>, close: Span<Double>, left: Int = 5, right: Int = 5,
        lookback: Int = 200, tolerance: Double = 0.5
    ) throws(IndicatorError) -> [Value] {
        try requireEqualLengths([high.count, low.count, close.count])
        var state = try SupportResistance(left: left, right: right, lookback: lookback, tolerance: tolerance)
        return close.indices.map { state.update(high: high[$0], low: low[$0], close: close[$0]) }
    }

    public static let definition = IndicatorDefinition(
        name: "support_resistance", aliases: ["levels"],
        summary: "Nearest levels below and above the close where recent swings gather, with their number.",
        parameters: SwingPoints.neighbours + [
            .period(200, name: "lookback", "Bars after which a swing is forgotten."),
            .number("tolerance", 0.5, in: 0...100, "Percent within which swings make one level."),
        ],
        outputs: ["support", "resistance", "support_strength", "resistance_strength"],
        inputs: .columns([.high, .low, .close]), waitsForData: true,
        firstOutput: { $0.integer("left") + $0.integer("right") + 1 },
        memory: { .bars($0.integer("lookback") + $0.integer("left") + $0.integer("right") + 1) })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(
            left: parameters.integer("left"), right: parameters.integer("right"),
            lookback: parameters.integer("lookback"), tolerance: parameters.number("tolerance"))
    }
}
