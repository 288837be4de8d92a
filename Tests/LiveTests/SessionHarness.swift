// SPDX-License-Identifier: Apache-2.0

import Backtest
import EngineHarness
import Execution
import Journal
import OrderManagement
import Risk
import Strategies
import Trading
import VenueInterface

@testable import Live

/// A venue that says what it is told to: an answer with the number of an event of its script gives that event.
struct ScriptedConnector: VenueConnector {
    let script: [VenueEvent]
    /// What it answers when it is asked for bars.
    let bars: [InstrumentID: [Bar]]
    /// What it answers when it is asked for its account.
    var cash: [AccountSnapshot.Balance] = []
    /// What its dead man's switch does when it is set.
    var deadManRefusal: String?
    var nextWake: TimeSpan? { nil }

    static func said(_ text: String) -> ConnectorOutput { .send(StreamID(1), Array(text.utf8)) }

    mutating func handle(_ input: ConnectorInput, at now: Moment, into outputs: inout [ConnectorOutput]) {
        if case .answer(let number, _) = input { outputs.append(.event(script[Int(number.rawValue)])) }
        if case .stop = input { outputs.append(Self.said("stop")) }
    }
    mutating func place(_ orders: consuming ApprovedOrders, at now: Moment, into outputs: inout [ConnectorOutput]) {
        for ticket in orders.tickets {
            outputs.append(Self.said("place"))
            outputs.append(.event(.placed(ticket.client, .resting(VenueOrderID(ticket.client.order.rawValue)))))
        }
    }
    mutating func modify(_ change: consuming ApprovedChange, at now: Moment, into outputs: inout [ConnectorOutput]) {
        let order = change.ticket.order.client
        outputs.append(.event(.modified(order, .done(VenueOrderID(order.order.rawValue)))))
    }
    mutating func cancel(_ orders: [CancelTicket], at now: Moment, into outputs: inout [ConnectorOutput]) {
        for order in orders { outputs += [Self.said("cancel"), .event(.cancelled(order.client, .done))] }
    }
    mutating func query(_ order: ClientOrderID, at now: Moment, into outputs: inout [ConnectorOutput]) {
        outputs.append(.event(.status(order, .unknown(reason: "not asked"))))
    }
    mutating func requestSnapshot(since: Timestamp, at now: Moment, into outputs: inout [ConnectorOutput]) {
        outputs.append(.event(.snapshot(AccountSnapshot(time: now.wall, balances: cash))))
    }
    mutating func requestBars(
        _ instrument: InstrumentID, _ timeframe: Timeframe, from: Timestamp, to: Timestamp, at now: Moment,
        into outputs: inout [ConnectorOutput]
    ) {
        let found = (bars[instrument] ?? []).filter { $0.openTime >= from && $0.openTime + timeframe.span <= to }
        outputs.append(.event(.bars(instrument, timeframe, found)))
    }
    mutating func setLeverage(
        _ instrument: InstrumentID, _ leverage: Int64, isCross: Bool, at now: Moment,
        into outputs: inout [ConnectorOutput]
    ) {}
    mutating func setDeadManSwitch(_ time: Timestamp?, at now: Moment, into outputs: inout [ConnectorOutput]) {
        outputs.append(Self.said(time == nil ? "disarm" : "arm"))
        let isArmed = time != nil && deadManRefusal == nil
        outputs.append(.event(.notice(.deadManSwitch(armed: isArmed, reason: deadManRefusal ?? ""))))
    }
}

/// What a session runs on in these tests: one or two instruments, each at a venue of its own, with an eager strategy on
/// every one of them.
struct SessionWorld {
    var bars: [[Bar]]
    var script: [[VenueEvent]] = []
    var mode = SessionMode.paper
    var clock = MarketClock.venue
    var deadMan = DeadManPolicy.off
    var deadManRefusal: String?
    var shutdown = ShutdownPolicy.keep
    /// How every strategy trades.
    var plan = TradePlan(sizing: .quantity(Quantity(units: 1000)))
    let disk: SimulatedDisk
    static let span = TimeSpan.minutes(1)
    static let cash = Amount(whole: 1_000_000)

    init(seed: UInt64 = 1, count: Int = 40, venues: Int = 1, disk: SimulatedDisk = SimulatedDisk()) {
        bars = (0..<venues).map { Market.walk(seed: seed + UInt64($0), count: count) }
        script = bars.map { _ in [] }
        self.disk = disk
    }

    func setup() throws -> DecisionSetup {
        var world = try World(bars)
        for index in bars.indices {
            world.add(
                Scripted { bar, context in
                    switch (bar.openTime.nanoseconds / Self.span.nanoseconds) % 5 {
                    case 0: context.enter(.buy)
                    case 2: context.exit()
                    case 3: context.enter(.sell)
                    default: break
                    }
                }, name: "s\(index)", instrument: UInt32(index), plan: plan)
        }
        let input = try world.input()
        return DecisionSetup(
            account: input.account, deposits: input.deposits,
            feeds: bars.map { _ in DecisionSetup.Feed(timeframe: .oneMinute, quantityDecimals: 3, keeps: 100) },
            strategies: input.strategies, simulation: mode == .paper ? input.simulation : nil,
            start: bars[0][0].openTime)
    }

    var settings: SessionSettings {
        var limits = RiskLimits()
        limits.orderNotional = Self.cash
        return SessionSettings(
            mode: mode, instance: 7,
            venues: bars.indices.map { index in
                VenueSettings(
                    name: "venue\(index)", instruments: [InstrumentID(index: index)],
                    orders: OrderManagerSettings(instance: 7), clock: clock, deadManSwitch: deadMan)
            }, limits: limits, barGrace: .seconds(3), history: .minutes(10), staleAfter: .seconds(30),
            shutdown: shutdown)
    }

    /// Opens the journal, takes in what it holds, and begins or goes on.
    func session(at now: Moment) throws -> LiveSession {
        let setup = try setup()
        var recovery = try SessionRecovery(setup, settings)
        var reader = try JournalReader(disk)
        while let record = try reader.next() {
            guard let known = try SessionRecord(record) else { continue }
            try recovery.apply(known, sequence: record.sequence, at: record.time)
        }
        let start = SessionStart(
            version: "1", mode: mode, instance: 7, startedAt: now.wall, configuration: "", venues: [],
            deposits: setup.deposits)
        let connectors = bars.indices.map { index in
            ScriptedConnector(
                script: script[index], bars: [InstrumentID(index: index): bars[index]],
                cash: [.init(asset: AssetID(index: bars.count), total: Self.cash)], deadManRefusal: deadManRefusal)
        }
        return LiveSession(
            setup: setup, settings: settings, start: start, connectors: connectors,
            journal: try Journal(continuing: reader, JournalSettings(journalID: 5), at: now.wall),
            recovery: recovery, at: now)
    }

    func records(upTo count: Int = .max) throws -> [(record: SessionRecord, raw: JournalRecord)] {
        var reader = try JournalReader(disk)
        var found: [(record: SessionRecord, raw: JournalRecord)] = []
        while found.count < count, let raw = try reader.next() {
            if let record = try SessionRecord(raw) { found.append((record, raw)) }
        }
        return found
    }
}

/// Drives a session through a script, noting what it says.
final class SessionDriver {
    var session: LiveSession
    var now: Moment
    private(set) var said: [String] = []
    private(set) var logs: [SessionLog] = []
    private(set) var hasEnded = false
    private var buffer: [SessionOutput] = []

    init(_ world: SessionWorld, at time: Timestamp) throws {
        now = Moment(wall: time, monotonic: .seconds(100))
        session = try world.session(at: now)
        input(.start)
    }

    func input(_ input: SessionInput) {
        session.handle(input, at: now)
        session.exchangeOutputs(with: &buffer)
        for output in buffer {
            switch output {
            case .transport(_, .send(_, let bytes)): said.append(String(decoding: bytes, as: UTF8.self))
            case .transport: break
            case .log(let log): logs.append(log)
            case .ended: hasEnded = true
            }
        }
    }

    /// The venue says the event of its script with this number.
    func event(_ number: Int, venue: Int = 0) {
        input(.connector(venue: venue, .answer(RequestID(UInt64(number)), .failure(.timedOut))))
        if let wake = nextWake, wake <= now.monotonic { input(.wake) }
    }

    func pass(_ span: TimeSpan) {
        now = Moment(wall: now.wall + span, monotonic: now.monotonic + span)
        input(.wake)
    }

    func count(_ text: String) -> Int { said.count { $0 == text } }
    var report: SessionReport { session.report() }
    var lifecycle: SessionLifecycle { session.lifecycle }
    var nextWake: TimeSpan? { session.nextWake }
    var fingerprint: String { report.fingerprint }
}
