// SPDX-License-Identifier: Apache-2.0

import Connectivity
import Cryptography
public import Execution
public import Risk
import Trading
public import VenueInterface

extension HyperliquidConnector {
    public mutating func place(
        _ orders: consuming ApprovedOrders, at now: Moment, into outputs: inout [ConnectorOutput]
    ) {
        let (tickets, grouping) = (orders.tickets, orders.grouping)
        var wired: [(ticket: OrderTicket, order: HyperliquidOrder)] = []
        var refusals: [(ticket: OrderTicket, reason: String)] = []
        for ticket in tickets {
            do throws(OrderFormError) {
                wired.append((ticket, try wire(ticket)))
            } catch {
                refusals.append((ticket, error.description))
            }
        }
        if grouping != .none, let first = refusals.first {
            // Orders of a group mean nothing without one another.
            let reason = "an order of its group cannot be sent: \(first.reason)"
            refusals += wired.map { ($0.ticket, reason) }
            wired.removeAll()
        }
        for (ticket, reason) in refusals {
            outputs.append(.event(.placed(ticket.client, .rejected(.notTrading, text: "never sent: \(reason)"))))
        }
        if !wired.isEmpty {
            let action = HyperliquidAction.order(wired.map(\.order), grouping: HyperliquidGrouping(grouping))
            // What must be closed goes before everything that waits.
            let priority = orders.authority == .strategy ? RateLimiter.Priority.order : .cancel
            act(.place(wired.map(\.ticket)), action, orders: wired.count, priority, at: now, into: &outputs)
        }
        advance(at: now, into: &outputs)
    }

    public mutating func modify(
        _ change: consuming ApprovedChange, at now: Moment, into outputs: inout [ConnectorOutput]
    ) {
        let ticket = change.ticket
        do throws(OrderFormError) {
            let order = try wire(ticket.order)
            let name = HyperliquidOrderName(ticket.order.client, ticket.venueOrder)
            act(
                .modify(ticket), .batchModify([(order: name, to: order)]), orders: 1, .order, at: now, into: &outputs)
        } catch {
            let text = "never sent: \(error.description)"
            outputs.append(.event(.modified(ticket.order.client, .rejected(.notTrading, text: text))))
        }
        advance(at: now, into: &outputs)
    }

    public mutating func cancel(
        _ orders: [CancelTicket], at now: Moment, into outputs: inout [ConnectorOutput]
    ) {
        var ours: [(ticket: CancelTicket, asset: Int)] = []
        var others: [(ticket: CancelTicket, asset: Int, order: UInt64)] = []
        for ticket in orders {
            guard let place = market.place(of: ticket.instrument) else {
                let text = "never sent: instrument \(ticket.instrument) is not one of this connector's"
                outputs.append(.event(.cancelled(ticket.client, .rejected(text: text))))
                continue
            }
            let asset = configuration.markets[place].asset
            if let number = ticket.venueOrder.flatMap({ UInt64($0.text) }), !ticket.client.isOurs {
                others.append((ticket, asset, number))
            } else {
                ours.append((ticket, asset))
            }
        }
        if !ours.isEmpty {
            let action = HyperliquidAction.cancelByClient(ours.map { (asset: $0.asset, client: $0.ticket.client) })
            act(.cancel(ours.map(\.ticket)), action, orders: ours.count, .cancel, at: now, into: &outputs)
        }
        if !others.isEmpty {
            let action = HyperliquidAction.cancel(others.map { (asset: $0.asset, order: $0.order) })
            act(.cancel(others.map(\.ticket)), action, orders: others.count, .cancel, at: now, into: &outputs)
        }
        advance(at: now, into: &outputs)
    }

    public mutating func query(_ order: ClientOrderID, at now: Moment, into outputs: inout [ConnectorOutput]) {
        if let account = configuration.account {
            read(
                .query(order), .orderStatus(account.description, .client(order)), .order, at: now, into: &outputs)
        } else {
            let reason = "never sent: no account is configured"
            outputs.append(.event(.status(order, .unknown(reason: reason))))
        }
        advance(at: now, into: &outputs)
    }

    // MARK: Asking

    /// Takes on something that the venue is to do.
    mutating func act(
        _ purpose: HyperliquidJob.Purpose, _ action: HyperliquidAction, orders: Int,
        _ priority: RateLimiter.Priority, at now: Moment, into outputs: inout [ConnectorOutput]
    ) {
        let freshness =
            switch purpose {
            case .cancel, .deadMan: configuration.readFreshness
            default: configuration.orderFreshness
            }
        let job = HyperliquidJob(
            purpose: purpose, body: .action(action), priority: priority,
            weight: 1 + orders / 40, addressCost: orders,
            deadline: now.monotonic.later(by: freshness))
        guard configuration.signer != nil else {
            let reason = "no key is configured; this connector only reads"
            return fail(job, .neverSent(reason: reason), at: now, into: &outputs)
        }
        ask(job, at: now, into: &outputs)
    }

    // MARK: Answers

    mutating func acceptPlaced(
        _ tickets: [OrderTicket], _ answer: HyperliquidExchangeAnswer, into outputs: inout [ConnectorOutput]
    ) {
        for (index, ticket) in tickets.enumerated() {
            let outcome: PlaceOutcome =
                switch answer {
                case .statuses(_, let statuses):
                    if index < statuses.count, let instrument = market.instrument(ticket.instrument) {
                        statuses[index].placed(of: instrument)
                    } else {
                        .unknown(reason: "the answer has no status for this order")
                    }
                case .refused(let refusal): refusal.placed
                case .done(let type, _): .unknown(reason: "the answer is one to '\(type)', not to an order")
                }
            outputs.append(.event(.placed(ticket.client, outcome)))
        }
    }

    mutating func acceptModified(
        _ ticket: ModifyTicket, _ answer: HyperliquidExchangeAnswer, into outputs: inout [ConnectorOutput]
    ) {
        let outcome: ModifyOutcome
        switch answer {
        case .statuses(_, let statuses):
            switch statuses.first {
            case .resting(let order, _): outcome = .done(VenueOrderID(order))
            case .filled(let order, _, _, _): outcome = .done(VenueOrderID(order))
            case .waitingForFill, .waitingForTrigger, .success: outcome = .done(nil)
            case .refused(let refusal): outcome = refusal.modified
            case .twapRunning: outcome = .unknown(reason: "the answer is not one to a change of an order")
            case nil: outcome = .unknown(reason: "the answer has no status for this order")
            }
        case .done: outcome = .done(nil)
        case .refused(let refusal): outcome = refusal.modified
        }
        outputs.append(.event(.modified(ticket.order.client, outcome)))
    }

    mutating func acceptCancelled(
        _ tickets: [CancelTicket], _ answer: HyperliquidExchangeAnswer, into outputs: inout [ConnectorOutput]
    ) {
        for (index, ticket) in tickets.enumerated() {
            let outcome: CancelOutcome =
                switch answer {
                case .statuses(_, let statuses):
                    index < statuses.count
                        ? statuses[index].cancelled : .unknown(reason: "the answer has no status for this order")
                case .refused(let refusal): refusal.cancelled
                case .done(let type, _): .unknown(reason: "the answer is one to '\(type)', not to a cancellation")
                }
            outputs.append(.event(.cancelled(ticket.client, outcome)))
        }
    }

    // MARK: Refusals

    /// What a refusal means beyond its own request.
    mutating func learn(from answer: HyperliquidExchangeAnswer, at now: Moment, into outputs: inout [ConnectorOutput]) {
        let refusal: HyperliquidRefusal
        switch answer {
        case .refused(let whole): refusal = whole
        case .statuses(_, let statuses):
            guard case .refused(let first)? = statuses.first else { return }
            refusal = first
        case .done: return
        }
        switch refusal.reason {
        case .unknownSigner, .mustDeposit:
            let signer = configuration.signer.map { "\($0.key.address)" } ?? "no key"
            let account = configuration.account.map { "\($0)" } ?? "no account"
            let text =
                "The venue does not know the signer: '\(refusal.text.shortened)'. Our key is that of \(signer) and trades for "
                + "\(account). If the address in the venue's text is ours, the key is no approved agent of the account "
                + "(any more), or the account has no deposit; if it is another one, the venue hashed something "
                + "else than we signed (wrong network, or upper-case letters in an address)."
            outputs.append(.event(.notice(.warning(text))))
        case .invalidNonce:
            let milliseconds = UInt64(max(0, venueTime(at: now).nanoseconds / 1_000_000))
            nonces.skip(to: max(nonces.last, milliseconds) &+ 1_000)
            nextClockSample = configuration.clockEvery == nil ? nil : now.monotonic
        case .expired: nextClockSample = configuration.clockEvery == nil ? nil : now.monotonic
        case .requestBudgetUsed: askFact(.requestBudget, at: now, into: &outputs)
        default: break
        }
    }
}

// MARK: - Translation

extension HyperliquidConnector {
    private func wire(_ ticket: OrderTicket) throws(OrderFormError) -> HyperliquidOrder {
        guard let place = market.place(of: ticket.instrument) else {
            throw OrderFormError(description: "instrument \(ticket.instrument) is not one of this connector's")
        }
        let market = configuration.markets[place]
        return try HyperliquidOrder(ticket, asset: market.asset, of: market.instrument)
    }
}

extension HyperliquidOrderName {
    /// Ours for orders that have one of ours; the venue's for adopted ones.
    init(_ client: ClientOrderID, _ venueOrder: VenueOrderID?) {
        if !client.isOurs, let number = venueOrder.flatMap({ UInt64($0.text) }) {
            self = .number(number)
        } else {
            self = .client(client)
        }
    }
}
