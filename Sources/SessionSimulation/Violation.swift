// SPDX-License-Identifier: Apache-2.0

public import Trading

/// A rule that was broken: what no fault may lead to.
public struct Violation: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Invariant: String, CaseIterable, Sendable, Hashable {
        case fillLost = "fill-lost"
        case fillTwice = "fill-twice"
        case fillDiffers = "fill-differs"
        case orderTwice = "order-twice"
        case positionDiffers = "position-differs"
        case balanceDiffers = "balance-differs"
        case ledger
        case limitExceeded = "limit-exceeded"
        /// A breaker's condition was met and it was not on with that event, or the other way round.
        case breakerLate = "breaker-late"
        /// A feature that fails was not switched off alone.
        case featureNotIsolated = "feature-not-isolated"
        /// An order was said to be refused, and the venue took it.
        case refusedYetTaken = "refused-yet-taken"
        /// An order was said to have filled at once, and the venue traded less of it.
        case filledYetNot = "filled-yet-not"
        /// An order was said to be cancelled, and it works.
        case overYetWorking = "over-yet-working"
        case orderUnfinished = "order-unfinished"
        case orderDiffers = "order-differs"
        case orphan
        case stopLoosened = "stop-loosened"
        /// Something was asked for on spot that spot does not have: triggers, reduce-only orders, leverage.
        case spotTerms = "spot-terms"
        /// Somebody sold more of an asset than they held.
        case oversold
        /// An asset is held that no position tells of, and it is no rest that cannot be sold.
        case forgottenAsset = "forgotten-asset"
        case unprotected
        case notTrading = "not-trading"
        case replayDiffers = "replay-differs"
        case journal
        case nonceReused = "nonce-reused"
        case pricesDiffer = "prices-differ"
        case spins
        /// The day held less than a day is promised to hold.
        case emptyDay = "empty-day"
    }
    public let invariant: Invariant
    public let text: String
    public let seed: UInt64
    /// From 1.
    public let day: Int
    public let time: Timestamp

    public var description: String { "seed \(seed), day \(day), \(time): \(invariant.rawValue): \(text)" }
}
