// SPDX-License-Identifier: Apache-2.0

internal import Cryptography
internal import Execution
internal import Hyperliquid
internal import JSON

/// ccxt's signed calls as actions of this connector.
extension CCXTCall {
    /// `nil` where the call is no action.
    func action() throws -> HyperliquidAction? {
        switch name {
        case "createorder": return try placed([orderRequest(from: 0)])
        case "createlimitorder", "createmarketorder", "createlimitbuyorder", "createlimitsellorder",
            "createmarketbuyorder", "createmarketsellorder":
            return try placed([simpleOrder()])
        case "createpostonlyorder", "createreduceonlyorder", "createtriggerorder", "createstoplossorder",
            "createtakeprofitorder", "createstopmarketorder", "createstoplimitorder", "createstoporder":
            return try placed([specialOrder()])
        case "createorders":
            return try placed(try (argument(0)?.elements.map { $0 } ?? []).map { try orderRequest(from: $0) })
        case "createorderwithtakeprofitandstoploss": return try protected()
        case "createtwaporder":
            let market = market(try text(0, "symbol"))
            let duration = try decimal(argument(3), "duration")
            guard let milliseconds = CCXTNumber.rounded(duration, decimals: 0).units(decimals: 0, as: Int64.self) else {
                throw Problem(description: "'\(duration)' is no duration")
            }
            return .twapOrder(
                asset: Int(market.asset), isBuy: try text(1, "side").lowercased() == "buy",
                size: CCXTNumber.size(try decimal(argument(2), "amount"), market),
                isReduceOnly: parameter("reduceOnly")?.bool ?? false, minutes: Int(milliseconds / 60_000),
                isRandomized: parameter("randomize")?.bool ?? false)
        case "editorder": return try edited([(try text(0, "id"), try orderRequest(from: 1))])
        case "editorders":
            let requests = try (argument(0)?.elements.map { $0 } ?? []).map { try orderRequest(from: $0) }
            return try edited(requests.map { ($0.id ?? "", $0) })
        case "cancelorder":
            if parameter("twap")?.bool == true { return try twapCancelled() }
            return try cancelled([try text(0, "id")])
        case "cancelorders": return try cancelled((argument(0)?.elements.map { $0 } ?? []).compactMap(\.word))
        case "canceltwaporder": return try twapCancelled()
        case "cancelordersforsymbols": return try cancelledForSymbols()
        case "cancelallordersafter":
            let timeout = try whole(argument(0), "timeout")
            return .scheduleCancel(at: nonce &+ UInt64(clamping: timeout))
        default: return try accountAction()
        }
    }

    private func placed(_ requests: [OrderRequest]) throws -> HyperliquidAction {
        var orders: [HyperliquidOrder] = []
        var grouping = HyperliquidGrouping.none
        for request in requests {
            let part = try self.orders(request)
            orders += part.orders
            if part.grouping != .none { grouping = part.grouping }
        }
        return .order(orders, grouping: grouping, builder: builder)
    }

    /// ccxt's own broker tag, which Apus does not add by itself.
    private var builder: HyperliquidBuilder? {
        guard let part = expected?["action"]?["builder"], let address = part["b"]?.string,
            let fee = part["f"]?.integer.flatMap({ Int(exactly: $0) })
        else { return nil }
        return HyperliquidBuilder(address: address, fee: fee)
    }

    /// `symbol, side, amount, price`, or without the side where the name says it.
    private func simpleOrder() throws -> OrderRequest {
        let hasSide = !name.contains("buy") && !name.contains("sell")
        let first = hasSide ? 2 : 1
        return OrderRequest(
            symbol: try text(0, "symbol"), type: name.contains("market") ? "market" : "limit",
            side: hasSide ? try text(1, "side") : name.contains("buy") ? "buy" : "sell",
            amount: try decimal(argument(first), "amount"),
            price: try argument(first + 1).map { try decimal($0, "price") }, parameters: parameters)
    }

    private func specialOrder() throws -> OrderRequest {
        var request = try orderRequest(from: 0)
        var added = "{"
        switch name {
        case "createpostonlyorder": added += #""postOnly":true"#
        case "createreduceonlyorder": added += #""reduceOnly":true"#
        case "createstoplossorder": added += #""stopLossPrice":\#(try decimal(argument(5), "stopLossPrice"))"#
        case "createtakeprofitorder": added += #""takeProfitPrice":\#(try decimal(argument(5), "takeProfitPrice"))"#
        case "createstopmarketorder":
            // symbol, side, amount, triggerPrice
            throw Problem(description: "ccxt gives no price that bounds the slippage")
        default: added += #""triggerPrice":\#(try decimal(argument(5), "triggerPrice"))"#
        }
        let rest = parameters.map { $0.text.dropFirst().dropLast() } ?? ""
        request.parameters = try JSON.parse(added + (rest.isEmpty ? "" : "," + rest) + "}")
        return request
    }

    /// `symbol, type, side, amount, price, takeProfit, stopLoss, parameters`.
    private func protected() throws -> HyperliquidAction {
        var request = try orderRequest(from: 0)
        func part(_ index: Int, _ prefix: String) throws -> String? {
            guard let value = argument(index), value.kind != .object else { return nil }
            var text = #"{"triggerPrice":\#(try decimal(value, prefix))"#
            if let type = parameters?["\(prefix)Type"] { text += #","type":\#(type.text)"# }
            if let price = parameters?["\(prefix)LimitPrice"] { text += #","price":\#(price.text)"# }
            return #""\#(prefix)":\#(text)}"#
        }
        let parts = [try part(5, "takeProfit"), try part(6, "stopLoss")].compactMap { $0 }
        let rest = parameters.map { String($0.text.dropFirst().dropLast()) } ?? ""
        let members = parts + (rest.isEmpty ? [] : [rest])
        request.parameters = try JSON.parse("{" + members.joined(separator: ",") + "}")
        return try placed([request])
    }

    private func edited(_ changes: [(id: String, request: OrderRequest)]) throws -> HyperliquidAction {
        .batchModify(
            try changes.map { change in
                guard let number = UInt64(change.id) else {
                    throw Problem(description: "'\(change.id)' is no number of an order")
                }
                return (.number(number), try order(change.request))
            })
    }

    private func cancelled(_ ids: [String]) throws -> HyperliquidAction {
        let asset = Int(market(try text(1, "symbol")).asset)
        if let clients = parameter("clientOrderId", "client_id") {
            let texts = clients.string.map { [$0] } ?? clients.elements.compactMap(\.string)
            return .cancelByClient(try texts.map { (asset, try client($0)) })
        }
        return .cancel(try ids.map { (asset, try orderNumber($0)) })
    }

    private func cancelledForSymbols() throws -> HyperliquidAction {
        let entries = argument(0)?.elements.map { $0 } ?? []
        func asset(_ entry: JSONValue) -> Int { Int(market(entry["symbol"]?.string ?? "").asset) }
        if entries.contains(where: { $0["clientOrderId"]?.string != nil }) {
            return .cancelByClient(
                try entries.map { (asset($0), try client($0["clientOrderId"]?.string ?? "")) })
        }
        return .cancel(try entries.map { (asset($0), try orderNumber($0["id"]?.word ?? "")) })
    }

    private func twapCancelled() throws -> HyperliquidAction {
        .twapCancel(
            asset: Int(market(try text(1, "symbol")).asset), twap: try orderNumber(try text(0, "id")))
    }

    private func client(_ text: String) throws -> ClientOrderID {
        guard let client = ClientOrderID(text) else {
            throw Problem(description: "'\(text)' is no client id of 16 bytes")
        }
        return client
    }

    private func orderNumber(_ text: String) throws -> UInt64 {
        guard let number = UInt64(text) else { throw Problem(description: "'\(text)' is no number of an order") }
        return number
    }

    func whole(_ value: JSONValue?, _ name: String) throws -> Int64 {
        guard let number = try decimal(value, name).units(decimals: 0, as: Int64.self) else {
            throw Problem(description: "'\(name)' is no whole number")
        }
        return number
    }
}
