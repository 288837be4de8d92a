// SPDX-License-Identifier: Apache-2.0

import Cryptography
import Execution
import Hyperliquid
import HyperliquidSimulator
import Journal
import Live
public import Trading
import VenueInterface

/// The whole live stack with a simulated venue, network, disk and clock: one event after the other, and every invariant
/// looked at after each.
public final class SimulatedWorld {
    let setup: SimulatedSetup
    var state: WorldState
    var session: RunningSession?
    var disk: SimulatedDisk
    var watch: OrderWatch
    var outputs: [SessionOutput] = []
    var judge = Judge()
    /// What there was when the day began.
    var dayBegan = DayCounts.none
    /// When the session wants to be woken.
    var sessionWake: TimeSpan?
    /// Wakes without time passing between them.
    private var idleWakes = 0
    /// What happened last, for whoever looks for the reason of a violation.
    private var recent: [(time: TimeSpan, text: WorldEvent)] = []
    /// Is told everything, where somebody listens.
    public var trace: ((Timestamp, String) -> Void)?
    public var totals = SimulationTotals()
    var durability: Durability
    /// The world and what the session wanted done, before it was done; kept where something is to be cut there.
    var lastTold: (state: WorldState, outputs: [SessionOutput])?
    var keepsTold = false
    /// What the days plan is not for a copy.
    var isCopy = false

    public init(_ plan: SimulationPlan) throws {
        setup = try SimulatedSetup(plan)
        state = WorldState(plan, setup)
        disk = SimulatedDisk()
        watch = setup.newWatch()
        durability = plan.faults.contains(.powerCut) ? .power : .process
        begin()
    }

    /// A world that goes on from another one's state.
    init(_ state: WorldState, _ setup: SimulatedSetup, _ disk: SimulatedDisk) {
        self.setup = setup
        self.state = state
        self.disk = disk
        watch = setup.newWatch()
        durability = .process
    }

    private func begin() {
        for index in state.markets.indices {
            var past: [MarketBar] = []
            let length = state.plan.timeframe.span
            let price = state.markets[index].current
            for count in -100..<0 {
                past.append(
                    MarketBar(
                        openTime: SimulationPlan.epoch + length * Int64(count), open: price, high: price, low: price,
                        close: price, volume: Fixed8(1)))
            }
            state.venue.loadHistory(state.markets[index].coin, length: length, past)
            state.queue.add(.market(index), at: .milliseconds(100 + Int64(index)))
        }
        state.queue.add(.day, at: .zero)
        state.queue.add(.venueTick, at: .seconds(1))
        state.queue.add(.restart, at: .seconds(2))
        if state.plan.hasHands { state.queue.add(.hands, at: .minutes(40)) }
    }

    /// Runs all days, or as long as is said.
    public func run(for span: TimeSpan? = nil) throws(Violation) {
        let end = span ?? .days(Int64(state.plan.days))
        while let next = nextTime, next < end { try step() }
        if span == nil { try endDay() }
        try finish()
    }

    public var fingerprint: UInt64 { state.fingerprint }
    public var day: Int { state.day }
    public var lastEvents: [String] { recent.map { "\(SimulationPlan.epoch + $0.time)  \($0.text.summary)" } }

    var nextTime: TimeSpan? {
        guard let wake = sessionWake, state.isRunning else { return state.queue.nextTime }
        return state.queue.nextTime.map { min($0, wake) } ?? wake
    }

    // MARK: One event

    func step() throws(Violation) {
        if let wake = sessionWake, state.isRunning, wake <= state.queue.nextTime ?? wake {
            idleWakes = wake <= state.now ? idleWakes + 1 : 0
            if idleWakes > 1_000 { throw violation(.spins, "the session wants to be woken again and again") }
            state.now = max(state.now, wake)
            let event = WorldEvent.client(life: state.life, .wake)
            remember(event)
            try tell(.wake)
        } else if let (time, event) = state.queue.popFirst() {
            state.now = max(state.now, time)
            remember(event)
            try happen(event)
        }
        try judgeEvent()
    }

    private func remember(_ event: WorldEvent) {
        state.note(event)
        if recent.count >= 60 { recent.removeFirst(20) }
        recent.append((state.now, event))
        trace?(state.wall, event.summary)
    }

    private func happen(_ event: WorldEvent) throws(Violation) {
        switch event {
        case .market(let index): moveMarket(index)
        case .venueTick:
            state.venue.advanceClock(to: state.wall, wall: state.wall)
            state.venue.wake(wall: state.wall)
            state.queue.add(.venueTick, at: state.now + .seconds(30))
            state.publish()
        case .open(let link): state.openAtVenue(link)
        case .close(let link): state.closeAtVenue(link)
        case .text(let link, let bytes): state.textAtVenue(link, bytes)
        case .request(let request, let life, let fate): state.requestAtVenue(request, life, fate)
        case .hands:
            try resumeByHand()
            actByHand()
        case .client(let life, let input):
            guard life == state.life, state.isRunning else { return }
            state.heard(input)
            try tell(.connector(venue: 0, input))
        case .restart: try restart()
        case .calm, .still, .check, .faultBegins, .faultEnds, .day: try happenToDays(event)
        }
    }

    private func happenToDays(_ event: WorldEvent) throws(Violation) {
        guard !isCopy else { return }
        switch event {
        case .faultBegins(let kind, let span): beginFault(kind, span)
        case .faultEnds(let kind): endFault(kind)
        case .day:
            try endDay()
            beginDay()
        case .calm: beginCalm()
        case .still: state.isStill = true
        case .check:
            try judgeQuiet()
            state.isCalm = false
            state.isStill = false
        case .market, .venueTick, .open, .close, .text, .request, .hands, .client, .restart: break
        }
    }

    private func moveMarket(_ index: Int) {
        state.queue.add(.market(index), at: state.now + state.markets[index].pause())
        // Where nothing trades others still come to trade, so that a position can be closed.
        for event in state.isStill ? [state.markets[index].refilled()] : state.markets[index].next() {
            state.venue.advanceMarket(index: index, event, at: state.wall, wall: state.wall)
        }
        state.publish()
    }

    // MARK: The program

    func tell(_ input: SessionInput) throws(Violation) {
        guard state.isRunning else { return }
        session?.live.handle(input, at: state.moment)
        session?.live.exchangeOutputs(with: &outputs)
        if keepsTold { lastTold = (state, outputs) }
        if disk.isOff { return end(.tornWrite, doing: 0) }
        if let kind = state.endsSoon {
            state.endsSoon = nil
            return end(kind, doing: state.chance.below(outputs.count + 1))
        }
        perform(outputs.count)
        sessionWake = session?.live.nextWake
    }

    /// Does the first of what the session wants done.
    private func perform(_ count: Int) {
        for output in outputs.prefix(count) {
            switch output {
            case .transport(_, let output): state.perform(output)
            case .log(let log):
                if let trace { trace(state.wall, "  log \(log.level) \(log.component): \(log.text)") }
                totals.warnings += log.level.rawValue >= SessionLog.Level.warning.rawValue ? 1 : 0
            case .compute: preconditionFailure("the engine computes by itself here")
            case .ended: state.isRunning = false
            }
        }
    }

    /// The program is gone, or the whole machine, after a part of what the last event led to.
    private func end(_ kind: FaultKind, doing count: Int) {
        perform(count)
        finishProgram(kind, restartsWithin: .minutes(8), isScheduled: true)
    }

    func finishProgram(_ kind: FaultKind, restartsWithin span: TimeSpan, isScheduled: Bool) {
        session = nil
        sessionWake = nil
        state.isRunning = false
        state.kills += 1
        state.life += 1
        disk.crash(kind == .powerCut ? .powerCut : .processKill, using: &state.chance)
        trace?(state.wall, "  the program ends (\(kind.rawValue))")
        state.abandonLinks()
        watch.restarted()
        // A start that is on its way already comes by itself.
        if isScheduled { state.queue.add(.restart, at: state.now + state.chance.span(.seconds(1), span)) }
    }

    /// Does the first of what a session wanted done before it ended.
    func performPart(_ wanted: [SessionOutput], _ count: Int) {
        outputs = wanted
        perform(count)
    }

    private func restart() throws(Violation) {
        guard !state.isRunning else { return }
        do {
            let journal: Journal
            var recovery = try SessionRecovery(setup.decision, setup.session)
            let storage: any JournalStorage =
                state.plan.defect.map { FaultyStorage(disk, $0) } ?? disk
            var reader = try JournalReader(storage)
            var records: [(entry: SessionRecord, record: JournalRecord)] = []
            while let record = try reader.next() {
                guard let entry = try SessionRecord(record) else {
                    throw violation(.journal, "record \(record.sequence) is of no known kind")
                }
                records.append((entry, record))
            }
            if state.plan.defect == .namesReused { Self.forgetLastDecision(&records) }
            for (entry, record) in records {
                try recovery.apply(entry, sequence: record.sequence, at: record.time)
            }
            if let difference = recovery.replay.differences.first {
                throw violation(.replayDiffers, difference.description)
            }
            journal = try Journal(
                continuing: reader,
                JournalSettings(durability: durability, segmentBytes: 4 << 20, journalID: state.plan.seed),
                at: state.moment.wall)
            state.books.forgetCounts()
            judge.restarted()
            session = RunningSession(
                LiveSession(
                    setup: setup.decision, settings: setup.session, start: start, connectors: [connector()],
                    journal: journal, recovery: recovery, at: state.moment))
            // As the journal has them, before anything is done.
            try judgeWatchedStops()
        } catch let violation as Violation {
            throw violation
        } catch JournalError.storage {
            // No room on the disk: whoever starts it tries again later.
            state.queue.add(.restart, at: state.now + .minutes(1))
            return
        } catch {
            throw violation(.journal, "the journal cannot be gone on with: \(error)")
        }
        state.isRunning = true
        state.hadRightClock = state.clockError == .zero
        trace?(state.wall, "  the program starts, life \(state.life)")
        try tell(.start)
    }

    private static func forgetLastDecision(_ records: inout [(entry: SessionRecord, record: JournalRecord)]) {
        let last = records.lastIndex { if case .commands = $0.entry { true } else { false } }
        if let last { records.removeSubrange(last...) }
    }

    private var start: SessionStart {
        SessionStart(
            version: "simulation", mode: .live, instance: setup.session.instance, startedAt: state.moment.wall,
            configuration: "", venues: [], deposits: setup.decision.deposits)
    }

    private func connector() -> ObservedConnector {
        var configuration = HyperliquidConnector.Configuration(
            markets: setup.markets, assets: setup.assets, account: setup.master.address, signer: setup.signer,
            timeframes: [state.plan.timeframe], streams: [.book, .contexts])
        configuration.postsActions = state.plan.seed % 3 == 0
        configuration.usesOneConnection = state.plan.seed % 2 == 0
        return ObservedConnector(
            HyperliquidConnector(configuration, seed: state.plan.seed &+ UInt64(state.life) &* 7_919), watch,
            state.plan.defect)
    }

    func violation(_ invariant: Violation.Invariant, _ text: String) -> Violation {
        Violation(invariant: invariant, text: text, seed: state.plan.seed, day: state.day, time: state.wall)
    }
}

/// Keeps the session in one place: it is large, and is asked after every event.
final class RunningSession {
    var live: LiveSession
    init(_ live: consuming LiveSession) { self.live = live }
}

/// What a day must hold to count as one.
public struct DayCounts: Hashable, Sendable {
    public var events: Int
    public var orders: Int
    public var faults: Int

    /// Below this a run breaks its promise of what a day is.
    public static let least = DayCounts(events: 20_000, orders: 20, faults: 50)
    static let none = DayCounts(events: 0, orders: 0, faults: 0)

    func least(_ other: DayCounts) -> DayCounts {
        DayCounts(
            events: min(events, other.events), orders: min(orders, other.orders), faults: min(faults, other.faults))
    }
}

/// What a run amounted to.
public struct SimulationTotals: Sendable {
    public var days = 0
    public var events = 0
    public var orders = 0
    public var changes = 0
    public var cancels = 0
    public var fills = 0
    public var liquidations = 0
    public var triggers = 0
    public var kills = 0
    public var warnings = 0
    public var checks = 0
    /// How often a circuit breaker went on.
    public var breakers = 0
    /// How often a failing feature was switched off.
    public var suspensions = 0
    public var faults = FaultCounts()
    /// The least that any whole day held of each; `nil` before one is over.
    public var leastOfADay: DayCounts?
    public init() {}

    mutating func noteDay(_ counts: DayCounts) { leastOfADay = leastOfADay?.least(counts) ?? counts }

    public mutating func add(_ other: SimulationTotals) {
        if let least = other.leastOfADay { noteDay(least) }
        days += other.days
        events += other.events
        orders += other.orders
        changes += other.changes
        cancels += other.cancels
        fills += other.fills
        liquidations += other.liquidations
        triggers += other.triggers
        kills += other.kills
        warnings += other.warnings
        checks += other.checks
        breakers += other.breakers
        suspensions += other.suspensions
        faults.add(other.faults)
    }
}
