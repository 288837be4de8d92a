// SPDX-License-Identifier: Apache-2.0

import Backtest
import Engine
import Indicators
import MarketData
import Simulation
import Strategies
import Testing
import Trading

/// The moving-average cross in plain Doubles, written from its contract alone: averages that start from the first close,
/// a change of state acted on after 200 bars, 0.1 long or flat, 0.05 % of the value as fee.
private func plainReference(_ closes: [Double]) -> (orders: Int, profit: Double) {
    guard let first = closes.first else { return (0, 0) }
    var (fast, slow) = (first, first)
    var before = 0
    var isLong = false
    var (orders, cash) = (0, 0.0)
    for (index, close) in closes.enumerated() {
        if index > 0 {
            fast += 2 / 11 * (close - fast)
            slow += 2 / 21 * (close - slow)
        }
        let state = fast > slow ? 1 : -1
        if index >= 200 {
            if state > 0, before < 0, !isLong {
                isLong = true
                cash -= 0.1 * close * 1.0005
                orders += 1
            } else if state < 0, before > 0, isLong {
                isLong = false
                cash += 0.1 * close * 0.9995
                orders += 1
            }
        }
        before = state
    }
    return (orders, cash + (isLong ? 0.1 * (closes.last ?? 0) : 0))
}

@Suite("The benchmark's contract")
struct ContractTests {
    private func closes(_ series: BarSeries) -> [Double] { series.bars.map { Double($0.close.units) / 100 } }

    private func cross(_ symbols: Int) -> [(String, () throws -> any Strategy, Int, Timeframe)] {
        (0..<symbols).map { symbol in
            ("cross \(symbol)", { try standard("ema_cross", ["seed": "first"]) }, symbol, .oneMinute)
        }
    }

    @Test("Orders and equity equal plain arithmetic", arguments: UInt64(0)..<200)
    func oneSymbol(seed: UInt64) throws {
        let market = try TestMarket(symbols: ["BTC"], count: 700, seed: seed)
        let result = try run(market.input(cross(1), simulation: sameClose))
        let expected = plainReference(closes(market.series[0]))
        #expect(result.orders == expected.orders)
        #expect(result.fills.count == expected.orders)
        #expect(abs(result.finalEquity.approximation - 1_000_000 - expected.profit) < 1e-6)
    }

    @Test("Several symbols at once add up", arguments: UInt64(0)..<40)
    func severalSymbols(seed: UInt64) throws {
        let market = try TestMarket(symbols: ["BTC", "ETH", "SOL", "XRP", "LTC"], count: 600, seed: seed)
        let result = try run(market.input(cross(5), simulation: sameClose))
        let expected = market.series.map { plainReference(closes($0)) }
        #expect(result.orders == expected.reduce(0) { $0 + $1.orders })
        let profit = expected.reduce(0) { $0 + $1.profit }
        #expect(abs(result.finalEquity.approximation - 1_000_000 - profit) < 1e-6)
    }

    @Test("PRP 29: the same input gives the same result, bit for bit", arguments: UInt64(0)..<200)
    func repeatable(seed: UInt64) throws {
        let market = try TestMarket(symbols: ["BTC", "ETH"], count: 400, seed: seed, gapShare: 0.02)
        let strategies: [(String, () throws -> any Strategy, Int, Timeframe)] = [
            ("a", { try standard("macd") }, 0, .oneMinute),
            ("b", { try standard("rsi", ["period": 7]) }, 1, .fiveMinutes),
        ]
        func once() throws -> BacktestResult {
            try run(
                market.input(
                    strategies,
                    plan: {
                        var plan = $0
                        plan.stopLoss = Rate(units: 2_000_000)
                        plan.takeProfit = Rate(units: 3_000_000)
                        return plan
                    }))
        }
        let (first, second) = (try once(), try once())
        #expect(first.resultHash == second.resultHash)
        #expect(first.finalEquity == second.finalEquity)
        #expect(first.fills == second.fills)
        #expect(first.equity.close == second.equity.close)
    }

    @Test("Fills wait for the next bar unless the same close is asked for")
    func nextOpen() throws {
        let market = try TestMarket(symbols: ["BTC"], count: 600, seed: 3)
        let atClose = try run(market.input(cross(1), simulation: sameClose))
        var settings = SimulationSettings()
        settings.volumeLimit = nil
        let atOpen = try run(market.input(cross(1), simulation: settings))
        // Each open equals the close before it, so only the times differ, and a signal on the last bar has no next open.
        #expect(atClose.fills.count - atOpen.fills.count <= 1)
        for (close, open) in zip(atClose.fills, atOpen.fills) {
            #expect(close.fill.price == open.fill.price)
            #expect(open.fill.time == close.fill.time + .milliseconds(100))
        }
    }
}
