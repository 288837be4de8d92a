// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What a series of returns says about growth and risk. `nil` means that a figure could not be measured.
///
/// Losses are negative throughout: a drawdown of a quarter is -0.25, value at risk of 2 % is -0.02. What each figure
/// is and which library agrees with it to 1e-9 stands in `Documentation/metrics.md`.
public struct ReturnMetrics: Equatable, Sendable {
    /// Number of returns; zero where the series held a value that is not finite, and then nothing is measured.
    public private(set) var count = 0
    public private(set) var totalReturn: Double?
    /// Compound growth a year.
    public private(set) var annualReturn: Double?
    public private(set) var annualVolatility: Double?
    public private(set) var downsideRisk: Double?
    public private(set) var sharpe: Double?
    public private(set) var sortino: Double?
    public private(set) var calmar: Double?
    public private(set) var omega: Double?
    /// On the samples, from the start on; `EquityTracker` measures it on every bar.
    public private(set) var maximumDrawdown: Double?
    public private(set) var ulcerIndex: Double?
    /// Historical, one period.
    public private(set) var valueAtRisk: Double?
    /// From mean and standard deviation under a normal distribution, one period.
    public private(set) var parametricValueAtRisk: Double?
    /// Mean of the worst returns, historical, one period; also called conditional value at risk.
    public private(set) var expectedShortfall: Double?
    public private(set) var parametricExpectedShortfall: Double?
    public private(set) var skewness: Double?
    public private(set) var kurtosis: Double?
    public private(set) var populationSkewness: Double?
    public private(set) var populationKurtosis: Double?
    public private(set) var tailRatio: Double?
    /// R squared of a straight line through the logarithm of growth: 1 is perfectly steady.
    public private(set) var stability: Double?
    public private(set) var best: Double?
    public private(set) var worst: Double?
    public private(set) var mean: Double?
    /// Share of periods that gained, of those that did not end where they began.
    public private(set) var winningPeriods: Double?
    /// Sum of gains over sum of losses, period by period.
    public private(set) var periodProfitFactor: Double?
    public private(set) var gainToPain: Double?

    /// Nothing measured.
    public init() {}

    /// Measures a series of simple returns, oldest first, one per period, as fractions.
    ///
    /// - Complexity: O(*n* log *n*), for the quantiles.
    public init(returns: [Double], conventions: MetricConventions = MetricConventions()) {
        guard returns.allSatisfy(\.isFinite), !returns.isEmpty else { return }
        count = returns.count
        let moments = Moments(returns)
        best = moments.maximum
        worst = moments.minimum
        mean = moments.mean
        measureGrowth(returns, conventions)
        measureRatios(returns, moments, conventions)
        measureTails(returns, moments, conventions)
        measurePeriods(returns)
        skewness = moments.skewness
        kurtosis = moments.kurtosis
        populationSkewness = moments.populationSkewness
        populationKurtosis = moments.populationKurtosis
    }

    private mutating func measureGrowth(_ returns: [Double], _ conventions: MetricConventions) {
        var wealth = 1.0
        var peak = 1.0
        var deepest = 0.0
        var squares = CompensatedSum()
        var logarithm = 0.0
        var line = StraightLine()
        for (index, value) in returns.enumerated() {
            wealth *= 1 + value
            peak = max(peak, wealth)
            let drawdown = wealth / peak - 1
            deepest = min(deepest, drawdown)
            squares.add(drawdown * drawdown)
            logarithm += log1p(value)
            line.add(Double(index), logarithm)
        }
        totalReturn = (wealth - 1).finite
        maximumDrawdown = deepest.finite
        if wealth >= 0 {
            annualReturn = (pow(wealth, conventions.periodsPerYear / Double(returns.count)) - 1).finite
        }
        if deepest < 0, let annualReturn { calmar = annualReturn.divided(by: -deepest) }
        if returns.count >= 2 {
            ulcerIndex = (squares.value / Double(returns.count - 1)).squareRoot().finite
            stability = line.rSquared
        }
    }

    private mutating func measureRatios(_ returns: [Double], _ moments: Moments, _ conventions: MetricConventions) {
        let yearRoot = conventions.periodsPerYear.squareRoot()
        let riskFree = conventions.perPeriod(conventions.riskFreeRate)
        let required = conventions.perPeriod(conventions.requiredReturn)
        var squares = CompensatedSum()
        var gains = CompensatedSum()
        var losses = CompensatedSum()
        for value in returns {
            let excess = value - required
            if excess < 0 {
                squares.add(excess * excess)
                losses.add(-excess)
            } else {
                gains.add(excess)
            }
        }
        let perPeriod = (squares.value / Double(returns.count)).squareRoot()
        downsideRisk = (perPeriod * yearRoot).finite
        guard returns.count >= 2, let deviation = moments.standardDeviation else { return }
        annualVolatility = (deviation * yearRoot).finite
        sharpe = (moments.mean - riskFree).divided(by: deviation).map { $0 * yearRoot }.finite
        sortino = (moments.mean - required).divided(by: perPeriod).map { $0 * yearRoot }.finite
        omega = gains.value.divided(by: losses.value)
    }

    private mutating func measureTails(_ returns: [Double], _ moments: Moments, _ conventions: MetricConventions) {
        let sorted = returns.sorted()
        let tail = 1 - conventions.confidence
        valueAtRisk = quantile(ofSorted: sorted, tail)
        let worstCount = Int(Double(sorted.count - 1) * tail) + 1
        var sum = CompensatedSum()
        for value in sorted[..<worstCount] { sum.add(value) }
        expectedShortfall = (sum.value / Double(worstCount)).finite
        if let high = quantile(ofSorted: sorted, conventions.confidence), let low = valueAtRisk {
            tailRatio = high.magnitude.divided(by: low.magnitude)
        }
        if let deviation = moments.standardDeviation {
            let score = Normal.quantile(tail)
            parametricValueAtRisk = (moments.mean + deviation * score).finite
            parametricExpectedShortfall = (moments.mean - deviation * Normal.density(score) / tail).finite
        }
    }

    private mutating func measurePeriods(_ returns: [Double]) {
        var gains = CompensatedSum()
        var losses = CompensatedSum()
        var winners = 0
        var losers = 0
        for value in returns {
            if value > 0 {
                gains.add(value)
                winners += 1
            } else if value < 0 {
                losses.add(-value)
                losers += 1
            }
        }
        if winners + losers > 0 { winningPeriods = Double(winners) / Double(winners + losers) }
        periodProfitFactor = gains.value.divided(by: losses.value)
        gainToPain = (gains.value - losses.value).divided(by: losses.value)
    }
}

extension ReturnMetrics {
    /// Every figure in the order in which a report shows it.
    public var figures: [Figure] {
        [
            Figure("totalReturn", "Total return", totalReturn, .fraction),
            Figure("annualReturn", "CAGR", annualReturn, .fraction),
            Figure("annualVolatility", "Annual volatility", annualVolatility, .fraction),
            Figure("sharpe", "Sharpe", sharpe, .ratio),
            Figure("sortino", "Sortino", sortino, .ratio),
            Figure("calmar", "Calmar", calmar, .ratio),
            Figure("omega", "Omega", omega, .ratio),
            Figure("downsideRisk", "Downside risk", downsideRisk, .fraction),
            Figure("sampledMaximumDrawdown", "Max drawdown (samples)", maximumDrawdown, .fraction),
            Figure("ulcerIndex", "Ulcer index", ulcerIndex, .fraction),
            Figure("valueAtRisk", "Value at risk (historical)", valueAtRisk, .fraction),
            Figure("parametricValueAtRisk", "Value at risk (parametric)", parametricValueAtRisk, .fraction),
            Figure("expectedShortfall", "Expected shortfall (CVaR)", expectedShortfall, .fraction),
            Figure(
                "parametricExpectedShortfall", "Expected shortfall (parametric)", parametricExpectedShortfall,
                .fraction),
            Figure("skewness", "Skewness", skewness, .ratio),
            Figure("kurtosis", "Excess kurtosis", kurtosis, .ratio),
            Figure("tailRatio", "Tail ratio", tailRatio, .ratio),
            Figure("stability", "Stability (R²)", stability, .ratio),
            Figure("bestPeriod", "Best period", best, .fraction),
            Figure("worstPeriod", "Worst period", worst, .fraction),
            Figure("winningPeriods", "Winning periods", winningPeriods, .fraction),
            Figure("periodProfitFactor", "Profit factor of periods", periodProfitFactor, .ratio),
            Figure("gainToPain", "Gain to pain", gainToPain, .ratio),
            Figure("periods", "Periods", Double(count), .count),
        ]
    }
}

/// Squared correlation of two series, updated point by point.
///
/// Source: B. P. Welford, "Note on a method for calculating corrected sums of squares and products", 1962.
struct StraightLine {
    private var count = 0.0
    private var meanX = 0.0
    private var meanY = 0.0
    private(set) var squaresX = 0.0
    private(set) var squaresY = 0.0
    private(set) var products = 0.0

    mutating func add(_ x: Double, _ y: Double) {
        count += 1
        let distanceX = x - meanX
        let distanceY = y - meanY
        meanX += distanceX / count
        meanY += distanceY / count
        squaresX += distanceX * (x - meanX)
        squaresY += distanceY * (y - meanY)
        products += distanceX * (y - meanY)
    }

    /// Signed, between -1 and 1; `nil` where one of the series does not move.
    var correlation: Double? {
        guard squaresX > 0, squaresY > 0 else { return nil }
        return (products / (squaresX.squareRoot() * squaresY.squareRoot())).finite.map { min(1, max(-1, $0)) }
    }

    var rSquared: Double? { correlation.map { $0 * $0 } }
}
