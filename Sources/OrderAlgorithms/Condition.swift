// SPDX-License-Identifier: Apache-2.0

public import Trading

/// Something that holds at an instant or not: comparisons joined by and, or, not.
///
/// A comparison with a value that is missing (NaN) is undecided, and so is what depends on it: it does not count as
/// met, and neither does its opposite.
public indirect enum Condition: Hashable, Sendable {
    case compare(Operand, Comparison, Operand)
    case all([Condition])
    case any([Condition])
    case not(Condition)

    public enum Comparison: String, Hashable, Sendable, CaseIterable {
        case below = "<", atMost = "<=", above = ">", atLeast = ">="
    }

    public enum Operand: Hashable, Sendable {
        case constant(Double)
        /// The last closed bar of an instrument.
        case close(InstrumentID), high(InstrumentID), low(InstrumentID), volume(InstrumentID)
        /// An indicator or a value from outside.
        case input(AlgorithmInput)
    }

    public func isMet(at instant: AlgorithmInstant) -> Bool { decision(at: instant) == true }

    /// `nil` where a value that it takes to decide is missing. No comparisons at all: all of them hold, and none does.
    public func decision(at instant: AlgorithmInstant) -> Bool? {
        switch self {
        case .compare(let left, let comparison, let right):
            let (left, right) = (left.value(at: instant), right.value(at: instant))
            guard !left.isNaN, !right.isNaN else { return nil }
            switch comparison {
            case .below: return left < right
            case .atMost: return left <= right
            case .above: return left > right
            case .atLeast: return left >= right
            }
        case .all(let conditions): return Self.join(conditions, at: instant, decidedBy: false)
        case .any(let conditions): return Self.join(conditions, at: instant, decidedBy: true)
        case .not(let condition): return condition.decision(at: instant).map { !$0 }
        }
    }

    private static func join(_ conditions: [Condition], at instant: AlgorithmInstant, decidedBy end: Bool) -> Bool? {
        var isUndecided = false
        for condition in conditions {
            guard let decision = condition.decision(at: instant) else {
                isUndecided = true
                continue
            }
            if decision == end { return end }
        }
        return isUndecided ? nil : !end
    }

    /// What it looks at, each once, in the order in which it is written.
    public var operands: [Operand] {
        var found: [Operand] = []
        collect(&found)
        return found
    }

    private func collect(_ found: inout [Operand]) {
        switch self {
        case .compare(let left, _, let right):
            for operand in [left, right] where !found.contains(operand) { found.append(operand) }
        case .all(let conditions), .any(let conditions): for condition in conditions { condition.collect(&found) }
        case .not(let condition): condition.collect(&found)
        }
    }
}

extension Condition.Operand {
    func value(at instant: AlgorithmInstant) -> Double {
        switch self {
        case .constant(let value): return value
        case .close(let id): return price(id, instant) { $0.close }
        case .high(let id): return price(id, instant) { $0.high }
        case .low(let id): return price(id, instant) { $0.low }
        case .volume(let id):
            guard let market = instant.market(id) else { return .nan }
            return market.instrument.approximation(of: market.volume)
        case .input(let input): return instant.value(input)
        }
    }

    private func price(_ id: InstrumentID, _ instant: AlgorithmInstant, _ part: (MarketSample) -> Price) -> Double {
        guard let market = instant.market(id) else { return .nan }
        return market.instrument.approximation(of: part(market))
    }

    var instrument: InstrumentID? {
        switch self {
        case .close(let id), .high(let id), .low(let id), .volume(let id): id
        case .constant, .input: nil
        }
    }
}
