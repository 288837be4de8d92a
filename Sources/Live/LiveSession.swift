// SPDX-License-Identifier: Apache-2.0

import Engine
import Execution
import Indicators
public import Journal
public import MarketData
import OrderManagement
import Risk
public import Strategies
public import Trading
public import VenueInterface

/// What a shell tells a session.
public enum SessionInput: Sendable {
    case start
    case connector(venue: Int, ConnectorInput)
    case request(OperatorCommand)
    case command(EngineCommand)
    /// Who asks for what comes next; it is written down, and nothing else.
    case asked(SessionRequest)
    /// The time of `nextWake` has come.
    case wake
    /// What series from outside say, those known first first; given before `start`, it is known when it says.
    case external([ExternalArrival])
    /// The result of a `SessionOutput.compute`.
    case computed(BackgroundTaskID, any Sendable)
}

/// What a session wants done, in order.
public enum SessionOutput: Sendable {
    /// Never `.event`.
    case transport(venue: Int, ConnectorOutput)
    case log(SessionLog)
    /// To be computed on another thread than the session's, beside whatever else is being computed.
    case compute(BackgroundJob)
    /// It has ended; nothing more comes.
    case ended
}

/// Something to be told, in words.
public struct SessionLog: Hashable, Sendable {
    public enum Level: UInt8, Hashable, Sendable { case debug, info, warning, error, critical }
    /// What it is about; the log has a stream of its own for each.
    public enum Part: String, Hashable, Sendable {
        case session, engine, orders, risk, venue, network, journal, control
    }
    public var level: Level
    public var part: Part
    /// The venue that it is of, or `session`.
    public var component: String
    public var text: String
    public init(_ level: Level, _ part: Part, _ component: String, _ text: String) {
        self.level = level
        self.part = part
        self.component = component
        self.text = text
    }
}

/// The engine on the streams of its venues: connectors, order managers, risk checks and journal put together, without I/O
/// of its own except for the journal it is handed.
///
/// Everything that decisions depend on goes through `take`, which writes it to the journal before it is acted on, and
/// nothing is sent before the journal holds it.
public struct LiveSession: ~Copyable {
    public let settings: SessionSettings
    public let start: SessionStart
    var core: DecisionCore
    var links: [VenueLink]
    var gate: BarGate
    var checks: PreTradeChecks
    public internal(set) var lifecycle = SessionLifecycle()
    var market: [MarketState]
    public internal(set) var measures: SessionMeasures
    /// As the journal holds them.
    var recordedMeasures: SessionMeasures?
    public internal(set) var counters = SessionCounters()
    /// The venue of each instrument; −1 where none trades it.
    let venueOf: [Int]
    let feeds: [DecisionSetup.Feed?]
    /// Whether some venue's time is ours.
    let usesWallClock: Bool
    let journal: Journal
    var outputs: [SessionOutput] = []
    /// Where what is to be sent goes, as soon as it may go: an order does not wait for those that are decided on and
    /// signed after it. It must not reach for the session. Without one all of it is among the outputs.
    public var sender: ((_ venue: Int, _ output: ConnectorOutput, _ carriesOrders: Bool) -> Void)?
    /// What a connector wants done; empty but within a call of one.
    var scratch: [ConnectorOutput] = []
    /// What a connector said and was not taken in yet, and the venue that it is of while it is being taken in.
    private var said: [VenueEvent] = []
    private(set) var draining: Int?
    var rehearsal = Rehearsal()
    /// What an order manager wants done.
    var wanted: [OrderManagerOutput] = []
    /// Closed bars that were not handed over for the data store yet.
    var unstoredBars: [InstrumentBar] = []
    /// What was heard and not handed over for the data store yet.
    var unstoredStreams = UnstoredStreams()
    /// Bars of the past that are still to be shown to the strategies.
    var past: PastBars
    /// While the past is shown: the last bar of it by instrument.
    var pastEnds: [Timestamp?]?
    /// Instants whose turn it is once the work that counts with them is settled.
    var heldPast: (close: Timestamp, bars: [InstrumentBar])?
    var held: BarGate.Instant?
    /// When the wait for that work is over, in monotonic time.
    var heldUntil: TimeSpan?
    /// `nil` where the engine computes by itself.
    var background: BackgroundWatch?
    private(set) var hasBegun = false
    var now: Moment
    var nextJournalRetry: TimeSpan?
    /// Up to when funding that fell due is in the journal.
    var fundedUntil: Timestamp?
    /// After a restart: the last bar of each instrument that the journal holds.
    var resumedAfter: [Timestamp?]
    /// After a restart on paper: bars that were missed go by the simulated venue too, which holds orders and positions as a
    /// real one does while nobody is there. Before the first instant of a session there is nothing that they could fill.
    let restsOnPaper: Bool
    /// After a restart of a halted session: positions are closed once the account is known.
    var leavesWhenKnown = false
    /// After a restart: when the journal's last record was written; `nil` for a new session.
    let lastRecorded: Timestamp?
    /// What `SessionInput.command` can switch: the flags that strategies declare.
    private let features: Set<String>
    /// When stopping must have ended, in monotonic time.
    var stopDeadline: TimeSpan?

    /// - Parameters:
    ///   - recovery: Has taken in all records of the journal; none for a new session.
    ///   - now: What the journal goes on with is dated by it.
    public init(
        setup: DecisionSetup, settings: SessionSettings, start: SessionStart, connectors: [any VenueConnector],
        journal: Journal, recovery: consuming SessionRecovery, at now: Moment
    ) {
        precondition(settings.venues.count == connectors.count, "every venue has its connector")
        for venue in settings.venues {
            for instrument in venue.instruments {
                let named = setup.account.instruments[instrument.index].venue
                // An order manager leaves the orders of other venues alone.
                precondition(named == venue.name, "an instrument of \(venue.name) names \(named) as its venue")
            }
        }
        self.now = now
        self.settings = settings
        self.start = start
        self.journal = journal
        let instruments = setup.account.instruments
        market = Array(repeating: MarketState(), count: instruments.count)
        venueOf = settings.venueIndices(instruments)
        features = Set(
            setup.strategies.flatMap { specification in
                type(of: specification.strategy).definition.parameters
                    .filter { if case .boolean = $0.kind { true } else { false } }.map(\.name)
            })
        feeds = setup.feeds
        usesWallClock = settings.venues.contains { $0.clock == .wall }
        let live = setup.feeds.enumerated().compactMap { index, feed in
            feed.map { (instrument: InstrumentID(index: index), timeframe: $0.timeframe) }
        }
        gate = BarGate(feeds: live, grace: settings.barGrace)
        past = PastBars(feeds: live)
        background = settings.background.map { BackgroundWatch($0) }
        checks = PreTradeChecks(instruments: instruments, limits: settings.limits)
        measures = recovery.measures
        checks.dailyLoss = recovery.measures.dailyLoss
        links = zip(settings.venues, connectors).enumerated().map { index, pair in
            var link = VenueLink(pair.0, pair.1, recovery.managers[index])
            if settings.mode.sendsOrders {
                let margined = pair.0.instruments.filter { instruments[$0.index].kind.isMargined }
                link.leverage = LeverageWatch(
                    margined.map { (instrument: $0, leverage: setup.account.leverage[$0.index]) },
                    isCross: pair.0.isCrossMargin)
            }
            return link
        }
        let lastBars = recovery.lastBars
        resumedAfter = lastBars.map { $0?.openTime }
        lastRecorded = recovery.recordCount > 0 ? recovery.lastRecorded : nil
        restsOnPaper = settings.mode == .paper && recovery.replay.instants > 0
        let unwritten = recovery.replay.unwritten
        let unwrittenReports = recovery.replay.unwrittenReports
        let before = recovery.lifecycle
        let isReconfigured = recovery.configuration != start.configuration
        core = recovery.takeCore()
        begin(unwritten, unwrittenReports, before, lastBars)
        if isReconfigured, lastRecorded != nil {
            record(.reconfigured(configuration: start.configuration, at: now.wall))
            log(.info, .session, "the configuration's text has changed since the last start; the journal keeps both")
        }
    }

    /// In the order of their numbers.
    public var strategyNames: [String] { core.engine.strategyNames }

    /// By strategy, whether it is switched off.
    public var strategiesOff: [Bool] { core.engine.switchedOff }

    /// Whether a strategy of this session has a feature of this name.
    public func hasFeature(_ name: String) -> Bool { features.contains(name) }

    /// Writes down that a strategy trapped while a record was played back, for whoever plays the journal back later.
    public mutating func note(_ trap: StrategyTrap) { record(.trapped(trap)) }

    /// How many requests its connector has sent.
    public func requestsSent(to venue: Int) -> UInt64 { links[venue].connector.requestsSent }
    /// What those of late count against its limit; see `VenueConnector`.
    public func weightsSent(to venue: Int, at now: TimeSpan) -> [(weight: Int, time: TimeSpan)] {
        links[venue].connector.weightsSent(at: now)
    }

    /// Whether there is something that the journal does not hold yet.
    public var hasUnwritten: Bool { journal.uncommittedCount > 0 }

    /// Writes what the journal begins or goes on with.
    private mutating func begin(
        _ unwritten: [OrderCommand], _ reports: [VenueReport], _ before: SessionLifecycle, _ lastBars: [Bar?]
    ) {
        guard lastRecorded != nil else { return record(.started(start)) }
        // On paper nobody else knows of what was decided and not written: it is simply written now.
        if settings.mode == .paper {
            if !reports.isEmpty { record(.paperReports(reports)) }
            if !unwritten.isEmpty { record(.commands(unwritten)) }
        }
        let undelivered = core.undelivered
        record(.resumed(version: settings.version, at: now.wall))
        if settings.mode == .paper, !undelivered.isEmpty {
            // They pass the checks at the prices that they were decided at.
            for index in market.indices { market[index].last = lastBars[index]?.close }
            sendOnPaper(undelivered, while: before.stateOfTrading)
            for index in market.indices { market[index].last = nil }
        }
        if settings.mode != .paper { decline(unwritten) }
        if case .halted(let flattens) = before.state {
            record(.operatorRequest(.kill(flattens: flattens)))
            _ = lifecycle.receive(.kill(flattens: flattens))
            leavesWhenKnown = flattens && settings.mode.sendsOrders
        }
        if before.state == .draining { obey(.drain) }
        if before.pauses.contains(where: { $0.cause == .operatorRequest }) { obey(.pause) }
    }

    // MARK: The shell's side

    /// Hands over what is to be done, in exchange for an empty buffer.
    public mutating func exchangeOutputs(with buffer: inout [SessionOutput]) {
        buffer.removeAll(keepingCapacity: true)
        swap(&outputs, &buffer)
    }

    /// When it wants `wake`, in monotonic time.
    public var nextWake: TimeSpan? {
        var earliest: TimeSpan?
        func consider(_ time: TimeSpan?) {
            if let time, earliest.map({ time < $0 }) ?? true { earliest = time }
        }
        // Where they are: it is asked after every event, and an element of an array would be copied for it.
        let links = links.span
        for venue in links.indices {
            consider(links[venue].connector.nextWake)
            consider(links[venue].manager.nextWake)
            consider(links[venue].nextDeadManRefresh)
            if links[venue].isUp { consider(links[venue].leverage.nextRequest) }
        }
        consider(nextJournalRetry)
        consider(stopDeadline)
        consider(heldUntil)
        if usesWallClock, lifecycle.state != .starting, let deadline = gate.nextDeadline {
            let wait = max(0, deadline.nanoseconds - marketTime.nanoseconds)
            consider(TimeSpan(nanoseconds: now.monotonic.nanoseconds + wait))
        }
        return earliest
    }

    public mutating func handle(_ input: SessionInput, at moment: Moment) {
        if lifecycle.isUp, moment.monotonic > now.monotonic {
            let span = moment.monotonic.nanoseconds - now.monotonic.nanoseconds
            measures.uptime = TimeSpan(nanoseconds: measures.uptime.nanoseconds + span)
        }
        now = moment
        switch input {
        case .start: begin()
        case .connector(let venue, let input):
            links[venue].connector.handle(input, at: now, into: &scratch)
            drain(venue)
        case .request(let command): obey(command)
        case .command(let command): obey(command)
        case .asked(let request):
            record(.asked(request))
            log(.info, .control, "\(request)")
        case .wake: wake()
        case .external(let arrivals): receive(arrivals)
        case .computed(let task, let result): background?.computed(task, result)
        }
        if hasBegun { giveAwayWork() }
        if pastEnds != nil { showPast() }
        letInstantsThrough()
        settle()
    }

    private mutating func begin() {
        hasBegun = true
        for venue in links.indices {
            links[venue].connector.handle(.start, at: now, into: &scratch)
            _ = lifecycle.pause(.link(venue: venue), "\(links[venue].settings.name): connecting")
            drain(venue)
        }
    }

    private mutating func wake() {
        if let retry = nextJournalRetry, retry <= now.monotonic { _ = commit() }
        for venue in links.indices {
            if let time = links[venue].connector.nextWake, time <= now.monotonic {
                links[venue].connector.handle(.wake, at: now, into: &scratch)
                drain(venue)
            }
            if let time = links[venue].manager.nextWake, time <= now.monotonic {
                links[venue].manager.wake(at: venueMoment(venue), into: &wanted)
                carryOut(venue)
            }
            if let time = links[venue].leverage.nextRequest, time <= now.monotonic, links[venue].isUp {
                askLeverage(venue)
                drain(venue)
            }
            refreshDeadManSwitch(venue)
        }
    }

    // MARK: Events

    /// Passes on what a connector wants sent, right away, and keeps what it said for `drain`.
    mutating func passOn(_ venue: Int, carriesOrders: Bool = false) {
        for output in scratch {
            if case .event(let event) = output {
                said.append(event)
            } else if let sender {
                sender(venue, output, carriesOrders)
            } else {
                outputs.append(.transport(venue: venue, output))
            }
        }
        scratch.removeAll(keepingCapacity: true)
    }

    /// Passes on what a connector wants sent and takes in what it said, with what that leads it to say.
    mutating func drain(_ venue: Int) {
        passOn(venue)
        if let draining {
            precondition(draining == venue, "one venue's events must not lead to commands to another at once")
            return
        }
        draining = venue
        var place = 0
        while place < said.count {
            let event = said[place]
            place += 1
            receive(event, from: venue)
            passOn(venue)
        }
        said.removeAll(keepingCapacity: true)
        draining = nil
    }

    private mutating func receive(_ event: VenueEvent, from venue: Int) {
        counters.events += 1
        switch event {
        case .bar(let instrument, let timeframe, let bar, let isClosed):
            receive(bar, isClosed: isClosed, timeframe, of: instrument, from: venue)
            priceChanged(event, venue)
        case .bars(let instrument, let timeframe, let bars): receive(bars, timeframe, of: instrument, from: venue)
        case .barsUnavailable(let instrument, let timeframe, let reason):
            cannotRead(instrument, timeframe, reason, from: venue)
        case .book(let book):
            market[book.instrument.index].apply(book)
            links[venue].sawTime(book.time)
            unstoredStreams.add(.book(book), .books, at: now.wall)
            priceChanged(event, venue)
        case .quote(let quote):
            market[quote.instrument.index].apply(quote)
            links[venue].sawTime(quote.time)
            unstoredStreams.add(.quote(quote), .quotes, at: now.wall)
            priceChanged(event, venue)
        case .trade(let trade):
            market[trade.instrument.index].apply(trade)
            links[venue].sawTime(trade.time)
            unstoredStreams.add(.trade(trade), .trades, at: now.wall)
            priceChanged(event, venue)
        case .context(let context):
            market[context.instrument.index].apply(context)
            unstoredStreams.add(.context(context), [.contexts, .funding], at: now.wall)
            priceChanged(event, venue)
        case .linkUp: linkCameUp(venue)
        case .linkDown(let reason): linkWentDown(venue, reason)
        case .streamStale(let name, let silence):
            log(.warning, .network, venue, "no message on \(name) for \(silence.nanoseconds / 1_000_000_000) s")
        case .streamFresh(let name): log(.info, .network, venue, "messages on \(name) again")
        case .breakerOpened(let reason): pause(.breaker(venue: venue), "\(links[venue].settings.name): \(reason)")
        case .breakerClosed: lift(.breaker(venue: venue))
        case .notice(let notice): receive(notice, from: venue)
        case .placed, .cancelled, .modified, .status, .order, .fill, .funding, .transfer, .snapshot, .snapshotFailed:
            receiveAccount(event, from: venue)
        case .leverage(let instrument, let outcome): receiveLeverage(instrument, outcome, from: venue)
        }
        if !links[venue].hasAskedForPast { requestPast(venue) }
        if !links[venue].hasBegun { compareAccount(venue) }
    }

    private mutating func receive(_ notice: VenueEvent.Notice, from venue: Int) {
        switch notice {
        case .clockOffset(let offset):
            links[venue].clockOffset = offset
            let limit = links[venue].settings.maximumClockSkew
            if abs(offset.nanoseconds) > limit.nanoseconds {
                pause(
                    .clockSkew(venue: venue),
                    "\(links[venue].settings.name): the clocks differ by \(offset.nanoseconds / 1_000_000) ms, more than "
                        + "\(limit.nanoseconds / 1_000_000) ms. Set this machine's clock by NTP.")
            } else {
                lift(.clockSkew(venue: venue))
            }
        case .agentExpires(let time):
            let days = (time.nanoseconds - now.wall.nanoseconds) / 86_400_000_000_000
            log(
                days < 7 ? .warning : .info, .venue, venue,
                "the agent key is valid until \(time)\(days < 7 ? ": approve a new one before then" : "")")
        case .requestBudget(let used, let cap):
            let isLow = cap > 0 && used > cap / 10 * 9
            log(isLow ? .warning : .debug, .venue, venue, "\(used) of \(cap) requests of this address are used")
        case .unreadable(let text):
            counters.unreadable += 1
            log(.warning, .venue, venue, text)
        case .deadManSwitch(let isArmed, let reason):
            links[venue].isDeadManRefused = !isArmed && !reason.isEmpty
            log(
                isArmed || reason.isEmpty ? .debug : .warning, .venue, venue,
                "dead man's switch: \(isArmed ? "armed" : reason)"
            )
        case .warning(let text): log(.warning, .venue, venue, text)
        }
    }

    // MARK: Decisions

    /// Writes down something that decisions depend on, then applies it.
    ///
    /// - Returns: The orders decided on.
    mutating func take(_ input: DecisionInput) -> [OrderCommand] {
        record(.input(input))
        let commands: [OrderCommand]
        do {
            commands = try core.apply(input)
        } catch {
            if pause(.strategy, error.description) { log(.critical, .engine, error.description) }
            return []
        }
        if !core.paperReports.isEmpty { record(.paperReports(core.paperReports)) }
        if !commands.isEmpty {
            record(.commands(commands))
            record(.fingerprint(core.engine.resultHash.value))
        }
        return commands
    }

    mutating func record(_ record: SessionRecord) {
        do {
            try journal.append(kind: record.kind, at: now.wall) { record.write(to: &$0) }
        } catch { journalFailed(error) }
    }

    /// Makes the journal hold what was written.
    ///
    /// - Returns: Whether it does: otherwise nothing may be sent.
    mutating func commit() -> Bool {
        do {
            try journal.commit()
            nextJournalRetry = nil
            lift(.journal)
            return true
        } catch {
            journalFailed(error)
            return false
        }
    }

    private mutating func journalFailed(_ error: JournalError) {
        nextJournalRetry = now.monotonic + .seconds(5)
        if pause(.journal, "the journal cannot be written: \(error)") {
            log(.critical, .journal, "the journal cannot be written, so nothing is sent: \(error)")
        }
    }

    /// At the end of each input: what was written is brought to where it survives.
    private mutating func settle() {
        if journal.uncommittedCount > 0, nextJournalRetry == nil { _ = commit() }
        finishIfDone()
    }

    // MARK: Telling

    mutating func log(_ level: SessionLog.Level, _ part: SessionLog.Part, _ text: String) {
        outputs.append(.log(SessionLog(level, part, "session", text)))
    }

    mutating func log(_ level: SessionLog.Level, _ part: SessionLog.Part, _ venue: Int, _ text: String) {
        outputs.append(.log(SessionLog(level, part, links[venue].settings.name, text)))
    }

    @discardableResult
    mutating func pause(_ cause: PauseCause, _ reason: String) -> Bool {
        guard lifecycle.pause(cause, reason) else { return false }
        record(.note(component: "session", text: "paused: \(reason)"))
        log(.warning, cause.part, "trading is paused: \(reason)")
        return true
    }

    @discardableResult
    mutating func lift(_ cause: PauseCause) -> Bool {
        guard lifecycle.lift(cause) else { return false }
        if lifecycle.isPaused { return true }
        record(.note(component: "session", text: "nothing pauses trading any more"))
        log(.info, .session, "nothing pauses trading any more")
        return true
    }
}

/// What a session has done, in numbers.
public struct SessionCounters: Hashable, Sendable {
    public var events = 0
    public var instants = 0
    public var staleInstants = 0
    public var commands = 0
    public var placed = 0
    public var cancelled = 0
    public var modified = 0
    public var queries = 0
    public var denied = 0
    public var findings = 0
    public var snapshots = 0
    public var reconnects = 0
    public var unreadable = 0
    /// Pieces of work beside the engine that were given up.
    public var stalled = 0
    public init() {}
}

extension PauseCause {
    var part: SessionLog.Part {
        switch self {
        case .operatorRequest: .control
        case .link, .breaker, .clockSkew: .network
        case .orders: .orders
        case .journal: .journal
        case .strategy: .engine
        }
    }
}
