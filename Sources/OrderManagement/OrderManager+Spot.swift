// SPDX-License-Identifier: Apache-2.0

import Execution
import Trading
import VenueInterface

// Spot: the asset itself is held. Fees of purchases are taken out of what was bought, nothing is reduce-only at the
// venue, and triggers that it does not take are watched here.
extension OrderManager {
    // MARK: Triggers

    /// Whether the venue takes no triggered orders on an instrument.
    func lacksTriggers(_ instrument: InstrumentID) -> Bool {
        !settings.hasSpotTriggers && instruments[instrument.index].kind == .spot
    }

    /// Whether an order has a trigger that is watched here, or was.
    func isWatched(_ index: Int) -> Bool {
        orders[index].request.type.isTriggered && lacksTriggers(orders[index].request.instrument)
    }

    private func isWaitingHere(_ index: Int) -> Bool {
        !orders[index].isEmergency && !orders[index].isReleased && isWatched(index)
    }

    /// Watches the trigger of an order that has not reached it.
    ///
    /// - Returns: Whether it goes on waiting. Otherwise it is placed now.
    mutating func watches(_ index: Int) -> Bool {
        guard isWaitingHere(index) else { return false }
        let trigger: Price
        switch levels(index) {
        case .failure(let refusal):
            guard orders[index].hasEngineChange, let known = orders[index].watched else {
                placeRefused(index, refusal.reason)
                return true
            }
            orders[index].hasEngineChange = false
            orders[index].request.trigger = .price(known)
            report(orders[index].id, .rejectUpdate, refusal.reason)
            return true
        case .success(let levels): trigger = levels.trigger ?? levels.limit
        }
        tellOfWatching(index)
        let isNew = orders[index].watched != trigger
        orders[index].watched = trigger
        accept(index)
        if orders[index].hasEngineChange || isNew && !orders[index].isChild {
            orders[index].hasEngineChange = false
            report(
                orders[index].id, .update, quantity: orders[index].total,
                limit: orders[index].request.type.hasLimit ? orders[index].request.limit : nil, trigger: trigger)
        }
        guard isReached(index) else { return true }
        report(orders[index].id, .trigger)
        release(index)
        endEntry(of: index)
        return false
    }

    /// Its level has been reached: it goes to the venue as what it was for.
    mutating func release(_ index: Int) {
        isDirty = true
        if orders[index].request.type.hasLimit {
            orders[index].isReleased = true
            orders[index].wasTriggered = true
        } else {
            orders[index].isEmergency = true
        }
    }

    private func isReached(_ index: Int) -> Bool {
        let request = orders[index].request
        guard let level = orders[index].watched, let price = markets[request.instrument.index].trigger else {
            return false
        }
        let isStop: Bool
        switch request.type {
        case .stop, .stopLimit, .trailingStop: isStop = true
        case .takeProfit, .takeProfitLimit: isStop = false
        case .market, .limit: return false
        }
        return isStop == (request.side == .buy) ? price >= level : price <= level
    }

    /// A price has come: whatever has reached its level is looked at.
    mutating func noteReached(_ instrument: InstrumentID) {
        guard instruments[instrument.index].kind == .spot, !isDirty else { return }
        isDirty = orders.indices.contains { index in
            orders[index].request.instrument == instrument && !orders[index].isFinal && !orders[index].isHeld
                && orders[index].leg == nil && isWaitingHere(index) && isReached(index)
        }
    }

    mutating func noteSold(_ fill: VenueFill, _ strategy: StrategyID) {
        guard lacksTriggers(fill.instrument), fill.side == .sell,
            account.netQuantity(strategy, fill.instrument) == .zero
        else { return }
        sold.append((strategy, fill.instrument))
    }

    /// Ends what is watched for a position that was sold: the next one has orders of its own. A venue takes back what it
    /// holds to reduce a position that is gone.
    mutating func endWatchedOfSold() {
        guard !sold.isEmpty else { return }
        let gone = sold.filter { account.netQuantity($0.strategy, $0.instrument) == .zero }
        sold.removeAll()
        for index in orders.indices
        where orders[index].isReduceOnly && !orders[index].isHeld && orders[index].leg == nil && isWatched(index)
            && gone.contains(where: { $0 == (orders[index].strategy, orders[index].request.instrument) })
        {
            want(index, ManagedOrder.Ending(event: .cancel, reason: .nothingToReduce))
        }
    }

    private mutating func tellOfWatching(_ index: Int) {
        let instrument = orders[index].request.instrument
        guard !watchedInstruments.contains(instrument) else { return }
        watchedInstruments.append(instrument)
        find(
            .protection, instrument: instrument,
            "the venue takes no stops and targets on spot: they are watched here, and nothing protects "
                + "\(instruments[instrument.index].symbol) while this program is not running")
    }

    /// A level that was watched before a restart.
    mutating func restoreWatched(_ index: Int, _ trigger: Price?) {
        guard let trigger else { return }
        orders[index].watched = trigger
        guard orders[index].request.type == .trailingStop else { return }
        orders[index].trail.isFollowing = true
        orders[index].trail.level = trigger.units
        orders[index].trail.best = orders[index].request.side == .buy ? .max : 0
    }

    // MARK: What may be sold

    /// Whether an order may sell no more than what its strategy holds: exits, and every sale where nothing is borrowed. The
    /// venue would sell what another strategy holds, or nobody's.
    private func isLimitedToHeld(_ order: ManagedOrder) -> Bool {
        guard instruments[order.request.instrument.index].kind == .spot else { return false }
        return order.isReduceOnly || order.request.side == .sell && !account.description.allowsBorrowing
    }

    /// The most that an order may still trade of what is held, beside other orders that work or are on their way.
    private func free(for index: Int) -> (held: Int64, free: Int64, others: [Int]) {
        let order = orders[index]
        let net = held(by: order)
        let held = order.request.side == .sell ? max(0, net) : max(0, -(net == .min ? 0 : net))
        let others = orders.indices.filter { other in
            other != index && !orders[other].isFinal && orders[other].leg != nil && isLimitedToHeld(orders[other])
                && orders[other].request.instrument == order.request.instrument
                && orders[other].request.side == order.request.side
                && (order.id.isManagers || orders[other].strategy == order.strategy)
        }
        let taken = others.reduce(Int64(0)) { $0.clampedSum(orders[$1].leg?.remaining ?? 0) }
        return (held, held - min(taken, held), others)
    }

    /// Makes a sale as small as what is held: the venue does not see to that.
    ///
    /// - Returns: Whether there is something to send now.
    mutating func limitToHeld(_ index: Int) -> Bool {
        let order = orders[index]
        guard isLimitedToHeld(order) else { return true }
        let (held, free, others) = free(for: index)
        guard order.remaining > free else { return true }
        let resting = others.filter { !orders[$0].isImmediate }
        if order.type == .market, order.isReduceOnly, free < held, !resting.isEmpty {
            // What rests makes room for what must trade.
            for other in resting { want(other, ManagedOrder.Ending(event: .cancel, reason: .groupDone)) }
            orders[index].notBefore = after(settings.queryDelay / 4)
            return false
        }
        guard free > 0 else {
            if held > 0, order.type == .market, order.isReduceOnly {
                orders[index].notBefore = after(settings.queryDelay / 4)
            } else {
                let reason = order.isReduceOnly ? RejectReason.nothingToReduce : .insufficientBalance
                end(index, order.isAccepted || order.filled > 0 ? .cancel : .reject, reason)
            }
            return false
        }
        orders[index].total = order.filled + free
        if order.isChild { announce(index) } else { report(order.id, .update, quantity: orders[index].total) }
        return true
    }

    /// Makes a sale that works no larger than what is held, where it was changed.
    ///
    /// - Returns: Whether it goes on.
    mutating func staysWithinHeld(_ index: Int) -> Bool {
        let order = orders[index]
        guard isLimitedToHeld(order) else { return true }
        let free = free(for: index).free
        guard order.remaining > free else { return true }
        guard free > 0 else {
            want(index, ManagedOrder.Ending(event: .cancel, reason: .nothingToReduce))
            return false
        }
        orders[index].total = order.filled + free
        orders[index].request.quantity = Quantity(units: orders[index].total)
        if order.isChild {
            announce(index)
        } else if !order.hasEngineChange {
            report(order.id, .update, quantity: orders[index].total)
        }
        return true
    }

    private func held(by order: ManagedOrder) -> Int64 {
        let instrument = order.request.instrument
        return order.id.isManagers
            ? account.netQuantity(instrument).units : account.netQuantity(order.strategy, instrument).units
    }

    /// What is left of a spot position is less than the venue trades: it stays in the balance, counts as no position any
    /// more, and stands in nobody's way.
    ///
    /// - Returns: Whether that is so of what this order was to close.
    mutating func writeOffSpotRest(_ index: Int) -> Bool {
        let order = orders[index]
        let instrument = instruments[order.request.instrument.index]
        guard instrument.kind == .spot, order.request.side == .sell, order.remaining >= held(by: order) else {
            return false
        }
        let strategies =
            order.id.isManagers ? Array(0..<account.description.strategyCount) : [order.strategy.index]
        var left: Int64 = 0
        for strategy in strategies {
            let units = account.netQuantity(StrategyID(index: strategy), instrument.id).units
            guard units > 0 else { continue }
            left = left.clampedSum(units)
            post(
                HoldingChange(
                    order: order.id.isManagers ? .none : order.id, instrument: instrument.id,
                    strategy: StrategyID(index: strategy), quantity: Quantity(units: -units), time: now.wall,
                    reason: .belowMinimum))
        }
        guard left > 0 else { return false }
        find(
            .protection, index,
            "what is left, \(instrument.text(Quantity(units: left))) \(instrument.symbol), is less than the venue trades; "
                + "it stays in the balance and counts as no position any more")
        for other in orders.indices
        where other != index && !orders[other].isFinal && orders[other].isReduceOnly
            && orders[other].request.instrument == instrument.id && strategies.contains(orders[other].strategy.index)
        {
            want(other, ManagedOrder.Ending(event: .cancel, reason: .nothingToReduce))
        }
        return true
    }

    // MARK: Fees in what was bought

    /// Takes what a purchase's fee left of no whole lot off the position: that cannot be sold again.
    mutating func takeFee(of id: InstrumentID, _ order: OrderID, _ strategy: StrategyID, at time: Timestamp) {
        let instrument = instruments[id.index]
        guard let unit = instrument.baseAmount(of: Quantity(units: 1))?.units, unit > 0,
            let missing = spare[SpareKey(strategy: strategy, asset: instrument.base)]?.units, missing < 0
        else { return }
        let lots = Int64(clamping: (-missing - 1) / unit + 1)
        let taken = min(lots, max(0, account.netQuantity(strategy, id).units))
        guard taken > 0 else { return }
        post(
            HoldingChange(
                order: order, instrument: id, strategy: strategy, quantity: Quantity(units: -taken), time: time,
                reason: .fee))
    }

    /// A purchase that the journal tells of: an end of the program inside its write can have taken what followed from it.
    struct RestoredPurchase: Sendable {
        let trade: TradeID
        let instrument: InstrumentID
        let order: OrderID
        let strategy: StrategyID
        let time: Timestamp
        var isPaid = false
    }

    mutating func noteRestored(_ fill: Fill) {
        guard isOurs(fill.instrument), instruments[fill.instrument.index].kind == .spot, fill.quantity > .zero else {
            return
        }
        restoredPurchases.append(
            RestoredPurchase(
                trade: fill.trade, instrument: fill.instrument, order: fill.order, strategy: fill.strategyID,
                time: fill.time))
    }

    mutating func noteRestored(_ payment: FeePayment) {
        for index in restoredPurchases.indices where restoredPurchases[index].trade == payment.trade {
            restoredPurchases[index].isPaid = true
        }
    }

    /// Takes off positions what fees took of them, where the journal ends between the two. Fees that it does not have are
    /// booked when the venue tells of their fill again.
    mutating func completePurchases() {
        for purchase in restoredPurchases where purchase.isPaid {
            takeFee(of: purchase.instrument, purchase.order, purchase.strategy, at: purchase.time)
        }
        restoredPurchases.removeAll(where: \.isPaid)
    }

    mutating func completeFee(of fill: VenueFill) {
        let place = restoredPurchases.firstIndex { $0.trade == fill.trade && $0.instrument == fill.instrument }
        guard let place else { return }
        let purchase = restoredPurchases.remove(at: place)
        guard fill.fee != .zero, fill.feeAsset != instruments[fill.instrument.index].settlement else { return }
        isDirty = true
        bookFee(of: fill, fill.fee, purchase.order, purchase.strategy)
    }

    /// - Returns: Whether the books can hold it.
    mutating func enter(_ payment: FeePayment) -> Bool {
        guard
            account.payFee(
                payment.amount, of: payment.asset, strategy: payment.strategy, trade: payment.trade, at: payment.time)
        else { return false }
        if instruments.contains(where: { $0.kind == .spot && $0.venue == venue && $0.base == payment.asset }) {
            addSpare(-payment.amount, payment.strategy, payment.asset)
        }
        return true
    }

    private mutating func addSpare(_ amount: Amount, _ strategy: StrategyID, _ asset: AssetID) {
        let key = SpareKey(strategy: strategy, asset: asset)
        spare[key] = (spare[key] ?? .zero).adding(amount) ?? .zero
    }

    // MARK: Booking

    private mutating func post(_ change: HoldingChange) {
        guard enter(change) else { return }
        snapshots.activity += 1
        out.append(.report(.holding(change)))
    }

    /// - Returns: Whether such a position was held.
    mutating func enter(_ change: HoldingChange) -> Bool {
        guard isOurs(change.instrument),
            account.changeHolding(
                change.quantity, of: change.instrument, strategy: change.strategy, keepsCost: change.keepsCost) != nil
        else { return false }
        let instrument = instruments[change.instrument.index]
        switch change.reason {
        case .notThere: break
        case .fee, .belowMinimum:
            addSpare(instrument.baseAmount(of: -change.quantity) ?? .zero, change.strategy, instrument.base)
        }
        guard change.reason == .fee, change.order != .none else { return true }
        // What protects the purchase is for as much less.
        for child in orders.indices where orders[child].request.parent == change.order && !orders[child].isFinal {
            orders[child].total += change.quantity.units
            if orders[child].total <= 0 { orders[child].isHeld = true }
            isDirty = true
        }
        return true
    }

    /// Takes what the venue does not hold off the strategies that have it.
    mutating func drop(_ quantity: Int64, of instrument: InstrumentID) {
        let parts = Shares.split(quantity, among: account.holdings(of: instrument))
        for (strategy, part) in parts.enumerated() where part > 0 {
            post(
                HoldingChange(
                    order: .none, instrument: instrument, strategy: StrategyID(index: strategy),
                    quantity: Quantity(units: -part), time: now.wall, reason: .notThere))
        }
    }
}
