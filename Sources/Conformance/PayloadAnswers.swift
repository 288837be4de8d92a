// SPDX-License-Identifier: Apache-2.0

internal import Hyperliquid
internal import JSON
internal import Trading

/// Answers to questions of a known type.
extension PayloadCases {
    /// - Parameter type: Of the question; `empty` for a list without anything.
    static func answer(_ type: String, _ json: JSONValue) throws -> CaseOutcome {
        guard let differences = try market(type, json) ?? account(type, json) ?? details(type, json) else {
            return .skipped(reason: "an answer to '\(type)', which Apus never asks")
        }
        return CaseOutcome(differences: differences)
    }

    private static func value<Value: MessageDecodable>(_ type: Value.Type, _ json: JSONValue) throws -> Value {
        try HyperliquidAnswer.value(type, Array(json.text.utf8))
    }

    /// What differs where each element of a list is read; `null` stands for none.
    private static func list<Value: MessageDecodable>(_ type: Value.Type, _ json: JSONValue) throws -> [String] {
        let read = try HyperliquidAnswer.optionalList(of: type, Array(json.text.utf8))
        return Comparison.equal("count", json.count, read.count)
    }

    private static func market(_ type: String, _ json: JSONValue) throws -> [String]? {
        switch type {
        case "meta", "metaAndAssetCtxs": return try universe(json["universe"] == nil ? json[0] : json, json[1])
        case "spotMeta", "spotMetaAndAssetCtxs":
            let universe = try HyperliquidUniverse(perpetual: nil, spot: MessageReader(json))
            let list = json["universe"] ?? json[0]?["universe"]
            return Comparison.equal("universe.count", list?.count, universe.markets.count) + (try contexts(json[1]))
        case "allPerpMetas": return try json.elements.flatMap { try universe($0, nil) }
        case "l2Book":
            if json.isNull { return [] }
            return sides(try value(HyperliquidBook.self, json), json)
        case "allMids": return Comparison.equal("count", json.count, try value(HyperliquidMids.self, json).mids.count)
        case "recentTrades": return try list(HyperliquidTrade.self, json)
        case "candleSnapshot": return try list(HyperliquidCandle.self, json)
        case "fundingHistory": return try list(HyperliquidFundingRate.self, json)
        case "predictedFundings": return try list(HyperliquidPredictedFunding.self, json)
        default: return nil
        }
    }

    private static func universe(_ json: JSONValue?, _ contexts: JSONValue?) throws -> [String] {
        guard let json else { return ["there is no universe"] }
        let universe = try HyperliquidUniverse(perpetual: MessageReader(json), spot: nil)
        return Comparison.equal("universe.count", json["universe"]?.count, universe.markets.count)
            + (try Self.contexts(contexts))
    }

    private static func contexts(_ json: JSONValue?) throws -> [String] {
        guard let json, json.kind == .array else { return [] }
        return try list(HyperliquidContext.self, json)
    }

    private static func account(_ type: String, _ json: JSONValue) throws -> [String]? {
        switch type {
        case "clearinghouseState":
            let state = try value(HyperliquidPerpetualState.self, json)
            return Comparison.equal("positions", json["assetPositions"]?.count, state.positions.count)
                + Comparison.equal(
                    "withdrawable", ExactDecimal(json["withdrawable"]?.word ?? ""), state.withdrawable)
        case "spotClearinghouseState":
            let state = try value(HyperliquidSpotState.self, json)
            return Comparison.equal("balances", json["balances"]?.count, state.balances.count)
        case "openOrders", "frontendOpenOrders": return try list(HyperliquidOrderInfo.self, json)
        case "historicalOrders":
            let updates = try HyperliquidAnswer.optionalList(
                of: HyperliquidOrderUpdate.self, Array(json.text.utf8))
            return Comparison.equal("count", json.count, updates.count) + updates.compactMap { unknown($0.status) }
        case "orderStatus":
            guard case .order(let update) = try value(HyperliquidOrderQuery.self, json) else { return [] }
            return unknown(update.status).map { [$0] } ?? []
        case "userFills", "userFillsByTime": return try list(HyperliquidFill.self, json)
        case "userFunding": return try list(HyperliquidFunding.self, json)
        case "userNonFundingLedgerUpdates": return try list(HyperliquidLedgerUpdate.self, json)
        case "userTwapSliceFills", "userTwapSliceFillsByTime": return try list(HyperliquidTwapFill.self, json)
        case "twapHistory": return try list(HyperliquidTwapState.self, json)
        case "userFees":
            let fees = try value(HyperliquidFees.self, json)
            return Comparison.equal("taker", ExactDecimal(json["userCrossRate"]?.word ?? ""), fees.perpetualTaker)
        case "userRateLimit":
            let limit = try value(HyperliquidRateLimit.self, json)
            return Comparison.equal("nRequestsUsed", json["nRequestsUsed"]?.unsigned, limit.used)
        case "userRole":
            return Comparison.equal("role", json["role"]?.string, try value(HyperliquidRole.self, json).role)
        case "extraAgents": return try list(HyperliquidAgent.self, json)
        case "subAccounts": return try list(HyperliquidSubAccount.self, json)
        case "portfolio": return try list(HyperliquidPortfolio.self, json)
        case "activeAssetData":
            let asset = try value(HyperliquidActiveAsset.self, json)
            return Comparison.equal("coin", json["coin"]?.string, asset.coin)
        case "exchange":
            _ = try HyperliquidAnswer.exchange(Array(json.text.utf8))
            return []
        case "empty": return Comparison.equal("count", 0, json.count)
        default: return nil
        }
    }

    private static func details(_ type: String, _ json: JSONValue) throws -> [String]? {
        switch type {
        case "exchangeStatus":
            let status = try value(HyperliquidStatus.self, json)
            return Comparison.equal("time", json["time"]?.integer.map { Timestamp(milliseconds: $0) }, status.time)
        case "perpDexs":
            return Comparison.equal("count", json.count, try HyperliquidPerpetualDex.all(MessageReader(json)).count)
        case "userAbstraction": return json.string == nil && !json.isNull ? ["expected a text, got \(json.text)"] : []
        case "userVaultEquities": return try list(HyperliquidVaultEquity.self, json)
        case "vaultDetails":
            if json.isNull { return [] }
            let vault = try value(HyperliquidVault.self, json)
            return Comparison.equal("followers", json["followers"]?.count ?? 0, vault.followers.count)
        case "referral":
            let referral = try value(HyperliquidReferral.self, json)
            return Comparison.equal("cumVlm", ExactDecimal(json["cumVlm"]?.word ?? ""), referral.volume)
        case "delegatorSummary":
            let staking = try value(HyperliquidStaking.self, json)
            return Comparison.equal("delegated", ExactDecimal(json["delegated"]?.word ?? ""), staking.delegated)
        case "delegations": return try list(HyperliquidDelegation.self, json)
        case "delegatorHistory": return try list(HyperliquidStakingChange.self, json)
        case "delegatorRewards": return try list(HyperliquidStakingReward.self, json)
        default: return nil
        }
    }
}
