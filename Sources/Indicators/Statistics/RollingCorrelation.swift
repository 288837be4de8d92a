// SPDX-License-Identifier: Apache-2.0

/// Pearson's correlation of the last `period` pairs; 0 where one of the two does not move.
public struct RollingCorrelation: PairIndicator {
    private var pair: RollingPair
    var sources = SourcePair()

    public init(period: Int = 30) throws(IndicatorError) {
        pair = try RollingPair(period: period)
    }

    /// Takes the next pair and returns the correlation, NaN with fewer than `period` pairs.
    public mutating func update(_ x: Double, _ y: Double) -> Double {
        guard (x - y).isFinite, pair.push(x, y) else { return .nan }
        return pair.moments.correlation
    }

    /// Returns the correlation at each pair, NaN before the first; bit for bit the incremental form.
    public static func values(
        _ x: Span<Double>, _ y: Span<Double>, period: Int = 30
    ) throws(IndicatorError) -> [Double] {
        var state = try RollingCorrelation(period: period)
        return try scanPairs(x, y, period, { $0.correlation }) { state.update($0, $1) }
    }

    public static let definition = pairDefinition(
        name: "correlation", aliases: ["correl"], summary: "Pearson's correlation of two series.", period: 30)

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(period: parameters.period)
        sources = SourcePair(parameters)
    }
}

/// The sample covariance (divisor `period − 1`) of the last `period` pairs.
public struct RollingCovariance: PairIndicator {
    private var pair: RollingPair
    var sources = SourcePair()

    public init(period: Int = 30) throws(IndicatorError) {
        pair = try RollingPair(period: period)
    }

    /// Takes the next pair and returns the covariance, NaN with fewer than `period` pairs.
    public mutating func update(_ x: Double, _ y: Double) -> Double {
        guard (x - y).isFinite, pair.push(x, y) else { return .nan }
        return pair.moments.covariance * Self.correction(pair.period)
    }

    private static func correction(_ period: Int) -> Double { Double(period) / Double(period - 1) }

    /// Returns the covariance at each pair, NaN before the first; bit for bit the incremental form.
    public static func values(
        _ x: Span<Double>, _ y: Span<Double>, period: Int = 30
    ) throws(IndicatorError) -> [Double] {
        var state = try RollingCovariance(period: period)
        let correction = correction(period)
        return try scanPairs(x, y, period, { $0.covariance * correction }) { state.update($0, $1) }
    }

    public static let definition = pairDefinition(
        name: "covariance", aliases: ["cov"], summary: "Sample covariance of two series.", period: 30)

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(period: parameters.period)
        sources = SourcePair(parameters)
    }
}

/// The beta of y against x: the slope of y's relative changes on x's, over the last `period` changes.
///
/// 0 where x does not move. A change from 0 counts as no change.
public struct RollingBeta: PairIndicator {
    private var pair: RollingPair
    private var previous: (x: Double, y: Double)?
    var sources = SourcePair()

    public init(period: Int = 30) throws(IndicatorError) {
        pair = try RollingPair(period: period)
    }

    /// Takes the next pair, the market (x) first, and returns the beta, NaN before `period + 1` pairs.
    public mutating func update(_ x: Double, _ y: Double) -> Double {
        guard (x - y).isFinite else { return .nan }
        let last = previous
        previous = (x, y)
        guard let last, pair.push(Self.change(x, last.x), Self.change(y, last.y)) else { return .nan }
        return pair.moments.beta
    }

    @inline(__always)
    private static func change(_ new: Double, _ old: Double) -> Double {
        let change = (new - old) / old
        return old == 0 ? 0 : change
    }

    /// Returns the beta at each pair, NaN before the first; bit for bit the incremental form.
    public static func values(
        _ x: Span<Double>, _ y: Span<Double>, period: Int = 30
    ) throws(IndicatorError) -> [Double] {
        try requireEqualLengths([x.count, y.count])
        var state = try RollingBeta(period: period)
        let count = x.count
        var isFinite = true
        let outputs = makeSeries(count) { output in
            fillWithNaN(output, min(count, period))
            x.withUnsafePointer { x in
                y.withUnsafePointer { y in
                    let size = refreshInterval(window: period) + period
                    let changes = UnsafeMutablePointer<Double>.allocate(capacity: 2 * size)
                    defer { changes.deallocate() }
                    let (xs, ys) = (changes, changes + size)
                    // Change i leads to value i + 1.
                    isFinite = RollingPair.scan(count - 1, period: period) { first, count in
                        for index in 0..<count {
                            xs[index] = change(x[first + index + 1], x[first + index])
                            ys[index] = change(y[first + index + 1], y[first + index])
                        }
                        return (UnsafePointer(xs), UnsafePointer(ys))
                    } _: { index, moments in
                        output[index &+ 1] = moments.beta
                    }
                    isFinite = isFinite && (x[0] + y[0]).isFinite
                }
            }
        }
        return isFinite ? outputs : mapIndices(count) { state.update(x[$0], y[$0]) }
    }

    public static let definition = pairDefinition(
        name: "beta", aliases: [], summary: "Slope of the other source's relative changes on the source's.",
        period: 30, extraBars: 1)

    public init(parameters: IndicatorParameters) throws(IndicatorError) {
        try self.init(period: parameters.period)
        sources = SourcePair(parameters)
    }
}

/// The two values that a pair indicator reads from one bar.
struct SourcePair: BitwiseCopyable, Sendable {
    var first = BarSource.close
    var second = BarSource.volume

    init() {}

    init(_ parameters: IndicatorParameters) {
        first = parameters.source
        second = parameters.choice("other_source")
    }
}

/// An indicator of two series: fed with pairs, or, plugged in, with two values of each bar.
protocol PairIndicator: Indicator {
    var sources: SourcePair { get }
    mutating func update(_ x: Double, _ y: Double) -> Double
}

extension PairIndicator {
    public mutating func update(_ bar: BarValues, into outputs: inout IndicatorOutputs) {
        outputs[0] = update(sources.first.value(of: bar), sources.second.value(of: bar))
    }
}

private func pairDefinition(
    name: String, aliases: [String], summary: String, period: Int, extraBars: Int = 0
) -> IndicatorDefinition {
    IndicatorDefinition(
        name: name, aliases: aliases, summary: summary,
        parameters: [
            .period(period, atLeast: 2), .source(), .source(.volume, name: "other_source", "The second series."),
        ],
        outputs: ["value"], inputs: .twoSources, firstOutput: { $0.period + extraBars },
        memory: { .bars($0.period + extraBars) })
}

/// Runs over two series; where they are not finite, with the incremental form `slow`.
@inline(__always)
private func scanPairs(
    _ x: Span<Double>, _ y: Span<Double>, _ period: Int, _ part: (RollingPair.Moments) -> Double,
    slow: (Double, Double) -> Double
) throws(IndicatorError) -> [Double] {
    try requireEqualLengths([x.count, y.count])
    let count = x.count
    var isFinite = true
    let outputs = makeSeries(count) { output in
        fillWithNaN(output, min(count, period - 1))
        x.withUnsafePointer { x in
            y.withUnsafePointer { y in
                isFinite = RollingPair.scan(count, period: period) { first, _ in
                    (x + first, y + first)
                } _: { index, moments in
                    output[index] = part(moments)
                }
            }
        }
    }
    return isFinite ? outputs : mapIndices(count) { slow(x[$0], y[$0]) }
}
