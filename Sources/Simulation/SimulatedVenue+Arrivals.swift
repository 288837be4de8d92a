// SPDX-License-Identifier: Apache-2.0

import Execution
import Trading

extension SimulatedVenue {
    /// Commands that were there before the price was: they arrived while bars were missing, or at the very open. New and
    /// changed orders wait for the opening price with all others.
    mutating func admitBeforeOpen(_ index: Int, _ opened: Timestamp, price: Int64) {
        var taken = 0
        let inbound = books[index].inbound.count
        while taken < inbound {
            let id = books[index].inbound[taken].order
            let strategy = books[index].inbound[taken].strategy
            let arrival = books[index].inbound[taken].sentAt + settings.latency
            guard arrival <= opened else { break }
            taken += 1
            switch books[index].inbound[taken - 1].command {
            case .submit(let request): submit(index, id, strategy, request, price: price, at: opened, meetsPrice: false)
            case .cancel: cancel(index, id, at: arrival)
            case .modify(let change): modify(index, id, change, price: price, at: opened, meetsPrice: false)
            }
            books[index].watchesEveryBar = true
        }
        drop(index, taken)
    }

    mutating func admitArrivals(_ index: Int, before: Int64, notBefore: Timestamp, price: Int64) {
        var taken = 0
        let inbound = books[index].inbound.count
        while taken < inbound {
            let id = books[index].inbound[taken].order
            let strategy = books[index].inbound[taken].strategy
            let arrival = books[index].inbound[taken].sentAt + settings.latency
            guard arrival.nanoseconds < before else { break }
            taken += 1
            let time = max(arrival, notBefore)
            if books[index].nextExpiry <= time.nanoseconds { expire(index, upTo: time.nanoseconds, at: time) }
            switch books[index].inbound[taken - 1].command {
            case .submit(let request): submit(index, id, strategy, request, price: price, at: time, meetsPrice: true)
            case .cancel: cancel(index, id, at: time)
            case .modify(let change): modify(index, id, change, price: price, at: time, meetsPrice: true)
            }
        }
        drop(index, taken)
    }

    private mutating func drop(_ index: Int, _ taken: Int) {
        if taken == books[index].inbound.count {
            books[index].inbound.clear()
        } else if taken > 0 {
            books[index].inbound.removeSubrange(0..<taken)
        }
    }

    @inline(__always)
    mutating func report(_ event: OrderEvent, _ order: OrderID, _ time: Timestamp, _ reason: RejectReason = .none) {
        reports.append(.order(OrderReport(order: order, time: time, event: event, reason: reason)))
    }

    // MARK: New orders

    private mutating func submit(
        _ index: Int, _ id: OrderID, _ strategy: StrategyID, _ request: OrderRequest, price: Int64, at time: Timestamp,
        meetsPrice: Bool
    ) {
        var order = WorkingOrder(id: id, strategy: strategy, request: request)
        if let reason = books[index].refusal(order, price: price, at: time) {
            return reject(index, id, reason, at: time)
        }
        if books[index].context.isPaidInFull, !order.isBuy, !order.isReduceOnly, order.remaining > stock(index) {
            return reject(index, id, .insufficientBalance, at: time)
        }
        if request.parent != .none { return submitChild(index, order, price: price, at: time) }
        order.reserved = reservation(index, order, price: price)
        if order.reserved > 0 {
            let asset = books[index].spendAsset
            guard free(asset) >= order.reserved else {
                let isMargined = books[index].isMargined
                return reject(index, id, isMargined ? .insufficientMargin : .insufficientBalance, at: time)
            }
            reserved[asset.index] += order.reserved
            order.reservedFor = order.remaining
        }
        let place = books[index].state.orders.count
        // The common case: it rests, and nothing can happen to it at this price.
        let rests = meetsPrice && order.type == .limit && !order.allows(price) && !order.timeInForce.isImmediate
        order.isFresh = !rests
        books[index].state.isDirty = true
        books[index].state.orders.append(order)
        report(.accept, id, time)
        if order.group != 0 {
            books[index].state.reduceByEarlierSiblings(place)
            commit(index, at: time)
            guard books[index].state.orders[place].isLive else { return }
        }
        if order.expires != .max {
            if order.expires <= time.nanoseconds {
                books[index].state.cancel(place, .expired)
                return commit(index, at: time)
            }
            books[index].nextExpiry = min(books[index].nextExpiry, order.expires)
        }
        guard !rests else { return }
        if order.type == .trailingStop { books[index].beginTrailing(place, at: price) }
        guard meetsPrice else { return }
        prepareBudget(index)
        books[index].meetArrival(place, price)
        commit(index, at: time)
    }

    /// A child of a bracket: held until its entry fills, or started at once where it has.
    private mutating func submitChild(_ index: Int, _ request: WorkingOrder, price: Int64, at time: Timestamp) {
        var order = request
        guard let parent = books[index].state.orders.lastIndex(where: { $0.id == order.parent }) else {
            return reject(index, order.id, .parentDone, at: time)
        }
        let filled = books[index].state.orders[parent].filled
        guard books[index].state.orders[parent].isLive || filled > 0 else {
            return reject(index, order.id, .parentDone, at: time)
        }
        order.remaining = 0
        let place = books[index].state.orders.count
        // What siblings that came first have closed already is not there to protect.
        var closed: Int64 = 0
        for sibling in books[index].state.orders.indices where books[index].state.orders[sibling].parent == order.parent
        {
            closed += books[index].state.orders[sibling].filled
        }
        books[index].state.isDirty = true
        books[index].state.orders.append(order)
        books[index].state.childCount += 1
        report(.hold, order.id, time)
        if filled > 0 {
            if filled > closed {
                books[index].startChild(place, adding: filled - closed, parent: parent, at: price)
                prepareBudget(index)
                books[index].meetArrival(place, price)
            } else {
                report(.accept, order.id, time)
                books[index].state.cancel(place, .groupDone)
            }
        }
        commit(index, at: time)
    }

    private mutating func reject(_ index: Int, _ id: OrderID, _ reason: RejectReason, at time: Timestamp) {
        report(.reject, id, time, reason)
        guard books[index].state.childCount > 0 else { return }
        for child in books[index].state.orders.indices
        where books[index].state.orders[child].parent == id && books[index].state.orders[child].state == .held {
            books[index].state.cancel(child, .parentDone)
        }
        commit(index, at: time)
    }

    /// What an order ties up while it works: the price of a spot purchase with its fee, or initial margin. Mutating, as
    /// all that is asked of a venue on the way of an order: a method that only reads is handed a copy of the venue.
    private mutating func reservation(_ index: Int, _ order: WorkingOrder, price: Int64) -> Int128 {
        guard order.parent == .none, !order.isReduceOnly else { return 0 }
        let isMargined = books[index].isMargined
        if !isMargined, !order.isBuy || books[index].borrows { return 0 }
        var quantity = order.remaining
        if isMargined, !books[index].context.isHedging {
            // What an opposite order closes, the position's own margin covers; so much again it may open with it.
            var held: Int64 = 0
            for part in books[index].state.held { held &+= part }
            if order.isBuy ? held < 0 : held > 0 {
                quantity = max(0, quantity - Int64(clamping: Int128(held.magnitude) * 2))
            }
            if quantity == 0 { return 0 }
        }
        let reference = books[index].reference(order, price: price)
        guard
            let value = books[index].instrument.value(of: Quantity(units: quantity), at: Price(units: reference))?
                .magnitude
        else { return .max }
        let rate = books[index].context.rules.takerFee
        guard let fee = rate.units > 0 ? rate.of(value) : .zero else { return .max }
        let leverage = isMargined ? books[index].leverage : 1
        return (leverage == 1 ? value.units : value.units / Int128(leverage)) + fee.units
    }

    /// What of an asset is not tied up by orders or positions.
    private mutating func free(_ asset: AssetID) -> Int128 {
        var total = account.balance(asset).units - reserved[asset.index]
        for index in books.indices where books[index].isMargined && books[index].margin != 0 {
            guard books[index].spendAsset == asset else { continue }
            total -= books[index].margin
            if account.description.marginMode == .cross { total += unrealised(index).units }
        }
        return total
    }

    // MARK: Cancels and changes

    private mutating func cancel(_ index: Int, _ id: OrderID, at time: Timestamp) {
        guard let place = books[index].state.place(of: id) else {
            return report(.rejectCancel, id, time, .unknownOrder)
        }
        if books[index].state.orders[place].group == 0, books[index].state.childCount == 0 {
            books[index].state.isDirty = true
            books[index].state.orders[place].state = .done
            releaseReservation(index, place)
            return report(.cancel, id, time, .byRequest)
        }
        books[index].state.cancelByHand(place)
        commit(index, at: time)
    }

    private mutating func modify(
        _ index: Int, _ id: OrderID, _ change: OrderChange, price: Int64, at time: Timestamp, meetsPrice: Bool
    ) {
        guard let place = books[index].state.place(of: id) else {
            return report(.rejectUpdate, id, time, .unknownOrder)
        }
        let before = books[index].state.orders[place]
        var order = before
        if let quantity = change.quantity {
            let (remaining, overflow) = quantity.units.subtractingReportingOverflow(order.filled)
            guard !overflow, remaining > 0 else { return report(.rejectUpdate, id, time, .notPositive) }
            order.remaining = remaining
        }
        if let limit = change.limit { order.limit = limit.units }
        if let trigger = change.trigger, order.type != .trailingStop {
            order.level = trigger.units
            order.forgetEntry()
        }
        if let trail = change.trail {
            order.trail = trail
            if order.isFollowing {
                order.tighten(rules: books[index].context.rules, decimals: books[index].context.priceDecimals)
            }
        }
        if let reason = books[index].refusal(order, price: price, at: time) {
            return report(.rejectUpdate, id, time, reason)
        }
        releaseReservation(index, place)
        order.reserved = reservation(index, order, price: price)
        let asset = books[index].spendAsset
        guard order.reserved == 0 || free(asset) >= order.reserved else {
            reserved[asset.index] += before.reserved
            books[index].state.orders[place].reserved = before.reserved
            let isMargined = books[index].isMargined
            return report(.rejectUpdate, id, time, isMargined ? .insufficientMargin : .insufficientBalance)
        }
        reserved[asset.index] += order.reserved
        order.reservedFor = order.remaining
        order.isFresh = order.state != .held
        books[index].state.isDirty = true
        books[index].state.orders[place] = order
        reports.append(
            .order(
                OrderReport(
                    order: id, time: time, event: .update,
                    quantity: Quantity(units: order.filled + order.remaining),
                    limit: order.type.hasLimit ? Price(units: order.limit) : nil,
                    trigger: order.type.isTriggered ? Price(units: order.level) : nil)))
        guard meetsPrice else { return }
        prepareBudget(index)
        books[index].meetArrival(place, price)
        commit(index, at: time)
    }

    mutating func releaseReservation(_ index: Int, _ place: Int) {
        let amount = books[index].state.orders[place].reserved
        guard amount != 0 else { return }
        reserved[books[index].spendAsset.index] -= amount
        books[index].state.orders[place].reserved = 0
    }
}

extension TimeInForce {
    /// Whether what does not fill on arrival is taken back.
    var isImmediate: Bool { self == .immediateOrCancel || self == .fillOrKill }
}
