// SPDX-License-Identifier: Apache-2.0

internal import Hyperliquid
internal import JSON

/// Messages of the venue: each must be read, and what was read must have what the message says. What Apus does not read
/// is skipped, with the reason.
enum PayloadCases {
    static func run(_ entry: JSONValue) -> CaseOutcome {
        do {
            if let response = entry["response"], let type = entry["request"]?["type"]?.string {
                if let status = entry["status"]?.integer, status != 200 {
                    return .skipped(reason: "an answer with HTTP status \(status), which the connector does not read")
                }
                return try answer(type, response)
            }
            guard let payload = entry["payload"] else { return .failed(["the case has no payload"]) }
            if payload["method"]?.string != nil || payload["action"]?["type"] != nil || isQuestion(payload) {
                return .skipped(reason: "a message to the venue: the connector reads those from it")
            }
            if entry["transport"]?.string == "ws" || payload["channel"]?.string != nil { return try message(payload) }
            guard let type = PayloadShape.kind(of: payload) else {
                return .skipped(
                    reason: "nothing in an answer of this shape says which question it answers, or Apus never asks it")
            }
            return try answer(type, payload)
        } catch {
            return .failed(["\(error)"])
        }
    }

    /// `{"type":"meta"}`, perhaps with more texts: no answer looks like that.
    private static func isQuestion(_ payload: JSONValue) -> Bool {
        payload["type"]?.string != nil && payload["response"] == nil && payload["channel"] == nil
    }

    // MARK: WebSocket

    private static func message(_ payload: JSONValue) throws -> CaseOutcome {
        // A file may hold the texts of several messages, or one that is not JSON.
        if let text = payload.string { return try read(Array(text.utf8)) }
        guard payload.kind == .array, payload[0]?["channel"] != nil else { return try read(Array(payload.text.utf8)) }
        var differences: [String] = []
        for part in payload.elements {
            switch try read(Array(part.text.utf8)) {
            case .passed: break
            case .failed(let lines): differences += lines
            case .skipped(let reason): return .skipped(reason: reason)
            }
        }
        return CaseOutcome(differences: differences)
    }

    private static func read(_ bytes: [UInt8]) throws -> CaseOutcome {
        let message = try HyperliquidMessage.decode(bytes)
        let data = (try? JSON.parse(bytes))?["data"]
        func count(_ name: String, _ actual: Int) -> CaseOutcome {
            CaseOutcome(differences: Comparison.equal("\(name).count", data?[name]?.count ?? 0, actual))
        }
        switch message {
        case .unknown(let channel):
            return .skipped(reason: "the channel '\(channel)', to which Apus does not listen")
        case .book(let book): return CaseOutcome(differences: sides(book, data))
        case .trades(let trades):
            return CaseOutcome(differences: Comparison.equal("trades", data?.count, trades.count))
        case .fills(_, _, let fills): return count("fills", fills.count)
        case .orderUpdates(let updates):
            return CaseOutcome(
                differences: Comparison.equal("orders.count", data?.count ?? 0, updates.count)
                    + updates.compactMap { unknown($0.status) })
        case .orderHistory(_, _, let updates):
            let problems = updates.compactMap { unknown($0.status) }
            return problems.isEmpty ? count("orderHistory", updates.count) : .failed(problems)
        case .mids(let mids):
            return CaseOutcome(
                differences: Comparison.equal("mids.count", (data?["mids"] ?? data)?.count, mids.mids.count))
        case .openOrders(_, let orders): return count("orders", orders.count)
        case .perpetualStates(_, let states): return count("clearinghouseStates", states.count)
        case .twapFills(_, _, let fills): return count("twapSliceFills", fills.count)
        case .webData(_, let json): return try overview(json)
        case .greeting, .pong, .error, .subscribed, .quote, .candles, .context, .contexts, .funding, .ledger,
            .liquidation, .venueCancels, .twapHistory, .perpetualState, .spotState, .activeAsset, .notification, .post:
            return .passed
        }
    }

    /// Of the overview that the venue's own page uses, the parts that Apus reads elsewhere.
    private static func overview(_ json: JSONValue) throws -> CaseOutcome {
        var differences: [String] = []
        var isRead = false
        for (name, type) in [
            ("clearinghouseState", "clearinghouseState"), ("openOrders", "frontendOpenOrders"), ("meta", "meta"),
            ("spotState", "spotClearinghouseState"),
        ] {
            guard let part = json[name], !part.isNull else { continue }
            switch try answer(type, part) {
            case .passed: isRead = true
            case .failed(let lines): differences += lines.map { "\(name): \($0)" }
            case .skipped: break
            }
        }
        return isRead || !differences.isEmpty
            ? CaseOutcome(differences: differences)
            : .skipped(reason: "an overview without any part that Apus reads")
    }

    static func unknown(_ status: HyperliquidOrderStatus) -> String? {
        status.venue == nil ? "the order status '\(status)' is not known" : nil
    }

    static func sides(_ book: HyperliquidBook, _ json: JSONValue?) -> [String] {
        [(0, book.bids), (1, book.asks)].flatMap { place, levels -> [String] in
            let expected = json?["levels"]?[place]
            return Comparison.equal("levels[\(place)].count", expected?.count ?? 0, levels.count)
                + zip(expected.map { Array($0.elements) } ?? [], levels).flatMap { level, read in
                    Comparison.equal("px", ExactDecimal(level["px"]?.string ?? ""), read.price)
                        + Comparison.equal("sz", ExactDecimal(level["sz"]?.string ?? ""), read.size)
                }
        }
    }
}
