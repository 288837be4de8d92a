// SPDX-License-Identifier: Apache-2.0

/// Every figure of one equity curve, with the conventions it was measured by.
public struct Performance: Equatable, Sendable {
    public let conventions: MetricConventions
    public let startEquity: Double
    public let finalEquity: Double
    public let bars: Int
    public let returns: ReturnMetrics
    /// Falls from peaks of the closing equity of bars.
    public let closeDrawdown: DrawdownSummary
    /// Falls from peaks, with the low and high of equity inside bars: an upper bound, and the headline.
    public let intrabarDrawdown: DrawdownSummary
    /// `nil` without a benchmark.
    public let versusBenchmark: BenchmarkMetrics?
    /// One value of equity per period, oldest first.
    public let samples: [EquityTracker.Sample]

    /// - Parameters:
    ///   - equity: Fed with the run's bars, with the sampling interval of `conventions`.
    ///   - benchmark: Fed with the same times, such as the equity of buying and holding.
    public init(
        of equity: EquityTracker, benchmark: EquityTracker? = nil,
        conventions: MetricConventions = MetricConventions()
    ) {
        self.conventions = conventions
        startEquity = equity.startEquity
        finalEquity = equity.lastEquity
        bars = equity.bars
        let measured = equity.returns
        returns = measured.map { ReturnMetrics(returns: $0, conventions: conventions) } ?? ReturnMetrics()
        closeDrawdown = equity.closeDrawdown
        intrabarDrawdown = equity.intrabarDrawdown
        samples = equity.samples
        versusBenchmark = benchmark.map { benchmark in
            guard let measured, let reference = benchmark.returns else { return BenchmarkMetrics() }
            return BenchmarkMetrics(returns: measured, benchmark: reference, conventions: conventions)
        }
    }

    /// Measures an equity curve that lies in columns of the same length.
    ///
    /// - Parameters:
    ///   - times: Closes of bars, nanoseconds since the epoch, oldest first.
    ///   - low: Lowest equity inside each bar; `nil` where it is not known.
    ///   - high: Highest equity inside each bar; `nil` where it is not known.
    public init(
        startEquity: Double, startTime: Int64, times: [Int64], close: [Double], low: [Double]? = nil,
        high: [Double]? = nil, benchmark: EquityTracker? = nil, conventions: MetricConventions = MetricConventions()
    ) {
        precondition(
            times.count == close.count && (low ?? close).count == close.count && (high ?? close).count == close.count,
            "the columns of an equity curve must be of the same length")
        var tracker = EquityTracker(
            startEquity: startEquity, startTime: startTime, samplingInterval: conventions.samplingInterval)
        let low = low ?? close
        let high = high ?? close
        for index in 0..<times.count {
            tracker.update(time: times[index], close: close[index], low: low[index], high: high[index])
        }
        self.init(of: tracker, benchmark: benchmark, conventions: conventions)
    }

    /// Profit over the depth of the deepest fall, both as fractions.
    public var recoveryFactor: Double? {
        guard let total = returns.totalReturn, let depth = intrabarDrawdown.maximum, depth < 0 else { return nil }
        return total.divided(by: -depth)
    }

    /// Every figure in the order in which a report shows it.
    public var figures: [Figure] {
        let drawdowns = [
            Figure("maximumDrawdown", "Max drawdown (inside bars)", intrabarDrawdown.maximum, .fraction),
            Figure("closeMaximumDrawdown", "Max drawdown (on closes)", closeDrawdown.maximum, .fraction),
            Figure("averageDrawdown", "Average drawdown", closeDrawdown.average, .fraction),
            Figure(
                "longestDrawdownSeconds", "Longest drawdown",
                closeDrawdown.isMeasured ? Double(closeDrawdown.longest) / 1e9 : nil, .seconds),
            Figure("recoveryFactor", "Recovery factor", recoveryFactor, .ratio),
        ]
        return returns.figures + drawdowns + (versusBenchmark?.figures ?? [])
    }
}
