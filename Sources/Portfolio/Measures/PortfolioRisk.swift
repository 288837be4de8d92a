// SPDX-License-Identifier: Apache-2.0

import LinearAlgebra
import Statistics

/// The risk of positions held together, from the covariance of their returns.
///
/// Exposures are shares of the equity, negative for short positions. One period is the covariance's interval: with hourly
/// returns, `periods: 24` is a day.
public struct PortfolioRisk: Hashable, Sendable {
    public let covariance: Covariance
    public let exposures: [Double]
    /// The deviation of the equity's return over one period.
    public let deviation: Double
    public let mean: Double

    /// - Throws: `sizes`, `notFinite`.
    public init(exposures: [Double], covariance: Covariance) throws(LossError) {
        guard exposures.count == covariance.means.count else {
            throw .sizes(exposures: exposures.count, symbols: covariance.means.count)
        }
        if let index = exposures.firstIndex(where: { !$0.isFinite }) {
            throw .notFinite(index: index, value: exposures[index])
        }
        guard let variance = try? covariance.matrix.quadraticForm(exposures) else {
            preconditionFailure("exposures are as many as the covariance has rows")
        }
        guard variance.isFinite else { throw .notFinite(index: exposures.count, value: variance) }
        self.exposures = exposures
        self.covariance = covariance
        deviation = max(0, variance).squareRoot()
        mean = dot(exposures, covariance.means)
    }

    /// Of normal returns: `periods · mean` and `√periods · deviation`.
    ///
    /// - Parameter ignoringMean: Takes the mean as zero, as is usual for limits: a good month must not make room for risk.
    public func parametric(
        confidence: Double, periods: Int = 1, ignoringMean: Bool = true
    ) throws(LossError) -> LossEstimate {
        try check(confidence, periods)
        return ValueAtRisk.normal(
            mean: ignoringMean ? 0 : mean * Double(periods), deviation: deviation * Double(periods).squareRoot(),
            confidence: confidence)
    }

    /// Drawn: normal returns of all symbols with this covariance, period after period, compounded for each symbol.
    ///
    /// A singular covariance will do. The same seed gives the same numbers.
    ///
    /// - Throws: `badDraws`, `badPeriods`, `badConfidence`, `notFinite`.
    public func monteCarlo(
        confidence: Double, periods: Int = 1, draws: Int = 10_000, seed: UInt64, ignoringMean: Bool = true
    ) throws(LossError) -> LossEstimate {
        try check(confidence, periods)
        guard (100...10_000_000).contains(draws) else { throw .badDraws(draws) }
        let root: Matrix
        do {
            root = try SymmetricEigen(covariance.matrix).root
        } catch {
            throw .notFinite(index: 0, value: .nan)
        }
        let size = exposures.count
        let means = ignoringMean ? Array(repeating: 0, count: size) : covariance.means
        var random = SeededGenerator(seed: seed)
        var outcomes: [Double] = []
        outcomes.reserveCapacity(draws)
        var numbers = Array(repeating: 0.0, count: size)
        var worth = numbers
        for _ in 0..<draws {
            for symbol in 0..<size { worth[symbol] = 1 }
            for _ in 0..<periods {
                for symbol in 0..<size { numbers[symbol] = random.normal() }
                for symbol in 0..<size {
                    var change = means[symbol]
                    for factor in 0..<size { change += root[symbol, factor] * numbers[factor] }
                    // Nothing falls below zero.
                    worth[symbol] *= max(0, 1 + change)
                }
            }
            var outcome = 0.0
            for symbol in 0..<size { outcome += exposures[symbol] * (worth[symbol] - 1) }
            outcomes.append(outcome)
        }
        outcomes.sort()
        let estimate = ValueAtRisk.tail(of: outcomes, confidence)
        return LossEstimate(
            valueAtRisk: estimate.valueAtRisk, expectedShortfall: estimate.expectedShortfall,
            standardError: quantileError(outcomes, confidence))
    }

    /// How much each position adds to the deviation: the parts sum to it. Negative for a hedge.
    public var contributions: [Double] {
        guard deviation > 0, let marginal = try? covariance.matrix * exposures else {
            return exposures.map { _ in 0 }
        }
        return zip(exposures, marginal).map { $0 * $1 / deviation }
    }

    /// The deviations of the positions summed, over that of all together: 1 where nothing is diversified, √n for n
    /// equal and independent ones; `nil` where nothing moves.
    ///
    /// Source: Y. Choueifaty and Y. Coignard, "Toward maximum diversification", 2008.
    public var diversificationRatio: Double? {
        guard deviation > 0 else { return nil }
        let sum = zip(exposures, covariance.deviations).reduce(0) { $0 + $1.0.magnitude * $1.1 }
        return sum / deviation
    }

    private func check(_ confidence: Double, _ periods: Int) throws(LossError) {
        guard confidence >= 0.5, confidence < 1 else { throw .badConfidence(confidence) }
        guard (1...100_000).contains(periods) else { throw .badPeriods(periods) }
    }

    /// Half the distance between the outcomes one standard error of the rank below and above the quantile.
    private func quantileError(_ sorted: [Double], _ confidence: Double) -> Double {
        let count = Double(sorted.count)
        let (rank, spread) = ((1 - confidence) * count, (count * confidence * (1 - confidence)).squareRoot())
        let low = max(0, Int(rank - spread))
        let high = min(sorted.count - 1, Int((rank + spread).rounded(.up)))
        return (sorted[high] - sorted[low]) / 2
    }
}
