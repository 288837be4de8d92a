// SPDX-License-Identifier: Apache-2.0

import DataStore
import MarketData
import Trading

/// `apus data export`: writes a stored series for other programs.
struct DataExportCommand: Command {
    static let description = CommandDescription(
        path: ["data", "export"],
        summary: "Write stored data to a file for other programs.",
        details: """
            Bars become open_time_ms,open,high,low,close,volume, with exactly the decimals that are stored;
            imported again they are the same series. The file appears when it is complete.
            """,
        operands: [OperandDescription(name: "SYMBOL", summary: "What to export.")],
        options: [
            OptionDescription(
                name: "output", value: "FILE",
                summary: "The file to write: a name that ends with .csv, .csv.gz or .json, or - for standard output.",
                isRequired: true),
            OptionDescription(
                name: "format", value: "csv|freqtrade",
                summary: "The format, where it shall not follow the name: CSV, or freqtrade's JSON."),
            OptionDescription(name: "kind", value: "KIND", summary: "bars (default), trades, funding, …"),
            .venue("Of which venue, where several have the symbol."),
            .timeframe("Which bars, where several lengths are stored."),
            OptionDescription(name: "from", value: "TIME", summary: "From this time (UTC), such as 2024-01-31."),
            OptionDescription(name: "to", value: "TIME", summary: "Up to, and without, this time (UTC)."),
            .store,
        ],
        examples: [
            ("apus data export BTCUSDT --output btc.csv.gz", "Everything, as compressed CSV."),
            (
                "apus data export BTCUSDT --output btc.json --from 2024-01-01 --to 2024-02-01",
                "One month, for freqtrade."
            ),
            ("apus data export BTCUSDT --output - | head", "A look at the first bars."),
        ])

    private enum Format: String, CaseIterable {
        case csv, freqtrade
    }

    static func run(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        let path = arguments.required("output")
        let format = try format(path, arguments)
        let (from, to) = (try arguments.time("from"), try arguments.time("to"))
        if let from, let to, from >= to { throw .usage("--from \(from) is not before --to \(to).") }
        let filter = StoreContents.Filter(
            symbol: arguments.operands[0], venue: arguments.value("venue"), kind: try arguments.seriesKind(),
            timeframe: try arguments.timeframe())
        let store = try arguments.openStore()
        let summary = try StoreContents(store).single(filter, storePath: arguments.storePath)
        let rows = try failing { try store.series(summary.key) }
        let chosen = rows.slice(from: from, to: to)
        guard chosen.count > 0 else {
            let held = rows.firstTime.flatMap { first in rows.lastTime.map { "from \(first) to \($0)" } } ?? "nothing"
            throw .failed("\(summary.key) has no rows in that time: it holds \(held).")
        }
        if path == "-" {
            return try failing { try SeriesExporter.write(chosen, format: format) { console.write(Array($0)) } }
        }
        try write(chosen, to: path, format)
        console.printError("\(plural(chosen.count, "row")) of \(summary.key) written to \(path).")
    }

    private static func write(_ rows: SeriesTable, to path: String, _ format: ExportFormat) throws(CommandFailure) {
        var file = try StreamingFile(path: path)
        var failure: CommandFailure?
        do throws(StoreError) {
            try SeriesExporter.write(rows, format: format) { bytes throws(StoreError) in
                do throws(CommandFailure) { try file.write(Array(bytes)) } catch {
                    failure = error
                    throw StoreError(.unwritable, path: path, problem: error.message, advice: "")
                }
            }
        } catch {
            throw failure ?? .failed(error)
        }
        try file.finish()
    }

    private static func format(_ path: String, _ arguments: ParsedArguments) throws(CommandFailure) -> ExportFormat {
        let byName = ExportFormat(path: path)
        switch try arguments.choice("format", as: Format.self) {
        case .freqtrade: return .freqtradeJSON
        case .csv: return byName == .csvGzip ? .csvGzip : .csv
        case nil:
            if path == "-" { return .csv }
            if let byName { return byName }
            throw .usage(
                "--output '\(path)' ends with none of .csv, .csv.gz and .json. Rename it, or pass --format.")
        }
    }
}
