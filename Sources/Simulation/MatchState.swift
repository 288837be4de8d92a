// SPDX-License-Identifier: Apache-2.0

import Execution
import Trading

/// Something that happened to an order while a bar was walked; made into reports once the path is chosen.
struct MatchEffect: BitwiseCopyable {
    enum Kind: UInt8, BitwiseCopyable {
        case fill, trigger, activate, amend, cancel, reject, liquidation
    }
    let kind: Kind
    let order: OrderID
    let strategy: Int
    /// Signed for fills.
    var quantity: Int64 = 0
    var price: Int64 = 0
    /// Of fills: the price that the order met, before slippage.
    var met: Int64 = 0
    var liquidity = Liquidity.taker
    var fillReason = FillReason.order
    var reason = RejectReason.none
    var isReducing = false
}

/// What a bar means for matching: everything but the orders.
struct MatchContext {
    let isHedging: Bool
    let fillsLimitsOnTouch: Bool
    let slippage: SlippageModel
    let priceDecimals: Int
    var rules: TradingRules
    var volume: Double = 0
    var volatility: Double = 0
    /// Spot without borrowing: what can be spent and sold.
    let isSpot: Bool
    let allowsBorrowing: Bool
    let notionalFactor: Int128
}

/// The orders of one instrument and what they may use up: a value that a path is tried on.
///
/// Two paths are tried on two copies; the chosen copy becomes the book.
struct MatchState {
    var orders: [WorkingOrder] = []
    /// Signed holdings by strategy and side slot, in quantity units.
    var held: [Int64] = []
    /// What the bar still gives, in quantity units.
    var available: Int64 = .max
    /// −Σ signed quantity × price of the fills tried, in price × quantity units.
    var cash: Int128 = 0
    /// Σ fees of the fills tried, in the same units × 10^9.
    var fees: Int128 = 0
    /// Spot: what is left to spend, in `10^-18` quote; and to sell, in quantity units.
    var budget: Int128 = 0
    var stock: Int64 = 0
    var effects: [MatchEffect] = []
    /// Prices at which the position is liquidated.
    var liquidatesAtOrBelow = Int64.min
    var liquidatesAtOrAbove = Int64.max

    /// Copies without giving up the memory that is there.
    mutating func assign(_ other: borrowing MatchState) {
        orders.removeAll(keepingCapacity: true)
        orders.append(contentsOf: other.orders)
        held.removeAll(keepingCapacity: true)
        held.append(contentsOf: other.held)
        effects.removeAll(keepingCapacity: true)
        available = other.available
        cash = 0
        fees = 0
        budget = other.budget
        stock = other.stock
        liquidatesAtOrBelow = other.liquidatesAtOrBelow
        liquidatesAtOrAbove = other.liquidatesAtOrAbove
    }

    /// The worth of what was tried with the position valued at `close`, in price × quantity units × 10^9.
    func outcome(close: Int64) -> Int128 {
        let position = held.reduce(Int128(0)) { $0 + Int128($1) }
        return (cash + position * Int128(close)) * Int128(Rate.one) - fees
    }

    /// Whether two tries ended the same.
    func equals(_ other: borrowing MatchState) -> Bool {
        guard cash == other.cash, fees == other.fees, available == other.available, orders.count == other.orders.count
        else { return false }
        for index in held.indices where held[index] != other.held[index] { return false }
        for index in orders.indices {
            let (left, right) = (orders[index], other.orders[index])
            guard left.state == right.state, left.remaining == right.remaining, left.level == right.level else {
                return false
            }
        }
        return true
    }

    // MARK: The path

    /// Walks `price → first → second → last`.
    mutating func walk(from open: Int64, _ first: Int64, _ second: Int64, to close: Int64, _ context: MatchContext) {
        leg(from: open, to: first, context)
        leg(from: first, to: second, context)
        leg(from: second, to: close, context)
    }

    private mutating func leg(from start: Int64, to end: Int64, _ context: MatchContext) {
        var price = start
        while let (index, level) = nextHit(from: price, to: end, context) {
            price = level
            act(on: index, at: price, context)
        }
        for index in orders.indices where orders[index].type == .trailingStop && orders[index].isFollowing {
            orders[index].follow(end, rules: context.rules, decimals: context.priceDecimals)
        }
    }

    /// The first order on the way, with the price at which it acts; −1 stands for the liquidation of the position.
    private func nextHit(from price: Int64, to end: Int64, _ context: MatchContext) -> (Int, Int64)? {
        let rising = end >= price
        var best: (index: Int, distance: Int64, level: Int64)?
        for (index, order) in orders.enumerated() {
            guard let watched = order.watchedPrice else { continue }
            if order.state == .resting, available == 0 { continue }
            let strict = order.state == .resting && !context.fillsLimitsOnTouch
            let level: Int64
            if order.watchRises {
                if strict ? watched < price : watched <= price {
                    level = price
                } else if rising, strict ? watched < end : watched <= end {
                    level = watched
                } else {
                    continue
                }
            } else {
                if strict ? watched > price : watched >= price {
                    level = price
                } else if !rising, strict ? watched > end : watched >= end {
                    level = watched
                } else {
                    continue
                }
            }
            let distance = abs(level - price)
            if best.map({ distance < $0.distance }) ?? true { best = (index, distance, level) }
        }
        if rising, liquidatesAtOrAbove <= end {
            let level = max(liquidatesAtOrAbove, price)
            if best.map({ level - price < $0.distance }) ?? true { return (-1, level) }
        }
        if !rising, liquidatesAtOrBelow >= end {
            let level = min(liquidatesAtOrBelow, price)
            if best.map({ price - level < $0.distance }) ?? true { return (-1, level) }
        }
        return best.map { ($0.index, $0.level) }
    }

    private mutating func act(on index: Int, at price: Int64, _ context: MatchContext) {
        guard index >= 0 else { return liquidate(at: price, context) }
        let order = orders[index]
        if order.state == .resting {
            fill(index, at: order.limit, .maker, context)
        } else if order.type == .trailingStop, !order.isFollowing {
            orders[index].follow(price, rules: context.rules, decimals: context.priceDecimals)
        } else {
            trigger(index, at: price, context)
        }
    }

    // MARK: A single price

    /// Orders that were in the book meet a price that was printed: an opening.
    mutating func meetOpen(_ price: Int64, _ context: MatchContext) {
        if price <= liquidatesAtOrBelow || price >= liquidatesAtOrAbove { return liquidate(at: price, context) }
        var index = 0
        while index < orders.count {
            meet(index, price, isArrival: false, context)
            index += 1
        }
    }

    /// One order meets a price that was printed.
    mutating func meet(_ index: Int, _ price: Int64, isArrival: Bool, _ context: MatchContext) {
        let order = orders[index]
        switch order.state {
        case .held, .done: break
        case .market: fill(index, at: price, .taker, context)
        case .resting:
            if isArrival {
                if order.allows(price) { fill(index, at: price, .taker, context) }
            } else if order.isBuy ? price < order.limit : price > order.limit {
                fill(index, at: order.limit, .maker, context)
            } else if price == order.limit, context.fillsLimitsOnTouch {
                fill(index, at: price, .maker, context)
            }
        case .waiting:
            if order.type == .trailingStop {
                if order.isFollowing {
                    if order.isBuy ? price >= order.level : price <= order.level {
                        trigger(index, at: price, context)
                    } else {
                        orders[index].follow(price, rules: context.rules, decimals: context.priceDecimals)
                    }
                } else if let activation = order.activation,
                    order.activatesRising ? price >= activation : price <= activation
                {
                    orders[index].follow(price, rules: context.rules, decimals: context.priceDecimals)
                }
            } else if order.risesToLevel ? price >= order.level : price <= order.level {
                trigger(index, at: price, context)
            }
        }
    }

    private mutating func trigger(_ index: Int, at price: Int64, _ context: MatchContext) {
        let order = orders[index]
        effects.append(
            MatchEffect(kind: .trigger, order: order.id, strategy: order.strategy, price: price))
        if order.type.hasLimit {
            orders[index].state = .resting
            if order.allows(price) { fill(index, at: price, .taker, context) }
        } else {
            orders[index].state = .market
            fill(index, at: price, .taker, context)
        }
    }

    // MARK: Fills

    @inline(__always)
    private func slot(of order: WorkingOrder, _ context: MatchContext) -> Int {
        guard context.isHedging else { return order.strategy * 2 }
        // A reduce-only sell closes the long side, a reduce-only buy the short side.
        return order.strategy * 2 + (order.isBuy != order.isReduceOnly ? 0 : 1)
    }

    /// Trades as much as the order, the position and the bar allow.
    mutating func fill(_ index: Int, at price: Int64, _ liquidity: Liquidity, _ context: MatchContext) {
        let order = orders[index]
        let slot = slot(of: order, context)
        if order.isReduceOnly {
            let reducible = max(0, order.isBuy ? -held[slot] : held[slot])
            if reducible == 0 { return cancel(index, .nothingToReduce) }
            if order.remaining > reducible {
                orders[index].remaining = reducible
                effects.append(
                    MatchEffect(
                        kind: .amend, order: order.id, strategy: order.strategy,
                        quantity: orders[index].filled + reducible))
            }
        }
        var quantity = min(orders[index].remaining, available)
        if order.timeInForce == .fillOrKill, quantity < orders[index].remaining { return cancel(index, .notFilledWhole) }
        guard quantity > 0 else { return }

        var fillPrice = price
        if liquidity == .taker, !order.type.hasLimit {
            fillPrice = slipped(price, isBuy: order.isBuy, quantity: quantity, context)
        }
        let rate = liquidity == .maker ? context.rules.makerFee : context.rules.takerFee
        if context.isSpot, !context.allowsBorrowing {
            if order.isBuy {
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
        let signed = order.isBuy ? quantity : -quantity
        let product = Int128(signed) * Int128(fillPrice)
        cash -= product
        fees += (product < 0 ? -product : product) * Int128(rate.units)
        held[slot] += signed
        if available != .max { available -= quantity }
        orders[index].remaining -= quantity
        orders[index].filled += quantity
        orders[index].filledCost += Int128(quantity) * Int128(fillPrice)
        if orders[index].remaining == 0 { orders[index].state = .done }

        let reason: FillReason
        switch order.type {
        case .market, .limit: reason = .order
        case .stop, .stopLimit: reason = .stop
        case .takeProfit, .takeProfitLimit: reason = .takeProfit
        case .trailingStop: reason = .trailingStop
        }
        effects.append(
            MatchEffect(
                kind: .fill, order: order.id, strategy: order.strategy, quantity: signed, price: fillPrice,
                met: price, liquidity: liquidity, fillReason: reason, isReducing: order.isReduceOnly))
        if order.group != 0 { reduceSiblings(of: index, by: quantity) }
        startChildren(of: index, filled: quantity, at: price, context)
    }

    /// What a spot purchase takes from the balance, fee included, in `10^-18` quote.
    private func spending(_ quantity: Int64, at price: Int64, _ rate: Rate, _ context: MatchContext) -> Int128? {
        let (value, overflow) = (Int128(quantity) * Int128(price))
            .multipliedReportingOverflow(by: context.notionalFactor)
        guard !overflow, let fee = rate.of(Amount(units: value)) else { return nil }
        return value + fee.units
    }

    private func slipped(_ price: Int64, isBuy: Bool, quantity: Int64, _ context: MatchContext) -> Int64 {
        let share = context.volume > 0 ? Double(quantity) / context.volume : 0
        let distance: Double
        switch context.slippage {
        case .none: return price
        case .ticks(let count):
            let step = context.rules.step(at: Price(units: price), decimals: context.priceDecimals)
            distance = Double(count) * Double(step)
        case .constant(let fixed, let rate): distance = Double(fixed.units) + Double(price) * rate.fraction
        case .volumeShare(let impact): distance = Double(price) * impact * share * share
        case .squareRoot(let impact, _): distance = Double(price) * impact * context.volatility * share.squareRoot()
        }
        // A hair less than rounding up, so that an exact product that Double puts a bit above stays exact.
        let units = Int64((distance * (1 - 1e-12)).rounded(.up))
        let target = Price(units: isBuy ? price + units : max(1, price - units))
        return context.rules.rounded(target, decimals: context.priceDecimals, isBuy ? .up : .down).units
    }

    private mutating func reduceSiblings(of index: Int, by quantity: Int64) {
        let (group, strategy) = (orders[index].group, orders[index].strategy)
        for sibling in orders.indices
        where sibling != index && orders[sibling].isLive && orders[sibling].group == group
            && orders[sibling].strategy == strategy
        {
            // A child that has not started yet has nothing to take from.
            guard orders[sibling].state != .held else { continue }
            if orders[sibling].remaining <= quantity {
                cancel(sibling, .groupDone, withGroup: false)
            } else {
                orders[sibling].remaining -= quantity
                effects.append(
                    MatchEffect(
                        kind: .amend, order: orders[sibling].id, strategy: strategy,
                        quantity: orders[sibling].filled + orders[sibling].remaining))
            }
        }
    }

    private mutating func startChildren(
        of index: Int, filled quantity: Int64, at price: Int64, _ context: MatchContext
    ) {
        let id = orders[index].id
        for child in orders.indices where orders[child].parent == id && orders[child].isLive {
            start(child, adding: quantity, parent: orders[index], at: price, context)
        }
    }

    /// Gives a child more of its parent's fill, and brings it to life with the first.
    mutating func start(
        _ child: Int, adding quantity: Int64, parent: WorkingOrder, at price: Int64, _ context: MatchContext
    ) {
        orders[child].remaining += quantity
        orders[child].entryQuantity += quantity
        if let rate = orders[child].fromEntry {
            let average = parent.filledCost.dividedRoundingHalfToEven(by: Int128(parent.filled))
            let offset = (average * Int128(rate.units)).dividedRoundingHalfToEven(by: Int128(Rate.one))
            // Towards the entry, so that a stop never risks more and a target never asks more than was said.
            let level = context.rules.rounded(
                Price(units: Int64(clamping: average + offset)), decimals: context.priceDecimals,
                rate.units < 0 ? .up : .down)
            orders[child].level = level.units
            if orders[child].type == .limit { orders[child].limit = level.units }
        }
        let isNew = orders[child].state == .held
        if isNew {
            orders[child].state = orders[child].type == .market ? .market : .waiting
            if orders[child].type == .limit { orders[child].state = .resting }
            beginTrailing(child, at: price, context)
        }
        effects.append(
            MatchEffect(
                kind: isNew ? .activate : .amend, order: orders[child].id, strategy: orders[child].strategy,
                quantity: orders[child].filled + orders[child].remaining, price: orders[child].level))
    }

    /// Sets a trailing stop's starting point, where the order is one.
    mutating func beginTrailing(_ index: Int, at price: Int64, _ context: MatchContext) {
        guard orders[index].type == .trailingStop else { return }
        if let activation = orders[index].activation {
            orders[index].activatesRising = activation >= price
            if activation == price {
                orders[index].follow(price, rules: context.rules, decimals: context.priceDecimals)
            }
        } else {
            orders[index].follow(price, rules: context.rules, decimals: context.priceDecimals)
        }
    }

    // MARK: Ends

    /// Ends an order; its group goes with it where that was asked for, and children that never started.
    mutating func cancel(_ index: Int, _ reason: RejectReason, withGroup: Bool = false) {
        guard orders[index].isLive else { return }
        orders[index].state = .done
        let order = orders[index]
        effects.append(MatchEffect(kind: .cancel, order: order.id, strategy: order.strategy, reason: reason))
        if withGroup, order.group != 0 {
            for sibling in orders.indices
            where orders[sibling].isLive && orders[sibling].group == order.group
                && orders[sibling].strategy == order.strategy
            {
                cancel(sibling, .groupDone)
            }
        }
        if order.filled == 0 {
            for child in orders.indices where orders[child].state == .held && orders[child].parent == order.id {
                cancel(child, .parentDone)
            }
        }
    }

    private mutating func liquidate(at price: Int64, _ context: MatchContext) {
        for index in orders.indices { cancel(index, .liquidated) }
        for slot in held.indices where held[slot] != 0 {
            let signed = -held[slot]
            held[slot] = 0
            cash -= Int128(signed) * Int128(price)
            effects.append(
                MatchEffect(
                    kind: .liquidation, order: .none, strategy: slot / 2, quantity: signed, price: price,
                    met: price, fillReason: .liquidation, isReducing: true))
        }
        liquidatesAtOrBelow = .min
        liquidatesAtOrAbove = .max
    }
}
