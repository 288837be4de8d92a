// SPDX-License-Identifier: Apache-2.0

public import Execution
public import Trading
public import VenueInterface

// After a restart: the journal is played back, in its order, then `restored` begins again. What was decided is known, and
// nothing of what became of it is believed before the venue has said so.
extension OrderManager {
    /// The engine decided this.
    public mutating func restore(_ commands: [OrderCommand], at time: Timestamp) {
        now = Moment(wall: time, monotonic: .zero)
        isRestoring = true
        snapshots.hasBaseline = true
        // The journal went on after what these were told.
        owed.removeAll()
        for command in commands { take(command) }
        out.removeAll()
    }

    /// These were approved and handed to the connector.
    public mutating func restore(placed tickets: [OrderTicket], _ grouping: TicketGrouping) {
        for (place, ticket) in tickets.enumerated() {
            let client = ticket.client
            if client.order.isManagers { restoreOwn(ticket) }
            guard client.instance == settings.instance, let index = places[client.order] else { continue }
            let isChild = grouping == .entryWithProtection && place > 0
            orders[index].leg = ManagedOrder.Leg(client: client, ticket: ticket, isWaiting: isChild, isRestored: true)
            orders[index].isBracketed = orders[index].isBracketed || isChild
            orders[index].nextAttempt = client.attempt &+ 1
            orders[index].pending = .place(ManagedOrder.Sent(at: .zero, proof: nil))
            if ticket.type == .market, orders[index].request.type != .market { orders[index].isEmergency = true }
            restoreLevel(index, ticket)
        }
    }

    /// This change was approved and handed to the connector.
    public mutating func restore(changed ticket: ModifyTicket) {
        guard let index = place(of: ticket.order.client) else { return }
        orders[index].pending = .modify(ticket.order, ManagedOrder.Sent(at: .zero, proof: nil))
        restoreLevel(index, ticket.order)
    }

    /// These cancels were handed to the connector.
    public mutating func restore(cancelled tickets: [CancelTicket]) {
        for ticket in tickets {
            guard let index = place(of: ticket.client) else { continue }
            orders[index].pending = .cancel(ManagedOrder.Sent(at: .zero, proof: nil))
            if orders[index].cancelWanted == nil {
                orders[index].cancelWanted = ManagedOrder.Ending(event: .cancel, reason: .byRequest)
            }
        }
    }

    /// The engine was told this.
    public mutating func restore(_ report: VenueReport) {
        isRestoring = true
        snapshots.hasBaseline = true
        switch report {
        case .order(let report):
            restore(report)
            owed.removeAll { $0.order == report.order && ($0.event == report.event || report.event.isEnd) }
        case .fill(let fill, let circumstances): restore(fill, isReducing: circumstances.isReducing)
        case .funding(let payment):
            _ = seen.insert(
                .funding, place: payment.instrument.rawValue, id: UInt64(bitPattern: payment.time.nanoseconds),
                time: payment.time)
            account.payFunding(
                payment.amount, instrument: payment.instrument, strategy: payment.strategy, at: payment.time)
        case .transfer(let payment):
            noteAdjustment(payment.reference)
            _ = seen.insert(.transfer, place: payment.asset.rawValue, id: payment.reference, time: payment.time)
            account.transfer(payment.amount, of: payment.asset, at: payment.time, payment.reference)
        case .fee(let payment):
            _ = enter(payment)
            noteRestored(payment)
        case .holding(let change): _ = enter(change)
        case .coveredLoss(let asset, let amount, let time): account.coverLoss(amount, of: asset, at: time)
        }
        out.removeAll()
    }

    /// Up to this time, by the venue's clock, the books were complete.
    public mutating func restore(watermark: Timestamp) {
        owed.removeAll()
        seen.advance(to: watermark)
        hasRestoredWatermark = true
        restoredPurchases.removeAll { $0.time < watermark }
        snapshots.liquidated = [:]
    }

    /// The journal has been played back. What it lacks of the answers to its last commands is told; orders that could take
    /// on risk and were never sent are refused; everything else is asked about.
    ///
    /// - Parameter lastRecorded: The time of the journal's last entry, by our clock: what happened after it is asked for
    ///   where the journal does not say up to when the books were complete.
    public mutating func restored(
        lastRecorded: Timestamp, at now: Moment, into outputs: inout [OrderManagerOutput]
    ) {
        self.now = now
        out.removeAll()
        isRestoring = false
        isStarted = true
        isDirty = true
        for report in owed {
            self.report(
                report.order, report.event, report.reason, quantity: report.quantity?.units, limit: report.limit,
                trigger: report.trigger)
        }
        owed.removeAll()
        if !hasRestoredWatermark { seen.advance(to: lastRecorded.earlier(by: settings.overlap)) }
        completePurchases()
        let proof = settings.requestLife.map { now.monotonic.adding($0).adding(settings.grace) }
        let sent = ManagedOrder.Sent(at: now.monotonic, proof: proof)
        for index in orders.indices where !orders[index].isFinal {
            orders[index].confirmedAt = nil
            orders[index].trail.movedAt = nil
            switch orders[index].pending {
            case .none:
                if orders[index].leg != nil {
                    orders[index].pending = .place(sent)
                } else if orders[index].nextAttempt == 0, !orders[index].isReduceOnly {
                    end(index, orders[index].isAccepted ? .cancel : .reject, .notSent)
                }
            case .place: orders[index].pending = .place(sent)
            case .modify(let ticket, _): orders[index].pending = .modify(ticket, sent)
            case .cancel, .closing: orders[index].pending = .cancel(sent)
            }
            // Most of them the snapshot settles before that.
            if !orders[index].isIdle { ask(index, after: settings.queryDelay) }
        }
        for index in orders.indices where orders[index].isChild && !orders[index].isFinal && isWatched(index) {
            sold.append((orders[index].strategy, orders[index].request.instrument))
        }
        pause(.reconciling)
        wantSnapshot("restart")
        finish(into: &outputs)
    }

    // MARK: Parts

    private mutating func restoreOwn(_ ticket: OrderTicket) {
        guard places[ticket.client.order] == nil, isOurs(ticket.instrument) else { return }
        ownOrders = max(ownOrders, ticket.client.order.rawValue & ~(1 << 63))
        // There is never a second one: the journal has no end of the one before, but that has ended.
        for index in orders.indices where orders[index].request.instrument == ticket.instrument {
            if orders[index].id.isManagers { conclude(index) }
        }
        insert(
            ManagedOrder(
                id: ticket.client.order, strategy: external,
                request: OrderRequest(
                    instrument: ticket.instrument, side: ticket.side, type: .market, quantity: ticket.quantity,
                    isReduceOnly: ticket.isReduceOnly)))
    }

    /// A trailing stop goes on from where it stood.
    private mutating func restoreLevel(_ index: Int, _ ticket: OrderTicket) {
        guard orders[index].request.type == .trailingStop, let trigger = ticket.trigger else { return }
        orders[index].trail.isFollowing = true
        orders[index].trail.level = trigger.units
        orders[index].trail.best = orders[index].request.side == .buy ? .max : 0
    }

    private mutating func restore(_ report: OrderReport) {
        guard let index = places[report.order] else { return }
        now = Moment(wall: report.time, monotonic: .zero)
        switch report.event {
        case .accept:
            orders[index].isAccepted = true
            orders[index].pending = .none
            restoreAnnounced(index, report)
        case .update:
            restoreAnnounced(index, report)
            if case .modify = orders[index].pending { changeDone(index, nil) }
            orders[index].hasEngineChange = false
        case .rejectUpdate: changeRefused(index, report.reason)
        case .rejectCancel:
            orders[index].pending = .none
            orders[index].cancelWanted = nil
        case .trigger: if isWatched(index) { release(index) } else { orders[index].wasTriggered = true }
        case .reject, .cancel, .expire, .deny: conclude(index)
        case .hold, .submit, .partialFill, .fill, .requestUpdate, .requestCancel: break
        }
    }

    private mutating func restoreAnnounced(_ index: Int, _ report: OrderReport) {
        guard let quantity = report.quantity else { return }
        orders[index].known = quantity.units
        orders[index].total = max(quantity.units, orders[index].filled)
        if isWatched(index) { restoreWatched(index, report.trigger) }
        guard orders[index].isChild else { return }
        orders[index].announced = ManagedOrder.Announced(
            quantity: quantity.units, limit: report.limit, trigger: report.trigger)
    }

    private mutating func restore(_ fill: Fill, isReducing: Bool) {
        noteAdjustment(fill.trade.rawValue)
        _ = seen.insert(.fill, place: fill.instrument.rawValue, id: fill.trade.rawValue, time: fill.time)
        _ = enter(fill, isReducing: isReducing)
        noteRestored(fill)
        guard let index = places[fill.order], !orders[index].isFinal else { return }
        let quantity = fill.quantity.magnitude.units
        orders[index].filled += quantity
        orders[index].filledCost += Int128(quantity) * Int128(fill.price.units)
        orders[index].restoredFills.append(ManagedOrder.RestoredFill(trade: fill.trade, quantity: quantity))
        orders[index].total = max(orders[index].total, orders[index].filled)
        if orders[index].isPlacing { orders[index].pending = .none }
        reduceSiblings(of: index, by: quantity)
        endEntry(of: index)
        shareOut(fill.order, quantity, Int128(quantity) * Int128(fill.price.units))
        if orders[index].filled >= orders[index].known { conclude(index) }
    }

    private mutating func noteAdjustment(_ number: UInt64) {
        guard number >> 63 == 1 else { return }
        adjustments = max(adjustments, number & ~(1 << 63))
    }
}

extension OrderEvent {
    /// Whether nothing comes after it.
    fileprivate var isEnd: Bool {
        switch self {
        case .deny, .reject, .fill, .cancel, .expire: true
        case .hold, .submit, .accept, .trigger, .partialFill, .requestUpdate, .update, .rejectUpdate, .requestCancel,
            .rejectCancel:
            false
        }
    }
}
