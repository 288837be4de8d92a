// SPDX-License-Identifier: Apache-2.0

internal import JSON
public import Trading

/// Whether the venue works as usual.
public struct HyperliquidStatus: Hashable, Sendable, MessageDecodable {
    /// `nil` where an old record does not say.
    public var time: Timestamp?
    /// What is unusual, as the venue writes it; `nil` in ordinary times.
    public var special: String?

    public init(_ message: MessageReader) throws(MessageError) {
        guard message.json.kind == .object else {
            throw MessageError(
                field: message.path, problem: .wrongType(expected: "an object"), value: message.json.text)
        }
        time = try message.optionalTime("time")
        special = message.optional("specialStatuses").map { $0.string ?? $0.text }
    }
}

/// A perpetual exchange that a builder runs on the venue.
public struct HyperliquidPerpetualDex: Hashable, Sendable, MessageDecodable {
    public var name: String
    public var fullName: String
    public var deployer: String
    public var oracleUpdater: String?

    public init(_ message: MessageReader) throws(MessageError) {
        name = try message.text("name")
        fullName = try message.optionalText("fullName") ?? name
        deployer = try message.text("deployer")
        oracleUpdater = try message.optionalText("oracleUpdater")
    }

    /// All of them; the venue's own exchange comes first in the list, as `null`.
    public static func all(_ message: MessageReader) throws(MessageError) -> [HyperliquidPerpetualDex?] {
        var dexes: [HyperliquidPerpetualDex?] = []
        for element in try message.elements() {
            dexes.append(element.json.isNull ? nil : try HyperliquidPerpetualDex(element))
        }
        return dexes
    }
}

/// What one of several exchanges says, beside its name; empty for the venue's own.
public struct HyperliquidOfDex<Part: MessageDecodable & Hashable>: Hashable, Sendable, MessageDecodable {
    public var dex: String
    public var part: Part

    init(dex: String, _ part: Part) {
        self.dex = dex
        self.part = part
    }

    public init(_ message: MessageReader) throws(MessageError) {
        let pair = try message.elements()
        guard pair.count == 2, let dex = pair[0].json.string else {
            throw MessageError(
                field: message.path, problem: .wrongType(expected: "an exchange and what it says"),
                value: message.json.text)
        }
        self.dex = dex
        part = try Part(pair[1])
    }
}

/// The contexts of all markets of one exchange, in the order of its universe.
public struct HyperliquidContexts: Hashable, Sendable, MessageDecodable {
    public var contexts: [HyperliquidContext]

    init(_ contexts: [HyperliquidContext]) { self.contexts = contexts }

    public init(_ message: MessageReader) throws(MessageError) { contexts = try message.all() }
}

/// What an account has in one vault.
public struct HyperliquidVaultEquity: Hashable, Sendable, MessageDecodable {
    public var vault: String
    public var equity: ExactDecimal
    public var lockedUntil: Timestamp?

    public init(_ message: MessageReader) throws(MessageError) {
        vault = try message.text("vaultAddress")
        equity = try message.decimal("equity")
        lockedUntil = try message.optionalTime("lockedUntilTimestamp")
    }
}

/// A vault: who leads it and who follows.
public struct HyperliquidVault: Hashable, Sendable, MessageDecodable {
    /// What one account has in it.
    public struct Follower: Hashable, Sendable, MessageDecodable {
        public var user: String
        public var equity: ExactDecimal
        public var profit: ExactDecimal?

        public init(_ message: MessageReader) throws(MessageError) {
            user = try message.text("user")
            equity = try message.decimal("vaultEquity")
            profit = try message.optionalDecimal("pnl")
        }
    }
    public var name: String
    public var address: String
    public var leader: String
    public var followers: [Follower]
    public var portfolio: [HyperliquidPortfolio]

    public init(_ message: MessageReader) throws(MessageError) {
        name = try message.text("name")
        address = try message.text("vaultAddress")
        leader = try message.text("leader")
        followers = message.optional("followers") == nil ? [] : try message.all("followers")
        portfolio = message.optional("portfolio") == nil ? [] : try message.all("portfolio")
    }
}

/// Who invited an account, and what its own invitations have earned.
public struct HyperliquidReferral: Hashable, Sendable, MessageDecodable {
    public var referrer: String?
    public var code: String?
    public var volume: ExactDecimal
    public var unclaimedRewards: ExactDecimal
    public var claimedRewards: ExactDecimal
    public var builderRewards: ExactDecimal?

    public init(_ message: MessageReader) throws(MessageError) {
        let referredBy = try message.optionalObject("referredBy")
        referrer = try referredBy?.optionalText("referrer")
        code = try referredBy?.optionalText("code")
        volume = try message.decimal("cumVlm")
        unclaimedRewards = try message.decimal("unclaimedRewards")
        claimedRewards = try message.decimal("claimedRewards")
        builderRewards = try message.optionalDecimal("builderRewards")
    }
}
