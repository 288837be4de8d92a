// SPDX-License-Identifier: Apache-2.0

import Backtest
import Engine
import EngineHarness
import Glibc
import Indicators
import MarketData
import Simulation
import Strategies
import TestSupport
import Testing
import Trading

/// PRP 28 and 29: nothing depends on what comes later, and equal inputs give equal results.
struct FutureTests {
    /// Two symbols, one with gaps, and strategies of several kinds with everything that can protect a position.
    private func makeWorld(seed: Int, bars: [[Bar]]? = nil, count: Int = 160) throws -> World {
        let seed = UInt64(seed)
        let walks = [
            Market.walk(seed: seed &* 2, count: count), Market.walk(seed: seed &* 2 &+ 1, count: count, hasGaps: true),
        ]
        var world = try World(bars ?? walks)
        var plan = TradePlan(sizing: .notional(Amount(whole: 5_000)))
        plan.stopLoss = Rate(units: 10_000_000)
        plan.takeProfit = Rate(units: 20_000_000)
        plan.trailingStop = Rate(units: 15_000_000)
        let registry = StrategyRegistry.builtIn
        func make(_ name: String, _ values: [String: ParameterValue]) throws -> any Strategy {
            let definition = try registry.definition(named: name)
            return try registry.make(name, parameters: StrategyParameters(values, for: definition))
        }
        world.add(
            try make("ema_cross", ["fast_period": 2, "slow_period": 5, "warmup_bars": 5, "direction": "both"]),
            name: "a", instrument: 0, plan: plan)
        world.add(try make("rsi", ["period": 3, "direction": "both"]), name: "b", instrument: 1, plan: plan)
        world.add(
            try make("bollinger", ["period": 4, "deviations": 1, "direction": "both"]), name: "c", instrument: 0,
            timeframe: .fiveMinutes, plan: plan)
        // Reads every way there is of seeing a bar.
        world.add(
            Scripted { bar, context in
                let before = context.bar(ago: 1)?.close.units ?? 0
                let close = Int64((context.close * 100).rounded())
                switch (bar.close.units + bar.high.units + close + before) % 5 {
                case 0: context.enter(.buy)
                case 1: context.enter(.sell)
                case 2: context.exit()
                default: break
                }
            }, name: "d", instrument: 1, plan: plan)
        world.simulation.volumeLimit = Rate(units: 500_000_000)
        if seed % 3 == 0 { world.simulation.latency = .zero }
        return world
    }

    @Test(arguments: 0..<220)
    func nothingUpToNowDependsOnWhatComesLater(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed) &+ 1_000_000)
        let cut = Int.random(in: 30...150, using: &random)
        let world = try makeWorld(seed: seed)
        let now = Market.time(cut)
        let earlier = Market.time(cut / 2)
        let (full, hashes) = try World.run(world.input(), at: [earlier, now])
        let (short, shortHashes) = try World.run(world.input().cut(at: now), at: [earlier, now])
        #expect(hashes == shortHashes, "the rest was cut off")

        // The same up to now, and other prices, gaps and volumes from then on.
        let changed = world.feeds.indices.map { index in
            let other = Market.walk(seed: random.next(), count: 160, hasGaps: true)
            let closedBy = now.nanoseconds - Market.minute
            return world.feeds[index].bars.filter { $0.openTime.nanoseconds <= closedBy }
                + other.filter { $0.openTime.nanoseconds > closedBy }
        }
        let (other, otherHashes) = try World.run(makeWorld(seed: seed, bars: changed).input(), at: [earlier, now])
        #expect(hashes == otherHashes, "the rest was replaced")
        #expect(other.resultHash != full.resultHash, "the test can tell runs apart")

        let known = short.equity.times.count
        #expect(short.equity.times.allSatisfy { $0 <= now.nanoseconds }, "only what had closed was left")
        #expect(Array(full.equity.close.prefix(known)) == short.equity.close)
        #expect(Array(full.equity.times.prefix(known)) == short.equity.times)
        // What resting orders did at an opening price of `now` belongs to a bar that is not over.
        let fills = full.fills.filter { $0.fill.time < now }
        #expect(short.fills.filter { $0.fill.time < now } == fills)
        #expect(other.fills.filter { $0.fill.time < now } == fills)
    }

    @Test(arguments: 0..<50)
    func equalInputsGiveEqualResults(seed: Int) throws {
        let first = try makeWorld(seed: seed).run()
        let second = try makeWorld(seed: seed).run()
        #expect(first.resultHash == second.resultHash && first.fills == second.fills)
        #expect(first.equity.close == second.equity.close && first.finalEquity == second.finalEquity)
        #expect(first.orders > 5 && first.fills.count > 5)
        #expect(try makeWorld(seed: seed + 1000).run().resultHash != first.resultHash)
    }

    @Test func theResultIsTheSameInEveryTimeZone() throws {
        let before = getenv("TZ").map { String(cString: $0) }
        defer {
            if let before { setenv("TZ", before, 1) } else { unsetenv("TZ") }
            tzset()
        }
        var hashes: Set<String> = []
        for zone in ["UTC", "America/St_Johns", "Pacific/Kiritimati"] {
            setenv("TZ", zone, 1)
            tzset()
            hashes.insert(try makeWorld(seed: 7).run().resultHash)
        }
        #expect(hashes.count == 1)
    }

    /// A strategy on one symbol does not notice another symbol, nor which number it has.
    @Test(arguments: 0..<200)
    func severalSymbolsAtOnceEqualEachAlone(seed: Int) throws {
        let walks = (0..<3).map { Market.walk(seed: UInt64(seed * 3 + $0), count: 150, hasGaps: $0 == 1) }
        func world(_ order: [Int]) throws -> World {
            var world = try World(order.map { walks[$0] })
            let registry = StrategyRegistry.builtIn
            let definition = try registry.definition(named: "ema_cross")
            let parameters = try StrategyParameters(
                ["fast_period": 2, "slow_period": 4, "warmup_bars": 3, "direction": "both"], for: definition)
            for index in order.indices {
                world.add(
                    try registry.make("ema_cross", parameters: parameters), name: "s\(index)", instrument: UInt32(index)
                )
            }
            return world
        }
        func trades(_ result: BacktestResult, of index: Int) -> [Trade] {
            zip(result.fills, result.trades).filter { $0.0.fill.instrument.index == index }.map(\.1)
        }
        let together = try world([0, 1, 2]).run()
        let turned = try world([2, 0, 1]).run()
        var profit = Amount.zero
        for symbol in 0..<3 {
            let alone = try world([symbol]).run()
            #expect(alone.fills.count > 2)
            #expect(trades(together, of: symbol) == alone.trades)
            #expect(trades(turned, of: (symbol + 1) % 3) == alone.trades)
            profit += alone.finalEquity - alone.startEquity
        }
        #expect(together.finalEquity - together.startEquity == profit)
        #expect(turned.finalEquity == together.finalEquity)
        #expect(together.ledger.isBalanced)
    }
}
