// SPDX-License-Identifier: Apache-2.0

import Reports
import Statistics

/// A report made from seeded numbers: the same seed gives the same report.
enum SampleReport {
    static let start: Int64 = 1_672_531_200_000_000_000  // 2023-01-01
    static let minute: Int64 = 60_000_000_000

    static func make(
        seed: UInt64 = 1, bars: Int = 20_000, trades tradeCount: Int = 60,
        symbols: [String] = ["BTC-USDT", "ETH-USDT"], title: String = "EMA cross BTC-USDT"
    ) -> BacktestReport {
        var random = Generator(state: seed &+ 0x9E37)
        var equity = BacktestReport.EquityCurve()
        var tracker = EquityTracker(startEquity: 1_000_000, startTime: start)
        var benchmark = tracker
        var (value, hold) = (1_000_000.0, 1_000_000.0)
        for bar in 0..<bars {
            value *= 1 + (random.unit() - 0.4998) * 0.002
            hold *= 1 + (random.unit() - 0.4999) * 0.003
            let time = start + Int64(bar + 1) * minute
            let (low, high) = (value * (1 - random.unit() * 0.001), value * (1 + random.unit() * 0.001))
            equity.times.append(time)
            equity.close.append(value)
            equity.low.append(low)
            equity.high.append(high)
            equity.buyAndHold.append(hold)
            tracker.update(time: time, close: value, low: low, high: high)
            benchmark.update(time: time, close: hold)
        }
        let names = BacktestReport.Names(
            strategies: ["ema-cross", "mean-reversion"], symbols: symbols,
            exitReasons: ["signal", "stop-loss", "take-profit"])
        var samples: [TradeSample] = []
        var list: [BacktestReport.Trade] = []
        var fills: [BacktestReport.Fill] = []
        for number in 0..<tradeCount {
            let entry = start + Int64(Double(number) / Double(max(1, tradeCount)) * Double(bars)) * minute
            let exit = entry + Int64(random.unit() * 300 + 1) * minute
            let profit = ((random.unit() - 0.47) * 2000 * 100).rounded() / 100
            let symbol = Int(random.next() % UInt64(symbols.count))
            let reason = Int(random.next() % 3)
            let isLong = random.next() % 3 != 0
            samples.append(
                TradeSample(
                    strategy: Int32(number % 2), symbol: Int32(symbol), exitReason: Int32(reason), isLong: isLong,
                    entryTime: entry, exitTime: exit, profit: profit, fees: 4.25, slippage: 1.5, funding: -0.25))
            list.append(
                .init(
                    entryTime: entry, exitTime: exit, symbol: symbol, strategy: number % 2, exitReason: reason,
                    isLong: isLong, quantity: "0.125", entryPrice: "16541.25", exitPrice: "16610.5",
                    profit: profit.description, fees: "4.25"))
            for (time, isBuy) in [(entry, isLong), (exit, !isLong)] {
                fills.append(
                    .init(
                        time: time, symbol: symbol, strategy: number % 2, isBuy: isBuy, quantity: "0.125",
                        price: "16541.25", fee: "2.125", feeAsset: "USDT", isMaker: false, orderID: "\(number)",
                        reason: "signal"))
            }
        }
        let charts = symbols.indices.map { symbol in
            var price = 16_500.0 / Double(symbol + 1)
            return BacktestReport.SymbolChart(
                symbol: symbol, timeframe: "1m", priceDecimals: 2, count: bars
            ) { bar in
                let open = price
                price *= 1 + (random.unit() - 0.4999) * 0.003
                return .init(
                    time: start + Int64(bar) * minute, open: open, high: max(open, price) * 1.0005,
                    low: min(open, price) * 0.9995, close: price)
            }
        }
        let end = start + Int64(bars) * minute
        return BacktestReport(
            title: title, programVersion: "0.1.0",
            configuration: [
                .init("Strategy", "EMA cross, fast 20, slow 50"), .init("Fees", "maker 0.02 %, taker 0.05 %"),
            ],
            data: .init(symbols: symbols, timeframe: "1m", from: start, to: end, bars: bars, gaps: 2, hash: "5f2c9a"),
            outcome: .init(
                orders: tradeCount * 2, fills: tradeCount * 2, startEquity: "1000000",
                finalEquity: ((value * 1e6).rounded() / 1e6).description, baseCurrency: "USDT", bars: bars,
                engineSeconds: 0.0251, resultHash: "9b1df0c2e7a4"),
            names: names, performance: Performance(of: tracker, benchmark: benchmark),
            buyAndHold: Performance(of: benchmark),
            trades: TradeAnalysis(trades: samples, from: start, to: end),
            costs: CostSplit(
                fees: 4.25 * Double(tradeCount), slippage: 1.5 * Double(tradeCount),
                funding: -0.25 * Double(tradeCount)),
            tradedValue: 4135 * Double(tradeCount),
            ambiguity: .init(bars: 3, pessimistic: "1000123.5", optimistic: "1000456.25"),
            warnings: ["risk_parameters.hedge_ratio is accepted but has no effect yet."],
            openPositions: [
                .init(
                    symbol: 0, strategy: 0, isLong: true, quantity: "0.5", entryPrice: "16000", lastPrice: "16100.5",
                    profit: "50.25", since: end - 3 * minute)
            ], tradeList: list, fillList: fills, equity: equity, charts: charts)
    }

    private struct Generator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) ^ (state >> 13)
        }

        mutating func unit() -> Double { Double(next() % 1_000_003) / 1_000_003 }
    }
}
