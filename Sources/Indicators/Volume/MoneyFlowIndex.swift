// SPDX-License-Identifier: Apache-2.0

/// Money flow index: the share of rising bars in the money flow (typical price × volume), 0 to 100.
///
/// 50 where no money flowed. TA-Lib says 0 there, and wherever the flow of the window is below 1.
///
/// Source: Gene Quong and Avrum Soudack, Volume-weighted RSI: Money Flow, Stocks & Commodities, 1989.
public struct MoneyFlowIndex: Indicator {
    private var rising: RollingSum
    private var falling: RollingSum
    private var previous = Double.nan

    public init(period: Int = 14) throws(IndicatorError) {
        rising = try RollingSum(period: period)
        falling = try RollingSum(period: period)
    }

    /// Takes the next bar and returns the index, NaN before `period + 1` bars.
    public mutating func update(high: Double, low: Double, close: Double, volume: Double) -> Double {
        let typical = (high + low + close) / 3
        let flow = typical * volume
        guard flow.isFinite else { return .nan }
        let last = previous
        previous = typical
        guard !last.isNaN else { return .nan }
        _ = rising.push(typical > last ? flow : 0)
        guard falling.push(typical < last ? flow : 0) else { return .nan }
        return Self.index(rising: rising.sum, falling: falling.sum)
    }

    public mutating func update(_ bar: BarValues, into outputs: inout IndicatorOutputs) {
        outputs[0] = update(high: bar.high, low: bar.low, close: bar.close, volume: bar.volume)
    }

    @inline(__always)
    private static func index(rising: Double, falling: Double) -> Double {
        let total = rising + falling
        return total == 0 ? 50 : 100 * (rising / total)
    }

    /// Returns the index at each bar, NaN before the first; within 1e-9 of 100 of the incremental form.
    public static func values(
        high: Span<Double>, low: Span<Double>, close: Span<Double>, volume: Span<Double>, period: Int = 14
    ) throws(IndicatorError) -> [Double] {
        try requireEqualLengths([high.count, low.count, close.count, volume.count])
        var state = try MoneyFlowIndex(period: period)
        let count = close.count
        guard high.isAllFinite(), low.isAllFinite(), close.isAllFinite(), volume.isAllFinite(), count > period else {
            return mapIndices(count) {
                state.update(high: high[$0], low: low[$0], close: close[$0], volume: volume[$0])
            }
        }
        return makeSeries(count) { output in
            fillWithNaN(output, period)
            high.withUnsafePointer { high in
                low.withUnsafePointer { low in
                    close.withUnsafePointer { close in
                        volume.withUnsafePointer { volume in
                            fill(output, high, low, close, volume, count, period)
                        }
                    }
                }
            }
        }
    }

    /// Signed flows (falling ones negative) go through a window of chunks, so that both sums follow without a branch.
    private static func fill(
        _ output: UnsafeMutablePointer<Double>, _ high: UnsafePointer<Double>, _ low: UnsafePointer<Double>,
        _ close: UnsafePointer<Double>, _ volume: UnsafePointer<Double>, _ count: Int, _ period: Int
    ) {
        let chunk = max(1024, period)
        let scratch = UnsafeMutablePointer<Double>.allocate(capacity: 2 * (chunk + period))
        defer { scratch.deallocate() }
        let flows = scratch
        let typicals = scratch + chunk + period
        var start = period
        while start < count {
            let length = min(chunk, count - start)
            // Flow j belongs to bar start - period + 1 + j; the window of bar start + i is flows[i..<(i + period)].
            let base = start - period + 1
            let wide = length + period - 1
            for index in 0...wide {
                let bar = base - 1 + index
                typicals[index] = (high[bar] + low[bar] + close[bar]) / 3
            }
            for index in 0..<wide {
                let typical = typicals[index + 1]
                let last = typicals[index]
                let flow = typical * volume[base + index]
                flows[index] = (typical > last ? flow : 0) - (typical < last ? flow : 0)
            }
            var rising = 0.0
            var falling = 0.0
            var risingBars = 0
            var fallingBars = 0
            for index in 0..<period {
                rising += positivePart(flows[index])
                falling += positivePart(-flows[index])
                risingBars += flows[index] > 0 ? 1 : 0
                fallingBars += flows[index] < 0 ? 1 : 0
            }
            output[start] = index(rising: rising, falling: falling)
            for place in 1..<max(length, 1) {
                let new = flows[place + period - 1]
                let old = flows[place - 1]
                let risingNew = positivePart(new)
                let risingOld = positivePart(old)
                rising += risingNew - risingOld
                falling += (risingNew - new) - (risingOld - old)
                risingBars &+= (new > 0 ? 1 : 0) &- (old > 0 ? 1 : 0)
                fallingBars &+= (new < 0 ? 1 : 0) &- (old < 0 ? 1 : 0)
                output[start + place] = index(
                    rising: risingBars == 0 ? 0 : rising, falling: fallingBars == 0 ? 0 : falling)
            }
            start += length
        }
    }

    public static let definition = IndicatorDefinition(
        name: "mfi", aliases: ["money_flow_index"], summary: "Share of rising bars in the money flow, 0 to 100.",
        parameters: [.period(14)], outputs: ["value"], inputs: .columns([.high, .low, .close, .volume]),
        batchTolerance: 1e-9, firstOutput: { $0.period + 1 }, memory: { .bars($0.period + 1) })

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(period: parameters.period)
    }
}
