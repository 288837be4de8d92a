// SPDX-License-Identifier: Apache-2.0

import Configuration
import TestSupport
import Testing
import Trading

@testable import Promotion

extension SessionSummary {
    /// A day on paper that went well.
    static func good(
        _ day: Int64 = 0, stage: TradingStage = .paper, hours: Int64 = 24, trips: Int64 = 5, fingerprint: String = "f"
    ) -> SessionSummary {
        let start = Timestamp(seconds: 1_700_006_400) + .days(day)
        return SessionSummary(
            instance: "apus", stage: stage, fingerprint: fingerprint, program: "0.1.0", start: start,
            end: start + .hours(hours), uptime: .hours(hours), ending: .stopped, baseCurrency: "USDC",
            startEquity: Amount(whole: 1000), endEquity: Amount(whole: 1010), profit: Amount(whole: 10),
            fees: Amount(units: 1_234_567_890_123_456_789), funding: Amount(whole: -1),
            maximumDrawdown: Rate(units: 20_000_000), orders: 12, fills: 11, roundTrips: trips, unresolvedFindings: 0,
            backtestDifference: Rate(units: -5_000_000))
    }

    func with(_ change: (inout SessionSummary) -> Void) -> SessionSummary {
        var copy = self
        change(&copy)
        return copy
    }
}

@Suite("The promotion plan") struct PromotionTests {
    private func plan() throws -> PromotionSettings {
        let text = """
            strategies: { s: { type: any, market: BTCUSDT, timeframe: 1h } }
            promotion: { paper: { min_time: 3d, min_days: 3, min_round_trips: 12, max_drawdown: 4 } }
            """
        return try ConfigurationCheck(
            of: ConfigurationDocument(parsing: text, file: "f"), strategyTypes: nil
        ).get().promotion
    }

    private func check(_ summaries: [SessionSummary], stage: TradingStage = .paper) throws -> PromotionCheck {
        PromotionCheck(of: stage, plan: try plan(), fingerprint: "f", summaries: summaries)
    }

    private let enough = [SessionSummary.good(0), .good(1), .good(2)]

    @Test("Sessions that show everything lead to the next mode")
    func passed() throws {
        let check = try check(enough)
        #expect(check.isPassed && check.next == .dryRun && check.allowed == .dryRun && check.sessions == 3)
        #expect(
            check.criteria.map { "\($0.name): \($0.required), \($0.measured)" } == [
                "min_time: at least 3d, 3d", "min_days: at least 3, 4", "min_round_trips: at least 12, 15",
                "max_drawdown: at most 4 %, 2 %", "max_difference: at most 1 %, -0.5 %",
                "min_uptime: at least 99 %, 100 %", "max_findings: at most 0, 0",
            ])
        #expect(check.criteria.allSatisfy { $0.missing == nil })
    }

    struct Shortcoming: Sendable {
        let name: String
        let text: String
        let change: @Sendable (inout [SessionSummary]) -> Void

        static let all = [
            Self(name: "min_time", text: "run it for 1h more") { $0[0] = .good(0, hours: 23) },
            Self(name: "min_round_trips", text: "2 more positions must be opened and closed") {
                $0[1] = .good(1, trips: 0)
            },
            Self(name: "max_drawdown", text: "change the strategy or its size, and begin again") {
                $0[1].maximumDrawdown = Rate(units: 40_000_001)
            },
            Self(name: "max_difference", text: "find out why: 'apus compare' explains the differences") {
                $0[1].backtestDifference = Rate(units: -10_000_001)
            },
            Self(name: "max_difference", text: "compare 1 session with a backtest: 'apus compare'") {
                $0[2].backtestDifference = nil
            },
            Self(name: "min_uptime", text: "see the log for what was down, and run it longer") {
                $0[0].uptime = .hours(20)
            },
            Self(name: "max_findings", text: "look at them and resolve them: 'apus control findings'") {
                $0[2].unresolvedFindings = 1
            },
        ]
    }

    @Test("One thing that is missing holds the promotion back, and is named", arguments: Shortcoming.all)
    func missing(shortcoming: Shortcoming) throws {
        var summaries = enough
        shortcoming.change(&summaries)
        let check = try check(summaries)
        #expect(!check.isPassed && check.allowed == .paper)
        #expect(check.criteria.filter { !$0.isMet }.map(\.name) == [shortcoming.name])
        #expect(check.criteria.first { !$0.isMet }?.missing == shortcoming.text)
    }

    @Test("Nothing is shown by no session, by another configuration's or by another mode's")
    func others() throws {
        let other = enough.map { $0.with { $0.fingerprint = "g" } } + enough.map { $0.with { $0.stage = .deMinimis } }
        let check = try check(other)
        #expect(check.sessions == 0 && check.otherSessions == 3 && !check.isPassed)
        #expect(check.criteria.filter(\.isMet).map(\.name) == ["max_findings"])
    }

    @Test("A session that is there twice, or at the same time as another one, counts once")
    func overlap() throws {
        let copies = try check(enough + enough)
        #expect(copies.sessions == 3 && copies.criteria[0].measured == "3d")
        let parallel = try check(enough + enough.map { $0.with { $0.instance = "second" } })
        #expect(parallel.criteria[0].measured == "3d")
    }

    @Test("Each mode asks for its own, and live is the end")
    func stages() throws {
        let dry = try check([.good(0, stage: .dryRun)], stage: .dryRun)
        #expect(dry.isPassed && dry.next == .deMinimis)
        #expect(dry.criteria.map(\.name) == ["min_time", "min_days", "min_uptime", "max_findings"])
        let small = try check((0..<3).map { .good($0, stage: .deMinimis) }, stage: .deMinimis)
        #expect(small.isPassed && small.next == .live)
        let live = try check([], stage: .live)
        #expect(!live.isPassed && live.next == nil && live.allowed == .live)
    }

    @Test("More evidence of good days never takes a promotion back", arguments: 0..<100 as Range<UInt64>)
    func monotone(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var summaries: [SessionSummary] = []
        var passed = false
        for day in 0..<8 {
            summaries.append(
                .good(Int64(day), hours: .random(in: 1...24, using: &random), trips: .random(in: 0...9, using: &random))
            )
            let check = try check(summaries.shuffled(using: &random))
            #expect(check.isPassed || !passed)
            passed = check.isPassed
            let hours = summaries.reduce(0) { $0 + $1.uptime.nanoseconds / 3_600_000_000_000 }
            let trips = summaries.reduce(0) { $0 + $1.roundTrips }
            let days = Set(summaries.flatMap { [$0.start.dayNumber, $0.end.dayNumber] }).count
            #expect(passed == (hours >= 72 && trips >= 12 && days >= 3))
        }
    }
}

@Suite("Session summaries") struct SessionSummaryTests {
    @Test("A summary comes through its file as it is")
    func roundTrip() throws {
        for summary in [SessionSummary.good(), .good().with { $0.backtestDifference = nil }] {
            #expect(try SessionSummary(decoding: summary.encoded()) == summary)
        }
        #expect(SessionSummary.good(stage: .dryRun).fileName == "summary-2023-11-15T00-00-00Z-dry-run.json")
    }

    @Test(
        "A file that makes no sense is refused with the key",
        arguments: [
            (#""uptimeNanoseconds":86400000000000"#, #""uptimeNanoseconds":86400000000001"#, "uptimeNanoseconds"),
            (#""end":"2023-11-16T00:00:00Z""#, #""end":"2023-11-14T00:00:00Z""#, "end"),
            (#""mode":"paper""#, #""mode":"backtest""#, "mode"), (#""orders":12"#, #""orders":-1"#, "orders"),
            (#""fees":"1.234567890123456789""#, #""fees":"1e99""#, "fees"),
            (#""maximumDrawdown":"0.02""#, #""maximumDrawdown":"-0.02""#, "maximumDrawdown"),
            (#""version":1"#, #""version":2"#, "version 2"), (#"{"version""#, #"["version""#, "not JSON"),
            (#""roundTrips":5"#, #""roundTrips":99999999999999999999"#, "roundTrips"),
        ])
    func refused(old: String, new: String, reason: String) throws {
        let text = String(decoding: SessionSummary.good().encoded(), as: UTF8.self)
        let parts = text.split(separator: old, omittingEmptySubsequences: false)
        try #require(parts.count == 2)
        #expect {
            try SessionSummary(decoding: Array("\(parts[0])\(new)\(parts[1])".utf8))
        } throws: {
            "\($0)".contains(reason)
        }
    }
}

@Suite("The history of promotions") struct PromotionHistoryTests {
    private func record(_ from: TradingStage, _ fingerprint: String = "f", _ second: Int64 = 0) -> PromotionRecord {
        PromotionRecord(
            time: Timestamp(seconds: 1_700_000_000 + second), fingerprint: fingerprint, from: from,
            to: from.next ?? from, evidence: ["min_time: 3d", "a \"b\""])
    }

    @Test("It reads back what it wrote, and knows where each configuration stands")
    func roundTrip() throws {
        var history = PromotionHistory()
        #expect(history.stage(of: "f") == .paper)
        var bytes = history.append(record(.paper))
        bytes += history.append(record(.paper, "g", 1))
        bytes += history.append(record(.dryRun, "f", 2))
        #expect(try PromotionHistory(decoding: bytes) == history)
        #expect(history.stage(of: "f") == .deMinimis && history.stage(of: "g") == .dryRun)
        #expect(history.stage(of: "h") == .paper)
    }

    @Test("A line that was changed, removed, repeated or cut is noticed", arguments: 0..<60 as Range<UInt64>)
    func tampering(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var history = PromotionHistory()
        var lines = (0..<4).map { history.append(record(.paper, "f\($0)", Int64($0))) }
        let index = Int.random(in: 0..<3, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0:
            let place = lines[index].firstIndex(of: UInt8(ascii: "f")) ?? 0
            lines[index][place + 1] ^= 1
        case 1: lines.remove(at: index)
        case 2: lines.insert(lines[index], at: index)
        default: lines[3].removeLast(Int.random(in: 1...20, using: &random))
        }
        #expect(throws: PromotionHistoryError.self) { try PromotionHistory(decoding: Array(lines.joined())) }
    }
}
