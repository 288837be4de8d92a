// SPDX-License-Identifier: Apache-2.0

import Statistics
import TestSupport
import Testing

private let hour: Int64 = 3_600_000_000_000

private func trade(
    _ profit: Double, strategy: Int32 = 0, symbol: Int32 = 0, reason: Int32 = 0, long: Bool = true, from: Int64 = 0,
    to: Int64 = 1, fees: Double = 0
) -> TradeSample {
    TradeSample(
        strategy: strategy, symbol: symbol, exitReason: reason, isLong: long, entryTime: from * hour,
        exitTime: to * hour, profit: profit, fees: fees, slippage: fees / 2, funding: -fees / 4)
}

@Suite struct TradeAnalysisTests {
    @Test func aHandComputedExample() {
        let trades = [10.0, -4, 0, 6, 2, -8, -1].enumerated().map {
            trade($1, from: Int64($0), to: Int64($0) + 2, fees: 4)
        }
        let all = TradeAnalysis(trades: trades, from: 0, to: 10 * hour).all
        #expect(all.count == 7)
        #expect(all.wins == 3)
        #expect(all.losses == 3)
        #expect(all.winRate == 3.0 / 7)
        #expect(all.netProfit == 5)
        #expect(all.profitFactor == 18.0 / 13)
        #expect(all.expectancy == 5.0 / 7)
        #expect(all.averageWin == 6)
        #expect(all.averageLoss == -13.0 / 3)
        #expect(all.payoff == 6 / (13.0 / 3))
        #expect(all.largestWin == 10)
        #expect(all.largestLoss == -8)
        #expect(all.longestWinningStreak == 2)
        #expect(all.longestLosingStreak == 2)
        #expect(all.averageHoldingSeconds == 7200)
        #expect(all.costs == CostSplit(fees: 28, slippage: 14, funding: -7))
        #expect(all.costs.total == 35)
    }

    @Test func splitsBySideStrategySymbolHourAndReason() {
        let trades = [
            trade(1, strategy: 1, symbol: 2, reason: 0, long: true, from: 3, to: 4),
            trade(-2, strategy: 0, symbol: 2, reason: 4, long: false, from: 27, to: 28),
            trade(5, strategy: 1, symbol: 0, reason: 4, long: false, from: -1, to: 0),
            trade(7, strategy: -3, symbol: .max, reason: 4, long: true, from: 5, to: 6),
        ]
        let analysis = TradeAnalysis(trades: trades, from: -10 * hour, to: 40 * hour)
        func profits(_ groups: [TradeAnalysis.Group]) -> [[Double]] {
            groups.map { [Double($0.key), $0.statistics.netProfit ?? .nan] }
        }
        #expect(analysis.long.netProfit == 8)
        #expect(analysis.short.netProfit == 3)
        #expect(profits(analysis.byStrategy) == [[0, -2], [1, 6], [-1, 7]])
        #expect(profits(analysis.bySymbol) == [[0, 5], [2, -1], [-1, 7]])
        #expect(profits(analysis.byHour) == [[3, -1], [5, 7], [23, 5]])
        #expect(profits(analysis.byExitReason) == [[0, 1], [4, 10]])
    }

    @Test("Exposure is the union of holding times, cut to the run")
    func exposure() {
        let trades = [trade(1, from: -5, to: 2), trade(1, from: 1, to: 3), trade(1, from: 6, to: 7)]
        #expect(TradeAnalysis(trades: trades, from: 0, to: 10 * hour).exposure == 0.4)
        #expect(TradeAnalysis(trades: trades, openSince: [8 * hour], from: 0, to: 10 * hour).exposure == 0.6)
        #expect(TradeAnalysis(trades: [], from: 0, to: 10 * hour).exposure == 0)
        #expect(TradeAnalysis(trades: trades, from: 5, to: 5).exposure == nil)
    }

    @Test func noTradesMeasureNothing() {
        let none = TradeAnalysis(trades: [], from: 0, to: 1).all
        for value in [
            none.winRate, none.profitFactor, none.expectancy, none.averageWin, none.averageLoss, none.payoff,
            none.largestWin, none.largestLoss, none.averageHoldingSeconds,
        ] { #expect(value == nil) }
        #expect(none.netProfit == 0)
    }

    @Test func onlyWinnersHaveNoProfitFactor() {
        let winners = TradeAnalysis(trades: [trade(1), trade(2)], from: 0, to: hour).all
        #expect(winners.profitFactor == nil)
        #expect(winners.payoff == nil)
        #expect(winners.winRate == 1)
    }

    @Test func aProfitThatIsNotANumberIsNotSummed() {
        let statistics = TradeAnalysis(trades: [trade(1), trade(.nan), trade(-2)], from: 0, to: hour).all
        #expect(statistics.netProfit == nil)
        #expect(statistics.profitFactor == nil)
        #expect(statistics.expectancy == nil)
    }
}

@Suite struct DownsamplingTests {
    @Test("Extremes survive, positions ascend and stay within the bound", arguments: UInt64(0)..<40)
    func extremes(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let count = Int(random.next() % 5000) + 1
        let maximum = Int(random.next() % 300) + 4
        var level = 0.0
        let values = (0..<count).map { _ in
            level += random.unit() - 0.5
            return level
        }
        let kept = Downsampling.extremes(of: values, atMost: maximum)
        #expect(kept.count <= max(4, maximum))
        #expect(kept.first == 0)
        #expect(kept.last == count - 1)
        #expect(zip(kept, kept.dropFirst()).allSatisfy { $0 < $1 })
        #expect(kept.map { values[$0] }.min() == values.min())
        #expect(kept.map { values[$0] }.max() == values.max())
    }

    @Test func shortAndStrangeSeries() {
        #expect(Downsampling.extremes(of: [], atMost: 10).isEmpty)
        #expect(Downsampling.extremes(of: [1, 2, 3], atMost: 10) == [0, 1, 2])
        #expect(Downsampling.extremes(of: Array(repeating: .nan, count: 100), atMost: 10) == [0, 99])
        #expect(Downsampling.extremes(of: [1, 2, 3, 4, 5], atMost: -7).count <= 4)
    }
}
