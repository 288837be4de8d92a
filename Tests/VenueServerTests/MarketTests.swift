// SPDX-License-Identifier: Apache-2.0

import HyperliquidSimulator
import TestSupport
import Testing
import Trading

@testable import VenueServer

@Suite struct MarketTests {
    @Test(
        "Prices fall on the venue's grid",
        arguments: [
            ("43210.57", 5, "43211"), ("4367.13", 5, "4367.1"), ("123456.7", 5, "123457"), ("99999.5", 5, "100000"),
            ("3000.123", 4, "3000.1"), ("0.123456", 0, "0.12346"), ("0.00001234", 0, "0.000012"),
            ("1.23456", 2, "1.2346"),
            ("0.0000001", 0, "0.000001"), ("7.0", 2, "7"),
        ])
    func grid(price: String, szDecimals: Int, expected: String) throws {
        let rounded = MarketGrid(szDecimals: szDecimals, isSpot: false).price(try #require(Fixed8(price)))
        #expect(rounded == Fixed8(expected), "\(rounded)")
    }

    @Test("A volume is four whole lots or more", arguments: UInt64(0)..<50)
    func volumes(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let decimals = Int.random(in: 0...5, using: &random)
        let volume = Fixed8(units: Int128(Int64.random(in: 0...1_000_000_000_000, using: &random)))
        let rounded = MarketGrid(szDecimals: decimals, isSpot: false).volume(volume)
        var lot: Int128 = 100_000_000
        for _ in 0..<decimals { lot /= 10 }
        #expect(rounded.units % (4 * lot) == 0 && rounded > .zero)
        #expect(rounded <= volume || rounded.units == 4 * lot)
    }

    private func bars(_ count: Int64, from start: Int64) -> [MarketBar] {
        (0..<count).map { number in
            MarketBar(
                openTime: Timestamp(seconds: start + number * 60), open: Fixed8(100), high: Fixed8(102),
                low: Fixed8(99), close: Fixed8(101), volume: Fixed8(8))
        }
    }

    @Test("Several markets come in the order of time, and of the markets where it is the same")
    func order() {
        var feed = MarketFeed(replays: [
            BarReplay(bars: bars(5, from: 60), length: .minutes(1)),
            BarReplay(bars: bars(5, from: 0), length: .minutes(1)),
        ])
        var seen: [(Timestamp, Int)] = []
        while let event = feed.next() { seen.append((event.time, event.market)) }
        #expect(seen.count == 40)
        #expect(zip(seen, seen.dropFirst()).allSatisfy { ($0.0, $0.1) <= ($1.0, $1.1) })
        #expect(feed.nextTime == nil)
    }

    @Test(
        "A made-up market is the same for the same seed, on the grid, and never far from home",
        arguments: MarketShape.allCases)
    func generated(shape: MarketShape) throws {
        let grid = MarketGrid(szDecimals: 5, isSpot: false)
        func prices(_ seed: UInt64) -> [Fixed8] {
            var generator = MarketGenerator(
                shape: shape, price: Fixed8(60_000), grid: grid, seed: seed, start: .epoch,
                end: Timestamp(seconds: 8000)
            )
            var prices: [Fixed8] = []
            var isEverythingTraded = true
            while case .trade(let price, let size, _) = generator.next() {
                prices.append(price)
                isEverythingTraded = isEverythingTraded && size > .zero
            }
            #expect(isEverythingTraded)
            return prices
        }
        let first = prices(1)
        #expect(first.count == 8000 && first == prices(1) && first != prices(2))
        #expect(first.allSatisfy { grid.price($0) == $0 })
        let (low, high) = (try #require(first.min()), try #require(first.max()))
        let fall = Double(low.units) / Double(high.units)
        switch shape {
        case .crash: #expect((0.7..<0.85).contains(fall))
        case .trend, .range, .thin: #expect((0.9..<1).contains(fall))
        case .gap: #expect((0.85..<1).contains(fall))
        }
    }

    @Test("A crash or gap at a chosen minute is the only one", arguments: [MarketShape.crash, .gap])
    func atAMinute(shape: MarketShape) {
        let event: Int64 = 100 * 60
        var generator = MarketGenerator(
            shape: shape, price: Fixed8(3000), grid: MarketGrid(szDecimals: 4, isSpot: false), seed: 7, start: .epoch,
            end: Timestamp(seconds: 20_000), event: Timestamp(seconds: event))
        var prices: [Double] = []
        while case .trade(let price, _, _) = generator.next() { prices.append(Double(price.units)) }
        // Of each trade and the one three minutes before it.
        let falls = (180..<prices.count).filter { prices[$0] < prices[$0 - 180] * 0.98 }
        #expect(falls.first.map { event...event + 30 ~= Int64($0) } == true)
        #expect(falls.allSatisfy { $0 < event + 900 })
        let after = Double(prices[Int(event) + 180]) / prices[Int(event) - 5]
        #expect(shape == .crash ? (0.75..<0.85).contains(after) : (0.94..<0.99).contains(after))
    }

    @Test("What is history and what comes fit together")
    func history() throws {
        var generator = MarketGenerator(
            shape: .range, price: Fixed8(3000), grid: MarketGrid(szDecimals: 4, isSpot: false), seed: 4, start: .epoch)
        let bars = generator.history(until: Timestamp(seconds: 600))
        #expect(bars.map(\.openTime) == (0..<10).map { Timestamp(seconds: $0 * 60) })
        #expect(
            bars.allSatisfy { $0.low <= $0.open && $0.open <= $0.high && $0.low <= $0.close && $0.close <= $0.high })
        #expect(generator.nextTime == Timestamp(seconds: 600))
    }

    @Test("Market time goes as fast as asked", arguments: [1.0, 60, 0.5, 1e8])
    func pace(speed: Double) {
        let pace = MarketPace(speed: speed)
        let start = Timestamp(seconds: 1_700_000_000)
        let market = pace.market(after: .seconds(10), from: start)
        #expect(market == start + TimeSpan(nanoseconds: Int64(1e10 * speed)))
        #expect(pace.wall(until: market, from: start) == .seconds(10))
        #expect(MarketPace(speed: nil).market(after: .zero, from: start) == .distantFuture)
    }
}
