// SPDX-License-Identifier: Apache-2.0

public import Trading

/// What a strategy keeps of one of its measures, for charts: `apus explain --charts` shows it.
public struct ChartSeries: Hashable, Sendable {
    /// One look at the measure.
    public struct Point: Hashable, Sendable {
        public let time: Timestamp
        /// One for each column; NaN where there was none.
        public let values: [Double]
        /// A state by its name, such as a regime; empty where there is none.
        public let state: String

        public init(_ time: Timestamp, _ values: [Double], state: String = "") {
            self.time = time
            self.values = values
            self.state = state
        }
    }

    /// Such as `thresholds`.
    public let name: String
    public let columns: [String]
    /// Oldest first.
    public let points: [Point]

    public init(name: String, columns: [String], points: [Point]) {
        self.name = name
        self.columns = columns
        self.points = points
    }
}
