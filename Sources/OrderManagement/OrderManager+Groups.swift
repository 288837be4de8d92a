// SPDX-License-Identifier: Apache-2.0

import Execution
import Trading
import VenueInterface

// Entries with their children, orders of which one cancels the others, and trailing stops.
extension OrderManager {
    /// Children of one entry, or orders of one strategy that share a group.
    func areSiblings(_ first: Int, _ second: Int) -> Bool {
        let (one, other) = (orders[first], orders[second])
        if one.isChild, one.request.parent == other.request.parent { return true }
        return one.request.group != 0 && one.request.group == other.request.group && one.strategy == other.strategy
    }

    mutating func reduceSiblings(of index: Int, by quantity: Int64) {
        guard orders[index].isChild || orders[index].request.group != 0 else { return }
        for sibling in orders.indices
        where sibling != index && !orders[sibling].isFinal && areSiblings(index, sibling) && !orders[sibling].isHeld {
            orders[sibling].total = max(orders[sibling].filled, orders[sibling].total - quantity)
            isDirty = true
            if orders[sibling].remaining == 0 {
                want(sibling, ManagedOrder.Ending(event: .cancel, reason: .groupDone))
                // The venue takes it back itself; that is waited for.
                if orders[sibling].isBracketed { orders[sibling].notBefore = after(.seconds(1)) }
            } else if orders[sibling].isChild {
                announce(sibling)
            } else {
                report(orders[sibling].id, .update, quantity: orders[sibling].total)
            }
        }
    }

    /// Takes back what is left of an entry once an order that protects it has acted.
    mutating func endEntry(of child: Int) {
        guard let parent = places[orders[child].request.parent] else { return }
        want(parent, ManagedOrder.Ending(event: .cancel, reason: .groupDone))
    }

    /// Gives the children of an order what it filled.
    mutating func shareOut(_ parent: OrderID, _ quantity: Int64, _ cost: Int128) {
        for child in orders.indices where orders[child].request.parent == parent && !orders[child].isFinal {
            give(child, quantity, cost)
        }
    }

    /// Gives children that came after their entry's first fill what it filled so far.
    mutating func shareOut(_ parent: Int) {
        guard let child = orders.indices.last, orders[child].request.parent == orders[parent].id else { return }
        var closed: Int64 = 0
        for sibling in orders.indices where orders[sibling].request.parent == orders[parent].id {
            closed += orders[sibling].filled
        }
        let open = orders[parent].filled - closed
        guard open > 0 else { return end(child, .cancel, .groupDone) }
        give(child, open, orders[parent].filledCost / Int128(orders[parent].filled) * Int128(open))
    }

    private mutating func give(_ child: Int, _ quantity: Int64, _ cost: Int128) {
        isDirty = true
        if !orders[child].hasEntry {
            orders[child].hasEntry = true
            orders[child].entryCost = 0
            orders[child].entryQuantity = 0
        }
        orders[child].entryCost += cost
        orders[child].entryQuantity += quantity
        orders[child].total += quantity
        // A fee can have taken all of it.
        orders[child].isHeld = orders[child].total <= 0
        if orders[child].request.type == .trailingStop, !orders[child].trail.isFollowing || orders[child].isBracketed {
            startTrailing(child, at: Int64(clamping: cost / Int128(quantity)))
        }
        if orders[child].leg != nil { announce(child) }
    }

    /// Tells the engine what a child comes to, when that has changed.
    mutating func announce(_ index: Int) {
        let order = orders[index]
        guard order.isChild, order.total > 0, !order.isFinal, !isRestoring else { return }
        let news = ManagedOrder.Announced(
            quantity: order.total, limit: order.request.type.hasLimit ? order.leg?.ticket.limit : nil,
            trigger: order.leg?.ticket.trigger ?? order.watched)
        guard order.announced != news else { return }
        orders[index].announced = news
        report(
            order.id, order.announced == nil ? .accept : .update, quantity: news.quantity, limit: news.limit,
            trigger: news.trigger)
    }

    // MARK: Protection

    /// A child has lost its place at the venue while there is something to protect.
    ///
    /// - Returns: Whether it goes on.
    mutating func protectAgain(_ index: Int, _ ending: ManagedOrder.Ending) -> Bool {
        let order = orders[index]
        switch ending.reason {
        case .nothingToReduce, .wouldIncrease, .liquidated, .delisted: return false
        case .groupDone:
            // Its sibling has filled, and the news of that is on its way; if it is not, this one is placed again.
            orders[index].failures += 1
            guard orders[index].failures <= settings.protectionRetries else { break }
            orders[index].notBefore = after(settings.queryDelay)
            wantSnapshot("a fill is missing")
            return true
        default: break
        }
        if order.isEmergency { return false }
        if !order.wasTriggered, waitsForVenue(index, ending.reason) { return true }
        if order.isStop, order.wasTriggered || ending.reason == .badTrigger {
            closeAtMarket(index, order.wasTriggered ? "it was triggered and did not fill whole" : ending.reason.text)
            return true
        }
        orders[index].failures += 1
        guard orders[index].failures <= settings.protectionRetries else {
            guard order.isStop else { return false }
            closeAtMarket(index, "the venue took it back \(orders[index].failures) times (\(ending.reason.text))")
            return true
        }
        find(
            .protection, index,
            "the venue ended it (\(ending.reason.text)) with a position to protect; it is placed again")
        orders[index].wasTriggered = false
        orders[index].notBefore = after(backOff(orders[index].failures) / 4)
        return true
    }

    /// A stop could not be placed.
    mutating func protectionRefused(_ index: Int, _ reason: RejectReason) {
        switch reason {
        case .nothingToReduce, .wouldIncrease: return end(index, .cancel, reason)
        case .badTrigger: return closeAtMarket(index, "its level has been passed")
        default: break
        }
        guard orders[index].isChild else { return end(index, .reject, reason) }
        orders[index].failures += 1
        guard orders[index].failures <= settings.protectionRetries else {
            return closeAtMarket(index, "it was refused \(orders[index].failures) times (\(reason.text))")
        }
        orders[index].notBefore = after(backOff(orders[index].failures) / 4)
    }

    /// A stop that cannot rest at the venue does at once what it was for.
    mutating func closeAtMarket(_ index: Int, _ why: String) {
        find(.protection, index, "\(why): what it protects is closed at market")
        if orders[index].leg != nil { replaceLeg(index) }
        announce(index)
        if !orders[index].wasTriggered { report(orders[index].id, .trigger) }
        orders[index].isEmergency = true
        orders[index].wasTriggered = false
        orders[index].failures = 0
        orders[index].notBefore = nil
        isDirty = true
        endEntry(of: index)
    }

    // MARK: Trailing

    private func rules(_ index: Int) -> (rules: TradingRules, decimals: Int) {
        let instrument = instruments[orders[index].request.instrument.index]
        return (instrument.rules(at: now.wall), instrument.priceDecimals)
    }

    private func trailingLevel(_ index: Int, best: Int64) -> Int64 {
        let (rules, decimals) = rules(index)
        return rules.trailingLevel(
            best: best, trail: orders[index].request.trail, isBuy: orders[index].request.side == .buy,
            decimals: decimals)
    }

    /// Sets the level outright: before the entry is known.
    mutating func setTrailing(_ index: Int, best: Int64) {
        orders[index].trail.best = best
        orders[index].trail.level = trailingLevel(index, best: best)
    }

    /// An order of its own begins to follow at the market.
    mutating func beginTrailing(_ index: Int) {
        guard let price = markets[orders[index].request.instrument.index].trigger else { return }
        startTrailing(index, at: price.units)
    }

    private mutating func startTrailing(_ index: Int, at price: Int64) {
        let isBuy = orders[index].request.side == .buy
        if let activation = orders[index].request.activation,
            isBuy ? price > activation.units : price < activation.units
        {
            return
        }
        orders[index].trail.isFollowing = true
        orders[index].isBracketed = false
        setTrailing(index, best: price)
        isDirty = true
    }

    /// Moves the trailing stops of an instrument after its price.
    mutating func follow(_ instrument: InstrumentID) {
        guard let price = markets[instrument.index].trigger?.units, price > 0 else { return }
        noteReached(instrument)
        for index in orders.indices
        where orders[index].request.type == .trailingStop && orders[index].request.instrument == instrument
            && !orders[index].isFinal && !orders[index].isHeld && !orders[index].isEmergency
        {
            let isBuy = orders[index].request.side == .buy
            guard orders[index].trail.isFollowing else {
                startTrailing(index, at: price)
                continue
            }
            guard isBuy ? price < orders[index].trail.best : price > orders[index].trail.best else { continue }
            orders[index].trail.best = price
            raise(index, leastStep: settings.trailingStep)
        }
    }

    /// Takes a changed distance up: nearer to the market at once, further away never.
    mutating func tighten(_ index: Int) { raise(index, leastStep: .zero) }

    private mutating func raise(_ index: Int, leastStep: Rate) {
        let isBuy = orders[index].request.side == .buy
        let level = orders[index].trail.level
        let next = trailingLevel(index, best: orders[index].trail.best)
        let gain = isBuy ? Int128(level) - Int128(next) : Int128(next) - Int128(level)
        let least = Int128(level) * Int128(leastStep.units) / Int128(Rate.one)
        guard gain > 0, gain >= least else { return }
        orders[index].trail.level = next
        isDirty = true
    }
}
