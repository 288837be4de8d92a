// SPDX-License-Identifier: Apache-2.0

import Backtest
import Engine
import EngineHarness
import Strategies
import Testing
import Trading

@Suite("Watching before acting")
struct ActsFromTests {
    /// Buys and closes by turns, and notes each decision.
    private func world(_ seed: UInt64, seen: Log<Timestamp>) throws -> World {
        var world = try World([Market.walk(seed: seed, count: 300)])
        world.add(
            Scripted { _, context in
                seen.add(context.now)
                let turn = context.now.nanoseconds / TimeSpan.minutes(1).nanoseconds
                if turn % 7 == 0 { context.enter(.buy) } else if turn % 7 == 3 { context.exit() }
                context.note(.signal, .taken, because: "turn \(turn)")
                if turn % 7 == 0 { context.note(.entry, .taken, because: "turn \(turn)") }
            })
        return world
    }

    @Test(arguments: UInt64(1)...20) func strategiesSeeEverythingAndTradeFromThenOn(seed: UInt64) throws {
        let split = Market.time(150)
        let (all, late) = (Log<Timestamp>(), Log<Timestamp>())
        let whole = try world(seed, seen: all).run()
        var input = try world(seed, seen: late).input()
        input.actsFrom = split
        let result = try World.run(input)
        #expect(late.entries == all.entries)
        #expect(whole.fills.contains { $0.fill.time < split })
        #expect(!result.fills.isEmpty && result.fills.allSatisfy { $0.fill.time >= split })
        // Until then the account stands still.
        let before = zip(result.equity.times, result.equity.close).filter { $0.0 < split.nanoseconds }
        #expect(before.count > 100 && before.allSatisfy { $0.1 == 1_000_000 })
    }

    @Test func decisionsOfTradesAreKeptAlone() throws {
        var input = try world(1, seen: Log()).input()
        input.keepsDecisions = true
        let all = try World.run(input).decisions
        input.keepsOnlyTradeDecisions = true
        let ofTrades = try World.run(input).decisions
        #expect(all.contains { $0.kind == .signal } && !ofTrades.isEmpty)
        #expect(ofTrades == all.filter { $0.kind == .entry })
    }
}
