// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing
import Trading

@testable import Analysis

@Suite struct VolumeProfilePropertyTests {
    private func randomBars(_ random: inout SeededRandom) -> [ProfileBar] {
        if random.chance(0.5) {
            // Few whole volumes without height: ties of every kind.
            let bins = random.integer(1...12)
            return points(
                (0..<random.integer(1...40)).map { _ in
                    (bin: random.integer(-bins...bins), volume: Double(random.integer(0...4)))
                })
        }
        return random.candles(random.integer(2...400), .fiveMinutes).map(\.profileBar)
    }

    private func settings(_ random: inout SeededRandom) -> VolumeProfileSettings {
        var settings = VolumeProfileSettings()
        settings.minimumHistory = .zero
        if random.chance(0.3) { settings.valueArea = Double(random.integer(1...10_000)) / 10_000 }
        return settings
    }

    private func histogram(of bars: [ProfileBar], _ settings: VolumeProfileSettings) -> VolumeHistogram {
        var histogram = VolumeHistogram()
        for bar in bars.compactMap({ PlacedBar($0, binWidth: settings.binWidth) }) { histogram.add(bar) }
        return histogram
    }

    @Test(
        "PRP 8: the point of control is the bin with the most volume, of equals the lowest", arguments: UInt64(0)..<300)
    func pointOfControlHasMost(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let bars = randomBars(&random)
        let profile = try VolumeProfile(of: bars, at: try #require(bars.last).closeTime, settings: settings(&random))
        guard let levels = profile.levels else {
            #expect(bars.allSatisfy { $0.volume == 0 })
            return
        }
        let most = try #require(profile.volumes.max())
        #expect(profile.volumes.firstIndex(of: most) == levels.pointOfControlBin - profile.firstBin)
        #expect(levels.lowestBin...levels.highestBin ~= levels.pointOfControlBin)
    }

    @Test("PRP 9: the value area holds its share and is the one that the rule gives", arguments: UInt64(0)..<300)
    func valueAreaIsTheRule(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let bars = randomBars(&random)
        let settings = settings(&random)
        let profile = try VolumeProfile(of: bars, at: try #require(bars.last).closeTime, settings: settings)
        guard let levels = profile.levels else { return }
        let histogram = histogram(of: bars, settings)
        let used = try #require(histogram.used)
        let volumes = Array(histogram.units[used])
        let point = levels.pointOfControlBin - profile.firstBin
        let total = volumes.reduce(0, +)
        // Every range around the point of control that holds enough, the best by the rule first.
        var candidates: [(count: Int, volume: Int128, low: Int)] = []
        for low in 0...point {
            var held = volumes[low..<point].reduce(0, +)
            for high in point..<volumes.count {
                held += volumes[high]
                if held * 10_000 >= total * Int128((settings.valueArea * 10_000).rounded()) {
                    candidates.append((high - low + 1, held, low))
                }
            }
        }
        let best = try #require(candidates.min { ($0.count, -$0.volume, $0.low) < ($1.count, -$1.volume, $1.low) })
        #expect(levels.lowestBin - profile.firstBin == best.low)
        #expect(levels.highestBin - levels.lowestBin + 1 == best.count)
        #expect(agree(levels.valueAreaVolume, VolumeHistogram.volume(best.volume)))
        #expect(levels.valueAreaLow <= levels.pointOfControl && levels.pointOfControl <= levels.valueAreaHigh)
    }

    @Test("Bins agree with the plain formula, and no volume is lost", arguments: UInt64(0)..<200)
    func agreesWithFormula(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let bars = random.candles(200, .fiveMinutes).map(\.profileBar)
        let settings = settings(&random)
        let width = log(1.001)
        let histogram = histogram(of: bars, settings)
        var expected: [Int: Double] = [:]
        for bar in bars {
            let (low, high) = (log(bar.low) / width, log(bar.high) / width)
            for bin in Int(floor(low))...Int(floor(high)) {
                let overlap = min(high, Double(bin + 1)) - max(low, Double(bin))
                expected[bin, default: 0] += bar.low == bar.high ? bar.volume : bar.volume * overlap / (high - low)
            }
        }
        let total = bars.reduce(0) { $0 + $1.volume }
        for (index, units) in histogram.units.enumerated() {
            #expect(units >= 0)
            let reference = expected[histogram.firstBin + index] ?? 0
            #expect(abs(VolumeHistogram.volume(units) - reference) <= 1e-12 * total)
        }
        #expect(histogram.units.reduce(0, +) == histogram.total)
        let units = bars.reduce(Int128(0)) { $0 + Int128(($1.volume * 0x1p50).rounded()) }
        #expect(histogram.total == units)
    }

    @Test("Bar by bar gives the numbers of the whole calculation, bit for bit", arguments: UInt64(0)..<200)
    func incrementalIsBatch(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var settings = settings(&random)
        settings.lookBack = .minutes(Int64(random.integer(60...900)))
        settings.barCapacity = random.chance(0.3) ? random.integer(5...60) : 10_080
        let bars = random.candles(250, .fiveMinutes).map(\.profileBar)
        var rolling = try RollingVolumeProfile(settings: settings)
        for (index, bar) in bars.enumerated() {
            rolling.add(bar)
            guard rolling.isDue(at: bar.closeTime) else { continue }
            let time = bar.closeTime
            let profile = rolling.request(at: time).calculate()
            // The same from nothing but the bars that count.
            let inside = bars[...index].filter { $0.closeTime > time - settings.lookBack }
            var whole = VolumeHistogram()
            for bar in inside.suffix(settings.barCapacity) {
                whole.add(try #require(PlacedBar(bar, binWidth: settings.binWidth)))
            }
            #expect(profile.isCut == (inside.count > settings.barCapacity))
            #expect(profile.barCount == min(inside.count, settings.barCapacity))
            #expect(profile.volumes == whole.used.map { whole.units[$0].map(VolumeHistogram.volume) } ?? [])
            #expect(try VolumeProfile(of: bars, at: time, settings: settings) == profile)
        }
    }

    @Test("Removing bars in any order leaves nothing behind", arguments: UInt64(0)..<200)
    func removalIsExact(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let bars = random.candles(100, .oneHour).compactMap {
            PlacedBar($0.profileBar, binWidth: VolumeProfileSettings().binWidth)
        }
        var histogram = VolumeHistogram()
        for bar in bars { histogram.add(bar) }
        for bar in bars.shuffled(using: &random) { histogram.remove(bar) }
        #expect(histogram.total == 0)
        #expect(histogram.units.allSatisfy { $0 == 0 })
        histogram.trim()
        #expect(histogram.units.isEmpty)
    }
}
