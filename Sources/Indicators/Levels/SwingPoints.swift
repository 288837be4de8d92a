// SPDX-License-Identifier: Apache-2.0

/// Swing highs and lows: a bar whose high is above those of the `left` bars before and the `right` bars after it.
///
/// A swing is known `right` bars later, and only then does it show. Of equal highs next to each other the first counts:
/// bars before must be lower, bars after at most as high.
public struct SwingPoints: Indicator {
    /// The last confirmed swings; NaN before the first, ages in bars since the extreme itself.
    public struct Value: BitwiseCopyable, Sendable, Equatable {
        public var high = Double.nan
        public var low = Double.nan
        public var highAge = Double.nan
        public var lowAge = Double.nan
    }

    private let right: Int
    private var highs: SlidingWindow
    private var lows: SlidingWindow
    private var last = Value()

    public init(left: Int = 5, right: Int = 5) throws(IndicatorError) {
        guard (1...1000).contains(left) else {
            throw .outOfRange(parameter: "left", value: "\(left)", allowed: "1 to 1000")
        }
        guard (1...1000).contains(right) else {
            throw .outOfRange(parameter: "right", value: "\(right)", allowed: "1 to 1000")
        }
        self.right = right
        highs = SlidingWindow(capacity: left + right + 1)
        lows = SlidingWindow(capacity: left + right + 1)
    }

    /// Takes the next bar and returns the last confirmed swings.
    ///
    /// - Complexity: O(*left* + *right*) in the worst case; most bars are decided by their first neighbours.
    public mutating func update(high: Double, low: Double) -> Value {
        guard (high - low).isFinite else { return Value() }
        _ = advance(high: high, low: low)
        return last
    }

    /// Takes the next bar and returns what it confirmed.
    mutating func advance(high: Double, low: Double) -> (high: Double?, low: Double?) {
        _ = highs.push(high)
        _ = lows.push(low)
        last.highAge += 1
        last.lowAge += 1
        guard highs.isFull else { return (nil, nil) }
        let swingHigh = highs.withContents { Self.extreme($0, highs.capacity, right) { $0 > $1 } }
        let swingLow = lows.withContents { Self.extreme($0, lows.capacity, right) { $0 < $1 } }
        if let swingHigh {
            last.high = swingHigh
            last.highAge = Double(right)
        }
        if let swingLow {
            last.low = swingLow
            last.lowAge = Double(right)
        }
        return (swingHigh, swingLow)
    }

    @inline(__always)
    private static func extreme(
        _ values: UnsafePointer<Double>, _ count: Int, _ right: Int, _ beats: (Double, Double) -> Bool
    ) -> Double? {
        let place = count - 1 - right
        let candidate = values[place]
        var index = place + 1
        while index < count {
            if beats(values[index], candidate) { return nil }
            index += 1
        }
        index = place - 1
        while index >= 0 {
            if !beats(candidate, values[index]) { return nil }
            index -= 1
        }
        return candidate
    }

    public mutating func update(_ bar: BarValues, into outputs: inout IndicatorOutputs) {
        let value = update(high: bar.high, low: bar.low)
        outputs[0] = value.high
        outputs[1] = value.low
        outputs[2] = value.highAge
        outputs[3] = value.lowAge
    }

    /// Returns the last confirmed swings at each bar; bit for bit the incremental form.
    public static func values(
        high: Span<Double>, low: Span<Double>, left: Int = 5, right: Int = 5
    ) throws(IndicatorError) -> [Value] {
        try requireEqualLengths([high.count, low.count])
        var state = try SwingPoints(left: left, right: right)
        return high.indices.map { state.update(high: high[$0], low: low[$0]) }
    }

    static let neighbours = [
        ParameterDefinition(
            name: "left", kind: .integer(default: 5, range: 1...1000), summary: "Bars before that must be less extreme."
        ),
        ParameterDefinition(
            name: "right", kind: .integer(default: 5, range: 1...1000),
            summary: "Bars after that must not be more extreme; a swing is known that many bars late."),
    ]

    public static let definition = IndicatorDefinition(
        name: "swings", aliases: ["swing_points", "fractals"],
        summary: "Last confirmed swing high and low, and the bars since.", parameters: neighbours,
        outputs: ["high", "low", "high_age", "low_age"], inputs: .columns([.high, .low]), waitsForData: true,
        firstOutput: { $0.integer("left") + $0.integer("right") + 1 },
        memory: { _ in .always("a swing stays the last one until the next, which the data decide") })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(left: parameters.integer("left"), right: parameters.integer("right"))
    }
}
