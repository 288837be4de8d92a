// SPDX-License-Identifier: Apache-2.0

import Engine
import Execution
import OrderManagement
import Risk
import Trading
import VenueInterface

// MARK: From the strategies to the venues

extension LiveSession {
    /// Hands orders that were decided on to the managers of their venues, on paper to the simulated one, each after the
    /// checks before the trade. In a dry run they end here.
    mutating func send(_ commands: [OrderCommand]) {
        counters.commands += commands.count
        switch settings.mode {
        case .paper: sendOnPaper(commands, while: tradingState)
        case .dryRun:
            for denial in denials(of: commands, while: tradingState) {
                log(.warning, .risk, "dry run: would be stopped: \(denial.denial)")
            }
            decline(commands)
        case .deMinimis, .live:
            for venue in links.indices {
                let own = commands.filter { venueOf[$0.instrument.index] == venue }
                guard !own.isEmpty else { continue }
                links[venue].manager.handle(own, at: venueMoment(venue), into: &wanted)
                carryOut(venue)
            }
        }
    }

    mutating func sendOnPaper(_ commands: [OrderCommand], while state: TradingState) {
        let denials = denials(of: commands, while: state)
        for (order, denial) in denials {
            counters.denied += 1
            record(.denied(order: order, code: "\(denial.reason)", text: denial.description))
            log(.warning, .risk, "not sent: \(denial)")
        }
        var refused = denials.map { PaperRefusal($0.order, $0.denial.reason) }
        // What belongs to an order that is not sent is not sent either.
        for command in commands {
            guard case .submit(let request) = command.command, request.parent != .none,
                refused.contains(where: { $0.order == request.parent })
            else { continue }
            refused.append(PaperRefusal(command.order, .parentDone))
        }
        _ = take(.paperOrders(refused: refused))
    }

    /// What the checks before the trade say against orders that no order manager makes tickets of.
    private mutating func denials(
        of commands: [OrderCommand], while state: TradingState
    ) -> [(order: OrderID, denial: RiskDenial)] {
        var denials: [(order: OrderID, denial: RiskDenial)] = []
        checks.state = state
        for (place, command) in commands.enumerated() {
            // Children come to life with their entry and hold no more than it does.
            guard case .submit(let request) = command.command, request.parent == .none else { continue }
            let index = request.instrument.index
            guard let price = request.limit ?? market[index].price(for: request.side) else { continue }
            var trigger: Price?
            if case .price(let level) = request.trigger { trigger = level }
            let ticket = OrderTicket(
                client: ClientOrderID(instance: settings.instance, order: command.order),
                instrument: request.instrument, side: request.side, type: request.type, quantity: request.quantity,
                limit: price, trigger: trigger, timeInForce: request.timeInForce, isPostOnly: request.isPostOnly,
                isReduceOnly: request.isReduceOnly)
            // Those that come later do not count as working yet.
            let view = riskView(leaving: commands[place...].map(\.order) + denials.map(\.order))
            let authority = isClosingAll ? OrderAuthority.killSwitch : .strategy
            switch checks.approve([ticket], grouping: .none, authority: authority, view: view, at: now.monotonic) {
            case .approved: break
            case .denied(let denial): denials.append((command.order, denial))
            }
        }
        return denials
    }

    /// Tells the strategies that nothing of this was sent.
    mutating func decline(_ commands: [OrderCommand]) {
        for command in commands {
            let event: OrderEvent
            switch command.command {
            case .submit: event = .reject
            case .cancel: event = .rejectCancel
            case .modify: event = .rejectUpdate
            }
            if settings.mode == .dryRun, case .submit(let request) = command.command {
                let instrument = core.engine.account.description.instruments[request.instrument.index]
                log(
                    .info, .engine,
                    "dry run: would \(request.side == .buy ? "buy" : "sell") \(instrument.text(request.quantity)) "
                        + "\(instrument.symbol), \(request.type)")
            }
            _ = take(
                .report(
                    .order(
                        OrderReport(order: command.order, time: command.sentAt, event: event, reason: .notSent)),
                    venue: max(0, venueOf[command.instrument.index])))
        }
    }

    // MARK: What a manager wants

    /// Does what a manager asked for, and what that leads it to ask for next.
    mutating func carryOut(_ venue: Int) {
        var place = 0
        while place < wanted.count {
            let output = wanted[place]
            place += 1
            carryOut(output, venue)
        }
        wanted.removeAll(keepingCapacity: true)
        drain(venue)
    }

    private mutating func carryOut(_ output: OrderManagerOutput, _ venue: Int) {
        switch output {
        case .report(let report):
            if case .transfer(let payment) = report { noteTransfer(payment) }
            _ = take(.report(report, venue: venue))
            if case .fill = report { noteEquity() }
        case .place(let tickets, let grouping): place(tickets, grouping, venue)
        case .modify(let ticket, let replaced): modify(ticket, replaced, venue)
        case .cancel(let tickets):
            record(.cancelling(venue: venue, tickets))
            guard settings.mode.sendsOrders, commit() else { return }
            counters.cancelled += tickets.count
            links[venue].connector.cancel(tickets, at: now, into: &scratch)
            passOn(venue)
        case .query(let client):
            counters.queries += 1
            links[venue].connector.query(client, at: now, into: &scratch)
        case .requestSnapshot(let since, let reason):
            counters.snapshots += 1
            log(.debug, .orders, venue, "reading the account: \(reason)")
            links[venue].snapshotAskedAt = now.monotonic
            links[venue].connector.requestSnapshot(since: since, at: now, into: &scratch)
        case .pause(let reason):
            pause(.orders(venue: venue, reason.description), "\(links[venue].settings.name): \(reason)")
        case .resume(let reason):
            lift(.orders(venue: venue, reason.description))
            startIfReady()
        case .finding(let finding):
            counters.findings += 1
            record(.finding(venue: venue, text: finding.description))
            log(.warning, .orders, venue, finding.description)
        }
    }

    private mutating func place(_ tickets: [OrderTicket], _ grouping: TicketGrouping, _ venue: Int) {
        checks.state = tradingState
        let view = riskView(leaving: tickets.map(\.client.order))
        let authority = authority(of: tickets, venue)
        switch checks.approve(tickets, grouping: grouping, authority: authority, view: view, at: now.monotonic) {
        case .denied(let denial):
            deny(tickets.map(\.client), denial, venue)
        case .approved(let orders):
            record(.placing(venue: venue, tickets, grouping))
            guard settings.mode.sendsOrders, commit() else {
                return deny(tickets.map(\.client), RiskDenial(.notSent, instrument: symbol(of: tickets[0])), venue)
            }
            counters.placed += tickets.count
            links[venue].connector.place(orders, at: now, into: &scratch)
            passOn(venue, carriesOrders: true)
        }
    }

    private mutating func modify(_ ticket: ModifyTicket, _ replaced: Quantity, _ venue: Int) {
        checks.state = tradingState
        let view = riskView(leaving: [])
        switch checks.approve(ticket, replacing: replaced, view: view, at: now.monotonic) {
        case .denied(let denial): deny([ticket.order.client], denial, venue)
        case .approved(let change):
            record(.modifying(venue: venue, ticket))
            guard settings.mode.sendsOrders, commit() else {
                return deny([ticket.order.client], RiskDenial(.notSent, instrument: symbol(of: ticket.order)), venue)
            }
            counters.modified += 1
            links[venue].connector.modify(change, at: now, into: &scratch)
            passOn(venue, carriesOrders: true)
        }
    }

    /// Whether every position is being closed because a person asked for it.
    private var isClosingAll: Bool {
        lifecycle.state == .halted(flattens: true) || lifecycle.state == .stopping && settings.shutdown == .flatten
    }

    private func authority(of tickets: [OrderTicket], _ venue: Int) -> OrderAuthority {
        if isClosingAll { return .killSwitch }
        return tickets.allSatisfy { links[venue].manager.isEmergency($0.client) } ? .protection : .strategy
    }

    private func symbol(of ticket: OrderTicket) -> String {
        core.engine.account.description.instruments[ticket.instrument.index].symbol
    }

    private mutating func deny(_ clients: [ClientOrderID], _ denial: RiskDenial, _ venue: Int) {
        counters.denied += clients.count
        for client in clients {
            record(.denied(order: client.order, code: "\(denial.reason)", text: denial.description))
        }
        log(.warning, .risk, venue, "not sent: \(denial)")
        links[venue].manager.denied(clients, denial, at: venueMoment(venue), into: &wanted)
    }

    /// What may be sent at the moment. Orders from before a restart that close or protect a position must not wait for the
    /// rest.
    var tradingState: TradingState { lifecycle.state == .starting ? .reducing : lifecycle.stateOfTrading }

    // MARK: What the checks know

    /// - Parameter orders: Those that are being asked about: they do not count as working yet.
    mutating func riskView(leaving orders: [OrderID]) -> RiskView {
        let account = core.engine.account
        let description = account.description
        let prices = description.instruments.indices.map { market[$0].mark ?? market[$0].last }
        var markets = description.instruments.indices.map { index in
            RiskView.Market(
                last: market[index].last, mark: market[index].mark,
                position: account.netQuantity(InstrumentID(index: index)),
                leverage: description.leverage[index],
                quoteRate: try? account.value(
                    Amount(whole: 1), of: description.instruments[index].quote, prices: prices, at: marketTime))
        }
        var marginUsed = Amount.zero
        func add(_ quantity: Quantity, _ index: Int) {
            let instrument = description.instruments[index]
            guard instrument.kind.isMargined, let price = prices[index],
                let notional = instrument.notional(of: quantity, at: price), let rate = markets[index].quoteRate,
                let worth = notional.magnitude.units.multiplied(by: rate.units, dividedBy: Amount(whole: 1).units)
            else { return }
            marginUsed += Amount(units: worth / Int128(max(1, description.leverage[index])))
        }
        var open = 0
        for order in core.engine.liveOrders where !orders.contains(order.id) {
            guard !order.status.isFinal else { continue }
            open += 1
            let index = order.request.instrument.index
            let isReduceOnly = order.request.isReduceOnly
            guard isReduceOnly || order.request.parent == .none else { continue }
            markets[index].add(order.remaining, order.request.side, isReduceOnly: isReduceOnly)
            if !isReduceOnly { add(order.remaining, index) }
        }
        for link in links {
            for id in link.leverage.unconfirmed { markets[id.index].isLeverageConfirmed = false }
        }
        for index in markets.indices where markets[index].position != .zero { add(markets[index].position, index) }
        return RiskView(
            markets: markets, equity: try? account.equity(prices: prices, at: marketTime), marginUsed: marginUsed,
            openOrders: open)
    }

    mutating func noteEquity() {
        let prices = market.map { $0.mark ?? $0.last }
        guard let equity = try? core.engine.account.equity(prices: prices, at: marketTime) else { return }
        if lifecycle.state != .starting { measures.measure(equity) }
        defer { recordMeasures() }
        if let loss = checks.observe(equity: equity, at: marketTime) {
            record(.note(component: "risk", text: "the day's loss of \(loss) reached its limit"))
            log(
                .critical, .risk,
                "the day's loss of \(loss) reached its limit: only orders that close positions are sent")
        }
    }

    /// Where something is new that the next start must know.
    private mutating func recordMeasures() {
        measures.dailyLoss = checks.dailyLoss
        guard measures.startEquity != nil else { return }
        if var known = recordedMeasures {
            let isRecent = measures.uptime.nanoseconds - known.uptime.nanoseconds < 60_000_000_000
            if isRecent { known.uptime = measures.uptime }
            known.returns = measures.returns
            guard known != measures else { return }
        }
        recordedMeasures = measures
        record(.measures(measures))
    }

    private mutating func noteTransfer(_ payment: TransferPayment) {
        let account = core.engine.account
        let prices = market.map { $0.mark ?? $0.last }
        guard
            let worth = try? account.value(payment.amount, of: payment.asset, prices: prices, at: marketTime)
        else { return }
        measures.transfer(worth)
        checks.transfer(worth)
        recordMeasures()
    }
}

// MARK: From the venues to the strategies

extension LiveSession {
    mutating func receiveAccount(_ event: VenueEvent, from venue: Int) {
        guard settings.mode.readsAccount, links[venue].hasBegun else { return }
        if case .snapshot(let snapshot) = event { compareLeverage(snapshot, venue) }
        recordAnswer(event)
        links[venue].manager.handle(event, at: venueMoment(venue), into: &wanted)
        carryOut(venue)
        if case .snapshot = event { recordWatermark(venue) }
    }

    /// After a restart everything since then is asked for: our own clock, which can jump, has no say in it.
    private mutating func recordWatermark(_ venue: Int) {
        let watermark = links[venue].manager.watermark
        guard watermark != links[venue].recordedWatermark, !links[venue].manager.pauses.contains(.reconciling) else {
            return
        }
        links[venue].recordedWatermark = watermark
        record(.reconciled(venue: venue, upTo: watermark))
    }

    /// Stops that follow the price live in the manager.
    mutating func priceChanged(_ event: VenueEvent, _ venue: Int) {
        guard settings.mode.readsAccount, links[venue].hasBegun else { return }
        links[venue].manager.handle(event, at: venueMoment(venue), into: &wanted)
        if !wanted.isEmpty { carryOut(venue) }
    }

    /// What a venue answered, in words, for whoever asks for an order's story.
    private mutating func recordAnswer(_ event: VenueEvent) {
        switch event {
        case .placed(let client, let outcome):
            var venueOrder: VenueOrderID?
            switch outcome {
            case .resting(let id), .filled(let id, _, _): venueOrder = id
            case .waiting(let id): venueOrder = id
            case .rejected, .unknown: break
            }
            record(.answered(client, venueOrder: venueOrder, text: "placed: \(outcome)"))
        case .modified(let client, let outcome):
            var venueOrder: VenueOrderID?
            if case .done(let id) = outcome { venueOrder = id }
            record(.answered(client, venueOrder: venueOrder, text: "modified: \(outcome)"))
        case .cancelled(let client, let outcome):
            record(.answered(client, venueOrder: nil, text: "cancelled: \(outcome)"))
        case .status(let client, let outcome):
            var venueOrder: VenueOrderID?
            if case .known(let update) = outcome { venueOrder = update.venueOrder }
            record(.answered(client, venueOrder: venueOrder, text: "status: \(outcome)"))
        case .order(let update):
            guard let client = update.client else { return }
            record(.answered(client, venueOrder: update.venueOrder, text: "is: \(update.status)"))
        default: break
        }
    }
}

extension SessionLifecycle {
    /// What may be sent in it. One that is read from a journal was running where nothing else is known.
    var stateOfTrading: TradingState {
        switch state {
        case .halted(let flattens): flattens ? .reducing : .halted
        case .stopped: .halted
        case .starting, .running: isPaused ? .reducing : .active
        case .draining, .stopping: .reducing
        }
    }
}
