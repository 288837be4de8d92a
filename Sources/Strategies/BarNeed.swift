// SPDX-License-Identifier: Apache-2.0

public import Trading

/// Bars that something about a strategy cannot do without.
///
/// Where the data has no bars that these can be made of, the strategy is refused before it runs: a part of it would stand
/// still for ever, and nothing would say so.
public struct BarNeed: Hashable, Sendable {
    /// The parameter that brings the need, and switches it off or changes it.
    public let parameter: String
    public let timeframe: Timeframe
    /// Whether any shorter bars do as well, also those that these are not made of.
    public let takesShorter: Bool
    /// What to write where the data has no such bars, as the end of a sentence: `or set regime: false`.
    public let otherwise: String

    public init(_ parameter: String, _ timeframe: Timeframe, takesShorter: Bool = false, otherwise: String) {
        self.parameter = parameter
        self.timeframe = timeframe
        self.takesShorter = takesShorter
        self.otherwise = otherwise
    }

    /// Whether data that comes in such bars serves it.
    public func isServed(by data: Timeframe) -> Bool {
        takesShorter ? data <= timeframe : timeframe.isMultiple(of: data)
    }

    /// What is wrong with data that does not serve it, and what to write instead, as a sentence.
    public func problem(of data: Timeframe) -> String {
        "\(parameter): bars of \(timeframe) cannot be made of bars of \(data), which the data has. Give data of "
            + "\(timeframe) or shorter, \(otherwise)."
    }
}
