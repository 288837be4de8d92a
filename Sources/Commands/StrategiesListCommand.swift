// SPDX-License-Identifier: Apache-2.0

import Indicators
import MarketData
import Strategies

/// `apus strategies list`: the types of strategies that a configuration can name.
struct StrategiesListCommand: Command {
    static let description = CommandDescription(
        path: ["strategies", "list"],
        summary: "List the types of strategies, or explain one.",
        operands: [
            OperandDescription(name: "NAME", summary: "Explain this type; an alias will do.", isRequired: false)
        ],
        options: [.json],
        examples: [
            ("apus strategies list", "All of them."),
            ("apus strategies list macd", "Parameters, ranges and presets of one."),
        ])

    static func run(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        if let name = arguments.operands.first {
            let definition = try failing(.usage) { try console.strategies.definition(named: name) }
            return arguments.has("json") ? console.printJSON(fields(of: definition)) : explain(definition, console)
        }
        let definitions = console.strategies.definitions
        if arguments.has("json") {
            return console.printJSON(.object([("strategies", .list(definitions.map(fields)))]))
        }
        console.print(
            TextTable(
                columns: [.init(title: "TYPE"), .init(title: "PARAMETERS", wrapsAt: 40), .init(title: "SUMMARY")],
                rows: definitions.map { definition in
                    [
                        definition.name,
                        definition.parameters.map { "\($0.name)=\($0.defaultValue)" }.joined(separator: " "),
                        definition.summary,
                    ]
                }))
    }

    private static func explain(_ definition: StrategyDefinition, _ console: Console) {
        console.print("\(definition.name): \(definition.summary)")
        if !definition.aliases.isEmpty { console.print("Also called: \(definition.aliases.joined(separator: ", "))") }
        if definition.parameters.isEmpty {
            console.print("\nIt has no parameters.")
        } else {
            console.print("\nParameters:")
            console.print(definition.parameters.table)
        }
        let presets = StrategyPreset.allCases.filter { definition.presets[$0] != nil }
        if !presets.isEmpty {
            console.print("\nPresets:")
            console.print(
                TextTable(
                    columns: [.init(title: "  PARAMETER")]
                        + presets.map { TextTable.Column(title: $0.rawValue.uppercased(), isNumber: true) },
                    rows: definition.parameters.map { parameter in
                        ["  \(parameter.name)"]
                            + presets.map { "\(definition.presets[$0]?[parameter.name] ?? parameter.defaultValue)" }
                    }))
        }
        let parameters = definition.parameters.prefix(2).map { "\($0.name): \($0.defaultValue)" }
        console.print("\nIn a configuration:")
        console.print("  strategies:\n    my_\(definition.name):\n      type: \(definition.name)")
        if !parameters.isEmpty { console.print("      parameters: { \(parameters.joined(separator: ", ")) }") }
        console.print("\n`apus config init` writes a whole one to start from.")
    }

    private static func fields(of definition: StrategyDefinition) -> ReportValue {
        let presets = StrategyPreset.allCases.compactMap { preset in
            definition.presets[preset].map { values -> (name: String, value: ReportValue) in
                (
                    preset.rawValue,
                    .object(values.keys.sorted().map { ($0, values[$0]?.field ?? .missing) })
                )
            }
        }
        return .object([
            ("type", .text(definition.name)), ("aliases", .texts(definition.aliases)),
            ("summary", .text(definition.summary)), ("parameters", .list(definition.parameters.map(\.fields))),
            ("presets", .object(presets)),
        ])
    }
}
