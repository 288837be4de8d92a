// SPDX-License-Identifier: Apache-2.0

internal import Execution
internal import Hyperliquid
internal import JSON

/// ccxt's reads as requests of this connector.
extension CCXTCall {
    /// The requests that the call may begin with: ccxt asks for the account's mode before some; `nil` where the call is
    /// no read.
    func reads() throws -> [HyperliquidRequest]? {
        let since = argument(since: name)
        let until = parameter("until")?.integer
        switch name {
        case "fetchstatus", "fetchtime": return [.exchangeStatus]
        // An older ccxt read the perpetuals' list here.
        case "fetchcurrencies": return [.spotMeta, .meta()]
        case "fetchswapmarkets", "fetchfundingrates", "fetchfundingrate", "fetchopeninterests", "fetchopeninterest":
            return [.metaAndContexts(dex: parameter("dex")?.string)]
        case "fetchspotmarkets": return [.spotMetaAndContexts]
        case "fetchhip3markets": return [.perpetualDexes]
        case "fetchmarkets", "loadmarkets":
            return [.metaAndContexts(), .spotMetaAndContexts, .spotMeta, .meta()]
        case "fetchtickers", "fetchticker":
            switch parameter("type")?.string {
            case "spot": return [.spotMetaAndContexts]
            case "swap": return [.metaAndContexts()]
            default:
                return parameter("hip3")?.bool == true
                    ? [.perpetualDexes] : [.metaAndContexts(), .spotMetaAndContexts]
            }
        case "fetchbalance":
            let isSpot = parameter("type")?.string == "spot" && parameter("dex") == nil
            return [
                isSpot ? .spotState(user) : .perpetualState(user, dex: parameter("dex")?.string), .abstraction(user),
            ]
        case "fetchpositions", "fetchposition": return [.perpetualState(user, dex: parameter("dex")?.string)]
        case "fetchorderbook", "fetchl2orderbook":
            return [.book(market(try text(0, "symbol")).coin)]
        case "fetchohlcv": return [try candles()]
        case "fetchtrades", "fetchmytrades", "fetchmyliquidations", "fetchordertrades":
            guard let since else { return [.fills(user)] }
            return [.fillsByTime(user, from: since, to: until)]
        case "fetchfundingratehistory":
            let limit = min(max(0, argument(2)?.integer ?? 500), 1_000_000)
            return [
                .fundingHistory(
                    market(try text(0, "symbol")).coin, from: since ?? now - limit * 3_600_000, to: until)
            ]
        case "fetchopenorders":
            let method = parameter("method")?.string ?? "frontendOpenOrders"
            let dex = parameter("dex")?.string
            return [method == "openOrders" ? .openOrders(user, dex: dex) : .frontendOpenOrders(user, dex: dex)]
        case "fetchorders", "fetchclosedorders", "fetchcanceledorders", "fetchcanceledandclosedorders":
            return [.historicalOrders(user)]
        case "fetchorder", "fetchorderstatus":
            let text = try parameter("clientOrderId")?.string ?? text(0, "id")
            if let client = ClientOrderID(text) { return [.orderStatus(user, .client(client))] }
            guard let number = UInt64(text) else {
                throw Problem(description: "'\(text)' is neither an order's number nor a client id")
            }
            return [.orderStatus(user, .number(number))]
        case "fetchtradingfee", "fetchtradingfees": return [.fees(user)]
        case "fetchledger", "fetchdeposits", "fetchwithdrawals", "fetchdepositswithdrawals":
            return [.ledgerUpdates(user, from: since, to: until)]
        case "fetchfundinghistory": return [.funding(user, from: since, to: until)]
        case "isunifiedenabled", "fetchuserabstraction": return [.abstraction(user)]
        default: return nil
        }
    }

    /// The second argument of reads of lists, which says from when on.
    private func argument(since name: String) -> Int64? { argument(1)?.integer }

    /// `symbol, timeframe, since, limit`.
    private func candles() throws -> HyperliquidRequest {
        let interval = argument(1)?.string ?? "1m"
        let until = parameter("until")?.integer ?? now
        var from = argument(2)?.integer ?? 0
        if argument(2) == nil, let limit = argument(3)?.integer {
            let units: [Character: Int64] = [
                "m": 60, "h": 3_600, "d": 86_400, "w": 604_800, "M": 2_592_000, "y": 31_536_000,
            ]
            guard let unit = interval.last.flatMap({ units[$0] }), let count = Int64(interval.dropLast()) else {
                throw Problem(description: "'\(interval)' is no interval")
            }
            guard (1...1_000).contains(count), (0...1_000_000).contains(limit), (0...9_000_000_000_000).contains(until)
            else { throw Problem(description: "the interval, limit or time is beyond every use") }
            from = max(0, until - limit * count * unit * 1_000)
        }
        return .candles(market(try text(0, "symbol")).coin, interval: interval, from: from, to: until)
    }
}
