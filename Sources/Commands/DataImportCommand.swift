// SPDX-License-Identifier: Apache-2.0

import DataStore
import MarketData
import Reports
import Trading

/// `apus data import`: reads files, checks every row and adds them to the store, all of them or none.
struct DataImportCommand: Command {
    static let description = CommandDescription(
        path: ["data", "import"],
        summary: "Check files of market data and add them to the data store.",
        details: """
            Reads CSV (plain, gzip, zstd), the zip files of Binance Vision and freqtrade's JSON. Every row is
            checked; the first one that cannot be right ends the import, and the store stays as it was.
            Several files become one series. Bars that are stored already are skipped where they are equal.
            """,
        operands: [OperandDescription(name: "FILE", summary: "Files of one symbol.", repeats: true)],
        options: [
            OptionDescription(
                name: "symbol", value: "SYMBOL", summary: "What the data is of, such as BTCUSDT.", isRequired: true),
            .venue("Where it is from (default: local)."),
            OptionDescription(
                name: "kind", value: "KIND", summary: "bars (default), trades, funding, or another kind of stream."),
            .timeframe("The distance of the bars, such as 1m; without it, the most common one of the file."),
            .stamp, .columns,
            OptionDescription(name: "sort", summary: "Sort bars that are not in order of time."),
            OptionDescription(
                name: "conflicts", value: "refuse|keep|replace",
                summary: "What to do with bars that differ from stored ones (default: refuse)."),
            .store, .json,
        ],
        examples: [
            ("apus data import BTCUSDT-1m-2024-01.zip --symbol BTCUSDT --venue binance", "A file of Binance Vision."),
            ("apus data import btc.csv.gz --symbol BTCUSD --stamp open", "A CSV whose header does not say the stamp."),
            ("apus data import funding.csv --symbol BTCUSDT --kind funding", "Funding rates."),
        ])

    static func run(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        Interruption.watch()
        let kind = try arguments.seriesKind()
        try checkNames(arguments)
        if kind == .bars {
            try importBars(arguments, console)
        } else {
            for option in ["timeframe", "stamp", "conflicts", "sort"] where arguments.has(option) {
                throw .usage("--\(option) concerns bars only, not \(kind.name).")
            }
            try importRecords(kind, arguments, console)
        }
    }

    private static func importBars(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        let policy = try arguments.choice("conflicts", as: MergeConflictPolicy.self) ?? .refuse
        var imports: [BarImport] = []
        for path in arguments.operands {
            let options = try arguments.importOptions("Reading \(fileName(path))", console)
            defer { console.endProgress() }
            imports.append(try failing { try BarImporter.read(path: path, options: options) })
        }
        let joined = try join(imports, policy)
        let key = try failing { try seriesKey(arguments, .bars, timeframe: joined.timeframe) }
        try checkInterruption(console)
        let merge = try failing {
            let writer = try DataStore(path: arguments.storePath, create: true).writer()
            return try writer.merge(joined, into: key, conflicts: policy)
        }
        let conflicts = merge.conflictCount
        if arguments.has("json") {
            return console.printJSON(
                document(
                    arguments, key, files: imports.map(\.report.fields),
                    [
                        ("added", .count(merge.added)), ("repeated", .count(merge.repeated)),
                        ("conflicts", .count(conflicts)), ("rows", .count(merge.series.count)),
                    ]))
        }
        for report in imports.map(\.report) { printReport(report.lines, console) }
        var text = "\(plural(merge.added, "new bar"))"
        if merge.repeated > 0 { text += ", \(plural(merge.repeated, "bar")) stored already" }
        if conflicts > 0 {
            let kept = policy == .keep ? "the stored ones stay" : "the new ones replace them"
            text += ", \(plural(conflicts, "bar")) with other values than stored (\(kept))"
        }
        printStored(key, text, rows: merge.series.count, "bar", arguments, console)
    }

    private static func importRecords(
        _ kind: SeriesKind, _ arguments: ParsedArguments, _ console: Console
    ) throws(CommandFailure) {
        var imports: [RecordImport] = []
        for path in arguments.operands {
            let options = try arguments.importOptions("Reading \(fileName(path))", console)
            defer { console.endProgress() }
            imports.append(try failing { try RecordImporter.read(path: path, kind: kind, options: options) })
        }
        let key = try failing { try seriesKey(arguments, kind, timeframe: nil) }
        let inOrder = imports.map(\.rows).sorted { ($0.firstTime ?? .epoch) < ($1.firstTime ?? .epoch) }
        var joined = inOrder[0]
        for rows in inOrder.dropFirst() { joined = try failing { try joined.appending(rows).rows } }
        try checkInterruption(console)
        let (added, total) = try failing {
            let store = try DataStore(path: arguments.storePath, create: true)
            let added = try store.writer().append(joined, to: key)
            return (added, try store.series(key, verifying: .header).count)
        }
        if arguments.has("json") {
            return console.printJSON(
                document(
                    arguments, key, files: imports.map(\.report.fields),
                    [("added", .count(added)), ("rows", .count(total))]))
        }
        for report in imports.map(\.report) { printReport(report.lines, console) }
        printStored(key, plural(added, "new row"), rows: total, "row", arguments, console)
    }

    /// One series of the bars of all files. Neighbours are joined first, so that many files cost little more than few.
    private static func join(_ imports: [BarImport], _ policy: MergeConflictPolicy) throws(CommandFailure) -> BarSeries
    {
        var parts = imports.map { (file: $0.report.file, series: $0.series) }
        while parts.count > 1 {
            var joined: [(file: String, series: BarSeries)] = []
            for index in stride(from: 0, to: parts.count, by: 2) {
                let first = parts[index]
                guard index + 1 < parts.count else {
                    joined.append(first)
                    continue
                }
                let second = parts[index + 1]
                let merge: BarMerge
                do throws(BarSeriesError) {
                    merge = try first.series.merging(second.series, conflicts: policy)
                } catch {
                    throw .failed("\(first.file) and \(second.file): \(error) Nothing was stored.")
                }
                if policy == .refuse, let conflict = merge.conflicts.first {
                    throw .failed(
                        "\(first.file) and \(second.file): \(plural(merge.conflictCount, "bar")) of the same time differ, "
                            + "first at \(conflict.stored.openTime). Nothing was stored. Pass --conflicts keep to take "
                            + "those of the file named first, or --conflicts replace to take those of the later one.")
                }
                joined.append((first.file, merge.series))
            }
            parts = joined
        }
        return parts[0].series
    }

    private static func seriesKey(
        _ arguments: ParsedArguments, _ kind: SeriesKind, timeframe: Timeframe?
    ) throws(StoreError) -> SeriesKey {
        try SeriesKey(
            venue: arguments.value("venue") ?? "local", symbol: arguments.required("symbol"), kind: kind,
            timeframe: timeframe)
    }

    /// Before a long file is read.
    private static func checkNames(_ arguments: ParsedArguments) throws(CommandFailure) {
        for option in ["symbol", "venue"] {
            guard let name = arguments.value(option) else { continue }
            do throws(StoreError) { _ = try SeriesKey(venue: name, symbol: name, kind: .trades) } catch {
                throw .usage("--\(option) '\(error.path)': that is no name. \(error.advice)")
            }
        }
    }

    private static func checkInterruption(_ console: Console) throws(CommandFailure) {
        if console.isInterrupted() { throw .failed("the import was cancelled. Nothing was stored.") }
    }

    private static func document(
        _ arguments: ParsedArguments, _ key: SeriesKey, files: [ReportValue],
        _ counts: [(name: String, value: ReportValue)]
    ) -> ReportValue {
        .object(
            [
                ("store", .text(arguments.storePath)), ("venue", .text(key.venue)), ("symbol", .text(key.symbol)),
                ("kind", .text(key.kind.name)), ("timeframe", .optional(key.timeframe.map { "\($0)" })),
            ] + counts + [("files", .list(files))])
    }

    private static func printReport(_ lines: [String], _ console: Console) {
        for (index, line) in lines.enumerated() { console.print(index == 0 ? line : "  \(line)") }
    }

    private static func printStored(
        _ key: SeriesKey, _ text: String, rows: Int, _ unit: String, _ arguments: ParsedArguments, _ console: Console
    ) {
        console.print("Stored in \(arguments.storePath) as \(key): \(text); \(plural(rows, unit)) in all.")
    }
}

/// `1 bar`, `35,064 bars`.
func plural(_ count: Int, _ unit: String) -> String { "\(NumberText.grouped(count)) \(unit)\(count == 1 ? "" : "s")" }
