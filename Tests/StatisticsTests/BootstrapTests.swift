// SPDX-License-Identifier: Apache-2.0

import Foundation
import Statistics
import TestSupport
import Testing

/// The figures of `Fixtures/bootstrap-*.csv` and `holm.csv`; the README there says where they come from.
private enum Reference {
    static func rows(_ name: String) -> [[String]] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")
        let text = (try? String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").dropFirst().map { $0.split(separator: ",").map(String.init) }
    }

    static let series: [String: [Double]] = rows("bootstrap-series.csv").reduce(into: [:]) { series, row in
        series[row[0], default: []].append(Double(row[1]) ?? .nan)
    }
    static let expected: [String: [String: Double]] = rows("bootstrap-expected.csv").reduce(into: [:]) { table, row in
        table[row[0], default: [:]][row[1]] = Double(row[2])
    }
}

@Suite struct BootstrapAgreementTests {
    private static let names = Reference.series.keys.sorted()

    @Test func theReferenceIsThere() {
        #expect(Self.names == ["alternating", "fat", "long", "short", "slow", "sparse", "white"])
        #expect(Reference.expected.count == 7)
    }

    @Test(arguments: names) func blockLengthIsThatOfArch(name: String) throws {
        let series = try #require(Reference.series[name])
        let expected = max(1, try #require(Reference.expected[name]?["block"]))
        let length = try #require(BlockLength.stationary(of: series))
        #expect(abs(length - expected) < 1e-9 * expected, "\(length), arch \(expected)")
    }

    @Test(arguments: names) func resampledMeansSpreadAsTheyShould(name: String) throws {
        let series = try #require(Reference.series[name])
        let expected = try #require(Reference.expected[name])
        let length = try #require(BlockLength.stationary(of: series))
        var bootstrap = StationaryBootstrap(count: series.count, blockLength: length, seed: 11)
        var positions: [Int] = []
        let means = (0..<20_000).map { _ in
            bootstrap.draw(into: &positions)
            return positions.reduce(0) { $0 + series[$1] } / Double(series.count)
        }
        let mean = series.reduce(0, +) / Double(series.count)
        let variance = means.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(means.count)
        // 20,000 resamples give the variance to about 1 %, four times that is allowed.
        let exact = try #require(expected["variance"])
        #expect(abs(variance / exact - 1) < 0.05, "\(variance), exactly \(exact)")
    }

    @Test(arguments: names) func intervalsAndProbabilitiesAreThoseOfArch(name: String) throws {
        let series = try #require(Reference.series[name])
        let expected = try #require(Reference.expected[name])
        let comparison = PairedComparison(
            series, Array(repeating: 0, count: series.count),
            settings: BootstrapSettings(resamples: 40_000, seed: 5))
        let difference = try #require(comparison.difference)
        let deviation = try #require(expected["deviation"])
        #expect(abs(difference.mean.low - (try #require(expected["low"]))) < 0.06 * deviation)
        #expect(abs(difference.mean.high - (try #require(expected["high"]))) < 0.06 * deviation)
        let p = try #require(expected["p"])
        #expect(abs(difference.pValue - p) < 0.012)
        #expect(abs(difference.mean.value - series.reduce(0, +) / Double(series.count)) < 1e-15)
    }

    @Test func holmsCorrectionIsThatOfStatsmodels() {
        let cases = Dictionary(grouping: Reference.rows("holm.csv"), by: { $0[0] })
        #expect(cases.count == 20)
        for rows in cases.values {
            let corrected = MultipleTests.holm(rows.compactMap { Double($0[1]) })
            for (value, row) in zip(corrected, rows) { #expect(abs(value - (Double(row[2]) ?? .nan)) < 1e-12) }
        }
    }
}

@Suite struct PairedComparisonTests {
    private func noise(_ count: Int, seed: UInt64, scale: Double = 0.01) -> [Double] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { _ in (random.unit() - 0.5) * scale }
    }

    @Test func whatCannotBeMeasuredSaysWhy() {
        let steady = [Double](repeating: 0.001, count: 60)
        func reason(_ first: [Double], _ second: [Double]) -> String? {
            if case .notMeasured(let reason) = PairedComparison(first, second) { reason } else { nil }
        }
        #expect(reason(noise(29, seed: 1), noise(29, seed: 2)) == "29 days are too few; 30 are needed")
        #expect(reason(noise(60, seed: 1), noise(59, seed: 2)) == "one has 60 days and the other 59")
        #expect(reason([], []) == "0 days are too few; 30 are needed")
        #expect(reason(steady, [Double](repeating: 0, count: 60))?.contains("the same on every day") == true)
        var broken = noise(60, seed: 1)
        broken[30] = .nan
        #expect(reason(broken, noise(60, seed: 2)) == "a return is not a number")
        broken[30] = .infinity
        #expect(reason(noise(60, seed: 2), broken) == "a return is not a number")
        #expect(PairedComparison(steady, steady) == .identical)
    }

    @Test(arguments: UInt64(1)...200) func swappingTheTwoTurnsTheSigns(seed: UInt64) throws {
        let (first, second) = (noise(60, seed: seed), noise(60, seed: seed &+ 1_000))
        let settings = BootstrapSettings(resamples: 200, seed: seed)
        let one = try #require(PairedComparison(first, second, settings: settings).difference)
        let other = try #require(PairedComparison(second, first, settings: settings).difference)
        #expect(one.pValue == other.pValue)
        #expect(abs(one.mean.low + other.mean.high) < 1e-15)
        #expect(abs(one.total.value + other.total.value) < 1e-15)
        #expect(one.pValue > 0 && one.pValue <= 1)
        #expect(one.mean.low <= one.mean.high && one.total.low <= one.total.high)
        // The same seed gives the same numbers, bit for bit.
        #expect(PairedComparison(first, second, settings: settings).difference == one)
    }

    @Test func moreComparisonsWidenTheIntervals() throws {
        let (first, second) = (noise(90, seed: 1), noise(90, seed: 2))
        let alone = try #require(PairedComparison(first, second).difference)
        let among = try #require(PairedComparison(first, second, comparisons: 13).difference)
        #expect(among.mean.low < alone.mean.low && among.mean.high > alone.mean.high)
        #expect(among.pValue == alone.pValue)
    }

    @Test func whatMovesBothCancelsOut() throws {
        // Days that go up and down by 5 % hide a steady advantage of 0.1 % only where the two are not paired.
        let market = noise(90, seed: 7, scale: 0.1)
        let extra = noise(90, seed: 8, scale: 0.001)
        let better = zip(market, extra).map { $0 + $1 + 0.001 }
        let paired = try #require(PairedComparison(better, market).difference)
        #expect(paired.pValue < 0.001)
        #expect(paired.mean.low > 0)
    }

    @Test func chanceIsSeldomTakenForMore() {
        // 200 features that do nothing, in 20 comparisons of ten: about one comparison in twenty may be wrong.
        var wrong = 0
        for seed in UInt64(0)..<20 {
            let whole = noise(90, seed: seed)
            let without = (0..<10).map { feature in
                ("f\(feature)", zip(whole, noise(90, seed: 1_000 + seed * 10 + UInt64(feature), scale: 0.004)).map(+))
            }
            let contributions = Contribution.measure(
                whole: whole, without: without, settings: BootstrapSettings(resamples: 2_000, seed: seed))
            if contributions.contains(where: { $0.verdict == .helps || $0.verdict == .hurts }) { wrong += 1 }
        }
        #expect(wrong <= 4)
    }

    @Test func verdictsNameWhatHappened() {
        let whole = noise(90, seed: 3)
        let jitter = noise(90, seed: 4, scale: 0.0005)
        let contributions = Contribution.measure(
            whole: whole,
            without: [
                ("helping", zip(whole, jitter).map { $0 - 0.002 + $1 }),
                ("hurting", zip(whole, jitter).map { $0 + 0.002 + $1 }), ("idle", whole),
                ("noisy", zip(whole, noise(90, seed: 5)).map(+)), ("short", [0.1]),
            ])
        #expect(contributions.map(\.verdict) == [.helps, .hurts, .none, .chance, .unknown])
        #expect(contributions.map { $0.correctedPValue == nil } == [false, false, true, false, true])
        #expect(contributions[3].comparison.difference.map { $0.pValue } ?? 0 > 0.05)
    }
}

@Suite struct BlockLengthTests {
    @Test func whatHasNoAutocorrelationHasNone() {
        #expect(BlockLength.stationary(of: []) == nil)
        #expect(BlockLength.stationary(of: [1, 2, 3, 4, 5, 6, 7, 8, 9]) == nil)
        #expect(BlockLength.stationary(of: Array(repeating: 0.1, count: 100)) == nil)
        #expect(BlockLength.stationary(of: Array(repeating: 1, count: 50) + [.nan]) == nil)
    }

    @Test(arguments: 10...60) func isWithinItsBounds(count: Int) throws {
        var random = SeededRandom(seed: UInt64(count))
        let series = (0..<count).map { _ in random.unit() }
        let length = try #require(BlockLength.stationary(of: series))
        #expect(length >= 1 && length <= min(3 * Double(count).squareRoot(), Double(count) / 3).rounded(.up))
    }

    @Test(arguments: UInt64(1)...200) func resamplesHaveTheRightPlaces(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let count = 1 + Int(random.next() % 100)
        let length = 1 + random.unit() * 20
        var bootstrap = StationaryBootstrap(count: count, blockLength: length, seed: seed)
        var positions = [7, 7]
        var following = 0
        for _ in 0..<50 {
            bootstrap.draw(into: &positions)
            #expect(positions.count == count && positions.allSatisfy { $0 >= 0 && $0 < count })
            following += zip(positions, positions.dropFirst()).filter { ($0 + 1) % count == $1 }.count
        }
        if count > 30 {
            let share = Double(following) / Double(50 * (count - 1))
            #expect(abs(share - (1 - 1 / length)) < 0.1)
        }
    }
}

@Suite struct PeriodOutcomeTests {
    private static let day: Int64 = 86_400_000_000_000

    private func trade(_ entry: Int64, _ exit: Int64, _ profit: Double) -> TradeSample {
        TradeSample(
            strategy: 0, symbol: 0, exitReason: 0, isLong: true, entryTime: entry, exitTime: exit, profit: profit,
            fees: 0)
    }

    @Test func daysAndTradesGoToTheirSides() {
        let day = Self.day
        // Two closes a day: noon, and midnight, which belongs to the day that ends there.
        let times = (1...8).map { Int64($0) * day / 2 }
        let equity = [101.0, 110, 120, 121, 100, 96.8, 90, 106.48]
        let split = 2 * day
        // Opened before the split and closed after it: it belongs before.
        let trades = [
            trade(0, day, 10), trade(day, 3 * day, -5), trade(split, 4 * day, 7), trade(3 * day, 4 * day, -1),
        ]
        let before = PeriodOutcome(
            times: times, equity: equity, startEquity: 100, trades: trades, from: 0, to: split)
        let after = PeriodOutcome(
            times: times, equity: equity, startEquity: 100, trades: trades, from: split, to: .max)
        func rounded(_ values: [Double]) -> [Double] { values.map { ($0 * 1e9).rounded() / 1e9 } }
        #expect(rounded(before.dailyReturns) == [0.1, 0.1])
        #expect(rounded(after.dailyReturns) == [-0.2, 0.1])
        #expect(before.trades.count == 2 && before.trades.profitFactor == 2)
        #expect(after.trades.count == 2 && after.trades.profitFactor == 7)
        #expect(abs((before.totalReturn ?? 0) - 0.21) < 1e-12)
        #expect(abs((after.maximumDrawdown ?? 0) - (90.0 / 121 - 1)) < 1e-12)
        #expect(abs((before.weeklyReturn ?? 0) - (pow(1.21, 3.5) - 1)) < 1e-9)
    }

    @Test func gapsAndRuinAreDaysWithoutReturn() {
        let day = Self.day
        let outcome = PeriodOutcome(
            times: [day, 4 * day, 5 * day, 6 * day], equity: [110, 121, 0, 50], startEquity: 100, trades: [], from: 0,
            to: .max)
        #expect(outcome.days == 6)
        #expect(outcome.dailyReturns.prefix(3).map { ($0 * 1e9).rounded() / 1e9 } == [0.1, 0, 0])
        #expect(outcome.dailyReturns[4] == -1 && outcome.dailyReturns[5] == 0)
        #expect(outcome.weeklyReturn == -1)
    }

    @Test func anEmptySpanIsNotMeasured() {
        let outcome = PeriodOutcome(times: [], equity: [], startEquity: 100, trades: [], from: 0, to: .max)
        #expect(outcome.days == 0 && outcome.totalReturn == nil && outcome.weeklyReturn == nil)
        #expect(outcome.maximumDrawdown == nil && outcome.trades.winRate == nil && outcome.ranges() == nil)
    }

    @Test(arguments: UInt64(1)...50) func rangesHoldTheMeasuredValue(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let day = Self.day
        var equity = 100.0
        var (times, values, trades): ([Int64], [Double], [TradeSample]) = ([], [], [])
        for index in 0..<60 {
            let profit = (random.unit() - 0.45) * 2
            equity += profit
            times.append(Int64(index + 1) * day)
            values.append(equity)
            trades.append(trade(Int64(index) * day + 1, Int64(index + 1) * day, profit))
        }
        let outcome = PeriodOutcome(times: times, equity: values, startEquity: 100, trades: trades, from: 0, to: .max)
        let ranges = try #require(outcome.ranges(BootstrapSettings(resamples: 500, seed: seed)))
        for range in [ranges.winRate, ranges.profitFactor, ranges.weeklyReturn] {
            let range = try #require(range)
            #expect(range.low <= range.value && range.value <= range.high)
            #expect(range.low < range.high)
        }
        #expect(ranges.winRate?.value == outcome.trades.winRate)
    }
}
