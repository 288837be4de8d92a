// SPDX-License-Identifier: Apache-2.0

/// Aroon: how recently the highest high and lowest low of the last `period + 1` bars came, 100 (now) to 0.
///
/// Of equal extremes the newest counts, so that a flat market reads 100 on both.
///
/// Source: Tushar Chande, 1995.
public struct Aroon: Indicator {
    /// The two lines and their difference; all NaN before `period + 1` bars.
    public struct Value: BitwiseCopyable, Sendable, Equatable {
        public var up: Double
        public var down: Double
        public var oscillator: Double { up - down }
    }

    private let period: Int
    private var range: MovingRange

    public init(period: Int = 14) throws(IndicatorError) {
        try requirePeriod(period)
        self.period = period
        range = try MovingRange(period: period + 1)
    }

    /// Takes the next bar and returns the lines.
    public mutating func update(high: Double, low: Double) -> Value {
        guard (high - low).isFinite, range.push(high: high, low: low) else { return Value(up: .nan, down: .nan) }
        return Value(up: Self.line(range.highAge, period), down: Self.line(range.lowAge, period))
    }

    public mutating func update(_ bar: BarValues, into outputs: inout IndicatorOutputs) {
        let value = update(high: bar.high, low: bar.low)
        outputs[0] = value.up
        outputs[1] = value.down
        outputs[2] = value.oscillator
    }

    @inline(__always)
    private static func line(_ age: Int, _ period: Int) -> Double { 100 * Double(period - age) / Double(period) }

    /// The two lines of a whole series, NaN before the first.
    public struct Series: Sendable, Equatable {
        public var up: [Double]
        public var down: [Double]
    }

    /// Returns the lines at each bar; bit for bit the incremental form.
    public static func values(
        high: Span<Double>, low: Span<Double>, period: Int = 14
    ) throws(IndicatorError) -> Series {
        try requireEqualLengths([high.count, low.count])
        var state = try Aroon(period: period)
        let count = high.count
        let isFinite = high.isAllFinite() && low.isAllFinite()
        let (up, down) = makeTwoSeries(count) { up, down in
            guard isFinite, count > period else {
                for index in 0..<count {
                    let value = state.update(high: high[index], low: low[index])
                    up[index] = value.up
                    down[index] = value.down
                }
                return
            }
            let lines = (0...period).map { line($0, period) }
            lines.withUnsafeBufferPointer { lines in
                high.withUnsafePointer { high in
                    fill(up, count, period, lines) { high[$0] >= high[$1] }
                }
                low.withUnsafePointer { low in
                    fill(down, count, period, lines) { low[$0] <= low[$1] }
                }
            }
        }
        return Series(up: up, down: down)
    }

    /// Follows the place of the extreme and looks through the window again only when it leaves.
    @inline(__always)
    private static func fill(
        _ output: UnsafeMutablePointer<Double>, _ count: Int, _ period: Int, _ lines: UnsafeBufferPointer<Double>,
        _ reaches: (_ newer: Int, _ older: Int) -> Bool
    ) {
        fillWithNaN(output, period)
        var place = -1
        var index = period
        while index < count {
            let start = index - period
            if place < start {
                place = start
                var candidate = start + 1
                while candidate <= index {
                    place = reaches(candidate, place) ? candidate : place
                    candidate += 1
                }
            } else {
                place = reaches(index, place) ? index : place
            }
            output[index] = lines[index - place]
            index += 1
        }
    }

    public static let definition = IndicatorDefinition(
        name: "aroon", summary: "How recently the highest high (up) and lowest low (down) came, 0 to 100.",
        parameters: [.period(14)], outputs: ["up", "down", "oscillator"], inputs: .columns([.high, .low]),
        firstOutput: { $0.period + 1 }, memory: { .bars($0.period + 1) })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(period: parameters.period)
    }
}
