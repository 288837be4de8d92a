// SPDX-License-Identifier: Apache-2.0

internal import JSON

/// Says which question an answer belongs to, where the case does not keep the question.
enum PayloadShape {
    /// The `type` of the question; `nil` where the shape says nothing or belongs to no question of Apus.
    static func kind(of payload: JSONValue) -> String? {
        switch payload.kind {
        case .object: object(payload)
        case .array: list(payload)
        case .string, .number, .true, .false, .null: nil
        }
    }

    private static func object(_ payload: JSONValue) -> String? {
        let marks: [(members: [String], type: String)] = [
            (["levels"], "l2Book"), (["universe", "tokens"], "spotMeta"), (["universe"], "meta"),
            (["assetPositions"], "clearinghouseState"), (["balances"], "spotClearinghouseState"),
            (["userCrossRate"], "userFees"), (["nRequestsUsed"], "userRateLimit"), (["maxTradeSzs"], "activeAssetData"),
            (["role"], "userRole"), (["specialStatuses"], "exchangeStatus"),
            (["delegated", "undelegated"], "delegatorSummary"), (["leader", "vaultAddress"], "vaultDetails"),
            (["unclaimedRewards", "cumVlm"], "referral"), (["status", "response"], "exchange"),
            (["status"], "orderStatus"),
        ]
        if let mark = marks.first(where: { mark in mark.members.allSatisfy { payload[$0] != nil } }) {
            return mark.type
        }
        let isPrices = payload.count > 0 && payload.members.allSatisfy { Double($0.value.string ?? "") != nil }
        return isPrices ? "allMids" : nil
    }

    private static func list(_ payload: JSONValue) -> String? {
        // A list may begin with `null`, as that of the exchanges does.
        guard let first = payload.elements.first(where: { !$0.isNull }) else {
            return payload.count == 0 ? "empty" : nil
        }
        if first["universe"] != nil {
            guard payload[1]?.kind == .array else { return "allPerpMetas" }
            return first["tokens"] != nil ? "spotMetaAndAssetCtxs" : "metaAndAssetCtxs"
        }
        if let delta = first["delta"] {
            if delta["fundingRate"] != nil { return "userFunding" }
            return delta["type"] != nil ? "userNonFundingLedgerUpdates" : "delegatorHistory"
        }
        let marks: [(members: [String], type: String)] = [
            (["fundingRate", "szi"], "userFunding"), (["fundingRate"], "fundingHistory"),
            (["t", "T", "o"], "candleSnapshot"), (["fill", "twapId"], "userTwapSliceFills"),
            (["state", "status", "time"], "twapHistory"), (["px", "dir"], "userFills"), (["px"], "recentTrades"),
            (["order", "status"], "historicalOrders"), (["limitPx"], "frontendOpenOrders"),
            (["validUntil"], "extraAgents"), (["subAccountUser"], "subAccounts"), (["deployer", "name"], "perpDexs"),
            (["vaultAddress", "equity"], "userVaultEquities"), (["validator", "amount"], "delegations"),
            (["source", "totalAmount"], "delegatorRewards"),
        ]
        if let mark = marks.first(where: { mark in mark.members.allSatisfy { first[$0] != nil } }) { return mark.type }
        guard first.kind == .array, first.count == 2, first[0]?.string != nil else { return nil }
        if first[1]?["accountValueHistory"] != nil { return "portfolio" }
        return first[1]?.kind == .array && first[1]?[0]?[0]?.string != nil ? "predictedFundings" : nil
    }
}
