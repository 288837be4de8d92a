// SPDX-License-Identifier: Apache-2.0

public import Cryptography
public import Execution
public import JSON

/// Something that a key signs and the venue does.
public struct HyperliquidAction: Hashable, Sendable {
    /// What exactly is signed.
    public enum Signing: Hashable, Sendable {
        /// A hash of the whole action. Agents may sign it.
        /// - Parameter actsForVault: Whether it is done for the signer's vault or sub-account where one is configured.
        case hashed(actsForVault: Bool)
        /// The fields themselves, so that a wallet can show them. Only the account's own key may sign it.
        case fields(UserSignedType)
    }

    public let value: ActionValue
    public let signing: Signing

    init(_ value: ActionValue, actsForVault: Bool = true) {
        self.value = value
        signing = .hashed(actsForVault: actsForVault)
    }

    init(_ type: UserSignedType, _ fields: [ActionValue.Member]) {
        value = .map([.init("type", .text(type.action))] + fields)
        signing = .fields(type)
    }

    /// Any action, as JSON in the order in which it is to be hashed.
    public init(json: JSONValue) throws(MessageError) {
        let value = try ActionValue(json)
        guard let type = value["type"]?.text else {
            throw MessageError(field: "action.type", problem: .missing, value: json.text)
        }
        self.value = value
        signing =
            UserSignedType.all.first { $0.action == type }.map { .fields($0) }
            ?? .hashed(actsForVault: !Self.signedWithoutVault.contains(type))
        guard case .fields(let type) = signing else { return }
        do {
            let example = HyperliquidSigner.completed(self, nonce: 0, isMainnet: true)
            _ = try HyperliquidSigning.fieldsDigest(example, primaryType: type.primaryType, fields: type.fields)
        } catch {
            throw MessageError(field: "action", problem: .wrongType(expected: type.primaryType), value: "\(error)")
        }
    }

    /// What a signer does for itself even where it acts for a vault otherwise.
    private static let signedWithoutVault: Set<String> = [
        "setReferrer", "createSubAccount", "subAccountTransfer", "subAccountSpotTransfer", "vaultTransfer",
        "spotDeploy", "perpDeploy", "CSignerAction", "CValidatorAction", "evmUserModify",
    ]

    public var type: String { value["type"]?.text ?? "" }
}

// MARK: - Orders

extension HyperliquidAction {
    public static func order(
        _ orders: [HyperliquidOrder], grouping: HyperliquidGrouping = .none, builder: HyperliquidBuilder? = nil
    ) -> Self {
        var members: [ActionValue.Member] = [
            .init("type", "order"), .init("orders", .list(orders.map(\.value))),
            .init("grouping", .text(grouping.rawValue)),
        ]
        if let builder {
            members.append(
                .init("builder", ["b": .text(builder.address), "f": .integer(Int64(builder.fee))]))
        }
        return Self(.map(members))
    }

    public static func cancel(_ orders: [(asset: Int, order: UInt64)]) -> Self {
        Self([
            "type": "cancel",
            "cancels": .list(
                orders.map {
                    ["a": .integer(Int64($0.asset)), "o": HyperliquidOrderName.number($0.order).value]
                }),
        ])
    }

    public static func cancelByClient(_ orders: [(asset: Int, client: ClientOrderID)]) -> Self {
        Self([
            "type": "cancelByCloid",
            "cancels": .list(
                orders.map { ["asset": .integer(Int64($0.asset)), "cloid": .text($0.client.description)] }),
        ])
    }

    public static func modify(_ order: HyperliquidOrderName, to new: HyperliquidOrder) -> Self {
        Self(["type": "modify", "oid": order.value, "order": new.value])
    }

    public static func batchModify(_ changes: [(order: HyperliquidOrderName, to: HyperliquidOrder)]) -> Self {
        Self([
            "type": "batchModify",
            "modifies": .list(changes.map { ["oid": $0.order.value, "order": $0.to.value] }),
        ])
    }

    /// Cancels all open orders at a time (milliseconds since 1970); `nil` takes that back.
    public static func scheduleCancel(at time: UInt64?) -> Self {
        guard let time else { return Self(["type": "scheduleCancel"]) }
        return Self(["type": "scheduleCancel", "time": HyperliquidOrderName.number(time).value])
    }

    /// Buys or sells in slices over 5 to 1440 minutes.
    public static func twapOrder(
        asset: Int, isBuy: Bool, size: String, isReduceOnly: Bool, minutes: Int, isRandomized: Bool
    ) -> Self {
        Self([
            "type": "twapOrder",
            "twap": [
                "a": .integer(Int64(asset)), "b": .bool(isBuy), "s": .text(size), "r": .bool(isReduceOnly),
                "m": .integer(Int64(minutes)), "t": .bool(isRandomized),
            ],
        ])
    }

    public static func twapCancel(asset: Int, twap: UInt64) -> Self {
        Self(["type": "twapCancel", "a": .integer(Int64(asset)), "t": HyperliquidOrderName.number(twap).value])
    }

    /// Does nothing but use its nonce: what was sent before with that nonce can no longer be accepted.
    public static let noop = Self(["type": "noop"])
}

// MARK: - Margin and account

extension HyperliquidAction {
    public static func updateLeverage(asset: Int, isCross: Bool, leverage: Int64) -> Self {
        Self([
            "type": "updateLeverage", "asset": .integer(Int64(asset)), "isCross": .bool(isCross),
            "leverage": .integer(leverage),
        ])
    }

    /// Adds margin to an isolated position, or takes it away.
    /// - Parameter microDollars: One dollar is 1,000,000.
    public static func updateIsolatedMargin(asset: Int, microDollars: Int64) -> Self {
        Self([
            "type": "updateIsolatedMargin", "asset": .integer(Int64(asset)), "isBuy": true,
            "ntli": .integer(microDollars),
        ])
    }

    /// Adds the margin that brings an isolated position to this leverage.
    public static func topUpIsolatedOnlyMargin(asset: Int, leverage: String) -> Self {
        Self(["type": "topUpIsolatedOnlyMargin", "asset": .integer(Int64(asset)), "leverage": .text(leverage)])
    }

    public static func vaultTransfer(_ vault: EthereumAddress, isDeposit: Bool, microDollars: Int64) -> Self {
        Self(
            [
                "type": "vaultTransfer", "vaultAddress": .text(vault.description), "isDeposit": .bool(isDeposit),
                "usd": .integer(microDollars),
            ], actsForVault: false)
    }

    public static func subAccountTransfer(_ account: EthereumAddress, isDeposit: Bool, microDollars: Int64) -> Self {
        Self(
            [
                "type": "subAccountTransfer", "subAccountUser": .text(account.description),
                "isDeposit": .bool(isDeposit), "usd": .integer(microDollars),
            ], actsForVault: false)
    }

    public static func subAccountSpotTransfer(
        _ account: EthereumAddress, isDeposit: Bool, token: String, amount: String
    ) -> Self {
        Self(
            [
                "type": "subAccountSpotTransfer", "subAccountUser": .text(account.description),
                "isDeposit": .bool(isDeposit), "token": .text(token), "amount": .text(amount),
            ], actsForVault: false)
    }

    public static func createSubAccount(name: String) -> Self {
        Self(["type": "createSubAccount", "name": .text(name)], actsForVault: false)
    }

    public static func setReferrer(code: String) -> Self {
        Self(["type": "setReferrer", "code": .text(code)], actsForVault: false)
    }

    /// Buys requests for this address, 0.0005 USDC each.
    public static func reserveRequestWeight(_ weight: Int64) -> Self {
        Self(["type": "reserveRequestWeight", "weight": .integer(weight)])
    }
}
