// SPDX-License-Identifier: Apache-2.0

import Networking
import Testing
import Trading
import VenueInterface

/// Our client against a server that other people wrote (aiohttp).
@Suite struct PeerTests {
    @Test(
        .enabled(if: ClientTests.isInstalled, "the Python clients are not installed: run Scripts/setup with a network"))
    func anotherServer() throws {
        let server = try ChildProcess([
            ClientTests.python, "-B", checkout + "/Tests/Clients/peer_server.py",
        ])
        let port = try #require(server.line())
        let client = try Client("http://127.0.0.1:\(port)", of: server)
        #expect(client.open(1, saying: "first"))
        var sent = 1
        client.run {
            if client.messageCount == sent, sent < 3000 {
                sent += 1
                client.transport.perform(.send(StreamID(1), Array("message \(sent)".utf8)))
            }
            return client.messageCount == 3000
        }
        #expect(client.messages == ["first"] + (2...3000).map { "message \($0)" })
        let long = String(repeating: "long message ", count: 20_000)
        client.transport.perform(.send(StreamID(1), Array(long.utf8)))
        #expect(client.run { client.messageCount == 3001 })
        #expect(client.messages.last == long)
        // It asks for a sign of life once a second, and closes a stream that gives none.
        var isOver = false
        client.loop.schedule(at: EventLoop.now.monotonic + .milliseconds(2500)) { isOver = true }
        client.run { isOver }
        #expect(client.closings == 0)
        client.transport.perform(.send(StreamID(1), Array("close".utf8)))
        #expect(client.run { client.closings == 1 })
        #expect(
            client.inputs.last
                == .streamClosed(StreamID(1), .closed("by the other side, code 4001: as asked")))

        let body = String(repeating: "0123456789", count: 10_000)
        #expect(client.ask(body) == .response(status: 200, body: Array(body.utf8), retryAfter: nil))
        #expect(
            client.ask("x", path: "/info?status=429")
                == .response(status: 429, body: Array("x".utf8), retryAfter: .seconds(2)))
        guard case .response(404, _, _) = client.ask("x", path: "/nowhere") else {
            Issue.record("\(client.inputs.suffix(1))")
            return
        }
    }
}
