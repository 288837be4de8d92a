// SPDX-License-Identifier: Apache-2.0

import LinearAlgebra
import Portfolio
import Testing
import Trading

@Suite struct LibraryAgreementTests {
    @Test func thereAreReferences() {
        #expect(Reference.risks.count == 6)
        #expect(Reference.options.count == 480)
    }

    @Test("Correlations agree with numpy, and constant series are marked", arguments: 0..<6)
    func correlation(index: Int) throws {
        let reference = Reference.risks[index]
        for (row, values) in reference.correlation.enumerated() {
            for (column, value) in values.enumerated() where row != column {
                let own = CorrelationMatrix.correlation(reference.returns[row], reference.returns[column])
                if reference.kind == "flat", row == 0 || column == 0 {
                    #expect(own == .constant(samples: reference.returns[0].count))
                    #expect(own.value == nil && own.forLimits == 1)
                } else {
                    #expect(agrees(try #require(own.value), try #require(value), scale: 1))
                }
            }
        }
    }

    @Test("Covariance and its shrinkage agree with scikit-learn and numpy", arguments: 0..<6)
    func covariance(index: Int) throws {
        let reference = Reference.risks[index]
        let shrunk = try Covariance.ledoitWolf(reference.returns)
        #expect(agrees(shrunk.shrinkage, reference.shrinkage, scale: 1e-3))
        let scale = reference.shrunk.enumerated().map { $1[$0] }.max() ?? 0
        let sample = try Covariance.sample(reference.returns)
        for row in reference.shrunk.indices {
            for column in reference.shrunk.indices {
                #expect(agrees(shrunk.matrix[row, column], reference.shrunk[row][column], scale: scale))
                #expect(agrees(sample.matrix[row, column], reference.sample[row][column], scale: scale))
            }
        }
        let values = try SymmetricEigen(shrunk.matrix).values
        #expect(zip(values, reference.eigenvalues).allSatisfy { agrees($0, $1, scale: scale) })
        let risk = try PortfolioRisk(exposures: reference.weights, covariance: shrunk)
        #expect(agrees(risk.deviation, reference.deviation))
        #expect(agrees(try #require(risk.diversificationRatio), reference.diversification))
        #expect(
            zip(risk.contributions, reference.contributions).allSatisfy {
                agrees($0, $1, scale: reference.deviation)
            })
        #expect(agrees(try risk.parametric(confidence: 0.99, periods: 24).valueAtRisk, reference.parametric99))
    }

    @Test("Value at risk and expected shortfall agree with numpy and scipy", arguments: 0..<6)
    func losses(index: Int) throws {
        let reference = Reference.risks[index]
        let returns = reference.portfolio
        for expected in reference.losses {
            guard returns.count >= 20 else {
                #expect(throws: LossError.tooFewSamples(have: returns.count, need: 20)) {
                    try ValueAtRisk.historical(returns, confidence: expected.confidence)
                }
                continue
            }
            func check(_ own: LossEstimate, _ loss: Reference.Loss) {
                #expect(agrees(own.valueAtRisk, loss.value, scale: 1e-3))
                #expect(agrees(own.expectedShortfall, loss.shortfall, scale: 1e-3))
            }
            check(try ValueAtRisk.historical(returns, confidence: expected.confidence), expected.historical)
            check(try ValueAtRisk.parametric(returns, confidence: expected.confidence), expected.parametric)
            let corrected = Result { try ValueAtRisk.cornishFisher(returns, confidence: expected.confidence) }
            switch corrected {
            case .success(let estimate):
                #expect(expected.cornishFisher.increasing == true)
                check(estimate, expected.cornishFisher)
            case .failure(let error):
                #expect(expected.cornishFisher.increasing == false, "\(error)")
            }
        }
    }

    @Test("Monte Carlo lies within its error of the exact value", arguments: 0..<6)
    func monteCarlo(index: Int) throws {
        let reference = Reference.risks[index]
        let risk = try PortfolioRisk(
            exposures: reference.weights, covariance: try Covariance.ledoitWolf(reference.returns))
        let drawn = try risk.monteCarlo(confidence: 0.95, draws: 20_000, seed: UInt64(index))
        let exact = try risk.parametric(confidence: 0.95)
        let error = try #require(drawn.standardError)
        // The error itself is what theory says of a normal quantile, and the estimate is within four of it.
        #expect(error > 0 && error < 0.03 * exact.valueAtRisk)
        #expect((drawn.valueAtRisk - exact.valueAtRisk).magnitude < 4 * error)
        #expect((drawn.expectedShortfall - exact.expectedShortfall).magnitude < 6 * error)
        #expect(try risk.monteCarlo(confidence: 0.95, draws: 20_000, seed: UInt64(index)) == drawn)
        #expect(try risk.monteCarlo(confidence: 0.95, draws: 20_000, seed: UInt64(index) + 99) != drawn)
    }

    @Test func optionsAgreeWithQuantLib() throws {
        for reference in Reference.options {
            let option = try BlackScholes(
                reference.right == "call" ? .call : .put, spot: reference.spot, strike: reference.strike,
                years: reference.years, rate: reference.rate, dividendYield: reference.dividend)
            let own = try option.value(volatility: reference.volatility)
            // What a number is measured against where it is nearly nothing.
            let spot = reference.spot
            #expect(agrees(own.price, reference.price, scale: spot * 1e-5), "\(reference)")
            #expect(agrees(own.delta, reference.delta, scale: 1e-3), "\(reference)")
            #expect(agrees(own.gamma, reference.gamma, scale: 1e-3 / spot), "\(reference)")
            #expect(agrees(own.vega, reference.vega, scale: spot * 1e-3), "\(reference)")
            #expect(agrees(own.theta, reference.theta, scale: spot * 1e-3), "\(reference)")
            #expect(agrees(own.rho, reference.rho, scale: spot * 1e-3), "\(reference)")
            // Where the price hardly depends on it, nothing can say the volatility to nine digits.
            if own.vega > 1e-3 * spot {
                #expect(
                    agrees(try option.impliedVolatility(price: reference.price), reference.volatility, scale: 1),
                    "\(reference)")
            }
        }
    }
}
