// SPDX-License-Identifier: Apache-2.0

import Control
import Glibc
import Live
import Logging
import MarketData
import Networking
import Statistics
import Strategies
import Trading
import VenueInterface

/// A session with sockets, a control socket, a log and a status line around it, on one event loop.
final class SessionRunner {
    private var session: LiveSession
    private let loop: EventLoop
    private let transports: [VenueTransport]
    private let log: LogWriter
    private var control: ControlServer
    private let console: Console
    private let instance: String
    private let startedAt: Timestamp
    private let statusEvery: TimeSpan
    private var status: StatusPrinter
    private var outputs: [SessionOutput] = []
    private var waiting: [(input: SessionInput, moment: Moment)] = []
    private var isHandling = false
    private var timer: (id: LoopTimer, due: TimeSpan)?
    private var watched: [Int32: Bool] = [:]
    /// How long the venues may say nothing before the session stops by itself.
    private let silenceLimit: TimeSpan?
    private var store: StoreThread?
    private var external: ExternalFiles
    private let pages: ExternalPages
    private let memory: RequestMemory?
    private var background: BackgroundThreads?
    private var heard: (events: Int, at: TimeSpan)?
    private(set) var latency = OrderLatency()
    private(set) var findings: [ControlFinding] = []
    private var lastFill = 0
    private var nextRehearsal = TimeSpan.zero

    init(
        _ session: consuming LiveSession, loop: EventLoop, transports: [VenueTransport], log: LogWriter,
        control: consuming ControlServer, console: Console, instance: String, statusEvery: TimeSpan,
        silenceLimit: TimeSpan?, store: SessionStore, external: ExternalFiles,
        pages: ExternalPages, memory: RequestMemory? = nil
    ) {
        self.session = session
        self.loop = loop
        self.transports = transports
        self.log = log
        self.control = control
        self.console = console
        self.instance = instance
        self.statusEvery = statusEvery
        self.silenceLimit = silenceLimit
        self.external = external
        self.pages = pages
        self.memory = memory
        status = StatusPrinter(every: statusEvery)
        startedAt = EventLoop.now.wall
        self.store = StoreThread(store, signal: loop.makeSignal { [weak self] in self?.tellOfStore() })
        self.session.sender = { [unowned self] venue, output, carriesOrders in
            transports[venue].perform(output)
            if carriesOrders { latency.ordersWereSent(at: EventLoop.now.monotonic) }
        }
        for (venue, transport) in transports.enumerated() {
            transport.handler = { [unowned self] input, moment in
                handle(.connector(venue: venue, input), at: moment)
            }
        }
    }

    /// Runs until the session has ended.
    ///
    /// - Parameter end: When it is asked to stop by itself.
    func run(until end: TimeSpan?, _ evidence: SessionEvidence) {
        keepEvidence(evidence)
        watchControl()
        if let end { _ = loop.schedule(at: EventLoop.now.monotonic + end) { [unowned self] in ask(.stop) } }
        watchSignals()
        tick()
        handle(.start, at: EventLoop.now)
        storeNowAndThen()
        if !external.isEmpty { readExternalNowAndThen() }
        askPages()
        if loop.isBusy { rehearseAllTheTime() }
        loop.run()
        keep(evidence, isOver: true)
        handToStore()
        store?.finish()
        tellOfStore()
        status.end()
        for transport in transports { transport.close() }
        pages.close()
        log.close()
    }

    private func keep(_ evidence: SessionEvidence, isOver: Bool) {
        do throws(CommandFailure) {
            try evidence.keep(session.report(), findings: findings.count { !$0.isResolved }, isOver: isOver)
        } catch { console.printError("apus: the session's summary is not kept: \(error)") }
    }

    private func keepEvidence(_ evidence: SessionEvidence) {
        _ = loop.schedule(at: EventLoop.now.monotonic + .minutes(10)) { [weak self] in
            self?.keep(evidence, isOver: false)
            self?.keepEvidence(evidence)
        }
    }

    func report() -> SessionReport { session.report() }
    func profits() -> SessionProfits {
        SessionProfits(session.dailyProfits(), strategies: session.strategyNames, instruments: session.instruments)
    }

    // MARK: The session

    private func ask(_ command: OperatorCommand) { handle(.request(command), at: EventLoop.now) }

    private func handle(_ input: SessionInput, at moment: Moment) {
        // What a transport says while it is being told something waits its turn.
        guard !isHandling else { return waiting.append((input, moment)) }
        isHandling = true
        handleOne(input, at: moment)
        while !waiting.isEmpty {
            let next = waiting.removeFirst()
            handleOne(next.input, at: next.moment)
        }
        isHandling = false
        // Behind what was sent: no order waits for it.
        memory?.note(transports.indices.map { session.requestsSent(to: $0) }, at: moment) {
            session.weightsSent(to: $0, at: moment.monotonic)
        }
        scheduleWake()
        rehearseNowAndThen(moment.monotonic)
    }

    private func handleOne(_ input: SessionInput, at moment: Moment) {
        latency.eventCame(at: moment.monotonic)
        session.handle(input, at: moment)
        session.exchangeOutputs(with: &outputs)
        for output in outputs {
            switch output {
            case .transport: preconditionFailure("what is to be sent goes to the sender")
            case .log(let entry): write(entry)
            case .compute(let job): compute(job)
            case .ended: loop.stop()
            }
        }
    }

    /// Behind all that has arrived by now, so that no event waits for it but one that comes in these microseconds.
    private func rehearseNowAndThen(_ now: TimeSpan) {
        guard now >= nextRehearsal else { return }
        nextRehearsal = now + .milliseconds(5)
        loop.soon { [weak self] in self?.session.rehearse() }
    }

    /// Where a core is there for nothing else, what an order needs stays in its caches.
    private func rehearseAllTheTime() {
        session.rehearse()
        _ = loop.schedule(at: EventLoop.now.monotonic + .milliseconds(1)) { [weak self] in self?.rehearseAllTheTime() }
    }

    private func scheduleWake() {
        let due = session.nextWake
        guard due != timer?.due else { return }
        if let timer { loop.cancel(timer.id) }
        timer = due.map { due in
            let id = loop.schedule(at: due) { [unowned self] in
                timer = nil
                handle(.wake, at: EventLoop.now)
            }
            return (id, due)
        }
    }

    // MARK: Work beside the engine

    private func compute(_ job: BackgroundJob) {
        let threads =
            background
            ?? BackgroundThreads(signal: loop.makeSignal { [weak self] in self?.takeComputed() })
        background = threads
        guard !threads.compute(job) else { return }
        // The watchdog gives it up in its time.
        log[.engine](
            .error, "no thread", ["text": "the system has no thread for work that a strategy gave away"],
            at: EventLoop.now.wall)
    }

    private func takeComputed() {
        for result in background?.takeResults() ?? [] {
            handle(.computed(result.task, result.value), at: EventLoop.now)
        }
    }

    // MARK: The data store

    private func storeNowAndThen() {
        _ = loop.schedule(at: EventLoop.now.monotonic + .seconds(10)) { [weak self] in
            self?.handToStore()
            self?.storeNowAndThen()
        }
    }

    private func handToStore() { store?.hand(session.takeUnstoredBars(), session.takeUnstoredStreams()) }

    private func tellOfStore() {
        for message in store?.takeMessages() ?? [] {
            log[.session](
                message.isProblem ? .warning : .info, "data store", ["text": .text(message.text)],
                at: EventLoop.now.wall)
        }
    }

    /// Once a second: what files of series from outside say that they did not say before.
    private func readExternalNowAndThen() {
        _ = loop.schedule(at: EventLoop.now.monotonic + .seconds(1)) { [weak self] in
            guard let self else { return }
            let (news, problems) = external.poll()
            for problem in problems {
                log[.session](.warning, "external data not read", ["problem": .text(problem)], at: EventLoop.now.wall)
            }
            if !news.isEmpty { handle(.external(news), at: EventLoop.now) }
            readExternalNowAndThen()
        }
    }

    /// What pages say of series from outside, from when it is received on.
    private func askPages() {
        pages.start(
            ExternalPages.Receiver(
                timeOfReceipt: { [unowned self] in session.timeOfReceipt(at: $0) },
                deliver: { [unowned self] in handle(.external([$0]), at: $1) },
                warn: { [unowned self] in
                    log[.session](.warning, "external data not read", ["problem": .text($0)], at: EventLoop.now.wall)
                },
                note: { [unowned self] in
                    log[.session](.info, "external data read again", ["text": .text($0)], at: EventLoop.now.wall)
                }))
    }

    // MARK: Telling

    private func write(_ entry: SessionLog) {
        let level: LogLevel
        switch entry.level {
        case .debug: level = .debug
        case .info: level = .info
        case .warning: level = .warning
        case .error: level = .error
        case .critical: level = .critical
        }
        if level >= .warning {
            findings.append(
                ControlFinding(
                    time: EventLoop.now.wall, component: entry.component, text: log.redacted(entry.text),
                    isResolved: level == .warning))
            if findings.count > 1000 { findings.removeFirst(500) }
        }
        log[LogComponent(rawValue: entry.part.rawValue) ?? .session](
            level, "session", ["of": .text(entry.component), "text": .text(entry.text)], at: EventLoop.now.wall)
    }

    /// Once a second: the status line, and the terminal's way of asking for an end.
    private func tick() {
        let now = EventLoop.now
        if Interruption.isRequested, session.lifecycle.state != .stopping, session.lifecycle.state != .stopped {
            if let request = SessionSignals.takeInterruption() { handle(.asked(request), at: now) }
            ask(.stop)
        }
        if isSilent(at: now.monotonic), session.lifecycle.state == .running { ask(.stop) }
        if status.isDue(at: now.monotonic) { status.show(statusLine(), at: now.monotonic) }
        log.flush()
        _ = loop.schedule(at: now.monotonic + .milliseconds(250)) { [weak self] in self?.tick() }
    }

    /// Whether nothing was heard for longer than allowed, once something had been.
    private func isSilent(at now: TimeSpan) -> Bool {
        guard let silenceLimit, session.counters.events > 0 else { return false }
        if let heard, heard.events == session.counters.events { return now >= heard.at + silenceLimit }
        heard = (session.counters.events, now)
        return false
    }

    private func statusLine() -> SessionStatus {
        let report = session.report()
        let down = report.links.filter { !$0.isUp }.map(\.name)
        let pauses = report.pauses.isEmpty ? "" : ", paused"
        return SessionStatus(
            mode: "\(session.settings.mode.rawValue), \(report.state.text)\(pauses)", equity: report.equity,
            baseCurrency: baseCurrency, profit: report.profit, positions: report.holdings.count,
            openOrders: report.openOrders, link: down.isEmpty ? "up" : "down: \(down.joined(separator: ", "))",
            lastBarAge: report.lastInstant.map { report.marketTime - $0 }, latency: latencyPair)
    }

    private var baseCurrency: String {
        let description = session.account.description
        return description.assets.name(of: description.baseCurrency)
    }

    private var latencyPair: (median: TimeSpan, high: TimeSpan)? {
        guard let median = latency.elapsed.percentile(50), let high = latency.elapsed.percentile(99) else {
            return nil
        }
        return (TimeSpan(nanoseconds: median), TimeSpan(nanoseconds: high))
    }

    // MARK: Control

    private func watchControl() {
        let wanted = control.fileDescriptors
        for (descriptor, isWriting) in watched where !wanted.contains(where: { $0.descriptor == descriptor }) {
            _ = isWriting
            loop.unwatch(descriptor)
            watched[descriptor] = nil
        }
        for (descriptor, writes) in wanted {
            let readiness: Readiness = writes ? [.readable, .writable] : .readable
            switch watched[descriptor] {
            case nil:
                do throws(NetworkError) {
                    try loop.watch(descriptor, for: readiness) { [unowned self] _ in controlIsReady(descriptor) }
                } catch { log[.control](.error, "not watched", ["problem": .of(error)], at: EventLoop.now.wall) }
            case writes: continue
            default: loop.rewatch(descriptor, for: readiness)
            }
            watched[descriptor] = writes
        }
    }

    private func controlIsReady(_ descriptor: Int32) {
        for (connection, request) in control.handleReady(descriptor) {
            if !request.isQuestion {
                handle(
                    .asked(
                        SessionRequest(
                            request.text, way: .controlSocket, user: connection.user, process: connection.process)),
                    at: EventLoop.now)
            }
            control.answer(answer(request), to: connection)
        }
        watchControl()
    }

    private func answer(_ request: ControlRequest) -> ControlAnswer {
        switch request {
        case .status: return .status(controlStatus())
        case .findings: return .findings(findings)
        case .pause: return obeyed(.pause, "Nothing new is opened.")
        case .resume: return obeyed(.resume, "Trading goes on where nothing else pauses it.")
        case .drain: return obeyed(.drain, "Nothing new is opened, and the session ends when all positions are closed.")
        case .feature(let name, let isOn):
            if let index = session.strategyNames.firstIndex(of: name) {
                handle(.command(.setStrategy(index, isOn: isOn)), at: EventLoop.now)
                return .done("The strategy \(name) is switched \(isOn ? "on" : "off"), from the next decision on.")
            }
            guard session.hasFeature(name) else {
                return .refused("there is no strategy '\(name)' in this session, and none that has such a feature")
            }
            handle(.command(.setFeature(name, isOn: isOn)), at: EventLoop.now)
            return .done("The feature \(name) is switched \(isOn ? "on" : "off"), from the next decision on.")
        case .observe(let series, let value): return observe(series, value)
        case .stop: return obeyed(.stop, "The session is stopping.")
        case .kill(let flatten):
            return obeyed(
                .kill(flattens: flatten),
                flatten
                    ? "All orders are being cancelled and all positions closed: see `apus control status`."
                    : "All orders that could add risk are being cancelled; stops and targets stay.")
        }
    }

    private func observe(_ series: String, _ value: Double) -> ControlAnswer {
        guard let index = external.names.firstIndex(of: series) else {
            let names = external.names.isEmpty ? "none" : external.names.joined(separator: ", ")
            return .refused("there is no series '\(series)' from outside in this session; there is \(names)")
        }
        let now = EventLoop.now
        guard let time = session.timeOfReceipt(at: now) else {
            return .refused("the session has no time yet: no venue has said one")
        }
        let found = ExternalObservation(valueTime: time, knownAt: time, value: value)
        handle(.external([ExternalArrival(series: index, found)]), at: now)
        return .done("\(series) is \(value), from \(time) on.")
    }

    private func obeyed(_ command: OperatorCommand, _ text: String) -> ControlAnswer {
        var probe = session.lifecycle
        if case .refused(let reason) = probe.receive(command) { return .refused(reason) }
        ask(command)
        return .done(text)
    }

    /// An answer has an end.
    private static let ordersTold = 1000

    private func controlStatus() -> ControlStatus {
        let report = session.report()
        let instruments = session.instruments
        let latency = latency.elapsed
        return ControlStatus(
            instance: instance, processID: getpid(), mode: session.settings.mode.rawValue, state: report.state.text,
            pauses: report.pauses, startedAt: startedAt, time: EventLoop.now.wall, baseCurrency: baseCurrency,
            equity: report.equity, profit: report.profit,
            positions: report.holdings.map { holding in
                let instrument = instruments[holding.instrument.index]
                return ControlStatus.Position(
                    venue: instrument.venue, market: instrument.symbol, quantity: instrument.text(holding.quantity),
                    entryPrice: holding.entry.map { instrument.text($0) }, profit: holding.unrealised)
            }, profits: profits().status, portfolio: session.portfolio.map { .init($0, instruments) },
            openOrders: report.openOrders,
            orders: session.workingOrders().prefix(Self.ordersTold).map { .init($0, instruments) },
            algorithms: session.runningAlgorithms().map { .init($0, instruments) },
            links: report.links.map { link in
                ControlStatus.Link(
                    venue: link.name, state: link.isUp ? "up" : "down",
                    silence: link.latestTime.map { report.marketTime - $0 })
            }, lastBarAge: report.lastInstant.map { report.marketTime - $0 },
            latency: latencyPair.map { pair in
                ControlStatus.Latency(
                    count: latency.count, median: pair.median, high: pair.high,
                    maximum: TimeSpan(nanoseconds: latency.maximum ?? 0))
            }, unresolvedFindings: findings.count { !$0.isResolved })
    }

    // MARK: Signals

    private func watchSignals() {
        Interruption.watch()
        SessionSignals.watch()
        _ = loop.schedule(at: EventLoop.now.monotonic + .milliseconds(100)) { [weak self] in self?.pollSignals() }
    }

    private func pollSignals() {
        for (command, request) in SessionSignals.take() {
            handle(.asked(request), at: EventLoop.now)
            ask(command)
        }
        _ = loop.schedule(at: EventLoop.now.monotonic + .milliseconds(100)) { [weak self] in self?.pollSignals() }
    }
}

extension SessionState {
    var text: String {
        switch self {
        case .starting: "starting"
        case .running: "running"
        case .draining: "draining"
        case .halted: "halted"
        case .stopping: "stopping"
        case .stopped: "stopped"
        }
    }
}
