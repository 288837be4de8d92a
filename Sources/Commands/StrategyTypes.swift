// SPDX-License-Identifier: Apache-2.0

import Configuration
import Indicators
import Strategies

extension StrategyRegistry {
    /// The registered strategies as configuration knows them: each under its name and its aliases.
    var configurationTypes: [StrategyTypeDescription] {
        definitions.flatMap { definition in
            ([definition.name] + definition.aliases).map { name in
                StrategyTypeDescription(
                    name: name, summary: definition.summary, parameters: definition.parameters.map(\.keyDescription),
                    presets: Dictionary(
                        uniqueKeysWithValues: definition.presets.map { preset, values in
                            (preset.rawValue, values.mapValues(\.description))
                        }),
                    needsSize: !definition.sizesItsOrders,
                    check: { values in check(values, definition) },
                    checkBars: { values, own, data in
                        let needs = (try? made(values, definition))?.barNeeds(on: own) ?? []
                        // The first is enough: what it asks for may serve the others too.
                        return needs.first { !$0.isServed(by: data) }.map {
                            [ParameterFault(parameter: $0.parameter, message: $0.problem(of: data))]
                        } ?? []
                    })
            }
        }
    }

    private func made(
        _ values: [String: ConfigurationValue], _ definition: StrategyDefinition
    ) throws -> any Strategy {
        let parameters = try StrategyParameters(values.mapValues(\.parameterValue), for: definition)
        return try CrashReport.naming(definition.name) { try make(definition.name, parameters: parameters) }
    }

    /// What only the strategy itself can say: it is made from the values, and its complaint is passed on.
    private func check(
        _ values: [String: ConfigurationValue], _ definition: StrategyDefinition
    ) -> [ParameterFault] {
        do {
            _ = try made(values, definition)
            return []
        } catch {
            // The parameter that is named first, and of those that begin with the same words the longest.
            let message = "\(error)"
            var named: (name: String, at: String.Index)?
            for name in definition.parameters.map(\.name) {
                guard let place = message.firstRange(of: name)?.lowerBound else { continue }
                let isBetter = named.map { place == $0.at ? name.count > $0.name.count : place < $0.at } ?? true
                if isBetter { named = (name, place) }
            }
            return [ParameterFault(parameter: named?.name ?? definition.parameters.first?.name ?? "", message: message)]
        }
    }
}

extension ConfigurationValue {
    /// As a strategy's parameter.
    var parameterValue: ParameterValue {
        switch self {
        case .boolean(let value): .boolean(value)
        case .integer(let value): .integer(Int(clamping: value))
        default: number.map { .number($0) } ?? .text(description)
        }
    }
}

extension ParameterDefinition {
    fileprivate var keyDescription: KeyDescription {
        switch kind {
        case .integer(let value, let range):
            KeyDescription(
                name, .integer(Int64(range.lowerBound)...Int64(range.upperBound)), default: "\(value)", summary)
        case .number(let value, let range):
            KeyDescription(
                name, .decimal(.from("\(range.lowerBound)", to: "\(range.upperBound)")), default: "\(value)", summary)
        case .choice(let value, let options):
            KeyDescription(
                name, .choice(options.map { ValueType.Choice($0, "") }), default: value, summary)
        case .boolean(let value): KeyDescription(name, .boolean, default: "\(value)", summary)
        }
    }
}
