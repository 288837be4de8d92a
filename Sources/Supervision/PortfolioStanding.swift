// SPDX-License-Identifier: Apache-2.0

import Portfolio
public import Trading

/// What all positions risked together when they were last looked at, and how their markets move together. Shares are of
/// the equity; what was not measured is `nil`.
public struct PortfolioStanding: Hashable, Sendable {
    /// How two instruments move together.
    public struct Pair: Hashable, Sendable {
        public let first: InstrumentID
        public let second: InstrumentID
        /// `nil` counts as 1 with all limits.
        public let correlation: Double?
    }

    /// The worst that was measured since the beginning.
    public struct Extremes: Hashable, Sendable {
        public internal(set) var valueAtRisk = 0.0
        public internal(set) var expectedShortfall = 0.0
        public internal(set) var grossExposure = 0.0
        /// The lowest; `nil` where two markets were never held at once.
        public internal(set) var diversificationRatio: Double?
    }

    public let time: Timestamp
    public let valueAtRisk: Double?
    public let expectedShortfall: Double?
    /// How the two were estimated, such as `historical`.
    public let method: String
    public let confidence: Double
    /// That the losses are looked at over.
    public let hours: Int
    public let diversificationRatio: Double?
    public let grossExposure: Double
    /// Every pair of instruments: (0, 1), (0, 2), (1, 2), (0, 3), …
    public let correlations: [Pair]
    /// The limits that do not hold, in words.
    public let breaches: [String]
    public let worst: Extremes
    /// How often a limit began not to hold.
    public let breachCount: Int

    init(
        _ assessment: PortfolioAssessment, _ correlations: CorrelationMatrix, confidence: Double, hours: Int,
        worst: Extremes, breachCount: Int, at time: Timestamp
    ) {
        self.time = time
        valueAtRisk = assessment.loss?.valueAtRisk
        expectedShortfall = assessment.loss?.expectedShortfall
        method = assessment.method.description
        self.confidence = confidence
        self.hours = hours
        diversificationRatio = assessment.diversificationRatio
        grossExposure = assessment.grossExposure
        self.correlations = (0..<correlations.symbols).flatMap { second in
            (0..<second).map { first in
                Pair(
                    first: InstrumentID(index: first), second: InstrumentID(index: second),
                    correlation: correlations[first, second].value)
            }
        }
        breaches = assessment.breaches.map(\.reason)
        self.worst = worst
        self.breachCount = breachCount
    }
}

extension PortfolioStanding.Extremes {
    mutating func take(_ assessment: PortfolioAssessment) {
        grossExposure = max(grossExposure, assessment.grossExposure)
        if let loss = assessment.loss {
            valueAtRisk = max(valueAtRisk, loss.valueAtRisk)
            expectedShortfall = max(expectedShortfall, loss.expectedShortfall)
        }
        if assessment.measured.count + assessment.unmeasured.count > 1, let ratio = assessment.diversificationRatio {
            diversificationRatio = min(diversificationRatio ?? ratio, ratio)
        }
    }
}
