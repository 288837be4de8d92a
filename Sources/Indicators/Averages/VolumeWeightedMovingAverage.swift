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

    /// Returns the average at each value, NaN before the first; within 1e-12 of the incremental form.
    public static func values(
        of series: Span<Double>, volume: Span<Double>, period: Int
    ) throws(IndicatorError) -> [Double] {
        try requireEqualLengths([series.count, volume.count])
        var average = try VolumeWeightedMovingAverage(period: period)
        let count = series.count
        var isFinite = true
        let outputs = makeSeries(count) { output in
            fillWithNaN(output, min(count, period - 1))
            series.withUnsafePointer { input in
                volume.withUnsafePointer { volume in isFinite = fill(output, input, volume, count, period) }
            }
        }
        return isFinite ? outputs : mapIndices(count) { average.update(series[$0], volume: volume[$0]) }
    }

    private static func fill(
        _ output: UnsafeMutablePointer<Double>, _ input: UnsafePointer<Double>, _ volume: UnsafePointer<Double>,
        _ count: Int, _ period: Int
    ) -> Bool {
        let interval = refreshInterval(window: period)
        let scratch = UnsafeMutablePointer<Double>.allocate(capacity: interval + period)
        defer { scratch.deallocate() }
        var isFinite = true
        var start = period - 1
        while start < count {
            let length = min(interval, count - start)
            let base = start - period + 1
            for index in 0..<(length + period - 1) { scratch[index] = input[base + index] * volume[base + index] }
            var weighted = shiftedSum(scratch, period, origin: 0)
            var total = shiftedSum(volume + base, period, origin: 0)
            var traded = 0
            for index in 0..<period { traded += volume[base + index] == 0 ? 0 : 1 }
            var index = 0
            while true {
                if traded == 0 {
                    let origin = input[start + index]
                    let sum = shiftedSum(input + (base + index), period, origin: origin)
                    output[start + index] = origin + sum / Double(period)
                } else {
                    output[start + index] = weighted / total
                }
                index += 1
                guard index < length else { break }
                let new = volume[start + index]
                let old = volume[base + index - 1]
                weighted += scratch[index + period - 1] - scratch[index - 1]
                total += new - old
                traded += (new == 0 ? 0 : 1) - (old == 0 ? 0 : 1)
            }
            isFinite = isFinite && weighted.isFinite && total.isFinite
            start += length
        }
        return isFinite && finiteProbe(input, min(count, period)) + finiteProbe(volume, min(count, period)) == 0
    }

    public static let definition = IndicatorDefinition(
        name: "vwma", aliases: ["volume_weighted_moving_average"],
        summary: "Average weighted with volume; the plain average where there was no volume.",
        parameters: [.period(20), .source()], outputs: ["value"], inputs: .source, batchTolerance: 1e-12,
        firstOutput: { $0.period }, memory: { .bars($0.period) })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(period: parameters.period)
        source = parameters.source
    }
}
