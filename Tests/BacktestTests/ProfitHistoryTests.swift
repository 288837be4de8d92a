// SPDX-License-Identifier: Apache-2.0

import Backtest
import Engine
import Execution
import Indicators
import MarketData
import Simulation
import Strategies
import Testing
import Trading

@Suite("Profit by strategy and symbol over time")
struct ProfitHistoryTests {
    private static let day = TimeSpan.days(1).nanoseconds

    /// Three strategies on two symbols over a month of hours, two of them on the same symbol.
    private func result(seed: UInt64, kind: InstrumentKind) throws -> BacktestResult {
        var market = try TestMarket(
            symbols: ["BTC", "ETH"], count: 700, seed: seed, gapShare: seed % 3 == 0 ? 0.2 : 0, timeframe: .oneHour)
        market.kind = kind
        func cross(_ fast: Int, _ slow: Int) throws -> any Strategy {
            try standard("ema_cross", ["seed": "first", "fast_period": .integer(fast), "slow_period": .integer(slow)])
        }
        var input = try market.input(
            [
                ("a", { try cross(3, 7) }, 0, .oneHour), ("b", { try cross(5, 20) }, 0, .oneHour),
                ("c", { try cross(4, 9) }, 1, .oneHour),
            ],
            plan: { plan in
                var plan = plan
                plan.stopLoss = Rate(units: 5_000_000)
                return plan
            }, simulation: seed % 2 == 0 ? sameClose : SimulationSettings())
        if kind != .spot {
            input.funding = market.series.map { _ in
                (1..<80).map {
                    DatedFunding(
                        time: Timestamp(nanoseconds: Int64($0) * Self.day / 3), rate: 0.0001 * Double($0 % 5 - 2))
                }
            }
        }
        return try run(input)
    }

    @Test("The days' profits are the changes of the equity", arguments: UInt64(0)..<40)
    func sums(seed: UInt64) throws {
        let result = try result(seed: seed, kind: seed % 4 < 2 ? .spot : .linearPerpetual)
        try #require(result.fills.count > 20)
        let total = result.profits.reduce(Amount.zero) { $0 + $1.profit }
        #expect(total == result.finalEquity - result.startEquity, "to the last digit")
        // Day by day beside the equity curve, which knows nothing of strategies.
        var ends: [Int64: Double] = [:]
        for (time, equity) in zip(result.equity.times, result.equity.close) {
            ends[(time - 1) / Self.day * Self.day] = equity
        }
        var before = result.startEquity.approximation
        var compared = 0
        for day in ends.keys.sorted() {
            let parts = result.profits.filter { $0.day.nanoseconds == day }
            let sum = parts.reduce(0) { $0 + $1.profit.approximation }
            let change = (ends[day] ?? .nan) - before
            before = ends[day] ?? .nan
            #expect(abs(sum - change) < 1e-5, "day \(day / Self.day)")
            if !parts.isEmpty { compared += 1 }
        }
        #expect(compared > 15)
        #expect(result.profits.map(\.day).elementsEqual(result.profits.map(\.day).sorted()))
    }

    @Test("Each strategy has what its own fills and payments come to", arguments: UInt64(0)..<20)
    func attribution(seed: UInt64) throws {
        let result = try result(seed: seed, kind: .linearPerpetual)
        let series = DailyProfit.series(result.profits)
        #expect(series.count == 3 && result.funding.count > 5)
        for days in series {
            let (strategy, instrument) = (days[0].strategy, days[0].instrument)
            let fills = result.fills.filter { $0.fill.strategyID == strategy && $0.fill.instrument == instrument }
            #expect(days.reduce(.zero) { $0 + $1.realised } == fills.reduce(.zero) { $0 + $1.realised })
            #expect(days.reduce(.zero) { $0 + $1.fees } == fills.reduce(.zero) { $0 + $1.fill.fee })
            let payments = result.funding.filter {
                $0.payment.strategy == strategy && $0.payment.instrument == instrument
            }
            #expect(days.reduce(.zero) { $0 + $1.funding } == payments.reduce(.zero) { $0 + $1.payment.amount })
            let held = result.openPositions.filter {
                $0.strategy == result.strategyNames[strategy.index] && $0.instrument == instrument
            }
            if result.profits.last?.day == days.last?.day {
                #expect(days.last?.unrealised == held.reduce(.zero) { $0 + $1.unrealised })
            }
            #expect(Set(days.map(\.day)).count == days.count)
        }
    }

    @Test func aRunWithoutTradesHasNone() throws {
        let market = try TestMarket(symbols: ["BTC"], count: 60, seed: 1, timeframe: .oneHour)
        let result = try run(market.input([("a", { try standard("ema_cross") }, 0, .oneHour)]))
        #expect(result.fills.isEmpty && result.profits.isEmpty)
    }
}
