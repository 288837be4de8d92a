// SPDX-License-Identifier: Apache-2.0

import Execution
import Trading
import VenueInterface

// What came of requests.
extension OrderManager {
    // MARK: Placing

    mutating func placed(_ client: ClientOrderID, _ outcome: PlaceOutcome) {
        if case .rejected(.onlyPostOnly, _) = outcome { postOnlySeen = now.monotonic }
        guard let index = place(of: client) else { return }
        isDirty = true
        switch outcome {
        case .resting(let number):
            learn(index, number)
            settlePlaced(index)
        case .waiting(let number):
            if let number { learn(index, number) }
            settlePlaced(index)
        case .filled(let number, let quantity, _):
            learn(index, number)
            settlePlaced(index)
            guard orders[index].leg?.venueOrder == number else { return }
            expect(
                index, filled: max(0, quantity.units), by: number,
                ManagedOrder.Ending(event: .cancel, reason: .notFilledAtOnce))
        case .rejected(let reason, _):
            guard orders[index].isPlacing else {
                // It is known to be there: the venue contradicts itself, so it is asked.
                find(.contradiction, index, "refused after it was accepted; it is asked about")
                return ask(index, after: .zero)
            }
            placeRefused(index, reason)
        case .unknown:
            guard orders[index].isPlacing else { return }
            ask(index, after: settings.queryDelay)
        }
    }

    /// It is proven to be at the venue.
    mutating func settlePlaced(_ index: Int) {
        guard orders[index].isPlacing else { return }
        orders[index].pending = .none
        orders[index].query = ManagedOrder.Query()
        orders[index].confirmedAt = now.monotonic
        orders[index].waitsForVenue = false
        isDirty = true
        accept(index)
    }

    /// Tells the engine, once, that the venue has it.
    mutating func accept(_ index: Int) {
        if orders[index].isChild { return announce(index) }
        guard !orders[index].isAccepted, orders[index].filled == 0 else { return }
        orders[index].isAccepted = true
        report(orders[index].id, .accept)
    }

    /// It was proven that no order came of a placement.
    mutating func placeRefused(_ index: Int, _ reason: RejectReason) {
        orders[index].loseLeg()
        orders[index].pending = .none
        isDirty = true
        let order = orders[index]
        if let ending = order.cancelWanted { return end(index, ending.event, ending.reason) }
        if order.isHeld {
            // A child whose entry has not filled: it gets its own request when it has.
            return
        }
        if order.isChild || order.isStop, !order.isEmergency, !order.wasTriggered, waitsForVenue(index, reason) {
            return
        }
        if order.isStop, !order.isEmergency {
            if order.wasTriggered { return closeAtMarket(index, "it was triggered and does not work any more") }
            return protectionRefused(index, reason)
        }
        if order.closesAtMarket, reason != .nothingToReduce, reason != .wouldIncrease,
            reason != .onlyReducing, reason != .tradingHalted
        {
            return retryExit(index, reason)
        }
        switch reason {
        case .notFilledAtOnce, .notFilledWhole, .nothingToReduce, .groupDone, .parentDone: end(index, .cancel, reason)
        default: order.filled > 0 || order.isAccepted ? end(index, .cancel, reason) : end(index, .reject, reason)
        }
    }

    /// What is left of an order that closes a position is sent again, at the market as it is then, until it is closed or
    /// the venue says that there is nothing to close: giving up would leave it without anything that bounds its loss.
    mutating func retryExit(_ index: Int, _ reason: RejectReason) {
        orders[index].failures += 1
        if reason == .belowMinimumNotional || reason == .belowMinimumQuantity {
            if !writeOffSpotRest(index) { leaveRest(index) }
            return end(index, orders[index].filled > 0 || orders[index].isAccepted ? .cancel : .reject, reason)
        }
        if orders[index].failures == settings.exitRetries + 1 {
            find(
                .protection, index,
                "the position could not be closed at market after \(settings.exitRetries) tries (\(reason.text)); "
                    + "it is still open, and it is tried again until it is closed")
        }
        orders[index].notBefore = after(TimeSpan(nanoseconds: 500_000_000 << Int64(min(orders[index].failures, 6))))
    }

    // MARK: Post-only times

    /// Whether the venue takes nothing but post-only orders, as for some minutes after an upgrade: it does until something
    /// has not been refused for a while.
    var isPostOnlyTime: Bool {
        postOnlySeen.map { now.monotonic < $0.adding(settings.queryDelayLimit * 2) } ?? false
    }

    /// What protects a position waits for the end of such a time, and is placed again then: nothing is wrong with it.
    ///
    /// - Returns: Whether it waits.
    mutating func waitsForVenue(_ index: Int, _ reason: RejectReason) -> Bool {
        guard isPostOnlyTime, reason == .onlyPostOnly || reason == .venueRefused else { return false }
        if !orders[index].waitsForVenue {
            orders[index].waitsForVenue = true
            find(.protection, index, "\(RejectReason.onlyPostOnly.text): it is placed again until it is taken")
        }
        orders[index].notBefore = after(settings.inFlightThreshold)
        isDirty = true
        return true
    }

    // MARK: Changing

    mutating func modified(_ client: ClientOrderID, _ outcome: ModifyOutcome) {
        if case .rejected(.onlyPostOnly, _) = outcome { postOnlySeen = now.monotonic }
        guard let index = place(of: client), case .modify = orders[index].pending else { return }
        isDirty = true
        switch outcome {
        case .done(let number):
            if settings.renumbersChanges, number == orders[index].leg?.venueOrder {
                // The late answer to a change before this one, or one without a number.
                return ask(index, after: settings.queryDelay)
            }
            changeDone(index, number)
        case .rejected(let reason, _):
            changeRefused(index, reason)
            // It may have been refused because the order is gone.
            ask(index, after: .zero)
        case .unknown: ask(index, after: settings.queryDelay)
        }
    }

    mutating func changeDone(_ index: Int, _ number: VenueOrderID?) {
        guard case .modify(let ticket, _) = orders[index].pending, var leg = orders[index].leg else { return }
        orders[index].pending = .none
        orders[index].query = ManagedOrder.Query()
        orders[index].failures = 0
        orders[index].confirmedAt = now.monotonic
        if let number, number != leg.venueOrder {
            if let old = leg.venueOrder { leg.replaced.append(old) }
            if leg.replaced.count > 16 { leg.replaced.removeFirst() }
            leg.venueOrder = number
            venueOrders[number] = orders[index].id
            leg.filled = orders[index].seenQuantity(number)
            leg.ticket = ticket
        } else {
            // The same number goes on: its size counts what it filled before.
            leg.ticket = ticket
            leg.ticket.quantity = Quantity(units: ticket.quantity.units.clampedSum(leg.filled))
        }
        orders[index].leg = leg
        isDirty = true
        if orders[index].isChild { announce(index) }
    }

    /// It was proven that a change did not happen.
    mutating func changeRefused(_ index: Int, _ reason: RejectReason) {
        if case .modify = orders[index].pending {
            orders[index].pending = .none
            orders[index].query = ManagedOrder.Query()
        }
        isDirty = true
        guard let leg = orders[index].leg else { return }
        if orders[index].hasEngineChange {
            orders[index].hasEngineChange = false
            if orders[index].request.type.hasLimit { orders[index].request.limit = leg.ticket.limit }
            if orders[index].request.type != .trailingStop, let trigger = leg.ticket.trigger {
                orders[index].request.trigger = .price(trigger)
            }
            if !orders[index].isChild {
                orders[index].total = orders[index].filled.clampedSum(leg.remaining)
                orders[index].request.quantity = Quantity(units: orders[index].total)
            }
            return report(orders[index].id, .rejectUpdate, reason)
        }
        if orders[index].isStop, reason == .badTrigger { return closeAtMarket(index, "its level has been passed") }
        orders[index].failures += 1
        orders[index].notBefore = after(backOff(orders[index].failures))
        if orders[index].failures == settings.protectionRetries {
            find(.protection, index, "it could not be changed (\(reason.text)); it stays as it was, and is tried again")
        }
    }

    // MARK: Cancelling

    mutating func cancelled(_ client: ClientOrderID, _ outcome: CancelOutcome) {
        if let orphan = orphans.firstIndex(where: { $0.client == client }) {
            isDirty = true
            switch outcome {
            case .done, .notWorking: orphans.remove(at: orphan)
            case .rejected, .unknown: orphans[orphan].nextAt = after(backOff(orphans[orphan].tries))
            }
            return
        }
        guard let index = place(of: client), case .cancel(let sent) = orders[index].pending else { return }
        isDirty = true
        switch outcome {
        case .done:
            orders[index].pending = .closing(sent)
            ask(index, after: settings.queryDelay)
        case .notWorking:
            orders[index].pending = .closing(sent)
            ask(index, after: .zero)
        case .rejected:
            orders[index].pending = .none
            orders[index].failures += 1
            orders[index].notBefore = after(backOff(orders[index].failures))
            if orders[index].failures > settings.protectionRetries, orders[index].cancelWanted?.isByEngine == true {
                orders[index].cancelWanted = nil
                orders[index].failures = 0
                report(orders[index].id, .rejectCancel, .venueRefused)
            }
        case .unknown: ask(index, after: settings.queryDelay)
        }
    }

    // MARK: Asking

    mutating func ask(_ index: Int, after span: TimeSpan) {
        isDirty = true
        orders[index].query.at = after(span)
        orders[index].query.asked = nil
    }

    /// Rising waits: 1, 2, 4 … times the query delay.
    func backOff(_ count: Int) -> TimeSpan {
        min(settings.queryDelay * (1 << Int64(min(max(count - 1, 0), 10))), settings.queryDelayLimit)
    }

    /// Asks about what has been open for too long, a few at a time.
    mutating func runQueries() {
        if now.monotonic >= budget.cycle.adding(.seconds(2)) {
            budget.cycle = now.monotonic
            budget.count = 0
        }
        func mayAsk() -> Bool { budget.count < settings.queriesPerCycle && now.monotonic >= budget.next }
        for index in orders.indices {
            // An answer that does not come is asked for again.
            if let asked = orders[index].query.asked, now.monotonic >= asked.adding(settings.queryDelayLimit) {
                orders[index].query.asked = nil
                orders[index].query.at = now.monotonic
            }
            guard let at = orders[index].query.at, at <= now.monotonic, let leg = orders[index].leg else { continue }
            // The others are looked at all the same: an answer that does not come must not keep asking to be woken.
            guard mayAsk() else { continue }
            orders[index].query.at = nil
            orders[index].query.asked = now.monotonic
            orders[index].query.count += 1
            if orders[index].query.count == settings.queryRetries + 1 {
                find(
                    .unresolvedOrder, index,
                    "still not known after \(settings.queryRetries) queries; it is asked about until it is")
                wantSnapshot("an order could not be resolved")
            }
            budget.count += 1
            budget.next = after(settings.querySpacing)
            out.append(.query(leg.client))
        }
    }

    mutating func status(_ client: ClientOrderID, _ outcome: StatusOutcome) {
        if let orphan = orphans.firstIndex(where: { $0.client == client }), place(of: client) == nil {
            return orphanStatus(orphan, outcome)
        }
        guard let index = place(of: client) else {
            if case .known(let update) = outcome { apply(update) }
            return
        }
        isDirty = true
        let asked = orders[index].query.asked
        orders[index].query.asked = nil
        switch outcome {
        case .known: break
        // It was asked before it was known to be over, and only fills are waited for.
        case .notKnown, .unknown: if orders[index].ended != nil { return }
        }
        let again = backOff(orders[index].query.count + 1)
        switch outcome {
        case .unknown:
            if orders[index].query.at == nil { orders[index].query.at = after(again) }
        case .known(let update):
            orders[index].query.notKnown = 0
            apply(update)
            guard places[client.order] == index, orders[index].leg?.client == client, !orders[index].isFinal else {
                return
            }
            answered(index, update, asked)
        case .notKnown:
            orders[index].query.notKnown += 1
            if isProven(index, asked) { return neverArrived(index) }
            orders[index].query.at = after(again)
        }
    }

    /// Whether "no such order" is a proof: what was asked before the request's life was over says nothing, however late its
    /// answer comes.
    private func isProven(_ index: Int, _ asked: TimeSpan?) -> Bool {
        if case .place(let sent) = orders[index].pending, let proof = sent.proof {
            return asked.map { $0 >= proof } ?? false
        }
        return orders[index].query.notKnown >= settings.confirmations
    }

    /// The venue has said where an order stands; what was asked of it besides is settled by that.
    private mutating func answered(_ index: Int, _ update: OrderUpdate, _ asked: TimeSpan?) {
        guard orders[index].ended == nil, let sent = orders[index].sent else { return }
        let again = after(backOff(orders[index].query.count + 1))
        switch orders[index].pending {
        case .none, .place: break
        case .cancel, .closing:
            // Still working. A cancel that is on its way can act yet; one that is lost is sent again.
            guard !update.status.isFinal else { return }
            if now.monotonic >= sent.proof ?? sent.at.adding(settings.inFlightThreshold) {
                orders[index].pending = .none
                orders[index].query = ManagedOrder.Query()
            } else {
                orders[index].query.at = again
            }
        case .modify(let ticket, _):
            if update.venueOrder == orders[index].leg?.venueOrder,
                update.limit == ticket.limit || ticket.trigger != nil,
                update.trigger == ticket.trigger, update.quantity == ticket.quantity,
                orders[index].leg?.ticket != ticket
            {
                return changeDone(index, update.venueOrder)
            }
            if let proof = sent.proof, let asked, asked >= proof {
                if orders[index].hasEngineChange { return changeRefused(index, .notSent) }
                orders[index].pending = .none
                orders[index].query = ManagedOrder.Query()
            } else if sent.proof == nil, orders[index].query.count > settings.confirmations {
                changeRefused(index, .notSent)
            } else {
                orders[index].query.at = again
            }
        }
    }

    /// The venue has no such order, and that is certain.
    private mutating func neverArrived(_ index: Int) {
        switch orders[index].pending {
        case .place: placeRefused(index, .notSent)
        case .none, .modify, .cancel, .closing:
            find(
                .missingOrder, index,
                "the venue does not know it although it was working; it is taken as cancelled")
            endLeg(
                index, ManagedOrder.Ending(event: .cancel, reason: .unknownOrder), expected: orders[index].filled)
        }
    }
}

extension Int64 {
    /// The sum, at most the largest there is.
    func clampedSum(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other > 0 ? .max : .min) : sum
    }
}
