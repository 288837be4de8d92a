// SPDX-License-Identifier: Apache-2.0

import Risk
import Trading

/// The orders of one instrument and what they may use up: a value that a path is tried on.
///
/// Two paths are tried on two copies; the chosen copy becomes the book.
struct MatchState {
    var orders: [WorkingOrder] = []
    /// Signed holdings by strategy and side slot, in quantity units.
    var held: [Int64] = []
    /// What the bar still gives, in quantity units.
    var available: Int64 = .max
    /// −Σ value of the fills tried (`MatchContext.value`).
    var cash: Int128 = 0
    /// Σ fees of the fills tried, in the same units × 10^9.
    var fees: Int128 = 0
    /// Spot: what is left to spend, in `10^-18` quote; and to sell, in quantity units.
    var budget: Int128 = 0
    var stock: Int64 = 0
    var effects: [MatchEffect] = []
    /// Orders that have a parent, dead ones included: while there is none, nothing needs to look for children.
    var childCount = 0
    /// Whether something changed since prices to watch were worked out.
    var isDirty = false
    var liquidation = LiquidationModel()
    /// Prices at which the position is liquidated.
    var liquidatesAtOrBelow = Int64.min
    var liquidatesAtOrAbove = Int64.max

    /// Where a live order is.
    @inline(__always)
    mutating func place(of id: OrderID) -> Int? {
        for index in orders.indices where orders[index].id == id { return orders[index].isLive ? index : nil }
        return nil
    }

    /// Drops the orders that are over.
    ///
    /// - Returns: Whether there were any.
    mutating func dropDead() -> Bool {
        var first = 0
        while first < orders.count, !orders[first].isLive { first += 1 }
        // Mostly the oldest go, so the others move up together.
        var kept = first
        while kept < orders.count, orders[kept].isLive { kept += 1 }
        if kept == orders.count {
            guard first > 0 else { return false }
            if first == kept { orders.clear() } else { orders.removeSubrange(..<first) }
            return true
        }
        for index in kept..<orders.count where orders[index].isLive {
            orders[kept] = orders[index]
            kept += 1
        }
        orders.removeSubrange(kept...)
        if first > 0 { orders.removeSubrange(..<first) }
        return true
    }

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
        childCount = other.childCount
        isDirty = other.isDirty
        liquidation = other.liquidation
        liquidatesAtOrBelow = other.liquidatesAtOrBelow
        liquidatesAtOrAbove = other.liquidatesAtOrAbove
    }

    /// The worth of what was tried with the position valued at `close`, before fees.
    private func worth(close: Int64, _ context: MatchContext) -> Int128 {
        var position: Int128 = 0
        for quantity in held { position += Int128(quantity) }
        guard let units = Int64(exactly: position) else { return cash }
        return cash + context.value(units, at: close)
    }

    /// How much better this try ended than the other with the position valued at `close`: its sign counts.
    func advantage(over other: borrowing MatchState, close: Int64, _ context: MatchContext) -> Int128 {
        let difference = worth(close: close, context) - other.worth(close: close, context)
        let (scaled, overflow) = difference.multipliedReportingOverflow(by: Int128(Rate.one))
        return overflow ? difference : scaled - (fees - other.fees)
    }

    /// Whether two tries ended the same: worth at the close, fees, position and working orders.
    func equals(_ other: borrowing MatchState, close: Int64, _ context: MatchContext) -> Bool {
        guard fees == other.fees, worth(close: close, context) == other.worth(close: close, context) else {
            return false
        }
        for index in held.indices where held[index] != other.held[index] { return false }
        for index in orders.indices {
            let isLive = orders[index].isLive
            if isLive != other.orders[index].isLive { return false }
            guard isLive else { continue }
            guard orders[index].state == other.orders[index].state,
                orders[index].remaining == other.orders[index].remaining,
                orders[index].level == other.orders[index].level, orders[index].best == other.orders[index].best
            else { return false }
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
        guard start != end else { return }
        var price = start
        while let (index, level) = nextHit(from: price, to: end, context) {
            price = level
            act(on: index, at: price, context)
        }
        for index in orders.indices where orders[index].state == .waiting && orders[index].isFollowing {
            orders[index].follow(end, rules: context.rules, decimals: context.priceDecimals)
        }
    }

    /// The first order on the way, with the price at which it acts; −1 stands for the liquidation of the position.
    private func nextHit(from price: Int64, to end: Int64, _ context: MatchContext) -> (Int, Int64)? {
        let rising = end > price
        var best: (index: Int, distance: Int64, level: Int64)?
        for index in orders.indices {
            guard let watched = orders[index].watchedPrice, orders[index].watchRises == rising else { continue }
            let isResting = orders[index].state == .resting
            if isResting {
                // Better than its limit already: volume has run out, or it would have filled.
                if available == 0 || (rising ? watched < price : watched > price) { continue }
                // Beyond is strict, so a price that merely ends at the limit does not fill it.
                if !context.fillsLimitsOnTouch, rising ? watched >= end : watched <= end { continue }
            }
            guard rising ? watched <= end : watched >= end else { continue }
            let level = rising ? max(watched, price) : min(watched, price)
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
        if orders[index].state == .resting {
            fill(index, at: orders[index].limit, market: price, .maker, context)
        } else if orders[index].type == .trailingStop, !orders[index].isFollowing {
            orders[index].follow(price, rules: context.rules, decimals: context.priceDecimals)
        } else {
            trigger(index, at: price, context)
        }
    }

    // MARK: A single price

    /// All orders meet a price that was printed: an opening.
    mutating func meetOpen(_ price: Int64, _ context: MatchContext) {
        if price <= liquidatesAtOrBelow || price >= liquidatesAtOrAbove { liquidate(at: price, context) }
        var index = 0
        while index < orders.count {
            let isFresh = orders[index].isFresh
            orders[index].isFresh = false
            meet(index, price, isArrival: isFresh, context)
            if isFresh { endImmediate(index) }
            index += 1
        }
    }

    /// Takes back what an immediate order could not fill.
    mutating func endImmediate(_ index: Int) {
        guard orders[index].isLive else { return }
        switch orders[index].timeInForce {
        case .immediateOrCancel: cancel(index, .notFilledAtOnce)
        case .fillOrKill: cancel(index, .notFilledWhole)
        case .goodTilCancelled, .goodTilDate: break
        }
    }

    /// One order meets a price that was printed, or that the market is at when it comes to life.
    mutating func meet(_ index: Int, _ price: Int64, isArrival: Bool, _ context: MatchContext) {
        switch orders[index].state {
        case .held, .done: break
        case .market: fill(index, at: price, market: price, .taker, context)
        case .resting:
            let limit = orders[index].limit
            if isArrival {
                if orders[index].allows(price) { fill(index, at: price, market: price, .taker, context) }
            } else if orders[index].isBuy ? price < limit : price > limit {
                fill(index, at: limit, market: price, .maker, context)
            } else if price == limit, context.fillsLimitsOnTouch {
                fill(index, at: price, market: price, .maker, context)
            }
        case .waiting:
            if orders[index].type == .trailingStop {
                if orders[index].isFollowing {
                    if orders[index].isBuy ? price >= orders[index].level : price <= orders[index].level {
                        trigger(index, at: price, context)
                    } else {
                        orders[index].follow(price, rules: context.rules, decimals: context.priceDecimals)
                    }
                } else if let activation = orders[index].activation,
                    orders[index].isBuy ? price <= activation : price >= activation
                {
                    orders[index].follow(price, rules: context.rules, decimals: context.priceDecimals)
                }
            } else if orders[index].risesToLevel ? price >= orders[index].level : price <= orders[index].level {
                trigger(index, at: price, context)
            }
        }
    }

    private mutating func trigger(_ index: Int, at price: Int64, _ context: MatchContext) {
        effects.append(
            MatchEffect(
                kind: .trigger, order: orders[index].id, strategy: orders[index].strategy, place: index, price: price))
        endEntry(of: index)
        if orders[index].type.hasLimit {
            orders[index].state = .resting
            if orders[index].allows(price) { fill(index, at: price, market: price, .taker, context) }
        } else {
            orders[index].state = .market
            fill(index, at: price, market: price, .taker, context)
        }
    }
}
