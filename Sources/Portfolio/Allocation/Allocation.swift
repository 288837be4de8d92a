// SPDX-License-Identifier: Apache-2.0

public import Trading

/// What one symbol asks for.
public struct AllocationRequest: Hashable, Sendable {
    /// In [0, 1].
    public var confidence: Double
    public var side: Side
    /// The share of the position that is lost at its stop, above 0; `nil`: it has none.
    public var lossAtStop: Double?
    /// The share of the position that may be lost where it has no stop; `nil`: not known.
    public var valueAtRisk: Double?

    public init(confidence: Double, side: Side = .buy, lossAtStop: Double? = nil, valueAtRisk: Double? = nil) {
        self.confidence = confidence
        self.side = side
        self.lossAtStop = lossAtStop
        self.valueAtRisk = valueAtRisk
    }
}

/// How the equity is divided among symbols.
public struct Allocation: Hashable, Sendable {
    /// One symbol's part.
    public struct Part: Hashable, Sendable {
        /// Of the equity, exact.
        public let share: Rate
        /// What kept it from being more.
        public let reason: Reason
    }

    /// What a share ended at.
    public enum Reason: Hashable, Sendable, CustomStringConvertible {
        case noConfidence
        /// Not a number in [0, 1].
        case badConfidence(Double)
        /// Neither a stop nor a value at risk says what it may lose.
        case unknownRisk
        case badRisk(Double)
        case singleSymbol
        case correlatedPair(with: Int)
        case correlatedGroup([Int])
        case totalRisk
        case total

        public var description: String {
            switch self {
            case .noConfidence: "there is no confidence in it"
            case .badConfidence(let value): "its confidence is \(value), not a number from 0 to 1"
            case .unknownRisk: "neither a stop nor a value at risk says what it may lose"
            case .badRisk(let value): "the share that it may lose is \(value), not a number above 0 and at most 10"
            case .singleSymbol: "one symbol may have no more at this confidence"
            case .correlatedPair(let other): "it moves together with symbol \(other), and both may have no more"
            case .correlatedGroup(let symbols): "symbols \(symbols) move together, and may have no more"
            case .totalRisk: "all stops together may cost no more"
            case .total: "there is no more"
            }
        }
    }

    public let parts: [Part]
    /// Of the equity, lost at all stops together.
    public let totalRisk: Double

    public var shares: [Rate] { parts.map(\.share) }
    public var weights: [Double] { parts.map(\.share.fraction) }

    /// Divides the equity.
    ///
    /// Every symbol's share rises at a speed that is its confidence, from zero; it stops where it reaches confidence ×
    /// `singleSymbol`, or where a limit that it is under is used up, and the others go on. So all limits hold at once,
    /// none is left unused that somebody could use, and more confidence in one symbol never gives it less. Shares are
    /// rounded down to 10⁻⁹.
    ///
    /// - Throws: `contradictoryLimits` with the keys, `sizes`. What is wrong with one request is the reason of its part.
    public init(
        _ requests: [AllocationRequest], correlations: CorrelationMatrix, limits: AllocationLimits
    ) throws(AllocationError) {
        let problems = limits.problems
        guard problems.isEmpty else { throw .contradictoryLimits(problems) }
        guard requests.count == correlations.symbols else {
            throw .sizes(requests: requests.count, symbols: correlations.symbols)
        }
        let losses = requests.map { $0.lossAtStop ?? $0.valueAtRisk ?? 0 }
        var reasons = requests.map { $0.refusal }
        let speeds = zip(requests, reasons).map { $1 == nil ? $0.confidence : 0 }
        var bounds = Self.bounds(limits, correlations, requests, losses)
        var levels = Array(repeating: 0.0, count: requests.count)
        var level = 0.0
        while reasons.contains(nil) {
            // The first limit that is used up when all who still rise go on together.
            var (next, tight) = (limits.singleSymbol, -1)
            for (index, bound) in bounds.enumerated() {
                let pace = bound.members.reduce(0) {
                    reasons[$1.symbol] == nil ? $0 + $1.weight * speeds[$1.symbol] : $0
                }
                guard pace > 0 else { continue }
                let reached = max(level, (bound.left + 1e-15) / pace)
                if reached < next { (next, tight) = (reached, index) }
            }
            level = next
            for symbol in reasons.indices where reasons[symbol] == nil { levels[symbol] = level }
            if tight < 0 {
                for symbol in reasons.indices where reasons[symbol] == nil { reasons[symbol] = .singleSymbol }
                break
            }
            let stopped = bounds[tight].members.map(\.symbol).filter { reasons[$0] == nil }
            for symbol in stopped { reasons[symbol] = bounds[tight].reason(for: symbol) }
            // What they have is taken out of every limit that they are under.
            for index in bounds.indices {
                for member in bounds[index].members where stopped.contains(member.symbol) {
                    bounds[index].left -= member.weight * speeds[member.symbol] * level
                }
            }
        }
        var units = zip(levels, speeds).map { Int64(max(0, $0 * $1 * 1e9 + 1e-3).rounded(.down)) }
        // What rounding adds to the sum of risks goes back where it is largest.
        func risk() -> Double { zip(units, losses).reduce(0) { $0 + Rate(units: $1.0).fraction * $1.1 } }
        while risk() > limits.totalRisk {
            guard let largest = units.indices.filter({ units[$0] > 0 }).max(by: { losses[$0] < losses[$1] }) else {
                break
            }
            units[largest] -= 1
        }
        totalRisk = risk()
        parts = zip(units, reasons).map { Part(share: Rate(units: $0), reason: $1 ?? .singleSymbol) }
    }

    /// A sum of shares, each times a weight, that must not exceed something.
    private struct Bound {
        enum Kind { case pair, group, risk, total }
        let kind: Kind
        let members: [(symbol: Int, weight: Double)]
        var left: Double

        func reason(for symbol: Int) -> Reason {
            switch kind {
            case .pair: .correlatedPair(with: members[members[0].symbol == symbol ? 1 : 0].symbol)
            case .group: .correlatedGroup(members.map(\.symbol))
            case .risk: .totalRisk
            case .total: .total
            }
        }
    }

    private static func bounds(
        _ limits: AllocationLimits, _ correlations: CorrelationMatrix, _ requests: [AllocationRequest],
        _ losses: [Double]
    ) -> [Bound] {
        let directions = requests.map { $0.side == .buy ? 1.0 : -1.0 }
        var bounds: [Bound] = []
        for second in requests.indices {
            for first in 0..<second
            where correlations.concentration(first, second, directions) > limits.correlation {
                bounds.append(Bound(kind: .pair, members: [(first, 1), (second, 1)], left: limits.correlatedPair))
            }
        }
        if let share = limits.correlatedGroup {
            // What gets nothing connects nobody: a symbol that just listed has a correlation of 1 with all.
            let members = requests.indices.filter { requests[$0].refusal == nil }
            let groups = correlations.groups(above: limits.correlation, among: members, directions: directions)
            for group in groups where group.count > 2 {
                bounds.append(Bound(kind: .group, members: group.map { ($0, 1) }, left: share))
            }
        }
        let all = Array(requests.indices)
        bounds.append(
            Bound(
                kind: .risk, members: all.map { ($0, requests[$0].refusal == nil ? losses[$0] : 0) },
                left: limits.totalRisk))
        bounds.append(Bound(kind: .total, members: all.map { ($0, 1) }, left: limits.total))
        return bounds
    }
}

extension AllocationRequest {
    /// Why it gets nothing at all.
    fileprivate var refusal: Allocation.Reason? {
        guard confidence >= 0, confidence <= 1 else { return .badConfidence(confidence) }
        guard confidence > 0 else { return .noConfidence }
        guard let loss = lossAtStop ?? valueAtRisk else { return .unknownRisk }
        // A short may lose more than it is worth; ten times is a mistake of the caller.
        guard loss > 0, loss <= 10 else { return .badRisk(loss) }
        return nil
    }
}
