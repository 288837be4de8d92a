// SPDX-License-Identifier: Apache-2.0

import Testing
import Trading

@testable import Control

extension ControlStatus {
    static let example = ControlStatus(
        instance: "apus", processID: 4711, mode: "paper", state: "running", pauses: ["paused by the \"operator\""],
        startedAt: Timestamp(seconds: 1_700_000_000), time: Timestamp(milliseconds: 1_700_000_060_500),
        baseCurrency: "USDC", equity: Amount(units: 1_204_310_000_000_000_000_001), profit: Amount(whole: -4),
        positions: [
            .init(venue: "hl", market: "ETH", quantity: "-0.25", entryPrice: "2200.1", profit: Amount(whole: 1)),
            .init(venue: "hl", market: "BTC", quantity: "1", entryPrice: nil, profit: nil),
        ],
        profits: [
            .init(
                strategy: "cross \"a\"", venue: "hl", market: "ETH", profit: Amount(units: -1),
                realised: Amount(whole: 3), unrealised: Amount(units: 5), fees: Amount(whole: 1), funding: .zero,
                days: [
                    .init(day: Timestamp(seconds: 1_699_920_000), profit: Amount(whole: -2)),
                    .init(day: Timestamp(seconds: 1_700_006_400), profit: Amount(whole: 2)),
                ]),
            .init(
                strategy: "", venue: "hl", market: "BTC", profit: .zero, realised: .zero, unrealised: .zero,
                fees: .zero, funding: .zero, days: []),
        ],
        portfolio: .init(
            time: Timestamp(seconds: 1_700_000_000), method: "Monte Carlo, 2000 draws", confidence: 0.95, hours: 24,
            valueAtRisk: 0.0123, expectedShortfall: nil, diversificationRatio: 1.25, grossExposure: 0.8,
            correlations: [
                .init(first: "hl BTC", second: "hl ETH", value: -0.5),
                .init(first: "hl BTC", second: "b X", value: nil),
            ], breaches: ["value at risk is \"too\" high"]),
        openOrders: 3,
        orders: [
            .init(
                number: 12, strategy: "trend", venue: "hl", market: "ETH", text: "sell 0.25 ETH, stop, trigger 2100",
                filled: "0", execution: .init(kind: "native", actor: "venue", note: "on the mark price"))
        ],
        algorithms: [
            .init(
                number: 3, kind: "twap", strategy: "trend", venue: "hl", market: "BTC", total: "2", filled: "0.5",
                working: "0", state: "working", reason: "a slice was due", lastActionAt: Timestamp(seconds: 5),
                next: "acts at 2026-01-01T00:05:00Z",
                execution: .init(kind: "emulated", actor: "engine", note: "slices \"at\" closed bars")),
            .init(
                number: 4, kind: "order", strategy: "a", venue: "hl, b", market: "BTC", total: "2", filled: "0",
                working: "0", state: "waiting", reason: nil, lastActionAt: nil, next: "nothing",
                execution: .init(kind: "native", actor: "venue", note: "")),
        ],
        links: [
            .init(venue: "hl", state: "up", silence: .milliseconds(40)), .init(venue: "b", state: "down", silence: nil),
        ],
        lastBarAge: .seconds(12),
        latency: .init(count: 7, median: TimeSpan(nanoseconds: 45_000), high: .milliseconds(1), maximum: .seconds(1)),
        unresolvedFindings: 2)
}

@Suite("Control protocol") struct ControlProtocolTests {
    static let requests: [ControlRequest] = [
        .observe(series: "fear", value: -1.5e-7), .observe(series: "fear", value: 65),
        .status, .findings, .pause, .resume, .drain, .stop, .kill(flatten: false), .kill(flatten: true),
        .feature("regime", isOn: true), .feature("volume_profile", isOn: false),
    ]
    static let answers: [ControlAnswer] = [
        .done("pausing"), .refused("a \"reason\"\nin two lines"), .status(.example), .findings([]),
        .status(
            ControlStatus(
                instance: "a", processID: 1, mode: "live", state: "stopped", startedAt: .epoch, time: .epoch,
                baseCurrency: "USD")),
        .findings([
            ControlFinding(time: .epoch, component: "orders", text: "differs", isResolved: false),
            ControlFinding(time: Timestamp(seconds: 5), component: "risk", text: "é😀", isResolved: true),
        ]),
    ]

    @Test("Requests come through as they are", arguments: requests)
    func request(request: ControlRequest) throws {
        let line = ControlProtocol.encode(request)
        #expect(line.last == 10 && line.count { $0 == 10 } == 1)
        #expect(try ControlProtocol.decodeRequest(line.dropLast()) == request)
    }

    @Test("Answers come through as they are", arguments: answers)
    func answer(answer: ControlAnswer) throws {
        let line = ControlProtocol.encode(answer)
        #expect(line.last == 10 && line.count { $0 == 10 } == 1)
        #expect(try ControlProtocol.decodeAnswer(line.dropLast()) == answer)
    }

    @Test("A request looks like this")
    func example() {
        let line = String(decoding: ControlProtocol.encode(.kill(flatten: true)), as: UTF8.self)
        #expect(line == "{\"version\":1,\"command\":\"kill\",\"flatten\":true}\n")
    }

    @Test(
        "What is no request is refused with a reason",
        arguments: [
            ("", "not JSON"), ("{", "not JSON"), ("nonsense", "not JSON"), (#"{"a":nul}"#, "not JSON"),
            ("[n]", "not JSON"), ("[1]", "no JSON object"), ("{}", "no version"),
            (#"{"version":2,"command":"stop"}"#, "speaks version 2"), (#"{"version":1}"#, "names no command"),
            (#"{"version":1,"command":"explode"}"#, "There is no command 'explode'"),
            (#"{"version":1,"command":5}"#, "names no command"),
            (#"{"version":1,"command":"kill","flatten":"yes"}"#, "neither true nor false"),
        ])
    func badRequests(text: String, reason: String) {
        #expect {
            try ControlProtocol.decodeRequest(Array(text.utf8))
        } throws: {
            "\($0)".contains(reason)
        }
    }

    @Test("A request reads as it is written, with nothing that a terminal obeys")
    func texts() {
        #expect(ControlRequest.kill(flatten: true).text == "kill --flatten")
        #expect(ControlRequest.feature("regime", isOn: false).text == "disable --feature regime")
        #expect(ControlRequest.observe(series: "fear", value: 2.5).text == "observe --series fear --value 2.5")
        let odd = ControlRequest.feature("a\u{1B}[2J \n", isOn: true).text
        #expect(odd.hasPrefix("enable --feature \"a") && odd.unicodeScalars.allSatisfy { $0.value >= 32 })
        for request in Self.requests {
            #expect(request.text.hasPrefix(request.name))
            #expect(request.isQuestion == (request == .status || request == .findings))
        }
    }

    @Test("Damaged lines give an answer or a reason, never a trap", arguments: 0..<40)
    func damaged(seed: Int) {
        for original in Self.answers.map(ControlProtocol.encode) + Self.requests.map(ControlProtocol.encode) {
            var line = Array(original.dropLast())
            var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
            for _ in 0..<3 {
                state ^= state << 13
                state ^= state >> 7
                state ^= state << 17
                let index = Int(state % UInt64(line.count))
                switch state >> 32 % 3 {
                case 0: line[index] = UInt8(truncatingIfNeeded: state >> 40)
                case 1: line.remove(at: index)
                default: line.insert(contentsOf: Array("9999999999999999999999".utf8), at: index)
                }
                if line.isEmpty { line = [48] }
            }
            _ = try? ControlProtocol.decodeAnswer(line)
            _ = try? ControlProtocol.decodeRequest(line)
        }
    }
}
