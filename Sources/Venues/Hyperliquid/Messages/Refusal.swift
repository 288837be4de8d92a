// SPDX-License-Identifier: Apache-2.0

public import Trading

/// Why the venue refused something: its own text, and what it comes to.
public struct HyperliquidRefusal: Hashable, Sendable, CustomStringConvertible {
    public enum Reason: Hashable, Sendable, CaseIterable {
        case offTick, offLot, belowMinimumValue, zeroSize
        case insufficientMargin, insufficientSpotBalance, beyondMaximumPosition, invalidLeverage
        case wouldIncreasePosition, postOnlyWouldMatch, nothingToMatch, noLiquidity
        case badTrigger, priceTooFar, openInterestCapped, tooManyOpenOrders
        case notWorking, duplicateClientID
        /// The signer is no user and no agent: a wrong key, a wrong hash, or an agent that has expired.
        case unknownSigner
        case mustDeposit, invalidNonce, expired, vaultNotRegistered
        case requestBudgetUsed, rateLimited, deadManSwitchNotAllowed
        case notTrading
        /// After an upgrade the venue takes nothing but post-only orders for some minutes: an expected state.
        case onlyPostOnly
        case other
    }

    public let text: String
    public let reason: Reason

    public init(text: String) {
        self.text = text
        let lower = Array(text.lowercased().utf8)
        reason = Self.marks.first { mark in mark.parts.allSatisfy { Self.holds(lower, $0) } }?.reason ?? .other
    }

    private static func holds(_ text: [UInt8], _ part: StaticString) -> Bool {
        let count = part.utf8CodeUnitCount
        guard text.count >= count else { return false }
        return text.withUnsafeBytes { text in
            (0...text.count - count).contains { start in
                (0..<count).allSatisfy { text[start + $0] == part.utf8Start[$0] }
            }
        }
    }

    public var description: String { text }

    /// Whether it proves that nothing was done.
    ///
    /// A nonce or a client id that was used before may have been used by another copy of the same request: networks repeat,
    /// and we use neither twice.
    public var isProof: Bool { reason != .invalidNonce && reason != .duplicateClientID }

    /// In the words that all venues share.
    public var reject: RejectReason {
        switch reason {
        case .offTick: .offTick
        case .offLot: .offLot
        case .belowMinimumValue: .belowMinimumNotional
        case .zeroSize: .notPositive
        case .insufficientMargin: .insufficientMargin
        case .insufficientSpotBalance: .insufficientBalance
        case .beyondMaximumPosition: .positionLimit
        case .invalidLeverage: .leverageTooHigh
        case .wouldIncreasePosition: .nothingToReduce
        case .postOnlyWouldMatch: .wouldTakeLiquidity
        case .nothingToMatch: .notFilledAtOnce
        case .noLiquidity: .noLiquidity
        case .badTrigger: .badTrigger
        case .priceTooFar: .priceOutsideCollar
        case .openInterestCapped: .openInterestCap
        case .notTrading: .notTrading
        case .onlyPostOnly: .onlyPostOnly
        case .notWorking: .unknownOrder
        case .duplicateClientID: .duplicateOrder
        case .expired: .expired
        case .tooManyOpenOrders: .tooManyOrders
        case .unknownSigner, .mustDeposit, .vaultNotRegistered: .unauthorised
        case .requestBudgetUsed, .rateLimited: .venueBusy
        case .invalidNonce, .deadManSwitchNotAllowed, .other: .venueRefused
        }
    }

    /// Parts of the venue's texts in lower case; the first entry that has all of its parts in a text names its reason.
    private static let marks: [(parts: [StaticString], reason: Reason)] = [
        (["divisible by tick"], .offTick),
        (["invalid price"], .offTick),
        (["price", "tick size"], .offTick),
        (["minimum value of"], .belowMinimumValue),
        (["insufficient margin"], .insufficientMargin),
        (["insufficient spot balance"], .insufficientSpotBalance),
        (["insufficient balance"], .insufficientSpotBalance),
        (["reduce only order would increase"], .wouldIncreasePosition),
        (["post only order would have immediately matched"], .postOnlyWouldMatch),
        (["could not immediately match"], .nothingToMatch),
        (["no liquidity available"], .noLiquidity),
        (["invalid tp/sl price"], .badTrigger),
        (["open interest is capped"], .openInterestCapped),
        (["open interest", "too quickly"], .openInterestCapped),
        (["open interest cap"], .openInterestCapped),
        (["too aggressive"], .priceTooFar),
        (["too far from oracle"], .priceTooFar),
        (["away from the reference price"], .priceTooFar),
        (["max position"], .beyondMaximumPosition),
        (["invalid leverage"], .invalidLeverage),
        (["leverage", "too high"], .invalidLeverage),
        (["never placed, already canceled, or filled"], .notWorking),
        (["cannot modify canceled or filled order"], .notWorking),
        (["was never placed"], .notWorking),
        (["zero size"], .zeroSize),
        (["invalid size"], .offLot),
        (["size", "decimals"], .offLot),
        (["does not exist"], .unknownSigner),
        (["must deposit"], .mustDeposit),
        (["nonce"], .invalidNonce),
        (["expired"], .expired),
        (["expires after"], .expired),
        (["vault not registered"], .vaultNotRegistered),
        (["too many cumulative requests"], .requestBudgetUsed),
        (["too many requests"], .rateLimited),
        (["rate limited"], .rateLimited),
        (["too many open orders"], .tooManyOpenOrders),
        (["open order limit"], .tooManyOpenOrders),
        (["scheduled cancel time", "volume"], .deadManSwitchNotAllowed),
        (["reduce only or trigger orders", "open orders"], .tooManyOpenOrders),
        (["duplicate", "cloid"], .duplicateClientID),
        (["cloid", "already"], .duplicateClientID),
        (["client order id", "already"], .duplicateClientID),
        (["duplicate", "client order id"], .duplicateClientID),
        (["post-only", "upgrade"], .onlyPostOnly),
        (["halted"], .notTrading),
        (["delisted"], .notTrading),
        (["trading is disabled"], .notTrading),
    ]
}
