// SPDX-License-Identifier: Apache-2.0

import Configuration

/// `apus config explain`: what a key means and may be.
struct ConfigExplainCommand: Command {
    static let description = CommandDescription(
        path: ["config", "explain"],
        summary: "Explain a key of the configuration, or list them all.",
        operands: [
            OperandDescription(
                name: "KEY", summary: "A path, its last part, or a type of strategy; without one, every key.",
                isRequired: false)
        ],
        examples: [
            ("apus config explain", "All keys, one a line."),
            ("apus config explain stop_loss_percent", "One key."),
            ("apus config explain simulation.fill", "The same by its path."),
            ("apus config explain macd", "The parameters of a strategy."),
        ])

    static func run(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        var text = try failing(.usage) {
            try arguments.operands.first.map {
                try ConfigurationSchema.explanation(of: $0, strategyTypes: console.strategies.configurationTypes)
            } ?? ConfigurationSchema.overview()
        }
        while text.last == "\n" { text.removeLast() }
        console.print(text)
    }
}
