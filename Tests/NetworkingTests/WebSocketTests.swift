// SPDX-License-Identifier: Apache-2.0

import Glibc
import Networking
import Testing
import Trading
import VenueInterface

@Suite struct WebSocketTests {
    private func echo(_ event: LoopbackServer.Event, _ server: LoopbackServer) {
        if case .message(let connection, let bytes) = event { server.send(bytes, to: connection) }
    }

    private func connection(_ wire: Wire) throws -> ServerConnectionID {
        wire.transport.perform(.openStream(stream, path: "/ws"))
        wire.run { wire.inputs.contains(.streamOpened(stream)) }
        for case .opened(let connection, _, _) in wire.events.reversed() { return connection }
        throw NetworkError("the server saw no connection")
    }

    @Test("A message comes back as it was", arguments: [0, 1, 125, 126, 65_535, 65_536, 100_000, 1_000_000])
    func echo(size: Int) throws {
        let wire = try Wire()
        wire.serve = echo
        _ = try connection(wire)
        let text = (0..<size).map { UInt8(ascii: "a") + UInt8($0 % 26) }
        wire.transport.perform(.send(stream, text))
        wire.run { !wire.messages.isEmpty }
        #expect(wire.messages == [text])
    }

    @Test func twentyThousandRoundTrips() throws {
        let wire = try Wire()
        wire.serve = echo
        var left = 20_000
        wire.react = { input, transport in
            if case .message(let id, let bytes) = input {
                left -= 1
                if left > 0 { transport.perform(.send(id, bytes)) }
            }
        }
        _ = try connection(wire)
        let start = EventLoop.now.monotonic
        wire.transport.perform(.send(stream, bytes(String(repeating: "x", count: 200))))
        wire.run { left == 0 }
        let took = EventLoop.now.monotonic.nanoseconds - start.nanoseconds
        print("20,000 WebSocket round trips: \(took / 1_000_000) ms, \(took / 20_000) ns each")
        #expect(took < 10_000_000_000)
    }

    @Test("Messages keep their order, sent in one go")
    func order() throws {
        let wire = try Wire()
        wire.serve = echo
        _ = try connection(wire)
        for number in 0..<500 { wire.transport.perform(.send(stream, bytes("\(number)"))) }
        wire.run { wire.messages.count == 500 }
        #expect(wire.messages == (0..<500).map { bytes("\($0)") })
    }

    @Test("Fragments are put together", arguments: [1, 7, 1000])
    func fragments(size: Int) throws {
        let wire = try Wire()
        let connection = try connection(wire)
        let text = bytes(String(repeating: "Apus apus. ", count: 300))
        wire.server.send(text, to: connection, fragmentBytes: size)
        wire.server.send(bytes("next"), to: connection)
        wire.run { wire.messages.count == 2 }
        #expect(wire.messages == [text, bytes("next")])
    }

    @Test func aMessageThatIsTooLongEndsTheStream() throws {
        let wire = try Wire { $0.limits.messageBytesMax = 1000 }
        let connection = try connection(wire)
        wire.server.send([UInt8](repeating: 65, count: 1000), to: connection)
        wire.server.send([UInt8](repeating: 65, count: 1001), to: connection)
        wire.run { !wire.closings.isEmpty }
        #expect(wire.messages.map(\.count) == [1000])
        #expect(wire.closings == [.closed("it sent a message of more than 1000 bytes")])
    }

    @Test func theServerClosesWithACode() throws {
        let wire = try Wire()
        let connection = try connection(wire)
        wire.server.send(bytes("last"), to: connection)
        wire.server.close(connection, code: 1001, reason: "maintenance")
        wire.run { !wire.closings.isEmpty }
        #expect(wire.messages == [bytes("last")])
        #expect(wire.closings == [.closed("by the other side, code 1001: maintenance")])
    }

    @Test func theServerBreaksOffInTheMiddleOfAMessage() throws {
        let wire = try Wire()
        let connection = try connection(wire)
        wire.server.breakOff(bytes("half a mess"), to: connection)
        wire.run { !wire.closings.isEmpty }
        #expect(wire.messages.isEmpty)
        #expect(wire.closings == [.closed("without a closing message")])
    }

    @Test func aResetEndsTheStream() throws {
        let wire = try Wire()
        let connection = try connection(wire)
        wire.server.reset(connection)
        wire.run { !wire.closings.isEmpty }
        #expect(wire.closings == [.closed("without a closing message")])
    }

    @Test func aHalfOpenConnectionSaysNothing() throws {
        let wire = try Wire()
        wire.serve = echo
        let connection = try connection(wire)
        wire.server.freeze(connection)
        wire.transport.perform(.send(stream, bytes("anybody?")))
        wire.run(for: .milliseconds(200))
        #expect(wire.messages.isEmpty && wire.closings.isEmpty)
        wire.transport.perform(.closeStream(stream))
        wire.transport.perform(.openStream(StreamID(2), path: "/ws"))
        wire.run { wire.inputs.contains(.streamOpened(StreamID(2))) }
        wire.transport.perform(.send(StreamID(2), bytes("again")))
        wire.run { !wire.messages.isEmpty }
        #expect(wire.inputs.last == .message(StreamID(2), bytes("again")))
        #expect(wire.closings.isEmpty, "a stream that the connector closed says nothing more")
    }

    @Test func aSideThatDoesNotReadIsLeft() throws {
        let wire = try Wire { $0.limits.sendQueueBytesMax = 1 << 20 }
        let connection = try connection(wire)
        wire.server.freeze(connection)
        for _ in 0..<200 { wire.transport.perform(.send(stream, [UInt8](repeating: 65, count: 100_000))) }
        wire.run { !wire.closings.isEmpty }
        #expect(wire.closings == [.closed("more than 1048576 bytes waited to be sent: the other side does not read")])
    }

    @Test("A stream can be opened again, hundreds of times")
    func reconnect() throws {
        let wire = try Wire()
        wire.serve = { event, server in if case .message(let id, _) = event { server.reset(id) } }
        var opened = 0
        wire.react = { input, transport in
            switch input {
            case .streamOpened(let id):
                opened += 1
                transport.perform(.send(id, bytes("hello")))
            case .streamClosed(let id, _):
                if id.rawValue < 300 { transport.perform(.openStream(StreamID(id.rawValue + 1), path: "/ws")) }
            default: break
            }
        }
        wire.transport.perform(.openStream(stream, path: "/ws"))
        wire.run { opened == 300 && wire.server.connectionsOpen == 0 }
        #expect(opened == 300)
        wire.run(for: .milliseconds(20))
        #expect(wire.server.connectionsOpen == 0)
    }

    @Test("A transport may be closed while it delivers a message")
    func closingInside() throws {
        let wire = try Wire()
        wire.serve = echo
        wire.react = { input, transport in
            if case .message = input { transport.close() }
        }
        _ = try connection(wire)
        wire.transport.perform(.send(stream, bytes("one")))
        wire.transport.perform(.send(stream, bytes("two")))
        wire.run { wire.server.connectionsOpen == 0 }
        wire.run(for: .milliseconds(20))
        #expect(wire.messages == [bytes("one")])
        wire.transport.perform(.openStream(StreamID(2), path: "/ws"))
        wire.run(for: .milliseconds(20))
        #expect(wire.inputs.count == 2, "nothing is said after the end")
    }

    @Test("A stream may be closed and opened while it delivers")
    func reopeningInside() throws {
        let wire = try Wire()
        wire.serve = echo
        wire.react = { input, transport in
            switch input {
            case .streamOpened(let id): transport.perform(.send(id, bytes("\(id.rawValue)")))
            case .message(let id, _) where id.rawValue < 20:
                transport.perform(.closeStream(id))
                transport.perform(.openStream(StreamID(id.rawValue + 1), path: "/ws"))
            default: break
            }
        }
        wire.transport.perform(.openStream(stream, path: "/ws"))
        wire.run { wire.messages.count == 20 }
        #expect(wire.closings.isEmpty)
        wire.run { wire.server.connectionsOpen == 1 }
    }

    @Test(
        "A client that connects and says nothing, or nonsense, leaves nothing behind",
        arguments: ["", "nonsense\r\n\r\n"])
    func silentClients(text: String) throws {
        let wire = try Wire()
        let client = socket(AF_INET, 1, 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = wire.server.port.bigEndian
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isConnected = withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        #expect(isConnected)
        wire.run { wire.server.connectionsOpen == 1 }
        _ = text.withCString { write(client, $0, strlen($0)) }
        wire.run(for: .milliseconds(20))
        close(client)
        wire.run { wire.server.connectionsOpen == 0 }
        #expect(wire.requests.isEmpty)
    }

    @Test("Two venues on one loop do not mix")
    func twoVenues() throws {
        let wire = try Wire()
        let other = try LoopbackServer(loop: wire.loop)
        let second = try VenueTransport(endpoint: try Wire.endpoint(port: other.port), loop: wire.loop)
        defer {
            second.close()
            other.stop()
        }
        var heard: [ConnectorInput] = []
        wire.serve = { event, server in
            if case .message(let id, _) = event { server.send(bytes("first"), to: id) }
        }
        other.handler = { event in
            switch event {
            case .message(let id, _): other.send(bytes("second"), to: id)
            case .request(let request): other.respond(to: request.connection, status: 404, body: [])
            default: break
            }
        }
        second.handler = { input, _ in
            heard.append(input)
            if case .streamOpened(let id) = input { second.perform(.send(id, bytes("hello"))) }
        }
        wire.react = { input, transport in
            if case .streamOpened(let id) = input { transport.perform(.send(id, bytes("hello"))) }
        }
        // The same numbers: each connector has its own.
        wire.transport.perform(.openStream(stream, path: "/ws"))
        second.perform(.openStream(stream, path: "/ws"))
        second.perform(post(1))
        wire.run { wire.messages.count == 1 && heard.count == 3 }
        #expect(wire.messages == [bytes("first")])
        #expect(heard.contains(.message(stream, bytes("second"))))
        #expect(heard.contains(.answer(RequestID(1), .response(status: 404, body: [], retryAfter: nil))))
        #expect(wire.outcomes.isEmpty)
    }

    @Test func nobodyListens() throws {
        let wire = try Wire()
        wire.server.stop()
        wire.transport.perform(.openStream(stream, path: "/ws"))
        wire.transport.perform(post(1))
        wire.run { wire.inputs.count == 2 }
        #expect(wire.closings.allSatisfy(\.neverArrived) && wire.closings.count == 1)
        guard case .failure(let failure) = wire.outcomes.first else {
            Issue.record("an answer from nobody")
            return
        }
        #expect(failure.neverArrived)
    }

    @Test func anUnknownNameIsUnreachable() throws {
        let wire = try Wire {
            $0.stream = (try? ServerAddress(parsing: "ws://no-such-host.invalid")) ?? $0.stream
            $0.rest = (try? ServerAddress(parsing: "http://no-such-host.invalid")) ?? $0.rest
        }
        wire.transport.perform(.openStream(stream, path: "/ws"))
        wire.transport.perform(post(1))
        wire.run { wire.inputs.count == 2 }
        #expect(wire.closings.count == 1 && wire.closings.allSatisfy(\.neverArrived))
        for case .failure(let failure) in wire.outcomes { #expect(failure.neverArrived) }
    }

    @Test func aPathWithoutWebSocketsIsRefused() throws {
        let wire = try Wire()
        wire.transport.perform(.openStream(stream, path: "/elsewhere"))
        wire.run { !wire.closings.isEmpty }
        #expect(!wire.inputs.contains(.streamOpened(stream)))
    }

    @Test func noMoreConnectionsThanAllowed() throws {
        var settings = LoopbackServer.Settings()
        settings.connectionsMax = 2
        let wire = try Wire(server: settings)
        for id in 1...3 { wire.transport.perform(.openStream(StreamID(UInt32(id)), path: "/ws")) }
        wire.run { wire.inputs.count == 3 }
        #expect(wire.inputs.count { if case .streamOpened = $0 { true } else { false } } == 2)
        #expect(wire.closings.count == 1)
    }
}
