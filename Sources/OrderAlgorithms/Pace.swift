// SPDX-License-Identifier: Apache-2.0

public import Trading

/// How fast a sliced order is worked.
public enum Pace: Hashable, Sendable {
    /// Equal slices: the first at once, the next each `every`, or once the price is better than the last slice's by
    /// `drop`, whichever comes first. At least one of the two is given.
    case averaging(slices: Int, every: TimeSpan?, drop: Rate?)
    /// Equal slices at equal distances (TWAP), the first at once.
    case time(slices: Int, over: TimeSpan)
    /// Slices at equal distances, as large as these weights (VWAP by a curve of expected volume).
    case volumeCurve([Double], over: TimeSpan)
    /// This share of what the market trades from now on (VWAP by observed volume), for no longer than `over`.
    case participation(Rate, over: TimeSpan?)
    /// One slice of this size is shown; the next when it has filled (iceberg).
    case iceberg(display: Quantity)

    public var name: String {
        switch self {
        case .averaging: "dca"
        case .time: "twap"
        case .volumeCurve, .participation: "vwap"
        case .iceberg: "iceberg"
        }
    }

    static let slicesAllowed = 1...100_000
    static let longest = TimeSpan.days(3_650)

    var defect: AlgorithmError? {
        func span(_ value: TimeSpan, _ name: String) -> AlgorithmError? {
            value > .zero && value <= Self.longest
                ? nil : .badValue(name, "\(value.nanoseconds) ns", "above zero and at most 10 years")
        }
        func slices(_ count: Int) -> AlgorithmError? {
            Self.slicesAllowed.contains(count) ? nil : .badValue("slices", "\(count)", "from 1 to 100000")
        }
        switch self {
        case .averaging(let count, let every, let drop):
            if every == nil, drop == nil { return .badValue("every", "nothing", "a time, or 'drop' a share") }
            if let drop, drop <= .zero || drop.units >= Rate.one {
                return .badValue("drop", "\(drop)", "between 0 and 1")
            }
            return slices(count) ?? every.flatMap { span($0, "every") }
        case .time(let count, let over): return slices(count) ?? span(over, "over")
        case .volumeCurve(let weights, let over):
            guard weights.allSatisfy({ $0.isFinite && $0 >= 0 }), weights.reduce(0, +) > 0,
                weights.reduce(0, +).isFinite
            else { return .badValue("curve", "\(weights.count) weights", "finite, none negative, not all zero") }
            return slices(weights.count) ?? span(over, "over")
        case .participation(let share, let over):
            guard share > .zero, share.units <= Rate.one else {
                return .badValue("share", "\(share)", "above 0, up to 1")
            }
            return over.flatMap { span($0, "over") }
        case .iceberg(let display):
            return display > .zero ? nil : .badValue("display", "\(display.units)", "above zero")
        }
    }
}

/// At what price the slices are sent.
public enum SliceStyle: Hashable, Sendable {
    case market
    /// A limit this share better than the close at which it is decided; 0 is at the close.
    case passive(Rate, isPostOnly: Bool)
    case limit(Price, isPostOnly: Bool)
}

/// Goes faster once the price has moved: what is due is multiplied.
public struct Acceleration: Hashable, Sendable {
    public enum Direction: String, Hashable, Sendable, CaseIterable {
        /// Cheaper for who buys, dearer for who sells: take more of it.
        case favourable
        /// The price runs away: hurry.
        case adverse
    }
    public var direction: Direction
    /// How far from `reference`, as a share.
    public var move: Rate
    /// What is due is multiplied by this; above 1, at most 1000.
    public var factor: Rate
    /// `nil`: the close at the start.
    public var reference: Price?

    public init(_ direction: Direction, move: Rate, factor: Rate, reference: Price? = nil) {
        self.direction = direction
        self.move = move
        self.factor = factor
        self.reference = reference
    }

    var defect: AlgorithmError? {
        if move < .zero || move.units > Rate.one { return .badValue("move", "\(move)", "from 0 to 1") }
        guard factor.units > Rate.one, Int128(factor.units) <= Int128(Rate.one) * 1000 else {
            return .badValue("factor", "\(factor)", "above 1, up to 1000")
        }
        return nil
    }

    /// Whether the price has moved so far.
    func isActive(_ side: Side, close: Price, start: Price) -> Bool {
        let reference = Int128((self.reference ?? start).units)
        let cheaper = (reference - Int128(close.units)) * Int128(side.sign)
        let gain = direction == .favourable ? cheaper : -cheaper
        return gain * Int128(Rate.one) >= reference.magnitudeValue * Int128(move.units)
    }
}

extension Int128 {
    fileprivate var magnitudeValue: Int128 { self < 0 ? -self : self }
}

/// Why an algorithm cannot be made.
public enum AlgorithmError: Error, Hashable, CustomStringConvertible {
    case badValue(String, String, String)
    public var description: String {
        switch self {
        case .badValue(let name, let value, let allowed):
            "'\(name)' of the order algorithm is \(value); it must be \(allowed)."
        }
    }
}
