// SPDX-License-Identifier: Apache-2.0

import Execution
import Trading
import VenueInterface

// The venue's word on orders, asked for or not, in whatever order it comes.
extension OrderManager {
    mutating func apply(_ update: OrderUpdate) {
        guard isOurs(update.instrument), update.quantity.units >= 0, update.remaining.units >= 0,
            update.remaining <= update.quantity, update.quantity.units < 1 << 60
        else {
            return find(
                .badData, instrument: update.instrument,
                "an order update that cannot be (\(update.remaining.units) left of \(update.quantity.units)) was left out"
            )
        }
        isDirty = true
        if let client = update.client, client.isOurs, client.instance != settings.instance {
            noteExternal(update)
            if !update.status.isFinal { otherProgram(client.instance) }
            return
        }
        let id = update.client.flatMap { $0.isOurs ? $0.order : nil } ?? venueOrders[update.venueOrder]
        guard let id else { return noteExternal(update) }
        venueOrders[update.venueOrder] = id
        guard let index = places[id], let leg = orders[index].leg,
            update.client.map({ $0 == leg.client }) ?? true
        else { return notLive(update, id) }
        if leg.replaced.contains(update.venueOrder) {
            // The end of a leg that was replaced: only what it filled matters.
            let filled = update.quantity.units - update.remaining.units
            if filled > orders[index].seenQuantity(update.venueOrder) { wantSnapshot("a fill is missing") }
            return
        }
        if let number = leg.venueOrder, number != update.venueOrder {
            if case .modify = orders[index].pending {
                changeDone(index, update.venueOrder)
            } else if update.status.isFinal {
                // Of a leg that is not known to be the present one: the venue says which is.
                return ask(index, after: .zero)
            } else {
                adoptLeg(index, update)
            }
        } else if leg.venueOrder == nil {
            learn(index, update.venueOrder)
        }
        takeOver(index, update)
        settlePlaced(index)
        orders[index].confirmedAt = now.monotonic
        follow(index, update)
    }

    private mutating func follow(_ index: Int, _ update: OrderUpdate) {
        let filled = update.quantity.units - update.remaining.units
        switch update.status {
        case .open:
            if orders[index].leg?.isWaiting == true, places[orders[index].request.parent] == nil {
                orders[index].leg?.isWaiting = false
            }
            noteMissing(index, update, filled)
        case .triggered:
            if !orders[index].wasTriggered, !orders[index].isHeld {
                orders[index].wasTriggered = true
                announce(index)
                report(orders[index].id, .trigger)
                endEntry(of: index)
            }
            noteMissing(index, update, filled)
        case .filled:
            expect(
                index, filled: update.quantity.units, by: update.venueOrder,
                ManagedOrder.Ending(event: .fill, reason: .none))
        case .cancelled(let reason, _):
            if case .modify = orders[index].pending {
                // Half of a replacement, or the end: the venue is asked which.
                return ask(index, after: settings.queryDelay / 2)
            }
            let event: OrderEvent = reason == .expired ? .expire : .cancel
            expect(
                index, filled: filled, by: update.venueOrder, ManagedOrder.Ending(event: event, reason: reason))
        case .rejected(let reason, _):
            expect(index, filled: filled, by: update.venueOrder, ManagedOrder.Ending(event: .reject, reason: reason))
        }
    }

    /// After a restart the venue says what its order is.
    private mutating func takeOver(_ index: Int, _ update: OrderUpdate) {
        guard var leg = orders[index].leg, leg.isRestored else { return }
        leg.isRestored = false
        if orders[index].isIdle || orders[index].isPlacing {
            leg.ticket.quantity = update.quantity
            if let limit = update.limit { leg.ticket.limit = limit }
            if leg.ticket.trigger != nil, let trigger = update.trigger { leg.ticket.trigger = trigger }
        }
        orders[index].leg = leg
        // Fills from before are of this number as far as the venue counts them under it; the latest first.
        var rest = update.quantity.units - update.remaining.units - orders[index].seenQuantity(update.venueOrder)
        while rest > 0, let fill = orders[index].restoredFills.popLast() {
            let part = min(rest, fill.quantity)
            orders[index].addSeen(update.venueOrder, part)
            rest -= part
            if part < fill.quantity {
                orders[index].restoredFills.append(
                    ManagedOrder.RestoredFill(trade: fill.trade, quantity: fill.quantity - part))
            }
        }
    }

    /// Its present number becomes known. Fills from before a restart may have been told again under it already.
    mutating func learn(_ index: Int, _ number: VenueOrderID) {
        guard orders[index].leg?.venueOrder == nil else { return }
        let filled = orders[index].seenQuantity(number)
        orders[index].leg?.venueOrder = number
        orders[index].leg?.filled = filled
        venueOrders[number] = orders[index].id
    }

    /// A working leg with a number that no request of ours is known to have led to: a change that was taken as refused, or
    /// one by hand. It is the order now.
    private mutating func adoptLeg(_ index: Int, _ update: OrderUpdate) {
        guard var leg = orders[index].leg else { return }
        find(.contradiction, index, "it works under another number than thought; that one is taken over")
        if let old = leg.venueOrder { leg.replaced.append(old) }
        leg.venueOrder = update.venueOrder
        leg.filled = orders[index].seenQuantity(update.venueOrder)
        leg.ticket.quantity = update.quantity
        if let limit = update.limit { leg.ticket.limit = limit }
        if leg.ticket.trigger != nil, let trigger = update.trigger { leg.ticket.trigger = trigger }
        orders[index].leg = leg
    }

    private mutating func noteMissing(_ index: Int, _ update: OrderUpdate, _ filled: Int64) {
        if filled > orders[index].seenQuantity(update.venueOrder) { snapshots.checkAt = after(settings.queryDelay) }
    }

    /// An update of an order that is over, or of an earlier leg.
    private mutating func notLive(_ update: OrderUpdate, _ id: OrderID) {
        guard !update.status.isFinal else { return }
        let client = update.client ?? ClientOrderID(instance: settings.instance, order: id)
        guard !orphans.contains(where: { $0.client == client }) else { return }
        // It may be an old message, so it is asked about before anything is done.
        orphans.append(
            Orphan(
                client: client, venueOrder: update.venueOrder, instrument: update.instrument, order: id,
                isCertain: false, nextAt: after(settings.queryDelay)))
    }

    // MARK: Ends

    /// The venue counts so much as filled under a number, and the leg is over.
    mutating func expect(_ index: Int, filled: Int64, by number: VenueOrderID, _ ending: ManagedOrder.Ending) {
        let others = orders[index].filled - orders[index].seenQuantity(number)
        endLeg(index, ending, expected: others.clampedSum(filled))
    }

    mutating func endLeg(_ index: Int, _ ending: ManagedOrder.Ending, expected: Int64) {
        isDirty = true
        if let known = orders[index].ended {
            orders[index].ended?.expected = max(known.expected, expected)
            return
        }
        orders[index].ended = ManagedOrder.Ended(ending: ending, expected: expected)
        orders[index].pending = .none
        orders[index].query = ManagedOrder.Query()
        orders[index].notBefore = nil
    }

    /// Waits for the fills that the venue counts, then says what became of the order.
    mutating func settle(_ index: Int, _ ended: ManagedOrder.Ended) {
        if orders[index].filled >= ended.expected {
            orders[index].ended = nil
            return resolve(index, ended.ending)
        }
        if let notBefore = orders[index].notBefore, notBefore > now.monotonic { return }
        guard ended.tries < 6 else {
            find(
                .missedFill, index,
                "the venue counts \(ended.expected) units as filled and reports only \(orders[index].filled); the "
                    + "order is over, and the position is compared")
            orders[index].ended = nil
            wantSnapshot("fills were not reported")
            return resolve(index, ended.ending)
        }
        orders[index].ended?.tries += 1
        orders[index].notBefore = after(backOff(ended.tries + 1))
        if ended.tries > 0 { wantSnapshot("fills are missing") }
    }

    private mutating func resolve(_ index: Int, _ ending: ManagedOrder.Ending) {
        let order = orders[index]
        orders[index].loseLeg()
        orders[index].notBefore = nil
        isDirty = true
        if order.filled >= order.known, order.filled > 0 { return conclude(index) }
        if let wanted = order.cancelWanted { return end(index, wanted.event, wanted.reason) }
        if order.isChild {
            if order.isHeld {
                if places[order.request.parent].map({ orders[$0].isFinal }) ?? true {
                    end(index, .cancel, .parentDone)
                }
                return
            }
            if protectAgain(index, ending) { return }
        } else if order.isStop, order.wasTriggered || ending.reason == .badTrigger, !order.isEmergency {
            return closeAtMarket(index, "it was triggered and did not fill whole")
        }
        switch ending.reason {
        case .nothingToReduce, .wouldIncrease, .liquidated, .delisted: break
        default: if order.closesAtMarket { return retryExit(index, ending.reason) }
        }
        if ending.event == .fill {
            // Filled whole at less than was asked for: the venue made it smaller.
            report(order.id, .update, quantity: order.filled)
            return order.filled > 0 ? conclude(index) : end(index, .cancel, .nothingToReduce)
        }
        end(index, ending.event, ending.reason)
    }

    // MARK: Orphans

    mutating func runOrphans() {
        for index in orphans.indices where orphans[index].nextAt <= now.monotonic {
            let orphan = orphans[index]
            orphans[index].tries += 1
            orphans[index].nextAt = after(max(backOff(orphan.tries + 1), settings.inFlightThreshold))
            if orphan.isCertain {
                out.append(
                    .cancel([
                        CancelTicket(
                            client: orphan.client, venueOrder: orphan.venueOrder, instrument: orphan.instrument)
                    ]))
            } else {
                out.append(.query(orphan.client))
            }
        }
    }

    mutating func orphanStatus(_ index: Int, _ outcome: StatusOutcome) {
        isDirty = true
        switch outcome {
        case .unknown: break
        case .notKnown: if orphans[index].tries >= settings.confirmations { orphans.remove(at: index) }
        case .known(let update):
            if update.status.isFinal {
                orphans.remove(at: index)
            } else if !orphans[index].isCertain {
                out.append(
                    .finding(
                        Finding(
                            .orphanOrder, instrument: update.instrument, order: orphans[index].order,
                            "an order that is over for us works at the venue; it is taken back")))
                orphans[index].isCertain = true
                orphans[index].venueOrder = update.venueOrder
                orphans[index].nextAt = now.monotonic
            }
        }
    }

    // MARK: Not ours

    private mutating func noteExternal(_ update: OrderUpdate) {
        let place = externalOrders.firstIndex { $0.venueOrder >= update.venueOrder } ?? externalOrders.count
        let isKnown = place < externalOrders.count && externalOrders[place].venueOrder == update.venueOrder
        switch (isKnown, update.status.isFinal) {
        case (true, true): externalOrders.remove(at: place)
        case (true, false): externalOrders[place] = update
        case (false, true): break
        case (false, false):
            externalOrders.insert(update, at: place)
            find(
                .externalOrder, instrument: update.instrument,
                "order \(update.venueOrder) was made by hand or by another program; it is "
                    + (settings.externalOrders == .adopt ? "taken back together with ours" : "left alone"))
        }
    }

    mutating func otherProgram(_ instance: UInt32) {
        let reason = PauseReason.otherProgram(instance: instance)
        guard !pauses.contains(reason) else { return }
        find(
            .otherProgram,
            "orders of another Apus, or of an earlier journal (mark \(instance)), are on this account; they are left alone, and "
                + "trading pauses")
        pause(reason)
    }
}

extension TimeSpan {
    static func / (left: Self, right: Int64) -> Self { TimeSpan(nanoseconds: left.nanoseconds / right) }
}
