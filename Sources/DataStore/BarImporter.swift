// SPDX-License-Identifier: Apache-2.0

internal import MarketData
internal import Trading

/// Reads bars from what people have: CSV (plain, gzip, zstd), Binance Vision zip files, freqtrade JSON.
///
/// A file is read in portions of a quarter of a mebibyte and never held as text, except JSON. Every row is checked; the
/// first one that cannot be right ends the import with its row and column.
public enum BarImporter {
    /// Reads one file into memory.
    public static func read(
        path: String, options: ImportOptions = ImportOptions()
    ) throws(ImportError) -> BarImport {
        let source = try openByteSource(path: path)
        if let file = source as? FileSource, looksLikeJSON(file.peek(64)) {
            return try readJSON(path: path, source: source, options: options)
        }
        if path.lowercased().contains(".json") {
            return try readJSON(path: path, source: source, options: options)
        }
        return try readCSV(path: path, source: source, options: options)
    }

    private static func looksLikeJSON(_ bytes: [UInt8]) -> Bool {
        let first = bytes.first { ![0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF].contains($0) }
        return first == 0x5B || first == 0x7B
    }

    static func readCSV(
        path: String, source: any ByteSource, options: ImportOptions
    ) throws(ImportError) -> BarImport {
        var lines = LineReader(source: source, file: path)
        var parser = CSVBarParser(file: path, options: options)
        while let portion = try lines.nextPortion(linesSoFar: parser.line) {
            try parser.consume(portion)
            try report(source, rows: parser.rows.rowsRead, to: options, file: path)
        }
        guard let layout = parser.layout else {
            throw ImportError(
                .empty, file: path, problem: "the file is empty", advice: "Check where it was made or downloaded.")
        }
        let container = source.container == "plain" ? "" : " in \(source.container)"
        return try finish(
            parser.takeRows(),
            SourceShape(
                format: layout.format + container, timeColumn: layout.timeColumn, stamp: layout.stamp,
                stampSource: layout.stampSource),
            options: options)
    }

    static func report(
        _ source: any ByteSource, rows: Int, to options: ImportOptions, file: String
    ) throws(ImportError) {
        guard let progress = options.progress else { return }
        let state = ImportProgress(bytes: source.consumedBytes, totalBytes: source.totalBytes, rows: rows)
        guard progress(state) else {
            throw ImportError(
                .cancelled, file: file, problem: "the import was cancelled", advice: "Nothing was stored.")
        }
    }

    /// What is known of a source besides its rows.
    struct SourceShape {
        let format: String
        let timeColumn: String
        let stamp: BarStamp
        let stampSource: String
    }

    /// Decides the timeframe, converts close stamps, checks the grid and makes the series and its report.
    static func finish(
        _ rows: consuming BarRows, _ shape: SourceShape, options: ImportOptions
    ) throws(ImportError) -> BarImport {
        guard rows.rowsRead > 0 else {
            throw ImportError(
                .empty, file: rows.file, problem: "there are no rows",
                advice: "Check where the file was made or downloaded.")
        }
        let sortedRows = try rows.sortIfAsked()
        let step = mostCommonStep(rows.builder.column(0), count: rows.builder.count)
        let timeframe = try decideTimeframe(rows, sortedRows, step: step, declared: options.timeframe)
        try moveToGrid(rows, sortedRows, timeframe: timeframe, stamp: shape.stamp)

        let file = rows.file
        let rowsRead = rows.rowsRead
        let repairs = rows.repairs
        let repairCount = rows.repairCount
        let units = TimeUnit.allCases.filter { rows.unitCounts[$0.rawValue] > 0 }.map(\.name)
        var notes: [String] = []
        if shape.stamp == .close {
            notes.append("times were moved from close to open, back by one \(timeframe)")
        }
        if units.count > 1 { notes.append("the file changes its unit of time") }
        if rows.builder.roundedVolumes > 0 {
            notes.append(
                counted(Int64(rows.builder.roundedVolumes), "volume")
                    + " rounded, half to even, to \(rows.builder.quantityDecimals) decimals")
        }
        let series = rows.finish(timeframe: timeframe)
        let report = ImportReport(
            file: file, format: shape.format, rows: rowsRead, timeColumn: shape.timeColumn, timeUnits: units,
            stamp: shape.stamp, stampSource: shape.stampSource, timeframe: timeframe,
            timeframeWasDeclared: options.timeframe != nil, scales: series.scales, repairs: repairs,
            repairCount: repairCount, notes: notes, check: SeriesCheck.report(on: series))
        return BarImport(series: series, report: report)
    }

    /// The most frequent distance between neighbours (the shorter of equals); `nil` with fewer than two rows.
    private static func mostCommonStep(_ times: UnsafeMutablePointer<Int64>, count: Int) -> Int64? {
        guard count > 1 else { return nil }
        var counts: [Int64: Int] = [:]
        var index = 1
        while index < count {
            let step = times[index] - times[index - 1]
            var run = index
            while run < count, times[run] - times[run - 1] == step { run += 1 }
            counts[step, default: 0] += run - index
            index = run
        }
        return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
    }

    private static func decideTimeframe(
        _ rows: borrowing BarRows, _ sortedRows: [Int]?, step: Int64?, declared: Timeframe?
    ) throws(ImportError) -> Timeframe {
        if let declared {
            if let step, step != declared.nanoseconds {
                let times = rows.builder.column(0)
                let index = (1..<rows.builder.count).first { times[$0] - times[$0 - 1] == step } ?? 1
                throw rows.failure(
                    .wrongTimeframe, row: sortedRows?[index] ?? rows.row(ofIndex: index), place: 0,
                    "the bars are \(TimeSpan(nanoseconds: step).text) apart, but \(declared) was declared",
                    "Declare the right timeframe, or leave it out.")
            }
            return declared
        }
        guard let step else {
            throw ImportError(
                .wrongTimeframe, file: rows.file, problem: "one row does not tell how long a bar is",
                advice: "Pass --timeframe, such as --timeframe 1m.")
        }
        guard step % 1_000_000_000 == 0, let timeframe = Timeframe(seconds: step / 1_000_000_000) else {
            throw rows.failure(
                .wrongTimeframe, row: sortedRows?[1] ?? rows.row(ofIndex: 1), place: 0,
                "the bars are \(TimeSpan(nanoseconds: step).text) apart, which is no timeframe",
                "Bars have a length of whole seconds, up to 366 days; pass --timeframe to say which.")
        }
        return timeframe
    }

    /// Makes open times of close times, and checks that every open time lies on the grid.
    private static func moveToGrid(
        _ rows: borrowing BarRows, _ sortedRows: [Int]?, timeframe: Timeframe, stamp: BarStamp
    ) throws(ImportError) {
        let times = rows.builder.column(0)
        let length = timeframe.nanoseconds
        var grid = Int64.min
        for index in 0..<rows.builder.count {
            var time = times[index]
            if stamp == .close {
                // Binance closes a bar at …59.999: one unit of its clock before the boundary.
                for unit: Int64 in [0, 1, 1_000, 1_000_000, 1_000_000_000] where isOnGrid(time + unit, timeframe) {
                    time += unit
                    break
                }
                time -= length
                times[index] = time
            }
            // A step of one length from a time on the grid is on the grid: no division for almost every bar.
            guard time == grid || isOnGrid(time, timeframe) else {
                let row = sortedRows?[index] ?? rows.row(ofIndex: index)
                let stamped = stamp == .open ? "opens" : "closes"
                throw rows.failure(
                    .offGrid, row: row, place: 0,
                    "the bar \(stamped) at \(Timestamp(nanoseconds: stamp == .open ? time : time + length)), "
                        + "which is not a multiple of \(timeframe) since the epoch",
                    "Check the timeframe, and whether the times are those of open or close.")
            }
            grid = time + length
        }
    }

    private static func isOnGrid(_ time: Int64, _ timeframe: Timeframe) -> Bool {
        timeframe.openTime(containing: Timestamp(nanoseconds: time)).nanoseconds == time
    }
}

extension TimeSpan {
    /// As a timeframe would be written, or in seconds with a fraction.
    fileprivate var text: String {
        if nanoseconds % 1_000_000_000 == 0, let timeframe = Timeframe(seconds: nanoseconds / 1_000_000_000) {
            return "\(timeframe)"
        }
        return DecimalText.format(nanoseconds, decimals: 9) + "s"
    }
}
