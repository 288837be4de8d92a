// SPDX-License-Identifier: Apache-2.0

import Engine
import MarketData
import Testing
import Trading
import VenueInterface

@testable import Live

@Suite("What a session asks of the past") struct PastTests {
    private static let market = InstrumentID(index: 0)

    private func bar(_ minute: Int64, close: Int64 = 100) -> Bar {
        Bar(
            openTime: Timestamp(nanoseconds: minute * 60_000_000_000), open: Price(units: 100),
            high: Price(units: max(100, close)), low: Price(units: 100), close: Price(units: close),
            volume: Quantity(units: 1))
    }

    private func minutes(_ ranges: [Range<Timestamp>]) -> [[Int64]] {
        ranges.map { [$0.lowerBound, $0.upperBound].map { $0.nanoseconds / 60_000_000_000 } }
    }

    private func ask(_ known: [Bar], from: Int64, to: Int64, isFresh: Bool = false) -> [[Int64]] {
        var past = PastBars(feeds: [(instrument: Self.market, timeframe: .oneMinute)])
        past.begin(with: known, of: Self.market, isFresh: isFresh)
        return minutes(past.ask(bar(from).openTime..<bar(to).openTime, of: Self.market))
    }

    @Test func onlyWhatIsNotKnownIsAskedFor() {
        #expect(ask([], from: 5, to: 20) == [[5, 20]])
        #expect(ask((5..<20).map { bar($0) }, from: 5, to: 20) == [])
        #expect(ask((8..<15).map { bar($0) }, from: 5, to: 20) == [[5, 20]], "one request instead of two small ones")
        let many = Array((3_000..<6_000).map { bar($0) })
        #expect(ask(many, from: 2_000, to: 7_000) == [[2_000, 3_000], [6_000, 7_000]])
        let torn = many.filter { $0.openTime != bar(4_500).openTime }
        #expect(ask(torn, from: 2_000, to: 7_000) == [[2_000, 3_000], [4_500, 4_501], [6_000, 7_000]])
    }

    @Test func gapsThatTheVenueWasJustAskedForAreNotAskedForAgain() {
        let torn = (3_000..<6_000).filter { $0 % 700 != 0 }.map { bar($0) }
        #expect(ask(torn, from: 3_000, to: 6_001, isFresh: true) == [[6_000, 6_001]])
        #expect(ask(torn, from: 2_000, to: 6_001, isFresh: true) == [[2_000, 3_000], [6_000, 6_001]])
        #expect(ask(torn, from: 3_000, to: 6_001) == [[3_500, 6_001]])
    }

    @Test func answersOfAnyOrderBecomeOnePastAndStoredBarsStay() {
        var past = PastBars(feeds: [(instrument: Self.market, timeframe: .oneMinute)])
        let known = [bar(2_000, close: 101)] + (2_001..<3_100).map { bar($0) } + (5_000..<6_100).map { bar($0) }
        past.begin(with: known, of: Self.market, isFresh: false)
        let ranges = past.ask(bar(0).openTime..<bar(8_000).openTime, of: Self.market)
        #expect(minutes(ranges) == [[0, 2_000], [3_100, 5_000], [6_100, 8_000]])
        past.add([bar(6_100), bar(7_000)], of: Self.market)
        past.answered(Self.market)
        past.add([bar(1), bar(2_000, close: 150)], of: Self.market)
        past.answered(Self.market)
        #expect(past.isWaiting(for: Self.market) && !past.isComplete)
        past.answered(Self.market)
        #expect(past.isComplete && past.gaps(Self.market) == 7_000 - 2_203)
        var shown: [Bar] = []
        while let instant = past.next() { shown += instant.bars.map(\.bar) }
        #expect(shown == [bar(1)] + known + [bar(6_100), bar(7_000)])
    }

    /// What a session takes from the venue, and what its strategies are shown, by the minutes of its market.
    private func session(
        knows known: [Int], fetched: TimeSpan? = nil, at minute: Int = 30
    ) throws -> (asked: [Int], shown: [Int]) {
        var world = try SessionWorld(count: 40)
        world.clock = .wall
        world.script = [[.linkUp]]
        let bars = world.bars[0]
        let now = Moment(wall: bars[minute].openTime + .seconds(20), monotonic: .seconds(100))
        var session = try world.session(at: now)
        #expect(session.history(of: Self.market) == .minutes(10))
        session.provide(known.map { bars[$0] }, of: Self.market, fetched: fetched.map { now.wall - $0 })
        session.handle(.start, at: now)
        session.handle(.connector(venue: 0, .answer(RequestID(0), .failure(.timedOut))), at: now)
        let asked = session.takeUnstoredBars().compactMap { bar in bars.firstIndex(of: bar.bar) }
        let shown = try world.records().flatMap { entry in
            if case .input(.history(_, let shown)) = entry.record { shown.map(\.bar) } else { [Bar]() }
        }
        return (asked, shown.compactMap { bars.firstIndex(of: $0) })
    }

    @Test func aSessionTakesFromTheVenueWhatTheStoreLacks() throws {
        let all = Array(20..<30)
        #expect(try session(knows: []) == (all, all))
        #expect(try session(knows: all) == ([], all))
        #expect(try session(knows: Array(20..<28)) == ([28, 29], all))
        #expect(try session(knows: Array(23..<30)) == ([20, 21, 22], all))
        #expect(try session(knows: [20, 21, 25, 26, 27, 28, 29]) == ([22, 23, 24], all))
    }

    @Test func withinTheCacheAgeItAsksForWhatHasClosedSinceOnly() throws {
        let torn = [20, 21, 25, 26, 27]
        #expect(try session(knows: torn, fetched: .seconds(29)) == ([28, 29], torn + [28, 29]))
        #expect(try session(knows: torn, fetched: .seconds(30)) == (Array(22..<30), Array(20..<30)))
    }
}

@Suite("Streams that a session hands over") struct UnstoredStreamsTests {
    private func heard(_ kinds: StreamKinds) throws -> [StreamRecord] {
        var world = try SessionWorld(count: 40)
        let (market, time) = (InstrumentID(index: 0), world.bars[0][0].openTime)
        let level = BookSnapshot.Level(price: Price(units: 10_000), quantity: Quantity(units: 1))
        world.script = [
            [
                .linkUp,
                .trade(
                    VenueTrade(
                        instrument: market, time: time, price: level.price, quantity: level.quantity, taker: .buy,
                        id: TradeID(1))),
                .quote(VenueQuote(instrument: market, time: time, bid: level, ask: nil)),
                .book(BookSnapshot(instrument: market, time: time, bids: [level], asks: [])),
                .context(MarketContext(instrument: market, mark: level.price)),
            ]
        ]
        let driver = try SessionDriver(world, at: time)
        driver.session.keptStreams = kinds
        for number in world.script[0].indices { driver.event(number) }
        let taken = driver.session.takeUnstoredStreams()
        #expect(taken.lost == 0 && driver.session.takeUnstoredStreams().records.isEmpty)
        #expect(taken.records.allSatisfy { $0.time == driver.now.wall })
        return taken.records
    }

    @Test func thoseThatAreWantedAndNoOthers() throws {
        func kind(_ record: StreamRecord) -> StreamKinds {
            switch record.item {
            case .trade: .trades
            case .quote: .quotes
            case .book: .books
            case .context: .contexts
            }
        }
        #expect(try heard([]).isEmpty)
        #expect(try heard([.trades, .quotes, .books, .contexts]).map(kind) == [.trades, .quotes, .books, .contexts])
        #expect(try heard(.books).map(kind) == [.books])
        #expect(try heard(.funding).map(kind) == [.contexts], "funding is made of contexts")
    }

    @Test func aShellThatTakesNothingLosesTheLatest() {
        var streams = UnstoredStreams()
        streams.kinds = .contexts
        let count = UnstoredStreams.limit + 3
        for _ in 0..<count {
            streams.add(.context(MarketContext(instrument: InstrumentID(index: 0))), .contexts, at: .epoch)
        }
        let taken = streams.take()
        #expect(taken.records.count == UnstoredStreams.limit && taken.lost == 3)
        #expect(streams.take().records.isEmpty && streams.take().lost == 0)
    }
}
