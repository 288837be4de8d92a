// SPDX-License-Identifier: Apache-2.0

import Backtest
import Engine
import EngineHarness
import Execution
import Indicators
import MarketData
import Simulation
import Strategies
import TestSupport
import Testing
import Trading

@testable import Adaptive

/// Five-minute bars of a market whose drift and noise change every few hours, so that there is something to find.
enum ChangingMarket {
    static func bars(seed: UInt64, count: Int, volume: Int64 = 1_000_000, minutes: Int = 5) -> [Bar] {
        var random = SeededRandom(seed: seed)
        var price = 200.0
        var drift = 0.0
        var noise = 0.002
        return (0..<count).map { index in
            if index % 96 == 0 {
                drift = Double.random(in: -0.0015...0.0015, using: &random)
                noise = Double.random(in: 0.0005...0.004, using: &random)
            }
            let open = price
            let step = drift + Double.random(in: -1...1, using: &random) * noise
            price = max(1, price * (1 + step))
            let high = max(open, price) * (1 + Double.random(in: 0...0.5, using: &random) * noise)
            let low = min(open, price) * (1 - Double.random(in: 0...0.5, using: &random) * noise)
            func units(_ value: Double) -> Price { Price(units: Int64((value * 100).rounded())) }
            return Bar(
                openTime: Market.time(index * minutes), open: units(open), high: units(high), low: units(low),
                close: units(price),
                volume: Quantity(units: volume == 0 ? 0 : Int64.random(in: volume...volume * 3, using: &random)))
        }
    }
}

@Suite("The enhanced strategy")
struct EnhancedStrategyTests {
    static let days = 12
    static let count = days * 288

    /// Measured on the strategy's own bars, so that days of them are enough.
    static let short: [String: ParameterValue] = [
        "direction": "both", "signal_timeframe": "own", "signal_period": 12, "entry_threshold": 0.5,
        "volatility_min": 0.05, "sizing_volatility": 0.5,
    ]

    static func strategy(_ values: [String: ParameterValue] = [:]) throws -> EnhancedStrategy {
        let values = short.merging(values) { $1 }
        return try EnhancedStrategy(parameters: StrategyParameters(values, for: EnhancedStrategy.definition))
    }

    /// With everything off but what is named.
    static func only(_ features: Set<Feature>) -> [String: ParameterValue] {
        Dictionary(uniqueKeysWithValues: Feature.configurable.map { ($0.name, .boolean(features.contains($0))) })
    }

    static func input(_ bars: [Bar], _ strategy: any Strategy) throws -> BacktestInput {
        var world = try World([bars], timeframe: .fiveMinutes)
        world.add(
            strategy, timeframe: .fiveMinutes, plan: TradePlan(sizing: .notional(Amount(whole: 50_000)), leverage: 5))
        var input = try world.input()
        input.keepsDecisions = true
        return input
    }

    static func run(
        seed: UInt64 = 7, count: Int = count, _ values: [String: ParameterValue] = [:],
        _ change: (inout EnhancedStrategy) -> Void = { _ in }
    ) throws -> BacktestResult {
        var strategy = try strategy(values)
        change(&strategy)
        return try World.run(try input(ChangingMarket.bars(seed: seed, count: count), strategy))
    }

    static func entries(_ result: BacktestResult) -> [DecisionRecord] {
        result.decisions.filter { $0.kind == .entry && $0.verdict == .taken }
    }

    static func value(_ name: String, _ record: DecisionRecord) -> Double? {
        record.values.first { $0.name == name }?.value
    }

    // MARK: What it does

    @Test("explains every order that it sends, every signal that it leaves, and every way out")
    func explains() throws {
        let result = try Self.run(seed: 3, count: 2 * Self.count)
        let entries = Self.entries(result)
        #expect(entries.count >= 5)
        let fills = Set(result.fills.map(\.fill.order))
        for entry in entries {
            #expect(fills.contains(entry.order), "an entry is a fill")
            #expect(!entry.reason.isEmpty && Self.value("threshold_percent", entry) != nil)
        }
        let trips = RoundTrip.collect(
            result.fills, strategyCount: 1, instruments: try World([[]]).description().instruments
        ).closed
        #expect(trips.count >= 5)
        for trip in trips { #expect(entries.contains { $0.order == trip.entryOrder }) }
        let exits = result.decisions.filter { $0.kind == .exit && $0.verdict == .taken }
        #expect(exits.count >= trips.count && exits.allSatisfy { !$0.reason.isEmpty })
        #expect(result.decisions.contains { $0.kind == .signal && $0.verdict == .refused && !$0.feature.isEmpty })
    }

    @Test("without keeping decisions it does the same")
    func quiet() throws {
        var input = try Self.input(ChangingMarket.bars(seed: 3, count: 2000), Self.strategy())
        let told = try World.run(input)
        input.keepsDecisions = false
        let quiet = try World.run(input)
        #expect(quiet.resultHash == told.resultHash && quiet.decisions.isEmpty)
    }

    /// Two hundred worlds in twenty tests; each must have had something to judge in one of its ten.
    static func tens(_ group: UInt64) -> Range<UInt64> { group * 10..<group * 10 + 10 }
    static let shortCount = 5 * 288

    @Test("PRP 7: without confidence nothing is entered", arguments: UInt64(0)..<20)
    func confidence(group: UInt64) throws {
        var (entered, refused) = (0, 0)
        for seed in Self.tens(group) {
            let result = try Self.run(seed: seed, count: Self.shortCount)
            for entry in Self.entries(result) {
                #expect([0.7, 1].contains(Self.value("confidence", entry)), "seed \(seed)")
                entered += 1
            }
            for refusal in result.decisions where refusal.feature == Feature.timeframes.name {
                #expect(refusal.verdict == .refused && Self.value("confidence", refusal) == 0, "seed \(seed)")
                refused += 1
            }
        }
        #expect(entered > 0 && refused > 0)
    }

    @Test(
        "PRP 19, 21: what is closed is never more than what was opened, and stops never loosen",
        arguments: UInt64(0)..<20)
    func closesWhatItOpened(group: UInt64) throws {
        var (closedInParts, tightened) = (0, 0)
        for seed in Self.tens(group) {
            let result = try Self.run(
                seed: seed, count: Self.shortCount, Self.only([.partialExits, .movingStops, .timeExit]))
            // The position never changes sides within a trade, and ends flat or open at the end of the data.
            for fill in result.fills where fill.before.units != 0 {
                #expect(
                    fill.after.units == 0 || (fill.after.units > 0) == (fill.before.units > 0), "seed \(seed)")
            }
            var partial: [OrderID: Int] = [:]
            for record in result.decisions
            where record.feature == Feature.partialExits.name && record.verdict == .taken {
                partial[record.order, default: 0] += 1
            }
            #expect(partial.values.allSatisfy { $0 <= 3 }, "seed \(seed)")
            closedInParts += partial.count
            var stops: [OrderID: Double] = [:]
            for record in result.decisions where record.feature == Feature.movingStops.name && record.kind == .stop {
                let text = try #require(record.reason.split(separator: "stop at ").last?.split(separator: " ").first)
                let level = try #require(Double(text))
                if let before = stops.updateValue(level, forKey: record.order) {
                    #expect(record.side == .buy ? level >= before : level <= before, "seed \(seed)")
                    tightened += 1
                }
            }
        }
        #expect(closedInParts > 0 && tightened > 0)
    }

    // MARK: The signal's bars and costs

    /// Move and true range from bars of an hour, put together by hand.
    static func hours(_ bars: [Bar]) -> [(closeTime: Timestamp, high: Double, low: Double, close: Double)] {
        stride(from: 0, through: bars.count - 12, by: 12).map { start in
            let part = bars[start..<start + 12]
            func value(_ price: Price) -> Double { Double(price.units) / 100 }
            return (
                Market.time((start + 12) * 5), part.map { value($0.high) }.max()!, part.map { value($0.low) }.min()!,
                value(bars[start + 11].close)
            )
        }
    }

    @Test("move, ATR and reversals are read from bars of the signal's timeframe", arguments: UInt64(0)..<8)
    func signalTimeframe(seed: UInt64) throws {
        let bars = ChangingMarket.bars(seed: seed, count: Self.count)
        var values = Self.only([.movingStops, .partialExits])
        values.merge([
            "signal_timeframe": "1h", "signal_period": 6, "entry_threshold": 1.5, "atr_period": 5,
            "acceleration_period": 3,
        ]) { $1 }
        let result = try World.run(try Self.input(bars, Self.strategy(values)))
        let hours = Self.hours(bars)
        var range = 0.0
        var readings: [Timestamp: (move: Double, range: Double)] = [:]
        for index in 1..<hours.count {
            let (bar, before) = (hours[index], hours[index - 1].close)
            let reach = max(bar.high, before) - min(bar.low, before)
            range = index <= 5 ? range + reach / 5 : range + (reach - range) / 5
            guard index >= 6 else { continue }
            readings[bar.closeTime] = ((bar.close / hours[index - 6].close - 1) * 100, range)
        }
        let entries = Self.entries(result)
        #expect(entries.count >= 5)
        for entry in entries {
            let reading = try #require(readings[entry.time], "it enters when an hour has closed")
            let move = try #require(Self.value("move_percent", entry))
            let range = try #require(Self.value("atr", entry))
            #expect(abs(move - reading.move) < 1e-9 && abs(range - reading.range) < 1e-9)
            #expect(abs(move) >= 1.5)
        }
        let turns = result.decisions.filter { $0.kind == .stop && $0.reason.hasPrefix("momentum reversed") }
        #expect(!turns.isEmpty && turns.allSatisfy { readings[$0.time] != nil })
    }

    @Test("a trade whose nearest profit is too near for its costs is refused, and says so", arguments: UInt64(0)..<8)
    func costs(seed: UInt64) throws {
        var values = Self.only([.costFilter, .partialExits])
        values["cost_multiple"] = 6
        values["expected_slippage"] = 0.03
        let result = try Self.run(seed: seed, values)
        let refused = result.decisions.filter { $0.feature == Feature.costFilter.name }
        let entries = Self.entries(result)
        #expect(!refused.isEmpty && !entries.isEmpty)
        let fee = try World([[]]).description().instruments[0].rules(at: Market.time(0)).takerFee.fraction
        for (record, isWorth) in entries.map({ ($0, true) }) + refused.map({ ($0, false) }) {
            let cost = try #require(Self.value("round_trip_cost_percent", record))
            let profit = try #require(Self.value("nearest_profit_percent", record))
            #expect(abs(cost - 200 * (fee + 0.0003)) < 1e-12)
            #expect((profit >= 6 * cost) == isWorth)
            #expect(isWorth || (record.verdict == .refused && record.reason.contains("entry and exit cost")))
        }
        values["cost_filter"] = false
        #expect(Self.entries(try Self.run(seed: seed, values)).count > entries.count)
    }

    @Test("without a number set it trades on four-hour bars, long only, and explains it")
    func defaults() throws {
        let strategy = try EnhancedStrategy(parameters: StrategyParameters([:], for: EnhancedStrategy.definition))
        let bars = ChangingMarket.bars(seed: 3, count: 60 * 288)
        let result = try World.run(try Self.input(bars, strategy))
        let entries = Self.entries(result)
        #expect(!entries.isEmpty && entries.allSatisfy { $0.side == .buy && !$0.reason.isEmpty })
        #expect(!result.decisions.contains { $0.kind == .feature })
    }

    // MARK: Features alone

    @Test("each can be switched off, and then decides nothing", arguments: Feature.configurable)
    func off(feature: Feature) throws {
        let result = try Self.run(seed: 3, count: 2400, [feature.name: false])
        #expect(!result.decisions.contains { $0.feature == feature.name })
    }

    // MARK: The model

    @Test("PRP 12: agreement never lowers, disagreement never raises confidence", arguments: UInt64(0)..<300)
    func adjusts(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let confidence = Double.random(in: 0...1, using: &random)
        let probability = Double.random(in: 0...1, using: &random)
        for side in [Side.buy, .sell] {
            let adjusted = ConfidenceAdjustment().adjusted(confidence, probability: probability, side: side)
            let agrees = side == .buy ? probability > 0.5 : probability < 0.5
            #expect(agrees ? adjusted >= confidence : adjusted <= confidence || probability == 0.5)
            #expect(adjusted >= 0 && adjusted <= 1)
        }
    }

    @Test("PRP 13: a failed prediction leaves the signal unchanged", arguments: UInt64(0)..<20)
    func failedPrediction(group: UInt64) throws {
        struct Broken: Error {}
        let ways: [@Sendable (PredictionInput) throws -> Double] = [
            { _ in throw Broken() }, { _ in .nan }, { _ in 7 }, { _ in -.infinity },
        ]
        let values: [String: ParameterValue] = ["timeframes": false, "pullback": false]
        var answered = 0
        for seed in Self.tens(group) {
            /// What it decides, but for the probability itself; it is asked each time, however often it fails.
            func story(_ predictor: @escaping @Sendable (PredictionInput) throws -> Double) throws -> [String] {
                let result = try Self.run(seed: seed, count: 600, values) { strategy in
                    strategy.predictor = predictor
                    let enabled = strategy.settings.features.union([.prediction])
                    strategy.features = FeatureGuard(enabled: enabled, settings: .init(limit: .max))
                }
                answered += result.decisions.count { Self.value("probability", $0) != nil }
                return result.decisions.map { record in
                    let values = record.values.filter { $0.name != "probability" }
                    return "\(record.time) \(record.verdict) \(record.order) \(record.reason) \(values)"
                }
            }
            let neutral = try story { _ in 0.5 }
            #expect(try story(ways[Int(seed % 4)]) == neutral, "seed \(seed)")
        }
        #expect(answered > 0)
    }

    @Test("PRP 13: a model that fails repeatedly is asked no more, and signals no longer wait for it")
    func modelSwitchedOff() throws {
        struct Broken: Error {}
        let result = try Self.run(seed: 3, count: 2400) { strategy in
            strategy.predictor = { _ in throw Broken() }
            strategy.features.set(.prediction, isOn: true)
        }
        #expect(!Self.entries(result).isEmpty)
        #expect(result.decisions.contains { $0.kind == .feature && $0.feature == Feature.prediction.name })
    }

    // MARK: Markets that are hard

    @Test("a market that stands still, or without volume, is not traded, and says why")
    func hardMarkets() throws {
        let flat = (0..<1200).map { index in
            Bar(
                openTime: Market.time(index * 5), open: Price(units: 10_000), high: Price(units: 10_000),
                low: Price(units: 10_000), close: Price(units: 10_000), volume: Quantity(units: 1000))
        }
        #expect(try World.run(try Self.input(flat, Self.strategy())).orders == 0)
        let silent = ChangingMarket.bars(seed: 3, count: Self.count, volume: 0)
        let result = try World.run(try Self.input(silent, Self.strategy()))
        #expect(result.orders == 0)
        #expect(result.decisions.contains { $0.feature == Feature.liquidityFilter.name && $0.verdict == .refused })
    }

    @Test(
        "bad parameters are refused with their names",
        arguments: [
            ("pullback_min", ["pullback_min": ParameterValue.number(5)]),
            ("volatility_min", ["volatility_min": .number(50)]),
            ("hours_from", ["hours_from": .integer(12), "hours_to": .integer(8)]),
            ("exit_2_atr", ["exit_2_atr": .number(1)]), ("exit_2_share", ["exit_1_share": .number(80)]),
        ])
    func badParameters(name: String, values: [String: ParameterValue]) {
        do {
            _ = try Self.strategy(values)
            Issue.record("it was taken")
        } catch { #expect("\(error)".contains(name)) }
    }

    // MARK: Determinism

    @Test("PRP 28: nothing up to now depends on what comes later", arguments: UInt64(0)..<200)
    func future(seed: UInt64) throws {
        let values = seed.isMultiple(of: 2) ? ["timeframes": ParameterValue.boolean(false)] : [:]
        let count = seed % 20 == 1 ? 2000 : 400
        let bars = ChangingMarket.bars(seed: seed, count: count)
        let input = try Self.input(bars, Self.strategy(values))
        let cut = bars[count * 3 / 4].openTime
        let whole = try World.run(input, at: [cut]).1
        let part = try World.run(input.cut(at: cut), at: [cut]).1
        #expect(whole == part)
    }

    @Test("PRP 29: the same input gives the same decisions, word for word")
    func repeats() throws {
        let (first, second) = (try Self.run(seed: 5), try Self.run(seed: 5))
        #expect(first.resultHash == second.resultHash && first.decisions == second.decisions)
    }
}
