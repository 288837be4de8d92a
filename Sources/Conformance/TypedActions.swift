// SPDX-License-Identifier: Apache-2.0

internal import Cryptography
internal import Execution
internal import Hyperliquid
internal import JSON

/// Makes an action anew with the connector's own constructors from what a published one asks for, so that they are
/// judged by it: which members there are, in which order, and how they are written.
struct TypedActions {
    let json: JSONValue

    /// `nil` where the connector has no constructor for it.
    static func action(_ json: JSONValue) throws -> HyperliquidAction? {
        let action = TypedActions(json: json)
        return try action.trading() ?? action.account() ?? action.userSigned()
    }

    private func trading() throws -> HyperliquidAction? {
        switch json["type"]?.string {
        case "order":
            guard let grouping = HyperliquidGrouping(rawValue: json["grouping"]?.string ?? "") else { return nil }
            var builder: HyperliquidBuilder?
            if let part = json["builder"] {
                builder = HyperliquidBuilder(address: try Self.text(part, "b"), fee: try Self.small(part, "f"))
            }
            return .order(try list("orders").map(Self.order), grouping: grouping, builder: builder)
        case "cancel":
            return .cancel(try list("cancels").map { (try Self.small($0, "a"), try Self.unsigned($0, "o")) })
        case "cancelByCloid":
            return .cancelByClient(
                try list("cancels").map { (try Self.small($0, "asset"), try Self.client($0["cloid"])) })
        case "modify": return .modify(try Self.name(json["oid"]), to: try Self.order(Self.part(json, "order")))
        case "batchModify":
            return .batchModify(
                try list("modifies").map { (try Self.name($0["oid"]), try Self.order(Self.part($0, "order"))) })
        case "scheduleCancel":
            return .scheduleCancel(at: json["time"]?.isNull != false ? nil : try Self.unsigned(json, "time"))
        case "twapOrder":
            let twap = try Self.part(json, "twap")
            return .twapOrder(
                asset: try Self.small(twap, "a"), isBuy: try Self.flag(twap, "b"), size: try Self.number(twap, "s"),
                isReduceOnly: try Self.flag(twap, "r"), minutes: try Self.small(twap, "m"),
                isRandomized: try Self.flag(twap, "t"))
        case "twapCancel": return .twapCancel(asset: try Self.small(json, "a"), twap: try Self.unsigned(json, "t"))
        case "noop": return .noop
        default: return nil
        }
    }

    private func account() throws -> HyperliquidAction? {
        switch json["type"]?.string {
        case "updateLeverage":
            return .updateLeverage(
                asset: try Self.small(json, "asset"), isCross: try Self.flag(json, "isCross"),
                leverage: try Self.integer(json, "leverage"))
        case "updateIsolatedMargin":
            return .updateIsolatedMargin(
                asset: try Self.small(json, "asset"), microDollars: try Self.integer(json, "ntli"))
        case "topUpIsolatedOnlyMargin":
            return .topUpIsolatedOnlyMargin(
                asset: try Self.small(json, "asset"), leverage: try Self.number(json, "leverage"))
        case "vaultTransfer":
            guard let vault = try address("vaultAddress") else { return nil }
            return .vaultTransfer(
                vault, isDeposit: try Self.flag(json, "isDeposit"), microDollars: try Self.integer(json, "usd"))
        case "subAccountTransfer":
            guard let other = try address("subAccountUser") else { return nil }
            return .subAccountTransfer(
                other, isDeposit: try Self.flag(json, "isDeposit"), microDollars: try Self.integer(json, "usd"))
        case "subAccountSpotTransfer":
            guard let other = try address("subAccountUser") else { return nil }
            return .subAccountSpotTransfer(
                other, isDeposit: try Self.flag(json, "isDeposit"), token: try Self.text(json, "token"),
                amount: try Self.text(json, "amount"))
        case "createSubAccount": return .createSubAccount(name: try Self.text(json, "name"))
        case "setReferrer": return .setReferrer(code: try Self.text(json, "code"))
        case "reserveRequestWeight": return .reserveRequestWeight(try Self.integer(json, "weight"))
        default: return nil
        }
    }

    private func userSigned() throws -> HyperliquidAction? {
        switch json["type"]?.string {
        case "usdSend":
            return try address("destination").map { .usdSend(to: $0, amount: try Self.text(json, "amount")) }
        case "spotSend":
            return try address("destination").map {
                .spotSend(to: $0, token: try Self.text(json, "token"), amount: try Self.text(json, "amount"))
            }
        case "withdraw3":
            return try address("destination").map { .withdraw(to: $0, amount: try Self.text(json, "amount")) }
        case "usdClassTransfer":
            let parts = try Self.text(json, "amount").split(separator: " ")
            let amount = parts.first.map(String.init) ?? ""
            guard parts.count == 2 else {
                return .usdClassTransfer(amount: amount, toPerp: try Self.flag(json, "toPerp"))
            }
            guard let account = try Self.address(String(parts[1].drop { $0 != ":" }.dropFirst())) else { return nil }
            return .usdClassTransfer(amount: amount, toPerp: try Self.flag(json, "toPerp"), subAccount: account)
        case "sendAsset":
            let from = try Self.text(json, "fromSubAccount")
            let account = from.isEmpty ? nil : try Self.address(from)
            guard let destination = try address("destination"), from.isEmpty || account != nil else { return nil }
            return .sendAsset(
                to: destination, sourceDex: try Self.text(json, "sourceDex"),
                destinationDex: try Self.text(json, "destinationDex"), token: try Self.text(json, "token"),
                amount: try Self.text(json, "amount"), fromSubAccount: account)
        case "approveAgent":
            return try address("agentAddress").map { .approveAgent($0, name: json["agentName"]?.string ?? "") }
        case "approveBuilderFee":
            return try address("builder").map {
                .approveBuilderFee($0, maximumRate: try Self.text(json, "maxFeeRate"))
            }
        case "tokenDelegate":
            return try address("validator").map {
                .tokenDelegate(
                    validator: $0, wei: try Self.integer(json, "wei"), isUndelegate: try Self.flag(json, "isUndelegate")
                )
            }
        case "userDexAbstraction":
            return try address("user").map { .userDexAbstraction($0, isEnabled: try Self.flag(json, "enabled")) }
        case "userSetAbstraction":
            return try address("user").map { .userSetAbstraction($0, try Self.text(json, "abstraction")) }
        case "convertToMultiSigUser": return .convertToMultiSigUser(signers: try Self.text(json, "signers"))
        default: return nil
        }
    }

    // MARK: Orders

    private static func order(_ json: JSONValue) throws -> HyperliquidOrder {
        let type = try part(json, "t")
        let kind: HyperliquidOrder.Kind
        if let trigger = type["trigger"] {
            guard let protection = HyperliquidOrder.Protection(rawValue: try text(trigger, "tpsl")) else {
                throw problem("t.trigger.tpsl", trigger)
            }
            kind = .trigger(
                price: try number(trigger, "triggerPx"), isMarket: try flag(trigger, "isMarket"), protection)
        } else {
            guard let word = type["limit"]?["tif"]?.string, let tif = HyperliquidOrder.TimeInForce(rawValue: word)
            else {
                throw problem("t.limit.tif", type)
            }
            kind = .limit(tif)
        }
        return HyperliquidOrder(
            asset: try small(json, "a"), isBuy: try flag(json, "b"), price: try number(json, "p"),
            size: try number(json, "s"), isReduceOnly: try flag(json, "r"), kind: kind,
            client: json["c"] == nil ? nil : try client(json["c"]))
    }

    private static func name(_ json: JSONValue?) throws -> HyperliquidOrderName {
        if let number = json?.unsigned { return .number(number) }
        return .client(try client(json))
    }

    private static func client(_ json: JSONValue?) throws -> ClientOrderID {
        guard let text = json?.string, let client = ClientOrderID(text) else { throw problem("cloid", json) }
        return client
    }

    // MARK: Members

    private func list(_ name: String) throws -> [JSONValue] {
        guard let list = json[name], list.kind == .array else { throw Self.problem(name, json[name]) }
        return Array(list.elements)
    }

    private func address(_ name: String) throws -> EthereumAddress? { try Self.address(Self.text(json, name)) }

    /// `nil` for one with upper-case letters: the constructors write all in lower case, as the venue asks.
    private static func address(_ text: String) throws -> EthereumAddress? {
        text == text.lowercased() ? try EthereumAddress(parsing: text) : nil
    }

    private static func part(_ json: JSONValue, _ name: String) throws -> JSONValue {
        guard let value = json[name], value.kind == .object else { throw problem(name, json[name]) }
        return value
    }

    private static func text(_ json: JSONValue, _ name: String) throws -> String {
        guard let text = json[name]?.string else { throw problem(name, json[name]) }
        return text
    }

    /// A number written as a text, in the form that this connector writes.
    private static func number(_ json: JSONValue, _ name: String) throws -> String {
        guard let number = ExactDecimal(try text(json, name)) else { throw problem(name, json[name]) }
        return number.description
    }

    private static func flag(_ json: JSONValue, _ name: String) throws -> Bool {
        guard let flag = json[name]?.bool else { throw problem(name, json[name]) }
        return flag
    }

    private static func integer(_ json: JSONValue, _ name: String) throws -> Int64 {
        guard let number = json[name]?.integer else { throw problem(name, json[name]) }
        return number
    }

    private static func small(_ json: JSONValue, _ name: String) throws -> Int {
        guard let small = Int(exactly: try integer(json, name)) else { throw problem(name, json[name]) }
        return small
    }

    private static func unsigned(_ json: JSONValue, _ name: String) throws -> UInt64 {
        guard let number = json[name]?.unsigned else { throw problem(name, json[name]) }
        return number
    }

    private static func problem(_ name: String, _ value: JSONValue?) -> ConformanceFileError {
        ConformanceFileError(description: "action: '\(name)' cannot be \(value?.text ?? "absent")")
    }
}
