// SPDX-License-Identifier: Apache-2.0

internal import Execution
internal import Hyperliquid
internal import JSON

/// ccxt's reads as requests of this connector.
extension CCXTCall {
    /// The requests that the call may begin with: ccxt asks for the account's mode before some; `nil` where the call is
    /// no read.
    func reads() throws -> [HyperliquidRequest]? {
        let since = argument(1)?.integer
        let until = parameter("until")?.integer
        switch name {
        case "fetchstatus", "fetchtime": return [.exchangeStatus]
        // An older ccxt read the perpetuals' list here.
        case "fetchcurrencies": return [.spotMeta, .meta()]
        case "fetchswapmarkets", "fetchfundingrates", "fetchfundingrate", "fetchopeninterests", "fetchopeninterest":
            return [.metaAndContexts(dex: dex)]
        case "fetchspotmarkets": return [.spotMetaAndContexts]
        case "fetchhip3markets": return [.perpetualDexes]
        case "fetchmarkets", "loadmarkets":
            return [.metaAndContexts(), .spotMetaAndContexts, .spotMeta, .meta()]
        case "fetchtickers", "fetchticker":
            switch parameter("type")?.string {
            case "spot": return [.spotMetaAndContexts]
            case "swap": return [.metaAndContexts()]
            default:
                return parameter("hip3")?.bool == true || marketDex != nil
                    ? [.perpetualDexes] : [.metaAndContexts(), .spotMetaAndContexts]
            }
        case "fetchbalance":
            let hasSpot = parameter("type")?.string == "spot" || parameter("enableUnifiedMargin")?.bool == true
            let isSpot = hasSpot && parameter("dex") == nil
            return [
                isSpot ? .spotState(user) : .perpetualState(user, dex: parameter("dex")?.string), .abstraction(user),
            ]
        case "fetchpositions", "fetchposition": return [.perpetualState(user, dex: dex)]
        case "fetchorderbook", "fetchl2orderbook":
            return [
                .book(
                    market(try text(0, "symbol")).coin, significantFigures: try small("nSigFigs"),
                    mantissa: try small("mantissa"))
            ]
        case "fetchohlcv": return [try candles()]
        case "fetchtrades", "fetchmytrades", "fetchmyliquidations", "fetchordertrades":
            let isAggregated = parameter("aggregateByTime")?.bool
            guard let since else { return [.fills(user, to: until, isAggregated: isAggregated)] }
            return [.fillsByTime(user, from: since, to: until, isAggregated: isAggregated)]
        case "fetchfundingratehistory":
            let limit = min(max(0, argument(2)?.integer ?? 500), 1_000_000)
            return [
                .fundingHistory(
                    market(try text(0, "symbol")).coin, from: since ?? now - limit * 3_600_000, to: until)
            ]
        case "fetchopenorders":
            let method = parameter("method")?.string ?? "frontendOpenOrders"
            return [method == "openOrders" ? .openOrders(user, dex: dex) : .frontendOpenOrders(user, dex: dex)]
        case "fetchorders", "fetchclosedorders", "fetchcanceledorders", "fetchcanceledandclosedorders":
            return [.historicalOrders(user, dex: dex)]
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

    /// The builder's exchange: named by itself, or by the first market that is asked about.
    private var dex: String? { parameter("dex")?.string ?? marketDex }

    private var marketDex: String? {
        guard let first = argument(0) else { return nil }
        return (first.string ?? first[0]?.string).flatMap { market($0).dex }
    }

    private func small(_ name: String) throws -> Int? {
        guard let value = parameter(name) else { return nil }
        guard let number = value.integer, let small = Int(exactly: number) else {
            throw Problem(description: "'\(name)' is no whole number: \(value.text)")
        }
        return small
    }

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

    // MARK: What ccxt passes on

    /// The parameters that ccxt writes into the body of a read as they are, and the requests above do not know.
    var passedOn: [(name: String, value: JSONValue)] {
        let known = (Self.understood[name] ?? []) + Self.addresses
        return (parameters.map { Array($0.members) } ?? []).filter { !known.contains($0.key) }
            .map { (name: $0.key, value: $0.value) }
    }

    private static let addresses = ["user", "subAccountAddress", "address"]

    /// What ccxt reads itself and leaves out, and what the requests above contain.
    private static let understood: [String: [String]] = {
        var names: [String: [String]] = [
            "fetchbalance": ["type", "defaultType", "marginMode", "defaultMarginMode", "enableUnifiedMargin"],
            "fetchtickers": ["type", "hip3"], "fetchticker": ["type", "hip3"], "fetchopenorders": ["method", "dex"],
            "fetchorder": ["clientOrderId"], "fetchorderstatus": ["clientOrderId"], "fetchohlcv": ["until"],
            "fetchfundingratehistory": ["until"], "fetchledger": ["until"], "fetchdeposits": ["until"],
            "fetchwithdrawals": ["until"], "fetchdepositswithdrawals": ["until"], "fetchfundinghistory": ["until"],
        ]
        for name in ["fetchtrades", "fetchmytrades", "fetchordertrades", "fetchmyliquidations"] {
            names[name] = ["until", "aggregateByTime"]
        }
        for name in ["fetchorderbook", "fetchl2orderbook"] { names[name] = ["nSigFigs", "mantissa"] }
        for name in [
            "fetchswapmarkets", "fetchfundingrates", "fetchfundingrate", "fetchopeninterests", "fetchopeninterest",
            "fetchpositions", "fetchposition", "fetchorders", "fetchclosedorders", "fetchcanceledorders",
            "fetchcanceledandclosedorders",
        ] { names[name] = ["dex"] }
        return names
    }()
}
