// SPDX-License-Identifier: Apache-2.0

import Analysis
import Backtest
import EngineHarness
import Execution
import Indicators
import Strategies
import Testing
import Trading

@testable import Adaptive

@Suite("What an entry's record says in words")
struct EntryRecordTests {
    private typealias Enhanced = EnhancedStrategyTests

    private static func parts(_ record: DecisionRecord) -> [String: String] {
        Dictionary(uniqueKeysWithValues: record.parts.map { ($0.name, $0.text) })
    }

    @Test("ADP-6: every part that judged an entry says in words what it found", arguments: UInt64(0)..<8)
    func everyPart(seed: UInt64) throws {
        let result = try Enhanced.run(
            seed: seed, ["pullback_min": 0.05, "pullback_max": 5, "entry_threshold": 0.2, "cost_multiple": 0])
        let entries = Enhanced.entries(result)
        #expect(!entries.isEmpty)
        for entry in entries {
            let parts = Self.parts(entry)
            let said = Set(parts.keys)
            let judges: Set<Feature> = [
                .thresholds, .timeframes, .volumeProfile, .regime, .volatilityFilter, .liquidityFilter, .costFilter,
                .pullback, .acceleration, .sizing, .structureStops,
            ]
            #expect(said.isSuperset(of: judges.map(\.name)), "\(said)")
            #expect(parts.values.allSatisfy { !$0.isEmpty })
            let thresholds = try #require(parts[Feature.thresholds.name])
            #expect(thresholds.contains("percentile") || thresholds.contains("base thresholds"), "\(thresholds)")
            let votes = try #require(parts[Feature.timeframes.name])
            for frame in ["5m", "15m", "1h", "4h"] {
                #expect(votes.contains("\(frame) trend") || votes.contains("\(frame) missing"), "\(votes)")
            }
            let regime = try #require(parts[Feature.regime.name])
            let place = try #require(Enhanced.value("regime", entry))
            #expect(regime.contains(MarketRegime.allCases[Int(place)].rawValue), "\(regime)")
            let profile = try #require(parts[Feature.volumeProfile.name])
            #expect(profile.contains("POC") || profile.contains("no profile"), "\(profile)")
            let size = try #require(parts[Feature.sizing.name])
            #expect(size.contains("confidence") && size.contains("regime"), "\(size)")
            #expect(entry.reason.contains("crossed the threshold"))
        }
        #expect(entries.contains { Self.parts($0)[Feature.thresholds.name]?.contains("percentile") == true })
        #expect(entries.contains { Self.parts($0)[Feature.volumeProfile.name]?.contains("POC") == true })
    }

    @Test("a refusal says what passed before it, and a part that is off says nothing", arguments: Feature.configurable)
    func offIsSilent(feature: Feature) throws {
        let result = try Enhanced.run(seed: 3, count: 2400, [feature.name: false])
        let told = result.decisions.filter { !$0.parts.isEmpty }
        #expect(!told.isEmpty && !told.contains { Self.parts($0)[feature.name] != nil })
        #expect(told.contains { $0.verdict == .refused })
    }

    @Test("parts of a position that the venue would not take alone are said when the legs are made")
    func mergedLegs() throws {
        let bars = ChangingMarket.bars(seed: 3, count: Enhanced.shortCount)
        var rules = TradingRules()
        rules.minimumNotional = Amount(whole: 400)
        let result = try WatchedStrategy.run(
            bars, Enhanced.only([.partialExits]), rules: rules,
            plan: TradePlan(sizing: .notional(Amount(whole: 1000)), leverage: 5))
        let made = result.decisions.filter { $0.feature == Feature.partialExits.name && $0.verdict == .waiting }
        let entries = Enhanced.entries(result)
        #expect(!entries.isEmpty && made.count == entries.count)
        for record in made {
            #expect(record.kind == .exit && entries.contains { $0.order == record.order })
            #expect(record.reason.hasPrefix("parts 1 to 3 as one, because"), "\(record.reason)")
            #expect(record.reason.contains("too small for the venue"), "\(record.reason)")
        }
    }
}
