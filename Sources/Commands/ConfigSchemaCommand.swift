// SPDX-License-Identifier: Apache-2.0

import Configuration

/// `apus config schema`: the JSON Schema of a configuration, for editors.
struct ConfigSchemaCommand: Command {
    static let description = CommandDescription(
        path: ["config", "schema"],
        summary: "Print the JSON Schema of a configuration.",
        details: """
            With it, editors complete keys and underline mistakes. It has the parameters of this program's
            strategies.
            """,
        examples: [
            ("apus config schema > apus.schema.json", "Save it."),
            ("apus config check apus.yaml", "Checks more than a schema can."),
        ])

    static func run(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        var schema = ConfigurationSchema.jsonSchema(strategyTypes: console.strategies.configurationTypes)
        while schema.last == "\n" { schema.removeLast() }
        console.print(schema)
    }
}
