// SPDX-License-Identifier: Apache-2.0

import Indicators
import MarketData
import Reports

/// `apus indicators list`: the indicators that can be computed and used in strategies.
struct IndicatorsListCommand: Command {
    static let description = CommandDescription(
        path: ["indicators", "list"],
        summary: "List the indicators, or explain one.",
        operands: [
            OperandDescription(name: "NAME", summary: "Explain this indicator; an alias will do.", isRequired: false)
        ],
        options: [.json],
        examples: [
            ("apus indicators list", "All of them."),
            ("apus indicators list bollinger", "Parameters, outputs and promises of one."),
        ])

    static func run(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        if let name = arguments.operands.first {
            let instance = try failing(.usage) { try console.indicators.make(name) }
            return arguments.has("json") ? console.printJSON(fields(of: instance)) : explain(instance, console)
        }
        let instances = try failing { try console.indicators.names.map { try console.indicators.make($0) } }
        if arguments.has("json") { return console.printJSON(.object([("indicators", .list(instances.map(fields)))])) }
        console.print(
            TextTable(
                columns: [
                    .init(title: "NAME"), .init(title: "PARAMETERS", wrapsAt: 36), .init(title: "OUTPUTS", wrapsAt: 18),
                    .init(title: "SUMMARY"),
                ],
                rows: instances.map { instance in
                    let definition = instance.definition
                    return [
                        definition.name,
                        definition.parameters.map { "\($0.name)=\($0.defaultValue)" }.joined(separator: " "),
                        definition.outputs.joined(separator: " "), definition.summary,
                    ]
                }))
    }

    private static func explain(_ instance: IndicatorInstance, _ console: Console) {
        let definition = instance.definition
        console.print("\(definition.name): \(definition.summary)")
        if !definition.aliases.isEmpty { console.print("Also called: \(definition.aliases.joined(separator: ", "))") }
        console.print("\nReads: \(definition.inputs.text)")
        console.print("Outputs: \(definition.outputs.joined(separator: ", "))")
        if !definition.parameters.isEmpty {
            console.print("\nParameters:")
            console.print(definition.parameters.table)
        }
        console.print("\nWith its defaults:")
        let earliest = definition.waitsForData ? " at the earliest; it waits for something in the data" : ""
        console.print("  First value: at bar \(NumberText.grouped(instance.firstOutput))\(earliest)")
        console.print("  Memory: \(instance.memory.text)")
        let tolerance = definition.batchTolerance
        let agreement = tolerance == 0 ? "are equal bit for bit" : "agree within \(tolerance) of the input's scale"
        console.print("  Computed at once or bar by bar, values \(agreement)")
        let set = definition.parameters.first.map { " --set \($0.name)=\($0.defaultValue)" } ?? ""
        console.print("\napus indicators compute \(definition.name)\(set) --input bars.csv --output out.csv")
    }

    private static func fields(of instance: IndicatorInstance) -> ReportValue {
        let definition = instance.definition
        return .object([
            ("name", .text(definition.name)), ("aliases", .texts(definition.aliases)),
            ("summary", .text(definition.summary)), ("parameters", .list(definition.parameters.map(\.fields))),
            ("outputs", .texts(definition.outputs)), ("reads", .text(definition.inputs.text)),
            ("firstOutput", .count(instance.firstOutput)), ("waitsForData", .flag(definition.waitsForData)),
            ("memory", instance.memory.fields), ("batchTolerance", .number(definition.batchTolerance)),
        ])
    }
}

extension IndicatorDefinition.Inputs {
    fileprivate var text: String {
        switch self {
        case .source: "the column that 'source' names"
        case .twoSources: "the columns that 'source' and 'other_source' name"
        case .columns(let columns): columns.map(\.rawValue).joined(separator: ", ")
        case .timed(let columns): (columns.map(\.rawValue) + ["time"]).joined(separator: ", ")
        }
    }
}

extension IndicatorMemory {
    fileprivate var text: String {
        switch self {
        case .bars(let bars): "after \(plural(bars, "bar")) it no longer matters where the series began"
        case .sessions(let sessions): "after \(plural(sessions, "session")) it no longer matters where the series began"
        case .always(let reason): "it always depends on where the series began: \(reason)"
        }
    }

    fileprivate var fields: ReportValue {
        switch self {
        case .bars(let bars): .object([("bars", .count(bars))])
        case .sessions(let sessions): .object([("sessions", .count(sessions))])
        case .always(let reason): .object([("always", .text(reason))])
        }
    }
}
