// SPDX-License-Identifier: Apache-2.0

import Glibc
import Networking
import Testing
import Trading
import VenueInterface

/// A loop with a server and a transport to it, and all that both have said.
final class Wire {
    let loop: EventLoop
    let server: LoopbackServer
    let transport: VenueTransport
    var inputs: [ConnectorInput] = []
    var events: [LoopbackServer.Event] = []
    /// What the server does; by default it only listens.
    var serve: (LoopbackServer.Event, LoopbackServer) -> Void = { _, _ in }
    /// What the client does with an input.
    var react: (ConnectorInput, VenueTransport) -> Void = { _, _ in }

    init(
        server settings: LoopbackServer.Settings = LoopbackServer.Settings(), host: String = "127.0.0.1",
        recorder: TrafficRecorder? = nil, adjust: (inout VenueEndpoint) -> Void = { _ in }
    ) throws {
        loop = try EventLoop()
        server = try LoopbackServer(settings: settings, loop: loop)
        var endpoint = try Self.endpoint(port: server.port, host: host, isSecure: settings.certificate != nil)
        adjust(&endpoint)
        transport = try VenueTransport(endpoint: endpoint, loop: loop, recorder: recorder)
        server.handler = { [unowned self] event in
            events.append(event)
            serve(event, server)
        }
        transport.handler = { [unowned self] input, _ in
            inputs.append(input)
            react(input, transport)
        }
    }

    deinit {
        transport.close()
        server.stop()
    }

    static func endpoint(port: UInt16, host: String = "127.0.0.1", isSecure: Bool = false) throws -> VenueEndpoint {
        let letter = isSecure ? "s" : ""
        return VenueEndpoint(
            rest: try ServerAddress(parsing: "http\(letter)://\(host):\(port)"),
            stream: try ServerAddress(parsing: "ws\(letter)://\(host):\(port)"), proxy: .none)
    }

    /// Serves until something is so, for ten seconds at most.
    func run(until condition: () -> Bool, sourceLocation: SourceLocation = #_sourceLocation) {
        let end = EventLoop.now.monotonic + .seconds(10)
        var isLate = false
        let timer = loop.schedule(at: end) { isLate = true }
        while !condition() && !isLate { loop.runOnce() }
        loop.cancel(timer)
        let last = "inputs: \(inputs.suffix(5)), events: \(events.suffix(5))"
        #expect(!isLate, "waited in vain; \(last)", sourceLocation: sourceLocation)
    }

    /// Serves for a while.
    func run(for span: TimeSpan) {
        var isOver = false
        loop.schedule(at: EventLoop.now.monotonic + span) { isOver = true }
        while !isOver { loop.runOnce() }
    }

    var messages: [[UInt8]] {
        inputs.compactMap { if case .message(_, let bytes) = $0 { bytes } else { nil } }
    }
    var outcomes: [HTTPOutcome] {
        inputs.compactMap { if case .answer(_, let outcome) = $0 { outcome } else { nil } }
    }
    var closings: [TransportFailure] {
        inputs.compactMap { if case .streamClosed(_, let failure) = $0 { failure } else { nil } }
    }
    var requests: [LoopbackServer.Request] {
        events.compactMap { if case .request(let request) = $0 { request } else { nil } }
    }
}

let stream = StreamID(1)

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

func post(
    _ id: UInt64, _ path: String = "/info", _ body: String = "{}", timeout: TimeSpan = .seconds(5)
) -> ConnectorOutput {
    .request(HTTPRequest(id: RequestID(id), path: path, body: bytes(body), timeout: timeout))
}

/// A thread that can be waited for; where nobody does, it ends by itself.
final class Thread {
    private var thread = pthread_t()
    private var isJoined = false
    private final class Work {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    init(_ body: @escaping @Sendable () -> Void) {
        pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body() }
                return nil
            }, Unmanaged.passRetained(Work(body)).toOpaque())
    }

    func join() {
        isJoined = true
        pthread_join(thread, nil)
    }

    deinit { if !isJoined { pthread_detach(thread) } }
}
