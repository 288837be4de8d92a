// SPDX-License-Identifier: Apache-2.0

import Configuration
import Control
import Foundation
import Logging
import Testing
import Trading

@testable import Commands

@Suite struct ControlCommandTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// What a session was asked, on a thread of its own.
    private final class Asked: @unchecked Sendable {
        // Unchecked: written by the session's thread before `done`, read after it.
        var requests: [ControlRequest] = []
        let done = DispatchSemaphore(value: 0)
    }

    /// Runs a command line while a session listens, until it has answered one request.
    private func control(
        _ arguments: [String], answering answer: String? = nil,
        session: @escaping @Sendable (ControlRequest) -> ControlAnswer
    ) throws -> (ran: Ran, requests: [ControlRequest]) {
        let path = folder.path("s.sock")
        let (asked, ready) = (Asked(), DispatchSemaphore(value: 0))
        Thread.detachNewThread {
            defer { asked.done.signal() }
            guard var server = try? ControlServer(path: path) else {
                ready.signal()
                return
            }
            ready.signal()
            // Far longer than a command waits.
            for _ in 0..<4000 where asked.requests.isEmpty {
                var polled = server.fileDescriptors.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
                poll(&polled, nfds_t(polled.count), 5)
                for entry in polled where entry.revents != 0 {
                    for (connection, request) in server.handleReady(entry.fd) {
                        asked.requests.append(request)
                        server.answer(session(request), to: connection)
                    }
                }
            }
        }
        ready.wait()
        let ran = apus(["control"] + arguments + ["--socket", path], answering: answer)
        asked.done.wait()
        return (ran, asked.requests)
    }

    private static let status = ControlStatus(
        instance: "btc", processID: 4711, mode: "paper", state: "running", pauses: ["hl: connecting"],
        startedAt: Timestamp(seconds: 1_700_000_000), time: Timestamp(seconds: 1_700_007_200), baseCurrency: "USDC",
        equity: Amount(whole: 1204), profit: Amount(whole: -4),
        positions: [
            .init(venue: "hl", market: "ETH", quantity: "-0.25", entryPrice: "2200.1", profit: Amount(whole: 1))
        ],
        openOrders: 3,
        orders: [
            .init(
                number: 12, strategy: "trend", venue: "hl", market: "ETH", text: "sell 0.25 ETH, stop, trigger 2100",
                filled: "0", execution: .init(kind: "native", actor: "venue", note: "on the mark price"))
        ],
        algorithms: [
            .init(
                number: 3, kind: "twap", strategy: "trend", venue: "hl", market: "BTC", total: "2", filled: "0.5",
                working: "0.1", state: "working", reason: "a slice was due", lastActionAt: Timestamp(seconds: 5),
                next: "acts at 2023-11-15T00:00:00Z",
                execution: .init(kind: "emulated", actor: "engine", note: "slices are sent at closed bars"))
        ], links: [.init(venue: "hl", state: "up", silence: .milliseconds(40))], lastBarAge: .seconds(12),
        latency: .init(count: 7, median: TimeSpan(nanoseconds: 45_000), high: .milliseconds(1), maximum: .seconds(1)),
        unresolvedFindings: 2)

    @Test func statusIsShownForPeople() throws {
        let (ran, requests) = try control(["status"]) { _ in .status(Self.status) }
        #expect(requests == [.status] && ran.status == 0, "\(ran.errors)")
        #expect(
            ran.output == """
                btc: paper, running (process 4711)
                  since        2023-11-14T22:13:20Z (2 h)
                  paused       hl: connecting
                  equity       1,204.00 USDC
                  P&L          -4.00 USDC
                  position     hl ETH -0.25 at 2200.1, P&L +1.00 USDC
                  open orders  3
                    12  hl sell 0.25 ETH, stop, trigger 2100, filled 0 (trend)
                      native: on the mark price
                  algorithm    3 twap of trend, hl BTC: working, 0.5 of 2 filled, 0.1 working
                      acts at 2023-11-15T00:00:00Z; last: a slice was due
                      emulated by the engine: slices are sent at closed bars
                  link         hl up, last message 40 ms ago
                  last bar     12 s ago
                  latency      p50 45 µs, p99 1 ms, max 1 s (7 orders)
                  findings     2 unresolved: 'apus control findings'

                """)
    }

    @Test func whatAllPositionsRiskIsShown() throws {
        var status = Self.status
        status.portfolio = .init(
            time: Timestamp(seconds: 1_700_006_400), method: "historical", confidence: 0.95, hours: 24,
            valueAtRisk: 0.05123, expectedShortfall: nil, diversificationRatio: 1.2345, grossExposure: 0.8,
            correlations: [
                .init(first: "hl BTC", second: "hl ETH", value: 0.876),
                .init(first: "hl BTC", second: "hl X", value: nil),
            ], breaches: ["value at risk of the portfolio is 0.05123, and 0.05 is the limit"])
        let shown = status
        let (ran, _) = try control(["status"]) { _ in .status(shown) }
        #expect(
            ran.output.contains(
                """
                  portfolio    value at risk 5.12 %, expected shortfall not measured (historical, 95.0 % over 24 hours)
                      gross exposure 80.0 %, diversification ratio 1.23, as of 2023-11-15T00:00:00Z
                      passed: value at risk of the portfolio is 0.05123, and 0.05 is the limit
                      correlation of hl BTC and hl ETH: 0.88
                      correlation of hl BTC and hl X: not measured, counts as 1

                """), "\(ran.output)")
    }

    @Test func statusIsShownForPrograms() throws {
        let (ran, _) = try control(["status", "--json"]) { _ in .status(Self.status) }
        let status = try #require(try ran.json()["status"] as? [String: Any])
        #expect(status["instance"] as? String == "btc" && status["equity"] as? String == "1204")
    }

    @Test func aRefusalIsAFailure() throws {
        let (ran, requests) = try control(["drain"]) { _ in .refused("the session is stopping") }
        #expect(requests == [.drain] && ran.status == 1)
        #expect(ran.errors == "apus: Not done: the session is stopping.\n")
    }

    @Test func killIsDoneWithYes() throws {
        let (ran, requests) = try control(["kill", "--flatten", "--yes"]) { _ in .done("Everything is cancelled.")
        }
        #expect(requests == [.kill(flatten: true)] && ran.status == 0)
        #expect(ran.output == "Everything is cancelled.\n")
        let (asked, second) = try control(["kill"], answering: "yes") { _ in .done("Cancelled.") }
        #expect(second == [.kill(flatten: false)] && asked.status == 0)
    }

    @Test("Kill asks, and does nothing without a yes", arguments: [nil, "no", "", "y"] as [String?])
    func killAsks(answer: String?) {
        let ran = apus(["control", "kill", "--socket", folder.path("none.sock")], answering: answer)
        #expect(ran.status == (answer == nil ? 2 : 1))
        #expect(ran.errors.contains(answer == nil ? "add --yes" : "Nothing was done"))
    }

    @Test func whatIsNotThereIsSaidSo() {
        let none = apus(["control", "status", "--socket", folder.path("none.sock")])
        #expect(none.status == 1)
        #expect(none.errors == "apus: Nothing is running at \(folder.path("none.sock")).\n")
        let name = apus(["control", "status", "--name", "there-is-no-such-instance"])
        #expect(name.status == 1 && name.errors.contains("No session 'there-is-no-such-instance' is running"))
    }

    @Test(
        "A wrong command line is answered with what is right",
        arguments: [
            (["explode"], "There is no action 'explode'."), (["paus"], "Did you mean 'pause'?"),
            (["pause", "--flatten"], "--flatten goes with kill alone."),
            (["status", "--socket", "a", "--name", "b"], "Give either --socket or --name."),
            (["status", "--name", "../x"], "is no instance's name"), ([], "ACTION is missing"),
        ])
    func usage(arguments: [String], message: String) {
        let ran = apus(["control"] + arguments)
        #expect(ran.status == 2)
        #expect(ran.errors.contains(message))
    }

    @Test("The configuration's words for logs are those of the log")
    func sameWords() {
        #expect(LogLevel.allCases.map(\.rawValue) == LoggingSettings.Level.allCases.map(\.rawValue))
        let keys = LogComponent.allCases.filter {
            (try? ConfigurationSchema.explanation(of: "logging.components.\($0.rawValue)")) != nil
        }
        #expect(keys == LogComponent.allCases)
    }
}
