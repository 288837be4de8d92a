// SPDX-License-Identifier: Apache-2.0

public import MarketData
public import Trading

/// Whether a source stamps a bar with the time it opens or the time it closes.
public enum BarStamp: String, CaseIterable, Sendable {
    case open
    case close
}

/// How a file is read.
public struct ImportOptions: Sendable {
    /// What is done about rows that are not in order of time.
    public enum Ordering: Hashable, Sendable {
        case refuse
        /// Asked for explicitly: sort the rows, and say so in the report.
        case sort
    }

    /// The distance of the bars; `nil` takes the most common step of the file.
    public var timeframe: Timeframe?
    /// What the source's times mean, where its header does not say.
    public var stamp: BarStamp?
    public var ordering = Ordering.refuse
    /// The names of the columns, for CSV without a header line.
    public var columnNames: [String]?
    /// Called after each portion of the file; `false` stops the import with `ImportError.Kind.cancelled`.
    public var progress: (@Sendable (ImportProgress) -> Bool)?

    public init(
        timeframe: Timeframe? = nil, stamp: BarStamp? = nil, ordering: Ordering = .refuse,
        columnNames: [String]? = nil, progress: (@Sendable (ImportProgress) -> Bool)? = nil
    ) {
        self.timeframe = timeframe
        self.stamp = stamp
        self.ordering = ordering
        self.columnNames = columnNames
        self.progress = progress
    }
}

/// How far an import is.
public struct ImportProgress: Sendable {
    /// Bytes of the file that were read, and its length (0 where it is not known).
    public let bytes: Int64
    public let totalBytes: Int64
    public let rows: Int
}

/// A row that was left out or moved, and why that is safe.
public struct ImportRepair: Equatable, Sendable, CustomStringConvertible {
    public enum Kind: Equatable, Sendable {
        /// The same bar stood in the row before.
        case duplicateDropped
        /// It stood after a later bar.
        case moved
    }
    public let kind: Kind
    public let row: Int
    public let openTime: Timestamp

    public init(kind: Kind, row: Int, openTime: Timestamp) {
        self.kind = kind
        self.row = row
        self.openTime = openTime
    }

    public var description: String {
        switch kind {
        case .duplicateDropped: "row \(row) (\(openTime)): dropped, it repeats the row before it"
        case .moved: "row \(row) (\(openTime)): moved to its place in time"
        }
    }
}

/// What an import read, decided, repaired and found: the gap report and all around it.
public struct ImportReport: Equatable, Sendable {
    public let file: String
    /// Such as `CSV in gzip`.
    public let format: String
    /// Data rows that were read, header and blank lines not counted.
    public let rows: Int
    /// The column that the times came from, and the units that they were in.
    public let timeColumn: String
    public let timeUnits: [String]
    public let stamp: BarStamp
    /// What decided the stamp: the header, the format or the caller.
    public let stampSource: String
    public let timeframe: Timeframe
    public let timeframeWasDeclared: Bool
    public let scales: DecimalScales
    public let repairs: [ImportRepair]
    public let repairCount: Int
    public let notes: [String]
    public let check: CheckReport

    /// How many repairs are listed; `repairCount` counts all of them.
    public static let repairLimit = 20

    /// The report as named fields, for JSON.
    public var fields: ReportValue {
        .object([
            ("file", .text(file)), ("format", .text(format)), ("rows", .integer(Int64(rows))),
            ("timeColumn", .text(timeColumn)), ("timeUnits", .list(timeUnits.map { .text($0) })),
            ("stamp", .text(stamp.rawValue)), ("stampSource", .text(stampSource)),
            ("timeframe", .text("\(timeframe)")), ("timeframeDeclared", .flag(timeframeWasDeclared)),
            ("priceDecimals", .integer(Int64(scales.price))), ("quantityDecimals", .integer(Int64(scales.quantity))),
            ("repairCount", .integer(Int64(repairCount))), ("repairs", .list(repairs.map { .text($0.description) })),
            ("notes", .list(notes.map { .text($0) })), ("check", check.fields),
        ])
    }

    /// The report as lines for a terminal.
    public var lines: [String] {
        var lines = [
            "\(file): \(format), \(rows) rows",
            "times: column '\(timeColumn)' in \(timeUnits.joined(separator: " and ")), stamped at \(stamp.rawValue)"
                + " (\(stampSource))",
            "timeframe: \(timeframe) (\(timeframeWasDeclared ? "declared" : "the most common step"))",
            "decimals: \(scales.price) for prices, \(scales.quantity) for volumes",
        ]
        lines += notes.map { "note: \($0)" }
        if repairCount > 0 {
            lines.append("repairs: \(repairCount)")
            lines += repairs.map { "  \($0)" }
            if repairCount > repairs.count { lines.append("  and \(repairCount - repairs.count) more") }
        }
        return lines + check.lines()
    }

    public var text: String { lines.joined(separator: "\n") }
}

/// Bars read from a file, and how.
public struct BarImport: Sendable {
    public let series: BarSeries
    public let report: ImportReport
}
