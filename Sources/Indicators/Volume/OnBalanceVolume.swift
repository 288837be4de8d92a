// SPDX-License-Identifier: Apache-2.0

/// On-balance volume: the sum of volume, added on a rise of the close and subtracted on a fall.
///
/// It starts from the first bar's volume, as TA-Lib does.
///
/// Source: Joseph Granville, Granville's New Key to Stock Market Profits, 1963.
public struct OnBalanceVolume: Indicator, BitwiseCopyable {
    private var source: BarSource = .close
    private var previous = Double.nan
    private var total = 0.0

    public init() {}

    /// Takes the next bar and returns the sum.
    public mutating func update(close: Double, volume: Double) -> Double {
        guard (close + volume).isFinite else { return .nan }
        total += previous.isNaN ? volume : Self.signed(volume, close, previous)
        previous = close
        return total
    }

    public mutating func update(_ bar: BarValues, into outputs: inout IndicatorOutputs) {
        outputs[0] = update(close: source.value(of: bar), volume: bar.volume)
    }

    @inline(__always)
    private static func signed(_ volume: Double, _ close: Double, _ previous: Double) -> Double {
        (close > previous ? volume : 0) - (close < previous ? volume : 0)
    }

    /// Returns the sum at each bar; bit for bit the incremental form.
    public static func values(close: Span<Double>, volume: Span<Double>) throws(IndicatorError) -> [Double] {
        try requireEqualLengths([close.count, volume.count])
        var state = OnBalanceVolume()
        guard close.isAllFinite(), volume.isAllFinite() else {
            return mapIndices(close.count) { state.update(close: close[$0], volume: volume[$0]) }
        }
        let count = close.count
        return makeSeries(count) { output in
            close.withUnsafePointer { close in
                volume.withUnsafePointer { volume in
                    var total = volume[0]
                    output[0] = total
                    var index = 1
                    while index < count {
                        total += signed(volume[index], close[index], close[index - 1])
                        output[index] = total
                        index += 1
                    }
                }
            }
        }
    }

    public static let definition = IndicatorDefinition(
        name: "obv", aliases: ["on_balance_volume"],
        summary: "Volume summed with the sign of the close's change.",
        parameters: [.source()], outputs: ["value"], inputs: .source, firstOutput: { _ in 1 },
        memory: { _ in .always("it is a sum from the first bar on; only its changes mean anything") })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        self.init()
        source = parameters.source
    }
}
