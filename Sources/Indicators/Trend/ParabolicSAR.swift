// SPDX-License-Identifier: Apache-2.0

/// Wilder's parabolic stop and reverse: a stop that speeds up towards the price and turns when it is touched.
///
/// The first direction follows the larger directional movement of the first two bars (up where they are equal), as in
/// TA-Lib.
///
/// Source: J. Welles Wilder, New Concepts in Technical Trading Systems, 1978.
public struct ParabolicSAR: Indicator, BitwiseCopyable {
    private let acceleration: Double
    private let maximum: Double
    private var bars = 0
    private var isLong = true
    private var stop = 0.0
    private var extreme = 0.0
    private var factor = 0.0
    private var previousHigh = 0.0
    private var previousLow = 0.0

    public init(acceleration: Double = 0.02, maximum: Double = 0.2) throws(IndicatorError) {
        try requireNumber(acceleration, "acceleration", in: 0...10)
        try requireNumber(maximum, "maximum", in: 0...10)
        guard acceleration <= maximum else {
            throw .incompatible(
                indicator: "psar", reason: "acceleration (\(acceleration)) must not be above maximum (\(maximum))")
        }
        self.acceleration = acceleration
        self.maximum = maximum
        factor = acceleration
    }

    /// Takes the next bar and returns the stop that held on it, NaN on the first bar.
    @inline(__always)
    public mutating func update(high: Double, low: Double) -> Double {
        guard (high - low).isFinite else { return .nan }
        if bars < 2 {
            bars += 1
            guard bars == 2 else {
                previousHigh = high
                previousLow = low
                return .nan
            }
            let fall = previousLow - low
            isLong = !(fall > 0 && fall > high - previousHigh)
            extreme = isLong ? high : low
            stop = isLong ? previousLow : previousHigh
            // On this bar TA-Lib limits the stop by this bar alone.
            previousHigh = high
            previousLow = low
        }
        return advance(high: high, low: low)
    }

    @inline(__always)
    private mutating func advance(high: Double, low: Double) -> Double {
        let result: Double
        if isLong {
            if low <= stop {
                isLong = false
                result = larger(larger(extreme, previousHigh), high)
                factor = acceleration
                extreme = low
                stop = larger(larger(result + factor * (extreme - result), previousHigh), high)
            } else {
                result = stop
                // Selects rather than branches: a new extreme is as good as a coin toss.
                let faster = smaller(factor + acceleration, maximum)
                factor = high > extreme ? faster : factor
                extreme = larger(high, extreme)
                stop = smaller(smaller(stop + factor * (extreme - stop), previousLow), low)
            }
        } else {
            if high >= stop {
                isLong = true
                result = smaller(smaller(extreme, previousLow), low)
                factor = acceleration
                extreme = high
                stop = smaller(smaller(result + factor * (extreme - result), previousLow), low)
            } else {
                result = stop
                let faster = smaller(factor + acceleration, maximum)
                factor = low < extreme ? faster : factor
                extreme = smaller(low, extreme)
                stop = larger(larger(stop + factor * (extreme - stop), previousHigh), high)
            }
        }
        previousHigh = high
        previousLow = low
        return result
    }

    public mutating func update(_ bar: BarValues, into outputs: inout IndicatorOutputs) {
        outputs[0] = update(high: bar.high, low: bar.low)
        outputs[1] = outputs[0].isNaN ? .nan : (isLong ? 1 : -1)
    }

    /// Returns the stop at each bar, NaN at the first; bit for bit the incremental form.
    public static func values(
        high: Span<Double>, low: Span<Double>, acceleration: Double = 0.02, maximum: Double = 0.2
    ) throws(IndicatorError) -> [Double] {
        try requireEqualLengths([high.count, low.count])
        let state = try ParabolicSAR(acceleration: acceleration, maximum: maximum)
        return makeSeries(high.count) { output in
            high.withUnsafePointer { highs in
                low.withUnsafePointer { lows in
                    var local = state
                    for index in 0..<high.count { output[index] = local.update(high: highs[index], low: lows[index]) }
                }
            }
        }
    }

    public static let definition = IndicatorDefinition(
        name: "psar", aliases: ["sar", "parabolic_sar"],
        summary: "Parabolic stop and reverse, with its direction 1 (stop below) or −1.",
        parameters: [
            .number("acceleration", 0.02, in: 0...10, "Step by which the stop speeds up."),
            .number("maximum", 0.2, in: 0...10, "Largest acceleration."),
        ],
        outputs: ["value", "direction"], inputs: .columns([.high, .low]), firstOutput: { _ in 2 },
        memory: { _ in .always("stop and acceleration carry on from the last reversal, which the data decide") })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(
            acceleration: parameters.number("acceleration"), maximum: parameters.number("maximum"))
    }
}
