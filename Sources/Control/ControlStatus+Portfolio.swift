// SPDX-License-Identifier: Apache-2.0

public import Trading

extension ControlStatus {
    /// What all positions risk together. Shares are of the equity; what was not measured is `nil`.
    public struct Portfolio: Hashable, Sendable {
        /// How two markets move together; `nil` where it was not measured, which counts as 1.
        public struct Correlation: Hashable, Sendable {
            /// With the venue: `hyperliquid ETH`.
            public var first: String
            public var second: String
            public var value: Double?
            public init(first: String, second: String, value: Double?) {
                self.first = first
                self.second = second
                self.value = value
            }
        }
        /// When it was last looked at.
        public var time: Timestamp
        /// How losses are estimated, such as `historical`.
        public var method: String
        public var confidence: Double
        public var hours: Int
        public var valueAtRisk: Double?
        public var expectedShortfall: Double?
        public var diversificationRatio: Double?
        public var grossExposure: Double
        public var correlations: [Correlation]
        /// The limits that do not hold, in words.
        public var breaches: [String]
        public init(
            time: Timestamp, method: String, confidence: Double, hours: Int, valueAtRisk: Double?,
            expectedShortfall: Double?, diversificationRatio: Double?, grossExposure: Double,
            correlations: [Correlation], breaches: [String]
        ) {
            self.time = time
            self.method = method
            self.confidence = confidence
            self.hours = hours
            self.valueAtRisk = valueAtRisk
            self.expectedShortfall = expectedShortfall
            self.diversificationRatio = diversificationRatio
            self.grossExposure = grossExposure
            self.correlations = correlations
            self.breaches = breaches
        }
    }
}
