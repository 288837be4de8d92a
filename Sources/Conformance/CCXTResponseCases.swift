// SPDX-License-Identifier: Apache-2.0

internal import Execution
internal import Hyperliquid
internal import JSON
internal import Trading
internal import VenueInterface

/// What ccxt reads from an answer of the venue, against what this connector reads from it.
enum CCXTResponseCases {
    static func run(_ entry: JSONValue) -> CaseOutcome {
        guard let raw = entry["rawResponse"], let parsed = entry["parsed"] else {
            return .failed(["the case has no rawResponse or no parsed"])
        }
        let call = (entry["call"]?.string ?? "").filter { $0 != "_" }.lowercased()
        do {
            guard let lines = try differences(call, Array(raw.text.utf8), raw, parsed) else {
                return .skipped(reason: "the connector does not read answers to '\(call)'")
            }
            return CaseOutcome(differences: lines)
        } catch {
            return .failed(["\(error)"])
        }
    }

    private static func differences(
        _ call: String, _ bytes: [UInt8], _ raw: JSONValue, _ parsed: JSONValue
    ) throws -> [String]? {
        switch call {
        case "createorder", "createorders", "editorder", "editorders", "cancelorder", "cancelorders":
            return try statuses(bytes, parsed)
        case "fetchmytrades", "fetchtrades": return try fills(bytes, parsed)
        case "fetchorders", "fetchclosedorders", "fetchcanceledorders", "fetchcanceledandclosedorders":
            return try orders(raw, parsed)
        case "fetchopenorders": return try orders(raw, parsed)
        case "fetchorder":
            guard case .order(let update) = try HyperliquidAnswer.value(HyperliquidOrderQuery.self, bytes) else {
                return Comparison.equal("id", parsed["id"]?.string, nil)
            }
            return order(update.order, status: update.status, statusTime: update.statusTime, parsed)
        case "fetchbalance": return try balance(bytes, raw, parsed)
        case "fetchohlcv": return try candles(bytes, parsed)
        case "fetchorderbook": return try book(bytes, parsed)
        case "fetchpositions", "fetchposition": return try positions(bytes, parsed)
        case "fetchfundingratehistory":
            let rates = try HyperliquidAnswer.list(of: HyperliquidFundingRate.self, bytes)
            return matched(parsed) { entry in
                guard let rate = rates.first(where: { milliseconds($0.time) == entry["timestamp"]?.integer }) else {
                    return ["no funding rate at \(entry["timestamp"]?.text ?? "no time")"]
                }
                return number("fundingRate", entry["fundingRate"], rate.rate)
            }
        case "fetchfundinghistory":
            let payments = try HyperliquidAnswer.list(of: HyperliquidFunding.self, bytes)
            return matched(parsed) { entry in
                let found = payments.first {
                    milliseconds($0.time) == entry["timestamp"]?.integer && symbol($0.coin, entry)
                }
                guard let found else { return ["no funding at \(entry["timestamp"]?.text ?? "no time")"] }
                return number("amount", entry["amount"], found.amount) + number("rate", entry["rate"], found.rate)
            }
        case "fetchledger", "fetchdeposits", "fetchwithdrawals":
            let updates = try HyperliquidAnswer.list(of: HyperliquidLedgerUpdate.self, bytes)
            return matched(parsed) { entry in
                let hash = entry["txid"]?.string ?? entry["id"]?.string
                guard let found = updates.first(where: { $0.hash == hash }) else { return ["no update \(hash ?? "")"] }
                guard let amount = found.amount, found.token == "USDC" else { return [] }
                return number("amount", entry["amount"], amount)
                    + Comparison.equal("timestamp", entry["timestamp"]?.integer, milliseconds(found.time))
            }
        case "fetchtradingfee":
            let fees = try HyperliquidAnswer.value(HyperliquidFees.self, bytes)
            return number("maker", parsed["maker"], fees.perpetualMaker)
                + number("taker", parsed["taker"], fees.perpetualTaker)
        case "fetchmarkets", "fetchswapmarkets", "fetchspotmarkets", "fetchcurrencies":
            return try markets(raw, parsed)
        case "fetchtickers", "fetchfundingrates", "fetchopeninterests", "fetchticker", "fetchfundingrate",
            "fetchopeninterest":
            return try contexts(raw, parsed)
        case "fetchtime": return Comparison.equal("time", parsed.integer, raw["time"]?.integer)
        default: return nil
        }
    }

    // MARK: Comparing

    private static func matched(
        _ parsed: JSONValue, _ body: (JSONValue) throws -> [String]
    ) rethrows -> [String] {
        try (parsed.kind == .array ? Array(parsed.elements) : [parsed]).flatMap(body)
    }

    private static func number(_ name: String, _ expected: JSONValue?, _ actual: ExactDecimal?) -> [String] {
        guard let expected, let wanted = expected.number ?? expected.string.flatMap({ Double($0) }) else { return [] }
        guard let actual, Comparison.isSame(wanted, actual) else {
            return ["\(name): expected \(expected.text), got \(actual.map { "\($0)" } ?? "nothing")"]
        }
        return []
    }

    private static func milliseconds(_ time: Timestamp) -> Int64 { time.nanoseconds / 1_000_000 }

    /// Whether a symbol of ccxt is that of a coin; spot markets (`@107`) are not compared.
    private static func symbol(_ coin: String, _ entry: JSONValue) -> Bool {
        guard let symbol = entry["symbol"]?.string, !coin.hasPrefix("@") else { return true }
        let base = coin.split(separator: "/").first.map(String.init) ?? coin
        return symbol.uppercased().hasPrefix(base.uppercased())
    }

    private static func side(_ expected: JSONValue?, _ side: Side) -> [String] {
        guard let expected = expected?.string else { return [] }
        return Comparison.equal("side", expected, side == .buy ? "buy" : "sell")
    }

    // MARK: Orders

    private static func statuses(_ bytes: [UInt8], _ parsed: JSONValue) throws -> [String] {
        guard case .statuses(_, let statuses) = try HyperliquidAnswer.exchange(bytes) else {
            return ["expected the states of orders, got none"]
        }
        let entries = parsed.kind == .array ? Array(parsed.elements) : [parsed]
        guard entries.count <= statuses.count else {
            return ["expected \(entries.count) states, got \(statuses.count)"]
        }
        return zip(entries, statuses).flatMap { entry, status -> [String] in
            let id = entry["id"]?.string
            switch status {
            case .resting(let order, let client):
                return Comparison.equal("id", id, String(order))
                    + Comparison.equal("clientOrderId", entry["clientOrderId"]?.string, client?.description)
            case .filled(let order, let size, let price, _):
                return Comparison.equal("id", id, String(order)) + number("filled", entry["filled"], size)
                    + number("average", entry["average"], price)
            case .refused:
                return entry["status"]?.string == "rejected" || entry["status"]?.kind == .object
                    ? [] : ["expected \(entry["status"]?.text ?? "no status"), got a refusal"]
            case .waitingForFill, .waitingForTrigger, .success, .twapRunning:
                return Comparison.equal("id", id, nil)
            }
        }
    }

    private static func orders(_ raw: JSONValue, _ parsed: JSONValue) throws -> [String] {
        var updates: [(order: HyperliquidOrderInfo, status: HyperliquidOrderStatus, time: Timestamp?)] = []
        for entry in raw.elements {
            if entry["order"] != nil {
                let update = try HyperliquidOrderUpdate(MessageReader(entry))
                updates.append((update.order, update.status, update.statusTime))
            } else {
                let order = try HyperliquidOrderInfo(MessageReader(entry))
                updates.append((order, HyperliquidOrderStatus(text: "open"), nil))
            }
        }
        return matched(parsed) { entry in
            let found = updates.filter { String($0.order.order) == entry["id"]?.string }
            guard let last = found.max(by: { ($0.time ?? .epoch) < ($1.time ?? .epoch) }) else {
                return ["no order \(entry["id"]?.text ?? "without an id")"]
            }
            return order(last.order, status: last.status, statusTime: last.time, entry)
        }
    }

    private static func order(
        _ order: HyperliquidOrderInfo, status: HyperliquidOrderStatus, statusTime: Timestamp?, _ parsed: JSONValue
    ) -> [String] {
        var lines = Comparison.equal("id", parsed["id"]?.string, String(order.order))
        lines += side(parsed["side"], order.side)
        lines += number("price", parsed["price"], order.limit)
        lines += number("amount", parsed["amount"], order.size)
        lines += number("remaining", parsed["remaining"], order.remaining)
        lines += Comparison.equal("timestamp", parsed["timestamp"]?.integer, milliseconds(order.time))
        if let expected = parsed["lastUpdateTimestamp"]?.integer, let statusTime {
            lines += Comparison.equal("lastUpdateTimestamp", expected, milliseconds(statusTime))
        }
        if !symbol(order.coin, parsed) {
            lines.append("symbol: expected \(parsed["symbol"]?.text ?? "nothing"), got \(order.coin)")
        }
        if let reduceOnly = parsed["reduceOnly"]?.bool {
            lines += Comparison.equal("reduceOnly", reduceOnly, order.isReduceOnly)
        }
        if let client = parsed["clientOrderId"]?.string {
            lines += Comparison.equal("clientOrderId", client, order.client?.description ?? "nothing")
        }
        lines += number("triggerPrice", parsed["triggerPrice"], order.trigger)
        if let postOnly = parsed["postOnly"]?.bool {
            lines += Comparison.equal("postOnly", postOnly, order.timeInForce == "Alo")
        }
        if let wanted = parsed["status"]?.string {
            let word: String =
                switch status.venue {
                case .open, .triggered: "open"
                case .filled: "closed"
                case .cancelled: "canceled"
                case .rejected: "rejected"
                case nil: status.text
                }
            // ccxt passes words that it does not know as they are.
            if wanted != status.text { lines += Comparison.equal("status", wanted, word) }
        }
        return lines
    }

    // MARK: Fills, candles, books

    private static func fills(_ bytes: [UInt8], _ parsed: JSONValue) throws -> [String] {
        var fills = try HyperliquidAnswer.list(of: HyperliquidFill.self, bytes)
        return matched(parsed) { entry in
            let place = fills.firstIndex { fill in
                if let id = entry["id"]?.string { return fill.trade.map { String($0) } == id }
                return milliseconds(fill.time) == entry["timestamp"]?.integer
                    && String(fill.order) == entry["order"]?.string
                    && number("price", entry["price"], fill.price).isEmpty
                    && number("amount", entry["amount"], fill.size).isEmpty
            }
            guard let place else { return ["no fill \(entry["id"]?.text ?? entry.text)"] }
            let fill = fills.remove(at: place)
            var fee = fill.fee
            if let builder = fill.builderFee, let sum = Self.sum(fee, builder) { fee = sum }
            var lines = number("price", entry["price"], fill.price) + number("amount", entry["amount"], fill.size)
            lines += side(entry["side"], fill.side) + number("fee", entry["fee"]?["cost"], fee)
            lines += Comparison.equal("order", entry["order"]?.string, String(fill.order))
            lines += Comparison.equal("timestamp", entry["timestamp"]?.integer, milliseconds(fill.time))
            lines += Comparison.equal("takerOrMaker", entry["takerOrMaker"]?.string, fill.isTaker ? "taker" : "maker")
            if let cost = CCXTNumber.product(fill.price, fill.size) { lines += number("cost", entry["cost"], cost) }
            if !symbol(fill.coin, entry) {
                lines.append("symbol: expected \(entry["symbol"]?.text ?? "nothing"), got \(fill.coin)")
            }
            return lines
        }
    }

    private static func sum(_ left: ExactDecimal, _ right: ExactDecimal) -> ExactDecimal? {
        let decimals = max(left.decimals, right.decimals)
        guard let first = left.units(decimals: decimals, as: Int128.self),
            let second = right.units(decimals: decimals, as: Int128.self)
        else { return nil }
        let (sum, overflow) = first.addingReportingOverflow(second)
        return overflow ? nil : ExactDecimal(mantissa: sum, decimals: decimals)
    }

    private static func candles(_ bytes: [UInt8], _ parsed: JSONValue) throws -> [String] {
        let candles = try HyperliquidAnswer.list(of: HyperliquidCandle.self, bytes)
        return parsed.elements.flatMap { row -> [String] in
            guard let candle = candles.first(where: { milliseconds($0.open) == row[0]?.integer }) else {
                return ["no candle at \(row[0]?.text ?? "no time")"]
            }
            return number("open", row[1], candle.openPrice) + number("high", row[2], candle.highPrice)
                + number("low", row[3], candle.lowPrice) + number("close", row[4], candle.closePrice)
                + number("volume", row[5], candle.volume)
        }
    }

    private static func book(_ bytes: [UInt8], _ parsed: JSONValue) throws -> [String] {
        let book = try HyperliquidAnswer.value(HyperliquidBook.self, bytes)
        var lines: [String] = []
        for (name, levels) in [("bids", book.bids), ("asks", book.asks)] {
            lines += Comparison.equal("\(name).count", parsed[name]?.count ?? 0, levels.count)
            for (expected, level) in zip(parsed[name].map { Array($0.elements) } ?? [], levels) {
                lines += number("\(name).price", expected[0], level.price)
                lines += number("\(name).size", expected[1], level.size)
            }
        }
        if let time = parsed["timestamp"]?.integer, let read = book.time {
            lines += Comparison.equal("timestamp", time, milliseconds(read))
        }
        return lines
    }

    // MARK: Account and markets

    private static func balance(_ bytes: [UInt8], _ raw: JSONValue, _ parsed: JSONValue) throws -> [String] {
        if raw["balances"] != nil {
            let state = try HyperliquidAnswer.value(HyperliquidSpotState.self, bytes)
            return state.balances.flatMap { balance -> [String] in
                guard let entry = parsed[balance.coin] else { return [] }
                return number("\(balance.coin).total", entry["total"], balance.total)
                    + number("\(balance.coin).used", entry["used"], balance.hold)
            }
        }
        let state = try HyperliquidAnswer.value(HyperliquidPerpetualState.self, bytes)
        return number("USDC.total", parsed["USDC"]?["total"], state.margin?.accountValue)
            + number("USDC.used", parsed["USDC"]?["used"], state.margin?.totalMarginUsed)
    }

    private static func positions(_ bytes: [UInt8], _ parsed: JSONValue) throws -> [String] {
        let state = try HyperliquidAnswer.value(HyperliquidPerpetualState.self, bytes)
        return matched(parsed) { entry in
            guard let position = state.positions.first(where: { symbol($0.coin, entry) && isExact($0.coin, entry) })
            else { return ["no position in \(entry["symbol"]?.text ?? "no symbol")"] }
            let size = position.size.isNegative ? -position.size : position.size
            return number("contracts", entry["contracts"], size)
                + number("entryPrice", entry["entryPrice"], position.entryPrice)
                + number("notional", entry["notional"], position.value)
                + number("leverage", entry["leverage"], ExactDecimal(String(position.leverage.value)))
                + number("unrealizedPnl", entry["unrealizedPnl"], position.unrealizedProfit)
                + number("liquidationPrice", entry["liquidationPrice"], position.liquidationPrice)
                + number("collateral", entry["collateral"], position.marginUsed)
                + Comparison.equal(
                    "marginMode", entry["marginMode"]?.string, position.leverage.isCross ? "cross" : "isolated")
                + Comparison.equal("side", entry["side"]?.string, position.size.isNegative ? "short" : "long")
        }
    }

    private static func isExact(_ coin: String, _ entry: JSONValue) -> Bool {
        let base = entry["symbol"]?.string?.prefix { $0 != "/" } ?? ""
        return base.uppercased() == coin.uppercased()
    }

    private static func markets(_ raw: JSONValue, _ parsed: JSONValue) throws -> [String] {
        let inner = raw.kind == .array ? raw[0] : raw
        let isSpot = inner?["tokens"] != nil
        let universe = try HyperliquidUniverse(
            perpetual: isSpot ? nil : MessageReader(raw), spot: isSpot ? MessageReader(raw) : nil)
        return parsed.elements.flatMap { entry -> [String] in
            guard let name = entry["symbol"]?.string, let market = universe[symbol: name] else { return [] }
            let amount = entry["precision"]?["amount"]
            var unit = ExactDecimal(mantissa: 1, decimals: market.sizeDecimals)
            if market.sizeDecimals == 0 { unit = ExactDecimal(mantissa: 1, decimals: 0) }
            return number("\(name).precision.amount", amount, unit)
                + Comparison.equal("\(name).baseId", entry["baseId"]?.word, String(market.assetIndex))
        }
    }

    private static func contexts(_ raw: JSONValue, _ parsed: JSONValue) throws -> [String] {
        guard let entries = raw[0]?["universe"], let list = raw[1] else { return ["no universe with contexts"] }
        var contexts: [String: HyperliquidContext] = [:]
        for (market, context) in zip(entries.elements, list.elements) {
            contexts[(context["coin"]?.string ?? market["name"]?.string ?? "").uppercased()] =
                try HyperliquidContext(MessageReader(context))
        }
        let all = parsed["symbol"] != nil ? [parsed] : parsed.members.map(\.value)
        return all.flatMap { entry -> [String] in
            let base = entry["symbol"]?.string?.prefix { $0 != "/" } ?? ""
            guard let context = contexts[base.uppercased()] else { return [] }
            return number("fundingRate", entry["fundingRate"], context.funding)
                + number("markPrice", entry["markPrice"], context.mark)
                + number("openInterestAmount", entry["openInterestAmount"], context.openInterest)
                + number("quoteVolume", entry["quoteVolume"], context.dayValue)
        }
    }
}
