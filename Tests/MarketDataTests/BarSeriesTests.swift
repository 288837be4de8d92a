// SPDX-License-Identifier: Apache-2.0

import MarketData
import TestSupport
import Testing
import Trading

@Suite struct BarSeriesTests {
    @Test func columnsAndBarsAgree() throws {
        let bars = randomBars(seed: 1, count: 100)
        let input = try series(bars)
        #expect(input.count == 100 && input.bars == bars && input[7] == bars[7])
        let sum = input.withColumns { columns in (0..<columns.count).reduce(Int64(0)) { $0 + columns.close[$1] } }
        #expect(sum == bars.reduce(0) { $0 + $1.close.units })
    }

    @Test("A slice has the bars whose open time is in the range", arguments: UInt64(0)..<30)
    func slices(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let bars = randomBars(seed: seed, count: 50)
        let input = try series(bars)
        let times = (0..<2).map { _ in
            bars.randomElement(using: &random)!.openTime
                + TimeSpan(nanoseconds: Int64.random(in: -1...1, using: &random))
        }.sorted()
        let slice = input.slice(from: times[0], to: times[1])
        #expect(slice.bars == bars.filter { $0.openTime >= times[0] && $0.openTime < times[1] })
        #expect(slice.contentHash == (try series(slice.bars)).contentHash)
        #expect(input.slice().contentHash == input.contentHash)
    }

    @Test func anInvertedRangeIsEmpty() throws {
        let input = try series(randomBars(seed: 3, count: 20))
        #expect(input.slice(from: input.lastOpenTime, to: input.firstOpenTime).isEmpty)
    }

    @Test func anUnorderedOffGridOrTooLargeSeriesIsRefused() {
        let first = bar(1, 1, 1, 1, 1, 1)
        #expect(throws: BarSeriesError.notRising(index: 1, time: first.openTime, previous: first.openTime)) {
            try series([first, first])
        }
        #expect(throws: BarSeriesError.offGrid(index: 0, time: first.openTime, timeframe: .fiveMinutes)) {
            try series([first], timeframe: .fiveMinutes)
        }
        #expect(throws: BarSeriesError.outOfRange(index: 1, what: "sum of volumes")) {
            try series([bar(1, 1, 1, 1, 1, .max), bar(2, 1, 1, 1, 1, 1)])
        }
    }

    @Test func theContentHashSeesEveryValueAndTheScales() throws {
        let bars = randomBars(seed: 5, count: 10)
        let hash = try series(bars).contentHash
        #expect(try series(bars).contentHash == hash)
        for column in 0..<6 {
            var changed = bars
            changed[9] = Bar { changed[9].field($0) + ($0 == column ? (column == 0 ? 60_000_000_000 : 1) : 0) }
            #expect(try series(changed).contentHash != hash)
        }
        let rescaled = try BarSeries(bars, timeframe: .oneMinute, priceDecimals: 3, quantityDecimals: 3)
        #expect(rescaled.contentHash != hash)
    }

    @Test func rescalingIsExactOrRefused() throws {
        let input = try series([bar(1, 150, 160, 140, 150, 7)])
        let finer = try input.rescaled(priceDecimals: 4, quantityDecimals: 5)
        #expect(finer.bars == [bar(1, 15_000, 16_000, 14_000, 15_000, 700)])
        #expect(try finer.rescaled(priceDecimals: 2, quantityDecimals: 3).bars == input.bars)
        #expect(try input.rescaled(priceDecimals: 1, quantityDecimals: 3).bars == [bar(1, 15, 16, 14, 15, 7)])
        #expect(throws: BarSeriesError.outOfRange(index: 0, what: "open")) {
            try input.rescaled(priceDecimals: 0, quantityDecimals: 3)
        }
        #expect(throws: BarSeriesError.outOfRange(index: 0, what: "open")) {
            try input.rescaled(priceDecimals: 20, quantityDecimals: 3)
        }
    }
}

@Suite struct BarMergeTests {
    @Test("A merge equals one by dictionary", arguments: UInt64(0)..<40)
    func equalsDictionary(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let all = randomBars(seed: seed, count: 80)
        let stored = all.filter { _ in Bool.random(using: &random) }
        let new = all.filter { _ in Bool.random(using: &random) }.map { old in
            Int.random(in: 0..<8, using: &random) == 0
                ? Bar { old.field($0) + ($0 == 5 ? 1 : 0) } : old
        }
        var expected: [Timestamp: Bar] = [:]
        for bar in new { expected[bar.openTime] = bar }
        for bar in stored { expected[bar.openTime] = bar }
        let merge = try series(stored).merging(series(new), conflicts: .keep)
        #expect(merge.series.bars == expected.values.sorted { $0.openTime < $1.openTime })
        for bar in new { expected[bar.openTime] = bar }
        let replaced = try series(stored).merging(series(new), conflicts: .replace)
        #expect(replaced.series.bars == expected.values.sorted { $0.openTime < $1.openTime })
        let storedTimes = Set(stored.map(\.openTime))
        #expect(merge.added == new.count { !storedTimes.contains($0.openTime) })
        #expect(
            merge.conflictCount == new.count { bar in stored.contains { $0.openTime == bar.openTime && $0 != bar } })
        #expect(merge.added + merge.repeated + merge.conflictCount == new.count)
    }

    @Test func scalesBecomeTheLargerOfTheTwo() throws {
        let coarse = try BarSeries(
            [bar(1, 10, 10, 10, 10, 1)], timeframe: .oneMinute, priceDecimals: 0, quantityDecimals: 4)
        let fine = try BarSeries(
            [bar(2, 10, 10, 10, 10, 1)], timeframe: .oneMinute, priceDecimals: 2, quantityDecimals: 0)
        let merge = try coarse.merging(fine, conflicts: .refuse)
        #expect(merge.series.scales == DecimalScales(price: 2, quantity: 4))
        #expect(merge.series.bars == [bar(1, 1000, 1000, 1000, 1000, 1), bar(2, 10, 10, 10, 10, 10_000)])
        #expect(throws: BarSeriesError.differentTimeframes(.oneMinute, .oneHour)) {
            try coarse.merging(series([bar(60, 1, 1, 1, 1, 1)], timeframe: .oneHour), conflicts: .refuse)
        }
    }
}

@Suite struct ContentHashTests {
    // Made with python-xxhash 4.1.0 on bytes (i * 7 + 3) % 256.
    @Test(
        arguments: [
            (0, 0, 0xEF46_DB37_51D8_E999),
            (0, 42, 0x98B1_582B_0977_E704),
            (1, 0, 0x1F25_C8D0_BC1F_4BB6),
            (1, 42, 0x4D71_BEF0_2900_52DB),
            (3, 0, 0x31D2_363F_52E5_64C9),
            (3, 42, 0xBF4D_D3C8_14A1_FB9E),
            (4, 0, 0x9BB6_4B7D_66EE_9FDA),
            (4, 42, 0xBCB5_4295_AB59_1E0D),
            (7, 0, 0x9A7B_1499_59CE_60D8),
            (7, 42, 0x9CE5_9C3A_C76F_FC9D),
            (8, 0, 0xDAB9_9D95_C6F9_0092),
            (8, 42, 0x9FE8_789A_C2A1_A649),
            (31, 0, 0xA2AA_5F33_CC4A_6119),
            (31, 42, 0x10AB_8A77_06D8_BA37),
            (32, 0, 0x23C3_C17E_F790_FD97),
            (32, 42, 0x232E_8071_E826_D4BF),
            (33, 0, 0x50A7_CFC7_BA58_8784),
            (33, 42, 0x9D08_407E_3569_7B1F),
            (100, 0, 0xA61F_8D4C_170F_E531),
            (100, 42, 0x7DD0_0BE8_513C_25A2),
            (1000, 0, 0x5F23_5FA0_33F1_A3FB),
            (1000, 42, 0xD776_E802_8586_FF61),
        ] as [(Int, UInt64, UInt64)])
    func agreesWithXXH64(count: Int, seed: UInt64, expected: UInt64) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 + 3) }
        #expect(bytes.withUnsafeBytes { ContentHash.hash($0, seed: seed) } == expected)
    }

    @Test func textHasSixteenDigits() {
        #expect(ContentHash.text(0xAB) == "00000000000000ab")
    }
}
