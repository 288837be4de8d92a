// SPDX-License-Identifier: Apache-2.0

import Statistics
import Testing

@Suite struct LibraryAgreementTests {
    @Test("The fixture is whole: seven series, three settings, two libraries")
    func fixtureIsThere() {
        #expect(Fixture.series.count == 7)
        #expect(Fixture.expectations.count > 900)
        #expect(Set(Fixture.expectations.map(\.library)) == ["empyrical-reloaded", "quantstats"])
    }

    @Test("Every figure agrees with empyrical and quantstats to 1e-9", arguments: Fixture.series.keys.sorted())
    func agreement(name: String) throws {
        let series = try #require(Fixture.series[name])
        for expectation in Fixture.expectations where expectation.series == name {
            let conventions = MetricConventions(
                periodsPerYear: expectation.periods, riskFreeRate: expectation.riskFree,
                requiredReturn: expectation.required, confidence: expectation.confidence)
            let measured = measure(
                expectation.figure, ReturnMetrics(returns: series.returns, conventions: conventions),
                BenchmarkMetrics(returns: series.returns, benchmark: series.benchmark, conventions: conventions),
                trades(series.returns))
            let place = Comment(
                rawValue: "\(name) \(expectation.library) \(expectation.figure) at \(expectation.periods) periods")
            guard let expected = expectation.value else {
                #expect(measured == nil, place)
                continue
            }
            let value = try #require(measured, place)
            // The libraries lose digits in 1 + r - 1 themselves; 1e-13 is a thousand units of that rounding.
            let tolerance = max(1e-9 * expected.magnitude, 1e-13)
            #expect((value - expected).magnitude <= tolerance, "\(place): \(value), the library says \(expected)")
        }
    }

    /// Returns read as profits of trades, so that trade figures have a reference too.
    private func trades(_ returns: [Double]) -> TradeStatistics {
        var statistics = TradeStatistics()
        for (index, value) in returns.enumerated() {
            statistics.add(
                TradeSample(
                    strategy: 0, symbol: 0, exitReason: 0, isLong: true, entryTime: Int64(index),
                    exitTime: Int64(index), profit: value, fees: 0))
        }
        return statistics
    }

    private func measure(
        _ figure: String, _ returns: ReturnMetrics, _ versus: BenchmarkMetrics, _ trades: TradeStatistics
    ) -> Double? {
        switch figure {
        case "totalReturn": returns.totalReturn
        case "annualReturn": returns.annualReturn
        case "annualVolatility": returns.annualVolatility
        case "sharpe": returns.sharpe
        case "sortino": returns.sortino
        case "downsideRisk": returns.downsideRisk
        case "calmar": returns.calmar
        case "omega": returns.omega
        case "maximumDrawdown": returns.maximumDrawdown
        case "ulcerIndex": returns.ulcerIndex
        case "valueAtRisk": returns.valueAtRisk
        case "parametricValueAtRisk": returns.parametricValueAtRisk
        case "expectedShortfall": returns.expectedShortfall
        case "parametricExpectedShortfall": returns.parametricExpectedShortfall
        case "skewness": returns.skewness
        case "kurtosis": returns.kurtosis
        case "populationSkewness": returns.populationSkewness
        case "populationKurtosis": returns.populationKurtosis
        case "tailRatio": returns.tailRatio
        case "stability": returns.stability
        case "best": returns.best
        case "worst": returns.worst
        case "winningPeriods": returns.winningPeriods
        case "periodProfitFactor": returns.periodProfitFactor
        case "gainToPain": returns.gainToPain
        case "alpha": versus.alpha
        case "simpleAlpha": versus.simpleAlpha
        case "beta": versus.beta
        case "informationRatio": versus.informationRatio
        case "capture": versus.capture
        case "upCapture": versus.upCapture
        case "downCapture": versus.downCapture
        case "payoff": trades.payoff
        case "averageWin": trades.averageWin
        case "averageLoss": trades.averageLoss
        case "longestWinningStreak": Double(trades.longestWinningStreak)
        case "longestLosingStreak": Double(trades.longestLosingStreak)
        default: unknown(figure)
        }
    }

    private func unknown(_ figure: String) -> Double? {
        Issue.record("the fixture names a figure that no test measures: \(figure)")
        return nil
    }
}
