// SPDX-License-Identifier: Apache-2.0

import Indicators
import Strategies
import Testing
import Trading

struct StrategyParametersTests {
    private let registry = StrategyRegistry.builtIn

    private func message(_ strategy: String, _ values: [String: ParameterValue]) -> String {
        do {
            let definition = try registry.definition(named: strategy)
            _ = try registry.make(strategy, parameters: StrategyParameters(values, for: definition))
            return "accepted"
        } catch { return "\(error)" }
    }

    @Test(arguments: [
        (
            "ema_cross",
            ["ema_cross", "EMA", "ema", "EMA cross", "Ema-Cross", "moving_average_cross", "MOVINGAVERAGECROSS"]
        ),
        ("rsi", ["rsi", "RSI", "Rsi"]), ("macd", ["macd", "MACD", "Macd"]),
        ("bollinger", ["Bollinger", "BOLLINGER BANDS", "bollinger-bands"]),
        ("multi_indicator", ["multi", "MultiIndicator", "multi-indicator", "Multi Indicator"]),
    ])
    func namesAndAliasesAreFoundWhateverTheirCase(name: String, written: [String]) throws {
        for text in written { #expect(try registry.definition(named: text).name == name, "\(text)") }
    }

    @Test func anUnknownTypeIsAnErrorWithASuggestion() {
        let error = #expect(throws: StrategyError.self) { try registry.definition(named: "bolinger") }
        let message = error?.description ?? ""
        #expect(message.contains("'bolinger'") && message.lowercased().contains("did you mean 'bollinger'"))
        for name in registry.definitions.map(\.name) { #expect(message.contains(name)) }
        let far = #expect(throws: StrategyError.self) { try registry.definition(named: "zzzzzzzzzzzz") }
        #expect(far?.description.contains("Did you mean") == false)
        #expect(throws: StrategyError.self) { try registry.definition(named: "") }
    }

    @Test(arguments: [
        ("macd", ["fast_perod": 8] as [String: ParameterValue], ["'fast_perod'", "Did you mean 'fast_period'"]),
        ("macd", ["fast_period": 0], ["fast_period", "0", "1 to 1000000"]),
        ("macd", ["fast_period": 8.5], ["fast_period", "8.5", "whole number"]),
        ("macd", ["fast_period": "eight"], ["fast_period", "eight"]),
        ("macd", ["fast_period": 21], ["fast_period (21)", "below slow_period (21)"]),
        ("macd", ["fast_period": 30, "slow_period": 20], ["fast_period (30)", "slow_period (20)"]),
        ("ema_cross", ["fast_period": 20], ["fast_period (20)", "slow_period (20)"]),
        ("multi_indicator", ["slow_period": 8], ["fast_period (8)", "slow_period (8)"]),
        ("multi_indicator", ["votes_needed": 5], ["votes_needed", "1 to 4"]),
        ("rsi", ["period": 1], ["period", "2 to"]),
        ("rsi", ["oversold": 70.0], ["oversold (70.0)", "overbought (70.0)"]),
        ("rsi", ["overbought": 100.1], ["overbought", "0.0 to 100.0"]),
        ("rsi", ["oversold": .number(.nan)], ["oversold"]),
        ("bollinger", ["deviations": .number(.infinity)], ["deviations"]),
        ("rsi", ["direction": "up"], ["direction", "long_only, both"]),
        ("rsi", ["direction": true], ["direction"]),
    ])
    func badParametersAreErrorsThatNameTheStrategyTheParameterAndTheLimits(
        strategy: String, values: [String: ParameterValue], words: [String]
    ) {
        let text = message(strategy, values)
        #expect(text.contains("'\(strategy)'"))
        for word in words { #expect(text.contains(word), "\(word) in: \(text)") }
    }

    @Test func presetsAreCompleteValidAndGiveWayToWhatIsWritten() throws {
        for definition in registry.definitions where !definition.parameters.isEmpty {
            #expect(Set(definition.presets.keys) == Set(StrategyPreset.allCases), "\(definition.name)")
            var seen: Set<String> = []
            for preset in StrategyPreset.allCases {
                let parameters = try StrategyParameters([:], for: definition, preset: preset)
                _ = try registry.make(definition.name, parameters: parameters)
                for (name, value) in definition.presets[preset] ?? [:] {
                    #expect(
                        parameters[name].description == value.description
                            || parameters.number(name) == Double(value.description))
                }
                seen.insert(definition.parameters.map { "\(parameters[$0.name])" }.joined(separator: ","))
            }
            #expect(seen.count == 3, "the presets differ")
            #expect(!definition.summary.isEmpty && definition.parameters.allSatisfy { !$0.summary.isEmpty })
        }
        let macd = try registry.definition(named: "macd")
        let mixed = try StrategyParameters(["slow_period": 99], for: macd, preset: .conservative)
        #expect(mixed.integer("fast_period") == 12 && mixed.integer("slow_period") == 99)
        #expect(try StrategyParameters([:], for: macd).integer("fast_period") == 8)
        #expect(try StrategyParameters(["fast_period": 5.0], for: macd).integer("fast_period") == 5)
    }

    @Test func aLaterRegistrationReplacesAnEarlierOne() throws {
        var registry = StrategyRegistry.builtIn
        let count = registry.definitions.count
        registry.register(StrategyDefinition(name: "rsi", summary: "Another.", parameters: [])) { _ in
            throw StrategyError.badParameter(strategy: "rsi", reason: "the other one.")
        }
        #expect(registry.definitions.count == count)
        #expect(registry.definitions.map(\.name) == registry.definitions.map(\.name).sorted())
        let definition = try registry.definition(named: "RSI")
        #expect(definition.summary == "Another.")
        #expect(throws: StrategyError.self) {
            try registry.make("rsi", parameters: StrategyParameters([:], for: definition))
        }
    }
}
