// SPDX-License-Identifier: Apache-2.0

import Glibc
import Journal
import MarketData
import Reports
import Trading

/// `apus audit verify`: checks the chain of a journal from its first record to its last.
struct AuditVerifyCommand: Command {
    static let description = CommandDescription(
        path: ["audit", "verify"],
        summary: "Check that nothing in a trading journal was changed.",
        details: """
            Each record holds a hash of itself and of the hash before it, so that a record cannot be changed, added or
            taken out without breaking the chain. Only a journal that was cut at its end is whole in itself: note the
            head hash elsewhere, and give it with --expect. A journal can be verified while a program writes it.
            Exits with 1 where the chain is broken.
            """,
        operands: [
            OperandDescription(
                name: "JOURNAL", summary: "A journal's name below \(JournalFolder.defaultRoot), or its folder.")
        ],
        options: [
            OptionDescription(
                name: "expect", value: "HASH",
                summary: "A hash that was the head once: it must be in the chain; how many records follow it is said."),
            .json,
        ],
        examples: [
            ("apus audit verify live", "Verify apus-journal/live and print its head hash."),
            ("apus audit verify live --expect $(cat noted-hash)", "Notice too whether its end was taken away."),
        ])

    /// What a journal was found to be.
    private struct Verdict {
        let path: String
        var reader: JournalReader
        var firstTime: Timestamp?
        var damage: JournalError?
        let expected: ChainHash?
        /// How many records there are up to the expected hash; `nil`: it is not in the chain.
        private var expectedCount: UInt64?

        init(path: String, reader: JournalReader, expected: ChainHash?) {
            self.path = path
            self.reader = reader
            self.expected = expected
        }

        var recordCount: UInt64 { reader.position.nextSequence - 1 }
        var recordsSince: UInt64? { expectedCount.map { recordCount - $0 } }
        var isSound: Bool {
            damage == nil && reader.cut?.reason != .unreadable && (expected == nil || expectedCount != nil)
        }

        mutating func note(_ hash: ChainHash, after count: UInt64) {
            if hash == expected { expectedCount = count }
        }
    }

    static func run(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        Interruption.watch()
        let expected = try arguments.value("expect").map { (text) throws(CommandFailure) in
            guard let hash = ChainHash(parsing: text) else {
                throw .usage("--expect takes 64 hexadecimal digits, as `apus audit verify` prints them.")
            }
            return hash
        }
        let folder = try folder(arguments.operands[0])
        let verdict = try verify(folder, expected, console)
        if arguments.has("json") { console.printJSON(fields(verdict)) } else { console.print(text(verdict)) }
        guard !verdict.isSound else { return }
        if let damage = verdict.damage { throw .failed(damage) }
        if let cut = verdict.reader.cut, cut.reason == .unreadable {
            throw .failed("\(cut) Its bytes are whole in number and not what was written.")
        }
        throw .failed(
            "the expected hash is not in the chain: \(folder.path) was cut at its end, or is another journal. Look for "
                + "a backup in which it is.")
    }

    private static func folder(_ name: String) throws(CommandFailure) -> JournalFolder {
        var status = stat()
        if stat(name, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            let folder = JournalFolder(path: name)
            let newest = try failing { try folder.newestSegment() }
            guard newest != nil else {
                throw .failed("\(name) holds no journal: there is no segment such as 000001.journal in it.")
            }
            return folder
        }
        if let folder = try? JournalFolder(name: name), folder.exists { return folder }
        let known = JournalFolder.names()
        let near = nearest(name, among: known).map { " Did you mean '\($0)'?" } ?? ""
        throw .failed(
            "there is no journal '\(name.prefix(100))'.\(near) "
                + (known.isEmpty
                    ? "\(JournalFolder.defaultRoot) holds none; name a journal's folder."
                    : "\(JournalFolder.defaultRoot) holds: \(known.joined(separator: ", "))."))
    }

    private static func verify(
        _ folder: JournalFolder, _ expected: ChainHash?, _ console: Console
    ) throws(CommandFailure) -> Verdict {
        let reader = try failing { try JournalReader(folder.openForReading()) }
        var verdict = Verdict(path: folder.path, reader: reader, expected: expected)
        do throws(JournalError) {
            while let record = try verdict.reader.next() {
                if verdict.firstTime == nil { verdict.firstTime = record.time }
                verdict.note(verdict.reader.position.hash, after: record.sequence)
                if record.sequence % 4096 == 0, console.isInterrupted() { break }
            }
        } catch {
            verdict.damage = error
        }
        guard verdict.reader.isAtEnd || verdict.damage != nil else {
            throw .failed("the check was cancelled after \(verdict.recordCount) records.")
        }
        // A journal's head is a segment's own link as long as no record follows it.
        for segment in verdict.reader.segments {
            verdict.note(segment.startHash, after: segment.header.firstSequence - 1)
        }
        return verdict
    }

    private static func fields(_ verdict: Verdict) -> ReportValue {
        var broken: ReportValue = .missing
        if case .damaged(let damage) = verdict.damage {
            broken = .object([
                ("file", .text(damage.path)), ("offset", .count(damage.offset)),
                ("sequence", .count(Int(damage.sequence))),
                ("lastGoodTime", .optional(damage.lastTime.map { "\($0)" })), ("problem", .text(damage.problem)),
            ])
        }
        return .object([
            ("journal", .text(verdict.path)), ("sound", .flag(verdict.isSound)),
            ("segments", .count(verdict.reader.segments.count)), ("records", .count(Int(verdict.recordCount))),
            ("firstTime", .optional(verdict.firstTime.map { "\($0)" })),
            ("lastTime", .optional(verdict.reader.position.lastTime.map { "\($0)" })),
            ("headHash", .text("\(verdict.reader.position.hash)")),
            ("leftOut", .optional(verdict.reader.cut.map { "\($0)" })), ("broken", broken),
            ("problem", .optional(verdict.damage.map { "\($0)" })),
            ("recordsSinceExpected", verdict.recordsSince.map { .count(Int($0)) } ?? .missing),
        ])
    }

    private static func text(_ verdict: Verdict) -> String {
        let head = verdict.damage == nil ? "head" : "last good hash"
        var rows = [
            ("segments", NumberText.grouped(verdict.reader.segments.count)),
            ("records", NumberText.grouped(Int(verdict.recordCount))),
            ("first", verdict.firstTime.map { "\($0)" } ?? "-"),
            ("last", verdict.reader.position.lastTime.map { "\($0)" } ?? "-"),
            (head, "\(verdict.reader.position.hash)"),
        ]
        if let since = verdict.recordsSince { rows.append(("expected", "found, \(since) records before the end")) }
        if let cut = verdict.reader.cut, cut.reason == .unfinished {
            rows.append(("unfinished", "\(cut.byteCount) bytes at the end: being written, or left by a crash"))
        }
        let width = rows.map(\.0.count).max() ?? 0
        let lines = rows.map { "  \($0)\(String(repeating: " ", count: width - $0.count + 2))\($1)" }
        let title = verdict.damage == nil ? "the chain is whole" : "THE CHAIN IS BROKEN"
        return (["\(verdict.path): \(title)"] + lines).joined(separator: "\n")
    }
}
