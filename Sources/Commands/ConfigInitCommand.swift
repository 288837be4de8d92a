// SPDX-License-Identifier: Apache-2.0

import Configuration
import Glibc

/// `apus config init`: writes a configuration to start from.
struct ConfigInitCommand: Command {
    static let description = CommandDescription(
        path: ["config", "init"],
        summary: "Write a configuration to start from.",
        details: """
            It has one strategy and one source of data; every other key stands behind a # with its default.
            A file that exists is never written over.

            """ + styles,
        operands: [
            OperandDescription(
                name: "FILE", summary: "The file to write (default: apus.yaml); - is standard output.",
                isRequired: false)
        ],
        options: [
            OptionDescription(
                name: "style", value: "STYLE",
                summary: "Settings for a way of trading, one of the styles above.")
        ],
        examples: [
            ("apus config init", "A plain one, in apus.yaml."),
            ("apus config init swing.yaml --style swing", "One for swing trading."),
        ])

    private static var styles: String {
        "\nStyles:\n" + Help.table(TradingStyle.allCases.map { ($0.rawValue, $0.summary) })
    }

    static func run(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        let path = arguments.operands.first ?? "apus.yaml"
        let text = ConfigurationSchema.template(style: try arguments.choice("style", as: TradingStyle.self))
        if path != "-", access(path, F_OK) == 0 {
            throw .failed("\(path) exists already and was not touched. Name another file.")
        }
        try ResultFile.write(Array(text.utf8), to: path, console)
        guard path != "-" else { return }
        console.printError("\(path) is written. Name your data under data.sources, then: apus backtest \(path)")
    }
}
