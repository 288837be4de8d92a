// SPDX-License-Identifier: Apache-2.0

public import Trading

/// Waits, after a signal, for a better price and for momentum to agree.
///
/// A long signal at 100 with a pull-back of 0.5 to 1 % is confirmed by a bar whose low is in 99…99.5 (deeper takes the
/// signal back), and, where acceleration is asked for, from that bar on by the first whose acceleration points up.
public struct EntryConfirmation: Sendable {
    public struct Settings: Sendable {
        /// As shares of the signal's price; `nil`: no pull-back is waited for.
        public var pullback: ClosedRange<Double>?
        public var needsAcceleration: Bool
        /// Bars after which a signal is forgotten.
        public var patience: Int
        public init(pullback: ClosedRange<Double>?, needsAcceleration: Bool, patience: Int) {
            self.pullback = pullback
            self.needsAcceleration = needsAcceleration
            self.patience = patience
        }
    }

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
        var hasPulledBack: Bool
    }

    public let settings: Settings
    private var pending: Pending?

    public init(_ settings: Settings) { self.settings = settings }

    public var isWaiting: Bool { pending != nil }
    /// Which way the signal that is waited for points.
    public var side: Side? { pending?.side }

    /// Begins with a signal on the close of a bar; an earlier one is forgotten.
    ///
    /// - Returns: `confirmed` where there is nothing to wait for.
    public mutating func begin(_ side: Side, at price: Double, acceleration: Double) -> Outcome {
        pending = Pending(
            side: side, price: price, barsLeft: settings.patience, hasPulledBack: settings.pullback == nil)
        return settle(acceleration)
    }

    public mutating func cancel() { pending = nil }

    /// Takes in the next closed bar.
    public mutating func update(high: Double, low: Double, acceleration: Double) -> Outcome {
        guard var waiting = pending else { return .idle }
        waiting.barsLeft -= 1
        if let range = settings.pullback {
            let sign: Double = waiting.side == .buy ? -1 : 1
            let extreme = waiting.side == .buy ? low : high
            if (extreme - waiting.price * (1 + sign * range.upperBound)) * sign > 0 {
                pending = nil
                return .abandoned(waiting.side, .tooDeep)
            }
            if (extreme - waiting.price * (1 + sign * range.lowerBound)) * sign >= 0 { waiting.hasPulledBack = true }
        }
        pending = waiting
        return settle(acceleration)
    }

    private mutating func settle(_ acceleration: Double) -> Outcome {
        guard let waiting = pending else { return .idle }
        let agrees = !settings.needsAcceleration || (waiting.side == .buy ? acceleration > 0 : acceleration < 0)
        if waiting.hasPulledBack, agrees {
            pending = nil
            return .confirmed(waiting.side)
        }
        guard waiting.barsLeft > 0 else {
            pending = nil
            return .abandoned(waiting.side, waiting.hasPulledBack ? .noAcceleration : .noPullback)
        }
        return .waiting
    }
}
