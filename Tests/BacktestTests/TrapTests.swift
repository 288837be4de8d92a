// SPDX-License-Identifier: Apache-2.0

import Backtest
import Engine
import EngineHarness
import Execution
import Indicators
import MarketData
import Simulation
import Statistics
import Strategies
import Testing
import Trading

/// The traps of back-testing that whole runs can fall into, by their numbers. Fills inside bars (3.3 to 3.6, 3.12) are
/// in the scenarios, look-ahead (3.1) in `LookaheadTests`, the same close (3.8) in `ContractTests`.
@Suite("Traps")
struct TrapTests {
    private static let rates = TradingRules(makerFee: Rate(units: -100_000), takerFee: Rate(units: 450_000))

    private func unlimited(_ world: inout World) { world.simulation.volumeLimit = nil }

    @Test("3.2: a bar is known at its close, not at its open")
    func knownAtTheClose() throws {
        var world = try World(closes: [100, 101, 102, 103])
        let log = Log<(Timestamp, Timestamp)>()
        world.add(Scripted { bar, context in log.add((bar.openTime, context.now)) })
        _ = try world.run()
        #expect(log.entries.count == 4)
        for (opened, now) in log.entries { #expect(now == opened + .minutes(1)) }
    }

    @Test("3.7: an order waits for a price newer than itself, however long that takes")
    func waitsForData() throws {
        let bars = Market.bars(closes: [100, 101, 102]) + [Market.bar(30, 150, 152, 149, 151)]
        var world = try World([bars, Market.bars(closes: Array(repeating: 50, count: 40))])
        unlimited(&world)
        world.add(Scripted { bar, context in if bar.openTime == Market.time(2) { context.enter(.buy) } })
        let result = try world.run()
        // Neither at the stale 102 nor at a time without data, although the other market went on.
        #expect(result.trades == [Trade(30, 1000, at: 150_00)])
        var without = try World([Array(bars.prefix(3)), Market.bars(closes: Array(repeating: 50, count: 40))])
        unlimited(&without)
        without.strategies = world.strategies
        #expect(try without.run().fills.isEmpty)
    }

    @Test("3.11: longer bars in a run are those that plain grouping gives", arguments: UInt64(0)..<50)
    func longerBars(seed: UInt64) throws {
        let bars = Market.walk(seed: seed, count: 400, hasGaps: seed % 2 == 1)
        var world = try World([bars])
        let log = Log<Bar>()
        world.add(Scripted { bar, _ in log.add(bar) }, timeframe: .fiveMinutes)
        _ = try world.run()
        let length = Timeframe.fiveMinutes.nanoseconds
        var expected: [Bar] = []
        for bar in bars {
            let bucket = bar.openTime.nanoseconds / length * length
            if let last = expected.last, last.openTime.nanoseconds == bucket {
                expected[expected.count - 1] = Bar(
                    openTime: last.openTime, open: last.open, high: max(last.high, bar.high),
                    low: min(last.low, bar.low),
                    close: bar.close, volume: last.volume + bar.volume)
            } else {
                expected.append(
                    Bar(
                        openTime: Timestamp(nanoseconds: bucket), open: bar.open, high: bar.high, low: bar.low,
                        close: bar.close, volume: bar.volume))
            }
        }
        // One that the data begins inside is dropped; the last one may still be open.
        if let first = bars.first, first.openTime.nanoseconds % length != 0 { expected.removeFirst() }
        #expect(log.entries.count >= expected.count - 1)
        #expect(log.entries == Array(expected.prefix(log.entries.count)))
    }

    @Test("3.14: fees and rebates are exact to the last digit", arguments: UInt64(0)..<50)
    func fees(seed: UInt64) throws {
        var world = try World([Market.walk(seed: seed, count: 300)])
        unlimited(&world)
        world.rules = Self.rates
        world.add(
            Scripted { bar, context in
                let number = bar.openTime.nanoseconds / Market.minute
                let isBuy = number % 2 == 0
                let quantity = Quantity(units: 1 + number % 977)
                context.submit(
                    OrderRequest(
                        instrument: context.instrument.id, side: isBuy ? .buy : .sell,
                        type: number % 3 == 0 ? .market : .limit, quantity: quantity,
                        limit: bar.close + PriceDistance(units: isBuy ? -50 : 50)))
            })
        let result = try world.run()
        #expect(Set(result.fills.map(\.fill.liquidity)).count == 2)
        // In 10^-14: cents × thousandths × 10^-9.
        var (cash, position, fees) = (Int128(0), Int128(0), Int128(0))
        for fill in result.fills.map(\.fill) {
            let value = Int128(fill.price.units) * Int128(fill.quantity.units)
            let rate = Int128(fill.liquidity == .maker ? -100_000 : 450_000)
            let fee = abs(value) * rate
            #expect(fill.fee.units == fee * 10_000)
            cash -= value * 1_000_000_000
            position += Int128(fill.quantity.units)
            fees += fee
        }
        let last = try #require(world.feeds[0].bars.last).close.units
        let expected = (cash + position * Int128(last) * 1_000_000_000 - fees) * 10_000
        #expect((result.finalEquity - result.startEquity).units == expected)
    }

    // MARK: 3.15 Funding

    /// Trades back and forth on minutes, with funding each ten minutes.
    private func funded(_ seed: UInt64, rates: [DatedFunding]) throws -> (World, BacktestResult) {
        var world = try World([Market.walk(seed: seed, count: 300)])
        unlimited(&world)
        world.add(
            Scripted { bar, context in
                let number = bar.openTime.nanoseconds / Market.minute
                guard number % 7 == 3 else { return }
                context.submit(
                    OrderRequest(
                        instrument: context.instrument.id, side: number % 5 < 3 ? .buy : .sell, type: .market,
                        quantity: Quantity(units: 1 + number % 400)))
            })
        var input = try world.input()
        input.funding = [rates]
        return (world, try World.run(input))
    }

    private func schedule(_ minutes: StrideTo<Int>) -> [DatedFunding] {
        minutes.map { DatedFunding(time: Market.time($0), rate: 0.000_01 * Double($0 % 90) - 0.000_2) }
    }

    @Test(
        "3.15: funding is the position then held, at the last price, at the dated rate: exactly",
        arguments: UInt64(0)..<50)
    func fundingIsExact(seed: UInt64) throws {
        let rates = schedule(stride(from: 10, to: 300, by: 10))
        let (world, result) = try funded(seed, rates: rates)
        let bars = world.feeds[0].bars
        var expected = Amount.zero
        for rate in rates {
            let held = result.fills.filter { $0.fill.time < rate.time }.reduce(Int128(0)) {
                $0 + Int128($1.fill.quantity.units)
            }
            guard let bar = bars.last(where: { $0.openTime + .minutes(1) <= rate.time }) else { continue }
            // 10^-5 of the value times 10^-6 of the rate; the ledger has 10^-18.
            let millionths = Int128((rate.rate * 1e6).rounded())
            expected += Amount(units: held * Int128(bar.close.units) * millionths * 10_000_000)
        }
        #expect(result.funding.reduce(Amount.zero) { $0 + $1.payment.amount } == expected)
        let without = try funded(seed, rates: []).1
        #expect(without.finalEquity - result.finalEquity == expected)
    }

    @Test("3.15: without data nothing is charged, and that is said")
    func noFundingData() throws {
        let result = try funded(1, rates: []).1
        #expect(result.funding.isEmpty && result.unfundedSymbols == ["AUSDT"])
        #expect(try funded(1, rates: schedule(stride(from: 10, to: 20, by: 10))).1.unfundedSymbols == [])
    }

    @Test("3.15: every payment is in a trade, those of the moment of a fill too", arguments: UInt64(0)..<50)
    func fundingOfTrades(seed: UInt64) throws {
        // Fills at the open and funding on the same instant: only their order tells what belongs together.
        var world = try World([Market.walk(seed: seed, count: 300)])
        unlimited(&world)
        world.simulation.latency = TimeSpan(nanoseconds: 0)
        world.add(
            Scripted { bar, context in
                let number = bar.openTime.nanoseconds / Market.minute
                if number % 4 == 0 {
                    context.enter(number % 8 == 0 ? .buy : .sell)
                } else if number % 6 == 1 {
                    context.exit()
                }
            })
        var input = try world.input()
        input.funding = [schedule(stride(from: 1, to: 300, by: 1))]
        let result = try World.run(input)
        let trips = RoundTrip.collect(
            result.fills, funding: result.funding, strategyCount: 1, instruments: try world.description().instruments)
        let all = trips.closed + trips.open
        #expect(trips.closed.count > 20)
        #expect(
            all.reduce(Amount.zero) { $0 + $1.funding } == result.funding.reduce(Amount.zero) { $0 + $1.payment.amount }
        )
        let open = result.openPositions.reduce(Amount.zero) { $0 + $1.unrealised }
        #expect(all.reduce(open) { $0 + $1.profit } == result.finalEquity - result.startEquity)
    }

    // MARK: Rules and warm-up

    @Test("3.18: an order meets the rules of its own time")
    func datedRules() throws {
        var world = try World([Market.walk(seed: 4, count: 60)])
        unlimited(&world)
        world.add(
            Scripted { _, context in
                context.submit(
                    OrderRequest(
                        instrument: context.instrument.id, side: .buy, type: .market, quantity: Quantity(units: 1_500)))
            })
        var input = try world.input()
        let plain = input.account.instruments[0]
        input.account.instruments[0] = try Instrument(
            id: plain.id, symbol: plain.symbol, venue: plain.venue, kind: plain.kind, base: plain.base,
            quote: plain.quote,
            settlement: plain.settlement, priceDecimals: 2, quantityDecimals: 3,
            rules: [
                (from: .distantPast, rules: TradingRules()),
                (from: Market.time(20), rules: TradingRules(lot: 1_000)),
                (from: Market.time(40), rules: TradingRules(takerFee: Rate(units: 1_000_000))),
            ])
        let result = try World.run(input)
        let minutes = result.trades.map(\.minute)
        #expect(minutes == Array(1..<20) + Array(40..<60))
        #expect(result.rejections.map(\.reason) == [.offLot] && result.rejections.map(\.count) == [20])
        #expect(result.fills.prefix(19).allSatisfy { $0.fill.fee == .zero })
        #expect(result.fills.dropFirst(19).allSatisfy { $0.fill.fee > .zero })
    }

    @Test("3.19: nothing is sent while a strategy warms up")
    func warmingUp() throws {
        var world = try World([Market.walk(seed: 4, count: 100)])
        unlimited(&world)
        let log = Log<Bool>()
        var strategy = Scripted { _, context in
            let id = context.submit(
                OrderRequest(
                    instrument: context.instrument.id, side: .buy, type: .market, quantity: Quantity(units: 10)))
            log.add(id != nil)
        }
        strategy.prepare = { setup in setup.wait(bars: 50) }
        world.add(strategy)
        let result = try world.run()
        #expect(log.entries == (1...100).map { $0 >= 50 })
        #expect(result.orders == 51)
        #expect(result.trades.first?.minute == 50)
    }

    @Test(
        "3.19: once warm, it does not matter where the data began",
        arguments: ["macd", "rsi", "bollinger", "ema_cross"])
    func startInvariance(name: String) throws {
        let bars = Market.walk(seed: 77, count: 2_500)
        func fills(from first: Int) throws -> [Trade] {
            var world = try World([Array(bars.dropFirst(first))])
            unlimited(&world)
            world.add(try standard(name))
            return try world.run().trades.filter { $0.minute >= 1_500 }
        }
        let whole = try fills(from: 0)
        #expect(whole.count > 3)
        for first in [1, 137, 500] { #expect(try fills(from: first) == whole) }
    }

    // MARK: Equity and ends

    @Test("3.22: a fall inside a bar that closes where it opened counts as drawdown")
    func intrabarDrawdown() throws {
        var bars = Market.bars(closes: Array(repeating: 100, count: 5))
        bars[3] = Market.bar(3, 100, 100, 40, 100)
        var world = try World([bars])
        unlimited(&world)
        world.cash = Amount(whole: 200)
        world.add(Scripted { _, context in context.enter(.buy) })
        let result = try world.run()
        #expect(result.finalEquity == Amount(whole: 200))
        #expect(result.tracker.closeDrawdown.maximum == 0)
        // One unit fell by 60 of the account's 200.
        #expect(result.tracker.intrabarDrawdown.maximum == -0.3)
    }

    @Test("3.24: what is open at the end is valued, not closed, and no trade")
    func openAtTheEnd() throws {
        var world = try World(closes: [100, 110, 120, 130])
        unlimited(&world)
        world.add(Scripted { _, context in context.enter(.buy) })
        let result = try world.run()
        #expect(result.trades == [Trade(1, 1000, at: 100_00)])
        #expect(result.finalEquity - result.startEquity == Amount(whole: 30))
        #expect(result.openPositions.map(\.unrealised) == [Amount(whole: 30)])
        let trips = RoundTrip.collect(
            result.fills, strategyCount: 1, instruments: try world.description().instruments)
        #expect(trips.closed.isEmpty && trips.open.count == 1)
    }
}
