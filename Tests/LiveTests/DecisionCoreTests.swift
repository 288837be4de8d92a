// SPDX-License-Identifier: Apache-2.0

import Backtest
import Engine
import EngineHarness
import MarketData
import Simulation
import Strategies
import TestSupport
import Testing
import Trading

@testable import Live

@Suite("A paper session decides like a backtest")
struct DecisionCoreTests {
    static func world(seed: UInt64, latency: TimeSpan) throws -> World {
        var world = try World([Market.walk(seed: seed, count: 600), Market.walk(seed: seed + 1, count: 600)])
        world.simulation.latency = latency
        let registry = StrategyRegistry.builtIn
        for (index, type) in ["ema_cross", "bollinger"].enumerated() {
            guard let definition = try? registry.definition(named: type) else { continue }
            let strategy = try registry.make(type, parameters: try StrategyParameters([:], for: definition))
            world.add(
                strategy, name: "s\(index)", instrument: UInt32(index),
                timeframe: index == 0 ? .oneMinute : .fiveMinutes,
                plan: TradePlan(
                    sizing: .quantity(Quantity(units: 1000)), stopLoss: Rate(units: 10_000_000),
                    takeProfit: Rate(units: 20_000_000), trailingStop: Rate(units: 15_000_000)))
        }
        return world
    }

    static func setup(_ input: BacktestInput, keeps: Int = 1000) -> DecisionSetup {
        DecisionSetup(
            account: input.account, deposits: input.deposits,
            feeds: input.feeds.map { feed in
                feed.map {
                    DecisionSetup.Feed(
                        timeframe: $0.timeframe, quantityDecimals: $0.quantityDecimals, keeps: keeps)
                }
            }, strategies: input.strategies, simulation: input.simulation,
            start: input.feeds.compactMap { $0?.firstOpenTime }.min() ?? .epoch)
    }

    /// What a session does on paper: the orders decided on reach the simulated venue.
    static func run(_ instant: DecisionInput, _ core: inout DecisionCore) throws {
        if try !core.apply(instant).isEmpty { _ = try core.apply(.paperOrders(refused: [])) }
    }

    static func instants(_ input: BacktestInput) -> [DecisionInput] {
        var byClose: [Timestamp: [InstrumentBar]] = [:]
        for (index, feed) in input.feeds.enumerated() {
            guard let feed else { continue }
            for bar in feed.bars {
                byClose[bar.openTime + feed.timeframe.span, default: []].append(
                    InstrumentBar(InstrumentID(index: index), bar))
            }
        }
        return byClose.keys.sorted().map { .instant(ClosedInstant(close: $0, bars: byClose[$0] ?? [])) }
    }

    @Test(arguments: [UInt64](0..<20), [TimeSpan.zero, .milliseconds(100)])
    func theSameBarsGiveTheSameRun(seed: UInt64, latency: TimeSpan) throws {
        let input = try Self.world(seed: seed, latency: latency).input()
        let backtest = try World.run(input)
        var core = try DecisionCore(Self.setup(input))
        for instant in Self.instants(input) { try Self.run(instant, &core) }
        #expect(backtest.orders > 0)
        #expect(core.engine.resultHash.text == backtest.resultHash)
    }

    /// What a strategy can look back on is forgotten in time; what it decides does not change.
    @Test func forgettingOldBarsChangesNoDecision() throws {
        let input = try Self.world(seed: 3, latency: .milliseconds(100)).input()
        var all = try DecisionCore(Self.setup(input, keeps: 100_000))
        var few = try DecisionCore(Self.setup(input, keeps: 10))
        for instant in Self.instants(input) {
            try Self.run(instant, &all)
            try Self.run(instant, &few)
        }
        #expect(all.engine.resultHash == few.engine.resultHash)
    }

    /// Strategies that were shown the past decide as those that traded through it, except that they did not trade.
    @Test func thePastIsSeenAndNotActedOn() throws {
        let input = try Self.world(seed: 5, latency: .milliseconds(100)).input()
        var core = try DecisionCore(Self.setup(input))
        for case .instant(let instant) in Self.instants(input).prefix(300) {
            #expect(try core.apply(.history(close: instant.close, instant.bars)).isEmpty)
        }
        #expect(core.engine.ordersSubmitted == 0)
        #expect(core.engine.warmStrategies == [true, true])
        for instant in Self.instants(input).dropFirst(300) { try Self.run(instant, &core) }
        #expect(core.engine.ordersSubmitted > 0)
    }
}
