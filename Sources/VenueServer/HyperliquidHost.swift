// SPDX-License-Identifier: Apache-2.0

internal import HyperliquidSimulator
internal import JSON
internal import Networking
internal import Trading
internal import VenueFaults
internal import VenueInterface

/// A simulated Hyperliquid behind sockets: carries requests and messages to and from it, through the plan of faults,
/// and lets its markets go on.
final class HyperliquidHost {
    private let loop: EventLoop
    private let server: LoopbackServer
    private(set) var simulator: HyperliquidSimulator
    private(set) var faults: FaultPlan
    private var feed: MarketFeed
    private let pace: MarketPace
    private let skew: TimeSpan

    private let start: TimeSpan
    private var marketStart: (wall: TimeSpan, market: Timestamp)?
    private var marketTimer: LoopTimer?
    private var wakeTimer: (timer: LoopTimer, due: TimeSpan)?
    private var heldUpSince: TimeSpan?
    private(set) var hasEnded = false

    private var clients: [UInt32: Client] = [:]
    private var numberOfConnection: [ServerConnectionID: UInt32] = [:]
    private var connectionCount: UInt32 = 0
    private var senders: [String: UInt32] = [:]
    /// When the last client left, or the start.
    private(set) var idleSince: TimeSpan

    private struct Client {
        var connection: ServerConnectionID
        /// Nothing may be sent before: what was sent earlier is late.
        var free = TimeSpan.zero
        var isFrozen = false
        var hasSubscribed = false
    }

    /// Called once when the market data has ended.
    var whenEnded: () -> Void = {}

    init(
        simulator: HyperliquidSimulator, feed: MarketFeed, pace: MarketPace, faults: FaultPlan, skew: TimeSpan,
        server: LoopbackServer, loop: EventLoop
    ) {
        self.simulator = simulator
        self.feed = feed
        self.pace = pace
        self.faults = faults
        self.skew = skew
        self.server = server
        self.loop = loop
        start = EventLoop.now.monotonic
        idleSince = start
        server.handler = { [weak self] event in self?.serve(event) }
        if !pace.waitsForClient { loop.soon { [weak self] in self?.startMarket() } }
        armWake()
    }

    var connectionsOpen: Int { clients.count }

    private var elapsed: TimeSpan { TimeSpan(nanoseconds: EventLoop.now.monotonic.nanoseconds - start.nanoseconds) }

    /// The venue's clock.
    private var wall: Timestamp {
        let now = EventLoop.now
        return now.wall + skew + faults.clockSkew(at: elapsed)
    }

    // MARK: What clients do

    private func serve(_ event: LoopbackServer.Event) {
        switch event {
        case .request(let request): answer(request)
        case .opened(let connection, _, let peer): opened(connection, peer)
        case .message(let connection, let text): message(connection, text)
        case .closed(let connection):
            guard let number = numberOfConnection.removeValue(forKey: connection) else { return }
            clients[number] = nil
            simulator.close(connection: number, wall: wall)
            if clients.isEmpty { idleSince = EventLoop.now.monotonic }
            afterwards()
        }
    }

    private func sender(_ peer: String) -> UInt32 {
        if let known = senders[peer] { return known }
        senders[peer] = UInt32(senders.count + 1)
        return UInt32(senders.count)
    }

    private func answer(_ request: LoopbackServer.Request) {
        idleSince = EventLoop.now.monotonic
        let connection = request.connection
        guard request.method == "POST" else {
            return server.respond(to: connection, status: 405, contentType: "text/plain", body: [])
        }
        if faults.isInMaintenance(at: elapsed) {
            return server.respond(to: connection, status: 503, contentType: "text/plain", body: [])
        }
        let fate = faults.request(FaultScope(hyperliquid: try? JSON.parse(request.body)), at: elapsed)
        after(fate.delayBefore) { [weak self] in
            guard let self else { return }
            var own: SimulatedAnswer?
            if fate.reachesVenue {
                simulator.takesOnlyPostOnly = fate.takesOnlyPostOnly
                own = simulator.post(
                    path: request.path, body: request.body, wall: wall, sender: sender(request.peer))
                simulator.takesOnlyPostOnly = false
                afterwards()
            }
            after(fate.delayAfter) { [weak self] in self?.finish(connection, fate.answer, own) }
        }
    }

    private func finish(_ connection: ServerConnectionID, _ answer: RequestFate.Answer, _ own: SimulatedAnswer?) {
        switch answer {
        case .own, .garbled:
            guard let own else { return }
            let body = answer == .garbled ? Array(own.body.prefix(own.body.count / 2)) : own.body
            // As the venue does: its errors are plain text.
            let type = own.status == 200 || own.status == 429 ? "application/json" : "text/plain; charset=utf-8"
            server.respond(to: connection, status: own.status, contentType: type, body: body)
        case .none: break
        case .reset: server.reset(connection)
        case .halfOpen: server.freeze(connection)
        case .replaced(let status, let body, let retryAfter):
            let headers = retryAfter.map { [(name: "retry-after", value: String($0))] } ?? []
            server.respond(
                to: connection, status: status, contentType: "text/plain; charset=utf-8", headers: headers,
                body: Array(body.utf8))
        }
    }

    private func opened(_ connection: ServerConnectionID, _ peer: String) {
        switch faults.connection(at: elapsed) {
        case .none: break
        case .halfOpen: return server.freeze(connection)
        case .reset, .breakOff: return server.reset(connection)
        }
        connectionCount += 1
        numberOfConnection[connection] = connectionCount
        clients[connectionCount] = Client(connection: connection)
        simulator.open(connection: connectionCount, wall: wall, sender: sender(peer))
        afterwards()
    }

    private func message(_ connection: ServerConnectionID, _ text: [UInt8]) {
        guard let number = numberOfConnection[connection] else { return }
        let value = try? JSON.parse(text)
        if value?["method"]?.string == "subscribe" { subscribed(number) }
        guard value?["method"]?.string == "post", let post = value?["request"] else {
            simulator.message(connection: number, text: text, wall: wall)
            return afterwards()
        }
        let fate = faults.request(FaultScope(hyperliquid: post["payload"]), at: elapsed)
        after(fate.delayBefore) { [weak self] in
            guard let self, clients[number] != nil else { return }
            if fate.reachesVenue {
                simulator.takesOnlyPostOnly = fate.takesOnlyPostOnly
                simulator.message(connection: number, text: text, wall: wall)
                simulator.takesOnlyPostOnly = false
            }
            // The answer to the post, apart from everything else that came of it.
            var answers: [[UInt8]] = []
            afterwards { output in
                guard case .send(number, let bytes) = output, bytes.starts(with: Self.postAnswer) else { return true }
                answers.append(bytes)
                return false
            }
            after(fate.delayAfter) { [weak self] in
                self?.finishPost(number, fate.answer, answers, id: value?["id"]?.unsigned ?? 0)
            }
        }
    }

    private static let postAnswer = Array(#"{"channel":"post""#.utf8)

    private func finishPost(_ number: UInt32, _ answer: RequestFate.Answer, _ own: [[UInt8]], id: UInt64) {
        guard let client = clients[number] else { return }
        switch answer {
        case .own: for bytes in own { server.send(bytes, to: client.connection) }
        case .garbled: for bytes in own { server.send(Array(bytes.prefix(bytes.count / 2)), to: client.connection) }
        case .none: break
        case .reset: server.reset(client.connection)
        case .halfOpen: freeze(number)
        case .replaced(let status, let body, _):
            var writer = JSONWriter()
            writer.object {
                $0.string("channel", "post")
                $0.key("data")
                $0.object {
                    $0.integer("id", id)
                    $0.key("response")
                    $0.object {
                        $0.string("type", "error")
                        $0.string("payload", "\(status) \(body)")
                    }
                }
            }
            server.send(writer.bytes, to: client.connection)
        }
    }

    // MARK: What the venue says

    /// Sends what the simulator wants sent, and sees to its next wake-up.
    /// - Parameter isWanted: Whether an output goes the ordinary way.
    private func afterwards(_ isWanted: (SimulatorOutput) -> Bool = { _ in true }) {
        for output in simulator.takeOutputs() where isWanted(output) {
            switch output {
            case .send(let number, let bytes): send(bytes, to: number)
            case .close(let number, let reason):
                guard let client = clients[number] else { continue }
                server.close(client.connection, reason: reason)
            }
        }
        armWake()
    }

    private func send(_ bytes: [UInt8], to number: UInt32) {
        guard let client = clients[number], !client.isFrozen else { return }
        let connection = client.connection
        let market = faults.distinguishesMarkets ? String(marketOfHyperliquidMessage: try? JSON.parse(bytes)) : nil
        let fate = faults.message(at: elapsed, about: market)
        switch fate.connection {
        case .none: break
        case .reset: return server.reset(connection)
        case .breakOff: return server.breakOff(Array(bytes.prefix(bytes.count / 2)), to: connection)
        case .halfOpen: return freeze(number)
        }
        let text = fate.isGarbled ? Array(bytes.prefix(bytes.count / 2)) : bytes
        let now = EventLoop.now.monotonic
        let due = max(now + fate.delay, client.free)
        if due > now { clients[number]?.free = due }
        let time = due + fate.lag
        for _ in 0..<fate.copies {
            if time <= now {
                server.send(text, to: connection)
            } else {
                loop.schedule(at: time) { [weak self] in self?.server.send(text, to: connection) }
            }
        }
    }

    private func freeze(_ number: UInt32) {
        guard let client = clients[number] else { return }
        clients[number]?.isFrozen = true
        server.freeze(client.connection)
    }

    private func after(_ delay: TimeSpan, _ work: @escaping () -> Void) {
        if delay <= .zero { work() } else { loop.schedule(at: EventLoop.now.monotonic + delay, work) }
    }

    private func armWake() {
        let now = EventLoop.now
        let venue = simulator.nextWake.map { due in
            let ahead = due.nanoseconds.subtractingReportingOverflow(wall.nanoseconds).partialValue
            return now.monotonic + TimeSpan(nanoseconds: min(max(ahead, 1_000_000), 3_600_000_000_000))
        }
        let elapsed = elapsed
        let fault = faults.nextEvent(after: elapsed).map { start + $0 }
        guard let due = [venue, fault].compactMap({ $0 }).min() else { return }
        if let wakeTimer {
            // The heartbeat moves with every message; being a little early costs one look.
            if wakeTimer.due <= due { return }
            loop.cancel(wakeTimer.timer)
        }
        let timer = loop.schedule(at: due) { [weak self] in
            guard let self else { return }
            wakeTimer = nil
            if faults.beginsMaintenance(at: self.elapsed) { simulator.closeAll(wall: wall, reason: "maintenance") }
            simulator.wake(wall: wall)
            afterwards()
        }
        wakeTimer = (timer, due)
    }

    // MARK: The markets

    private func subscribed(_ number: UInt32) {
        guard clients[number]?.hasSubscribed == false else { return }
        clients[number]?.hasSubscribed = true
        if pace.waitsForClient, marketStart == nil {
            // Its other subscriptions come right behind this one.
            after(.milliseconds(250)) { [weak self] in self?.startMarket() }
        }
    }

    private func startMarket() {
        guard marketStart == nil else { return }
        guard let first = feed.nextTime else { return ended() }
        marketStart = (EventLoop.now.monotonic, first)
        goOn()
    }

    /// Lets everything happen that is due, a portion at a time, so that clients are heard in between.
    private func goOn() {
        marketTimer = nil
        guard !hasEnded, let marketStart else { return }
        let now = EventLoop.now.monotonic
        if isHeldUp(now) {
            marketTimer = loop.schedule(at: now + .milliseconds(1)) { [weak self] in self?.goOn() }
            return
        }
        let passed = TimeSpan(nanoseconds: now.nanoseconds - marketStart.wall.nanoseconds)
        let until = pace.market(after: passed, from: marketStart.market)
        var count = 0
        while count < pace.portion, let time = feed.nextTime, time <= until, let event = feed.next() {
            simulator.advanceMarket(index: event.market, event.event, at: event.time, wall: wall)
            count += 1
        }
        afterwards()
        guard let next = feed.nextTime else { return ended() }
        if next > until {
            let due = marketStart.wall + pace.wall(until: next, from: marketStart.market)
            marketTimer = loop.schedule(at: max(due, now + TimeSpan(nanoseconds: 1000))) { [weak self] in self?.goOn() }
            return
        }
        marketTimer = loop.schedule(at: now) { [weak self] in self?.goOn() }
    }

    /// A client that does not keep up holds the market up; one that reads nothing at all is left after a while.
    private func isHeldUp(_ now: TimeSpan) -> Bool {
        let behind = clients.values.filter { server.bytesWaiting(for: $0.connection) > 1 << 20 }
        guard !behind.isEmpty else {
            heldUpSince = nil
            return false
        }
        let since = heldUpSince ?? now
        heldUpSince = since
        if now >= since + .seconds(10) {
            for client in behind { server.reset(client.connection) }
            heldUpSince = nil
        }
        return true
    }

    private func ended() {
        guard !hasEnded else { return }
        hasEnded = true
        afterwards()
        whenEnded()
    }

    /// Lets clients have what is on its way, says good-bye to them, and calls when they have gone: ten seconds at most.
    func finish(_ completion: @escaping () -> Void) {
        let limit = EventLoop.now.monotonic + .seconds(10)
        // They may still have something to say to the last message.
        after(.milliseconds(300)) { [weak self] in
            guard let self else { return }
            simulator.closeAll(wall: wall, reason: "the data has ended")
            afterwards()
            waitForClients(limit, completion)
        }
    }

    private func waitForClients(_ limit: TimeSpan, _ completion: @escaping () -> Void) {
        guard !clients.isEmpty, EventLoop.now.monotonic < limit else { return completion() }
        after(.milliseconds(5)) { [weak self] in self?.waitForClients(limit, completion) }
    }
}

/// How market time goes by.
struct MarketPace: Hashable, Sendable {
    /// Market seconds in a second; `nil`: as fast as it goes.
    var speed: Double?
    /// Whether the market stands until a client has subscribed to something.
    var waitsForClient = false

    /// Events in one go.
    let portion = 64

    func market(after wall: TimeSpan, from start: Timestamp) -> Timestamp {
        guard let speed else { return .distantFuture }
        let span = Double(wall.nanoseconds) * speed
        return span < 4e18 ? start + TimeSpan(nanoseconds: Int64(span)) : .distantFuture
    }

    func wall(until market: Timestamp, from start: Timestamp) -> TimeSpan {
        guard let speed else { return .zero }
        let span = Double((market - start).nanoseconds) / speed
        return TimeSpan(nanoseconds: span < 4e18 ? Int64(span) : 4_000_000_000_000_000_000)
    }
}
