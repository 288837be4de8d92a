// SPDX-License-Identifier: Apache-2.0

import Networking
import Testing
import Trading
import VenueInterface

@Suite struct HTTPTests {
    @Test func aPostIsAnswered() throws {
        let wire = try Wire()
        wire.serve = { event, server in
            if case .request(let request) = event {
                server.respond(to: request.connection, body: bytes("echo ") + request.body)
            }
        }
        wire.transport.perform(post(1, "/info", #"{"type":"meta"}"#))
        wire.run { !wire.outcomes.isEmpty }
        #expect(wire.outcomes == [.response(status: 200, body: bytes(#"echo {"type":"meta"}"#), retryAfter: nil)])
        #expect(wire.requests.first?.method == "POST" && wire.requests.first?.path == "/info")
    }

    @Test("Bodies of any size, both ways", arguments: [0, 1, 1023, 1024, 1025, 70_000, 1_000_000])
    func sizes(size: Int) throws {
        let wire = try Wire()
        wire.serve = { event, server in
            if case .request(let request) = event { server.respond(to: request.connection, body: request.body) }
        }
        let body = String(repeating: "0123456789", count: size / 10) + String(repeating: "z", count: size % 10)
        wire.transport.perform(post(1, "/info", body))
        wire.run { !wire.outcomes.isEmpty }
        #expect(wire.outcomes == [.response(status: 200, body: bytes(body), retryAfter: nil)])
    }

    @Test("One connection serves many requests")
    func keepAlive() throws {
        let wire = try Wire()
        wire.serve = { event, server in
            if case .request(let request) = event { server.respond(to: request.connection, body: request.body) }
        }
        var sent: UInt64 = 1
        wire.react = { _, transport in
            sent += 1
            if sent <= 2000 { transport.perform(post(sent, "/exchange", "\(sent)")) }
        }
        let start = EventLoop.now.monotonic
        wire.transport.perform(post(1, "/exchange", "1"))
        wire.run { sent > 2000 }
        let took = EventLoop.now.monotonic.nanoseconds - start.nanoseconds
        print("2,000 HTTP round trips on one connection: \(took / 2_000) ns each")
        #expect(Set(wire.requests.map(\.connection)).count == 1)
        let isInOrder = wire.requests.map(\.body) == (1...2000).map { bytes("\($0)") }
        #expect(isInOrder)
    }

    @Test(
        "Errors and what they ask to wait come through",
        arguments: [
            (status: 429, header: "7", expected: TimeSpan.seconds(7)), (503, "120", .seconds(120)), (500, "", nil),
            (422, "", nil), (404, "soon", nil), (429, "99999999999", .days(1)), (429, "-3", nil),
        ] as [(Int, String, TimeSpan?)])
    func statuses(status: Int, header: String, expected: TimeSpan?) throws {
        let wire = try Wire()
        wire.serve = { event, server in
            if case .request(let request) = event {
                let headers = header.isEmpty ? [] : [(name: "Retry-After", value: header)]
                server.respond(to: request.connection, status: status, headers: headers, body: bytes("no"))
            }
        }
        wire.transport.perform(post(1))
        wire.run { !wire.outcomes.isEmpty }
        #expect(wire.outcomes == [.response(status: status, body: bytes("no"), retryAfter: expected)])
    }

    @Test func noAnswerInTime() throws {
        let wire = try Wire()
        wire.transport.perform(post(1, timeout: .milliseconds(150)))
        wire.run { !wire.outcomes.isEmpty }
        #expect(wire.outcomes == [.failure(.timedOut)])
        #expect(wire.requests.count == 1)
    }

    @Test(
        "A request that may have arrived is never sent again by itself, whether the connection is reset or closed",
        arguments: [true, false])
    func noSecondSending(isReset: Bool) throws {
        let wire = try Wire()
        wire.serve = { event, server in
            guard case .request(let request) = event else { return }
            if request.body == bytes("first") {
                server.respond(to: request.connection, body: bytes("ok"))
            } else if isReset {
                server.reset(request.connection)
            } else {
                server.close(request.connection)
            }
        }
        wire.transport.perform(post(1, "/exchange", "first"))
        wire.run { wire.outcomes.count == 1 }
        wire.transport.perform(post(2, "/exchange", "second"))
        wire.run { wire.outcomes.count == 2 }
        wire.run(for: .milliseconds(100))
        #expect(wire.requests.map(\.body) == [bytes("first"), bytes("second")])
        guard case .failure(let failure) = wire.outcomes[1] else {
            Issue.record("\(wire.outcomes[1])")
            return
        }
        #expect(!failure.neverArrived)
        if isReset, case .closed = failure {} else if isReset { Issue.record("\(failure)") }
    }

    @Test func anAnswerThatIsTooLongIsNotTaken() throws {
        let wire = try Wire { $0.limits.answerBytesMax = 1000 }
        wire.serve = { event, server in
            if case .request(let request) = event {
                server.respond(to: request.connection, body: [UInt8](repeating: 65, count: 1001))
            }
        }
        wire.transport.perform(post(1))
        wire.run { !wire.outcomes.isEmpty }
        #expect(wire.outcomes == [.failure(.closed("its answer has more than 1000 bytes"))])
    }

    @Test("Many requests at once do not wait for each other")
    func parallel() throws {
        let wire = try Wire()
        var held: [ServerConnectionID] = []
        wire.serve = { event, server in
            guard case .request(let request) = event else { return }
            if request.body == bytes("slow") {
                held.append(request.connection)
            } else {
                server.respond(to: request.connection, body: bytes("fast"))
            }
        }
        for id in 1...5 { wire.transport.perform(post(UInt64(id), "/info", "slow")) }
        wire.transport.perform(post(6, "/exchange", "order"))
        wire.run { wire.outcomes.count == 1 }
        #expect(wire.inputs == [.answer(RequestID(6), .response(status: 200, body: bytes("fast"), retryAfter: nil))])
        for connection in held { wire.server.respond(to: connection, body: bytes("done")) }
        wire.run { wire.outcomes.count == 6 }
    }

    @Test func headersAndGet() throws {
        let wire = try Wire()
        wire.serve = { event, server in
            if case .request(let request) = event {
                server.respond(to: request.connection, body: bytes(request.method + request.path))
            }
        }
        let request = HTTPRequest(id: RequestID(1), method: .get, path: "/api/v3/time", body: [])
        wire.transport.perform(.request(request))
        wire.run { !wire.outcomes.isEmpty }
        #expect(wire.outcomes == [.response(status: 200, body: bytes("GET/api/v3/time"), retryAfter: nil)])
    }
}
