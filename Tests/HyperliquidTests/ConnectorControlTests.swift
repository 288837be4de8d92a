// SPDX-License-Identifier: Apache-2.0

import Cryptography
import Hyperliquid
import JSON
import Testing
import Trading
import VenueInterface

@Suite struct ConnectorBarsTests {
    private let start: Int64 = 1_699_990_020

    private func candles(_ minutes: some Sequence<Int64>) -> String {
        "["
            + minutes.map {
                let open = (start + $0 * 60) * 1_000
                return
                    #"{"t":\#(open),"T":\#(open + 59_999),"s":"BTC","i":"1m","o":"10","h":"30","l":"5","c":"20","v":"1","n":1}"#
            }.joined(separator: ",") + "]"
    }

    private func ask(
        _ harness: inout ConnectorHarness, from: Int64, to: Int64, _ timeframe: Timeframe = .oneMinute,
        _ instrument: InstrumentID = ConnectorHarness.bitcoin
    ) {
        let start = start
        harness.perform {
            $0.requestBars(
                instrument, timeframe, from: Timestamp(seconds: start + from * 60),
                to: Timestamp(seconds: start + to * 60),
                at: $1, into: &$2)
        }
    }

    private func told(_ harness: inout ConnectorHarness) -> [Int64]? {
        for case .bars(ConnectorHarness.bitcoin, .oneMinute, let bars) in harness.takeEvents() {
            return bars.map { ($0.openTime.nanoseconds / 1_000_000_000 - start) / 60 }
        }
        return nil
    }

    @Test("Those of the range that have closed: one later candle proves it for the last")
    func range() throws {
        var harness = try ConnectorHarness()
        harness.connect()
        ask(&harness, from: 0, to: 5)
        let body = try JSON.parse(try #require(harness.pending("candleSnapshot").first).body)
        #expect(
            body["req"]?.text
                == #"{"coin":"BTC","interval":"1m","startTime":1699990020000,"endTime":1699990380000}"#)
        harness.answer("candleSnapshot", candles([3, 0, 1, 2, 3, 4, 5]))
        #expect(told(&harness) == [0, 1, 2, 3, 4])
        ask(&harness, from: 0, to: 5)
        harness.answer("candleSnapshot", candles(0...3))
        #expect(told(&harness) == [0, 1, 2], "the last may still be open")
        ask(&harness, from: 0, to: 5)
        harness.answer("candleSnapshot", "[]")
        #expect(told(&harness) == [])
    }

    @Test("The stream's word that a later candle has begun proves it as well")
    func streamProves() throws {
        var harness = try ConnectorHarness()
        harness.connect()
        var candle = candles([4])
        candle.removeFirst()
        candle.removeLast()
        harness.message(#"{"channel":"candle","data":\#(candle)}"#)
        ask(&harness, from: 0, to: 5)
        harness.answer("candleSnapshot", candles(0...3))
        #expect(told(&harness) == [0, 1, 2, 3])
        ask(&harness, from: 0, to: 5)
        harness.answer("candleSnapshot", candles(0...4))
        #expect(told(&harness) == [0, 1, 2, 3])
    }

    @Test("A start between candles means the next one, and an empty range asks nothing")
    func edges() throws {
        var harness = try ConnectorHarness()
        harness.connect()
        let first = start
        harness.perform {
            $0.requestBars(
                ConnectorHarness.bitcoin, .oneMinute, from: Timestamp(seconds: first + 1),
                to: Timestamp(seconds: first + 50), at: $1, into: &$2)
        }
        #expect(told(&harness) == [])
        ask(&harness, from: 5, to: 5)
        #expect(told(&harness) == [])
        ask(&harness, from: 9, to: 5)
        #expect(told(&harness) == [])
        #expect(harness.requests.isEmpty)
        for (instrument, timeframe) in [
            (InstrumentID(7), Timeframe.oneMinute), (ConnectorHarness.bitcoin, Timeframe(seconds: 45)!),
            (ConnectorHarness.bitcoin, Timeframe(seconds: 366 * 86_400)!),
        ] {
            ask(&harness, from: 0, to: 9, timeframe, instrument)
            guard case .barsUnavailable(instrument, timeframe, _)? = harness.takeEvents().first else {
                Issue.record("\(instrument) \(timeframe)")
                return
            }
        }
    }

    @Test("Long ranges are read in pages, and from no earlier than the venue keeps")
    func pages() throws {
        var harness = try ConnectorHarness()
        harness.connect()
        ask(&harness, from: -100_000, to: 4_000)
        var asked: [Int64] = []
        while let request = harness.pending("candleSnapshot").first {
            let range = try JSON.parse(request.body)["req"]
            let from = (try #require(range?["startTime"]?.integer) / 1_000 - start) / 60
            let to = (try #require(range?["endTime"]?.integer) / 1_000 - start) / 60
            asked.append(from)
            harness.answer("candleSnapshot", candles(from...to))
        }
        #expect(asked == [-1_001, 1_499, 3_999])
        #expect(told(&harness) == Array(-1_001..<4_000))
    }

    @Test func badCandlesAreNotPassedOn() throws {
        var harness = try ConnectorHarness { $0.limits.failuresUntilBreak = 99 }
        harness.connect()
        ask(&harness, from: 0, to: 5)
        for _ in 0..<3 {
            harness.answer("candleSnapshot", candles(0...5).replacing(#""h":"30""#, with: #""h":"15""#))
            harness.pass(.seconds(6))
        }
        guard
            case .barsUnavailable? = harness.takeEvents().first(where: { if case .notice = $0 { false } else { true } })
        else {
            Issue.record("passed on")
            return
        }
    }
}

@Suite struct ConnectorControlTests {
    private func done(_ type: String) -> String { #"{"status":"ok","response":{"type":"\#(type)"}}"# }

    private func arm(_ harness: inout ConnectorHarness, _ seconds: Int64?) {
        harness.perform { connector, now, outputs in
            connector.setDeadManSwitch(seconds.map { now.wall + .seconds($0) }, at: now, into: &outputs)
        }
    }

    private func notice(_ harness: inout ConnectorHarness) -> (armed: Bool, reason: String)? {
        for case .notice(.deadManSwitch(let armed, let reason)) in harness.takeEvents() { return (armed, reason) }
        return nil
    }

    private func warning(_ harness: inout ConnectorHarness) -> String? {
        for case .notice(.warning(let text)) in harness.takeEvents() where text.contains("dead man") { return text }
        return nil
    }

    @Test func deadManSwitch() throws {
        var harness = try ConnectorHarness()
        harness.connect()
        arm(&harness, 4)
        #expect(warning(&harness)?.contains("5 s ahead") == true)
        #expect(harness.requests.isEmpty)
        arm(&harness, 60)
        let body = try JSON.parse(try #require(harness.pending("scheduleCancel").first).body)
        #expect(body["action"]?["time"]?.unsigned == 1_700_000_060_000)
        harness.answer("scheduleCancel", done("default"))
        #expect(try #require(notice(&harness)) == (true, ""))
        // An extension that fails leaves the first one armed.
        arm(&harness, 90)
        harness.answer("scheduleCancel", "", status: 500)
        #expect(warning(&harness)?.contains("armed as before: that is not certain, because HTTP 500") == true)
        arm(&harness, nil)
        harness.answer("scheduleCancel", done("default"))
        #expect(try #require(notice(&harness)) == (false, ""))
        harness.pass(.hours(1))
        #expect(warning(&harness) == nil, "taken back, so it does not fire")
    }

    @Test func aSmallAccountIsRefused() throws {
        var harness = try ConnectorHarness()
        harness.connect()
        arm(&harness, 60)
        let text = "Cannot set scheduled cancel time until enough volume traded. Required: $1000000. Traded: $10."
        harness.answer("scheduleCancel", #"{"status":"err","response":"\#(text)"}"#)
        let told = notice(&harness)
        #expect(told?.armed == false && told?.reason == text)
    }

    @Test("It fires at most ten times a day, and that is counted by the venue's day")
    func firings() throws {
        var harness = try ConnectorHarness()
        harness.connect()
        // 1,700,000,000 is 22:13:20 UTC.
        for firing in 1...10 {
            arm(&harness, 10)
            harness.answer("scheduleCancel", done("default"))
            _ = harness.take()
            harness.pass(.seconds(10))
            #expect(warning(&harness)?.contains("\(firing). time") == true)
        }
        arm(&harness, 10)
        #expect(harness.pending("scheduleCancel").isEmpty)
        #expect(notice(&harness)?.reason.contains("10 times") == true)
        harness.pass(.hours(2))
        arm(&harness, 10)
        #expect(harness.pending("scheduleCancel").count == 1)
    }

    @Test func leverageAndOtherActions() throws {
        var harness = try ConnectorHarness()
        harness.connect()
        harness.perform { $0.setLeverage(ConnectorHarness.ether, 7, isCross: false, at: $1, into: &$2) }
        let body = try JSON.parse(try #require(harness.pending("updateLeverage").first).body)
        #expect(body["action"]?.text == #"{"type":"updateLeverage","asset":1,"isCross":false,"leverage":7}"#)
        harness.answer("updateLeverage", #"{"status":"err","response":"Invalid leverage value"}"#)
        #expect(
            harness.takeEvents().first == .leverage(ConnectorHarness.ether, .refused(text: "Invalid leverage value")))
        harness.perform { $0.setLeverage(ConnectorHarness.ether, 7, isCross: false, at: $1, into: &$2) }
        harness.answer("updateLeverage", #"{"status":"ok","response":{"type":"default"}}"#)
        #expect(harness.takeEvents().first == .leverage(ConnectorHarness.ether, .done))
        harness.perform { $0.setLeverage(InstrumentID(8), 7, isCross: false, at: $1, into: &$2) }
        guard case .leverage(InstrumentID(8), .refused)? = harness.takeEvents().first else {
            Issue.record("every request has an answer")
            return
        }

        var numbers: [UInt64?] = []
        harness.perform { connector, now, outputs in
            numbers.append(
                connector.placeTWAP(
                    ConnectorHarness.bitcoin, .buy, Quantity(units: 1_000), minutes: 5, at: now, into: &outputs))
            numbers.append(connector.cancelTWAP(ConnectorHarness.bitcoin, twap: 9, at: now, into: &outputs))
            numbers.append(
                connector.changeIsolatedMargin(
                    ConnectorHarness.bitcoin, microDollars: -5_000_000, at: now, into: &outputs))
            numbers.append(connector.transferUSD(amount: "12.5", toPerpetuals: true, at: now, into: &outputs))
            numbers.append(connector.approveAgent(.zero, name: "bot", at: now, into: &outputs))
            numbers.append(connector.placeTWAP(InstrumentID(8), .buy, .zero, minutes: 5, at: now, into: &outputs))
        }
        let transfer = try JSON.parse(try #require(harness.pending("usdClassTransfer").first).body)
        #expect(transfer["action"]?["nonce"]?.unsigned == transfer["nonce"]?.unsigned)
        #expect(transfer["expiresAfter"]?.isNull == true)
        harness.answer(
            "twapOrder",
            #"{"status":"ok","response":{"type":"twapOrder","data":{"status":{"running":{"twapId":77}}}}}"#)
        harness.answer(
            "twapCancel",
            #"{"status":"ok","response":{"type":"twapCancel","data":{"status":{"error":"TWAP was never placed"}}}}"#)
        harness.answer("updateIsolatedMargin", done("default"))
        harness.answer("usdClassTransfer", "", status: 500)
        harness.answer("approveAgent", done("default"))
        let results = harness.connector.takeActionResults()
        #expect(results.map { Optional($0.number) } == Array(numbers.prefix(5)))
        #expect(numbers.last == .some(nil))
        #expect(results[0].outcome == .done(twap: 77))
        #expect(results[1].outcome == .refused(text: "TWAP was never placed"))
        #expect(results[2].outcome == .done(twap: nil))
        guard case .unknown = results[3].outcome else {
            Issue.record("\(results[3])")
            return
        }
        #expect(harness.connector.takeActionResults().isEmpty)
    }

    @Test("The venue's clock is followed in nonces and expiry, and a large difference is told")
    func clock() throws {
        var harness = try ConnectorHarness { $0.clockEvery = .seconds(300) }
        harness.connect()
        harness.input(.wake)
        harness.answer("exchangeStatus", #"{"time":1700000005000}"#)
        let events = harness.takeEvents()
        #expect(events.last == .notice(.clockOffset(.seconds(5))))
        #expect(events.count == 2, "a person is told")
        #expect(harness.connector.clockOffset?.offset == .seconds(5))
        harness.place([ConnectorHarness.ticket(1)])
        let body = try JSON.parse(try #require(harness.pending("order").first).body)
        #expect(body["nonce"]?.unsigned == 1_700_000_005_000)
        #expect(body["expiresAfter"]?.unsigned == 1_700_000_015_000)
    }

    @Test("A clock that is hours away is no clock of the present")
    func absurdClock() throws {
        var harness = try ConnectorHarness { $0.clockEvery = .seconds(300) }
        harness.connect()
        harness.input(.wake)
        harness.answer("exchangeStatus", #"{"time":1600000000000}"#)
        let events = harness.takeEvents()
        #expect(events.count == 1, "told")
        guard case .notice(.warning)? = events.first else {
            Issue.record("but not as an offset to follow: \(events)")
            return
        }
        harness.place([ConnectorHarness.ticket(1)])
        let body = try JSON.parse(try #require(harness.pending("order").first).body)
        #expect(body["nonce"]?.unsigned == 1_700_000_000_000)
    }

    @Test("Two runs with the same seed and inputs say the same", arguments: UInt64(0)..<5)
    func determinism(seed: UInt64) throws {
        func run() throws -> [ConnectorOutput] {
            var harness = try ConnectorHarness(seed: seed) { $0.clockEvery = .seconds(20) }
            harness.input(.start)
            for step in 0..<60 {
                for stream in harness.openStreams {
                    harness.input(step % 7 == 0 ? .streamClosed(stream, .timedOut) : .streamOpened(stream))
                }
                harness.place([ConnectorHarness.ticket(UInt64(step))])
                harness.answer(
                    "order", step % 3 == 0 ? "" : reply("order", #""success""#), status: 200 + step % 2 * 229)
                harness.snapshot()
                for (type, text) in ConnectorAccountTests.answers { harness.answer(type, text) }
                harness.pass(.milliseconds(Int64(700 * (step % 9))))
            }
            return harness.take()
        }
        let first = try run()
        #expect(first.count > 400)
        #expect(try run() == first)
    }
}
