// SPDX-License-Identifier: Apache-2.0

internal import Cryptography
internal import Hyperliquid
internal import JSON

/// ccxt's signed calls about margin, money and the account.
extension CCXTCall {
    /// `nil` where the call is no action.
    func accountAction() throws -> HyperliquidAction? {
        switch name {
        case "setleverage":
            return .updateLeverage(
                asset: Int(market(try text(1, "symbol")).asset),
                isCross: (parameter("marginMode")?.string ?? "cross") == "cross",
                leverage: try whole(argument(0), "leverage"))
        case "setmarginmode":
            return .updateLeverage(
                asset: Int(market(try text(1, "symbol")).asset), isCross: try text(0, "marginMode") == "cross",
                leverage: try whole(parameter("leverage"), "leverage"))
        case "addmargin", "reducemargin":
            let market = market(try text(0, "symbol"))
            // ccxt rounds the dollars to the decimals of the market's sizes.
            let amount = CCXTNumber.rounded(try decimal(argument(1), "amount"), decimals: market.sizeDecimals)
            let dollars = try microDollars(amount)
            return .updateIsolatedMargin(
                asset: Int(market.asset), microDollars: name == "reducemargin" ? 0 &- dollars : dollars)
        case "transfer": return try transfer()
        case "withdraw":
            if let vault {
                return .vaultTransfer(
                    try EthereumAddress(parsing: vault), isDeposit: false,
                    microDollars: try whole(argument(1), "amount"))
            }
            return try json([
                ("type", .text("withdraw3")), ("destination", .text(try text(2, "address"))),
                ("amount", .text(try text(1, "amount"))), ("time", .integer(0)),
            ])
        case "approvebuilderfee":
            return try json([
                ("type", .text("approveBuilderFee")), ("maxFeeRate", .text(try text(1, "maxFeeRate"))),
                ("builder", .text(try text(0, "builder"))), ("nonce", .integer(0)),
            ])
        case "createvault":
            return try json([
                ("type", .text("createVault")), ("name", .text(try text(0, "name"))),
                ("description", .text(try text(1, "description"))),
                ("initialUsd", .integer(try microDollars(try decimal(argument(2), "initialUsd")))),
                ("nonce", .integer(Int64(clamping: nonce))),
            ])
        case "reserverequestweight": return .reserveRequestWeight(try whole(argument(0), "weight"))
        case "createsubaccount": return .createSubAccount(name: try text(0, "name"))
        case "setref": return .setReferrer(code: parameter("ref")?.string ?? "CCXT1")
        case "setagentabstraction":
            return try json([
                ("type", .text("agentSetAbstraction")), ("abstraction", .text(try text(0, "abstraction"))),
            ])
        case "setuserabstraction":
            return try json([
                ("type", .text("userSetAbstraction")), ("abstraction", .text(try text(0, "abstraction"))),
                ("user", .text(user)), ("nonce", .integer(0)),
            ])
        case "enableuserdexabstraction":
            return try json([
                ("type", .text("userDexAbstraction")), ("enabled", .bool(argument(0)?.bool ?? false)),
                ("user", .text(user)), ("nonce", .integer(0)),
            ])
        default: return nil
        }
    }

    private func json(_ members: [(String, ActionValue)]) throws -> HyperliquidAction {
        try HyperliquidAction(json: try JSON.parse(ActionValue.map(members.map { .init($0.0, $0.1) }).json))
    }

    private func microDollars(_ amount: ExactDecimal) throws -> Int64 {
        guard let units = CCXTNumber.truncated(amount, decimals: 6).units(decimals: 6, as: Int64.self) else {
            throw Problem(description: "'\(amount)' is no amount of dollars")
        }
        return units
    }

    /// `code, amount, from, to, parameters`.
    private func transfer() throws -> HyperliquidAction? {
        let (source, target) = (try text(2, "fromAccount"), try text(3, "toAccount"))
        let amount = try decimal(argument(1), "amount")
        let ownAccounts = ["spot", "swap", "perp"]
        if ownAccounts.contains(source) {
            guard ownAccounts.contains(target) else { throw Problem(description: "only spot and perpetual accounts") }
            // ccxt names the sub-account without 0x.
            let suffix = vault.map { " subaccount:" + $0.dropFirst(2) } ?? ""
            return try json([
                ("type", .text("usdClassTransfer")), ("amount", .text("\(amount)\(suffix)")),
                ("toPerp", .bool(target != "spot")), ("nonce", .integer(0)),
            ])
        }
        guard source == "main" || target == "main" else { throw Problem(description: "only main and a sub-account") }
        let isDeposit = source == "main"
        let account = isDeposit ? target : source
        if expected?["action"]?["type"]?.string == "sendAsset" {
            let kind = parameter("type")?.string
            let dex = kind == "swap" || kind == "perp" ? "" : "spot"
            return try json([
                ("type", .text("sendAsset")), ("destination", .text(isDeposit ? account : user)),
                ("sourceDex", .text(parameter("sourceDex")?.string ?? dex)),
                ("destinationDex", .text(parameter("destinationDex")?.string ?? dex)),
                ("token", .text(expected?["action"]?["token"]?.string ?? "")), ("amount", .text("\(amount)")),
                ("fromSubAccount", .text(isDeposit ? "" : account)), ("nonce", .integer(0)),
            ])
        }
        if try text(0, "code").uppercased() == "USDC", parameter("type")?.string != "spot" {
            return try json([
                ("type", .text("subAccountTransfer")), ("subAccountUser", .text(account)),
                ("isDeposit", .bool(isDeposit)), ("usd", .integer(try microDollars(amount))),
            ])
        }
        // The token's number is the venue's and is not in the case.
        return try json([
            ("type", .text("subAccountSpotTransfer")), ("subAccountUser", .text(account)),
            ("isDeposit", .bool(isDeposit)), ("token", .text(expected?["action"]?["token"]?.string ?? "")),
            ("amount", .text("\(amount)")),
        ])
    }
}

extension CCXTNumber {
    static func truncated(_ value: ExactDecimal, decimals: Int) -> ExactDecimal {
        guard value.decimals > decimals else { return value }
        var mantissa = value.mantissa
        for _ in 0..<(value.decimals - decimals) { mantissa /= 10 }
        return ExactDecimal(mantissa: mantissa, decimals: decimals)
    }
}
