// SPDX-License-Identifier: Apache-2.0

import Glibc
import Networking
import Synchronization
import Testing
import Trading
import VenueInterface

/// An HTTP proxy that opens tunnels, written with nothing but blocking sockets.
private final class TunnelProxy: Sendable {
    let port: UInt16
    private let listener: Int32
    private let seen = Mutex<[String]>([])

    /// The first lines and the credentials that it was sent.
    var requests: [String] { seen.withLock { $0 } }

    init() throws {
        let listener = socket(AF_INET, 1, 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                bind(listener, name, length) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, name, &length) == 0
            }
        }
        try #require(isBound)
        self.listener = listener
        port = UInt16(bigEndian: name.sin_port)
        _ = Thread { [weak self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0, let proxy = self else { return }
                _ = Thread { proxy.serve(client) }
            }
        }
    }

    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func serve(_ client: Int32) {
        defer { close(client) }
        var head = ""
        var byte: UInt8 = 0
        while !head.hasSuffix("\r\n\r\n"), read(client, &byte, 1) == 1 { head.unicodeScalars.append(.init(byte)) }
        let lines = head.split(separator: "\r\n").map(String.init)
        guard let first = lines.first else { return }
        let credentials = lines.first { $0.lowercased().hasPrefix("proxy-authorization:") } ?? ""
        seen.withLock { $0.append(first + "|" + credentials.dropFirst(21)) }
        let words = first.split(separator: " ")
        guard words.count == 3, words[0] == "CONNECT", let port = words[1].split(separator: ":").last,
            let number = UInt16(port)
        else { return }
        let server = socket(AF_INET, 1, 0)
        defer { close(server) }
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = number.bigEndian
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isConnected = withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        let reply = isConnected ? "HTTP/1.1 200 OK\r\n\r\n" : "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"
        _ = reply.withCString { write(client, $0, strlen($0)) }
        var ready = [pollfd(fd: client, events: 1, revents: 0), pollfd(fd: server, events: 1, revents: 0)]
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while isConnected, poll(&ready, 2, 10_000) > 0 {
            for (from, to) in [(0, server), (1, client)] where ready[from].revents != 0 {
                let count = read(ready[from].fd, &buffer, buffer.count)
                guard count > 0, write(to, &buffer, count) == count else { return }
            }
        }
    }
}

@Suite struct ProxyTests {
    private func echoing(through proxy: TunnelProxy, credentials: String = "") throws -> Wire {
        let address = try ProxyAddress(parsing: "http://\(credentials)127.0.0.1:\(proxy.port)")
        let wire = try Wire {
            $0.proxy = .address(address)
            // The venue's name is the proxy's to find.
            let place = "venue.invalid:\($0.stream.port)"
            $0.stream = (try? ServerAddress(parsing: "ws://\(place)")) ?? $0.stream
            $0.rest = (try? ServerAddress(parsing: "http://\(place)")) ?? $0.rest
        }
        wire.serve = { event, server in
            switch event {
            case .message(let id, let bytes): server.send(bytes, to: id)
            case .request(let request): server.respond(to: request.connection, body: request.body)
            default: break
            }
        }
        wire.react = { input, transport in
            if case .streamOpened(let id) = input { transport.perform(.send(id, bytes("hello"))) }
        }
        return wire
    }

    @Test("Streams and requests go through tunnels", arguments: ["", "user:p%40ss@"])
    func tunnels(credentials: String) throws {
        let proxy = try TunnelProxy()
        defer { proxy.stop() }
        let wire = try echoing(through: proxy, credentials: credentials)
        wire.transport.perform(.openStream(stream, path: "/ws"))
        wire.transport.perform(post(1, "/info", "question"))
        wire.run { !wire.messages.isEmpty && !wire.outcomes.isEmpty }
        #expect(wire.messages == [bytes("hello")])
        #expect(wire.outcomes == [.response(status: 200, body: bytes("question"), retryAfter: nil)])
        #expect(proxy.requests.count == 2)
        for request in proxy.requests {
            #expect(request.hasPrefix("CONNECT venue.invalid:\(wire.server.port) "))
            // `user:p@ss` in base 64.
            if !credentials.isEmpty { #expect(request.lowercased().hasSuffix("basic dxnlcjpwqhnz")) }
        }
    }

    @Test func theProxyIsGone() throws {
        let proxy = try TunnelProxy()
        let wire = try Wire { endpoint in
            endpoint.proxy = (try? ProxyAddress(parsing: "http://127.0.0.1:1")).map { .address($0) } ?? .none
        }
        proxy.stop()
        wire.transport.perform(.openStream(stream, path: "/ws"))
        wire.transport.perform(post(1))
        wire.run { wire.inputs.count == 2 }
        #expect(wire.closings.count == 1 && wire.closings.allSatisfy(\.neverArrived))
        for case .failure(let failure) in wire.outcomes { #expect(failure.neverArrived) }
    }
}
