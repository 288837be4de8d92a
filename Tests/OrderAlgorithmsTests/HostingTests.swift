// SPDX-License-Identifier: Apache-2.0

import Backtest
import Engine
import EngineHarness
import Execution
import Indicators
import OrderAlgorithms
import Simulation
import Strategies
import Testing
import Trading

/// Algorithms started by a strategy in a backtest, on the simulated venue.
@Suite("Algorithms in the engine") struct HostingTests {
    static let flat = [Double](repeating: 100, count: 12)
    static let a = InstrumentID(0)

    /// The fills of a strategy that starts an algorithm at its first bar.
    static func trades(
        _ closes: [Double], prepare: @escaping @Sendable (inout StrategySetup) throws -> Void = { _ in },
        _ make: @escaping @Sendable (StrategyContext.Market) throws -> any OrderAlgorithm
    ) throws -> [Trade] {
        var world = try World(closes: closes)
        var strategy = Scripted { _, context in
            if context.barCount() == 1 { _ = context.start(try make(StrategyContext.Market(close: context.close))) }
        }
        strategy.prepare = prepare
        world.add(strategy)
        return try world.run().trades
    }

    @Test func twapTradesSliceBySlice() throws {
        let trades = try Self.trades(Self.flat) { _ in
            try SlicedOrder(
                instrument: Self.a, side: .buy, total: Quantity(units: 1000), pace: .time(slices: 4, over: .minutes(8)))
        }
        #expect(trades == [1, 3, 5, 7].map { Trade($0, 250, at: 10_000) })
    }

    @Test func anIcebergShowsItsNextPartAfterTheOneBefore() throws {
        // The limit is at 99; the market comes there before minute 4, when the next part is sent.
        let closes: [Double] = [100, 100, 100, 98, 98, 98, 98, 98, 98, 98]
        let trades = try Self.trades(closes) { _ in
            try SlicedOrder(
                instrument: Self.a, side: .buy, total: Quantity(units: 500),
                pace: .iceberg(display: Quantity(units: 200)),
                style: .limit(Price(units: 9_900), isPostOnly: false))
        }
        #expect(trades.map(\.quantity) == [200, 200, 100])
        #expect(trades.map(\.minute) == [4, 4, 5])
    }

    @Test func averagingBuysEachTimeThePriceIsLower() throws {
        let trades = try Self.trades([100, 99.5, 99, 99.5, 98, 97.9, 95, 95]) { _ in
            try SlicedOrder(
                instrument: Self.a, side: .buy, total: Quantity(units: 900),
                pace: .averaging(slices: 3, every: nil, drop: Rate(units: 10_000_000)))
        }
        #expect(trades == [Trade(1, 300, at: 10_000), Trade(3, 300, at: 9_900), Trade(5, 300, at: 9_800)])
    }

    @Test func aConditionOnAnIndicatorStartsAnOrder() throws {
        let trades = try Self.trades(
            [100, 100, 100, 110, 120, 120, 120],
            prepare: { setup in
                _ = try setup.indicator("sma", ["period": .integer(2)])
                setup.startImmediately()
            }
        ) { _ in
            try ConditionalOrder(
                .compare(.close(Self.a), .above, .input(.indicator(0, output: 0))),
                then: try SingleOrder(
                    OrderRequest(instrument: Self.a, side: .buy, type: .market, quantity: Quantity(units: 10))))
        }
        #expect(trades == [Trade(4, 10, at: 11_000)])
    }

    @Test func outsideDataReachesConditionsFromTheStrategy() throws {
        var world = try World(closes: Self.flat)
        world.add(
            Scripted { _, context in
                if context.barCount() == 1 {
                    let order = try SingleOrder(
                        OrderRequest(instrument: Self.a, side: .sell, type: .market, quantity: Quantity(units: 7)))
                    context.start(
                        try ConditionalOrder(
                            .compare(.input(.external("fear")), .atLeast, .constant(80)), then: order))
                }
                if context.barCount() == 4 { context.setExternal("fear", 85) }
            })
        #expect(try world.run().trades.map(\.minute) == [5])
    }

    /// PRP 21: stops never loosen, whatever the volatility does; levels are what the venue reports after each change.
    @Test(arguments: UInt64(0)..<200)
    func aTrailingStopFollowsTheVolatilityAndNeverLoosens(seed: UInt64) throws {
        let log = Log<Int64>()
        var world = try World([Market.walk(seed: seed, count: 300)])
        let isLong = seed % 2 == 0
        var strategy = Scripted { _, context in
            guard context.barCount() == 30 else { return }
            _ = context.submit(
                OrderRequest(
                    instrument: Self.a, side: isLong ? .buy : .sell, type: .market, quantity: Quantity(units: 10)))
            context.start(
                try TrailingStop(
                    instrument: Self.a, side: isLong ? .sell : .buy, quantity: Quantity(units: 10),
                    distance: .volatility(.indicator(0, output: 0), multiple: 4)))
        }
        strategy.prepare = { setup in _ = try setup.indicator("atr", ["period": .integer(5)]) }
        strategy.order = { order, _ in
            if case .price(let level) = order.request.trigger, order.request.type == .trailingStop {
                log.add(isLong ? level.units : -level.units)
            }
        }
        world.add(strategy)
        let result = try world.run()
        #expect(result.fills.first?.after.magnitude.units == 10)
        if result.fills.count > 1 { #expect(result.fills[1].fill.reason == .trailingStop) }
        #expect(log.entries == log.entries.sorted())
        if result.fills.count == 1 { #expect(log.entries.count > 1) }
    }

    /// Two markets: what fills on one is taken off the order on the other, which fills no more.
    @Test func oneCancelsTheOtherAcrossMarkets() throws {
        var world = try World([
            Market.bars(closes: [100, 100, 100, 98, 98, 98, 98, 98]),
            Market.bars(closes: [100, 100, 100, 100, 100, 98, 98, 98]),
        ])
        let log = Log<AlgorithmStatus>()
        world.add(
            Scripted { _, context in
                if context.barCount() == 1 {
                    context.start(
                        try LinkedOrders(
                            legs: (0..<2).map {
                                OrderRequest(
                                    instrument: InstrumentID(UInt32($0)), side: .buy, type: .limit,
                                    quantity: Quantity(units: 100), limit: Price(units: 9_900))
                            }))
                }
                if let status = context.algorithms.first { log.add(status) }
            })
        let result = try world.run()
        #expect(result.trades == [Trade(4, 100, at: 9_900)])
        #expect(result.fills.allSatisfy { $0.fill.instrument == Self.a })
        #expect(log.entries.last?.isFinished == true)
        #expect(log.entries.last?.lastReason == .completed)
        #expect(log.entries.last?.execution == .emulated)
    }

    @Test func anAlgorithmCanBeStopped() throws {
        var world = try World(closes: Self.flat)
        let running = Log<AlgorithmID>()
        world.add(
            Scripted { _, context in
                if context.barCount() == 1 {
                    let twap = try SlicedOrder(
                        instrument: Self.a, side: .buy, total: Quantity(units: 1000),
                        pace: .time(slices: 10, over: .minutes(10)))
                    if let id = context.start(twap) { running.add(id) }
                }
                if context.barCount() == 4, let id = running.entries.first { context.stop(id) }
            })
        // The slice that was decided before the strategy was called is on its way.
        #expect(try world.run().trades.map(\.minute) == [1, 2, 3, 4])
    }
}

extension StrategyContext {
    /// What an algorithm in these tests may be made from.
    struct Market: Sendable {
        let close: Double
    }
}
