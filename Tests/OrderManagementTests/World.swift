// SPDX-License-Identifier: Apache-2.0

import Execution
import TestSupport
import Trading
import VenueHarness
import VenueInterface

@testable import OrderManagement

/// What can go wrong between the manager and the venue, each with its chance in a thousand.
struct Faults {
    /// Requests that do not arrive, whose answers do not come back, that arrive late (past their life, they are void).
    var requestLost = 0
    var answerLost = 0
    var requestLate = 0
    /// Messages of the streams.
    var messageLost = 0
    var messageRepeated = 0
    var messageLate = 0
    var queryUnknown = 0
    var snapshotFails = 0

    static let none = Faults()
    static let all = Faults(
        requestLost: 40, answerLost: 60, requestLate: 40, messageLost: 30, messageRepeated: 80, messageLate: 200,
        queryUnknown: 100, snapshotFails: 100)
}

/// The engine's part of a session: what it decided, and what it knows from reports alone.
struct EngineModel {
    var table = OrderTable()
    var account: Account
    var ends: [OrderID: [OrderStatus]] = [:]
    var trades: [TradeID: Int64] = [:]
    var reconciles = 0
    var stops: [OrderID: Price] = [:]

    mutating func apply(_ report: VenueReport) {
        switch report {
        case .order(let report):
            let status = table.update(report.order) { order -> OrderStatus in
                if let quantity = report.quantity {
                    order.amend(quantity: quantity, limit: report.limit, trigger: report.trigger)
                }
                if order.receive(report.event, reason: report.reason) == .reconcile { reconciles += 1 }
                return order.status
            }
            note(report.order, status)
        case .fill(let fill, let circumstances):
            account.apply(fill, isReducing: circumstances.isReducing)
            trades[fill.trade, default: 0] += fill.quantity.magnitude.units
            let status = table.update(fill.order) { order -> OrderStatus in
                if order.receiveFill(fill.quantity.magnitude) == .reconcile { reconciles += 1 }
                return order.status
            }
            note(fill.order, status)
        case .funding(let payment):
            account.payFunding(
                payment.amount, instrument: payment.instrument, strategy: payment.strategy, at: payment.time)
        case .transfer(let payment):
            account.transfer(payment.amount, of: payment.asset, at: payment.time, payment.reference)
        case .fee(let payment):
            account.payFee(
                payment.amount, of: payment.asset, strategy: payment.strategy, trade: payment.trade, at: payment.time)
        case .holding(let change):
            account.changeHolding(
                change.quantity, of: change.instrument, strategy: change.strategy, keepsCost: change.keepsCost)
        case .coveredLoss(let asset, let amount, let time): account.coverLoss(amount, of: asset, at: time)
        }
    }

    private mutating func note(_ id: OrderID, _ status: OrderStatus?) {
        guard let status, status.isFinal else { return }
        if ends[id]?.last != status { ends[id, default: []].append(status) }
    }
}

/// A manager and a venue with a bad network between them, under a clock of its own.
struct World {
    enum Item {
        case place([OrderTicket], TicketGrouping, sent: TimeSpan)
        case modify(ModifyTicket, sent: TimeSpan)
        case cancel(CancelTicket)
        case query(ClientOrderID)
        case snapshot(Timestamp)
        case event(VenueEvent)
    }
    enum Entry {
        case commands([OrderCommand], Timestamp)
        case placed([OrderTicket], TicketGrouping)
        case changed(ModifyTicket)
        case cancelled([CancelTicket])
        case report(VenueReport)
        case watermark(Timestamp)
    }

    static let base = Timestamp(seconds: 1_700_000_000)
    let instrument: Instrument
    var venue: FakeVenue
    var manager: OrderManager
    var engine: EngineModel
    var faults = Faults.none
    var random: SeededRandom
    var now = TimeSpan.zero
    var queue: [(at: TimeSpan, sequence: Int, item: Item)] = []
    var sequence = 0
    var journal: [Entry] = []
    var findings: [Finding] = []
    var outputs: [OrderManagerOutput] = []
    var group: OrderGroup = 0
    var isTracing = false
    /// A link that is down loses what the streams say.
    var isLinked = true
    /// Called for each request before anything random happens to it: `true` loses it or its answer.
    var losesRequest: (Item) -> Bool = { _ in false }
    var losesAnswer: (Item) -> Bool = { _ in false }

    init(
        seed: UInt64, settings: OrderManagerSettings = OrderManagerSettings(instance: 7),
        instrument: Instrument = Self.makeInstrument()
    ) {
        random = SeededRandom(seed: seed)
        self.instrument = instrument
        let description = Self.description(instrument)
        venue = FakeVenue(instrument: instrument, price: 500_000, balance: Amount(whole: 100_000))
        manager = OrderManager(
            venue: "fake", instruments: [instrument], account: Account(description), settings: settings)
        engine = EngineModel(account: Account(description))
        venue.now = Self.base
    }

    static func makeInstrument() -> Instrument {
        do {
            return try Instrument(
                id: InstrumentID(0), symbol: "BTC", venue: "fake", kind: .linearPerpetual, base: AssetID(0),
                quote: AssetID(1), settlement: AssetID(1), priceDecimals: 1, quantityDecimals: 3,
                rules: [(.epoch, TradingRules(minimumNotional: Amount(whole: 10)))])
        } catch { preconditionFailure("\(error)") }
    }

    /// Whole coins; 100,000 price units are a dollar.
    static func makeSpotInstrument() -> Instrument {
        do {
            return try Instrument(
                id: InstrumentID(0), symbol: "PURR/USDC", venue: "fake", kind: .spot, base: AssetID(0),
                quote: AssetID(1), settlement: AssetID(1), priceDecimals: 5, quantityDecimals: 0,
                rules: [(.epoch, TradingRules(minimumNotional: Amount(whole: 10)))])
        } catch { preconditionFailure("\(error)") }
    }

    static func description(_ instrument: Instrument) -> AccountDescription {
        AccountDescription(
            assets: AssetTable(names: ["BTC", "USDC"]), instruments: [instrument], baseCurrency: AssetID(1),
            valuations: [.unknown, .base], strategyCount: 3)
    }

    var moment: Moment { Moment(wall: Self.base + now, monotonic: now) }

    // MARK: Time

    /// Runs until a time has come and everything before it has happened.
    mutating func run(for span: TimeSpan) {
        let end = now + span
        var steps = 0
        while true {
            steps += 1
            precondition(steps < 200_000, "the manager never rests")
            let next = queue.min { ($0.at, $0.sequence) < ($1.at, $1.sequence) }
            let wake = manager.nextWake
            if let next, next.at <= end, wake.map({ next.at <= $0 }) ?? true {
                queue.removeAll { $0.sequence == next.sequence }
                now = max(now, next.at)
                venue.now = Self.base + now
                deliver(next.item)
            } else if let wake, wake <= end {
                now = max(now, wake)
                venue.now = Self.base + now
                tell { $0.wake(at: $1, into: &$2) }
            } else {
                break
            }
        }
        now = end
        venue.now = Self.base + now
    }

    mutating func tell(_ body: (inout OrderManager, Moment, inout [OrderManagerOutput]) -> Void) {
        var outputs: [OrderManagerOutput] = []
        body(&manager, moment, &outputs)
        for output in outputs { carryOut(output) }
    }

    mutating func start() { tell { $0.start(at: $1, into: &$2) } }

    private mutating func chance(_ perThousand: Int) -> Bool {
        perThousand > 0 && Int.random(in: 0..<1000, using: &random) < perThousand
    }

    private mutating func schedule(_ item: Item, after span: TimeSpan) {
        sequence += 1
        queue.append((now + span, sequence, item))
    }

    private mutating func latency() -> TimeSpan { .milliseconds(Int64.random(in: 5...80, using: &random)) }

    // MARK: The network

    private mutating func carryOut(_ output: OrderManagerOutput) {
        outputs.append(output)
        if isTracing { print(now.nanoseconds / 1_000_000, "OUT", output) }
        switch output {
        case .report(let report):
            journal.append(.report(report))
            engine.apply(report)
        case .place(let tickets, let grouping):
            journal.append(.placed(tickets, grouping))
            request(.place(tickets, grouping, sent: now)) {
                tickets.map { .placed($0.client, .unknown(reason: "time-out")) }
            }
        case .modify(let ticket, _):
            journal.append(.changed(ticket))
            request(.modify(ticket, sent: now)) { [.modified(ticket.order.client, .unknown(reason: "time-out"))] }
        case .cancel(let tickets):
            journal.append(.cancelled(tickets))
            for ticket in tickets {
                request(.cancel(ticket)) { [.cancelled(ticket.client, .unknown(reason: "time-out"))] }
            }
        case .query(let client): request(.query(client)) { [.status(client, .unknown(reason: "time-out"))] }
        case .requestSnapshot(let since, _): request(.snapshot(since)) { [.snapshotFailed(reason: "time-out")] }
        case .finding(let finding): findings.append(finding)
        case .pause, .resume: break
        }
    }

    /// Sends a request, or loses it; an answer that cannot come is told as unknown after a while.
    private mutating func request(_ item: Item, unanswered: () -> [VenueEvent]) {
        if losesRequest(item) || chance(faults.requestLost) {
            for event in unanswered() { schedule(.event(event), after: .seconds(10)) }
            return
        }
        schedule(
            item, after: chance(faults.requestLate) ? .seconds(Int64.random(in: 1...25, using: &random)) : latency())
    }

    private mutating func answer(_ item: Item, _ events: [VenueEvent], lost: [VenueEvent]) {
        if losesAnswer(item) || chance(faults.answerLost) {
            for event in lost { schedule(.event(event), after: .seconds(10)) }
        } else {
            let delay = latency()
            for event in events { schedule(.event(event), after: delay) }
        }
    }

    private mutating func deliver(_ item: Item) {
        switch item {
        case .place(let tickets, let grouping, let sent):
            let unknown = tickets.map { VenueEvent.placed($0.client, .unknown(reason: "time-out")) }
            // The venue does not act on a request that is past its life, and nobody hears of it.
            guard now <= sent + .seconds(10) else { return unknown.forEach { schedule(.event($0), after: .zero) } }
            let outcomes = venue.place(tickets, grouping)
            answer(item, outcomes.map { .placed($0.0, $0.1) }, lost: unknown)
        case .modify(let ticket, let sent):
            let unknown = VenueEvent.modified(ticket.order.client, .unknown(reason: "time-out"))
            guard now <= sent + .seconds(10) else { return schedule(.event(unknown), after: .zero) }
            answer(item, [.modified(ticket.order.client, venue.modify(ticket))], lost: [unknown])
        case .cancel(let ticket):
            answer(
                item, [.cancelled(ticket.client, venue.cancel(ticket))],
                lost: [.cancelled(ticket.client, .unknown(reason: "time-out"))])
        case .query(let client):
            let outcome = chance(faults.queryUnknown) ? .unknown(reason: "502") : venue.query(client)
            answer(item, [.status(client, outcome)], lost: [.status(client, .unknown(reason: "time-out"))])
        case .snapshot(let since):
            let failed = VenueEvent.snapshotFailed(reason: "502")
            answer(
                item, [chance(faults.snapshotFails) ? failed : .snapshot(venue.snapshot(since: since))], lost: [failed])
        case .event(let event):
            if isTracing { print(now.nanoseconds / 1_000_000, "IN ", event) }
            tell { $0.handle(event, at: $1, into: &$2) }
        }
        sayAll()
    }

    /// Passes on what the venue says on its streams.
    mutating func sayAll() {
        let said = venue.said
        venue.said.removeAll()
        for event in said {
            guard isLinked, !chance(faults.messageLost) else { continue }
            schedule(
                .event(event),
                after: chance(faults.messageLate)
                    ? .milliseconds(Int64.random(in: 0...4000, using: &random)) : latency())
            if chance(faults.messageRepeated) { schedule(.event(event), after: .milliseconds(500)) }
        }
    }

    // MARK: What happens

    mutating func move(to price: Int64) {
        venue.move(to: price)
        sayAll()
    }

    @discardableResult
    mutating func submit(_ requests: [OrderRequest], strategy: UInt32 = 0) -> [OrderID] {
        var ids: [OrderID] = []
        var commands: [OrderCommand] = []
        for request in requests {
            var request = request
            // Parents are named by their place in the list, from 1.
            if request.parent != .none { request.parent = ids[Int(request.parent.rawValue) - 1] }
            guard let id = engine.table.insert(request, strategy: StrategyID(strategy), isSent: true) else { continue }
            ids.append(id)
            commands.append(command(id, .submit(request), strategy))
        }
        send(commands)
        return ids
    }

    mutating func cancel(_ id: OrderID) {
        guard engine.table[id]?.status.isFinal == false else { return }
        _ = engine.table.update(id) { $0.receive(.requestCancel) }
        send([command(id, .cancel, engine.table[id]?.strategy.rawValue ?? 0)])
    }

    mutating func modify(_ id: OrderID, _ change: OrderChange) {
        guard let order = engine.table[id], !order.status.isFinal, order.status != .pendingCancel else { return }
        _ = engine.table.update(id) { $0.receive(.requestUpdate) }
        send([command(id, .modify(change), order.strategy.rawValue)])
    }

    private func command(_ id: OrderID, _ command: VenueCommand, _ strategy: UInt32) -> OrderCommand {
        OrderCommand(
            order: id, strategy: StrategyID(strategy), instrument: InstrumentID(0), sentAt: moment.wall,
            command: command)
    }

    private mutating func send(_ commands: [OrderCommand]) {
        journal.append(.commands(commands, moment.wall))
        if isTracing { print(now.nanoseconds / 1_000_000, "CMD", commands) }
        tell { $0.handle(commands, at: $1, into: &$2) }
    }

    /// The program is killed and started again from its journal; what the venue said meanwhile is lost.
    mutating func restart() {
        var fresh = OrderManager(
            venue: "fake", instruments: [instrument], account: Account(Self.description(instrument)),
            settings: manager.settings)
        for entry in journal {
            switch entry {
            case .commands(let commands, let time): fresh.restore(commands, at: time)
            case .placed(let tickets, let grouping): fresh.restore(placed: tickets, grouping)
            case .changed(let ticket): fresh.restore(changed: ticket)
            case .cancelled(let tickets): fresh.restore(cancelled: tickets)
            case .report(let report): fresh.restore(report)
            case .watermark(let time): fresh.restore(watermark: time)
            }
        }
        manager = fresh
        queue.removeAll { if case .event = $0.item { true } else { false } }
        let last = moment.wall
        tell { $0.restored(lastRecorded: last, at: $1, into: &$2) }
    }
}
