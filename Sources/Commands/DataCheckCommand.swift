// SPDX-License-Identifier: Apache-2.0

import DataStore
import MarketData
import Trading

/// `apus data check`: verifies every checksum and reports gaps and impossible bars.
struct DataCheckCommand: Command {
    static let description = CommandDescription(
        path: ["data", "check"],
        summary: "Verify the checksums of stored data, and report its gaps.",
        details: "Exits with 1 where a file is damaged or holds an impossible bar. A gap is no failure.",
        operands: [
            OperandDescription(
                name: "SYMBOL", summary: "What to check; without one, everything.", isRequired: false, repeats: true)
        ],
        options: [.venue("Only data of this venue."), .timeframe("Only bars of this length."), .store, .json],
        examples: [
            ("apus data check", "Everything in ./apus-data."),
            ("apus data check BTCUSDT --timeframe 1m", "One series."),
        ])

    private struct Finding {
        let name: String
        /// What the bars are like; `nil` for other kinds and where the file is damaged.
        var report: CheckReport?
        var damage: StoreError?

        var isSound: Bool { damage == nil && report?.isSound ?? true }

        var fields: ReportValue {
            .object([
                ("series", .text(name)), ("sound", .flag(isSound)), ("damage", .optional(damage?.description)),
                ("check", report?.fields ?? .missing),
            ])
        }

        var lines: [String] {
            if let damage { return ["\(name): DAMAGED", "  \(damage)"] }
            return ["\(name): checksums right"] + (report?.lines().map { "  \($0)" } ?? [])
        }
    }

    static func run(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        Interruption.watch()
        let store = try arguments.openStore()
        let contents = StoreContents(store)
        let keys = try chosenKeys(contents, arguments)
        var findings = try check(keys, in: store, console)
        // A file without a readable header cannot be said to be of another symbol, so it counts whatever was chosen.
        findings += contents.damaged.map { Finding(name: $0.path, damage: $0) }

        let bad = findings.filter { !$0.isSound }
        if arguments.has("json") {
            console.printJSON(
                .object([
                    ("store", .text(arguments.storePath)), ("sound", .flag(bad.isEmpty)),
                    ("series", .list(findings.map(\.fields))),
                ]))
        } else if findings.isEmpty {
            console.printError(
                "\(arguments.storePath) holds nothing yet. To add data: apus data import FILE --symbol SYMBOL")
        } else {
            for finding in findings { console.print(finding.lines.joined(separator: "\n")) }
        }
        guard !bad.isEmpty else { return }
        throw .failed(
            "\(bad.count) of \(findings.count) series \(bad.count == 1 ? "is" : "are") not sound: "
                + bad.map(\.name).joined(separator: "; ") + ". Import again what they were made from.")
    }

    private static func chosenKeys(
        _ contents: StoreContents, _ arguments: ParsedArguments
    ) throws(CommandFailure) -> [SeriesKey] {
        var filter = StoreContents.Filter(venue: arguments.value("venue"), timeframe: try arguments.timeframe())
        var keys: [SeriesKey] = []
        for symbol in arguments.operands.isEmpty ? [nil] : arguments.operands.map(Optional.init) {
            filter.symbol = symbol
            let found = contents.matching(filter).map(\.key)
            let isNarrowed = symbol != nil || filter.venue != nil || filter.timeframe != nil
            if found.isEmpty, isNarrowed { throw contents.nothing(for: filter, storePath: arguments.storePath) }
            keys += found.filter { !keys.contains($0) }
        }
        return keys
    }

    private static func check(
        _ keys: [SeriesKey], in store: DataStore, _ console: Console
    ) throws(CommandFailure) -> [Finding] {
        let start = ContinuousClock.now
        defer { console.endProgress() }
        var findings: [Finding] = []
        for (index, key) in keys.enumerated() {
            if console.isInterrupted() { throw .failed("the check was cancelled after \(index) series.") }
            var finding = Finding(name: "\(key)")
            do throws(StoreError) {
                if key.kind == .bars {
                    finding.report = try store.check(key)
                } else {
                    _ = try store.series(key, verifying: .everything)
                }
            } catch {
                finding.damage = error
            }
            findings.append(finding)
            console.showProgress("Checking", Double(index + 1) / Double(keys.count), since: start)
        }
        return findings
    }
}
