// SPDX-License-Identifier: Apache-2.0

import Configuration
import MarketData

/// `apus config check`: everything that is wrong with a configuration.
struct ConfigCheckCommand: Command {
    static let description = CommandDescription(
        path: ["config", "check"],
        summary: "Find every mistake in a configuration.",
        details: "Each problem and warning names its place in the file and what to write. Exits with 1 on problems.",
        operands: [OperandDescription(name: "FILE", summary: "A configuration in YAML or JSON.")],
        options: [
            OptionDescription(
                name: "set", value: "KEY=VALUE", summary: "Check with this value in place of the file's.", repeats: true
            ),
            .json,
        ],
        examples: [
            ("apus config check apus.yaml", "Everything that is wrong with a file."),
            ("apus config check apus.yaml --set simulation.seed=7", "With one value changed."),
        ])

    static func run(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        var overrides: [ConfigurationOverride] = []
        for setting in arguments.values("set") {
            do throws(ConfigurationProblem) {
                overrides.append(try ConfigurationOverride(parsing: setting))
            } catch {
                throw .usage("\(error)")
            }
        }
        let path = arguments.operands[0]
        let check = ConfigurationCheck(
            file: path, overrides: overrides, strategyTypes: console.strategies.configurationTypes)
        if arguments.has("json") {
            console.printJSON(
                .object([
                    ("file", .text(path)), ("valid", .flag(check.problems.isEmpty)),
                    ("problems", .list(check.problems.map(\.fields))),
                    ("warnings", .list(check.warnings.map(\.fields))),
                ]))
        } else {
            for problem in check.problems { console.printError("\(problem)") }
            for warning in check.warnings { console.printError("warning: \(warning)") }
        }
        let warnings = check.warnings.isEmpty ? "" : " and \(plural(check.warnings.count, "warning"))"
        guard check.problems.isEmpty else {
            throw .failed("\(path) has \(plural(check.problems.count, "problem"))\(warnings).")
        }
        if !arguments.has("json") { console.print("\(path) has no problems\(warnings).") }
    }
}

extension ConfigurationProblem {
    /// As named fields, for JSON; line and column are missing where it is not about a place in the file.
    fileprivate var fields: ReportValue {
        .object([
            ("kind", .text(kind.rawValue)), ("file", .text(location.file)),
            ("line", location.line > 0 ? .count(location.line) : .missing),
            ("column", location.line > 0 ? .count(location.column) : .missing), ("path", .text(path)),
            ("message", .text(message)),
        ])
    }
}
