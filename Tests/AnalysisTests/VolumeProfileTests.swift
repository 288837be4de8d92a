// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing
import Trading

@testable import Analysis

/// The middle of a bin's prices.
func price(inBin bin: Int) -> Double { exp((Double(bin) + 0.5) * log(1.001)) }

/// Bars without height, one per bin and volume, a minute apart.
func points(_ volumes: [(bin: Int, volume: Double)]) -> [ProfileBar] {
    volumes.enumerated().map { index, entry in
        let price = price(inBin: entry.bin)
        return ProfileBar(
            closeTime: Timestamp(seconds: 60 * Int64(index + 1)), low: price, high: price, volume: entry.volume)
    }
}

@Suite struct VolumeProfileTests {
    private let end = Timestamp(seconds: 86_400)

    private var settings: VolumeProfileSettings {
        var settings = VolumeProfileSettings()
        settings.minimumHistory = .zero
        return settings
    }

    @Test(
        "Bins are ln 1.001 high with an edge at price 1, and hold their lower edge",
        arguments: [
            (price: 1.0, bin: 0), (1.0005, 0), (1.001, 1), (0.9999, -1), (0.9989, -2), (27_182.8, 10_215),
            (0.000012, -11_337),
        ])
    func bins(price: Double, bin: Int) throws {
        let bar = ProfileBar(closeTime: end, low: price, high: price, volume: 3)
        let profile = try VolumeProfile(of: [bar], at: end, settings: settings)
        #expect(profile.firstBin == bin)
        #expect(profile.volumes == [3])
        #expect(profile.bin(at: price) == bin)
        #expect(profile.volume(at: price) == 3)
        #expect(profile.volume(at: price * 1.01) == 0)
    }

    @Test("A bar's volume is spread in proportion to the overlap of logarithms of prices")
    func spread() throws {
        let width = log(1.001)
        let bar = ProfileBar(closeTime: end, low: exp(0.5 * width), high: exp(2.5 * width), volume: 10)
        let profile = try VolumeProfile(of: [bar], at: end, settings: settings)
        #expect(profile.firstBin == 0)
        #expect(profile.volumes.count == 3)
        #expect(zip(profile.volumes, [2.5, 5, 2.5]).allSatisfy { agree($0, $1, tolerance: 1e-12) })
        #expect(profile.totalVolume == 10)
    }

    @Test(
        "The value area is the shortest around the point of control, then the fullest, then the lowest",
        arguments: [
            (volumes: [7.0, 3], point: 0, area: 0...0),
            ([3, 7], 1, 1...1),
            ([10, 10, 10], 0, 0...2),
            ([1, 1, 8], 2, 2...2),
            // 50 + 20 on either side: as short and as full, the lower one.
            ([20, 50, 20, 10], 1, 0...1),
            // As short; above is fuller.
            ([20, 50, 21, 9], 1, 1...2),
            // Three below are needed; the two above are not enough.
            ([15, 15, 40, 5, 5, 20], 2, 0...2),
            // The fullest bin lies outside what two neighbours reach.
            ([40, 0, 0, 41, 19], 3, 0...3),
            ([5, 5], 0, 0...1),
            ([6, 0, 6, 0, 6], 0, 0...4),
        ])
    func valueArea(volumes: [Double], point: Int, area: ClosedRange<Int>) throws {
        let bars = points(volumes.enumerated().map { (bin: 700 + $0.offset, volume: $0.element) })
        let levels = try #require(try VolumeProfile(of: bars, at: end, settings: settings).levels)
        #expect(levels.pointOfControlBin == 700 + point)
        #expect(levels.lowestBin...levels.highestBin == 700 + area.lowerBound...700 + area.upperBound)
        #expect(agree(levels.pointOfControl, price(inBin: 700 + point), tolerance: 1e-12))
        #expect(agree(levels.valueAreaLow, price(inBin: 700 + area.lowerBound) / 1.001.squareRoot()))
        #expect(agree(levels.valueAreaHigh, price(inBin: 700 + area.upperBound) * 1.001.squareRoot()))
    }

    @Test("70 % is 70 % exactly: a unit less needs another bin")
    func exactShare() throws {
        let exact = points([(0, 0.7), (1, 0.1), (2, 0.1), (3, 0.1)])
        let short = points([(0, 0.7), (1, 0.1), (2, 0.1), (3, 0.1000000001)])
        #expect(try VolumeProfile(of: short, at: end, settings: settings).levels?.highestBin == 1)
        // 0.7 is a little less than 70 %, and 0.1 a little more than 10 %, as 64-bit numbers; in units of 2⁻⁵⁰ too.
        let levels = try #require(try VolumeProfile(of: exact, at: end, settings: settings).levels)
        var units: [Int128] = [0.7, 0.1, 0.1, 0.1].map { Int128(($0 * 0x1p50).rounded()) }
        #expect(levels.highestBin == (units[0] * 10 >= units.reduce(0, +) * 7 ? 0 : 1))
        units = [7, 1, 1, 1]
        let whole = points(units.enumerated().map { (bin: $0.offset, volume: Double($0.element)) })
        #expect(try VolumeProfile(of: whole, at: end, settings: settings).levels?.highestBin == 0)
    }

    @Test("Bars count that closed after the time less seven days, and not after the time")
    func lookBack() throws {
        let time = Timestamp(seconds: 0) + .days(20)
        let edge = time - .days(7)
        let bars = [edge, edge + TimeSpan(nanoseconds: 1), time, time + TimeSpan(nanoseconds: 1)].map {
            ProfileBar(closeTime: $0, low: 5, high: 5, volume: 1)
        }
        let profile = try VolumeProfile(of: bars, at: time, settings: settings)
        #expect(profile.barCount == 2)
        #expect(profile.totalVolume == 2)
        var rolling = try RollingVolumeProfile(settings: settings)
        for bar in bars.dropLast() { rolling.add(bar) }
        let rolled = rolling.request(at: time).calculate()
        #expect(rolled == profile)
    }

    @Test(
        "A price is near a level within 0.5 %",
        arguments: [
            (factor: 1.0, isNear: true), (1.00499, true), (0.99501, true), (1.00501, false), (0.99499, false),
        ])
    func nearness(factor: Double, isNear: Bool) throws {
        let profile = try VolumeProfile(of: points([(5000, 40), (4950, 30), (5050, 30)]), at: end, settings: settings)
        let levels = try #require(profile.levels)
        let price = levels.valueAreaLow * factor
        #expect((profile.keyLevel(near: price) != nil) == isNear)
        #expect(profile.keyLevel(near: levels.pointOfControl)?.kind == .pointOfControl)
        #expect(profile.keyLevel(near: levels.valueAreaHigh)?.kind == .valueAreaHigh)
        #expect(profile.keyLevel(near: levels.valueAreaLow)?.kind == .valueAreaLow)
        for nonsense in [Double.nan, .infinity, 0, -1] { #expect(profile.keyLevel(near: nonsense) == nil) }
    }

    @Test("Sizes are smaller where a bin has less than half of the mean bin's volume, and outside the profile")
    func lowVolume() throws {
        // A mean of 10; half of it is 5.
        let profile = try VolumeProfile(
            of: points([(10, 20), (11, 5), (12, 4.999), (13, 10.001)]), at: end, settings: settings)
        #expect(profile.sizeFactor(at: price(inBin: 10)) == 1)
        #expect(profile.sizeFactor(at: price(inBin: 11)) == 1)
        #expect(profile.sizeFactor(at: price(inBin: 12)) == 0.5)
        #expect(profile.sizeFactor(at: price(inBin: 13)) == 1)
        #expect(profile.sizeFactor(at: price(inBin: 9)) == 0.5)
        #expect(profile.sizeFactor(at: price(inBin: 14)) == 0.5)
        #expect(profile.sizeFactor(at: .nan) == 1)
        #expect(
            profile.reason(at: price(inBin: 12)).hasPrefix(
                "price 1.01257 is near VAH 1.01308 (0.05 % above the price); 50 % of the mean bin's volume, low-volume "
                    + "area: size × 0.50; POC 1.01055, value area "))
    }

    @Test("Without volume, or with too little history, there are no levels and sizes stay")
    func nothingKnown() throws {
        let silent = try VolumeProfile(of: points([(10, 0), (12, 0)]), at: end, settings: settings)
        #expect(silent.outcome == .noVolume)
        #expect(silent.reason == "no profile: no volume in 2 bars")
        let empty = try VolumeProfile(of: [], at: end, settings: settings)
        #expect(empty.outcome == .noVolume)
        #expect(empty.reason == "no profile: no volume in 0 bars")
        let young = try VolumeProfile(of: points([(10, 1)]), at: Timestamp(seconds: 3600))
        #expect(young.outcome == .tooLittleHistory)
        #expect(young.reason == "no profile: 1 bar since 1970-01-01T00:01:00Z are too few")
        for profile in [silent, empty, young] {
            #expect(profile.levels == nil)
            #expect(profile.keyLevel(near: 1.01) == nil)
            #expect(profile.sizeFactor(at: 1.01) == 1)
            #expect(profile.reason(at: 1.01) == profile.reason)
        }
    }

    @Test(
        "A bar that cannot be placed does not count",
        arguments: [
            (low: Double.nan, high: 1.0, volume: 1.0), (1, .nan, 1), (1, 1, .nan), (1, .infinity, 1), (0, 1, 1),
            (-1, 1, 1), (2, 1, 1), (1, 1, -1), (1, 1, .infinity), (1e-13, 1, 1), (1, 1e13, 1), (1, 1, 1e14),
        ])
    func unplaced(low: Double, high: Double, volume: Double) throws {
        var rolling = try RollingVolumeProfile(settings: settings)
        rolling.add(ProfileBar(closeTime: Timestamp(seconds: 60), low: 1, high: 1.01, volume: 1))
        let before = rolling.request(at: end).calculate()
        let isPlaced = rolling.add(ProfileBar(closeTime: Timestamp(seconds: 120), low: low, high: high, volume: volume))
        let isLate = !rolling.add(ProfileBar(closeTime: Timestamp(seconds: 60), low: 1, high: 1, volume: 1))
        #expect(!isPlaced && isLate)
        #expect(rolling.refusedBars == 2)
        let after = rolling.request(at: end).calculate()
        #expect(after == before)
    }

    @Test("The widest and largest bars that are allowed are counted exactly")
    func extremes() throws {
        var settings = settings
        settings.binSize = 0.0001
        var rolling = try RollingVolumeProfile(settings: settings)
        for second in 1...3 {
            rolling.add(
                ProfileBar(closeTime: Timestamp(seconds: Int64(second)), low: 1e-12, high: 1e12, volume: 0x1p46))
        }
        let profile = rolling.request(at: Timestamp(seconds: 3)).calculate()
        #expect(profile.totalVolume == 3 * 0x1p46)
        #expect(profile.levels != nil)
        rolling.add(ProfileBar(closeTime: Timestamp(seconds: 3) + .days(7), low: 1, high: 1, volume: 1e-15))
        let later = rolling.request(at: Timestamp(seconds: 3) + .days(7)).calculate()
        #expect(later.volumes == [0x1p-50])
    }

    @Test("A profile that had no room for all bars of the look-back says so")
    func noRoom() throws {
        var settings = settings
        settings.barCapacity = 3
        var rolling = try RollingVolumeProfile(settings: settings)
        for bar in points([(10, 5), (11, 1), (12, 1)]) { rolling.add(bar) }
        let whole = rolling.request(at: end).calculate()
        #expect(!whole.isCut)
        rolling.add(ProfileBar(closeTime: end, low: 1, high: 1, volume: 1))
        let cut = rolling.request(at: end).calculate()
        #expect(cut.isCut)
        #expect(cut.barCount == 3)
        #expect(cut.reason.hasSuffix("of volume 3, from the last 3 bars only"))
        let later = rolling.request(at: end + .days(7) - .minutes(1)).calculate()
        #expect(!later.isCut)
    }

    @Test("A profile is due once in every quarter of an hour")
    func due() throws {
        var rolling = try RollingVolumeProfile()
        #expect(rolling.isDue(at: Timestamp(seconds: 0)))
        _ = rolling.request(at: Timestamp(seconds: 0))
        #expect(!rolling.isDue(at: Timestamp(seconds: 899)))
        #expect(rolling.isDue(at: Timestamp(seconds: 900)))
        _ = rolling.request(at: Timestamp(seconds: 1000))
        #expect(!rolling.isDue(at: Timestamp(seconds: 1799)))
        #expect(rolling.isDue(at: Timestamp(seconds: 1800)))
    }

    @Test("A result that comes late does not replace a newer one, and the history keeps the levels")
    func lateResult() throws {
        var settings = settings
        settings.historyCapacity = 2
        var rolling = try RollingVolumeProfile(settings: settings)
        for bar in points([(10, 5), (11, 1)]) { rolling.add(bar) }
        let profiles = (1...4).map { rolling.request(at: end + .minutes($0 * 15)).calculate() }
        var isAccepted: [Bool] = []
        for index in [0, 2, 1, 2] { isAccepted.append(rolling.accept(profiles[index])) }
        #expect(isAccepted == [true, true, false, false])
        #expect(rolling.latest == profiles[2])
        #expect(rolling.profile(at: profiles[2].time + .minutes(30)) == profiles[2])
        #expect(rolling.profile(at: profiles[2].time + .minutes(31)) == nil)
        rolling.accept(profiles[3])
        #expect(rolling.history.elements == [profiles[2], profiles[3]].compactMap(\.levels))
    }
}
