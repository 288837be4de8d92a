// SPDX-License-Identifier: Apache-2.0

import Adaptive
import Indicators
import Strategies
import Testing
import Trading

@testable import Commands

@Suite struct StrategyCommandTests {
    @Test func listHasEveryRegisteredStrategy() throws {
        let ran = apus(["strategies", "list"])
        #expect(ran.status == 0)
        let names = ran.outputLines.dropFirst().compactMap { $0.split(separator: " ").first.map(String.init) }
        #expect(names == StrategyRegistry.standard.definitions.map(\.name))
    }

    @Test(arguments: StrategyRegistry.standard.definitions.flatMap { [$0.name] + $0.aliases })
    func eachIsExplainedByNameAndAlias(name: String) throws {
        let definition = try StrategyRegistry.standard.definition(named: name)
        let ran = apus(["strategies", "list", name])
        #expect(ran.status == 0)
        #expect(ran.output.contains(definition.summary))
        for parameter in definition.parameters {
            #expect(ran.output.contains(parameter.name) && ran.output.contains(parameter.allowed))
        }
        for preset in definition.presets.keys { #expect(ran.output.contains(preset.rawValue.uppercased())) }
        let document = try apus(["strategies", "list", name, "--json"]).json()
        #expect(document["type"] as? String == definition.name)
        let presets = try #require(document["presets"] as? [String: [String: Any]])
        #expect(Set(presets.keys) == Set(definition.presets.keys.map(\.rawValue)))
    }

    @Test func anUnknownTypeIsWrongUsageWithASuggestion() {
        let ran = apus(["strategies", "list", "multi_indicatr"])
        #expect(ran.status == 2)
        #expect(ran.output == "")
        #expect(ran.errors.contains("Did you mean 'multi_indicator'?"))
    }

    @Test func aStrategyOfTheUserIsListedAndKnownToTheConfiguration() throws {
        struct Idle: Strategy {
            static let definition = StrategyDefinition(
                name: "idle", summary: "Does nothing.", parameters: [.period(7, name: "idle_bars")])
            init(parameters: StrategyParameters) {}
            mutating func onBar(_ bar: Bar, _ context: inout StrategyContext) {}
        }
        var registry = StrategyRegistry.standard
        registry.register(Idle.self)
        #expect(apus(["strategies", "list"], strategies: registry).output.contains("idle"))
        #expect(apus(["config", "explain", "idle_bars"], strategies: registry).status == 0)
        #expect(apus(["config", "schema"], strategies: registry).output.contains("\"idle_bars\""))
        #expect(!apus(["config", "schema"]).output.contains("\"idle_bars\""))
    }
}
