// SPDX-License-Identifier: Apache-2.0

internal import JSON
public import Trading

/// What of an account's tokens is staked.
public struct HyperliquidStaking: Hashable, Sendable, MessageDecodable {
    public var delegated: ExactDecimal
    public var undelegated: ExactDecimal
    public var pendingWithdrawal: ExactDecimal
    public var pendingWithdrawals: Int64

    public init(_ message: MessageReader) throws(MessageError) {
        delegated = try message.decimal("delegated")
        undelegated = try message.decimal("undelegated")
        pendingWithdrawal = try message.decimal("totalPendingWithdrawal")
        pendingWithdrawals = try message.integer("nPendingWithdrawals")
    }
}

/// What is staked with one validator.
public struct HyperliquidDelegation: Hashable, Sendable, MessageDecodable {
    public var validator: String
    public var amount: ExactDecimal
    public var lockedUntil: Timestamp?

    public init(_ message: MessageReader) throws(MessageError) {
        validator = try message.text("validator")
        amount = try message.decimal("amount")
        lockedUntil = try message.optionalTime("lockedUntilTimestamp")
    }
}

/// A change of what is staked.
public struct HyperliquidStakingChange: Hashable, Sendable, MessageDecodable {
    public var time: Timestamp
    public var hash: String
    /// `delegate`, `cDeposit`, `withdrawal`, …
    public var kind: String
    public var amount: ExactDecimal?
    public var validator: String?
    public var isUndelegation: Bool

    public init(_ message: MessageReader) throws(MessageError) {
        time = try message.time("time")
        hash = try message.optionalText("hash") ?? ""
        let delta = try message.object("delta")
        guard delta.json.count == 1, let (key, _) = delta.json.members.first(where: { _ in true }) else {
            throw MessageError(
                field: message.name("delta"), problem: .wrongType(expected: "one change"), value: delta.json.text)
        }
        kind = key
        let part = try delta.object(key)
        amount = try part.optionalDecimal("amount")
        validator = try part.optionalText("validator")
        isUndelegation = try part.flag("isUndelegate")
    }
}

/// What staking has earned.
public struct HyperliquidStakingReward: Hashable, Sendable, MessageDecodable {
    public var time: Timestamp
    /// `delegation` or `commission`.
    public var source: String
    public var amount: ExactDecimal

    public init(_ message: MessageReader) throws(MessageError) {
        time = try message.time("time")
        source = try message.text("source")
        amount = try message.decimal("totalAmount")
    }
}
