// SPDX-License-Identifier: Apache-2.0

import Execution
import Trading
import VenueInterface

// What is wanted and what is: one request at a time brings them together.
extension OrderManager {
    mutating func syncAll() {
        endWatchedOfSold()
        for index in orders.indices where !orders[index].isFinal { sync(index) }
    }

    private mutating func sync(_ index: Int) {
        if let ended = orders[index].ended { return settle(index, ended) }
        guard orders[index].isIdle else { return }
        if let expires = orders[index].request.expires, orders[index].request.timeInForce == .goodTilDate,
            expires <= now.wall, orders[index].cancelWanted == nil
        {
            orders[index].cancelWanted = ManagedOrder.Ending(event: .expire, reason: .expired)
        }
        if let notBefore = orders[index].notBefore {
            guard notBefore <= now.monotonic else { return }
            orders[index].notBefore = nil
        }
        if let ending = orders[index].cancelWanted { return sendCancel(index, ending) }
        guard !orders[index].isHeld else { return }
        guard orders[index].remaining > 0 else { return nothingLeft(index) }
        if orders[index].request.type == .trailingStop, !orders[index].trail.isFollowing, !orders[index].isEmergency {
            // Not active yet: it waits here, not at the venue.
            return accept(index)
        }
        guard let leg = orders[index].leg else {
            guard !waitsForExit(index), !watches(index) else { return }
            return place(index)
        }
        if leg.isWaiting { return syncWaiting(index) }
        change(index, leg)
    }

    // MARK: Placing

    /// An entry that would turn a position waits for the order that closes it: one that overtook it would close the
    /// position in its place, and its stops would be for more than is held.
    ///
    /// Where the position could not be closed at once, the entry is given up: what it was decided on has passed.
    private mutating func waitsForExit(_ index: Int) -> Bool {
        let entry = orders[index]
        guard !entry.isReduceOnly, entry.nextAttempt == 0 else { return false }
        let exit = orders.firstIndex {
            !$0.isFinal && $0.isReduceOnly && $0.type == .market && $0.request.side == entry.request.side
                && $0.strategy == entry.strategy && $0.request.instrument == entry.request.instrument
        }
        let limit = entry.waitsSince?.adding(settings.inFlightThreshold)
        if limit.map({ now.monotonic > $0 }) ?? false || exit.map({ orders[$0].failures > 0 }) ?? false {
            end(index, .reject, .positionNotClosed)
            return true
        }
        guard exit != nil else { return false }
        if entry.waitsSince == nil { orders[index].waitsSince = now.monotonic }
        return true
    }

    private func builder(_ index: Int) -> TicketBuilder {
        TicketBuilder(instruments[orders[index].request.instrument.index], at: now.wall, settings)
    }

    func levels(_ index: Int) -> Result<TicketBuilder.Levels, TicketBuilder.Refusal> {
        let order = orders[index]
        return builder(index).levels(
            of: order, reference: markets[order.request.instrument.index].reference,
            entry: order.entryQuantity > 0 ? (order.entryCost, order.entryQuantity) : nil)
    }

    private func ticket(_ index: Int, quantity: Int64) -> Result<OrderTicket, TicketBuilder.Refusal> {
        let client = ClientOrderID(
            instance: settings.instance, order: orders[index].id, attempt: orders[index].nextAttempt)
        switch levels(index) {
        case .failure(let refusal): return .failure(refusal)
        case .success(let levels):
            return builder(index).ticket(for: orders[index], client: client, quantity: quantity, levels)
        }
    }

    private mutating func place(_ index: Int) {
        guard limitToHeld(index) else { return }
        orders[index].reference = markets[orders[index].request.instrument.index].reference
        let first: OrderTicket
        switch ticket(index, quantity: orders[index].remaining) {
        case .success(let ticket): first = ticket
        case .failure(let refusal): return placeRefused(index, refusal.reason)
        }
        var tickets = [first]
        var members = [index]
        if settings.hasBrackets, !orders[index].isReduceOnly, orders[index].filled == 0,
            !lacksTriggers(orders[index].request.instrument)
        {
            for child in nativeChildren(of: index, entry: orders[index].isImmediate ? nil : first.limit) {
                guard case .success(let ticket) = ticket(child, quantity: first.quantity.units) else { continue }
                tickets.append(ticket)
                members.append(child)
            }
        }
        for (member, ticket) in zip(members, tickets) { sent(member, ticket, isChild: member != index) }
        out.append(.place(tickets, tickets.count > 1 ? .entryWithProtection : .none))
    }

    private mutating func sent(_ index: Int, _ ticket: OrderTicket, isChild: Bool) {
        orders[index].leg = ManagedOrder.Leg(client: ticket.client, ticket: ticket, isWaiting: isChild)
        orders[index].asked = max(orders[index].asked, orders[index].filled + ticket.quantity.units)
        orders[index].nextAttempt &+= 1
        if isChild { orders[index].isBracketed = true }
        orders[index].pending = .place(sentNow())
        orders[index].query = ManagedOrder.Query(at: after(settings.inFlightThreshold))
    }

    private func sentNow() -> ManagedOrder.Sent {
        ManagedOrder.Sent(
            at: now.monotonic, proof: settings.requestLife.map { now.monotonic.adding($0).adding(settings.grace) })
    }

    /// Children that go with their entry: at most one target and one stop, whose levels are worked out from what the entry
    /// is expected to fill at.
    private mutating func nativeChildren(of entry: Int, entry limit: Price?) -> [Int] {
        let id = orders[entry].id
        let expected = limit ?? markets[orders[entry].request.instrument.index].reference
        guard let expected, expected.units > 0 else { return [] }
        var target: Int?
        var stop: Int?
        for child in orders.indices
        where orders[child].request.parent == id && orders[child].isHeld && orders[child].leg == nil
            && !orders[child].isFinal && orders[child].cancelWanted == nil
        {
            switch orders[child].request.type {
            case .takeProfit, .takeProfitLimit: target = target ?? child
            case .stop, .stopLimit: stop = stop ?? child
            case .trailingStop: if orders[child].request.activation == nil { stop = stop ?? child }
            case .market, .limit: break
            }
        }
        let chosen = [target, stop].compactMap { $0 }
        for child in chosen {
            orders[child].entryCost = Int128(expected.units)
            orders[child].entryQuantity = 1
            if orders[child].request.type == .trailingStop { setTrailing(child, best: expected.units) }
        }
        return chosen
    }

    // MARK: Changing

    private mutating func change(_ index: Int, _ leg: ManagedOrder.Leg) {
        guard leg.ticket.type != .market, !orders[index].wasTriggered else {
            // What trades now is not chased.
            if orders[index].hasEngineChange { changeRefused(index, .unknownOrder) }
            return
        }
        guard staysWithinHeld(index) else { return }
        let wanted: TicketBuilder.Levels
        switch levels(index) {
        case .success(let levels): wanted = levels
        case .failure(let refusal): return changeRefused(index, refusal.reason)
        }
        // The bound of a triggered order follows from its trigger, which is what counts.
        let isPriceSame =
            wanted.trigger == leg.ticket.trigger
            && (wanted.trigger != nil && !orders[index].type.hasLimit || wanted.limit == leg.ticket.limit)
        let remaining = orders[index].remaining
        if isPriceSame, remaining == leg.remaining { return confirmChange(index) }
        if orders[index].request.type == .trailingStop, remaining == leg.remaining, !orders[index].hasEngineChange,
            let moved = orders[index].trail.movedAt?.adding(settings.trailingInterval), moved > now.monotonic
        {
            orders[index].notBefore = moved
            return
        }
        sendChange(index, leg, wanted, remaining)
    }

    private mutating func sendChange(
        _ index: Int, _ leg: ManagedOrder.Leg, _ levels: TicketBuilder.Levels, _ quantity: Int64
    ) {
        switch builder(index).ticket(for: orders[index], client: leg.client, quantity: quantity, levels) {
        case .failure(let refusal): changeRefused(index, refusal.reason)
        case .success(let ticket):
            orders[index].trail.movedAt = now.monotonic
            orders[index].pending = .modify(ticket, sentNow())
            orders[index].asked = max(orders[index].asked, orders[index].filled + ticket.quantity.units)
            orders[index].query = ManagedOrder.Query(at: after(settings.inFlightThreshold))
            out.append(
                .modify(
                    ModifyTicket(venueOrder: leg.venueOrder, order: ticket),
                    replacing: Quantity(units: leg.remaining)))
        }
    }

    /// Tells the engine that what it asked for is so.
    private mutating func confirmChange(_ index: Int) {
        guard orders[index].hasEngineChange, let leg = orders[index].leg else { return }
        orders[index].hasEngineChange = false
        report(
            orders[index].id, .update, quantity: orders[index].total,
            limit: orders[index].request.type.hasLimit ? leg.ticket.limit : nil, trigger: leg.ticket.trigger)
    }

    /// A child that the venue holds for its entry.
    private mutating func syncWaiting(_ index: Int) {
        guard let parent = places[orders[index].request.parent], !orders[parent].isFinal else {
            // The entry is over: the venue has made a working order of it, which a query tells, or has taken it back.
            if orders[index].query.at == nil, orders[index].query.asked == nil {
                orders[index].query.at = after(settings.queryDelay)
            }
            return
        }
        // An entry that rests with a part filled would leave that part without protection: it gets its own now.
        // Not where the venue would refuse it: it gives the one that waits its place when the whole entry has filled.
        if isPostOnlyTime { return orders[index].notBefore = after(settings.queryDelayLimit) }
        if !orders[parent].isImmediate, orders[parent].ended == nil, orders[parent].remaining > 0 { replaceLeg(index) }
    }

    /// Puts a new leg in the place of one that is taken back once the new one is asked for.
    mutating func replaceLeg(_ index: Int) {
        guard let leg = orders[index].leg else { return }
        orphans.append(
            Orphan(
                client: leg.client, venueOrder: leg.venueOrder, instrument: orders[index].request.instrument,
                order: orders[index].id, isCertain: true, nextAt: now.monotonic))
        orders[index].loseLeg()
        orders[index].pending = .none
        isDirty = true
    }

    // MARK: Ending

    private mutating func sendCancel(_ index: Int, _ ending: ManagedOrder.Ending) {
        guard let leg = orders[index].leg else { return end(index, ending.event, ending.reason) }
        orders[index].pending = .cancel(sentNow())
        orders[index].query = ManagedOrder.Query(at: after(settings.inFlightThreshold))
        out.append(
            .cancel([
                CancelTicket(
                    client: leg.client, venueOrder: leg.venueOrder, instrument: orders[index].request.instrument)
            ]))
    }

    /// Siblings have taken all there was.
    private mutating func nothingLeft(_ index: Int) {
        if orders[index].leg == nil { return end(index, .cancel, .groupDone) }
        want(index, ManagedOrder.Ending(event: .cancel, reason: .groupDone))
    }
}
