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
                    check: { values in check(values, definition) })
            }
        }
    }

    /// What only the strategy itself can say: it is made from the values, and its complaint is passed on.
    private func check(
        _ values: [String: ConfigurationValue], _ definition: StrategyDefinition
    ) -> [ParameterFault] {
        do {
            let parameters = try StrategyParameters(values.mapValues(\.parameterValue), for: definition)
            _ = try CrashReport.naming(definition.name) { try make(definition.name, parameters: parameters) }
            return []
        } catch {
            let message = "\(error)"
            let named = definition.parameters.map(\.name).first { message.contains($0) }
            return [ParameterFault(parameter: named ?? definition.parameters.first?.name ?? "", message: message)]
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
