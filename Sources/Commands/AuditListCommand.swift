// SPDX-License-Identifier: Apache-2.0

import Configuration
import Engine
import Journal
import Live
import MarketData
import Reports
import Trading

/// `apus audit list`: the journal of a session as people read it.
struct AuditListCommand: Command {
    private static let kinds = AuditTrail.Kind.allCases.map(\.rawValue).joined(separator: ", ")

    static let description = CommandDescription(
        path: ["audit", "list"],
        summary: "Tell what a session's journal says of who did what.",
        details: """
            Starts, configurations, what was asked for and by whom (process and user, as the system gives them), orders,
            fills, what else changed the account, and what the session noticed, oldest first. The chain of hashes is
            checked on the way. A running session's journal can be read too.
            """,
        operands: [OperandDescription(name: "JOURNAL", summary: "the folder of a session's journal")],
        options: [
            OptionDescription(name: "kind", value: "KIND", summary: "Only these: \(kinds)."),
            OptionDescription(name: "last", value: "COUNT", summary: "Only so many, the last ones."),
            .json,
        ],
        examples: [
            ("apus audit list apus-journal/main --kind request", "Who asked for what."),
            ("apus audit list apus-journal/main --last 50 --json", "The last 50 entries as data."),
        ])

    private struct Line {
        let sequence: UInt64
        let time: Timestamp
        let entry: AuditTrail.Entry
    }

    static func run(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        Interruption.watch()
        let kind = try arguments.choice("kind", as: AuditTrail.Kind.self)
        let last = try arguments.last()
        var session = try RecordedSession(arguments.operands[0], console)
        var trail = AuditTrail(
            account: session.setup.account, strategies: session.setup.strategies.map(\.name),
            venues: session.assembly.venues.map(\.settings.name))
        var lines: [Line] = []
        try session.contents.forEach { record, raw throws(CommandFailure) in
            if raw.sequence % 4096 == 0, console.isInterrupted() { throw .failed("Interrupted.") }
            for entry in trail.take(record) where kind == nil || entry.kind == kind {
                lines.append(Line(sequence: raw.sequence, time: raw.time, entry: entry))
            }
            if let last, lines.count >= 2 * last { lines.removeFirst(lines.count - last) }
        }
        if let last { lines.removeFirst(max(0, lines.count - last)) }
        arguments.has("json") ? printJSON(lines, console) : print(lines, console)
    }

    private static func printJSON(_ lines: [Line], _ console: Console) {
        console.printJSON(
            .list(
                lines.map { line in
                    .object([
                        ("record", .integer(Int64(clamping: line.sequence))), ("time", .text("\(line.time)")),
                        ("kind", .text(line.entry.kind.rawValue)), ("text", .text(line.entry.text)),
                    ])
                }))
    }

    private static func print(_ lines: [Line], _ console: Console) {
        let width = AuditTrail.Kind.allCases.map(\.rawValue.count).max() ?? 0
        for line in lines {
            let kind = line.entry.kind.rawValue
            let start = "\(line.time)  \(kind)\(String(repeating: " ", count: width - kind.count))  "
            console.print(start + line.entry.text.split(separator: "\n").joined(separator: "\n    "))
        }
        if lines.isEmpty { console.printError("apus: the journal holds nothing of that kind.") }
    }
}
