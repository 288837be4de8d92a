// SPDX-License-Identifier: Apache-2.0

/// One thing that `apus` can do.
protocol Command: Sendable {
    static var description: CommandDescription { get }
    /// - Throws: `CommandFailure` for everything that a user can do something about.
    static func run(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure)
}

/// What a command is called, takes and prints under `--help`.
struct CommandDescription: Sendable {
    /// `["data", "import"]`.
    let path: [String]
    let summary: String
    var details = ""
    var operands: [OperandDescription] = []
    var options: [OptionDescription] = []
    /// Whether what is typed in the wrong place may be a secret, so that no message repeats it.
    var takesSecrets = false
    /// Each with what it does.
    let examples: [(line: String, purpose: String)]

    var name: String { path.joined(separator: " ") }
}

/// An argument without a name.
struct OperandDescription: Sendable {
    let name: String
    let summary: String
    var isRequired = true
    var repeats = false
}

/// `--name VALUE`, or `--name` alone where it takes no value.
struct OptionDescription: Sendable {
    let name: String
    /// What its value is called in the help; `nil`: a switch.
    var value: String?
    let summary: String
    var repeats = false
    /// Whether the command cannot do without it.
    var isRequired = false

    /// How it is written: `--store DIR`.
    var usage: String { "--\(name)" + (value.map { " \($0)" } ?? "") }
}

/// Why a command did not do what was asked. The exit status is 1, or 2 for a wrong command line.
struct CommandFailure: Error, Sendable {
    enum Kind: Sendable { case failed, usage }
    let kind: Kind
    let message: String

    static func failed(_ message: String) -> CommandFailure { CommandFailure(kind: .failed, message: message) }
    static func usage(_ message: String) -> CommandFailure { CommandFailure(kind: .usage, message: message) }

    /// A failure with the words of the error behind it.
    static func failed(_ error: some Error) -> CommandFailure { .failed("\(error)") }
}

/// A command line that was checked against a description.
struct ParsedArguments: Sendable {
    private(set) var operands: [String] = []
    private var values: [String: [String]] = [:]

    func has(_ option: String) -> Bool { values[option] != nil }
    func value(_ option: String) -> String? { values[option]?.last }
    func values(_ option: String) -> [String] { values[option] ?? [] }

    /// The value of an option that the description declares as required.
    func required(_ option: String) -> String {
        guard let value = value(option) else { preconditionFailure("--\(option) is not declared as required") }
        return value
    }

    /// Reads arguments: `--name value`, `--name=value`, switches, operands; `--` ends the options.
    init(_ arguments: ArraySlice<String>, for command: CommandDescription) throws(CommandFailure) {
        var rest = arguments
        var takesOptions = true
        while let argument = rest.popFirst() {
            guard takesOptions, argument.hasPrefix("-"), argument != "-" else {
                operands.append(argument)
                continue
            }
            if argument == "--" {
                takesOptions = false
                continue
            }
            let body = argument.drop { $0 == "-" }
            let parts = body.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let name = parts.first ?? ""
            guard argument.hasPrefix("--"), let option = command.options.first(where: { $0.name == name }) else {
                let near = nearest(name, among: command.options.map(\.name) + ["help"]).map { " Did you mean --\($0)?" }
                let shown = command.takesSecrets ? "like that" : "'\(argument.prefix(60))'"
                throw .usage("apus \(command.name) has no option \(shown).\(near ?? "")")
            }
            guard let valueName = option.value else {
                if parts.count > 1 { throw .usage("--\(name) takes no value.") }
                values[name] = []
                continue
            }
            // What follows is another option: the value was forgotten. `--name=--value` means it.
            let next = rest.first.flatMap { $0.hasPrefix("--") ? nil : $0 }
            guard let value = parts.count > 1 ? parts[1] : next else {
                throw .usage("--\(name) needs a value: --\(name) \(valueName).")
            }
            if parts.count == 1 { rest.removeFirst() }
            if !option.repeats, values[name] != nil { throw .usage("--\(name) is given twice.") }
            values[name, default: []].append(value)
        }
        let required = command.operands.filter(\.isRequired)
        if operands.count < required.count {
            throw .usage("\(required[operands.count].name) is missing: \(required[operands.count].summary)")
        }
        if operands.count > command.operands.count, command.operands.last?.repeats != true {
            let extra = command.takesSecrets ? "What follows" : "'\(operands[command.operands.count])'"
            throw .usage("\(extra) is one argument too many.")
        }
        if let absent = command.options.first(where: { $0.isRequired && values[$0.name] == nil }) {
            throw .usage("\(absent.usage) is missing: \(absent.summary)")
        }
    }
}
