// SPDX-License-Identifier: Apache-2.0

/// A mistake that a correct program does not make, built in at a seam to show that the simulation finds it.
public enum Defect: String, CaseIterable, Sendable, Hashable {
    // MARK: What a connector says
    /// An order without an answer is taken as refused.
    case timeoutIsRejection = "timeout-is-rejection"
    /// An order without an answer is taken as filled.
    case timeoutIsFill = "timeout-is-fill"
    /// The first "no such order" is believed, however soon it comes.
    case unknownOrderBelieved = "unknown-order-believed"
    /// Whatever answers a cancel is taken as its success.
    case cancelAnswerIsProof = "cancel-answer-is-proof"
    /// A change goes on with the order's old number.
    case newNumberIgnored = "new-number-ignored"
    /// A fill that is told twice counts twice.
    case fillsNotDeduplicated = "fills-not-deduplicated"
    case partialFillIsWhole = "partial-fill-is-whole"
    case feesTwice = "fees-twice"
    case fundingForgotten = "funding-forgotten"
    case depositsTwice = "deposits-twice"
    /// What was traded while the link was down is never read.
    case missedFillsForgotten = "missed-fills-forgotten"
    /// After a reconnect the account is taken to be what it was.
    case noSnapshotAfterReconnect = "no-snapshot-after-reconnect"
    /// After a reconnect the prices from before go on being used.
    case staleBook = "stale-book"

    // MARK: What leaves the program
    case stopLoosened = "stop-loosened"
    /// A request without an answer is sent again as a new one.
    case blindRetry = "blind-retry"
    /// After a restart the nonces begin where the last start's did.
    case nonceReused = "nonce-reused"

    // MARK: Limits
    /// Breakers go by thresholds a tenth above what is configured.
    case breakerLate = "breaker-late"
    /// A feature that fails is never given up.
    case failingFeatureKept = "failing-feature-kept"
    /// Orders are not held against what one market may have.
    case exposureIgnored = "exposure-ignored"

    // MARK: Journal and recovery
    /// What is written reaches the storage only with the next write, after it was acted on.
    case journalAfterSending = "journal-after-sending"
    /// The disk is not waited for, and a power cut takes what was acted on.
    case syncIgnored = "sync-ignored"
    /// A restart begins before the last decision, and its orders' names are used again.
    case namesReused = "names-reused"
}
