// SPDX-License-Identifier: Apache-2.0

internal import Execution
internal import Hyperliquid
internal import JSON

/// ccxt's orders as orders of this connector.
extension CCXTCall {
    /// What is asked for one order: the arguments, or one entry of a list.
    struct OrderRequest {
        var symbol: String
        var type: String
        var side: String
        var amount: ExactDecimal
        var price: ExactDecimal?
        var parameters: JSONValue?
        var id: String?

        func parameter(_ names: String...) -> JSONValue? {
            for name in names {
                if let value = parameters?[name], !value.isNull { return value }
            }
            return nil
        }
    }

    func orderRequest(from entry: JSONValue) throws -> OrderRequest {
        let price = entry["price"].flatMap { $0.isNull ? nil : $0 }
        return OrderRequest(
            symbol: entry["symbol"]?.string ?? "", type: entry["type"]?.string ?? "", side: entry["side"]?.string ?? "",
            amount: try decimal(entry["amount"], "amount"), price: try price.map { try decimal($0, "price") },
            parameters: entry["params"], id: entry["id"]?.word)
    }

    /// The arguments `symbol, type, side, amount, price, parameters` from this place on.
    func orderRequest(from index: Int) throws -> OrderRequest {
        let price = argument(index + 4).flatMap { $0.kind == .object ? nil : $0 }
        return OrderRequest(
            symbol: try text(index, "symbol"), type: try text(index + 1, "type"), side: try text(index + 2, "side"),
            amount: try decimal(argument(index + 3), "amount"), price: try price.map { try decimal($0, "price") },
            parameters: parameters)
    }

    /// The order and those that protect it.
    func orders(_ request: OrderRequest) throws -> (orders: [HyperliquidOrder], grouping: HyperliquidGrouping) {
        let main = try order(request)
        // ccxt takes no notice of a bare price there.
        let takeProfit = request.parameter("takeProfit").flatMap { $0.kind == .object ? $0 : nil }
        let stopLoss = request.parameter("stopLoss").flatMap { $0.kind == .object ? $0 : nil }
        guard takeProfit != nil || stopLoss != nil else { return ([main], .none) }
        let isPosition = request.parameter("grouping")?.string == "positionTpsl"
        var orders = isPosition ? [] : [main]
        for (part, name) in [(takeProfit, "takeProfitPrice"), (stopLoss, "stopLossPrice")] {
            guard let part else { continue }
            let trigger = try decimal(part["triggerPrice"] ?? part["stopPrice"], name)
            var child = request
            child.type = isPosition ? "market" : part["type"]?.string ?? "limit"
            child.side = request.side.lowercased() == "buy" ? "sell" : "buy"
            if isPosition { child.amount = .zero }
            let price = part["price"] ?? part[name]
            child.price = try price.map { try decimal($0, name) } ?? trigger
            var order = try order(child, trigger: (trigger, name == "takeProfitPrice" ? .takeProfit : .stopLoss))
            order.isReduceOnly = true
            orders.append(order)
        }
        return (orders, isPosition ? .position : .normal)
    }

    /// - Parameter trigger: For a protective part of another order, in place of what its parameters say.
    func order(
        _ request: OrderRequest, trigger: (price: ExactDecimal, kind: HyperliquidOrder.Protection)? = nil
    ) throws -> HyperliquidOrder {
        let market = market(request.symbol)
        let isMarket = request.type.lowercased() == "market"
        let isBuy = request.side.lowercased() == "buy"
        guard var price = request.price else {
            throw Problem(description: "a market order needs a price to bound its slippage")
        }
        if isMarket {
            let slippage = try request.parameter("slippage").map { try decimal($0, "slippage") }
            let share = slippage ?? ExactDecimal(mantissa: 5, decimals: 2)
            guard share.decimals <= 18, !share.isNegative, share < ExactDecimal(mantissa: 1, decimals: 0) else {
                throw Problem(description: "'\(share)' is no slippage")
            }
            var one: Int128 = 1
            for _ in 0..<share.decimals { one *= 10 }
            let factor = ExactDecimal(
                mantissa: isBuy ? one + share.mantissa : one - share.mantissa, decimals: share.decimals)
            guard let product = CCXTNumber.product(price, factor) else {
                throw Problem(description: "'\(price)' has too many digits")
            }
            price = product
        }
        var trigger = trigger
        if trigger == nil {
            if let value = request.parameter("takeProfitPrice") {
                trigger = (try decimal(value, "takeProfitPrice"), .takeProfit)
            } else if let value = request.parameter("stopLossPrice", "triggerPrice", "stopPrice") {
                trigger = (try decimal(value, "triggerPrice"), .stopLoss)
            }
        }
        let kind: HyperliquidOrder.Kind
        if let trigger {
            kind = .trigger(price: CCXTNumber.price(trigger.price, market), isMarket: isMarket, trigger.kind)
        } else {
            kind = .limit(try timeInForce(request, isMarket: isMarket))
        }
        let client = try request.parameter("clientOrderId", "client_id")?.string.map { text in
            guard let client = ClientOrderID(text) else {
                throw Problem(description: "'\(text)' is no client id of 16 bytes")
            }
            return client
        }
        return HyperliquidOrder(
            asset: Int(market.asset), isBuy: isBuy, price: CCXTNumber.price(price, market),
            size: CCXTNumber.size(request.amount, market),
            isReduceOnly: request.parameter("reduceOnly")?.bool ?? false, kind: kind, client: client)
    }

    private func timeInForce(_ request: OrderRequest, isMarket: Bool) throws -> HyperliquidOrder.TimeInForce {
        switch request.parameter("timeInForce")?.string?.uppercased() {
        case "GTC": return .goodTilCancelled
        case "IOC": return .immediateOrCancel
        case "ALO", "PO": return .addLiquidityOnly
        case "FRONTENDMARKET": return .frontendMarket
        case nil:
            if request.parameter("postOnly")?.bool == true { return .addLiquidityOnly }
            return isMarket ? .immediateOrCancel : .goodTilCancelled
        case let other?: throw Problem(description: "the venue has no time in force '\(other)'")
        }
    }
}
