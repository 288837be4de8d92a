// SPDX-License-Identifier: Apache-2.0

import Configuration
import DataStore
import Foundation
import MarketData
import Networking
import Testing
import Trading
import VenueInterface

@testable import Commands

@Suite("Asking a page for a series from outside")
struct ExternalPollerTests {
    private static let start = Timestamp(seconds: 1_704_067_200)

    private func page(_ more: String = "") throws -> ExternalPage {
        let text = configuration(
            cross(),
            more: "external: { fear: { url: 'https://api.example.com/fng?limit=1', every: 10m, value: v, time: t, "
                + "max_age: 1h\(more) } }")
        let check = ConfigurationCheck(of: try ConfigurationDocument(parsing: text, file: "test"), strategyTypes: nil)
        return try #require(check.configuration?.external.first?.page, "\(check.problems)")
    }

    private func poller(newest: ExternalObservation? = nil, _ more: String = "") throws -> ExternalPoller {
        ExternalPoller("fear", try page(more), newest: newest, seed: 1)
    }

    private func answer(_ status: Int, _ body: String = "", pause: TimeSpan? = nil) -> PageAnswer {
        PageAnswer(.response(status: status, body: Array(body.utf8), retryAfter: pause))
    }

    private func value(_ minute: Int64, _ value: Double) -> PageAnswer {
        answer(200, #"{"t": \#((Self.start + .minutes(minute)).nanoseconds), "v": \#(value)}"#)
    }

    @Test("A new value and a revision are told, known from when they were received; the same and an older one are not")
    func news() throws {
        var poller = try poller()
        let steps: [(minute: Int64, Int64, Double, isNews: Bool)] = [
            (10, 5, 1, true), (20, 5, 1, false), (30, 5, 2, true), (40, 4, 9, false), (50, 45, 9, true),
            (60, 5, 1, false), (70, 45, 9, false),
        ]
        for step in steps {
            let received = Self.start + .minutes(step.minute)
            let outcome = poller.take(value(step.1, step.2), receivedAt: received, at: .minutes(step.minute))
            let expected = ExternalObservation(
                valueTime: Self.start + .minutes(step.1), knownAt: received, value: step.2)
            #expect(outcome.observation == (step.isNews ? expected : nil), "\(step)")
            #expect(outcome.warnings.isEmpty && outcome.notes.isEmpty && outcome.wait == .minutes(10))
        }
    }

    @Test("What the files said already is no news")
    func history() throws {
        let known = ExternalObservation(valueTime: Self.start, knownAt: Self.start, value: 1)
        var poller = try poller(newest: known)
        #expect(poller.take(value(0, 1), receivedAt: Self.start + .hours(1), at: .zero).observation == nil)
        #expect(poller.take(value(0, 2), receivedAt: Self.start + .hours(1), at: .zero).observation?.value == 2)
    }

    @Test("A page that has not changed is asked for with the server's marks, once an answer could be read")
    func conditions() throws {
        var poller = try poller()
        func take(_ body: String, _ tag: String?, _ modified: String? = nil) {
            _ = poller.take(
                PageAnswer(
                    .response(status: 200, body: Array(body.utf8), retryAfter: nil), entityTag: tag,
                    lastModified: modified), receivedAt: Self.start, at: .zero)
        }
        #expect(poller.conditions.isEmpty)
        take("nonsense", "\"a\"")
        #expect(poller.conditions.isEmpty, "it has to be read again")
        take("[]", "\"a\"", "Mon, 01 Jan 2024 00:00:00 GMT")
        #expect(poller.conditions.map(\.name) == ["If-None-Match", "If-Modified-Since"])
        #expect(poller.conditions.map(\.value) == ["\"a\"", "Mon, 01 Jan 2024 00:00:00 GMT"])
        let same = poller.take(answer(304), receivedAt: Self.start, at: .zero)
        #expect(same == .init(wait: .minutes(10)))
        // Marks that no header can carry, or none.
        for tag in ["a\r\nX: 1", String(repeating: "x", count: 257), "", nil] {
            take("[]", tag)
            #expect(poller.conditions.isEmpty)
        }
        #expect(poller.take(answer(304), receivedAt: Self.start, at: .zero).warnings.count == 1, "nobody asked so")
    }

    @Test(
        "Each mistake of a server has its outcome: no value, one line, and a wait",
        arguments: [
            (.response(status: 500, body: [], retryAfter: nil), "status 500"),
            (.response(status: 401, body: [], retryAfter: nil), "headers"),
            (.response(status: 429, body: [], retryAfter: nil), "asked too often"),
            (.response(status: 404, body: [], retryAfter: nil), "no such page"),
            (.response(status: 204, body: [], retryAfter: nil), "status 204"),
            (
                .response(status: 302, body: [], retryAfter: nil),
                "redirects to https://elsewhere.example/x, which is not"
            ),
            (.response(status: 200, body: Array("<html>".utf8), retryAfter: nil), "HTML"),
            (.response(status: 200, body: Array(#"{"t": 170"#.utf8), retryAfter: nil), "cut"),
            (
                .response(status: 200, body: Array(#"{"t": 1, "v": "high"}"#.utf8), retryAfter: nil),
                "'high' is not a number"
            ),
            (.failure(.timedOut), "no answer in time"),
            (.failure(.closed("its answer has more than 1048576 bytes")), "1048576 bytes"),
            (.failure(.unreachable("nobody listens")), "nobody listens"),
            (.failure(.untrusted("self-signed certificate")), "certificate"),
        ] as [(HTTPOutcome, String)])
    func mistakes(outcome: HTTPOutcome, text: String) throws {
        var poller = try poller()
        let answer = PageAnswer(outcome, location: "https://elsewhere.example/x?token=secret")
        var warnings: [String] = []
        for attempt in 0..<20 {
            let found = poller.take(answer, receivedAt: Self.start, at: .seconds(Int64(attempt)))
            #expect(found.observation == nil && found.wait >= .seconds(1) && found.wait <= .minutes(10))
            warnings += found.warnings
        }
        #expect(warnings.count == 1, "one line, not one for each")
        #expect(warnings.first?.contains(text) == true, "\(warnings)")
        #expect(warnings.first?.hasPrefix("external.fear: https://api.example.com/fng: ") == true, "\(warnings)")
        #expect(warnings.first?.contains("secret") == false)

        let over = poller.take(value(0, 1), receivedAt: Self.start, at: .seconds(60))
        #expect(
            over.observation?.value == 1
                && over.notes == ["external.fear: https://api.example.com/fng answers again, after 60 s"])
        #expect(over.wait == .minutes(10))
        #expect(poller.take(answer, receivedAt: Self.start, at: .minutes(59)).warnings.isEmpty)
        #expect(poller.take(answer, receivedAt: Self.start, at: .minutes(61)).warnings.count == 1, "an hour later")
    }

    @Test("Waits grow from a second to the time between requests, and the server's own wait is respected")
    func waits() throws {
        var poller = try poller()
        let waits = (0..<40).map { _ in poller.take(answer(503), receivedAt: Self.start, at: .zero).wait }
        #expect(waits[0] <= .seconds(2) && waits.contains { $0 > .minutes(5) } && Set(waits).count > 20)
        #expect(poller.take(answer(429, pause: .hours(1)), receivedAt: Self.start, at: .zero).wait == .hours(1))
        _ = poller.take(value(0, 1), receivedAt: Self.start, at: .zero)
        #expect(poller.take(answer(503), receivedAt: Self.start, at: .zero).wait <= .seconds(2), "begun anew")
    }

    // MARK: What is kept

    @Test("What is kept is a file that the next backtest reads, whole after a crash in the middle of a line")
    func keeping() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("kept/deep/fear.csv")
        let first = ExternalObservation(
            valueTime: Self.start, knownAt: Self.start + TimeSpan(nanoseconds: 1_234_567_891), value: 0.1 + 0.2)
        let second = ExternalObservation(
            valueTime: Self.start + .minutes(1), knownAt: Self.start + .hours(1), value: -1e300)
        do {
            let keeper = try ExternalKeeper(path: path)
            #expect(throws: CommandFailure.self, "two sessions") { try ExternalKeeper(path: path) }
            try keeper.keep(first)
        }
        let file = try FileHandle(forUpdating: URL(filePath: path))
        try file.seekToEnd()
        try file.write(contentsOf: Data("2024-01-01T00:01:00Z,2024-01-".utf8))
        try file.close()
        try ExternalKeeper(path: path).keep(second)
        #expect(try ExternalReader.read(path: path).series.observations == [first, second])
        #expect(throws: CommandFailure.self) { try ExternalKeeper(path: "/proc/nowhere/fear.csv") }
    }

    @Test("A session knows what was given and what was kept, and does not begin without the file that was given")
    func files() throws {
        let folder = try TemporaryFolder()
        let kept = folder.path("fear.csv")
        func settings(_ more: String) throws -> [ExternalSettings] {
            let text = configuration(
                cross(),
                more:
                    "external: { fear: { url: 'http://127.0.0.1:1/', value: v, time: t, max_age: 1h, keep: '\(kept)'\(more) } }"
            )
            let check = ConfigurationCheck(
                of: try ConfigurationDocument(parsing: text, file: "test"), strategyTypes: nil)
            return try #require(check.configuration, "\(check.problems)").external
        }
        #expect(try ExternalFiles(try settings("")).known == [.empty])
        #expect(try ExternalFiles(try settings(", file: '\(kept)'")).known == [.empty], "it will be there")
        try ExternalKeeper(path: kept).keep(ExternalObservation(valueTime: Self.start, knownAt: Self.start, value: 5))
        let given = try folder.write("time,known,value\n1703980800,1703980801,4\n", as: "given.csv")
        var both = try ExternalFiles(try settings(", file: '\(given)'"))
        #expect(both.known[0].observations.map(\.value) == [4, 5])
        // Beside a page files are history: what is written there later is not read again.
        _ = try folder.write("time,known,value\n1703980800,1703980801,4\n1703980900,1703980901,6\n", as: "given.csv")
        #expect(both.poll().news.isEmpty)
        let absent = try settings(", file: '\(folder.path("none.csv"))'")
        #expect(throws: CommandFailure.self) { try ExternalFiles(absent) }
    }
}
