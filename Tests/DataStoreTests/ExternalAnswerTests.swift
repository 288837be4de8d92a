// SPDX-License-Identifier: Apache-2.0

import DataStore
import MarketData
import TestSupport
import Testing
import Trading

@Suite("Answers of pages that are asked for a series from outside")
struct ExternalAnswerTests {
    private static let received = Timestamp(seconds: 1_704_100_000)

    private func read(
        _ body: String, rows: String? = nil, value: String = "value", time: String = "time", saysItsLength: Bool = true
    ) throws -> ExternalAnswer {
        try ExternalAnswer(
            reading: Array(body.utf8), ExternalPick(rows: rows, value: value, time: time), receivedAt: Self.received,
            saysItsLength: saysItsLength)
    }

    @Test(
        "The newest value, however it is written",
        arguments: [
            (#"{"time": 1704067200, "value": 26.5}"#, nil, "value", "time"),
            (#"{"time": "1704067200", "value": "26.5"}"#, nil, "value", "time"),
            (#" [{"time": 1704067200000, "value": 2.65e1}]"#, nil, "value", "time"),
            (#"{"time": 1704067200.987, "value": 26.5}"#, nil, "value", "time"),
            (
                #"{"data": [{"timestamp": "1703980800", "value": "90"}, {"timestamp": "1704067200", "value": "26.5"}]}"#,
                "data", "value", "timestamp"
            ),
            (
                #"{"data": [{"timestamp": "1704067200", "value": "26.5"}, {"timestamp": "1703980800", "value": "90"}]}"#,
                "data", "value", "timestamp"
            ),
            (#"{"result": {"points": [[1703980800, 1], [1704067200, 26.5]]}}"#, "result.points", "1", "0"),
            (#"[{"at": {"utc": "2024-01-01T00:00:00Z"}, "close": [1, 2, 26.5]}]"#, nil, "close.-1", "at.utc"),
            (#"{"data": [[{"t": 1704067200, "v": 26.5}]]}"#, "data.0", "v", "t"),
            (#"{"": 1, "a": {"b": {"time": 1704067200, "value": 26.5, "note": null}}}"#, "a.b", "value", "time"),
            ("time,value\n1704067200,26.5\n", nil, "value", "time"),
            ("time,value\r\n2023-12-31,1\r\n\r\n2024-01-01,26.5", nil, "value", "time"),
            ("\"Date\";\"Fear & Greed\";n\n2024-01-01;26.5;3\n2023-12-31;77;3\n", nil, "Fear & Greed", "date"),
            ("time,value\n2024-01-01,26.5\n2024-01-01,26.5\n", nil, "value", "time"),
        ] as [(String, String?, String, String)])
    func forms(body: String, rows: String?, value: String, time: String) throws {
        let found = try read(body, rows: rows, value: value, time: time)
        #expect(
            found.newest
                == ExternalObservation(
                    valueTime: Timestamp(seconds: 1_704_067_200), knownAt: Self.received, value: 26.5))
        #expect(found.problems.isEmpty)
    }

    @Test(
        "Rows that say nothing are left out, and the rest counts",
        arguments: [
            (
                #"[{"time": 1704067200, "value": 5}, {"time": 1704067300, "value": null}]"#, 5,
                ExternalProblem.Kind.valueless
            ),
            (#"[{"time": 1704067200, "value": 5}, {"time": 1704067300, "value": "NaN"}]"#, 5, .valueless),
            (#"[{"time": 1704067200, "value": 5}, {"time": 1704067300, "value": ""}]"#, 5, .valueless),
            (#"[{"time": 1704067200, "value": 5}, {"time": 1704067300, "value": 1e400}]"#, 5, .valueless),
            (#"[{"time": 1704067200, "value": "Infinity"}]"#, nil, .valueless),
            ("time,value\n1704067200,5\n1704067300,\n", 5, .valueless),
            // 301 seconds ahead of the clock.
            (#"[{"time": 1704067200, "value": 5}, {"time": 1704100301, "value": 6}]"#, 5, .future),
            (#"{"time": 4102444800, "value": 6}"#, nil, .future),
        ] as [(String, Double?, ExternalProblem.Kind)])
    func leftOut(body: String, value: Double?, kind: ExternalProblem.Kind) throws {
        let found = try read(body)
        #expect(found.newest?.value == value)
        #expect(found.problems.map(\.kind) == [kind])
    }

    @Test("A time a little ahead, as clocks differ, is known from that time on and not before")
    func tolerance() throws {
        let ahead = Self.received + .minutes(5)
        let found = try read(#"{"time": \#(ahead.nanoseconds / 1_000_000_000), "value": 6}"#)
        #expect(found.newest == ExternalObservation(valueTime: ahead, knownAt: ahead, value: 6))
        #expect(found.problems.isEmpty)
    }

    @Test("An empty list says nothing") func empty() throws {
        let found = try read("[]")
        #expect(found.newest == nil && found.problems.isEmpty)
    }

    @Test(
        "What cannot be believed is refused as a whole, with its reason",
        arguments: [
            ("<!DOCTYPE html><html>Sign in</html>", nil, ExternalProblem.Kind.markup, "HTML"),
            ("\n <?xml version='1.0'?>", nil, .markup, "HTML"),
            ("", nil, .malformed, "empty"),
            ("   \n", nil, .malformed, "empty"),
            (#"{"time": 1704067200, "val"#, nil, .malformed, "cut"),
            ("[1, 2", nil, .malformed, "cut"),
            ("{]", nil, .malformed, "not JSON"),
            (#"{"time": 1704067200}"#, nil, .missing, "nothing at 'value'"),
            (#"{"value": 1}"#, nil, .missing, "nothing at 'time'"),
            (#"{"error": "limit reached"}"#, "data", .missing, "nothing at 'data'"),
            (#"{"data": 7}"#, "data", .missing, "is a number"),
            (#"[1, 2]"#, nil, .missing, "nothing at 'time'"),
            (#"{"time": 1704067200, "value": "extreme fear"}"#, nil, .notANumber, "'extreme fear' is not a number"),
            (#"{"time": 1704067200, "value": "0x1F"}"#, nil, .notANumber, "0x1F"),
            (#"{"time": 1704067200, "value": true}"#, nil, .notANumber, "a boolean"),
            (#"{"time": 1704067200, "value": {"usd": 1}}"#, nil, .notANumber, "an object"),
            (#"{"time": "yesterday", "value": 1}"#, nil, .notATime, "'yesterday' is not a time"),
            (#"{"time": null, "value": 1}"#, nil, .notATime, "not a time"),
            (#"{"time": 99999999999999999999999, "value": 1}"#, nil, .notATime, "not a time"),
            (#"{"time": -5, "value": 1}"#, nil, .notATime, "not a time"),
            (#"{"time": 1.5e9, "value": 1}"#, nil, .notATime, "not a time"),
            (
                #"[{"time": 1704067200, "value": 1}, {"time": 1704067200, "value": 2}]"#, nil, .contradiction,
                "both 1.0 and 2.0"
            ),
            ("Service unavailable", nil, .missing, "no column 'time'"),
            ("time,value\n1704067200\n", nil, .malformed, "1 columns"),
            ("time,value\n1704067200,\"5\n", nil, .malformed, "quote"),
            ("time,value\n1704067200,5\n", "data", .malformed, "no JSON"),
        ] as [(String, String?, ExternalProblem.Kind, String)])
    func refused(body: String, rows: String?, kind: ExternalProblem.Kind, text: String) throws {
        let problem = #expect(throws: ExternalProblem.self) { try read(body, rows: rows) }
        #expect(problem?.kind == kind)
        #expect(problem?.description.contains(text) == true, "\(problem?.description ?? "")")
    }

    @Test("CSV that may have been cut is refused unless it ends with its line")
    func cutLines() throws {
        #expect(throws: ExternalProblem.self) { try read("time,value\n1704067200,12", saysItsLength: false) }
        #expect(try read("time,value\n1704067200,125\n", saysItsLength: false).newest?.value == 125)
    }

    @Test("Whatever the bytes are, there is an answer or a reason", arguments: UInt64(0)..<200)
    func anything(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let good = Array(
            (seed % 2 == 0
                ? #"{"data": [{"time": 1704067200, "value": 26.5}, {"time": 1704067201, "value": "7"}]}"#
                : "time,value\n1704067200,26.5\n1704067201,7\n").utf8)
        for _ in 0..<50 {
            var body = good
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<max(1, body.count), using: &random)
                guard !body.isEmpty else { break }
                switch Int.random(in: 0...3, using: &random) {
                case 0: body[place] = UInt8.random(in: 0...255, using: &random)
                case 1: body.removeSubrange(place...)
                case 2: body.insert(contentsOf: body[..<place], at: place)
                default: body.insert(UInt8.random(in: 0...255, using: &random), at: place)
                }
            }
            let found = try? ExternalAnswer(
                reading: body, ExternalPick(rows: seed % 2 == 0 ? "data" : nil, value: "value", time: "time"),
                receivedAt: Self.received)
            if let newest = found?.newest {
                #expect(newest.value.isFinite && newest.knownAt >= newest.valueTime && newest.knownAt >= Self.received)
            }
        }
    }
}
