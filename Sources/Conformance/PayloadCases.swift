// SPDX-License-Identifier: Apache-2.0

internal import Cryptography
internal import Hyperliquid
internal import JSON

/// Messages of the venue: each must be read, and what was read must have what the message says.
enum PayloadCases {
    static func run(_ entry: JSONValue) -> CaseOutcome {
        do {
            if let response = entry["response"], let type = entry["request"]?["type"]?.string {
                if let status = entry["status"]?.integer, status != 200 {
                    return .skipped(reason: "an answer with HTTP status \(status), which the connector does not read")
                }
                return CaseOutcome(differences: try answer(type, response, entry["request"]))
            }
            guard let payload = entry["payload"] else { return .failed(["the case has no payload"]) }
            if entry["transport"]?.string == "ws" { return CaseOutcome(differences: try message(payload)) }
            guard let type = kind(of: payload, named: entry["id"]?.string ?? "") else {
                return .failed(["the connector does not know what kind of answer this is"])
            }
            return CaseOutcome(differences: try answer(type, payload, nil))
        } catch {
            return .failed(["\(error)"])
        }
    }

    private static func message(_ payload: JSONValue) throws -> [String] {
        // A file may hold the texts of several messages, or one that is not JSON.
        if let text = payload.string { return try read(Array(text.utf8)) }
        if payload.kind == .array, payload[0]?["channel"] != nil {
            return try payload.elements.flatMap { try read(Array($0.text.utf8)) }
        }
        if payload["channel"] == nil, payload["method"] != nil { return [] }
        return try read(Array(payload.text.utf8))
    }

    private static func read(_ bytes: [UInt8]) throws -> [String] {
        let message = try HyperliquidMessage.decode(bytes)
        if case .unknown(let channel) = message { return ["channel '\(channel)' is not read"] }
        let data = (try? JSON.parse(bytes))?["data"]
        switch message {
        case .book(let book): return sides(book, data)
        case .trades(let trades): return Comparison.equal("trades", data?.count, trades.count)
        case .fills(_, _, let fills): return count("fills", data?["fills"], fills.count)
        case .orderUpdates(let updates):
            return count("orders", data, updates.count) + updates.compactMap { unknown($0.status) }
        case .mids(let mids): return count("mids", data?["mids"] ?? data, mids.mids.count)
        default: return []
        }
    }

    private static func unknown(_ status: HyperliquidOrderStatus) -> String? {
        status.venue == nil ? "the order status '\(status)' is not known" : nil
    }

    private static func count(_ name: String, _ expected: JSONValue?, _ actual: Int) -> [String] {
        Comparison.equal("\(name).count", expected?.count ?? 0, actual)
    }

    private static func sides(_ book: HyperliquidBook, _ json: JSONValue?) -> [String] {
        [(0, book.bids), (1, book.asks)].flatMap { place, levels -> [String] in
            let expected = json?["levels"]?[place]
            return count("levels[\(place)]", expected, levels.count)
                + zip(expected.map { Array($0.elements) } ?? [], levels).flatMap { level, read in
                    Comparison.equal("px", ExactDecimal(level["px"]?.string ?? ""), read.price)
                        + Comparison.equal("sz", ExactDecimal(level["sz"]?.string ?? ""), read.size)
                }
        }
    }

    /// Says what an answer is from its shape, where the case does not keep the request.
    static func kind(of payload: JSONValue, named id: String) -> String? {
        if payload["levels"] != nil { return "l2Book" }
        if payload["universe"] != nil { return payload["tokens"] != nil ? "spotMeta" : "meta" }
        if payload["assetPositions"] != nil { return "clearinghouseState" }
        if payload["balances"] != nil { return "spotClearinghouseState" }
        if payload["userCrossRate"] != nil { return "userFees" }
        if payload["nRequestsUsed"] != nil { return "userRateLimit" }
        if payload["maxTradeSzs"] != nil { return "activeAssetData" }
        if payload["role"] != nil { return "userRole" }
        if payload["status"] != nil {
            return payload["response"] != nil ? "exchange" : "orderStatus"
        }
        if let first = payload[0] {
            if first["fundingRate"] != nil { return "fundingHistory" }
            if first["t"] != nil, first["T"] != nil { return "candleSnapshot" }
            if first["users"] != nil { return "recentTrades" }
            if first["px"] != nil, first["dir"] != nil { return "userFills" }
            if first["px"] != nil { return "recentTrades" }
            if first["order"] != nil { return "historicalOrders" }
            if first["limitPx"] != nil { return "frontendOpenOrders" }
            if first["validUntil"] != nil { return "extraAgents" }
            if first["subAccountUser"] != nil { return "subAccounts" }
            if let delta = first["delta"] {
                return delta["fundingRate"] != nil ? "userFunding" : "userNonFundingLedgerUpdates"
            }
            if first["universe"] != nil { return first["tokens"] != nil ? "spotMetaAndAssetCtxs" : "metaAndAssetCtxs" }
            if first.kind == .array, let name = first[0]?.string {
                return first[1]?.kind == .object ? "portfolio" : name.isEmpty ? nil : "predictedFundings"
            }
            return nil
        }
        if payload.kind == .array { return "empty" }
        if payload.kind == .object, payload.members.allSatisfy({ $0.value.string != nil }) { return "allMids" }
        return nil
    }

    private static func answer(_ type: String, _ json: JSONValue, _ request: JSONValue?) throws -> [String] {
        let bytes = Array(json.text.utf8)
        func list<Value: MessageDecodable>(_ kind: Value.Type) throws -> [String] {
            Comparison.equal("count", json.count, try HyperliquidAnswer.optionalList(of: kind, bytes).count)
        }
        switch type {
        case "meta", "metaAndAssetCtxs":
            let universe = try HyperliquidUniverse(perpetual: MessageReader(json), spot: nil)
            let list = (json["universe"] ?? json[0]?["universe"])
            return Comparison.equal("universe.count", list?.count, universe.markets.count)
        case "spotMeta", "spotMetaAndAssetCtxs":
            let universe = try HyperliquidUniverse(perpetual: nil, spot: MessageReader(json))
            let list = (json["universe"] ?? json[0]?["universe"])
            return Comparison.equal("universe.count", list?.count, universe.markets.count)
        case "l2Book":
            if json.isNull { return [] }
            return sides(try HyperliquidAnswer.value(HyperliquidBook.self, bytes), json)
        case "allMids":
            let mids = try HyperliquidAnswer.value(HyperliquidMids.self, bytes)
            return Comparison.equal("count", json.count, mids.mids.count)
        case "recentTrades": return try list(HyperliquidTrade.self)
        case "candleSnapshot": return try list(HyperliquidCandle.self)
        case "fundingHistory": return try list(HyperliquidFundingRate.self)
        case "predictedFundings": return try list(HyperliquidPredictedFunding.self)
        case "clearinghouseState":
            let state = try HyperliquidAnswer.value(HyperliquidPerpetualState.self, bytes)
            return Comparison.equal("positions", json["assetPositions"]?.count, state.positions.count)
                + Comparison.equal(
                    "withdrawable", ExactDecimal(json["withdrawable"]?.string ?? ""), state.withdrawable)
        case "spotClearinghouseState":
            let state = try HyperliquidAnswer.value(HyperliquidSpotState.self, bytes)
            return Comparison.equal("balances", json["balances"]?.count, state.balances.count)
        case "openOrders", "frontendOpenOrders": return try list(HyperliquidOrderInfo.self)
        case "historicalOrders":
            return try list(HyperliquidOrderUpdate.self)
                + (try HyperliquidAnswer.list(of: HyperliquidOrderUpdate.self, bytes)).compactMap { unknown($0.status) }
        case "orderStatus":
            _ = try HyperliquidAnswer.value(HyperliquidOrderQuery.self, bytes)
            return []
        case "userFills", "userFillsByTime": return try list(HyperliquidFill.self)
        case "userFunding": return try list(HyperliquidFunding.self)
        case "userNonFundingLedgerUpdates": return try list(HyperliquidLedgerUpdate.self)
        case "userTwapSliceFills": return try list(HyperliquidTwapFill.self)
        case "twapHistory": return try list(HyperliquidTwapState.self)
        case "userFees":
            _ = try HyperliquidAnswer.value(HyperliquidFees.self, bytes)
            return []
        case "userRateLimit":
            let limit = try HyperliquidAnswer.value(HyperliquidRateLimit.self, bytes)
            return Comparison.equal("nRequestsUsed", json["nRequestsUsed"]?.unsigned, limit.used)
        case "userRole":
            return Comparison.equal(
                "role", json["role"]?.string, try HyperliquidAnswer.value(HyperliquidRole.self, bytes).role)
        case "extraAgents": return try list(HyperliquidAgent.self)
        case "subAccounts": return try list(HyperliquidSubAccount.self)
        case "portfolio": return try list(HyperliquidPortfolio.self)
        case "activeAssetData":
            _ = try HyperliquidAnswer.value(HyperliquidActiveAsset.self, bytes)
            return []
        case "exchange":
            _ = try HyperliquidAnswer.exchange(bytes)
            return []
        case "empty": return []
        default: return try other(type, json)
        }
    }

    /// Answers that the connector never asks for: they need only be JSON.
    private static func other(_ type: String, _ json: JSONValue) throws -> [String] {
        try JSON.parse(json.text).text == json.text ? [] : ["the answer to '\(type)' changed when it was written again"]
    }
}
