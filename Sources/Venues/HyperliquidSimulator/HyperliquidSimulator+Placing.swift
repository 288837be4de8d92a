// SPDX-License-Identifier: Apache-2.0

import Trading

/// What an order of a request is answered with.
enum PlaceAnswer {
    case resting(Int)
    case filled(Int)
    case waitingForFill
    case waitingForTrigger
    case refused(Refusal)
}

struct Refusal: Error {
    var status: OrderStatus
    var text: String
    /// Whether the client id is that of an earlier order, which keeps it.
    var isOfUsedName = false
    init(_ status: OrderStatus, _ text: String) {
        self.status = status
        self.text = text
    }
}

extension HyperliquidSimulator {
    /// Places the orders of one request, in order.
    ///
    /// - Returns: One answer an order, or a single refusal that stands for all of them.
    mutating func place(
        _ requests: [OrderRequest], for account: Int, grouping: Grouping, builder: Builder?
    ) -> [PlaceAnswer] {
        for request in requests {
            if let cloid = request.cloid { statistics.ordersReceived[cloid, default: 0] += 1 }
        }
        if let refusal = refusalOfAll(requests, grouping: grouping) { return [.refused(refusal)] }
        switch grouping {
        case .none:
            return requests.map { place($0, for: account, builder: builder) }
        case .positionTpsl:
            let group = groups.count
            groups.append(OrderGroup(parent: nil, children: []))
            return requests.map { place($0, for: account, builder: builder, group: group, isPositionTpsl: true) }
        case .normalTpsl:
            return placeBracket(requests, for: account, builder: builder)
        }
    }

    private func refusalOfAll(_ requests: [OrderRequest], grouping: Grouping) -> Refusal? {
        if requests.isEmpty { return Refusal(.rejected, "Order batch must not be empty.") }
        let children = grouping == .none ? [] : requests.dropFirst(grouping == .normalTpsl ? 1 : 0)
        if children.contains(where: { !$0.reduceOnly || $0.trigger == nil }) {
            return Refusal(.rejected, "TP/SL orders must be reduce only trigger orders.")
        }
        if configuration.checksTicksBeforeAll {
            for request in requests {
                if let refusal = tickRefusal(request) { return refusal }
            }
        }
        return nil
    }

    private func tickRefusal(_ request: OrderRequest) -> Refusal? {
        let market = markets[request.market]
        guard market.isOnTick(request.price), request.trigger.map({ market.isOnTick($0.price) }) ?? true else {
            return Refusal(.tickRejected, "Price must be divisible by tick size. asset=\(market.asset)")
        }
        return nil
    }

    private mutating func placeBracket(
        _ requests: [OrderRequest], for account: Int, builder: Builder?
    ) -> [PlaceAnswer] {
        let group = groups.count
        groups.append(OrderGroup(parent: nil, children: []))
        let entry = place(requests[0], for: account, builder: builder, group: group, isEntry: true)
        if case .refused = entry { return [entry] }
        let isFilled = groups[group].parent.map { orders[$0].status == .filled } ?? false
        // A child must lie on its side of the price that the position will have.
        let reference = isFilled ? markets[requests[0].market].mark : requests[0].price
        return [entry]
            + requests.dropFirst().map { request in
                var refusal = checked(request, for: account, isChild: true)
                if refusal == nil, let trigger = request.trigger,
                    fires(trigger, isBuy: request.isBuy, mark: reference)
                {
                    refusal = Refusal(
                        .badTriggerPxRejected,
                        "Invalid TP/SL price. asset=\(markets[request.market].asset)")
                }
                if let refusal {
                    reject(request, refusal, for: account)
                    return .refused(refusal)
                }
                let index = register(request, for: account, builder: builder, group: group)
                groups[group].children.append(index)
                orders[index].status = .waitingForFill
                accounts[account].activeOrders += 1
                noteUpdate(index)
                return isFilled ? .waitingForTrigger : .waitingForFill
            }
    }

    // MARK: One order

    mutating func place(
        _ request: OrderRequest, for account: Int, builder: Builder?, group: Int? = nil, isEntry: Bool = false,
        isPositionTpsl: Bool = false
    ) -> PlaceAnswer {
        if let refusal = checked(request, for: account, isPositionTpsl: isPositionTpsl) {
            reject(request, refusal, for: account)
            return .refused(refusal)
        }
        return enter(
            request, for: account, builder: builder, group: group, isEntry: isEntry, isPositionTpsl: isPositionTpsl)
    }

    /// Enters an order that was checked: it trades, rests or waits.
    mutating func enter(
        _ request: OrderRequest, for account: Int, builder: Builder?, group: Int? = nil, isEntry: Bool = false,
        isPositionTpsl: Bool = false
    ) -> PlaceAnswer {
        let index = register(request, for: account, builder: builder, group: group)
        accounts[account].activeOrders += 1
        if let group {
            if isEntry { groups[group].parent = index } else { groups[group].children.append(index) }
        }
        if request.trigger != nil {
            if isPositionTpsl {
                orders[index].isPositionTpsl = true
                resize(index, to: accounts[account].positions[request.market].size.magnitudeClamped)
            }
            markets[request.market].triggers.append(index)
            noteUpdate(index)
            return .resting(index)
        }
        hold(index)
        if request.timeInForce.rests { noteUpdate(index) }
        if request.timeInForce != .alo { take(index) }
        let order = orders[index]
        if order.status == .open, request.timeInForce.rests {
            rest(index)
            if order.filled > 0 { noteUpdate(index) }
            return .resting(index)
        }
        if order.filled > 0 {
            finish(index, .canceled)
            return .filled(index)
        }
        guard order.status == .open else {
            return .refused(
                Refusal(order.status, "Insufficient margin to place order. asset=\(markets[request.market].asset)"))
        }
        let refusal = noLiquidity(request)
        finish(index, refusal.status)
        return .refused(refusal)
    }

    private func noLiquidity(_ request: OrderRequest) -> Refusal {
        let asset = markets[request.market].asset
        return request.timeInForce == .market
            ? Refusal(.marketOrderNoLiquidityRejected, "No liquidity available for market order. asset=\(asset)")
            : Refusal(
                .iocCancelRejected, "Order could not immediately match against any resting orders. asset=\(asset)")
    }

    mutating func register(_ request: OrderRequest, for account: Int, builder: Builder?, group: Int?) -> Int {
        let index = orders.count
        orders.append(
            SimulatedOrder(
                oid: oid(index), account: account, request: request, builder: builder, placedAt: time,
                placedWall: wall, size: request.size, remaining: request.size, statusAt: time, limit: request.price,
                group: group))
        accounts[account].orders.append(index)
        if let cloid = request.cloid { orderOfCloid[CloidKey(account: account, cloid: cloid)] = index }
        return index
    }

    mutating func reject(_ request: OrderRequest, _ refusal: Refusal, for account: Int) {
        let key = request.cloid.map { CloidKey(account: account, cloid: $0) }
        let earlier = key.flatMap { orderOfCloid[$0] }
        let index = register(request, for: account, builder: nil, group: nil)
        if refusal.isOfUsedName, let key { orderOfCloid[key] = earlier }
        orders[index].status = refusal.status
        statistics.ordersRefused += 1
        noteUpdate(index)
    }

    // MARK: Rules

    /// - Parameters:
    ///   - isChild: It belongs to an entry, so that there need be no position yet.
    ///   - replacing: The order that this one takes the place of.
    func checked(
        _ request: OrderRequest, for account: Int, isChild: Bool = false, isPositionTpsl: Bool = false,
        replacing: Int? = nil
    ) -> Refusal? {
        let market = markets[request.market]
        let suffix = " asset=\(market.asset)"
        if market.configuration.isDelisted { return Refusal(.rejected, "Trading is halted.\(suffix)") }
        if takesOnlyPostOnly, request.timeInForce != .alo || request.trigger != nil {
            return Refusal(.rejected, "Only post-only orders allowed immediately after a network upgrade")
        }
        if request.size == 0, !isPositionTpsl { return Refusal(.rejected, "Order has zero size.") }
        guard request.size >= 0, request.size <= Decimals.largest, request.size % market.lot == 0 else {
            return Refusal(.rejected, "Order has invalid size.\(suffix)")
        }
        guard request.price > 0, request.price <= Decimals.largest else {
            return Refusal(.rejected, "Order has invalid price.\(suffix)")
        }
        if let refusal = tickRefusal(request) { return refusal }
        if replacing == nil, let cloid = request.cloid,
            let earlier = orderOfCloid[CloidKey(account: account, cloid: cloid)],
            configuration.refusesUsedClientIDs || orders[earlier].status.isActive
        {
            var refusal = Refusal(.rejected, "Client order id was already used.\(suffix)")
            refusal.isOfUsedName = true
            return refusal
        }
        if let refusal = minimumRefusal(request, for: account, isChild: isChild, isPositionTpsl: isPositionTpsl) {
            return refusal
        }
        if request.trigger == nil,
            Int128(request.price) * 10 > Int128(market.oracle) * 18
                || Int128(request.price) * 10 < Int128(market.oracle) * 2
        {
            return Refusal(
                .oracleRejected,
                "Order price cannot be more than 80% away from the reference price.\(suffix)")
        }
        let position = market.isSpot ? 0 : accounts[account].positions[request.market].size
        if request.reduceOnly, !isChild, market.isSpot || position == 0 || (position > 0) == request.isBuy {
            return Refusal(.reduceOnlyRejected, "Reduce only order would increase position.\(suffix)")
        }
        if let refusal = countRefusal(request, for: account) { return refusal }
        if let trigger = request.trigger {
            if market.isSpot { return Refusal(.rejected, "Trigger orders are not supported for spot.\(suffix)") }
            if !isChild, fires(trigger, isBuy: request.isBuy, mark: market.mark) {
                return Refusal(.badTriggerPxRejected, "Invalid TP/SL price.\(suffix)")
            }
            return nil
        }
        if let refusal = fundsRefusal(request, for: account, replacing: replacing) { return refusal }
        if request.timeInForce == .alo, let best = bestOpposite(request.market, isBuy: request.isBuy),
            request.isBuy ? request.price >= best : request.price <= best
        {
            return Refusal(
                .badAloPxRejected,
                "Post only order would have immediately matched, bbo was \(quoteText(request.market)).\(suffix)")
        }
        return nil
    }

    private func minimumRefusal(
        _ request: OrderRequest, for account: Int, isChild: Bool, isPositionTpsl: Bool
    ) -> Refusal? {
        guard Decimals.notional(request.price, request.size) < 10 * Int128(Decimals.one), !isPositionTpsl else {
            return nil
        }
        let market = markets[request.market]
        if configuration.acceptsSmallClose, request.reduceOnly, !market.isSpot {
            let position = accounts[account].positions[request.market].size
            if isChild || request.size >= position.magnitudeClamped { return nil }
        }
        return Refusal(
            .minTradeNtlRejected,
            market.isSpot
                ? "Order must have minimum value of 10 USDC. asset=\(market.asset)"
                : "Order must have minimum value of $10. asset=\(market.asset)")
    }

    private func countRefusal(_ request: OrderRequest, for account: Int) -> Refusal? {
        guard configuration.limits.areEnforced else { return nil }
        let active = accounts[account].activeOrders
        let earned = Int(clamping: accounts[account].volume / (5_000_000 * Int128(Decimals.one)))
        let most = min(
            configuration.limits.openOrdersAtMost,
            configuration.limits.openOrders.addingReportingOverflow(earned).partialValue)
        if active >= most { return Refusal(.rejected, "Too many open orders (\(active) of \(most)).") }
        if active >= configuration.limits.openOrders, request.reduceOnly || request.trigger != nil {
            return Refusal(
                .rejected,
                "Cannot place reduce only or trigger orders with \(configuration.limits.openOrders) or more open orders."
            )
        }
        return nil
    }

    private func fundsRefusal(_ request: OrderRequest, for account: Int, replacing: Int?) -> Refusal? {
        let market = markets[request.market]
        if market.isSpot {
            let held = replacing.map { heldAmount($0) } ?? 0
            let token = request.isBuy ? 0 : market.token
            let balance = accounts[account].balances[token]
            let needed = request.isBuy ? Decimals.notional(request.price, request.size) : Money(request.size)
            guard balance.total - balance.hold + held >= needed else {
                return Refusal(
                    .insufficientSpotBalanceRejected, "Insufficient spot balance asset=\(market.asset)")
            }
            return nil
        }
        let position = accounts[account].positions[request.market]
        guard position.size.magnitudeClamped <= 4_000_000_000_000_000_000 - request.size else {
            return Refusal(
                .perpMaxPositionRejected,
                "Order exceeds max position at current leverage. asset=\(market.asset)")
        }
        let price = request.isBuy ? request.price : max(request.price, market.mark)
        // What would go beyond the position never trades, and so needs no margin.
        let size = request.reduceOnly ? min(request.size, position.size.magnitudeClamped) : request.size
        guard hasMargin(account, request.market, isBuy: request.isBuy, size: size, price: price) else {
            return Refusal(.perpMarginRejected, "Insufficient margin to place order. asset=\(market.asset)")
        }
        return nil
    }

    func fires(_ trigger: Trigger, isBuy: Bool, mark: Units) -> Bool {
        trigger.isStop == isBuy ? mark >= trigger.price : mark <= trigger.price
    }
}

extension Int64 {
    var magnitudeClamped: Int64 { Int64(clamping: magnitude) }
}
