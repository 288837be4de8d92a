// SPDX-License-Identifier: Apache-2.0

import HyperliquidSimulator
import Trading
import VenueInterface

// The network between the program and the venue.
extension WorldState {
    private mutating func delay() -> TimeSpan {
        var span = latency.span(.milliseconds(8), .milliseconds(60))
        if strikes(.latency, 0.4) { span = span + chance.span(.milliseconds(200), .seconds(12)) }
        return span
    }

    private func place(of link: UInt32) -> Int? { links.firstIndex { $0.number == link } }

    // MARK: From the program

    mutating func perform(_ output: ConnectorOutput) {
        switch output {
        case .openStream(let stream, _): open(stream)
        case .closeStream(let stream):
            guard let place = links.firstIndex(where: { $0.life == life && $0.stream == stream }) else { return }
            links[place].isOpenAtClient = false
            let link = links[place]
            // The venue never hears of the end of a connection that carries nothing.
            if !link.isHalfOpen { queue.add(.close(link: link.number), at: max(now + delay(), link.freeToVenue)) }
        case .send(let stream, let bytes): send(bytes, on: stream)
        case .request(let request): send(request)
        case .event: preconditionFailure("a session's transport outputs hold no events")
        }
    }

    private mutating func open(_ stream: StreamID) {
        aim(at: .stream)
        linkCount += 1
        if strikes(.unreachable, 0.8) || isDown {
            let failure = TransportFailure.unreachable("no route to the simulated venue")
            return queue.add(.client(life: life, .streamClosed(stream, failure)), at: now + delay())
        }
        links.append(SimulatedLink(number: linkCount, life: life, stream: stream))
        // A handshake that is lost is told by the program's own patience.
        if strikes(.loss, 0.2) { return }
        queue.add(.open(link: linkCount), at: now + delay())
    }

    private mutating func send(_ bytes: [UInt8], on stream: StreamID) {
        aim(at: FaultTarget.of(bytes) ?? .stream)
        guard let place = links.firstIndex(where: { $0.life == life && $0.stream == stream }) else { return }
        guard !links[place].isHalfOpen, !strikes(.loss, 0.1) else { return }
        let time = max(now + delay(), links[place].freeToVenue)
        links[place].freeToVenue = time
        queue.add(.text(link: links[place].number, bytes), at: time)
        if strikes(.duplicate, 0.1) {
            queue.add(.text(link: links[place].number, bytes), at: time + chance.span(.zero, .seconds(2)))
        }
    }

    /// Whether the venue is closed for maintenance.
    private var isDown: Bool { isActive(.maintenance) }

    private mutating func send(_ request: HTTPRequest) {
        aim(at: FaultTarget.of(request.body))
        func answer(_ outcome: HTTPOutcome, at time: TimeSpan, _ state: inout WorldState) {
            state.queue.add(.client(life: state.life, .answer(request.id, outcome)), at: time)
        }
        let soon = now + delay()
        let deadline = now + request.timeout
        if strikes(.unreachable, 0.8) { return answer(.failure(.unreachable("no route")), at: soon, &self) }
        if isDown {
            faults[.maintenance] += 1
            return answer(Self.page(chance.happens(0.5) ? 502 : 503), at: soon, &self)
        }
        if strikes(.tooMany, 0.5) {
            let wait: TimeSpan? = chance.happens(0.5) ? chance.span(.seconds(1), .seconds(10)) : nil
            return answer(.response(status: 429, body: Array("null".utf8), retryAfter: wait), at: soon, &self)
        }
        if strikes(.refusedText, 0.3) {
            let text = "Failed to deserialize the JSON body into the target type"
            return answer(.response(status: 422, body: Array(text.utf8), retryAfter: nil), at: soon, &self)
        }
        if strikes(.serverError, 0.3) { return answer(Self.page(500 + chance.below(5)), at: soon, &self) }
        if strikes(.loss, 0.25) { return answer(.failure(.timedOut), at: deadline, &self) }
        if strikes(.disconnect, 0.3) {
            answer(.failure(.closed("connection reset by peer")), at: now + delay(), &self)
            if chance.happens(0.5) {
                queue.add(.request(request, life: life, RequestFate(isUnheard: true)), at: soon)
            }
            return
        }
        queue.add(.request(request, life: life, RequestFate()), at: soon)
        if strikes(.duplicate, 0.2) {
            let later = soon + chance.span(.zero, .seconds(3))
            queue.add(.request(request, life: life, RequestFate(isUnheard: true)), at: later)
        }
    }

    private static let errorMark = Array(#"{"status":"err""#.utf8)

    private static func page(_ status: Int) -> HTTPOutcome {
        .response(status: status, body: Array("<html><h1>\(status)</h1></html>".utf8), retryAfter: nil)
    }

    // MARK: At the venue

    mutating func openAtVenue(_ link: UInt32) {
        guard let place = place(of: link) else { return }
        if isDown {
            let link = links.remove(at: place)
            return queue.add(.client(life: link.life, .streamClosed(link.stream, .closed("502"))), at: now + delay())
        }
        links[place].isOpenAtVenue = true
        let time = now + delay()
        links[place].freeToClient = time
        queue.add(.client(life: links[place].life, .streamOpened(links[place].stream)), at: time)
        venue.open(connection: link, wall: wall)
        publish()
    }

    mutating func closeAtVenue(_ link: UInt32) {
        guard let place = place(of: link) else { return }
        if links[place].isOpenAtVenue { venue.close(connection: link, wall: wall) }
        links.remove(at: place)
        publish()
    }

    mutating func textAtVenue(_ link: UInt32, _ bytes: [UInt8]) {
        guard let place = place(of: link), links[place].isOpenAtVenue else { return }
        venue.message(connection: link, text: bytes, wall: wall)
        publish()
    }

    mutating func requestAtVenue(_ request: HTTPRequest, _ sender: Int, _ fate: RequestFate) {
        let answer = venue.post(path: request.path, body: request.body, wall: wall)
        publish()
        guard !fate.isUnheard, sender == life else { return }
        aim(at: FaultTarget.of(request.body))
        // An answer of refused actions is a short one that begins with its error.
        if request.path == "/exchange", hadRightClock, answer.body.count < 200,
            answer.body.starts(with: Self.errorMark),
            String(decoding: answer.body, as: UTF8.self).contains("duplicate nonce")
        {
            usedNonce = String(decoding: answer.body, as: UTF8.self)
        }
        // Counted from its arrival, a little late, as a program's own timer may be.
        let deadline = now + request.timeout
        var outcome = HTTPOutcome.response(status: answer.status, body: answer.body, retryAfter: nil)
        var time = now + delay()
        if strikes(.serverError, 0.3) {
            outcome = Self.page(502)
        } else if strikes(.lostAnswer, 0.4) {
            (outcome, time) = (.failure(.timedOut), deadline)
        } else if strikes(.disconnect, 0.2) {
            outcome = .failure(.closed("connection reset by peer"))
        } else if strikes(.truncated, 0.3) {
            let length = chance.below(answer.body.count + 1)
            outcome = .response(status: answer.status, body: Array(answer.body.prefix(length)), retryAfter: nil)
        } else if strikes(.badData, 0.3) {
            outcome = .response(status: 200, body: Array(Self.garbage(&chance).utf8), retryAfter: nil)
        }
        if time > deadline { (outcome, time) = (.failure(.timedOut), deadline) }
        queue.add(.client(life: sender, .answer(request.id, outcome)), at: time)
    }

    /// What no venue writes, and some machine in between could.
    private static func garbage(_ chance: inout Randomness) -> String {
        chance.pick([
            "", "null", "[]", "{}", "{\"status\":\"ok\"}", "<html>upstream</html>",
            "{\"status\":\"ok\",\"response\":[]}",
            "[[[[[[", "{\"a\":1e999}", "\"text\"", "18446744073709551616", "{\"channel\":\"unheard\",\"data\":{}}",
            "{\"channel\":\"userFills\",\"data\":{\"fills\":[{\"coin\":1}]}}", "{\"channel\":\"l2Book\",\"data\":null}",
        ])
    }

    /// Sends what the venue has to say.
    mutating func publish() {
        guard !venue.outputs.isEmpty else { return }
        for output in venue.takeOutputs() {
            switch output {
            case .send(let connection, let bytes): deliver(bytes, connection)
            case .close(let connection, _):
                guard let place = place(of: connection) else { continue }
                let link = links[place]
                links.remove(at: place)
                guard !link.isHalfOpen else { continue }
                queue.add(
                    .client(life: link.life, .streamClosed(link.stream, .closed("by the venue"))),
                    at: max(now + delay(), link.freeToClient))
            }
        }
    }

    private mutating func deliver(_ bytes: [UInt8], _ connection: UInt32) {
        aim(at: .stream)
        guard let place = place(of: connection) else { return }
        let link = links[place]
        guard link.life == life, !link.isHalfOpen else { return }
        if strikes(.loss, 0.1) { return }
        var bytes = bytes
        if strikes(.truncated, 0.1) {
            bytes = Array(bytes.prefix(chance.below(bytes.count + 1)))
        } else if strikes(.badData, 0.1) {
            bytes = Array(Self.garbage(&chance).utf8)
        }
        let input = ConnectorInput.message(link.stream, bytes)
        if strikes(.reorder, 0.2) {
            queue.add(.client(life: life, input), at: link.freeToClient + chance.span(.zero, .seconds(3)))
        } else {
            let time = max(now + delay(), link.freeToClient)
            links[place].freeToClient = time
            queue.add(.client(life: life, input), at: time)
        }
        if strikes(.duplicate, 0.2) {
            queue.add(.client(life: life, input), at: links[place].freeToClient + chance.span(.zero, .seconds(5)))
        }
    }

    // MARK: At the program

    /// Keeps up with what the program is told of its connections.
    mutating func heard(_ input: ConnectorInput) {
        switch input {
        case .streamOpened(let stream):
            if let place = links.firstIndex(where: { $0.life == life && $0.stream == stream }) {
                links[place].isOpenAtClient = true
            }
        case .start, .stop, .streamClosed, .message, .answer, .wake: break
        }
    }

    /// The program is gone: the venue hears of it, except on connections that carry nothing.
    mutating func abandonLinks() {
        for link in links where link.life < life && !link.isHalfOpen {
            queue.add(.close(link: link.number), at: now + delay())
        }
    }

    /// Ends connections on both sides, each at its own time.
    mutating func cut(_ place: Int) {
        let link = links[place]
        queue.add(.close(link: link.number), at: now + delay())
        queue.add(
            .client(life: link.life, .streamClosed(link.stream, .closed("connection reset by peer"))), at: now + delay()
        )
    }
}
