// SPDX-License-Identifier: Apache-2.0

/// How a loss is estimated.
public enum LossMethod: Hashable, Sendable, CustomStringConvertible {
    case historical, parametric, cornishFisher
    /// The same seed gives the same numbers.
    case monteCarlo(draws: Int, seed: UInt64)

    public var description: String {
        switch self {
        case .historical: "historical"
        case .parametric: "parametric"
        case .cornishFisher: "Cornish–Fisher"
        case .monteCarlo(let draws, _): "Monte Carlo, \(draws) draws"
        }
    }
}

/// What a portfolio may risk. Shares are of the equity; what is `nil` has no limit.
public struct PortfolioLimits: Hashable, Sendable {
    public var method = LossMethod.historical
    public var confidence = 0.95
    /// Intervals of the returns that the loss is looked at over: 24 hourly ones are a day.
    public var periods = 24
    public var valueAtRisk: Double? = 0.05
    public var expectedShortfall: Double?
    /// Of all positions, long and short, summed.
    public var grossExposure: Double?
    /// The least, where more than one symbol is held: one alone cannot be diversified.
    public var diversificationRatio: Double?
    /// Returns that two symbols must have in common before anything is measured.
    public var minimumSamples = 30

    public init() {}

    /// Whether anything is limited, and not only measured.
    public var isLimited: Bool {
        valueAtRisk != nil || expectedShortfall != nil || grossExposure != nil || diversificationRatio != nil
    }

    /// What contradicts itself, one sentence each with the key that it is about; empty where all is well.
    public var problems: [String] {
        var found: [String] = []
        if !(confidence >= 0.5 && confidence < 1) {
            found.append("confidence must be at least 0.5 and below 1, was \(confidence).")
        }
        if !(1...100_000).contains(periods) { found.append("periods must be from 1 to 100000, was \(periods).") }
        if !(20...100_000).contains(minimumSamples) {
            found.append("minimum_samples must be from 20 to 100000, was \(minimumSamples).")
        }
        if case .monteCarlo(let draws, _) = method, !(100...10_000_000).contains(draws) {
            found.append("draws must be from 100 to 10000000, was \(draws).")
        }
        for (key, limit) in [
            ("value_at_risk", valueAtRisk), ("expected_shortfall", expectedShortfall),
            ("gross_exposure", grossExposure),
        ] {
            if let limit, !(limit > 0 && limit.isFinite) { found.append("\(key) must be above 0, was \(limit).") }
        }
        if let valueAtRisk, let expectedShortfall, expectedShortfall < valueAtRisk {
            found.append(
                "expected_shortfall (\(expectedShortfall)) is below value_at_risk (\(valueAtRisk)), which could then never "
                    + "be reached.")
        }
        if let ratio = diversificationRatio, !(ratio >= 1 && ratio.isFinite) {
            found.append("diversification_ratio must be at least 1, was \(ratio).")
        }
        return found
    }
}

/// A limit on the portfolio that does not hold.
public struct PortfolioBreach: Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Hashable, Sendable {
        case valueAtRisk, expectedShortfall, grossExposure, diversificationRatio
        /// There is a limit, and nothing could be measured to hold it against.
        case notMeasured
    }
    public let kind: Kind
    public let value: Double
    public let limit: Double
    public let reason: String
    public var description: String { reason }
}
