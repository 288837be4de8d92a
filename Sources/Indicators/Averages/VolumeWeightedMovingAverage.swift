// SPDX-License-Identifier: Apache-2.0

/// The average of the last `period` values, each weighted with its bar's volume.
///
/// Where the whole window has no volume it is the plain average; TA-Lib has no value there.
public struct VolumeWeightedMovingAverage: Indicator {
    private var source: BarSource = .close
    private var weighted: RollingSum
    private var volumes: RollingSum
    private var plain: SimpleMovingAverage

    public init(period: Int) throws(IndicatorError) {
        weighted = try RollingSum(period: period)
        volumes = try RollingSum(period: period)
        plain = try SimpleMovingAverage(period: period)
    }

    /// Takes the next value with its volume and returns the average, NaN with fewer than `period` values.
    public mutating func update(_ value: Double, volume: Double) -> Double {
        guard (value * volume).isFinite else { return .nan }
        let average = plain.update(value)
        _ = weighted.push(value * volume)
        guard volumes.push(volume) else { return .nan }
        let total = volumes.sum
        return total == 0 ? average : weighted.sum / total
    }

    public mutating func update(_ bar: BarValues, into outputs: inout IndicatorOutputs) {
        outputs[0] = update(source.value(of: bar), volume: bar.volume)
    }

    /// Returns the average at each value, NaN before the first; bit for bit the incremental form.
    public static func values(
        of series: Span<Double>, volume: Span<Double>, period: Int
    ) throws(IndicatorError) -> [Double] {
        try requireEqualLengths([series.count, volume.count])
        var average = try VolumeWeightedMovingAverage(period: period)
        return mapIndices(series.count) { average.update(series[$0], volume: volume[$0]) }
    }

    public static let definition = IndicatorDefinition(
        name: "vwma", aliases: ["volume_weighted_moving_average"],
        summary: "Average weighted with volume; the plain average where there was no volume.",
        parameters: [.period(20), .source()], outputs: ["value"], inputs: .source,
        firstOutput: { $0.period }, memory: { .bars($0.period) })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(period: parameters.period)
        source = parameters.source
    }
}
