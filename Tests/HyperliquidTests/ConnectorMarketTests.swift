// SPDX-License-Identifier: Apache-2.0

import Hyperliquid
import JSON
import Testing
import Trading
import VenueInterface

@Suite struct ConnectorMarketTests {
    private func harness(
        streams: HyperliquidConnector.Streams = [.book, .trades], timeframes: [Timeframe] = [.oneMinute],
        _ change: (inout HyperliquidConnector.Configuration) -> Void = { _ in }
    ) throws -> ConnectorHarness {
        var harness = try ConnectorHarness {
            $0.account = nil
            $0.streams = streams
            $0.timeframes = timeframes
            change(&$0)
        }
        harness.connect()
        return harness
    }

    private func book(_ time: Int64, bid: String, ask: String) -> String {
        #"{"channel":"l2Book","data":{"coin":"BTC","time":\#(time),"levels":[[{"px":"\#(bid)","sz":"1","n":1}],[{"px":"\#(ask)","sz":"2","n":1}]]}}"#
    }

    private func candle(_ time: Int64, _ close: String, interval: String = "1m", coin: String = "BTC") -> String {
        #"{"channel":"candle","data":{"t":\#(time),"T":\#(time + 59_999),"s":"\#(coin)","i":"\#(interval)","o":"100","h":"200","l":"50","c":"\#(close)","v":"1.5","n":3}}"#
    }

    private func trade(_ id: Int, coin: String = "BTC") -> String {
        #"{"coin":"\#(coin)","side":"A","px":"42100.5","sz":"0.001","time":1700000000000,"hash":"0x","tid":\#(id),"users":["a","b"]}"#
    }

    @Test("Each book replaces the last; older and crossed ones are not passed on")
    func books() throws {
        var harness = try harness()
        harness.message(book(1_000, bid: "42100", ask: "42101"))
        #expect(
            harness.takeEvents() == [
                .book(
                    BookSnapshot(
                        instrument: ConnectorHarness.bitcoin, time: Timestamp(milliseconds: 1_000),
                        bids: [.init(price: Price(units: 421_000), quantity: Quantity(units: 100_000))],
                        asks: [.init(price: Price(units: 421_010), quantity: Quantity(units: 200_000))]))
            ])
        harness.message(book(999, bid: "42000", ask: "42001"))
        #expect(harness.takeEvents() == [])
        harness.message(book(1_001, bid: "42102", ask: "42101"))
        guard case .notice(.unreadable)? = harness.takeEvents().first else {
            Issue.record("a crossed book was not told of")
            return
        }
        harness.message(book(1_000, bid: "42100", ask: "42101"))
        #expect(harness.takeEvents().count == 1)
        harness.message(#"{"channel":"l2Book","data":{"coin":"DOGE","time":1,"levels":[[],[]]}}"#)
        #expect(harness.takeEvents() == [])
    }

    @Test("A trade is told once, also when a new connection tells it again")
    func trades() throws {
        var harness = try harness()
        harness.message(#"{"channel":"trades","data":[\#(trade(1)),\#(trade(2)),\#(trade(1))]}"#)
        #expect(harness.takeEvents().count == 2)
        harness.input(.streamClosed(harness.openStreams[0], .timedOut))
        harness.pass(.seconds(1))
        harness.input(.streamOpened(harness.openStreams.last!))
        harness.confirm(on: harness.openStreams.last!)
        _ = harness.take()
        harness.message(
            #"{"channel":"trades","data":[\#(trade(2)),\#(trade(3)),\#(trade(3, coin: "ETH"))]}"#,
            on: harness.openStreams.last)
        #expect(
            harness.takeEvents().compactMap { if case .trade(let trade) = $0 { trade.id } else { nil } } == [
                TradeID(3), TradeID(3),
            ])
    }

    @Test("A candle is told as closed when a later one comes: once, in order, late ones not at all")
    func candles() throws {
        var harness = try harness()
        for (time, close) in [(0, "100"), (0, "110"), (60_000, "120"), (0, "90"), (60_000, "125"), (180_000, "130")] {
            harness.message(candle(Int64(time), close))
        }
        let told = harness.takeEvents().compactMap { event -> String? in
            guard case .bar(ConnectorHarness.bitcoin, .oneMinute, let bar, let isClosed) = event else { return nil }
            return "\(bar.openTime.nanoseconds / 1_000_000_000) \(bar.close.units) \(isClosed)"
        }
        // Prices have one decimal: 110 is 1100 units.
        #expect(
            told == [
                "0 1000 false", "0 1100 false", "0 1100 true", "60 1200 false", "60 1250 false", "60 1250 true",
                "180 1300 false",
            ])
        harness.message(candle(240_000, "1", interval: "5m"))
        harness.message(candle(240_001, "130"))
        harness.message(candle(240_000, "500"))
        #expect(harness.takeEvents().allSatisfy { if case .notice(.unreadable) = $0 { true } else { false } })
    }

    @Test("What is dated ahead of the venue's clock is left out and told, and what comes after it goes on")
    func future() throws {
        var harness = try harness(streams: [.book, .trades, .quotes])
        let now = harness.now.wall.nanoseconds / 60_000_000_000 * 60_000
        harness.message(candle(now, "100"))
        #expect(harness.takeEvents().count == 1)
        let year: Int64 = 366 * 86_400_000
        harness.message(candle(now + year - year % 60_000, "100"))
        harness.message(book(now + year, bid: "42100", ask: "42101"))
        harness.message(
            #"{"channel":"bbo","data":{"coin":"BTC","time":\#(now + year),"bbo":[{"px":"2000","sz":"1","n":1},null]}}"#)
        harness.message(
            #"{"channel":"trades","data":[\#(trade(9).replacing("1700000000000", with: "\(now + year)"))]}"#)
        let told = harness.takeEvents().compactMap { event -> String? in
            if case .notice(.unreadable(let text)) = event { text } else { nil }
        }
        #expect(told.count == 4)
        #expect(
            zip(told, ["a candle of BTC", "a book of BTC", "a quote of BTC", "a trade of BTC"]).allSatisfy {
                $0.hasPrefix($1)
            })
        harness.message(candle(now + 60_000, "110"))
        harness.message(book(now + 1_000, bid: "42100", ask: "42101"))
        let after = harness.takeEvents()
        #expect(after.contains { if case .bar(_, _, _, isClosed: true) = $0 { true } else { false } })
        #expect(after.contains { if case .book = $0 { true } else { false } })
    }

    @Test("A candle whose end was missed is not told as closed")
    func interruptedCandle() throws {
        var harness = try harness()
        harness.message(candle(0, "100"))
        harness.input(.streamClosed(harness.openStreams[0], .timedOut))
        harness.pass(.seconds(1))
        let stream = harness.openStreams.last!
        harness.input(.streamOpened(stream))
        harness.confirm(on: stream)
        _ = harness.take()
        harness.message(candle(60_000, "120"), on: stream)
        harness.message(candle(120_000, "120"), on: stream)
        let closed = harness.takeEvents().compactMap {
            if case .bar(_, _, let bar, true) = $0 { bar.openTime.nanoseconds / 1_000_000_000 } else { nil }
        }
        #expect(closed == [60])
    }

    @Test func quotesAndContexts() throws {
        var harness = try harness(streams: [.quotes, .contexts], timeframes: [])
        harness.message(
            #"{"channel":"bbo","data":{"coin":"ETH","time":5,"bbo":[{"px":"2000.5","sz":"1.25","n":1},null]}}"#)
        harness.message(
            #"{"channel":"activeAssetCtx","data":{"coin":"BTC","ctx":{"funding":"0.0000125","openInterest":"12.5","oraclePx":"42100.04","markPx":"42100.06","midPx":null}}}"#
        )
        #expect(
            harness.takeEvents() == [
                .quote(
                    VenueQuote(
                        instrument: ConnectorHarness.ether, time: Timestamp(milliseconds: 5),
                        bid: .init(price: Price(units: 200_050), quantity: Quantity(units: 12_500)), ask: nil)),
                .context(
                    MarketContext(
                        instrument: ConnectorHarness.bitcoin, mark: Price(units: 421_001),
                        oracle: Price(units: 421_000),
                        fundingRate: Rate(units: 12_500), openInterest: Quantity(units: 1_250_000))),
            ])
        harness.message(
            #"{"channel":"bbo","data":{"coin":"ETH","time":6,"bbo":[{"px":"2001","sz":"1","n":1},{"px":"2000","sz":"1","n":1}]}}"#
        )
        guard case .notice(.unreadable)? = harness.takeEvents().first else {
            Issue.record("a crossed quote was not told of")
            return
        }
    }

    @Test("Bad messages are told of, ten a minute, and the rest goes on")
    func badMessages() throws {
        var harness = try harness()
        let bad = [
            "", "{", "[]", "null", "1e999", #"{"channel":5}"#, #"{"channel":"l2Book"}"#, "\u{0}\u{1}",
            #"{"channel":"l2Book","data":{"coin":"BTC","time":-1,"levels":[[],[]]}}"#,
            #"{"channel":"l2Book","data":{"coin":"BTC","time":99999999999999999999,"levels":[[],[]]}}"#,
            #"{"channel":"trades","data":[{"coin":"BTC","side":"X","px":"1","sz":"1","time":1,"tid":1}]}"#,
            #"{"channel":"trades","data":[{"coin":"BTC","side":"B","px":"1e300","sz":"1","time":1,"tid":1}]}"#,
            #"{"channel":"newThing","data":{}}"#, #"{"channel":"candle","data":{"t":"soon"}}"#,
        ]
        for text in bad { harness.message(text) }
        let events = harness.takeEvents()
        #expect(events.allSatisfy { if case .notice(.unreadable) = $0 { true } else { false } })
        #expect(events.count == 10)
        harness.message(book(1_000, bid: "42100", ask: "42101"))
        #expect(harness.takeEvents().count == 1)
        harness.pass(.seconds(60))
        _ = harness.take()
        harness.message("{")
        #expect(harness.takeEvents().count == 2, "how many were left out is told")
    }

    @Test func staleStreamsAreToldOnceAndSoIsTheirReturn() throws {
        var harness = try harness()
        harness.message(book(1_000, bid: "42100", ask: "42101"))
        _ = harness.take()
        for second in 0..<121 {
            harness.pass(.seconds(1))
            harness.message(#"{"channel":"trades","data":[\#(trade(second))]}"#)
        }
        let stale = harness.takeEvents().compactMap { if case .streamStale(let name, _) = $0 { name } else { nil } }
        #expect(stale == ["candle BTC 1m", "l2Book BTC", "candle ETH 1m", "l2Book ETH", "trades ETH"])
        harness.message(book(2_000, bid: "42100", ask: "42101"))
        #expect(harness.takeEvents().first == .streamFresh(name: "l2Book BTC"))
    }

    @Test(
        "Candles are stale after some of their own length, other streams after a fixed time",
        arguments: [
            (timeframe: Timeframe.oneMinute, candles: Int64(2), seconds: Int64(120)),
            (.oneMinute, 1, 120), (.oneMinute, 5, 300), (.fiveMinutes, 2, 600),
        ])
    func silenceOfCandles(example: (timeframe: Timeframe, candles: Int64, seconds: Int64)) throws {
        var harness = try harness(timeframes: [example.timeframe]) { $0.staleCandles = example.candles }
        harness.message(book(1_000, bid: "42100", ask: "42101"))
        _ = harness.take()
        var silences: [String: Int64] = [:]
        for second in 1...example.seconds + 1 {
            harness.pass(.seconds(1))
            harness.message(#"{"channel":"trades","data":[\#(trade(Int(second)))]}"#)
            for event in harness.takeEvents() {
                guard case .streamStale(let name, _) = event else { continue }
                silences[name] = silences[name] ?? second
            }
        }
        #expect(silences["l2Book BTC"] == 120)
        #expect(silences["candle BTC \(example.timeframe)"] == example.seconds)
    }

    @Test("While the stream is down prices and candles are asked for, gently, until it is back")
    func fallback() throws {
        var harness = try harness()
        harness.message(candle(1_699_999_980_000, "100"))
        harness.input(.streamClosed(harness.openStreams[0], .timedOut))
        harness.pass(.seconds(14))
        #expect(harness.requests.isEmpty)
        _ = harness.take()
        harness.pass(.seconds(2))
        #expect(harness.pending("allMids").count == 1)
        harness.answer("allMids", #"{"BTC":"42000.05","ETH":"2000.5","DOGE":"1"}"#)
        let mids = harness.takeEvents().compactMap { if case .context(let context) = $0 { context.mid } else { nil } }
        #expect(mids == [Price(units: 420_001), Price(units: 200_050)])
        harness.pass(.seconds(3))
        let request = try #require(harness.pending("candleSnapshot").first)
        let body = try JSON.parse(request.body)
        #expect(body["req"]?["coin"]?.string == "BTC")
        harness.answer(
            "candleSnapshot",
            "["
                + [0, 60_000, 120_000].map {
                    #"{"t":\#(1_699_999_980_000 + $0),"T":1,"s":"BTC","i":"1m","o":"1","h":"3","l":"1","c":"2","v":"1","n":1}"#
                }.joined(separator: ",") + "]")
        let bars = harness.takeEvents().compactMap {
            if case .bar(_, _, let bar, let isClosed) = $0 {
                "\(bar.openTime.nanoseconds / 1_000_000_000) \(isClosed)"
            } else {
                nil
            }
        }
        #expect(
            bars == [
                "1699999980 false", "1699999980 true", "1700000040 false", "1700000040 true", "1700000100 false",
            ])
        // Quiet for a minute: one question at a time, no more than one in three seconds.
        let before = harness.requests.count
        for _ in 0..<20 {
            harness.pass(.seconds(3))
            for type in ["allMids", "candleSnapshot"] { harness.answer(type, type == "allMids" ? "{}" : "[]") }
        }
        #expect(harness.requests.count <= before + 21)
        let stream = try #require(harness.openStreams.last)
        harness.input(.streamOpened(stream))
        harness.confirm(on: stream)
        #expect(harness.takeEvents().contains(.notice(.warning("The stream of market data is back."))))
        let asked = harness.requests.count
        harness.pass(.seconds(20))
        #expect(harness.requests.count == asked)
        harness.message(candle(1_700_000_100_000, "2"), on: stream)
        #expect(harness.takeEvents().count == 1)
    }
}
