// SPDX-License-Identifier: Apache-2.0

/// What capital may be put where. All are shares of the equity.
public struct AllocationLimits: Hashable, Sendable {
    /// Of one symbol.
    public var singleSymbol = 0.40
    /// Of two symbols that move together.
    public var correlatedPair = 0.50
    /// Of all symbols that hang together through such pairs; `nil`: pairs only.
    public var correlatedGroup: Double? = 0.50
    /// Above which correlation two symbols move together.
    public var correlation = 0.70
    /// Of the equity, lost if every stop is hit (and where there is none, as much as the value at risk says).
    public var totalRisk = 0.06
    /// Of all symbols.
    public var total = 1.0

    public init() {}

    /// What contradicts itself, one sentence each with the key that it is about; empty where all is well.
    public var problems: [String] {
        var found: [String] = []
        for (key, share) in [
            ("single_symbol", singleSymbol), ("correlated_pair", correlatedPair),
            ("correlated_group", correlatedGroup ?? correlatedPair), ("total_risk", totalRisk), ("total", total),
        ] where !(share > 0 && share <= 1) {
            found.append("\(key) must be above 0 and at most 1, was \(share).")
        }
        if !(correlation >= -1 && correlation <= 1) {
            found.append("correlation must be between -1 and 1, was \(correlation).")
        }
        func ordered(_ small: (String, Double), _ large: (String, Double)) {
            guard small.1 > large.1 else { return }
            found.append("\(small.0) (\(small.1)) is above \(large.0) (\(large.1)), so it could never be reached.")
        }
        ordered(("single_symbol", singleSymbol), ("correlated_pair", correlatedPair))
        ordered(("correlated_pair", correlatedPair), ("total", total))
        if let correlatedGroup {
            ordered(("correlated_pair", correlatedPair), ("correlated_group", correlatedGroup))
            ordered(("correlated_group", correlatedGroup), ("total", total))
        }
        return found
    }
}

/// Why capital could not be divided.
public enum AllocationError: Error, Hashable, CustomStringConvertible {
    case contradictoryLimits([String])
    case sizes(requests: Int, symbols: Int)

    public var description: String {
        switch self {
        case .contradictoryLimits(let problems):
            "The limits of the allocation contradict each other. " + problems.joined(separator: " ")
        case .sizes(let requests, let symbols):
            "\(requests) requests do not go with correlations of \(symbols) symbols."
        }
    }
}
