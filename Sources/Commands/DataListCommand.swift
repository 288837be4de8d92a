// SPDX-License-Identifier: Apache-2.0

import DataStore
import MarketData
import Reports

/// `apus data list`: what the store holds.
struct DataListCommand: Command {
    static let description = CommandDescription(
        path: ["data", "list"],
        summary: "Show what the data store holds.",
        details: "MISSING counts the bars that are absent between the first and the last. Times are UTC.",
        options: [.store, .json],
        examples: [
            ("apus data list", "What is in ./apus-data."),
            ("apus data list --store /data/crypto --json", "Another store, as JSON."),
        ])

    static func run(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        // A newcomer has no store yet, which is no mistake; one that was named must exist.
        let store = try arguments.has("store") ? arguments.openStore() : try? arguments.openStore()
        let contents = StoreContents(store)
        if arguments.has("json") {
            console.printJSON(
                .object([
                    ("store", .text(arguments.storePath)), ("series", .list(contents.series.map(\.fields))),
                    ("unreadable", .texts(contents.damaged.map(\.description))),
                ]))
        } else if contents.series.isEmpty, contents.damaged.isEmpty {
            console.printError(
                "\(arguments.storePath) holds nothing yet. To add data: apus data import FILE --symbol SYMBOL")
        } else {
            console.print(table(contents.series))
        }
        guard !contents.damaged.isEmpty else { return }
        throw .failed(contents.damaged.map(\.description).joined(separator: "\napus: "))
    }

    private static func table(_ series: [SeriesSummary]) -> TextTable {
        TextTable(
            columns: [
                .init(title: "VENUE"), .init(title: "SYMBOL"), .init(title: "KIND"), .init(title: "TIMEFRAME"),
                .init(title: "ROWS", isNumber: true), .init(title: "MISSING", isNumber: true), .init(title: "FIRST"),
                .init(title: "LAST"), .init(title: "SIZE", isNumber: true),
            ],
            rows: series.map { summary in
                [
                    summary.key.venue, summary.key.symbol, summary.key.kind.name,
                    summary.key.timeframe.map { "\($0)" } ?? "-", NumberText.grouped(summary.rowCount),
                    summary.missingBars.map { NumberText.grouped(Int($0)) } ?? "-",
                    summary.firstTime.map { "\($0)" } ?? "-", summary.lastTime.map { "\($0)" } ?? "-",
                    byteText(summary.fileSize),
                ]
            })
    }
}
