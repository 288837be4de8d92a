// SPDX-License-Identifier: Apache-2.0

import Statistics
public import Trading

/// A hedge that is a fixed share of the main position, in an instrument of its own.
public struct FixedRatioHedge: Hashable, Sendable {
    public let main: InstrumentID
    public let hedge: InstrumentID
    /// Of the main position.
    public let ratio: Double

    /// - Parameter isNetting: Whether the account has one position for each instrument.
    /// - Throws: `sameInstrument`, `badNumber` for a ratio that is not above 0 and at most 1.
    public init(
        of main: InstrumentID, with hedge: InstrumentID, ratio: Double = 0.20, isNetting: Bool = true
    ) throws(HedgeError) {
        guard main != hedge || !isNetting else { throw .sameInstrument(main) }
        guard ratio > 0, ratio <= 1 else { throw .badNumber(name: "ratio", value: ratio) }
        self.main = main
        self.hedge = hedge
        self.ratio = ratio
    }

    /// The notional to hold of the hedge, signed, for a signed notional of the main position.
    public func target(for notional: Double) throws(HedgeError) -> Double {
        guard notional.isFinite else { throw .badNumber(name: "notional", value: notional) }
        return -ratio * notional
    }
}

/// A hedge with another asset, as large as the two have moved together.
public struct BetaHedge: Hashable, Sendable {
    /// How much the main position's asset moves for 1 of the hedge's.
    public let beta: Double
    /// The share of the main position's variance that the hedge takes away: the correlation squared.
    public let effectiveness: Double
    public let samples: Int

    /// - Parameters:
    ///   - main: Returns of the main position's asset.
    ///   - hedge: Returns of the hedge's, at the same times.
    /// - Throws: `hedgeStandsStill`, `tooFewSamples`, `badNumber`.
    public init(main: [Double], hedge: [Double], minimumSamples: Int = 30) throws(HedgeError) {
        let need = max(3, minimumSamples)
        guard main.count == hedge.count, main.count >= need else {
            throw .tooFewSamples(have: min(main.count, hedge.count), need: need)
        }
        if let value = (main + hedge).first(where: { !$0.isFinite }) { throw .badNumber(name: "return", value: value) }
        let (own, other) = (Moments(main), Moments(hedge))
        guard !other.isConstant, other.second > 0 else { throw .hedgeStandsStill }
        var products = 0.0
        for index in main.indices { products += (main[index] - own.mean) * (hedge[index] - other.mean) }
        beta = products / other.second
        effectiveness = own.second > 0 ? min(1, products * products / (own.second * other.second)) : 0
        samples = main.count
    }

    /// The notional to hold of the hedge, signed.
    ///
    /// - Parameter ratio: How much of the beta to hedge; 1 is all.
    public func target(for notional: Double, ratio: Double = 1) throws(HedgeError) -> Double {
        guard notional.isFinite else { throw .badNumber(name: "notional", value: notional) }
        guard ratio >= 0, ratio <= 1 else { throw .badNumber(name: "ratio", value: ratio) }
        return -beta * notional * ratio
    }
}

/// Keeps the delta of positions and options near zero with an instrument of delta 1, hedging more of it the more the
/// market moves.
public struct DeltaNeutralHedge: Hashable, Sendable {
    /// Of the delta, hedged in a calm market; 1: always all.
    public var calmRatio = 0.5
    /// Volatility a year up to which the market is calm, and from which on all is hedged; in a straight line between.
    public var calmVolatility = 0.4
    public var stressedVolatility = 0.8
    /// The hedge is left alone while it is wrong by no more than this share of the delta: trading costs.
    public var band = 0.05

    public init() {}

    /// What contradicts itself, one sentence each with the key that it is about; empty where all is well.
    public var problems: [String] {
        var found: [String] = []
        for (key, share) in [("calm_ratio", calmRatio), ("band", band)] where !(share >= 0 && share <= 1) {
            found.append("\(key) must be from 0 to 1, was \(share).")
        }
        if !(calmVolatility >= 0 && calmVolatility <= stressedVolatility && stressedVolatility.isFinite) {
            found.append(
                "calm_volatility (\(calmVolatility)) must be from 0 to stressed_volatility (\(stressedVolatility)).")
        }
        return found
    }

    /// What to do about a delta.
    public struct Step: Hashable, Sendable {
        /// Of the delta, that is to be hedged.
        public let ratio: Double
        /// Units of the underlying to hold as a hedge, signed.
        public let target: Double
        /// What to trade to get there; 0 while the hedge is within the band.
        public let trade: Double

        public init(ratio: Double, target: Double, trade: Double) {
            self.ratio = ratio
            self.target = target
            self.trade = trade
        }
    }

    /// - Parameters:
    ///   - delta: Of everything but the hedge, in units of the underlying.
    ///   - held: Units of the hedge that are held, signed.
    ///   - volatility: A year; 0.8 is 80 %.
    /// - Throws: `badNumber`. Settings that contradict themselves (`problems`) are a mistake of the caller.
    public func step(delta: Double, held: Double, volatility: Double) throws(HedgeError) -> Step {
        precondition(problems.isEmpty, problems.joined(separator: " "))
        for (name, value) in [("delta", delta), ("held quantity", held)] where !value.isFinite {
            throw .badNumber(name: name, value: value)
        }
        guard volatility >= 0 else { throw .badNumber(name: "volatility", value: volatility) }
        let width = stressedVolatility - calmVolatility
        let stress = volatility >= stressedVolatility ? 1 : max(0, (volatility - calmVolatility) / width)
        let ratio = calmRatio + (1 - calmRatio) * stress
        let target = delta == 0 ? 0 : -delta * ratio
        let wrong = target - held
        let isWithin = wrong.magnitude <= band * delta.magnitude
        return Step(ratio: ratio, target: target, trade: isWithin ? 0 : wrong)
    }
}
