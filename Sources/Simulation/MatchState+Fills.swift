// SPDX-License-Identifier: Apache-2.0

import Risk
import Trading

extension MatchState {
    @inline(__always)
    private func slot(of index: Int, _ context: MatchContext) -> Int {
        guard context.isHedging else { return orders[index].strategy * 2 }
        // A reduce-only sell closes the long side, a reduce-only buy the short side.
        return orders[index].strategy * 2 + (orders[index].isBuy != orders[index].isReduceOnly ? 0 : 1)
    }

    /// Trades as much as the order, the position and the bar allow, at `price` while the market is at `market`.
    mutating func fill(
        _ index: Int, at price: Int64, market: Int64, _ liquidity: Liquidity, _ context: MatchContext
    ) {
        isDirty = true
        let slot = slot(of: index, context)
        let isBuy = orders[index].isBuy
        if orders[index].isReduceOnly {
            let reducible = max(0, isBuy ? -held[slot] : held[slot])
            if reducible == 0 { return cancel(index, .nothingToReduce) }
            if orders[index].remaining > reducible {
                orders[index].remaining = reducible
                amended(index)
            }
        }
        let wanted = orders[index].remaining
        var quantity = min(wanted, available)
        if orders[index].timeInForce == .fillOrKill, quantity < wanted { return cancel(index, .notFilledWhole) }
        guard quantity > 0 else { return }

        let rate = liquidity == .maker ? context.rules.makerFee : context.rules.takerFee
        var fillPrice = price
        if liquidity == .taker, !orders[index].type.hasLimit {
            fillPrice = context.slipped(price, isBuy: isBuy, quantity: quantity)
        }
        if context.isPaidInFull {
            if isBuy {
                let cost = spending(quantity, at: fillPrice, rate, context)
                guard let cost, cost <= budget else { return cancel(index, .insufficientBalance) }
                budget -= cost
                stock += quantity
            } else {
                quantity = min(quantity, stock)
                guard quantity > 0 else { return cancel(index, .insufficientBalance) }
                stock -= quantity
            }
        }
        let signed = isBuy ? quantity : -quantity
        let (position, overflow) = held[slot].addingReportingOverflow(signed)
        guard !overflow else { return cancel(index, .tooLarge) }
        held[slot] = position
        pay(signed, at: fillPrice, rate, context)
        if liquidation.isActive { follow(signed, at: fillPrice, slot: context.isHedging ? slot & 1 : 0, rate, context) }
        if available != .max { available -= quantity }
        orders[index].remaining -= quantity
        orders[index].filled += quantity
        orders[index].filledCost += Int128(quantity) * Int128(fillPrice)
        if orders[index].remaining == 0 { orders[index].state = .done }

        let reason: FillReason
        switch orders[index].type {
        case .market, .limit: reason = .order
        case .stop, .stopLimit: reason = .stop
        case .takeProfit, .takeProfitLimit: reason = .takeProfit
        case .trailingStop: reason = .trailingStop
        }
        effects.append(
            MatchEffect(
                kind: .fill, order: orders[index].id, strategy: orders[index].strategy, place: index, quantity: signed,
                price: fillPrice, met: price, liquidity: liquidity, fillReason: reason,
                isReducing: orders[index].isReduceOnly))
        if orders[index].group != 0 || orders[index].parent != .none { reduceSiblings(of: index, by: quantity) }
        endEntry(of: index)
        if childCount > 0 { startChildren(of: index, filled: quantity, at: price, market: market, context) }
    }

    /// Counts a trade's value and fee towards the outcome of the try.
    private mutating func pay(_ signed: Int64, at price: Int64, _ rate: Rate, _ context: MatchContext) {
        let value = context.value(signed, at: price)
        cash -= value
        let (fee, overflow) = Int128(clamping: value.magnitude).multipliedReportingOverflow(by: Int128(rate.units))
        fees = fees.addingReportingOverflow(overflow ? Int128.max / 2 : fee).partialValue
    }

    private mutating func follow(
        _ signed: Int64, at price: Int64, slot: Int, _ rate: Rate, _ context: MatchContext
    ) {
        liquidation.fill(signed, at: price, slot: slot, feeRate: rate)
        (liquidatesAtOrBelow, liquidatesAtOrAbove) = liquidation.levels(context.tiers)
    }

    /// What a spot purchase takes from the balance, fee included, in `10^-18` quote.
    private func spending(_ quantity: Int64, at price: Int64, _ rate: Rate, _ context: MatchContext) -> Int128? {
        let (value, overflow) = (Int128(quantity) * Int128(price))
            .multipliedReportingOverflow(by: context.notionalFactor)
        guard !overflow, let fee = rate.of(Amount(units: value)) else { return nil }
        return value + fee.units
    }

    private mutating func amended(_ index: Int) {
        isDirty = true
        let type = orders[index].type
        effects.append(
            MatchEffect(
                kind: .amend, order: orders[index].id, strategy: orders[index].strategy, place: index,
                quantity: orders[index].filled + orders[index].remaining,
                price: type == .limit ? orders[index].limit : type.isTriggered ? orders[index].level : 0))
    }

    // MARK: Orders that belong together

    /// Children of one entry, or orders of one strategy that share a group.
    private func areSiblings(_ first: Int, _ second: Int) -> Bool {
        if orders[first].parent != .none, orders[first].parent == orders[second].parent { return true }
        return orders[first].group != 0 && orders[first].group == orders[second].group
            && orders[first].strategy == orders[second].strategy
    }

    private mutating func reduceSiblings(of index: Int, by quantity: Int64) {
        for sibling in orders.indices where sibling != index && orders[sibling].isLive && areSiblings(index, sibling) {
            // A child that has not started yet has nothing to take from.
            guard orders[sibling].state != .held else { continue }
            if orders[sibling].remaining <= quantity {
                cancel(sibling, .groupDone)
            } else {
                orders[sibling].remaining -= quantity
                amended(sibling)
            }
        }
    }

    /// What siblings filled before an order of their group arrived is not left for it.
    mutating func reduceByEarlierSiblings(_ index: Int) {
        var taken: Int64 = 0
        for sibling in orders.indices where sibling != index && areSiblings(index, sibling) {
            taken += orders[sibling].filled
        }
        guard taken > 0 else { return }
        guard orders[index].remaining > taken else { return cancel(index, .groupDone) }
        orders[index].remaining -= taken
        amended(index)
    }

    /// Takes back what is left of an entry once an order that protects it has acted: it must not fill into a position
    /// that nothing protects.
    mutating func endEntry(of child: Int) {
        let parent = orders[child].parent
        guard parent != .none, let entry = orders.firstIndex(where: { $0.id == parent && $0.isLive }) else { return }
        cancel(entry, .groupDone)
    }

    private mutating func startChildren(
        of index: Int, filled quantity: Int64, at price: Int64, market: Int64, _ context: MatchContext
    ) {
        let id = orders[index].id
        var started = 0
        for child in orders.indices where orders[child].parent == id && orders[child].isLive {
            if orders[child].state == .held { started += 1 }
            start(child, adding: quantity, parent: index, at: price, context)
        }
        guard started > 0 else { return }
        // All are there before the first of them acts.
        for child in orders.indices where orders[child].parent == id && orders[child].isFresh {
            orders[child].isFresh = false
            meet(child, market, isArrival: true, context)
        }
    }

    /// Gives a child more of its parent's fill, and brings it to life with the first.
    mutating func start(
        _ child: Int, adding quantity: Int64, parent: Int, at price: Int64, _ context: MatchContext
    ) {
        orders[child].remaining += quantity
        if let rate = orders[child].fromEntry {
            let level = context.level(cost: orders[parent].filledCost, quantity: orders[parent].filled, rate: rate)
            orders[child].level = level
            if orders[child].type == .limit { orders[child].limit = level }
        }
        guard orders[child].state == .held else { return amended(child) }
        isDirty = true
        switch orders[child].type {
        case .market: orders[child].state = .market
        case .limit: orders[child].state = .resting
        case .stop, .stopLimit, .takeProfit, .takeProfitLimit, .trailingStop: orders[child].state = .waiting
        }
        orders[child].isFresh = true
        beginTrailing(child, at: price, context)
        effects.append(
            MatchEffect(
                kind: .activate, order: orders[child].id, strategy: orders[child].strategy, place: child,
                quantity: orders[child].filled + orders[child].remaining,
                price: orders[child].type == .limit ? orders[child].limit : orders[child].level))
    }

    /// Sets a trailing stop's starting point, where the order is one.
    mutating func beginTrailing(_ index: Int, at price: Int64, _ context: MatchContext) {
        guard orders[index].type == .trailingStop else { return }
        if let activation = orders[index].activation, orders[index].isBuy ? price > activation : price < activation {
            return
        }
        orders[index].follow(price, rules: context.rules, decimals: context.priceDecimals)
    }

    // MARK: Ends

    /// Ends an order, and with it children that never started; an entry ends when its protection has nothing to protect.
    mutating func cancel(_ index: Int, _ reason: RejectReason) {
        guard orders[index].isLive else { return }
        isDirty = true
        orders[index].state = .done
        effects.append(
            MatchEffect(
                kind: .cancel, order: orders[index].id, strategy: orders[index].strategy, place: index, reason: reason))
        if reason == .nothingToReduce { endEntry(of: index) }
        guard childCount > 0, orders[index].filled == 0 else { return }
        let id = orders[index].id
        for child in orders.indices where orders[child].state == .held && orders[child].parent == id {
            cancel(child, .parentDone)
        }
    }

    /// Takes an order back because its owner asked for it. The rest of an OCO list goes with it; the siblings of an entry's
    /// child stay, so that dropping the target keeps the stop.
    mutating func cancelByHand(_ index: Int) {
        cancel(index, .byRequest)
        guard orders[index].group != 0, orders[index].parent == .none else { return }
        for sibling in orders.indices
        where sibling != index && orders[sibling].isLive && orders[sibling].parent == .none
            && areSiblings(index, sibling)
        {
            cancel(sibling, .groupDone)
        }
    }

    /// The venue takes the position over: all of it, or with isolated margin and hedging the side that fell short.
    mutating func liquidate(at price: Int64, _ context: MatchContext) {
        isDirty = true
        let onlySlot = liquidation.isIsolated && liquidation.isHedging ? (price <= liquidatesAtOrBelow ? 0 : 1) : nil
        for index in orders.indices { cancel(index, .liquidated) }
        for index in held.indices where held[index] != 0 && (onlySlot == nil || index & 1 == onlySlot) {
            let signed = -held[index]
            held[index] = 0
            pay(signed, at: price, context.liquidationFee, context)
            liquidation.fill(
                signed, at: price, slot: context.isHedging ? index & 1 : 0, feeRate: context.liquidationFee)
            effects.append(
                MatchEffect(
                    kind: .liquidation, order: .none, strategy: index / 2, quantity: signed, price: price,
                    met: price, fillReason: .liquidation, isReducing: true))
        }
        (liquidatesAtOrBelow, liquidatesAtOrAbove) = liquidation.levels(context.tiers)
    }
}
