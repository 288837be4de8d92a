// SPDX-License-Identifier: Apache-2.0

import Backtest
import Engine
import EngineHarness
import Execution
import Indicators
import Journal
import MarketData
import OrderManagement
import Risk
import Simulation
import Strategies
import Trading
import VenueHarness
import VenueInterface

@testable import Live

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
    var fundingInterval = TimeSpan.hours(1)
    var configuration = ""
    var limits: RiskLimits
    /// How every strategy trades.
    var plan = TradePlan(sizing: .quantity(Quantity(units: 1000)))
    /// Series from outside, and a strategy in place of the eager one.
    var external: [ExternalFeed] = []
    var strategy: (any Strategy)?
    /// Whether the driver computes what strategies give away.
    var background: BackgroundLimits?
    var externalOrders = OrderManagerSettings.ExternalOrders.leaveAlone
    let disk: SimulatedDisk
    /// They outlive a session.
    var venues: [ScriptedVenue]
    static let span = TimeSpan.minutes(1)
    static let cash = Amount(whole: 1_000_000)

    init(seed: UInt64 = 1, count: Int = 40, venues: Int = 1, disk: SimulatedDisk = SimulatedDisk()) throws {
        bars = (0..<venues).map { Market.walk(seed: seed + UInt64($0), count: count) }
        script = bars.map { _ in [] }
        limits = RiskLimits()
        limits.orderNotional = Self.cash
        self.disk = disk
        let instruments = try Self.world(bars).description().instruments
        self.venues = zip(instruments, bars).map { instrument, bars in
            ScriptedVenue(FakeVenue(instrument: instrument, price: bars[0].open.units, balance: Self.cash))
        }
    }

    private static func world(_ bars: [[Bar]]) throws -> World {
        var world = try World(bars)
        world.venues = bars.indices.map { "venue\($0)" }
        return world
    }

    func setup(on mode: SessionMode? = nil) throws -> DecisionSetup {
        var world = try Self.world(bars)
        for index in bars.indices {
            var strategy = Scripted { bar, context in
                switch (bar.openTime.nanoseconds / Self.span.nanoseconds) % 5 {
                case 0: context.enter(.buy)
                case 2: context.exit()
                case 3: context.enter(.sell)
                default: break
                }
            }
            strategy.prepare = { setup in _ = try setup.indicator("sma", ["period": .integer(3)]) }
            world.add(self.strategy ?? strategy, name: "s\(index)", instrument: UInt32(index), plan: plan)
        }
        let input = try world.input()
        return DecisionSetup(
            account: input.account, deposits: input.deposits,
            feeds: bars.map { _ in DecisionSetup.Feed(timeframe: .oneMinute, quantityDecimals: 3, keeps: 100) },
            strategies: input.strategies, simulation: (mode ?? self.mode) == .paper ? input.simulation : nil,
            external: external, start: bars[0][0].openTime)
    }

    var settings: SessionSettings {
        SessionSettings(
            mode: mode, instance: 7,
            venues: bars.indices.map { index in
                var orders = OrderManagerSettings(instance: 7)
                orders.externalOrders = externalOrders
                return VenueSettings(
                    name: "venue\(index)", instruments: [InstrumentID(index: index)], orders: orders, clock: clock,
                    deadManSwitch: deadMan, fundingInterval: fundingInterval)
            }, limits: limits, barGrace: .seconds(3), history: .minutes(10), staleAfter: .seconds(30),
            shutdown: shutdown, background: background)
    }

    /// What strategies trapped at, as the journal says.
    func traps() throws -> [StrategyTrap] {
        try records().compactMap { if case .trapped(let trap) = $0.record { trap } else { nil } }
    }

    /// Opens the journal, takes in what it holds, and begins or goes on.
    func session(at now: Moment, traps: [StrategyTrap] = []) throws -> LiveSession {
        let setup = try setup()
        var recovery = try SessionRecovery(setup, settings, traps: self.traps() + traps)
        var reader = try JournalReader(disk)
        while let record = try reader.next() {
            guard let known = try SessionRecord(record) else { continue }
            try recovery.apply(known, sequence: record.sequence, at: record.time)
        }
        let start = SessionStart(
            version: "1", mode: mode, instance: 7, startedAt: now.wall, configuration: configuration, venues: [],
            deposits: setup.deposits)
        let connectors = bars.indices.map { index in
            ScriptedConnector(
                script: script[index], bars: bars[index], venue: mode.readsAccount ? venues[index] : nil,
                clock: clock, deadManRefusal: deadManRefusal)
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

    /// The journal, decided again.
    func replay() throws -> Replay {
        var replay = try Replay(setup(), traps: traps())
        for entry in try records() { try replay.apply(entry.record, sequence: entry.raw.sequence) }
        return replay
    }
}

/// Drives a session through a script, noting what it says.
final class SessionDriver {
    var session: LiveSession
    var now: Moment
    private(set) var said: [String] = []
    private(set) var logs: [SessionLog] = []
    private(set) var hasEnded = false
    /// What is to be computed; a test says when it is.
    var jobs: [BackgroundJob] = []
    private var buffer: [SessionOutput] = []

    /// - Parameters:
    ///   - before: What went on until then, before a restart.
    ///   - traps: What a strategy trapped at while the journal was played back, and the journal does not know of yet.
    init(
        _ world: SessionWorld, at time: Timestamp, after before: SessionDriver? = nil, traps: [StrategyTrap] = []
    ) throws {
        now = Moment(wall: time, monotonic: before?.now.monotonic ?? .seconds(100))
        session = try world.session(at: now, traps: traps)
        for trap in traps { session.note(trap) }
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
            case .compute(let job): jobs.append(job)
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
