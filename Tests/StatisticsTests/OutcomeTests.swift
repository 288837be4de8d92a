// SPDX-License-Identifier: Apache-2.0

import Statistics
import Testing

@Suite("What comes out where a figure cannot be measured") struct OutcomeTests {
    @Test(
        "No returns, and returns that are not finite, measure nothing",
        arguments: [
            [], [.nan], [0.1, .infinity], [0.1, -.infinity, 0.2], [.nan, .nan],
        ] as [[Double]])
    func nothing(returns: [Double]) {
        #expect(ReturnMetrics(returns: returns) == ReturnMetrics())
        #expect(ReturnMetrics(returns: returns).figures.filter { $0.key != "periods" }.allSatisfy { $0.value == nil })
        #expect(BenchmarkMetrics(returns: returns, benchmark: returns) == BenchmarkMetrics())
    }

    @Test func oneReturnHasGrowthAndNoSpread() {
        let metrics = ReturnMetrics(returns: [-0.1])
        #expect(metrics.totalReturn == 0.9 - 1)
        #expect(metrics.maximumDrawdown == 0.9 - 1)
        #expect(metrics.valueAtRisk == -0.1)
        #expect(metrics.expectedShortfall == -0.1)
        #expect(metrics.sharpe == nil)
        #expect(metrics.sortino == nil)
        #expect(metrics.annualVolatility == nil)
        #expect(metrics.skewness == nil)
        #expect(metrics.stability == nil)
    }

    @Test("A constant series has no spread, even where rounding leaves one", arguments: [0.0, 0.1, -0.1, 1e-300])
    func constant(value: Double) {
        let metrics = ReturnMetrics(returns: Array(repeating: value, count: 100))
        #expect(metrics.annualVolatility == 0)
        #expect(metrics.sharpe == nil)
        #expect(metrics.skewness == nil)
        #expect(metrics.kurtosis == nil)
        #expect((metrics.sortino == nil) == (value >= 0))
        #expect((metrics.calmar == nil) == (value >= 0))
        let versus = BenchmarkMetrics(
            returns: [0.1, 0.2, 0.3], benchmark: [value, value, value])
        #expect(versus.beta == nil)
        #expect(versus.alpha == nil)
        #expect(versus.correlation == nil)
    }

    @Test func totalLossIsMinusOneAndTheSeriesEndsThere() throws {
        let performance = Performance(
            startEquity: 100, startTime: 0, times: [1, 2, 3].map { $0 * MetricConventions.nanosecondsPerDay },
            close: [50, 0, 0])
        #expect(performance.returns.count == 2)
        #expect(performance.returns.totalReturn == -1)
        #expect(performance.returns.annualReturn == -1)
        #expect(performance.closeDrawdown.maximum == -1)
        #expect(performance.returns.stability == nil)
        #expect(performance.closeDrawdown.deepest?.recovery == nil)
    }

    @Test func debtHasNoCompoundGrowth() {
        let performance = Performance(
            startEquity: 100, startTime: 0, times: [1, 2].map { $0 * MetricConventions.nanosecondsPerDay },
            close: [-20, 500])
        #expect(performance.returns.count == 1)
        #expect(performance.returns.annualReturn == nil)
        #expect(performance.returns.totalReturn == -1.2)
        #expect(performance.closeDrawdown.maximum == -1.2)
        #expect(performance.finalEquity == 500)
    }

    @Test("Equity that is not finite measures nothing, whenever it comes", arguments: [0, 1, 2])
    func notFinite(position: Int) {
        var close = [100.0, 101, 99]
        close[position] = .nan
        let performance = Performance(startEquity: 100, startTime: 0, times: [1, 2, 3], close: close)
        #expect(performance.returns == ReturnMetrics())
        #expect(performance.closeDrawdown.maximum == nil)
        #expect(performance.intrabarDrawdown.maximum == nil)
    }

    @Test func noBarsIsNoPerformance() {
        let performance = Performance(startEquity: 100, startTime: 0, times: [], close: [])
        #expect(performance.returns == ReturnMetrics())
        #expect(performance.finalEquity == 100)
        #expect(performance.closeDrawdown.maximum == 0)
        #expect(performance.samples.isEmpty)
    }

    @Test("Nothing to start with is not measured", arguments: [0.0, -5, .nan, .infinity])
    func noStart(equity: Double) {
        let performance = Performance(startEquity: equity, startTime: 0, times: [1], close: [10])
        #expect(performance.returns == ReturnMetrics())
        #expect(performance.closeDrawdown.maximum == nil)
    }

    @Test func hugeValuesNeverTrap() {
        let returns = [Double.greatestFiniteMagnitude, -0.5, .greatestFiniteMagnitude, 1e308]
        for figure in ReturnMetrics(returns: returns).figures
            + BenchmarkMetrics(
                returns: returns, benchmark: returns.reversed()
            ).figures
        {
            #expect(figure.value?.isFinite != false, Comment(rawValue: figure.key))
        }
        var tracker = EquityTracker(startEquity: 1, startTime: .min, samplingInterval: 1)
        tracker.update(time: .min, close: 2)
        tracker.update(time: .max, close: 1)
        #expect(tracker.returns == nil)
        #expect(tracker.closeDrawdown.maximum == -0.5)
        #expect(tracker.closeDrawdown.longest == .max)
    }

    @Test func conventionsWithoutMeaningBecomeTheDefault() {
        #expect(
            MetricConventions(
                periodsPerYear: -1, riskFreeRate: .nan, requiredReturn: -2, confidence: 1, samplingInterval: 0)
                == MetricConventions())
    }

    @Test func theConventionIsSaidInWords() {
        let text = MetricConventions(periodsPerYear: 252, riskFreeRate: 0.035).text
        for part in ["252 periods a year", "3.5 % a year", "n - 1", "once a UTC day", "simple", "95 % confidence"] {
            #expect(text.contains(part), "\(part) is missing in: \(text)")
        }
    }
}
