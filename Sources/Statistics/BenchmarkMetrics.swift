// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What a series of returns did beside another one of the same periods, such as buying and holding.
public struct BenchmarkMetrics: Equatable, Sendable {
    /// Number of paired returns; zero where nothing could be measured.
    public private(set) var count = 0
    /// Compounded a year, as empyrical annualises it.
    public private(set) var alpha: Double?
    /// Mean times the periods of a year, as quantstats annualises it.
    public private(set) var simpleAlpha: Double?
    public private(set) var beta: Double?
    public private(set) var correlation: Double?
    public private(set) var trackingError: Double?
    /// Mean excess over the benchmark by its standard deviation, not annualised.
    public private(set) var informationRatio: Double?
    /// Compound growth over the benchmark's compound growth.
    public private(set) var capture: Double?
    /// The same over the periods in which the benchmark gained.
    public private(set) var upCapture: Double?
    /// The same over the periods in which the benchmark lost.
    public private(set) var downCapture: Double?
    /// Total return minus the benchmark's total return.
    public private(set) var excessReturn: Double?

    /// Nothing measured.
    public init() {}

    /// Compares two series of simple returns of the same periods, oldest first.
    ///
    /// Series of different length, or with a value that is not finite, are not measured.
    public init(returns: [Double], benchmark: [Double], conventions: MetricConventions = MetricConventions()) {
        guard returns.count == benchmark.count, returns.count >= 2, returns.allSatisfy(\.isFinite),
            benchmark.allSatisfy(\.isFinite)
        else { return }
        count = returns.count
        let riskFree = conventions.perPeriod(conventions.riskFreeRate)
        var line = StraightLine()
        var difference: [Double] = []
        difference.reserveCapacity(count)
        for index in 0..<count {
            line.add(benchmark[index], returns[index])
            difference.append(returns[index] - benchmark[index])
        }
        correlation = line.correlation
        let ofReturns = Moments(returns)
        let ofBenchmark = Moments(benchmark)
        if !ofBenchmark.isConstant, let beta = line.products.divided(by: line.squaresX) {
            self.beta = beta
            let mean = (ofReturns.mean - riskFree) - beta * (ofBenchmark.mean - riskFree)
            if mean > -1 { alpha = (pow(1 + mean, conventions.periodsPerYear) - 1).finite }
            simpleAlpha = (mean * conventions.periodsPerYear).finite
        }
        let active = Moments(difference)
        if let deviation = active.standardDeviation {
            trackingError = (deviation * conventions.periodsPerYear.squareRoot()).finite
            informationRatio = active.mean.divided(by: deviation)
        }
        excessReturn = (growth(returns) - growth(benchmark)).finite
        capture = captured(returns, benchmark, conventions) { _ in true }
        upCapture = captured(returns, benchmark, conventions) { $0 > 0 }
        downCapture = captured(returns, benchmark, conventions) { $0 < 0 }
    }

    private func growth(_ returns: [Double]) -> Double { returns.reduce(1) { $0 * (1 + $1) } - 1 }

    private func captured(
        _ returns: [Double], _ benchmark: [Double], _ conventions: MetricConventions,
        where included: (Double) -> Bool
    ) -> Double? {
        var wealth = 1.0
        var reference = 1.0
        var periods = 0
        for index in 0..<returns.count where included(benchmark[index]) {
            wealth *= 1 + returns[index]
            reference *= 1 + benchmark[index]
            periods += 1
        }
        guard periods > 0, wealth >= 0, reference >= 0 else { return nil }
        let exponent = conventions.periodsPerYear / Double(periods)
        return (pow(wealth, exponent) - 1).divided(by: pow(reference, exponent) - 1)
    }
}

extension BenchmarkMetrics {
    /// Every figure in the order in which a report shows it.
    public var figures: [Figure] {
        [
            Figure("excessReturn", "Return above benchmark", excessReturn, .fraction),
            Figure("alpha", "Alpha (compounded a year)", alpha, .fraction),
            Figure("simpleAlpha", "Alpha (simple a year)", simpleAlpha, .fraction),
            Figure("beta", "Beta", beta, .ratio),
            Figure("correlation", "Correlation", correlation, .ratio),
            Figure("trackingError", "Tracking error", trackingError, .fraction),
            Figure("informationRatio", "Information ratio", informationRatio, .ratio),
            Figure("capture", "Capture", capture, .ratio),
            Figure("upCapture", "Capture in gains", upCapture, .ratio),
            Figure("downCapture", "Capture in losses", downCapture, .ratio),
        ]
    }
}
