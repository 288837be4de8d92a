// SPDX-License-Identifier: Apache-2.0

import LinearAlgebra
import Portfolio
import TestSupport
import Testing
import Trading

@Suite struct ReturnsTableTests {
    private static let start = Timestamp(seconds: 1_700_000_000 / 3600 * 3600)

    private func table(_ prices: [[Double?]], window: TimeSpan = .hours(4)) -> ReturnsTable {
        var table = ReturnsTable(symbols: prices.count, window: window)
        for hour in prices[0].indices { table.observe(prices.map { $0[hour] }, at: Self.start + .hours(Int64(hour))) }
        return table
    }

    @Test func aSymbolThatListsHalfWayHasReturnsFromThenOn() {
        let table = table([[100, 110, 121, 133.1], [nil, nil, 50, 25]])
        let first = table.returns(of: 0).map { $0.map { ($0 * 1000).rounded() } }
        #expect(first == [100, 100, 100])
        #expect(table.returns(of: 1) == [nil, nil, -0.5])
        #expect(table.complete([0, 1]).map(\.count) == [1, 1])
        #expect(table.complete([1]) == [[-0.5]])
        #expect(table.samples(of: 0) == 3 && table.samples(of: 1) == 1)
    }

    @Test func theWindowRolls() {
        let table = table([(0...9).map { 100 + Double($0) }])
        #expect(table.count == 4 && table.capacity == 4)
        let expected: [Double?] = [106, 107, 108, 109].map { (price: Double) in price / (price - 1) - 1 }
        #expect(table.returns(of: 0) == expected)
    }

    @Test func pricesThatAreNoneCountAsAbsentAndAreCounted() {
        let table = table([[100, .nan, 100, -1, 0, .infinity, 100, 101]], window: .hours(24))
        #expect(table.refusals == [4])
        #expect(table.returns(of: 0) == [nil, nil, nil, nil, nil, nil, 101.0 / 100 - 1])
    }

    @Test func aGapIsNotOneLongReturn() {
        var table = ReturnsTable(symbols: 1, window: .hours(6))
        for (hour, price) in [(0, 100.0), (1, 101), (4, 150), (5, 151), (5, 99), (4, 99)] {
            table.observe([price], at: Self.start + .hours(Int64(hour)))
        }
        #expect(table.returns(of: 0).map { $0 == nil } == [false, true, true, true, false])
        table.observe([100], at: Self.start + .days(900))
        #expect(table.returns(of: 0) == Array(repeating: nil, count: 6))
    }

    @Test("The same as returns computed over the whole history and then cut", arguments: UInt64(0)..<200)
    func equalsTheWholeHistory(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let hours = 1 + random.below(120)
        var price = 100.0
        let prices: [Double?] = (0..<hours).map { _ in
            price *= random.uniform(0.9, 1.1)
            return random.below(6) == 0 ? nil : price
        }
        let all: [Double?] = prices.indices.dropFirst().map { hour in
            guard let now = prices[hour], let before = prices[hour - 1] else { return nil }
            return now / before - 1
        }
        #expect(table([prices], window: .hours(24)).returns(of: 0) == Array(all.suffix(24)))
    }
}

@Suite struct CorrelationTests {
    @Test("A correlation is a number in [-1, 1] or marked, never anything else", arguments: UInt64(0)..<300)
    func neverNaN(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let scale = [1, 1e-200, 1e150, 1e-308][random.below(4)]
        var table = ReturnsTable(symbols: 4, window: .days(10))
        var prices = [100.0, 100, 100, 100]
        for hour in 0..<random.below(200) {
            prices[0] *= random.uniform(0.9, 1.1)
            prices[1] = random.below(3) == 0 ? .nan : prices[0] * (1 + random.uniform() * scale)
            prices[3] = 1 / prices[0]
            table.observe(prices.map { $0 }, at: Timestamp(seconds: 0) + .hours(Int64(hour)))
        }
        let matrix = CorrelationMatrix(of: table, minimumSamples: 10)
        for second in 0..<4 {
            for first in 0..<4 {
                let correlation = matrix[first, second]
                if let value = correlation.value { #expect(value >= -1 && value <= 1) }
                #expect(correlation.forLimits >= -1 && correlation.forLimits <= 1)
                #expect(matrix[second, first] == correlation)
            }
        }
        if case .measured = matrix[0, 2] { Issue.record("symbol 2 stands still") }
        #expect(matrix[0, 2].forLimits == 1)
    }

    @Test func groupsAreConnectedThroughPairs() {
        var matrix = CorrelationMatrix(symbols: 5)
        for second in 0..<5 { for first in 0..<second { matrix[first, second] = .measured(0, samples: 50) } }
        matrix[0, 3] = .measured(0.8, samples: 50)
        matrix[3, 4] = .measured(0.71, samples: 50)
        matrix[1, 2] = .measured(0.7, samples: 50)
        #expect(matrix.groups(above: 0.7) == [[0, 3, 4], [1], [2]])
        #expect(matrix.groups(above: 0.7, among: [0, 1, 4]) == [[0], [1], [4]])
        #expect(matrix.groups(above: 0.7, directions: [1, 1, 1, -1, -1]) == [[0], [1], [2], [3, 4]])
    }
}

@Suite struct PortfolioRiskTests {
    private static let two = Covariance(matrix: Matrix([[0.04, 0], [0, 0.09]]), means: [0.01, 0])

    @Test func examplesOnPaper() throws {
        let risk = try PortfolioRisk(exposures: [0.3, 0.2], covariance: Self.two)
        #expect((risk.deviation - 0.06 * 2.0.squareRoot()).magnitude < 1e-15)
        #expect(try #require(risk.diversificationRatio) - 2.0.squareRoot() < 1e-12)
        let loss = try risk.parametric(confidence: 0.95)
        #expect((loss.valueAtRisk - 1.6448536269514722 * risk.deviation).magnitude < 1e-12)
        #expect(
            (try risk.parametric(confidence: 0.95, periods: 4).valueAtRisk - 2 * loss.valueAtRisk).magnitude < 1e-12)
        let withMean = try risk.parametric(confidence: 0.95, ignoringMean: false)
        #expect((loss.valueAtRisk - withMean.valueAtRisk - 0.003).magnitude < 1e-12)
    }

    @Test("Contributions sum to the deviation; together is never more than apart", arguments: UInt64(0)..<200)
    func contributions(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let size = 1 + random.below(8)
        let series = (0..<size).map { _ in (0..<30).map { _ in random.uniform(-0.05, 0.05) } }
        let risk = try PortfolioRisk(
            exposures: (0..<size).map { _ in random.uniform(-1, 1) }, covariance: try Covariance.ledoitWolf(series))
        #expect((risk.contributions.reduce(0, +) - risk.deviation).magnitude < 1e-12)
        #expect(try #require(risk.diversificationRatio) >= 1 - 1e-12)
        #expect(risk.covariance.shrinkage >= 0 && risk.covariance.shrinkage <= 1)
    }

    @Test(
        "Expected shortfall is never below value at risk, nor a higher confidence below a lower",
        arguments: UInt64(0)..<200)
    func losses(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let returns = (0..<(20 + random.below(300))).map { _ in random.uniform(-0.1, 0.1) * random.uniform() }
        for (low, high) in [
            (
                try ValueAtRisk.historical(returns, confidence: 0.9),
                try ValueAtRisk.historical(returns, confidence: 0.99)
            ),
            (
                try ValueAtRisk.parametric(returns, confidence: 0.9),
                try ValueAtRisk.parametric(returns, confidence: 0.99)
            ),
        ] {
            #expect(low.expectedShortfall >= low.valueAtRisk - 1e-15)
            #expect(high.valueAtRisk >= low.valueAtRisk && high.expectedShortfall >= low.expectedShortfall)
        }
        if let low = try? ValueAtRisk.cornishFisher(returns, confidence: 0.9) {
            #expect(low.expectedShortfall >= low.valueAtRisk)
            #expect(try ValueAtRisk.cornishFisher(returns, confidence: 0.99).valueAtRisk >= low.valueAtRisk)
        }
    }

    @Test func aSingularCovarianceHasAnOutcome() throws {
        let same = (0..<40).map { Double($0 % 7) / 100 }
        let sample = try Covariance.sample([same, same])
        #expect(throws: LinearAlgebraError.self) { try Cholesky(sample.matrix) }
        #expect(throws: Never.self) { try Cholesky(Covariance.ledoitWolf([same, same.map { $0 * 2 }]).matrix) }
        let risk = try PortfolioRisk(exposures: [0.5, -0.5], covariance: sample)
        #expect(risk.deviation < 1e-9, "a perfect hedge")
        let drawn = try risk.monteCarlo(confidence: 0.95, draws: 1000, seed: 1)
        #expect(drawn.valueAtRisk.magnitude < 1e-8)
    }

    @Test func seriesThatStandStillHaveAnOutcome() throws {
        let flat = Array(repeating: 0.1 + 0.2, count: 50)
        let covariance = try Covariance.ledoitWolf([flat, flat])
        #expect(covariance.matrix.elements == [0, 0, 0, 0] && covariance.shrinkage == 0)
        let risk = try PortfolioRisk(exposures: [1, 1], covariance: covariance)
        #expect(risk.diversificationRatio == nil && risk.contributions == [0, 0])
        #expect(try risk.parametric(confidence: 0.99).valueAtRisk == 0)
        #expect(try ValueAtRisk.cornishFisher(flat, confidence: 0.99).valueAtRisk == -(0.1 + 0.2))
        #expect(CorrelationMatrix.correlation(flat, flat) == .constant(samples: 50))
    }

    @Test("Returns of any size give numbers or an error", arguments: UInt64(0)..<200)
    func anySize(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let sizes = [1e308, 1e160, 1e80, 1, 1e-160, 0]
        let series = (0..<3).map { _ in
            let size = sizes[random.below(6)]
            return (0..<30).map { _ in random.uniform(-1, 1) * size }
        }
        let estimates = [
            try? ValueAtRisk.historical(series[0], confidence: 0.95),
            try? ValueAtRisk.parametric(series[0], confidence: 0.95),
            try? ValueAtRisk.cornishFisher(series[0], confidence: 0.95),
        ]
        for estimate in estimates.compactMap({ $0 }) {
            #expect(estimate.valueAtRisk.isFinite && estimate.expectedShortfall.isFinite)
        }
        for covariance in [try? Covariance.ledoitWolf(series), try? Covariance.sample(series)].compactMap({ $0 }) {
            #expect(covariance.matrix.elements.allSatisfy { $0.isFinite })
            #expect(covariance.shrinkage >= 0 && covariance.shrinkage <= 1)
            let risk = try? PortfolioRisk(exposures: [1, 1, -1], covariance: covariance)
            if let risk {
                let numbers = risk.contributions + [risk.deviation]
                #expect(numbers.allSatisfy { $0.isFinite })
            }
        }
    }

    @Test func badInputIsRefused() {
        let good = (0..<40).map { Double($0) / 1000 }
        #expect(throws: CovarianceError.notFinite(symbol: 1, row: 2)) {
            try Covariance.ledoitWolf([[1, 2, 3], [1, 2, .nan]])
        }
        #expect(throws: CovarianceError.uneven(lengths: [3, 2])) { try Covariance.ledoitWolf([[1, 2, 3], [1, 2]]) }
        #expect(throws: CovarianceError.noSymbols) { try Covariance.ledoitWolf([]) }
        #expect(throws: CovarianceError.tooFewSamples(have: 1, need: 2)) { try Covariance.sample([[1]]) }
        #expect(throws: LossError.notFinite(index: 3, value: .infinity)) {
            try ValueAtRisk.historical(good.prefix(3) + [.infinity] + good, confidence: 0.9)
        }
        for confidence in [0.4, 1, .nan, -1] {
            #expect(throws: LossError.self) { try ValueAtRisk.historical(good, confidence: confidence) }
        }
        #expect(throws: LossError.sizes(exposures: 1, symbols: 2)) {
            try PortfolioRisk(exposures: [1], covariance: Self.two)
        }
        #expect(throws: LossError.self) { try PortfolioRisk(exposures: [1, .nan], covariance: Self.two) }
        #expect(throws: LossError.self) { try PortfolioRisk(exposures: [1, 1e300], covariance: Self.two) }
        let risk = try? PortfolioRisk(exposures: [1, 1], covariance: Self.two)
        #expect(throws: LossError.badPeriods(0)) { try risk?.parametric(confidence: 0.9, periods: 0) }
        #expect(throws: LossError.badDraws(10)) { try risk?.monteCarlo(confidence: 0.9, draws: 10, seed: 1) }
    }
}

@Suite struct PortfolioAssessmentTests {
    /// Four symbols of hourly returns of about 1 %; the last lists near the end, the third stands still.
    private func table(hours: Int = 300, seed: UInt64 = 1) -> ReturnsTable {
        var random = SeededRandom(seed: seed)
        var table = ReturnsTable(symbols: 4)
        var prices = [100.0, 100, 100, 100]
        for hour in 0..<hours {
            for symbol in [0, 1, 3] { prices[symbol] *= random.uniform(0.98, 1.02) }
            let shown: [Double?] = [prices[0], prices[1], 100, hour < hours - 5 ? nil : prices[3]]
            table.observe(shown, at: Timestamp(seconds: 0) + .hours(Int64(hour)))
        }
        return table
    }

    @Test func aLimitThatDoesNotHoldIsNamedWithNumbers() throws {
        var limits = PortfolioLimits()
        for method in [LossMethod.historical, .parametric, .cornishFisher, .monteCarlo(draws: 2000, seed: 7)] {
            limits.method = method
            limits.valueAtRisk = 0.05
            let assessment = try PortfolioAssessment(exposures: [1, 0.5, 0, 0], returns: table(), limits: limits)
            #expect(assessment.breaches.map(\.kind) == [.valueAtRisk], "\(method)")
            #expect(assessment.breaches[0].reason.contains("value at risk of the portfolio is 0."))
            #expect(assessment.breaches[0].reason.hasSuffix("and 0.05 is the limit"))
            limits.valueAtRisk = 0.5
            #expect(
                try PortfolioAssessment(exposures: [1, 0.5, 0, 0], returns: table(), limits: limits).breaches.isEmpty)
        }
    }

    @Test func aSymbolWithoutHistoryCountsFullyOnTop() throws {
        let limits = PortfolioLimits()
        let without = try PortfolioAssessment(exposures: [0.1, 0.1, 0, 0], returns: table(), limits: limits)
        let with = try PortfolioAssessment(exposures: [0.1, 0.1, 0, 0.1], returns: table(), limits: limits)
        #expect(with.measured == [0, 1] && with.unmeasured == [3])
        let liveliest = try #require(with.risk?.covariance.deviations.max())
        let more = try #require(with.loss?.valueAtRisk) - (try #require(without.loss?.valueAtRisk))
        #expect((more - 0.1 * liveliest * 24.0.squareRoot() * 1.6448536269514722).magnitude < 1e-12)
    }

    @Test func withoutAnyHistoryALimitDoesNotHold() throws {
        let assessment = try PortfolioAssessment(
            exposures: [1, 0, 0, 0], returns: table(hours: 10), limits: PortfolioLimits())
        #expect(assessment.loss == nil && assessment.breaches.map(\.kind) == [.notMeasured])
        let flat = try PortfolioAssessment(
            exposures: [0, 0, 0, 0], returns: table(hours: 10), limits: PortfolioLimits())
        #expect(flat.breaches.isEmpty && flat.loss?.valueAtRisk == 0)
    }

    @Test func limitsThatContradictThemselvesAreRefusedByName() {
        func expect(_ problem: String, _ change: (inout PortfolioLimits) -> Void) {
            var limits = PortfolioLimits()
            #expect(limits.problems.isEmpty)
            change(&limits)
            #expect(limits.problems.contains { $0.hasPrefix(problem) }, "\(limits.problems)")
            #expect(throws: PortfolioLimitsError(problems: limits.problems)) {
                try PortfolioAssessment(exposures: [0, 0, 0, 0], returns: table(hours: 2), limits: limits)
            }
        }
        expect("expected_shortfall (0.01) is below value_at_risk (0.05)") { $0.expectedShortfall = 0.01 }
        expect("confidence must be") { $0.confidence = 1 }
        expect("draws must be") { $0.method = .monteCarlo(draws: 1, seed: 0) }
        expect("value_at_risk must be above 0") { $0.valueAtRisk = .nan }
    }

    @Test func exposuresThatAreNoNumbersAreRefused() {
        #expect(throws: PortfolioLimitsError.self) {
            try PortfolioAssessment(exposures: [0, .nan, 0, 0], returns: table(hours: 2), limits: PortfolioLimits())
        }
        #expect(throws: PortfolioLimitsError.self) {
            try PortfolioAssessment(exposures: [1], returns: table(hours: 2), limits: PortfolioLimits())
        }
    }
}
