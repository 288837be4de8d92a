// SPDX-License-Identifier: Apache-2.0

public import Cryptography

/// An action whose fields are signed one by one, with the names that a wallet shows.
public struct UserSignedType: Hashable, Sendable {
    /// The action's `type`.
    public let action: String
    /// `HyperliquidTransaction:UsdSend`.
    public let primaryType: String
    /// In the order in which they are signed.
    public let fields: [TypedData.Field]

    /// - Parameter fields: `name:type`, without the chain, which comes first in all of them.
    public init(_ action: String, _ name: String, _ fields: [String]) {
        self.action = action
        primaryType = "HyperliquidTransaction:\(name)"
        self.fields = [TypedData.Field("hyperliquidChain", "string")] + fields.map(Self.field)
    }

    static func field(_ text: String) -> TypedData.Field {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        return TypedData.Field(String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
    }

    /// The field that repeats the request's nonce.
    var nonceField: String { fields.contains { $0.name == "time" } ? "time" : "nonce" }

    public static let usdSend = Self("usdSend", "UsdSend", ["destination:string", "amount:string", "time:uint64"])
    public static let spotSend = Self(
        "spotSend", "SpotSend", ["destination:string", "token:string", "amount:string", "time:uint64"])
    public static let withdraw = Self(
        "withdraw3", "Withdraw", ["destination:string", "amount:string", "time:uint64"])
    public static let usdClassTransfer = Self(
        "usdClassTransfer", "UsdClassTransfer", ["amount:string", "toPerp:bool", "nonce:uint64"])
    public static let sendAsset = Self(
        "sendAsset", "SendAsset",
        [
            "destination:string", "sourceDex:string", "destinationDex:string", "token:string", "amount:string",
            "fromSubAccount:string", "nonce:uint64",
        ])
    public static let approveAgent = Self(
        "approveAgent", "ApproveAgent", ["agentAddress:address", "agentName:string", "nonce:uint64"])
    public static let approveBuilderFee = Self(
        "approveBuilderFee", "ApproveBuilderFee", ["maxFeeRate:string", "builder:address", "nonce:uint64"])
    public static let tokenDelegate = Self(
        "tokenDelegate", "TokenDelegate",
        ["validator:address", "wei:uint64", "isUndelegate:bool", "nonce:uint64"])
    public static let userDexAbstraction = Self(
        "userDexAbstraction", "UserDexAbstraction", ["user:address", "enabled:bool", "nonce:uint64"])
    public static let userSetAbstraction = Self(
        "userSetAbstraction", "UserSetAbstraction", ["user:address", "abstraction:string", "nonce:uint64"])
    public static let convertToMultiSigUser = Self(
        "convertToMultiSigUser", "ConvertToMultiSigUser", ["signers:string", "nonce:uint64"])

    public static let all = [
        usdSend, spotSend, withdraw, usdClassTransfer, sendAsset, approveAgent, approveBuilderFee, tokenDelegate,
        userDexAbstraction, userSetAbstraction, convertToMultiSigUser,
    ]
}

extension HyperliquidAction {
    public static func usdSend(to destination: EthereumAddress, amount: String) -> Self {
        Self(
            .usdSend, [.init("destination", .text(destination.description)), .init("amount", .text(amount))])
    }

    /// - Parameter token: `PURR:0xc1fb593aeffbeb02f85e0308e9956a90`.
    public static func spotSend(to destination: EthereumAddress, token: String, amount: String) -> Self {
        Self(
            .spotSend,
            [
                .init("destination", .text(destination.description)), .init("token", .text(token)),
                .init("amount", .text(amount)),
            ])
    }

    public static func withdraw(to destination: EthereumAddress, amount: String) -> Self {
        Self(
            .withdraw, [.init("destination", .text(destination.description)), .init("amount", .text(amount))])
    }

    /// Moves USDC between the spot and the perpetual account.
    /// - Parameter subAccount: Whose accounts; `nil` for the signer's.
    public static func usdClassTransfer(amount: String, toPerp: Bool, subAccount: EthereumAddress? = nil) -> Self {
        let text = subAccount.map { "\(amount) subaccount:\($0)" } ?? amount
        return Self(.usdClassTransfer, [.init("amount", .text(text)), .init("toPerp", .bool(toPerp))])
    }

    /// - Parameters:
    ///   - sourceDex: Empty for the first perpetual exchange, `spot` for the spot account.
    ///   - token: `USDC:0x…`.
    public static func sendAsset(
        to destination: EthereumAddress, sourceDex: String, destinationDex: String, token: String, amount: String,
        fromSubAccount: EthereumAddress? = nil
    ) -> Self {
        Self(
            .sendAsset,
            [
                .init("destination", .text(destination.description)), .init("sourceDex", .text(sourceDex)),
                .init("destinationDex", .text(destinationDex)), .init("token", .text(token)),
                .init("amount", .text(amount)),
                .init("fromSubAccount", .text(fromSubAccount?.description ?? "")),
            ])
    }

    /// Lets another key sign everything that moves no money.
    /// - Parameter name: Empty: the one unnamed agent, which it replaces.
    public static func approveAgent(_ agent: EthereumAddress, name: String = "") -> Self {
        Self(
            .approveAgent, [.init("agentAddress", .text(agent.description)), .init("agentName", .text(name))])
    }

    /// - Parameter maximumRate: `0.001%`.
    public static func approveBuilderFee(_ builder: EthereumAddress, maximumRate: String) -> Self {
        Self(
            .approveBuilderFee,
            [.init("maxFeeRate", .text(maximumRate)), .init("builder", .text(builder.description))])
    }

    public static func tokenDelegate(validator: EthereumAddress, wei: Int64, isUndelegate: Bool) -> Self {
        Self(
            .tokenDelegate,
            [
                .init("validator", .text(validator.description)), .init("wei", .integer(wei)),
                .init("isUndelegate", .bool(isUndelegate)),
            ])
    }

    public static func userDexAbstraction(_ user: EthereumAddress, isEnabled: Bool) -> Self {
        Self(.userDexAbstraction, [.init("user", .text(user.description)), .init("enabled", .bool(isEnabled))])
    }

    public static func userSetAbstraction(_ user: EthereumAddress, _ abstraction: String) -> Self {
        Self(
            .userSetAbstraction, [.init("user", .text(user.description)), .init("abstraction", .text(abstraction))])
    }

    /// - Parameter signers: JSON text of the authorised users and the threshold, as the venue documents it.
    public static func convertToMultiSigUser(signers: String) -> Self {
        Self(.convertToMultiSigUser, [.init("signers", .text(signers))])
    }
}
