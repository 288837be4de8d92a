// SPDX-License-Identifier: Apache-2.0

public import Adaptive
public import Strategies

/// The `apus` program. A package with strategies of its own makes one with a registry that has them:
///
///     import Adaptive
///     import Commands
///     import Strategies
///
///     var strategies = StrategyRegistry.standard
///     strategies.register(MyStrategy.self)
///     Program(strategies: strategies).main()
public struct Program: Sendable {
    public static let version = "0.1.0"

    static let commands: [any Command.Type] = [
        BacktestCommand.self, AbCommand.self, ExplainCommand.self, TradeCommand.self, ReplayCommand.self,
        CompareCommand.self,
        DataImportCommand.self, DataListCommand.self, DataCheckCommand.self, DataExportCommand.self,
        IndicatorsListCommand.self, IndicatorsComputeCommand.self,
        StrategiesListCommand.self, VenuesListCommand.self,
        ControlCommand.self, PromoteCommand.self,
        ConfigInitCommand.self, ConfigCheckCommand.self, ConfigSchemaCommand.self, ConfigExplainCommand.self,
        AuditListCommand.self, AuditVerifyCommand.self,
        VaultInitCommand.self, VaultAddCommand.self, VaultListCommand.self, VaultRotateCommand.self,
        VaultRemoveCommand.self, VaultPassphraseCommand.self,
    ]

    private let strategies: StrategyRegistry

    public init(strategies: StrategyRegistry = .standard) { self.strategies = strategies }

    /// Runs the command line and ends the process: 0 done, 1 failed, 2 wrong usage.
    public func main() -> Never {
        CrashReport.enable()
        leave(with: run(Array(CommandLine.arguments.dropFirst()), Console(strategies: strategies)))
    }

    /// Runs one command line.
    ///
    /// - Returns: The exit status.
    func run(_ arguments: [String], _ console: Console) -> Int32 {
        let status = answer(arguments, console)
        guard status == 0, let error = console.outputError else { return status }
        console.printError("apus: the results cannot be written to standard output: \(error).")
        return 1
    }

    private func answer(_ arguments: [String], _ console: Console) -> Int32 {
        guard let first = arguments.first, first != "help" || arguments.count > 1 else {
            console.print(Self.overview)
            return arguments.isEmpty ? 2 : 0
        }
        if first == "--version" || first == "version" {
            console.print("apus \(Self.version)")
            return 0
        }
        if first == "--help" || first == "-h" {
            console.print(Self.overview)
            return 0
        }
        let words = first == "help" ? Array(arguments.dropFirst()) : arguments
        guard let command = Self.command(for: words) else {
            return unknown(words, console, wantsHelp: first == "help" || words.contains("--help"))
        }
        let description = command.description
        let rest = words.dropFirst(description.path.count)
        if first == "help" || rest.prefix(while: { $0 != "--" }).contains(where: { $0 == "--help" || $0 == "-h" }) {
            console.print(Help.text(for: description))
            return 0
        }
        do throws(CommandFailure) {
            try command.run(try ParsedArguments(rest, for: description), console)
            return 0
        } catch {
            console.printError("apus: \(error.message)")
            guard case .usage = error.kind else { return 1 }
            console.printError(Help.usage(of: description))
            console.printError("`apus \(description.name) --help` says more.")
            return 2
        }
    }

    private static func command(for words: [String]) -> (any Command.Type)? {
        commands.first { words.starts(with: $0.description.path) }
    }

    private func unknown(_ words: [String], _ console: Console, wantsHelp: Bool) -> Int32 {
        let group = Self.commands.filter { $0.description.path.first == words.first }
        if !group.isEmpty {
            if wantsHelp {
                console.print(Help.list(group.map { $0.description }))
                return 0
            }
            let known = group.compactMap { $0.description.path.dropFirst().first }
            if words.count > 1 {
                let near = nearest(words[1], among: known).map { " Did you mean `apus \(words[0]) \($0)`?" } ?? ""
                console.printError("apus: there is no command '\(words[0]) \(words[1].prefix(60))'.\(near) There are:")
            } else {
                console.printError("apus: say what to do with \(words[0]):")
            }
            console.printError(Help.list(group.map { $0.description }))
            return 2
        }
        let near = nearest(words.first ?? "", among: Set(Self.commands.map { $0.description.path[0] }).sorted())
        console.printError(
            "apus: there is no command '\((words.first ?? "").prefix(60))'."
                + (near.map { " Did you mean `apus \($0)`?" } ?? "") + " `apus --help` lists them.")
        return 2
    }

    private static var overview: String {
        """
        apus \(version): research, backtest and trade crypto on one deterministic engine.

        Usage: apus COMMAND [OPTIONS]

        \(Help.list(commands.map { $0.description }))

        `apus COMMAND --help` explains one, with examples. `apus --version` prints the version.
        """
    }
}

/// The texts of `--help`.
enum Help {
    static func usage(of command: CommandDescription) -> String {
        var line = "Usage: apus \(command.name)"
        for operand in command.operands {
            let name = operand.name + (operand.repeats ? "…" : "")
            line += operand.isRequired ? " \(name)" : " [\(name)]"
        }
        for option in command.options where option.isRequired { line += " \(option.usage)" }
        if command.options.contains(where: { !$0.isRequired }) { line += " [OPTIONS]" }
        return line
    }

    static func text(for command: CommandDescription) -> String {
        var text = "\(command.summary)\n\n\(usage(of: command))\n"
        if !command.details.isEmpty { text += "\n\(command.details)\n" }
        let operands = command.operands.map { ($0.name, $0.summary) }
        if !operands.isEmpty { text += "\nArguments:\n\(table(operands))\n" }
        let options = command.options.map { option in
            (option.usage, option.summary + (option.repeats ? " Repeatable." : ""))
        }
        text += "\nOptions:\n\(table(options + [("--help", "Show this text.")]))\n"
        text += "\nExamples:\n"
        for example in command.examples { text += "  \(example.line)\n      \(example.purpose)\n" }
        return String(text.dropLast())
    }

    static func list(_ commands: [CommandDescription]) -> String {
        table(commands.map { ($0.name, $0.summary) })
    }

    /// Two columns; the second is wrapped at 100 characters.
    static func table(_ rows: [(String, String)]) -> String {
        let width = min(34, (rows.map(\.0.count).max() ?? 0) + 2)
        return rows.map { name, summary in
            let lead = "  " + name
            let indent = String(repeating: " ", count: width + 2)
            var lines: [String] = []
            var line = lead.count + 1 <= width + 2 ? lead + String(repeating: " ", count: width + 2 - lead.count) : lead
            if lead.count + 1 > width + 2 {
                lines.append(line)
                line = indent
            }
            var isFresh = true
            for word in summary.split(separator: " ") {
                if !isFresh, line.count + word.count + 1 > 100 {
                    lines.append(line)
                    line = indent
                    isFresh = true
                }
                line += (isFresh ? "" : " ") + word
                isFresh = false
            }
            return (lines + [line]).joined(separator: "\n")
        }.joined(separator: "\n")
    }
}
