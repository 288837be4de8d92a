// SPDX-License-Identifier: Apache-2.0

public import Trading

/// Waits, after a signal, for a better price and for momentum to agree.
///
/// A long signal at 100 with a pull-back of 0.5 to 1 % is confirmed by a bar whose low is in 99…99.5 (deeper takes the
/// signal back), and, where acceleration is asked for, from that bar on by the first whose acceleration points up.
///
/// Both are features that may be switched, or fail, while it waits: with each bar it is told what they say. What is off
/// is not waited for; what has failed just now confirms nothing with that bar.
public struct EntryConfirmation: Sendable {
    public struct Settings: Sendable {
        /// As shares of the signal's price.
        public var pullback: ClosedRange<Double>
        /// Bars after which a signal is forgotten.
        public var patience: Int
        public init(pullback: ClosedRange<Double>, patience: Int) {
            self.pullback = pullback
            self.patience = patience
        }
    }

    /// How far the price has come back with a bar.
    public enum Pullback: Sendable, BitwiseCopyable { case notYet, reached, tooDeep }

    public enum Outcome: Equatable, Sendable {
        case idle
        case waiting
        case confirmed(Side)
        case abandoned(Side, Cause)
    }

    public enum Cause: String, Sendable {
        case tooDeep = "the pull-back went further than a pull-back"
        case noPullback = "no pull-back came in time"
        case noAcceleration = "the price did not accelerate the trade's way in time"
    }

    private struct Pending: BitwiseCopyable {
        var side: Side
        var price: Double
        var barsLeft: Int
        var hasPulledBack = false
    }

    public let settings: Settings
    private var pending: Pending?

    public init(_ settings: Settings) { self.settings = settings }

    public var isWaiting: Bool { pending != nil }
    /// Which way the signal that is waited for points.
    public var side: Side? { pending?.side }

    // MARK: What the features do

    /// How far a bar has come back from the price of the signal that waits.
    ///
    /// - Throws: Where a price or a bound is no number.
    public func pullback(high: Double, low: Double) throws -> Pullback {
        guard let pending else { return .notYet }
        let sign: Double = pending.side == .buy ? -1 : 1
        let extreme = pending.side == .buy ? low : high
        let (near, far) = (
            pending.price * (1 + sign * settings.pullback.lowerBound),
            pending.price * (1 + sign * settings.pullback.upperBound)
        )
        guard (extreme + near + far).isFinite else {
            throw FeatureFailure("a pull-back from \(near) to \(far) cannot be told at \(extreme)")
        }
        if (extreme - far) * sign > 0 { return .tooDeep }
        return (extreme - near) * sign >= 0 ? .reached : .notYet
    }

    /// Whether an acceleration points the trade's way.
    ///
    /// - Throws: Where it is no number.
    public static func agrees(_ acceleration: Double, with side: Side) throws -> Bool {
        guard acceleration.isFinite else { throw FeatureFailure("the acceleration is \(acceleration)") }
        return side == .buy ? acceleration > 0 : acceleration < 0
    }

    // MARK: What follows

    /// Begins with a signal on the close of a bar; an earlier one is forgotten.
    ///
    /// - Returns: `confirmed` where there is nothing to wait for.
    public mutating func begin(
        _ side: Side, at price: Double, pullback: FeatureAnswer<Pullback>, acceleration: FeatureAnswer<Bool>
    ) -> Outcome {
        pending = Pending(side: side, price: price, barsLeft: settings.patience)
        return settle(pullback, acceleration)
    }

    public mutating func cancel() { pending = nil }

    /// Takes in what the next closed bar says.
    public mutating func update(pullback: FeatureAnswer<Pullback>, acceleration: FeatureAnswer<Bool>) -> Outcome {
        pending?.barsLeft -= 1
        return settle(pullback, acceleration)
    }

    private mutating func settle(_ pullback: FeatureAnswer<Pullback>, _ acceleration: FeatureAnswer<Bool>) -> Outcome {
        guard let waiting = pending else { return .idle }
        let isNear: Bool
        switch pullback {
        case .off, .suspended: isNear = true
        case .failed: isNear = false
        case .said(.tooDeep):
            pending = nil
            return .abandoned(waiting.side, .tooDeep)
        case .said(.reached):
            pending?.hasPulledBack = true
            isNear = true
        case .said(.notYet): isNear = waiting.hasPulledBack
        }
        let isFast =
            switch acceleration {
            case .off, .suspended: true
            case .failed: false
            case .said(let agrees): agrees
            }
        guard !isNear || !isFast else {
            pending = nil
            return .confirmed(waiting.side)
        }
        guard waiting.barsLeft > 0 else {
            pending = nil
            return .abandoned(waiting.side, isNear ? .noAcceleration : .noPullback)
        }
        return .waiting
    }
}
