// SPDX-License-Identifier: Apache-2.0

import Cryptography
import HyperliquidSimulator
import JSON
import TestSupport
import Testing
import Trading

@Suite struct MarketTests {
    private let minute: Int64 = 60_000

    @Test func aBarIsWalkedToItsNearerExtremeFirst() {
        let bar = MarketBar(
            openTime: Timestamp(milliseconds: 0), open: Fixed8(100), high: Fixed8(103), low: Fixed8(98),
            close: Fixed8(101),
            volume: Fixed8("10.00000003")!)
        let trades = bar.trades(length: .minutes(1))
        #expect(
            trades.map(\.event) == [
                .trade(price: Fixed8(100), size: Fixed8("2.5")!, takerIsBuy: true),
                .trade(price: Fixed8(98), size: Fixed8("2.5")!, takerIsBuy: false),
                .trade(price: Fixed8(103), size: Fixed8("2.5")!, takerIsBuy: true),
                .trade(price: Fixed8(101), size: Fixed8("2.50000003")!, takerIsBuy: false),
            ])
        #expect(trades.first?.time == bar.openTime && trades.last?.time == Timestamp(milliseconds: 59_999))
    }

    /// Candles of every interval against ones summed here from the same minutes, in the plainest way.
    @Test(arguments: [("1m", 1), ("5m", 5), ("15m", 15), ("1h", 60), ("4h", 240), ("1d", 1440)])
    func candlesAreThoseOfTheData(name: String, minutes: Int64) {
        var random = SeededRandom(seed: UInt64(minutes))
        var venue = Venue { $0.limits.areEnforced = false }
        let start: Int64 = 1_700_006_400_000
        var bars: [(t: Int64, o: Int64, h: Int64, l: Int64, c: Int64)] = []
        var price: Int64 = 50_000
        for step in 0..<400 {
            let open = price
            let high = open + Int64(random.next() % 50)
            let low = open - Int64(random.next() % 50)
            price = Int64.random(in: low...high, using: &random)
            let time = start + Int64(step) * minute
            bars.append((time, open, high, low, price))
            venue.wall = Timestamp(milliseconds: time + minute)
            venue.simulator.advanceMarket(
                "BTC",
                MarketBar(
                    openTime: Timestamp(milliseconds: time), open: Fixed8(open), high: Fixed8(high), low: Fixed8(low),
                    close: Fixed8(price), volume: Fixed8(4)), length: .minutes(1), wall: venue.wall)
        }
        let answer = venue.info(
            #"{"type":"candleSnapshot","req":{"coin":"BTC","interval":"\#(name)","startTime":0,"endTime":9999999999999}}"#
        )
        var expected: [(t: Int64, o: Int64, h: Int64, l: Int64, c: Int64, v: Int64)] = []
        for bar in bars {
            let open = bar.t / (minutes * minute) * (minutes * minute)
            if expected.last?.t == open {
                let last = expected.count - 1
                expected[last].h = max(expected[last].h, bar.h)
                expected[last].l = min(expected[last].l, bar.l)
                expected[last].c = bar.c
                expected[last].v += 4
            } else {
                expected.append((open, bar.o, bar.h, bar.l, bar.c, 4))
            }
        }
        #expect(answer.count == expected.count)
        for (candle, row) in zip(answer.elements, expected) {
            let text =
                #"{"t":\#(row.t),"T":\#(row.t + minutes * minute - 1),"s":"BTC","i":"\#(name)","o":"\#(row.o).0","c":"\#(row.c).0","h":"\#(row.h).0","l":"\#(row.l).0","v":"\#(row.v).0","n":\#(row.v)}"#
            #expect(candle.text == text)
        }
    }

    @Test func historyIsThereBeforeTheFirstTradeAndAtMost5000Candles() {
        var venue = Venue { $0.limits.areEnforced = false }
        let start: Int64 = 1_690_000_020_000
        venue.simulator.loadHistory(
            "BTC", length: .minutes(1),
            (0..<7_000).map {
                MarketBar(
                    openTime: Timestamp(milliseconds: start + Int64($0) * minute), open: Fixed8(1), high: Fixed8(2),
                    low: Fixed8(1), close: Fixed8(2), volume: Fixed8(1))
            })
        func count(_ interval: String, _ from: Int64) -> (Int, Int64?) {
            let answer = venue.info(
                #"{"type":"candleSnapshot","req":{"coin":"BTC","interval":"\#(interval)","startTime":\#(from),"endTime":9999999999999}}"#
            )
            return (answer.count, answer[0]?["t"]?.integer)
        }
        #expect(count("1m", 0) == (5_000, start + 2_000 * minute))
        // They begin 27 minutes past the hour: 7,026 minutes from there are 118 hours, begun ones included.
        #expect(count("1h", 0).0 == 118)
        #expect(count("1m", start + 6_990 * minute) == (10, start + 6_990 * minute))
    }

    @Test func theBookHasTwentyLevelsOnTheGridThatNeverCross() {
        var random = SeededRandom(seed: 3)
        var venue = Venue { $0.limits.areEnforced = false }
        for _ in 0..<300 {
            let price = Int64.random(in: 20_000...99_999, using: &random)
            venue.trade("ETH", Fixed8(units: price, decimals: 1).description)
            let book = venue.info(#"{"type":"l2Book","coin":"ETH"}"#)["levels"]
            let sides = [0, 1].map { side in
                book?[side]?.elements.map { Fixed8($0["px"]?.string ?? "")! } ?? []
            }
            #expect(sides[0].count == 20 && sides[1].count == 20)
            #expect(sides[0][0] < sides[1][0])
            #expect(sides[0] == sides[0].sorted(by: >) && sides[1] == sides[1].sorted())
            #expect((sides[0] + sides[1]).allSatisfy { $0.units % 10_000_000 == 0 })
        }
    }

    @Test func groupedBooksKeepTheirSum() {
        var venue = Venue()
        func sum(_ body: String, _ side: Int) -> Int128 {
            venue.info(body)["levels"]?[side]?.elements.reduce(0) { $0 + Fixed8($1["sz"]!.string!)!.units } ?? 0
        }
        for side in [0, 1] {
            #expect(
                sum(#"{"type":"l2Book","coin":"BTC"}"#, side)
                    == sum(#"{"type":"l2Book","coin":"BTC","nSigFigs":3}"#, side))
        }
    }

    @Test func predictedFundingNamesTheNextHour() {
        var venue = Venue { $0.markets[0].fundingRate = Rate(units: 12_500) }
        venue.trade("BTC", "50000")
        let next = venue.info(#"{"type":"predictedFundings"}"#)[0]?[1]?[0]?[1]
        #expect(next?["fundingRate"]?.string == "0.0000125")
        #expect((next?["nextFundingTime"]?.integer ?? 1) % 3_600_000 == 0)
    }

    @Test func pricesThatCannotBeAreLeftOutAndCounted() {
        var venue = Venue()
        for price in [Fixed8.zero, Fixed8(-5), Fixed8(20_000_000_000)] {
            for event in [
                MarketEvent.trade(price: price, size: Fixed8(1), takerIsBuy: true), .mark(price), .oracle(price),
            ] {
                venue.simulator.advanceMarket("BTC", event, at: venue.wall, wall: venue.wall)
            }
        }
        #expect(venue.simulator.prices("BTC")?.last == Fixed8(50_000))
        #expect(venue.simulator.prices("BTC")?.isMarkGiven == false)
        #expect(venue.simulator.statistics.unusablePrices == 9)
    }

    @Test func configurationsThatCannotBeSayWhy() {
        let configuration = Venue.configuration {
            $0.markets[0].szDecimals = 7
            $0.markets[1].coin = "BTC"
            $0.accounts.append($0.accounts[0])
            $0.agents = [
                AgentConfiguration(address: Venue.alice, account: Address(bytes: [UInt8](repeating: 9, count: 20)))
            ]
            $0.assumedSigner = nil
        }
        #expect(
            configuration.problems == [
                "BTC has 7 decimals; give 0 to 6", "two markets are called BTC",
                "account 0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1 is given twice",
                "agent 0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1 signs for 0x0909090909090909090909090909090909090909, which is no account",
                "agent 0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1 is an account too", "nobody is assumed to sign",
            ])
        #expect(Venue.configuration().problems.isEmpty)
    }

    @Test func aRecordedBookIsTradedAgainstAsItIs() {
        var venue = Venue()
        func level(_ price: Int64, _ size: String) -> PriceLevel {
            PriceLevel(price: Fixed8(price), size: Fixed8(size)!)
        }
        venue.simulator.advanceMarket(
            "BTC",
            .book(
                bids: [level(49_990, "0.001"), level(49_980, "0.5")],
                asks: [level(50_010, "0.002"), level(50_020, "0.1")]),
            at: venue.wall, wall: venue.wall)
        let book = venue.info(#"{"type":"l2Book","coin":"BTC"}"#)["levels"]
        #expect(book?[0]?.text == #"[{"px":"49990.0","sz":"0.001","n":1},{"px":"49980.0","sz":"0.5","n":1}]"#)
        #expect(venue.order(limit(0, buy: true, "51000", "0.003", tif: "Ioc")) == ["filled 0.003@50013.33333333"])
        #expect(venue.order(limit(0, buy: true, "50015", "0.001")) == ["resting"])
        venue.simulator.advanceMarket(
            "BTC", .book(bids: [level(49_980, "1")], asks: [level(50_012, "0.0004")]), at: venue.wall, wall: venue.wall)
        #expect(venue.alice.openOrders.first?.remaining == Fixed8("0.0006")!)
        // A crossed one is left out.
        venue.simulator.advanceMarket(
            "BTC", .book(bids: [level(50_100, "1")], asks: [level(50_000, "1")]), at: venue.wall, wall: venue.wall)
        #expect(venue.simulator.statistics.unusablePrices == 1)
        venue.simulator.advanceMarket("BTC", .book(bids: [], asks: []), at: venue.wall, wall: venue.wall)
        #expect(venue.info(#"{"type":"l2Book","coin":"BTC"}"#)["levels"]?[1]?.count == 20)
    }

    @Test func hugeOrdersOfOnePriceAddUpWithoutEnd() {
        var venue = Venue(balance: 1_000_000_000) {
            $0.markets[1].szDecimals = 0
            $0.markets[1].price = Fixed8("0.00001")!
            $0.markets[1].liquidity.levelValue = Fixed8(1_000_000_000)
        }
        for _ in 0..<12 {
            #expect(venue.order(limit(1, buy: true, "0.000009", "9999999999")) == ["resting"])
            _ = venue.order(limit(1, buy: true, "0.000011", "9999999999", tif: "Ioc"))
            _ = venue.order(limit(1, buy: false, "0.000009", "9999999999", tif: "Ioc"))
        }
        for figures in ["null", "2"] {
            #expect(venue.post("/info", #"{"type":"l2Book","coin":"ETH","nSigFigs":\#(figures)}"#).status == 200)
        }
        venue.trade("ETH", "0.000005", size: "9999999999")
        #expect(venue.post("/info", #"{"type":"clearinghouseState","user":"\#(Venue.alice)"}"#).status == 200)
    }
}
