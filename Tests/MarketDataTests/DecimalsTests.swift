// SPDX-License-Identifier: Apache-2.0

import MarketData
import TestSupport
import Testing
import Trading

private func exact(_ text: String) -> ExactDecimal? {
    Array(text.utf8).withUnsafeBufferPointer { ExactDecimal(parsing: $0) }
}

@Suite struct ExactDecimalTests {
    @Test(
        arguments: [
            ("0", 0, 0), ("12", 12, 0), ("-12.50", -125, 1), ("+.5", 5, 1), ("5.", 5, 0), ("1e-05", 1, 5),
            ("1.5E3", 1500, 0),
            ("0.000", 0, 0), ("120.0e-1", 12, 0), ("0e99", 0, 0),
        ] as [(String, Int128, Int)])
    func reads(text: String, significand: Int128, decimals: Int) {
        let value = exact(text)
        #expect(value?.significand == significand && value?.decimals == decimals)
    }

    @Test(arguments: [
        "", ".", "-", "+", "e5", "1e", "1e+", "1e1000", "nan", "NaN", "inf", "1,5", "1.2.3", "0x10", " 1", "1 ", "--1",
        "1234567890123456789012345678901234567", "1e99",
    ])
    func refuses(text: String) { #expect(exact(text) == nil) }

    @Test(
        arguments: [
            ("0.125", 2, 12), ("0.135", 2, 14), ("0.1251", 2, 13), ("-0.125", 2, -12), ("1e-50", 3, 0), ("7", 2, 700),
        ] as [(String, Int, Int64)])
    func roundsHalfToEven(text: String, scale: Int, expected: Int64) throws {
        #expect(try #require(exact(text)).roundedUnits(at: scale) == expected)
    }

    @Test("Text written by DecimalText is read back exactly", arguments: UInt64(0)..<200)
    func roundTrip(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let units = Int64(truncatingIfNeeded: random.next()) >> Int64.random(in: 0...62, using: &random)
        let decimals = Int.random(in: 0...18, using: &random)
        let value = try #require(exact(DecimalText.format(units, decimals: decimals)))
        #expect(value.units(at: decimals) == units)
    }
}

@Suite struct BarSeriesBuilderTests {
    private func add(_ volume: String, to builder: inout BarSeriesBuilder) throws -> Int64 {
        let units = try builder.admit(volume: try #require(exact(volume)))
        let time = Int64(builder.count) * 60_000_000_000
        let isAdded = builder.append(time: time, open: 1, high: 1, low: 1, close: 1, volume: units)
        #expect(isAdded)
        return units
    }

    @Test func scalesGrowToWhatIsNeeded() throws {
        var builder = BarSeriesBuilder()
        for (price, decimals) in [("100", 0), ("100.5", 1), ("100.25000", 2), ("7", 2)] {
            let value = try #require(exact(price))
            try builder.admit(price: value)
            do { let value = builder.priceDecimals; #expect(value == decimals) }
            let units = try builder.units(ofPrice: value)
            let isAdded = builder.append(
                time: Int64(builder.count) * 60_000_000_000, open: units, high: units, low: units, close: units,
                volume: 0)
            #expect(isAdded)
        }
        let series = builder.finish(timeframe: .oneMinute)
        #expect(series.bars.map(\.close.units) == [10_000, 10_050, 10_025, 700])
    }

    @Test func aPriceWithThirteenDecimalsIsRefused() throws {
        var builder = BarSeriesBuilder()
        try builder.admit(price: try #require(exact("1.000000000001")))
        do { let value = builder.priceDecimals; #expect(value == 12) }
        let value = try #require(exact("1.0000000000001"))
        do {
            try builder.admit(price: value)
            Issue.record("it was accepted")
        } catch { #expect(error == .tooManyDecimals) }
    }

    @Test func aPriceThatDoesNotFitTheScaleIsRefused() throws {
        var builder = BarSeriesBuilder()
        try builder.admit(price: try #require(exact("1.000000000001")))
        let value = try #require(exact("10000000"))
        do {
            _ = try builder.units(ofPrice: value)
            Issue.record("it was accepted")
        } catch { #expect(error == .outOfRange) }
    }

    @Test func volumesWithMoreThanTwelveDecimalsAreRounded() throws {
        var builder = BarSeriesBuilder()
        let rounded = try add("0.30000000000000004", to: &builder)
        #expect(rounded == 300_000_000_000)
        let (decimals, rounds) = (builder.quantityDecimals, builder.roundedVolumes)
        #expect(decimals == 12 && rounds == 1)
    }

    @Test func theScaleOfVolumesShrinksWhereTheirSumWouldNotFit() throws {
        var builder = BarSeriesBuilder()
        _ = try add("0.000000000001", to: &builder)
        do { let value = builder.quantityDecimals; #expect(value == 12) }
        // 10^9 at 12 decimals is beyond 64 bits; at 9 it fits.
        let large = try add("1000000000", to: &builder)
        #expect(large == 1_000_000_000_000_000_000)
        do { let value = builder.quantityDecimals; #expect(value == 9) }
        let (first, rounds) = (builder.column(5)[0], builder.roundedVolumes)
        #expect(first == 0 && rounds == 1)
        _ = try add("0.1234567891", to: &builder)
        do { let value = builder.quantityDecimals; #expect(value == 9) }
        let tooLarge = try #require(exact("10000000000000000000"))
        do {
            _ = try builder.admit(volume: tooLarge)
            Issue.record("it was accepted")
        } catch { #expect(error == .outOfRange) }
    }

    @Test("Sorting and removing keep rows whole", arguments: UInt64(0)..<20)
    func sorting(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let bars = randomBars(seed: seed, count: 60)
        let shuffled = bars.shuffled(using: &random)
        var builder = BarSeriesBuilder(capacity: 1)
        for bar in shuffled {
            let isAdded = builder.append(
                time: bar.field(0), open: bar.field(1), high: bar.field(2), low: bar.field(3), close: bar.field(4),
                volume: bar.field(5))
            #expect(isAdded)
        }
        let order = builder.sort()
        #expect(order.map { shuffled[$0] } == bars)
        let removed = (0..<60).filter { _ in Bool.random(using: &random) }
        builder.remove(at: removed)
        let kept = bars.enumerated().filter { !removed.contains($0.offset) }.map(\.element)
        let finished = builder.finish(timeframe: .oneMinute).bars
        #expect(finished == kept)
    }
}
