// SPDX-License-Identifier: Apache-2.0

import Statistics

/// What may be lost over one period: not exceeded with the stated confidence, and on average where it is.
///
/// Both are shares (0.03 is 3 %) and positive for losses; negative ones say that even the tail is a gain.
public struct LossEstimate: Hashable, Sendable {
    public let valueAtRisk: Double
    public let expectedShortfall: Double
    /// Standard error of the value at risk where it was drawn, not computed.
    public let standardError: Double?

    public init(valueAtRisk: Double, expectedShortfall: Double, standardError: Double? = nil) {
        self.valueAtRisk = valueAtRisk
        self.expectedShortfall = expectedShortfall
        self.standardError = standardError
    }
}

/// Why no loss could be estimated.
public enum LossError: Error, Hashable, CustomStringConvertible {
    case tooFewSamples(have: Int, need: Int)
    case notFinite(index: Int, value: Double)
    case badConfidence(Double)
    /// Skewness and kurtosis so far from normal that the expansion's quantiles do not rise with the probability.
    case outsideExpansion(skewness: Double, kurtosis: Double)
    case badPeriods(Int)
    case badDraws(Int)
    case sizes(exposures: Int, symbols: Int)

    public var description: String {
        switch self {
        case .tooFewSamples(let have, let need): "There are \(have) returns, and the estimate needs \(need)."
        case .notFinite(let index, let value):
            "Number \(index) is \(value), or came out so. Leave out what was not measured."
        case .badConfidence(let value): "The confidence must be at least 0.5 and below 1, was \(value)."
        case .outsideExpansion(let skewness, let kurtosis):
            "Cornish–Fisher does not hold for skewness \(skewness) and excess kurtosis \(kurtosis). Use the historical "
                + "estimate."
        case .badPeriods(let count): "A horizon has at least 1 period and at most 100,000, was \(count)."
        case .badDraws(let count): "Draw between 100 and 10,000,000 times, not \(count)."
        case .sizes(let exposures, let symbols): "\(exposures) exposures do not go with \(symbols) symbols."
        }
    }
}

extension LossEstimate {
    /// Itself, where it is made of numbers: returns whose squares cannot be held give others.
    fileprivate func checked() throws(LossError) -> LossEstimate {
        for (index, value) in [valueAtRisk, expectedShortfall].enumerated() where !value.isFinite {
            throw .notFinite(index: index, value: value)
        }
        return self
    }
}

/// Value at risk and expected shortfall of a series of returns.
public enum ValueAtRisk {
    /// From the returns as they were.
    ///
    /// Value at risk is the quantile with linear interpolation, as numpy has it; expected shortfall is the mean of the
    /// returns that are no better.
    ///
    /// - Throws: `tooFewSamples` below 20, `notFinite`, `badConfidence`.
    public static func historical(_ returns: [Double], confidence: Double) throws(LossError) -> LossEstimate {
        try check(returns, confidence)
        return try tail(of: returns.sorted(), confidence).checked()
    }

    /// As if returns were normal with the mean and deviation (n − 1) of the sample.
    ///
    /// - Throws: as `historical`.
    public static func parametric(_ returns: [Double], confidence: Double) throws(LossError) -> LossEstimate {
        try check(returns, confidence)
        let moments = Moments(returns)
        return try normal(mean: moments.mean, deviation: moments.standardDeviation ?? 0, confidence: confidence)
            .checked()
    }

    /// Of a normal variable with this mean and deviation.
    static func normal(mean: Double, deviation: Double, confidence: Double) -> LossEstimate {
        let score = Normal.quantile(1 - confidence)
        return LossEstimate(
            valueAtRisk: -(mean + deviation * score),
            expectedShortfall: -(mean - deviation * Normal.density(score) / (1 - confidence)))
    }

    /// As parametric, with the quantile corrected for the skewness and kurtosis of the sample (of the sample itself, as
    /// scipy gives them; deviation n − 1).
    ///
    /// Expected shortfall is the mean of the corrected quantile over the tail, in closed form.
    ///
    /// - Throws: `outsideExpansion` where the corrected quantiles do not rise with the probability; as `historical`.
    ///
    /// Source: E. A. Cornish and R. A. Fisher, "Moments and cumulants in the specification of distributions", 1938; where
    /// it holds: D. Maillard, "A user's guide to the Cornish Fisher expansion", 2012.
    public static func cornishFisher(_ returns: [Double], confidence: Double) throws(LossError) -> LossEstimate {
        try check(returns, confidence)
        let moments = Moments(returns)
        let (mean, deviation) = (moments.mean, moments.standardDeviation ?? 0)
        guard let skewness = moments.populationSkewness, let kurtosis = moments.populationKurtosis, deviation > 0 else {
            return normal(mean: moments.minimum, deviation: 0, confidence: confidence)
        }
        let expansion = Expansion(skewness: skewness, kurtosis: kurtosis)
        guard expansion.isIncreasing else { throw .outsideExpansion(skewness: skewness, kurtosis: kurtosis) }
        let score = Normal.quantile(1 - confidence)
        return try LossEstimate(
            valueAtRisk: -(mean + deviation * expansion.value(score)),
            expectedShortfall: -(mean + deviation * expansion.mean(below: score))
        ).checked()
    }

    /// The corrected quantile as a polynomial a + b z + c z² + d z³ of the normal one.
    private struct Expansion {
        let constant: Double
        let linear: Double
        let square: Double
        let cube: Double

        init(skewness: Double, kurtosis: Double) {
            constant = -skewness / 6
            square = skewness / 6
            linear = 1 - kurtosis / 8 + 5 * skewness * skewness / 36
            cube = kurtosis / 24 - skewness * skewness / 18
        }

        func value(_ z: Double) -> Double { constant + z * (linear + z * (square + z * cube)) }

        /// The derivative b + 2 c z + 3 d z² has no root, and is positive at 0.
        var isIncreasing: Bool { linear > 0 && cube >= 0 && square * square < 3 * cube * linear || isLinear }
        private var isLinear: Bool { square == 0 && cube == 0 && linear > 0 }

        /// Its mean where a normal variable is below `z`: the first three moments of the normal tail.
        func mean(below z: Double) -> Double {
            let hazard = Normal.density(z) / Normal.cumulative(z)
            return constant - linear * hazard + square * (1 - z * hazard) - cube * (z * z + 2) * hazard
        }
    }

    // MARK: Shared

    static func check(_ returns: [Double], _ confidence: Double) throws(LossError) {
        guard confidence >= 0.5, confidence < 1 else { throw .badConfidence(confidence) }
        guard returns.count >= 20 else { throw .tooFewSamples(have: returns.count, need: 20) }
        if let index = returns.firstIndex(where: { !$0.isFinite }) {
            throw .notFinite(index: index, value: returns[index])
        }
    }

    /// Of sorted returns.
    static func tail(of sorted: [Double], _ confidence: Double) -> LossEstimate {
        let quantile = quantile(ofSorted: sorted, 1 - confidence) ?? sorted[0]
        // The worst is in the tail even where the quantile is below it by rounding.
        let count = max(1, sorted.firstIndex { $0 > quantile } ?? sorted.count)
        let mean = sorted[..<count].reduce(0, +) / Double(count)
        return LossEstimate(valueAtRisk: -quantile, expectedShortfall: -mean)
    }
}
