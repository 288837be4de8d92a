// SPDX-License-Identifier: Apache-2.0

public import Trading

/// The requests that an address may still make, where a venue counts them over its whole life: so many to start, and one
/// more for each unit of money traded.
///
/// Sources: Hyperliquid, "Rate limits and user limits". The last ones are kept for protective orders, and cancels have a
/// larger limit of their own; when all are used up, one request in ten seconds still passes.
public struct AddressBudget: Hashable, Sendable {
    public enum Use: Hashable, Sendable {
        case cancel
        /// Takes risk away: protective and reducing orders, changes of them.
        case protective
        case order
    }
    public enum Verdict: Hashable, Sendable {
        case affordable
        /// Used up; the next one may go then.
        case notBefore(TimeSpan)
        /// What is left is kept for more important requests.
        case keptBack(left: UInt64)
    }
    public struct Rules: Hashable, Sendable {
        public var initial: UInt64 = 10_000
        /// When it is used up, one request in this time.
        public var trickle: TimeSpan = .seconds(10)
        /// Cancels may go on for so many more, but at most to twice the limit.
        public var extraCancels: UInt64 = 100_000
        /// Kept from ordinary orders.
        public var reserve: UInt64 = 200
        /// Hundredths of the limit that are said when they are passed.
        public var warnings: [UInt64] = [80, 95, 100]
        public init() {}
    }

    public let rules: Rules
    public private(set) var used: UInt64 = 0
    public private(set) var cap: UInt64
    private var fractionTraded: UInt128 = 0
    private var lastTrickle: TimeSpan?
    private var warningsGiven = 0

    public init(rules: Rules = Rules()) {
        self.rules = rules
        cap = rules.initial
    }

    public var left: UInt64 { cap - min(used, cap) }

    private var cancelCap: UInt64 {
        let (more, overflow) = cap.addingReportingOverflow(rules.extraCancels)
        let (twice, doubleOverflow) = cap.multipliedReportingOverflow(by: 2)
        return min(overflow ? .max : more, doubleOverflow ? .max : twice)
    }

    /// Whether so many requests may be made now; a batch counts each of its orders.
    public func verdict(on use: Use, count: Int, at now: TimeSpan) -> Verdict {
        let (after, overflow) = used.addingReportingOverflow(UInt64(max(count, 0)))
        let limit =
            switch use {
            case .cancel: cancelCap
            case .protective: cap
            case .order: cap - min(rules.reserve, cap)
            }
        if !overflow, after <= limit { return .affordable }
        // An ordinary order may not take what is left for the others.
        if use == .order, left > 0 { return .keptBack(left: left) }
        guard let last = lastTrickle else { return .affordable }
        let next = last.later(by: rules.trickle)
        return now >= next ? .affordable : .notBefore(next)
    }

    /// So many requests were sent.
    /// - Returns: The hundredths of the limit that this passed, where a person should know of it.
    public mutating func sent(_ count: Int, at now: TimeSpan) -> UInt64? {
        let (sum, overflow) = used.addingReportingOverflow(UInt64(max(count, 0)))
        used = overflow ? .max : sum
        if used > cap { lastTrickle = now }
        return warning()
    }

    /// A fill of our own earned more.
    public mutating func traded(_ value: Amount) {
        let one = Amount(whole: 1).units.magnitude
        let (sum, overflow) = fractionTraded.addingReportingOverflow(value.units.magnitude)
        guard !overflow else { return }
        let whole: UInt128
        (whole, fractionTraded) = sum.quotientAndRemainder(dividingBy: one)
        let (more, capOverflow) = cap.addingReportingOverflow(UInt64(clamping: whole))
        cap = capOverflow ? .max : more
    }

    /// What the venue says.
    public mutating func update(used: UInt64, cap: UInt64) -> UInt64? {
        self.used = used
        self.cap = cap
        fractionTraded = 0
        return warning()
    }

    private mutating func warning() -> UInt64? {
        let share = cap == 0 ? 100.0 : Double(used) * 100 / Double(cap)
        let passed = rules.warnings.filter { share >= Double($0) }.count
        defer { warningsGiven = passed }
        return passed > warningsGiven ? rules.warnings[passed - 1] : nil
    }
}
