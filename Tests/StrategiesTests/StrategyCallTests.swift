// SPDX-License-Identifier: Apache-2.0

import Backtest
import EngineHarness
import Execution
import Indicators
import Strategies
import Testing
import Trading

/// What a strategy is told, and what becomes of its mistakes.
struct StrategyCallTests {
    private struct Mistake: Error, CustomStringConvertible { let description = "no such thing" }

    private func failure(_ strategy: Scripted, name: String = "btc trend") throws -> StrategyError? {
        var world = try World(closes: Array(repeating: 100, count: 10))
        world.add(strategy, name: name)
        do {
            _ = try world.run()
            return nil
        } catch BacktestError.strategy(let error) { return error }
    }

    @Test func aStrategyThatThrowsStopsTheRunAndIsNamed() throws {
        let failing = Scripted { bar, context in if context.barCount() == 4 { throw Mistake() } }
        let error = try failure(failing)
        #expect(error == .failed(strategy: "btc trend", time: Market.time(4), reason: "no such thing"))
        for word in ["'btc trend'", "no such thing", "2024-01-01T00:04:00Z"] {
            #expect(error?.description.contains(word) == true)
        }
    }

    @Test func throwingAnywhereElseIsToldToo() throws {
        var inFill = Scripted { _, context in context.enter(.buy) }
        inFill.fill = { _, _ in throw Mistake() }
        #expect(try failure(inFill)?.description.contains("'btc trend'") == true)
        var inOrder = Scripted { _, context in context.enter(.buy) }
        inOrder.order = { _, _ in throw Mistake() }
        #expect(try failure(inOrder)?.description.contains("'btc trend'") == true)
        var inPrepare = Scripted()
        inPrepare.prepare = { _ in throw Mistake() }
        #expect(try failure(inPrepare)?.description.contains("'btc trend' cannot run: no such thing") == true)
        var inFurther = Scripted()
        inFurther.prepare = { _ = try $0.bars(.fiveMinutes) }
        inFurther.further = { _, _, _ in throw Mistake() }
        #expect(try failure(inFurther)?.description.contains("'btc trend'") == true)
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity, 1e300, -1e17])
    func aPriceThatIsNoNumberStopsTheRunAndNothingIsSent(value: Double) throws {
        let sent = Log<Int>()
        let bad = Scripted { _, context in
            guard context.barCount() == 3 else { return }
            if context.price(value) != nil { sent.add(1) }
            if context.quantity(value) != nil { sent.add(2) }
        }
        #expect(try failure(bad) == .notFinite(strategy: "btc trend", what: "a quantity", time: Market.time(3)))
        #expect(sent.entries.isEmpty)
        let price = Scripted { _, context in _ = context.price(value) }
        #expect(
            try failure(price)?.description.contains("'btc trend' gave a price that is not a finite number") == true)
    }

    /// The own timeframe closes only in minute 15: the run must not go on until then.
    @Test func aPriceThatIsNoNumberStopsTheRunInAnyAnswer() throws {
        var strategy = Scripted()
        strategy.prepare = {
            _ = try $0.bars(.oneMinute)
            $0.startImmediately()
        }
        strategy.further = { _, _, context in
            if context.barCount(of: nil) == 0, context.now == Market.time(3) { _ = context.price(.nan) }
        }
        var world = try World(closes: Array(repeating: 100, count: 40))
        world.add(strategy, name: "early", timeframe: .fifteenMinutes)
        let error = #expect(throws: BacktestError.self) { try world.run() }
        #expect(error?.description.contains("'early' gave a price") == true)
        #expect(error?.description.contains("2024-01-01T00:03:00Z") == true)
        var stopped = false
        let sent = Log<Timestamp>()
        strategy.further = { _, _, context in
            sent.add(context.now)
            _ = context.price(.nan)
        }
        world.strategies = []
        world.add(strategy, name: "early", timeframe: .fifteenMinutes)
        do { _ = try world.run() } catch { stopped = true }
        #expect(stopped && sent.entries.count == 1)
    }

    @Test func pricesAndQuantitiesAreRoundedToTheVenuesRules() throws {
        let log = Log<Int64>()
        var world = try World(closes: [100, 100, 100])
        world.rules = TradingRules(tick: .uniform(step: 25), lot: 10)
        world.add(
            Scripted { _, context in
                guard context.barCount() == 1 else { return }
                for value in [99.87, 99.88, -0.13] { log.add(context.price(value)?.units ?? .min) }
                log.add(context.price(99.99, rounding: .down)?.units ?? .min)
                log.add(context.price(99.76, rounding: .up)?.units ?? .min)
                log.add(context.quantity(0.999)?.units ?? .min)
                log.add(context.quantity(1.01)?.units ?? .min)
            })
        _ = try world.run()
        #expect(log.entries == [99_75, 100_00, -25, 99_75, 100_00, 990, 1010])
    }

    @Test func fillsAndOrdersAreToldInOrder() throws {
        let log = Log<String>()
        var strategy = Scripted { bar, context in
            switch context.barCount() {
            case 2: context.enter(.buy)
            case 4: context.exit()
            case 6:
                let id = context.submit(
                    OrderRequest(
                        instrument: InstrumentID(0), side: .buy, type: .limit, quantity: Quantity(units: 500),
                        limit: Price(units: 50_00)))
                log.add("sent \(id != nil)")
            case 8:
                for id in (1...3).map({ OrderID(UInt64($0) << 20) }) { context.cancel(id) }
            default: break
            }
        }
        strategy.fill = { fill, context in log.add("fill \(fill.quantity.units), holds \(context.position.units)") }
        strategy.order = { order, context in log.add("\(order.id.sequence) \(order.status)") }
        var world = try World(closes: Array(repeating: 100, count: 12))
        world.add(strategy)
        let result = try world.run()
        #expect(result.orders == 3)
        let entries = log.entries
        #expect(entries.filter { $0.hasPrefix("fill") } == ["fill 1000, holds 1000", "fill -1000, holds 0"])
        #expect(entries.contains("1 filled") && entries.contains("2 filled") && entries.contains("3 accepted"))
        #expect(entries.contains("sent true"))
    }

    @Test func nothingIsSentWhileWarmingUp() throws {
        let log = Log<Bool>()
        var strategy = Scripted { _, context in
            log.add(context.isWarm)
            context.enter(.buy)
        }
        strategy.prepare = { $0.wait(bars: 4) }
        var world = try World(closes: Array(repeating: 100, count: 8))
        world.add(strategy)
        let result = try world.run()
        #expect(log.entries == [false, false, false, true, true, true, true, true])
        #expect(result.trades.map(\.minute) == [4])
        #expect(result.coldStrategies.isEmpty)
    }

    @Test func aPeriodLongerThanTheDataIsReported() throws {
        let log = Log<Int>()
        var strategy = Scripted { _, _ in log.add(1) }
        strategy.prepare = { _ = try $0.indicator("sma", ["period": 100]) }
        var world = try World(closes: Array(repeating: 100, count: 20))
        world.add(strategy, name: "slow")
        let result = try world.run()
        #expect(result.coldStrategies == ["slow"])
        #expect(log.entries.isEmpty)
    }

    @Test func aTimeframeThatCannotBeBuiltIsAnErrorThatNamesBoth() throws {
        var world = try World(closes: Array(repeating: 100, count: 20))
        world.add(Scripted(), name: "odd", timeframe: try Timeframe(parsing: "90s"))
        let error = #expect(throws: BacktestError.self) { try world.run() }
        for word in ["'odd'", "90s", "1m", "AUSDT"] {
            let message = error?.description ?? ""
            #expect(message.contains(word))
        }
        var unknown = Scripted()
        unknown.prepare = { _ = try $0.indicator("emma") }
        let reason = try failure(unknown)?.description ?? ""
        #expect(reason.contains("emma") && reason.contains("ema"))
    }
}
