// SPDX-License-Identifier: Apache-2.0

import Backtest
import Engine
import EngineHarness
import Execution
import MarketData
import OrderAlgorithms
import Strategies
import TestSupport
import Testing
import Trading

@Suite("Data from outside in a backtest")
struct ExternalDataTests {
    private func input(_ bars: [Bar], _ feed: ExternalFeed?, _ strategy: any Strategy = MoodFollower()) throws
        -> BacktestInput
    {
        var world = try World([bars])
        world.add(strategy)
        var input = try world.input()
        input.external = feed.map { [$0] } ?? []
        return input
    }

    private func observed(_ valueMinute: Int, _ knownMinute: Int, _ value: Double) -> ExternalObservation {
        ExternalObservation(valueTime: Market.time(valueMinute), knownAt: Market.time(knownMinute), value: value)
    }

    @Test func aValueIsReadFromWhenItIsKnownUntilItIsTooOld() throws {
        let log = Log<Double>()
        var strategy = Scripted { _, context in log.add(context.external(ExternalHandle(index: 0))) }
        strategy.prepare = { setup in
            let handle = try setup.external("mood")
            #expect(handle == ExternalHandle(index: 0))
        }
        // The bar of minute n closes at n + 1. Known at its close is known: the close itself comes no earlier.
        let feed = try Market.feed(
            [observed(1, 3, 5), observed(1, 4, 6), observed(0, 5, 7)], maxAge: .minutes(5))
        _ = try World.run(try input(Market.bars(closes: Array(repeating: 100, count: 9)), feed, strategy))
        #expect(log.entries.map { $0.isNaN ? -1 : $0 } == [-1, -1, 5, 6, 6, 6, -1, -1, -1])
    }

    /// Up to T everything is as it was, whatever became known later, was never known, or was revised later.
    @Test(arguments: UInt64(0)..<200)
    func whatIsKnownLaterChangesNothingBefore(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let bars = Market.walk(seed: seed, count: 240, hasGaps: seed % 3 == 0)
        let all = Market.mood(seed: seed, minutes: 240)
        let cut = Market.time(Int.random(in: 60..<200, using: &random))
        let known = all.filter { $0.knownAt <= cut }
        let later = all.filter { $0.knownAt > cut }
        let revised = known.map { found in
            ExternalObservation(
                valueTime: found.valueTime, knownAt: cut + .seconds(Int64.random(in: 1...900, using: &random)),
                value: -found.value)
        }
        let added = Market.mood(seed: seed &+ 999, minutes: 240).filter { $0.knownAt > cut }
        let changed = later.map { found in
            ExternalObservation(valueTime: found.valueTime, knownAt: found.knownAt, value: found.value + 1)
        }
        let (whole, expected) = try World.run(try input(bars, Market.feed(all)), at: [cut])
        #expect(!whole.fills.isEmpty)
        for other in [[], later + added, later + revised, changed, added + revised] {
            let feed = try Market.feed(Self.withoutContradictions(known + other))
            let (_, hashes) = try World.run(try input(bars, feed), at: [cut])
            #expect(hashes == expected, "cut at \(cut)")
        }
        // The test can fail: values that were known before do make a difference.
        let turned = known.map { found in
            ExternalObservation(valueTime: found.valueTime, knownAt: found.knownAt, value: -1 - found.value)
        }
        let (_, different) = try World.run(try input(bars, Market.feed(turned + later)), at: [cut])
        #expect(different != expected)
    }

    /// The first of those that say something of one value time at one time.
    private static func withoutContradictions(_ all: [ExternalObservation]) -> [ExternalObservation] {
        var taken: Set<[Int64]> = []
        return all.filter { taken.insert([$0.valueTime.nanoseconds, $0.knownAt.nanoseconds]).inserted }
    }

    @Test func cuttingTakesAwayWhatWasNotKnown() throws {
        let feed = try Market.feed([observed(1, 3, 5), observed(1, 30, 6), observed(4, 31, 7)])
        let cut = try input(Market.walk(seed: 1, count: 60), feed).cut(at: Market.time(30))
        #expect(cut.external[0].series.observations == [observed(1, 3, 5), observed(1, 30, 6)])
    }

    @Test(arguments: UInt64(0)..<10)
    func theLookaheadCheckIsCleanAndCatchesACheat(seed: UInt64) throws {
        let bars = Market.walk(seed: seed, count: 400)
        let feed = try Market.feed(Market.mood(seed: seed, minutes: 400, count: 120))
        let honest = try LookaheadCheck.run { _ in try input(bars, feed) }
        #expect(honest.isClean && honest.cuts.count == 12)
        // It knows how the series will go on.
        let cheat = try LookaheadCheck.run { cut in
            let series = cut.map { feed.series.known(by: $0) } ?? feed.series
            return try input(
                bars, feed,
                Scripted { _, context in
                    let later = series.value(at: context.now + .minutes(20), maxAge: .minutes(30))
                    if later < 0 { context.enter(.buy) } else { context.enter(.sell) }
                })
        }
        #expect(!cheat.isClean)
    }

    @Test func conditionsOfOrdersReadTheSameValues() throws {
        let strategy = Scripted { _, context in
            // The name belongs to the series: what is set under it is not looked at.
            context.setExternal("mood", 100)
            guard context.barCount() == 1 else { return }
            let order = try SingleOrder(
                OrderRequest(
                    instrument: context.instrument.id, side: .buy, type: .market, quantity: Quantity(units: 7)))
            context.start(
                try ConditionalOrder(.compare(.input(.external("mood")), .atLeast, .constant(80)), then: order))
        }
        let feed = try Market.feed([observed(0, 1, 20), observed(2, 4, 85)])
        let result = try World.run(try input(Market.bars(closes: Array(repeating: 100, count: 9)), feed, strategy))
        #expect(result.trades == [Trade(4, 7, at: 10_000)])
    }

    @Test(
        arguments: [
            (nil, "There is no"), ("fear", "or choose one of: fear"),
        ] as [(String?, String)])
    func aSeriesThatIsNotThereIsAnError(name: String?, text: String) throws {
        let feed = try name.map { ExternalFeed(name: $0, maxAge: .days(1), series: try ExternalSeries([])) }
        #expect {
            _ = try World.run(try input(Market.walk(seed: 1, count: 10), feed))
        } throws: {
            let message = "\($0)"
            return message.contains("external.mood") && (name == nil || message.contains(text))
        }
    }

    /// Nothing configured, nothing changed.
    @Test func aRunThatReadsNothingIsTheSameWithAndWithoutIt() throws {
        let bars = Market.walk(seed: 4, count: 300)
        let eager = Scripted { bar, context in bar.close > bar.open ? context.enter(.buy) : context.exit() }
        let feed = try Market.feed(Market.mood(seed: 4, minutes: 300))
        let (one, two) = (try World.run(try input(bars, nil, eager)), try World.run(try input(bars, feed, eager)))
        #expect(one.resultHash == two.resultHash && one.orders > 0)
    }
}
