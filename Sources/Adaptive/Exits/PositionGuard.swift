// SPDX-License-Identifier: Apache-2.0

public import Trading

/// Watches one open position: moves its stop, never away from the market, and says when to leave.
///
/// Fed with one closed bar after the other: first how far the price went, then what each feature that is on says. It
/// decides; placing and moving orders is the strategy's work.
public struct PositionGuard: Sendable, BitwiseCopyable {
    public struct Settings: Sendable, BitwiseCopyable {
        /// Profit in ATRs at entry from which the stop stands at break-even or better; `nil`: off.
        public var breakEvenAfter: Double?
        /// How near the close the stop moves when momentum reverses, in ATRs of now; `nil`: off.
        public var reversalDistance: Double?
        /// How far behind the best price the stop follows once the first level has traded, in ATRs of now; `nil`: off.
        public var trailDistance: Double?
        /// How long a position is held; `nil`: off.
        public var timeLimit: TimeSpan?
        /// What entry and exit cost, as a share of the price: break-even is beyond the entry by this much.
        public var costs: Double

        public init(
            breakEvenAfter: Double? = 2, reversalDistance: Double? = 0.5, trailDistance: Double? = nil,
            timeLimit: TimeSpan? = .hours(24), costs: Double = 0
        ) {
            self.breakEvenAfter = breakEvenAfter
            self.reversalDistance = reversalDistance
            self.trailDistance = trailDistance
            self.timeLimit = timeLimit
            self.costs = costs
        }
    }

    /// What moves a stop with a closed bar.
    public struct Observation: Sendable, BitwiseCopyable {
        public var close: Double
        /// The ATR of now; NaN or 0 where there is none: then nothing that is measured in it moves.
        public var atr: Double
        /// Whether momentum turned against the position.
        public var isReversed: Bool
        public init(close: Double, atr: Double, isReversed: Bool) {
            self.close = close
            self.atr = atr
            self.isReversed = isReversed
        }
    }

    public enum StopCause: String, Sendable, BitwiseCopyable {
        case breakEven = "break-even"
        case reversal = "momentum reversed"
        case trail = "follows the best price"
    }

    /// Where a stop is to stand from now on, and why.
    public struct StopMove: Equatable, Sendable, BitwiseCopyable {
        public let level: Double
        public let cause: StopCause
    }

    public enum LeaveCause: String, Sendable, BitwiseCopyable {
        case time = "held for the longest time allowed"
        case regime = "the market regime turned against the position"
        case stopPassed = "the price is at the stop already, or beyond it"
    }

    public enum Decision: Equatable, Sendable {
        case hold
        /// The new level of the stop: nearer to the market than the last one.
        case moveStop(Double, StopCause)
        case leave(LeaveCause)
    }

    public let side: Side
    /// The average of what filled.
    public private(set) var entry: Double
    /// At entry.
    public let atr: Double
    public let openedAt: Timestamp
    public private(set) var stop: Double
    /// The best price since entry.
    public private(set) var best: Double
    /// Set once a level has traded: from then on the stop follows, where that is configured.
    public var hasPartlyExited = false
    public let settings: Settings

    /// - Parameters:
    ///   - entry: The average price, positive.
    ///   - atr: At entry, positive.
    ///   - stop: On the losing side of the entry.
    public init(side: Side, entry: Double, atr: Double, stop: Double, openedAt: Timestamp, settings: Settings) {
        self.side = side
        self.entry = entry
        self.atr = atr
        self.stop = stop
        self.openedAt = openedAt
        self.settings = settings
        best = entry
    }

    /// The best profit since entry, in ATRs at entry.
    public var bestProfit: Double { (best - entry) * sign / atr }

    private var sign: Double { side == .buy ? 1 : -1 }

    /// Takes in that more of the entry filled, and what it cost on average since.
    public mutating func averaged(to price: Double) { entry = price }

    // MARK: What the features do

    /// Whether it has been held for as long as it may be.
    ///
    /// - Throws: Where that cannot be told.
    public func isOverdue(at now: Timestamp) throws -> Bool {
        guard let limit = settings.timeLimit else { return false }
        guard limit > .zero, now >= openedAt else {
            throw FeatureFailure("a position since \(openedAt) cannot have been held for \(limit) at \(now)")
        }
        return now - openedAt >= limit
    }

    /// A stop that is nearer to the market than the one it has; `nil` where there is no reason for one.
    ///
    /// - Parameter price: The price at which a stop can stand: a level, or the next one in the direction of profit; `nil`
    ///   where there is none.
    /// - Throws: Where a level is no number, or no price.
    public func nearerStop(_ seen: Observation, price: (Double) -> Double? = { $0 }) throws -> StopMove? {
        var move: StopMove?
        func propose(_ level: Double, _ cause: StopCause) throws {
            guard level.isFinite, let level = price(level) else {
                throw FeatureFailure("\(cause.rawValue): the stop would be at \(level)")
            }
            if (level - (move?.level ?? stop)) * sign > 0 { move = StopMove(level: level, cause: cause) }
        }
        if let after = settings.breakEvenAfter, bestProfit >= after {
            try propose(entry * (1 + sign * settings.costs), .breakEven)
        }
        if seen.atr > 0 {
            if let distance = settings.trailDistance, hasPartlyExited {
                try propose(best - sign * distance * seen.atr, .trail)
            }
            if let distance = settings.reversalDistance, seen.isReversed {
                try propose(seen.close - sign * distance * seen.atr, .reversal)
            }
        }
        return move
    }

    // MARK: What follows

    /// Takes in how far the price went with a closed bar.
    public mutating func see(high: Double, low: Double) {
        best = side == .buy ? max(best, high) : min(best, low)
    }

    /// Decides by what the features say, in the order of their weight.
    public mutating func decide(isOverdue: Bool, isRegimeAgainst: Bool, move: StopMove?, close: Double) -> Decision {
        if isOverdue { return .leave(.time) }
        if isRegimeAgainst { return .leave(.regime) }
        guard let move else { return .hold }
        stop = move.level
        return (close - stop) * sign > 0 ? .moveStop(stop, move.cause) : .leave(.stopPassed)
    }
}
