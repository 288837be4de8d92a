// SPDX-License-Identifier: Apache-2.0

/// Why a portfolio was not assessed.
public struct PortfolioLimitsError: Error, Hashable, CustomStringConvertible {
    public let problems: [String]
    public init(problems: [String]) { self.problems = problems }
    public var description: String { problems.joined(separator: " ") }
}

/// What the positions of now risk together, and which limits do not hold.
///
/// Symbols with too few returns (just listed, a dead feed) are not left out: each counts as moving fully with all others
/// and as much as the liveliest of them, on top of what was measured.
public struct PortfolioAssessment: Hashable, Sendable {
    /// By `PortfolioLimits.method`; `nil` where nothing could be measured.
    public let loss: LossEstimate?
    /// How it was estimated: where Cornish–Fisher does not hold, the historical estimate stands in.
    public let method: LossMethod
    public let diversificationRatio: Double?
    public let grossExposure: Double
    /// Of the measured symbols, in their order.
    public let risk: PortfolioRisk?
    public let measured: [Int]
    /// Held, with too few returns.
    public let unmeasured: [Int]
    public let breaches: [PortfolioBreach]

    /// - Parameters:
    ///   - exposures: By symbol of the table, as shares of the equity, negative for short.
    /// - Throws: where the limits contradict themselves, with the keys.
    public init(
        exposures: [Double], returns table: ReturnsTable, limits: PortfolioLimits
    ) throws(PortfolioLimitsError) {
        var problems = limits.problems
        if exposures.count != table.symbols {
            problems.append("\(exposures.count) exposures do not go with \(table.symbols) symbols.")
        }
        if let index = exposures.firstIndex(where: { !$0.isFinite }) {
            problems.append("The exposure of symbol \(index) is \(exposures[index]).")
        }
        guard problems.isEmpty else { throw PortfolioLimitsError(problems: problems) }
        grossExposure = exposures.reduce(0) { $0 + $1.magnitude }
        let held = exposures.indices.filter { exposures[$0] != 0 }
        let (measured, series) = Self.measurable(held, table, limits.minimumSamples)
        self.measured = measured
        unmeasured = held.filter { !measured.contains($0) }
        let own = measured.map { exposures[$0] }
        let covariance = try? Covariance.ledoitWolf(series, minimumSamples: limits.minimumSamples)
        let risk = covariance.flatMap { try? PortfolioRisk(exposures: own, covariance: $0) }
        self.risk = risk
        var used = limits.method
        var loss: LossEstimate?
        var ratio = risk?.diversificationRatio
        if held.isEmpty {
            loss = LossEstimate(valueAtRisk: 0, expectedShortfall: 0)
        } else if let risk {
            (loss, used) = Self.estimate(risk, own, series, limits)
            let liveliest = risk.covariance.deviations.max() ?? 0
            let extra = unmeasured.reduce(0) { $0 + exposures[$1].magnitude } * liveliest
            if extra > 0 {
                loss = loss?.adding(deviation: extra, limits)
                ratio = ratio.map { ($0 * risk.deviation + extra) / (risk.deviation + extra) }
            }
        }
        self.loss = loss
        method = used
        diversificationRatio = ratio
        breaches = Self.breaches(limits, loss, used, grossExposure, ratio, held: held.count)
    }

    /// The symbols with enough common returns: those with the fewest are left out until there are enough.
    private static func measurable(
        _ held: [Int], _ table: ReturnsTable, _ minimum: Int
    ) -> (symbols: [Int], returns: [[Double]]) {
        let samples = held.map { table.samples(of: $0) }
        var kept = held.indices.filter { samples[$0] >= minimum && !table.isSilent(held[$0]) }
        while !kept.isEmpty {
            let returns = table.complete(kept.map { held[$0] })
            if returns[0].count >= minimum { return (kept.map { held[$0] }, returns) }
            // The last of equals, so that the order of symbols decides and nothing else.
            guard let shortest = kept.map({ samples[$0] }).min(),
                let place = kept.lastIndex(where: { samples[$0] == shortest })
            else { break }
            kept.remove(at: place)
        }
        return ([], [])
    }

    private static func estimate(
        _ risk: PortfolioRisk, _ exposures: [Double], _ series: [[Double]], _ limits: PortfolioLimits
    ) -> (LossEstimate?, LossMethod) {
        let confidence = limits.confidence
        // Of the equity, as if today's positions had been held all along.
        let rows = series.first?.count ?? 0
        let past = (0..<rows).map { row in
            exposures.indices.reduce(0) { $0 + exposures[$1] * series[$1][row] }
        }
        let scale = Double(limits.periods).squareRoot()
        func scaled(_ estimate: LossEstimate?) -> LossEstimate? {
            estimate.map {
                LossEstimate(
                    valueAtRisk: $0.valueAtRisk * scale, expectedShortfall: $0.expectedShortfall * scale,
                    standardError: $0.standardError)
            }
        }
        switch limits.method {
        case .historical: return (scaled(try? ValueAtRisk.historical(past, confidence: confidence)), .historical)
        case .parametric:
            return (try? risk.parametric(confidence: confidence, periods: limits.periods), .parametric)
        case .cornishFisher:
            if let estimate = try? ValueAtRisk.cornishFisher(past, confidence: confidence) {
                return (scaled(estimate), .cornishFisher)
            }
            return (scaled(try? ValueAtRisk.historical(past, confidence: confidence)), .historical)
        case .monteCarlo(let draws, let seed):
            let drawn = try? risk.monteCarlo(
                confidence: confidence, periods: limits.periods, draws: draws, seed: seed)
            return (drawn, limits.method)
        }
    }

    private static func breaches(
        _ limits: PortfolioLimits, _ loss: LossEstimate?, _ method: LossMethod, _ gross: Double, _ ratio: Double?,
        held: Int
    ) -> [PortfolioBreach] {
        var found: [PortfolioBreach] = []
        func add(_ kind: PortfolioBreach.Kind, _ value: Double, _ limit: Double, _ name: String, _ how: String) {
            found.append(
                PortfolioBreach(
                    kind: kind, value: value, limit: limit,
                    reason: "\(name) of the portfolio is \(value)\(how), and \(limit) is the limit"))
        }
        let how = " (\(method), \(limits.confidence) over \(limits.periods) periods)"
        if let limit = limits.valueAtRisk, let loss, !(loss.valueAtRisk <= limit) {
            add(.valueAtRisk, loss.valueAtRisk, limit, "value at risk", how)
        }
        if let limit = limits.expectedShortfall, let loss, !(loss.expectedShortfall <= limit) {
            add(.expectedShortfall, loss.expectedShortfall, limit, "expected shortfall", how)
        }
        if loss == nil, let limit = limits.valueAtRisk ?? limits.expectedShortfall {
            found.append(
                PortfolioBreach(
                    kind: .notMeasured, value: 0, limit: limit,
                    reason:
                        "no held symbol has \(limits.minimumSamples) returns yet, so nothing says what they may lose"))
        }
        if let limit = limits.grossExposure, gross > limit { add(.grossExposure, gross, limit, "gross exposure", "") }
        if let limit = limits.diversificationRatio, held > 1, (ratio ?? 1) < limit {
            add(.diversificationRatio, ratio ?? 1, limit, "diversification ratio", "")
        }
        return found
    }
}

extension LossEstimate {
    /// With something on top that moves fully with it.
    fileprivate func adding(deviation: Double, _ limits: PortfolioLimits) -> LossEstimate {
        let other = ValueAtRisk.normal(
            mean: 0, deviation: deviation * Double(limits.periods).squareRoot(), confidence: limits.confidence)
        return LossEstimate(
            valueAtRisk: valueAtRisk + other.valueAtRisk,
            expectedShortfall: expectedShortfall + other.expectedShortfall, standardError: standardError)
    }
}
