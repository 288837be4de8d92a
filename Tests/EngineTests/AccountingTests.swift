// SPDX-License-Identifier: Apache-2.0

import Backtest
import Engine
import EngineHarness
import MarketData
import Strategies
import TestSupport
import Testing
import Trading

struct AccountingTests {
    /// STR-9: strategies that trade one symbol against each other have parts that add up to the account's position, and
    /// the money that moved is the money that is there.
    @Test(arguments: 0..<200)
    func subPositionsAddUpAndMoneyIsKept(seed: Int) throws {
        var world = try World([Market.walk(seed: UInt64(seed), count: 120)])
        world.rules = TradingRules(makerFee: Rate(units: -100_000), takerFee: Rate(units: 500_000))
        for number in 0..<3 as Range<UInt64> {
            let strategy = Scripted { bar, context in
                var random = SeededRandom(seed: UInt64(seed) &* 31 &+ number &+ UInt64(bar.openTime.nanoseconds))
                switch Int.random(in: 0..<6, using: &random) {
                case 0: context.enter(.buy)
                case 1: context.enter(.sell)
                case 2: context.exit()
                default: break
                }
            }
            world.add(
                strategy, name: "s\(number)",
                plan: TradePlan(sizing: .quantity(Quantity(units: Int64(number) * 700 + 300))))
        }
        let result = try world.run()
        #expect(result.fills.count > 20)
        // By hand, from the list of fills.
        var held: [Int64] = [0, 0, 0]
        var cash = Int128(0)
        for record in result.fills {
            let fill = record.fill
            #expect(record.before.units == held[Int(fill.strategy)])
            held[Int(fill.strategy)] += fill.quantity.units
            #expect(record.after.units == held[Int(fill.strategy)])
            cash -= Int128(fill.quantity.units) * Int128(fill.price.units) * 10_000_000_000_000 + fill.fee.units
            let value = Int128(abs(fill.quantity.units)) * Int128(fill.price.units) * 10_000_000_000_000
            #expect(fill.fee.units == value / 2000, "taker fee of 0.05 %")
        }
        let last = try #require(world.feeds[0].bars.last?.close.units)
        let worth = Int128(held.reduce(0, +)) * Int128(last) * 10_000_000_000_000
        #expect(result.finalEquity - result.startEquity == Amount(units: cash + worth))
        let open = result.openPositions.reduce(into: [0, 0, 0] as [Int64]) { parts, position in
            parts[Int(position.strategy.suffix(1)) ?? 0] += position.quantity.units
        }
        #expect(open == held)
        #expect(result.ledger.isBalanced)
        let usdt = AssetID(1)
        let fees = result.fills.reduce(Amount.zero) { $0 + $1.fill.fee }
        #expect(result.ledger.total(.fees, usdt) == fees)
        #expect(result.ledger.total(.balance, usdt) == world.cash - fees - result.ledger.total(.realised, usdt))
        #expect(abs((result.equity.close.last ?? 0) - result.finalEquity.approximation) < 1e-6)
    }

    @Test func everyFillChangesTheFingerprint() throws {
        var hashes: Set<String> = []
        for quantity in [1000, 1001, 1002] as [Int64] {
            for fee in [0, 1] as [Int64] {
                var world = try World(closes: [100, 101, 102, 103, 104, 105])
                world.rules = TradingRules(takerFee: Rate(units: fee))
                world.add(
                    Scripted { _, context in context.enter(.buy) },
                    plan: TradePlan(sizing: .quantity(Quantity(units: quantity))))
                hashes.insert(try world.run().resultHash)
            }
        }
        #expect(hashes.count == 6)
    }
}
