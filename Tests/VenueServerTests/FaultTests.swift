// SPDX-License-Identifier: Apache-2.0

import Glibc
import JSON
import Networking
import TestSupport
import Testing
import Trading
import VenueInterface

/// What a client sees of each fault, over real sockets.
@Suite struct FaultTests {
    /// A client of a venue of its own.
    private func client(_ options: String...) throws -> Client {
        let process = try ChildProcess(
            [venuesim, "hyperliquid", "--json", "--stop-after", "60", "--no-limits", "--history", "5"] + options)
        return try Client(try process.address(), of: process)
    }

    private let book = #"{"method":"subscribe","subscription":{"type":"l2Book","coin":"BTC"}}"#
    private let mids = #"{"type":"allMids"}"#

    @Test(
        "A request's fault is what the client gets",
        arguments: [
            ("429@info=1", 429), ("5xx@info=1", 502), ("5xx-after@info=1", 500), ("422@info=1", 422),
            ("lost@place=1", 200),
        ])
    func statuses(fault: String, status: Int) throws {
        let client = try client("--fault", fault)
        guard case .response(status, _, let retryAfter) = client.ask(mids) else {
            Issue.record("\(client.inputs)")
            return
        }
        #expect((retryAfter != nil) == (status == 429))
    }

    @Test(arguments: ["disconnect@info=1", "disconnect-after@info=1"])
    func disconnects(fault: String) throws {
        let client = try client("--fault", fault)
        guard case .failure(.closed) = client.ask(mids) else {
            Issue.record("\(client.inputs)")
            return
        }
    }

    @Test(arguments: ["lost@info=1", "answer-lost@info=1", "half-open@info=1"])
    func silence(fault: String) throws {
        let client = try client("--fault", fault)
        #expect(client.ask(mids, timeout: .milliseconds(300)) == .failure(.timedOut))
    }

    @Test func halfAnAnswer() throws {
        let client = try client("--fault", "bad-json@info=1")
        guard case .response(200, let body, _) = client.ask(mids) else {
            Issue.record("\(client.inputs)")
            return
        }
        #expect(!body.isEmpty && (try? JSON.parse(body)) == nil)
    }

    @Test func lateness() throws {
        let folder = TemporaryFolder()
        let script = folder.path + "/faults.json"
        let file = try #require(fopen(script, "w"))
        fputs(#"{"faults": [{"kind": "latency", "scope": "info", "delay": 0.3, "times": 1}]}"#, file)
        fclose(file)
        let client = try client("--faults", script)
        let start = EventLoop.now.monotonic
        _ = client.ask(mids)
        #expect(EventLoop.now.monotonic >= start + .milliseconds(290))
        guard case .response = client.ask(mids) else {
            Issue.record("only the first one is late")
            return
        }
    }

    @Test("A stream that breaks ends for the client", arguments: ["disconnect@stream=1", "break-off@stream=1"])
    func streamsBreak(fault: String) throws {
        let client = try client("--fault", fault)
        #expect(client.open(1, saying: book))
        #expect(client.run { client.closings == 1 })
        #expect(client.messages.isEmpty)
    }

    @Test func messagesComeTwice() throws {
        let client = try client("--fault", "duplicate@stream=1")
        #expect(client.open(1, saying: book))
        try #require(client.run { client.messages.count >= 4 })
        #expect(client.messages[0] == client.messages[1] && client.messages[2] == client.messages[3])
    }

    @Test func messagesComeInAnotherOrder() throws {
        let client = try client("--fault", "reorder@stream=0.5", "--speed", "200")
        #expect(client.open(1, saying: book))
        #expect(client.run { client.messages.count >= 200 })
        let times = client.messages.compactMap { (try? JSON.parse($0))?["data"]?["time"]?.integer }
        #expect(times != times.sorted())
    }

    @Test func latenessKeepsTheOrder() throws {
        let client = try client("--fault", "latency@stream=0.5", "--speed", "200")
        #expect(client.open(1, saying: book))
        #expect(client.run { client.messages.count >= 100 })
        let times = client.messages.compactMap { (try? JSON.parse($0))?["data"]?["time"]?.integer }
        #expect(times == times.sorted())
    }

    @Test func badMessages() throws {
        let client = try client("--fault", "bad-json@stream=1")
        #expect(client.open(1, saying: book))
        #expect(client.run { client.messages.count >= 2 })
        #expect(client.messages.allSatisfy { (try? JSON.parse($0)) == nil })
    }

    @Test func maintenanceEndsConnectionsAndPasses() throws {
        let client = try client("--maintenance", "1-2.5")
        #expect(client.open(1, saying: book))
        #expect(client.run { client.closings == 1 })
        guard case .response(503, _, _) = client.ask(mids) else {
            Issue.record("\(client.inputs.suffix(3))")
            return
        }
        var isOver = false
        client.run {
            if case .response(200, _, _) = client.ask(mids) { isOver = true }
            return isOver
        }
        #expect(isOver)
        #expect(client.open(9, saying: book))
    }

    @Test func theVenuesClockIsWrong() throws {
        let client = try client("--clock-skew", "-100", "--wall-times", "--speed", "50")
        #expect(client.open(1, saying: book))
        #expect(client.run { client.messages.count >= 3 })
        let last = try #require(client.messages.last)
        let value = try JSON.parse(last)
        let time = try #require(value["data"]?["time"]?.integer)
        let now = EventLoop.now.wall.nanoseconds / 1_000_000
        #expect(abs(now - 100_000 - time) < 20_000)
    }

    @Test("The same seed strikes at the same requests")
    func seeded() throws {
        func answers() throws -> [Int] {
            let client = try client("--fault", "5xx@info=0.5", "--fault-seed", "3")
            return (0..<30).map { _ in
                if case .response(let status, _, _) = client.ask(mids) { status } else { 0 }
            }
        }
        let first = try answers()
        #expect(try first == answers())
        #expect(Set(first) == [200, 502])
    }
}
