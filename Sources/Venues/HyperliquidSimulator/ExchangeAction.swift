// SPDX-License-Identifier: Apache-2.0

import Cryptography
import JSON

/// A request of `/exchange` that could be read.
struct ExchangeRequest {
    var action: ExchangeAction
    var kind: String
    var nonce: UInt64
    var vault: Address?
    var expiresAfter: UInt64?
    var signature: JSONValue
    var actionValue: JSONValue
}

enum OrderKey {
    case oid(UInt64)
    case cloid(Cloid)
}

struct WireOrder {
    var asset: Int64
    var isBuy: Bool
    var price: Units
    var size: Units
    var reduceOnly: Bool
    var timeInForce: TimeInForce
    var trigger: Trigger?
    var cloid: Cloid?
}

enum ExchangeAction {
    case order([WireOrder], Grouping, Builder?)
    case modify(OrderKey, WireOrder)
    case batchModify([(OrderKey, WireOrder)])
    case cancel([(asset: Int64, key: OrderKey)], byClientID: Bool)
    case scheduleCancel(UInt64?)
    case updateLeverage(asset: Int64, isCross: Bool, leverage: Int64)
    case updateIsolatedMargin(asset: Int64, micros: Int64)
    case twapOrder(asset: Int64, isBuy: Bool, size: Units, reduceOnly: Bool, minutes: Int64, randomizes: Bool)
    case twapCancel(asset: Int64, id: UInt64)
    case topUpIsolatedOnlyMargin(asset: Int64, leverage: Units)
    case subAccountTransfer(account: Address, isDeposit: Bool, micros: Int64)
    case subAccountSpotTransfer(account: Address, isDeposit: Bool, token: String, amount: Units)
    case vaultTransfer(vault: Address, isDeposit: Bool, micros: Int64)
    case createSubAccount(String)
    case reserveRequestWeight(Int64)
    /// Taken and without effect here.
    case accepted
    /// The venue knows it, this one does not: it is signed and counted like the others and then refused.
    case unavailable
    case usdSend(to: Address, amount: Units)
    case spotSend(to: Address, token: String, amount: Units)
    case withdraw(to: Address, amount: Units)
    case sendAsset(to: Address, fromPerp: Bool, toPerp: Bool, token: String, amount: Units)
    case usdClassTransfer(amount: Units, toPerp: Bool, subAccount: Address?)
    case approveAgent(Address, name: String)
    case approveBuilderFee(Address, maximum: Int64)

    /// How many requests it counts against the address, and how many entries against the weight.
    var count: Int {
        switch self {
        case .order(let orders, _, _): max(1, orders.count)
        case .batchModify(let changes): max(1, changes.count)
        case .cancel(let cancels, _): max(1, cancels.count)
        default: 1
        }
    }
    var isCancel: Bool {
        switch self {
        case .cancel, .twapCancel, .scheduleCancel: true
        default: false
        }
    }
}

/// The request does not have the shape that the venue reads: it answers with status 422 and plain text.
struct UnreadableRequest: Error {}

extension ExchangeRequest {
    init(_ value: JSONValue) throws(UnreadableRequest) {
        guard let action = value["action"], let kind = action["type"]?.string, let nonce = value["nonce"]?.unsigned,
            let signature = value["signature"], signature.kind == .object
        else { throw UnreadableRequest() }
        self.kind = kind
        self.nonce = nonce
        self.signature = signature
        actionValue = action
        vault = try Self.optional(value["vaultAddress"]) { $0.string.flatMap { Address(anyCase: $0) } }
        expiresAfter = try Self.optional(value["expiresAfter"]) { $0.unsigned }
        self.action = try ExchangeAction(kind, action)
    }

    private static func optional<Value>(
        _ value: JSONValue?, _ read: (JSONValue) -> Value?
    ) throws(UnreadableRequest) -> Value? {
        guard let value, !value.isNull else { return nil }
        guard let result = read(value) else { throw UnreadableRequest() }
        return result
    }

    /// What the user's own key signs field by field: the type's name and its fields after the chain.
    static let userSigned: [String: (type: String, fields: [(type: String, name: String)])] = {
        func fields(_ text: String) -> [(type: String, name: String)] {
            ("string hyperliquidChain," + text).split(separator: ",").map {
                let parts = $0.split(separator: " ")
                return (String(parts[0]), String(parts[1]))
            }
        }
        return [
            "usdSend": ("UsdSend", fields("string destination,string amount,uint64 time")),
            "spotSend": ("SpotSend", fields("string destination,string token,string amount,uint64 time")),
            "withdraw3": ("Withdraw", fields("string destination,string amount,uint64 time")),
            "usdClassTransfer": ("UsdClassTransfer", fields("string amount,bool toPerp,uint64 nonce")),
            "approveAgent": ("ApproveAgent", fields("address agentAddress,string agentName,uint64 nonce")),
            "approveBuilderFee": ("ApproveBuilderFee", fields("string maxFeeRate,address builder,uint64 nonce")),
            "sendAsset": (
                "SendAsset",
                fields(
                    "string destination,string sourceDex,string destinationDex,string token,string amount,"
                        + "string fromSubAccount,uint64 nonce")
            ),
            "userDexAbstraction": ("UserDexAbstraction", fields("address user,bool enabled,uint64 nonce")),
            "userSetAbstraction": ("UserSetAbstraction", fields("address user,string abstraction,uint64 nonce")),
            "tokenDelegate": (
                "TokenDelegate", fields("address validator,uint64 wei,bool isUndelegate,uint64 nonce")
            ),
            "convertToMultiSigUser": ("ConvertToMultiSigUser", fields("string signers,uint64 nonce")),
            "cDeposit": ("CDeposit", fields("uint64 wei,uint64 nonce")),
            "cWithdraw": ("CWithdraw", fields("uint64 wei,uint64 nonce")),
        ]
    }()

    /// What is signed as a hash like trading is, and yet only by the account's own key: it moves money, or says who the
    /// account is.
    static let ownersOnly: Set<String> = [
        "subAccountTransfer", "subAccountSpotTransfer", "createSubAccount", "subAccountModify", "vaultTransfer",
        "createVault", "vaultModify", "vaultDistribute", "setReferrer", "registerReferrer", "claimRewards",
        "spotDeploy", "perpDeploy",
    ]

    func signer(isMainnet: Bool) -> Address? {
        if let (type, fields) = Self.userSigned[kind] {
            return RequestSignature.digest(type: type, fields: fields, of: actionValue)
                .flatMap { RequestSignature.signer(signature, of: $0) }
        }
        return RequestSignature.digest(
            action: actionValue, nonce: nonce, vault: vault, expiresAfter: expiresAfter, isMainnet: isMainnet
        ).flatMap { RequestSignature.signer(signature, of: $0) }
    }
}

extension ExchangeAction {
    fileprivate init(_ kind: String, _ value: JSONValue) throws(UnreadableRequest) {
        switch kind {
        case "order": self = try Self.readOrders(value)
        case "modify": self = .modify(try Self.key(value["oid"]), try Self.order(value["order"]))
        case "batchModify":
            var changes: [(OrderKey, WireOrder)] = []
            for change in try Self.list(value["modifies"]) {
                changes.append((try Self.key(change["oid"]), try Self.order(change["order"])))
            }
            self = .batchModify(changes)
        case "cancel":
            var cancels: [(asset: Int64, key: OrderKey)] = []
            for cancel in try Self.list(value["cancels"]) {
                cancels.append((try Self.integer(cancel["a"]), .oid(try Self.unsigned(cancel["o"]))))
            }
            self = .cancel(cancels, byClientID: false)
        case "cancelByCloid":
            var cancels: [(asset: Int64, key: OrderKey)] = []
            for cancel in try Self.list(value["cancels"]) {
                guard let cloid = cancel["cloid"]?.string.flatMap({ Cloid($0) }) else { throw UnreadableRequest() }
                cancels.append((try Self.integer(cancel["asset"]), .cloid(cloid)))
            }
            self = .cancel(cancels, byClientID: true)
        case "scheduleCancel":
            guard let time = value["time"], !time.isNull else {
                self = .scheduleCancel(nil)
                return
            }
            self = .scheduleCancel(try Self.unsigned(time))
        case "updateLeverage":
            self = .updateLeverage(
                asset: try Self.integer(value["asset"]), isCross: try Self.bool(value["isCross"]),
                leverage: try Self.integer(value["leverage"]))
        case "updateIsolatedMargin":
            _ = try Self.bool(value["isBuy"])
            self = .updateIsolatedMargin(
                asset: try Self.integer(value["asset"]), micros: try Self.integer(value["ntli"]))
        case "twapOrder":
            guard let twap = value["twap"], twap.kind == .object else { throw UnreadableRequest() }
            self = .twapOrder(
                asset: try Self.integer(twap["a"]), isBuy: try Self.bool(twap["b"]), size: try Self.units(twap["s"]),
                reduceOnly: try Self.bool(twap["r"]), minutes: try Self.integer(twap["m"]),
                randomizes: try Self.bool(twap["t"]))
        case "twapCancel":
            self = .twapCancel(asset: try Self.integer(value["a"]), id: try Self.unsigned(value["t"]))
        case "subAccountTransfer":
            self = .subAccountTransfer(
                account: try Self.address(value["subAccountUser"]), isDeposit: try Self.bool(value["isDeposit"]),
                micros: try Self.integer(value["usd"]))
        case "subAccountSpotTransfer":
            self = .subAccountSpotTransfer(
                account: try Self.address(value["subAccountUser"]), isDeposit: try Self.bool(value["isDeposit"]),
                token: try Self.text(value["token"]), amount: try Self.units(value["amount"]))
        case "vaultTransfer":
            self = .vaultTransfer(
                vault: try Self.address(value["vaultAddress"]), isDeposit: try Self.bool(value["isDeposit"]),
                micros: try Self.integer(value["usd"]))
        case "topUpIsolatedOnlyMargin":
            self = .topUpIsolatedOnlyMargin(
                asset: try Self.integer(value["asset"]), leverage: try Self.units(value["leverage"]))
        case "createSubAccount": self = .createSubAccount(try Self.text(value["name"]))
        case "reserveRequestWeight": self = .reserveRequestWeight(try Self.integer(value["weight"]))
        case "noop", "setReferrer", "evmUserModify", "agentEnableDexAbstraction", "agentSetAbstraction",
            "userDexAbstraction", "userSetAbstraction":
            self = .accepted
        case "createVault", "vaultModify", "vaultDistribute", "subAccountModify", "multiSig", "convertToMultiSigUser",
            "tokenDelegate", "cDeposit", "cWithdraw", "spotDeploy", "perpDeploy", "registerReferrer", "claimRewards",
            "borrowLend", "gossipPriorityBid":
            self = .unavailable
        default: self = try Self.readUserSigned(kind, value)
        }
    }

    private static func readUserSigned(_ kind: String, _ value: JSONValue) throws(UnreadableRequest) -> Self {
        switch kind {
        case "usdSend": return .usdSend(to: try address(value["destination"]), amount: try units(value["amount"]))
        case "spotSend":
            return .spotSend(
                to: try address(value["destination"]), token: try text(value["token"]),
                amount: try units(value["amount"]))
        case "sendAsset":
            let source = try text(value["sourceDex"])
            let destination = try text(value["destinationDex"])
            guard source.isEmpty || source == "spot", destination.isEmpty || destination == "spot" else {
                throw UnreadableRequest()
            }
            return .sendAsset(
                to: try address(value["destination"]), fromPerp: source.isEmpty, toPerp: destination.isEmpty,
                token: try text(value["token"]), amount: try units(value["amount"]))
        case "withdraw3":
            return .withdraw(to: try address(value["destination"]), amount: try units(value["amount"]))
        case "usdClassTransfer":
            let parts = try text(value["amount"]).split(separator: " ", omittingEmptySubsequences: false)
            guard let amount = parts.first.flatMap({ Decimals.parse($0.utf8) }), parts.count <= 2 else {
                throw UnreadableRequest()
            }
            var account: Address?
            if parts.count == 2 {
                account = parts[1].hasPrefix("subaccount:") ? Address(anyCase: String(parts[1].dropFirst(11))) : nil
                guard account != nil else { throw UnreadableRequest() }
            }
            return .usdClassTransfer(amount: amount, toPerp: try bool(value["toPerp"]), subAccount: account)
        case "approveAgent":
            let name = value["agentName"]
            return .approveAgent(
                try address(value["agentAddress"]), name: name == nil || name!.isNull ? "" : try text(name))
        case "approveBuilderFee":
            let rate = try text(value["maxFeeRate"])
            // `0.001%`: units of 10^-8 percent, here tenths of a basis point.
            guard rate.hasSuffix("%"), let share = Decimals.parse(rate.dropLast().utf8), share >= 0 else {
                throw UnreadableRequest()
            }
            return .approveBuilderFee(try address(value["builder"]), maximum: share / 100_000)
        default: throw UnreadableRequest()
        }
    }

    private static func readOrders(_ value: JSONValue) throws(UnreadableRequest) -> Self {
        var orders: [WireOrder] = []
        for order in try list(value["orders"]) { orders.append(try self.order(order)) }
        let grouping: Grouping
        switch value["grouping"]?.string {
        case "na": grouping = .none
        case "normalTpsl": grouping = .normalTpsl
        case "positionTpsl": grouping = .positionTpsl
        default:
            guard value["grouping"]?["p"]?.unsigned != nil else { throw UnreadableRequest() }
            grouping = .none
        }
        var builder: Builder?
        if let part = value["builder"], !part.isNull {
            builder = Builder(address: try address(part["b"]), fee: try integer(part["f"]))
            guard (0...1000).contains(builder!.fee) else { throw UnreadableRequest() }
        }
        return .order(orders, grouping, builder)
    }

    private static func order(_ value: JSONValue?) throws(UnreadableRequest) -> WireOrder {
        guard let value, let type = value["t"] else { throw UnreadableRequest() }
        var order = WireOrder(
            asset: try integer(value["a"]), isBuy: try bool(value["b"]), price: try units(value["p"]),
            size: try units(value["s"]), reduceOnly: try bool(value["r"]), timeInForce: .gtc, trigger: nil, cloid: nil)
        if let cloid = value["c"], !cloid.isNull {
            guard let read = cloid.string.flatMap({ Cloid($0) }) else { throw UnreadableRequest() }
            order.cloid = read
        }
        if let limit = type["limit"] {
            guard let timeInForce = limit["tif"]?.string.flatMap({ TimeInForce(rawValue: $0) }) else {
                throw UnreadableRequest()
            }
            order.timeInForce = timeInForce
        } else if let trigger = type["trigger"] {
            let kind = try text(trigger["tpsl"])
            guard kind == "tp" || kind == "sl" else { throw UnreadableRequest() }
            order.trigger = Trigger(
                price: try units(trigger["triggerPx"]), isMarket: try bool(trigger["isMarket"]), isStop: kind == "sl")
        } else {
            throw UnreadableRequest()
        }
        return order
    }

    // MARK: Members

    private static func list(_ value: JSONValue?) throws(UnreadableRequest) -> JSONValue.Elements {
        guard let value, value.kind == .array, value.count <= 100_000 else { throw UnreadableRequest() }
        return value.elements
    }
    private static func key(_ value: JSONValue?) throws(UnreadableRequest) -> OrderKey {
        if let oid = value?.unsigned { return .oid(oid) }
        guard let cloid = value?.string.flatMap({ Cloid($0) }) else { throw UnreadableRequest() }
        return .cloid(cloid)
    }
    private static func integer(_ value: JSONValue?) throws(UnreadableRequest) -> Int64 {
        guard let number = value?.integer else { throw UnreadableRequest() }
        return number
    }
    private static func unsigned(_ value: JSONValue?) throws(UnreadableRequest) -> UInt64 {
        guard let number = value?.unsigned else { throw UnreadableRequest() }
        return number
    }
    private static func bool(_ value: JSONValue?) throws(UnreadableRequest) -> Bool {
        guard let flag = value?.bool else { throw UnreadableRequest() }
        return flag
    }
    private static func text(_ value: JSONValue?) throws(UnreadableRequest) -> String {
        guard let text = value?.string else { throw UnreadableRequest() }
        return text
    }
    private static func address(_ value: JSONValue?) throws(UnreadableRequest) -> Address {
        guard let address = value?.string.flatMap({ Address(anyCase: $0) }) else { throw UnreadableRequest() }
        return address
    }
    /// A decimal number as a text.
    private static func units(_ value: JSONValue?) throws(UnreadableRequest) -> Units {
        guard let text = value?.string, text.utf8.count <= 64, let units = Decimals.parse(text.utf8) else {
            throw UnreadableRequest()
        }
        return units
    }
}
