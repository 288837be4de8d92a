// SPDX-License-Identifier: Apache-2.0

import Backtest
import Engine
import Indicators
import MarketData
import Simulation
import Strategies
import Testing
import Trading

/// A strategy that was handed closes beforehand and buys where a rule on them says so. Which closes it was handed is
/// what makes it honest or a cheat: the protocol itself gives no way to later data.
private struct PreparedSignals: Strategy {
    static let definition = StrategyDefinition(name: "prepared", summary: "Trades prepared signals.", parameters: [])
    /// By bar number: whether to be long.
    let signals: [Bool]
    private var bar = 0

    init(signals: [Bool]) { self.signals = signals }
    init(parameters: StrategyParameters) throws { signals = [] }

    mutating func onBar(_ bar: Bar, _ context: inout StrategyContext) throws {
        defer { self.bar += 1 }
        guard self.bar < signals.count else { return }
        if signals[self.bar] { context.enter(.buy) } else { context.exit() }
    }
}

@Suite("Look-ahead")
struct LookaheadTests {
    /// Runs the check with a strategy that is prepared from the data of each run, cut or whole.
    private func check(_ seed: UInt64, _ prepare: @escaping ([Double]) -> [Bool]) throws -> LookaheadCheck.Outcome {
        let market = try TestMarket(symbols: ["BTC"], count: 500, seed: seed)
        return try LookaheadCheck.run { cut in
            let series = try market.input([]).cutIfNeeded(cut).feeds[0]
            let closes = series?.bars.map { Double($0.close.units) } ?? []
            return try market.input([("prepared", { PreparedSignals(signals: prepare(closes)) }, 0, .oneMinute)])
        }
    }

    @Test("A strategy that uses the past only is clean")
    func honest() throws {
        let outcome = try check(1) { closes in
            closes.indices.map { $0 >= 5 && closes[$0] > closes[$0 - 5] }
        }
        #expect(outcome.isClean)
        #expect(outcome.cuts.count == 12)
    }

    @Test("A negative shift is caught", arguments: UInt64(0)..<20)
    func negativeShift(seed: UInt64) throws {
        let outcome = try check(seed) { closes in
            closes.indices.map { $0 + 3 < closes.count && closes[$0 + 3] > closes[$0] }
        }
        #expect(!outcome.isClean)
    }

    @Test("The mean of the whole series is caught", arguments: UInt64(0)..<20)
    func wholeSeriesMean(seed: UInt64) throws {
        let outcome = try check(seed) { closes in
            let mean = closes.reduce(0, +) / Double(closes.count)
            return closes.map { $0 < mean }
        }
        #expect(!outcome.isClean)
    }

    @Test("PRP 28: what comes later changes nothing before", arguments: UInt64(0)..<200)
    func futureIsUnseen(seed: UInt64) throws {
        let market = try TestMarket(symbols: ["BTC", "ETH"], count: 320, seed: seed, gapShare: 0.03)
        var changed = market
        let place = 120 + Int(seed % 150)
        let cut = market.series[0][place].openTime + Timeframe.oneMinute.span
        changed.series = try market.series.map { series in
            try BarSeries(
                series.bars.map { bar in
                    guard bar.openTime + Timeframe.oneMinute.span > cut else { return bar }
                    let shift = PriceDistance(units: 12_345 + Int64(seed))
                    return Bar(
                        openTime: bar.openTime, open: bar.open + shift, high: bar.high + shift, low: bar.low + shift,
                        close: bar.close + shift, volume: bar.volume)
                }, timeframe: .oneMinute, priceDecimals: 2, quantityDecimals: 3)
        }
        let strategies: [(String, () throws -> any Strategy, Int, Timeframe)] = [
            ("bands", { try standard("bollinger") }, 0, .oneMinute),
            ("cross", { try standard("macd", ["fast_period": 3, "slow_period": 8]) }, 1, .fiveMinutes),
            ("rsi", { try standard("rsi", ["period": 5]) }, 1, .oneMinute),
        ]
        func hash(_ market: TestMarket) throws -> RunHash? {
            var found: RunHash?
            var run = try BacktestRun(
                try market.input(
                    strategies,
                    plan: {
                        var plan = $0
                        plan.stopLoss = Rate(units: 1_500_000)
                        plan.trailingStop = Rate(units: 2_500_000)
                        return plan
                    }))
            _ = try run.run(checkpoints: [cut], onCheckpoint: { _, hash in found = hash })
            return found
        }
        let (before, after) = (try hash(market), try hash(changed))
        #expect(before != nil)
        #expect(before == after)
    }
}

extension BacktestInput {
    fileprivate func cutIfNeeded(_ time: Timestamp?) -> BacktestInput { time.map { cut(at: $0) } ?? self }
}
