// SPDX-License-Identifier: Apache-2.0

import Backtest
import Engine
import EngineHarness
import Strategies
import Testing
import Trading

/// What `enter` and `exit` make of a trade plan.
struct TradePlanTests {
    /// Enters and leaves in the minutes given.
    private func script(_ steps: [Int: @Sendable (inout StrategyContext) -> Void]) -> Scripted {
        Scripted { bar, context in
            let minute = Int((bar.openTime.nanoseconds - Market.start.nanoseconds) / Market.minute)
            steps[minute]?(&context)
        }
    }
    private let one = TradePlan(sizing: .quantity(Quantity(units: 1000)))
    private let flat = Array(repeating: 100.0, count: 10)

    @Test func enteringTwiceOrdersOnce() throws {
        var world = try World(closes: flat)
        world.add(
            script([
                1: {
                    $0.enter(.buy)
                    $0.enter(.buy)
                }, 2: { $0.enter(.buy) }, 5: { $0.enter(.buy) },
            ]))
        let result = try world.run()
        #expect(result.orders == 1)
        #expect(result.trades == [Trade(2, 1000, at: 100_00)])
    }

    @Test func enteringTheOtherWayClosesFirst() throws {
        var world = try World(closes: flat)
        world.add(script([1: { $0.enter(.buy) }, 4: { $0.enter(.sell) }, 7: { $0.exit() }, 8: { $0.exit() }]))
        #expect(
            try world.run().trades.map(\.quantity) == [1000, -1000, -1000, 1000])
    }

    /// Both messages reach the venue at the next open: the market order has filled when the cancel is read.
    @Test func aMarketOrderOnItsWayCannotBeTakenBackButItsPositionCanBeLeft() throws {
        var world = try World(closes: flat)
        world.add(
            script([
                1: {
                    $0.enter(.buy)
                    $0.exit()
                },
                4: { $0.exit() },
            ]))
        let result = try world.run()
        #expect(result.trades == [Trade(2, 1000, at: 100_00), Trade(5, -1000, at: 100_00)])
        #expect(result.openPositions.isEmpty)
    }

    @Test func whereShortsAreNotAllowedASellSignalCloses() throws {
        var plan = one
        plan.allowsShort = false
        var world = try World(closes: flat)
        world.add(
            script([1: { $0.enter(.sell) }, 2: { $0.enter(.buy) }, 5: { $0.enter(.sell) }, 7: { $0.enter(.sell) }]),
            plan: plan)
        #expect(try world.run().trades == [Trade(3, 1000, at: 100_00), Trade(6, -1000, at: 100_00)])
    }

    /// ORD-8: one dollar is asked for and the venue takes ten; rounded up, with one percent to spare for the next price.
    @Test(
        arguments: [
            (1.0, 1, TradePlan.BelowMinimum.reject, 0, "the value is below the venue's minimum"),
            (1.0, 1, .roundUp, 101, ""), (1.0, 30, .roundUp, 120, ""), (9.99, 1, .reject, 0, "the value is below"),
            (10.0, 1, .reject, 100, ""), (25.0, 1, .roundUp, 250, ""), (25.0, 30, .reject, 240, ""),
        ] as [(Double, Int64, TradePlan.BelowMinimum, Int64, String)])
    func theVenuesMinimumValue(
        dollars: Double, lot: Int64, policy: TradePlan.BelowMinimum, expected: Int64, reason: String
    ) throws {
        var world = try World(closes: flat)
        world.rules = TradingRules(lot: lot, minimumNotional: Amount(whole: 10))
        let asked = Amount(units: Int128(dollars * 100) * 10_000_000_000_000_000)
        world.add(
            script([1: { $0.enter(.buy) }]), name: "micro",
            plan: TradePlan(sizing: .notional(asked), belowMinimum: policy))
        let result = try world.run()
        #expect(result.trades.map(\.quantity) == (expected > 0 ? [expected] : []))
        #expect(result.denials.count == (expected > 0 ? 0 : 1))
        if let denial = result.denials.first {
            #expect(denial.strategy == "micro" && denial.count == 1)
            let text = denial.reason.text
            #expect(text.hasPrefix(reason))
        }
        #expect(result.rejections.isEmpty)
    }

    @Test(
        arguments: [
            (5, TradePlan.BelowMinimum.reject, 0), (5, .roundUp, 50), (50, .reject, 50), (57, .reject, 50),
            (0, .reject, 0),
            (0, .roundUp, 50),
        ] as [(Int64, TradePlan.BelowMinimum, Int64)])
    func theVenuesMinimumQuantityAndLot(asked: Int64, policy: TradePlan.BelowMinimum, expected: Int64) throws {
        var world = try World(closes: flat)
        world.rules = TradingRules(lot: 10, minimumQuantity: Quantity(units: 45))
        world.add(
            script([1: { $0.enter(.sell) }]),
            plan: TradePlan(sizing: .quantity(Quantity(units: asked)), belowMinimum: policy))
        let result = try world.run()
        #expect(result.trades.map(\.quantity) == (expected > 0 ? [-expected] : []))
        #expect(result.denials.map(\.reason) == (expected > 0 ? [] : [.belowMinimumQuantity]))
    }

    private func protected(_ side: Side, _ bars: [(Double, Double, Double, Double)], _ plan: TradePlan) throws
        -> BacktestResult
    {
        let flat = (0..<3).map { Market.bar($0, 100, 100, 100, 100) }
        var world = try World([flat + bars.enumerated().map { Market.bar($0 + 3, $1.0, $1.1, $1.2, $1.3) }])
        world.add(script([1: { $0.enter(side) }]), plan: plan)
        return try world.run()
    }

    @Test func aStopLossSellsAtItsDistanceFromTheEntry() throws {
        var plan = one
        plan.stopLoss = Rate(units: 50_000_000)
        plan.takeProfit = Rate(units: 100_000_000)
        let falls = try protected(.buy, [(100, 101, 96, 97), (97, 98, 94, 96), (96, 120, 96, 120)], plan)
        #expect(falls.trades == [Trade(2, 1000, at: 100_00), Trade(5, -1000, at: 95_00)])
        #expect(falls.fills.last?.fill.reason == .stop)
        #expect(falls.openPositions.isEmpty, "the take-profit went with the stop")
        let rises = try protected(.buy, [(100, 109, 96, 108), (108, 111, 100, 101), (96, 96, 80, 80)], plan)
        #expect(rises.trades.map(\.price) == [100_00, 110_00])
        #expect(rises.fills.last?.fill.reason == .takeProfit)
        let short = try protected(.sell, [(100, 106, 99, 104), (104, 104, 85, 85)], plan)
        #expect(short.trades.map(\.price) == [100_00, 105_00])
        let shortWins = try protected(.sell, [(100, 104, 89, 91)], plan)
        #expect(shortWins.trades.map(\.price) == [100_00, 90_00])
    }

    @Test func aTrailingStopFollowsTheBestPrice() throws {
        var plan = one
        plan.trailingStop = Rate(units: 50_000_000)
        let result = try protected(
            .buy,
            [
                (100, 104, 100, 104), (104, 108, 104, 108), (108, 112, 108, 112), (112, 116, 112, 116),
                (116, 120, 116, 120), (120, 120, 115, 116), (116, 116, 110, 111),
            ], plan)
        #expect(result.trades.map(\.price) == [100_00, 114_00])
        #expect(result.fills.last?.fill.reason == .trailingStop)
    }

    @Test func leavingTakesBackWhatProtectedThePosition() throws {
        var plan = one
        plan.stopLoss = Rate(units: 50_000_000)
        plan.takeProfit = Rate(units: 100_000_000)
        let bars = (0..<6).map { Market.bar($0, 100, 100, 100, 100) } + [Market.bar(6, 100, 150, 50, 100)]
        var world = try World([bars])
        world.add(script([1: { $0.enter(.buy) }, 3: { $0.exit() }]), plan: plan)
        let result = try world.run()
        #expect(result.trades == [Trade(2, 1000, at: 100_00), Trade(4, -1000, at: 100_00)])
        #expect(result.orders == 4)
        #expect(result.openPositions.isEmpty)
    }
}
