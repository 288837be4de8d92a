// SPDX-License-Identifier: Apache-2.0

public import MarketData
internal import Trading

/// Rows of trades, funding rates or another kind, read from a file, and how.
public struct RecordImport: Sendable {
    public let rows: SeriesTable
    public let report: RecordImportReport
}

/// What an import of records read, repaired and noted.
public struct RecordImportReport: Equatable, Sendable {
    public let file: String
    public let format: String
    public let kind: SeriesKind
    /// Data rows that were read, header and blank lines not counted.
    public let rowsRead: Int
    public let rows: Int
    public let first: String?
    public let last: String?
    public let timeUnits: [String]
    public let repairs: [ImportRepair]
    public let repairCount: Int
    public let notes: [String]

    /// The report as named fields, for JSON.
    public var fields: ReportValue {
        .object([
            ("file", .text(file)), ("format", .text(format)), ("kind", .text(kind.name)),
            ("rowsRead", .integer(Int64(rowsRead))), ("rows", .integer(Int64(rows))),
            ("first", first.map { .text($0) } ?? .missing), ("last", last.map { .text($0) } ?? .missing),
            ("timeUnits", .list(timeUnits.map { .text($0) })), ("repairCount", .integer(Int64(repairCount))),
            ("repairs", .list(repairs.map { .text($0.description) })), ("notes", .list(notes.map { .text($0) })),
        ])
    }

    /// The report as lines for a terminal.
    public var lines: [String] {
        var lines = ["\(file): \(format), \(rowsRead) rows of \(kind.name)"]
        if let first, let last { lines.append("\(first) to \(last), times in \(timeUnits.joined(separator: " and "))") }
        lines += notes.map { "note: \($0)" }
        if repairCount > 0 {
            lines.append("repairs: \(repairCount)")
            lines += repairs.map { "  \($0)" }
        }
        return lines
    }
}

/// Reads every kind but bars from CSV (plain, gzip, zstd, zip): one column for each field, named by the header.
///
/// Rows must be in order of time; equal times are allowed. Rows that are sorted because that was asked for are not
/// searched for repetitions. What each kind needs and which names it knows is written in
/// `RecordColumnRules`.
public enum RecordImporter {
    public static func read(
        path: String, kind: SeriesKind, options: ImportOptions = ImportOptions()
    ) throws(ImportError) -> RecordImport {
        precondition(kind != .bars, "bars are read by BarImporter")
        let source = try openByteSource(path: path)
        var lines = LineReader(source: source, file: path)
        var parser = RecordParser(file: path, kind: kind, options: options)
        while let portion = try lines.nextPortion(linesSoFar: parser.line) {
            try parser.consume(portion)
            try BarImporter.report(source, rows: parser.rowsRead, to: options, file: path)
        }
        guard parser.rowsRead > 0 else {
            throw ImportError(
                .empty, file: path, problem: parser.line == 0 ? "the file is empty" : "there are no rows",
                advice: "Check where it was made or downloaded.")
        }
        var notes: [String] = []
        if let moved = parser.sortIfAsked() { notes.append("rows were sorted by time, \(moved) moved") }
        if parser.builder.roundedRates > 0 {
            notes.append(counted(Int64(parser.builder.roundedRates), "rate") + " rounded, half to even, to 12 decimals")
        }
        let (units, repairs, repairCount) = (parser.timeUnits, parser.repairs, parser.repairCount)
        let rowsRead = parser.rowsRead
        let rows = parser.takeRows()
        let container = source.container == "plain" ? "" : " in \(source.container)"
        let report = RecordImportReport(
            file: path, format: "CSV" + container, kind: kind, rowsRead: rowsRead, rows: rows.count,
            first: rows.firstTime.map { "\($0)" }, last: rows.lastTime.map { "\($0)" }, timeUnits: units,
            repairs: repairs, repairCount: repairCount, notes: notes)
        return RecordImport(rows: rows, report: report)
    }
}

/// Reads rows of one kind from portions of CSV text.
struct RecordParser: ~Copyable {
    private let file: String
    private let kind: SeriesKind
    private let options: ImportOptions
    private(set) var line = 0
    private(set) var rowsRead = 0
    private(set) var builder: SeriesTableBuilder
    private(set) var repairs: [ImportRepair] = []
    private(set) var repairCount = 0
    private var units: Set<TimeUnit> = []
    private var delimiter: UInt8 = 0
    private var names: [String] = []
    private var rules: [RecordColumnRule] = []
    private var previous: [Int64] = []

    init(file: String, kind: SeriesKind, options: ImportOptions) {
        self.file = file
        self.kind = kind
        self.options = options
        builder = SeriesTableBuilder(kind: kind)
    }

    var timeUnits: [String] { TimeUnit.allCases.filter(units.contains).map(\.name) }

    /// - Returns: How many rows stood after a later one; `nil` where all were in order or that was not asked for.
    mutating func sortIfAsked() -> Int? {
        guard options.ordering == .sort else { return nil }
        var latest = -1
        var moved = 0
        for place in builder.sort() {
            if place < latest { moved += 1 }
            latest = max(latest, place)
        }
        return moved == 0 ? nil : moved
    }

    mutating func takeRows() -> SeriesTable {
        var taken = SeriesTableBuilder(kind: kind)
        swap(&taken, &builder)
        return taken.finish()
    }

    mutating func consume(_ portion: FieldBytes) throws(ImportError) {
        var start = 0
        while start < portion.count {
            var end = start
            while end < portion.count, portion[end] != 0x0A { end += 1 }
            let next = end + 1
            if end > start, portion[end - 1] == 0x0D { end -= 1 }
            line += 1
            let text = trimmed(FieldBytes(rebasing: portion[start..<end]))
            if !text.isEmpty { try consumeLine(text) }
            start = next
        }
    }

    private mutating func consumeLine(_ text: FieldBytes) throws(ImportError) {
        if rules.isEmpty { delimiter = CSVLayout.delimiter(of: text) }
        guard let fields = splitFields(text, delimiter: delimiter) else {
            throw failure(.malformedRow, nil, "a quote is opened and not closed", "Check the line in an editor.")
        }
        if rules.isEmpty {
            let isHeader = (fields.first?.first).map { $0 &- 0x30 >= 10 } ?? true
            guard isHeader || options.columnNames != nil else {
                throw failure(
                    .header, nil, "there is no header line", "Add one that names the columns, such as time,price,qty.")
            }
            names = options.columnNames ?? fields.map { String(decoding: $0, as: UTF8.self) }
            guard names.count == fields.count else {
                throw failure(
                    .header, nil, "\(names.count) column names were given, but the file has \(fields.count) columns",
                    "Name every column; call those that do not matter 'ignore'.")
            }
            rules = try RecordColumnRules.match(kind: kind, names: names, file: file, row: line)
            if isHeader { return }
        }
        guard fields.count == names.count else {
            throw failure(
                .malformedRow, nil, "it has \(fields.count) columns, the first line has \(names.count)",
                "Check the line in an editor.")
        }
        try addRow(fields)
    }

    private mutating func addRow(_ fields: [FieldBytes]) throws(ImportError) {
        var row: [SeriesTableBuilder.Field] = []
        for rule in rules {
            guard let source = rule.source else {
                row.append(.integer(0))
                continue
            }
            let field = fields[source]
            guard field.count <= maximumFieldLength, let value = rule.parse(field) else {
                throw failure(
                    rule.column.unit == .nanoseconds ? .notATime : .notANumber, names[source],
                    "\(quoted(field)) is not a \(rule.expects)", "Correct the value or remove the row.")
            }
            if row.isEmpty, let time = parseTime(field) { units.insert(time.unit) }
            row.append(value)
        }
        let values: [Int64]
        do { values = try builder.values(of: row) } catch {
            let problem =
                error == .tooManyDecimals
                ? "a number has more than \(BarSeriesBuilder.maximumDecimals) decimals"
                : "a number cannot be held exactly in 64 bits with the decimals of this file"
            throw failure(.outOfRange, nil, problem, "Check the row, or round the file to fewer decimals.")
        }
        // An order that is gone may have no price any more.
        for (rule, value) in zip(rules, values)
        where rule.column.unit == .price && value <= 0 && kind != .bookOrderEvents {
            throw failure(
                .impossibleBar, rule.source.map { names[$0] }, "a price is not above zero",
                "Remove the row or correct it.")
        }
        rowsRead += 1
        if try isNew(values) { builder.append(values) }
    }

    /// Checks order and repetition against the row before.
    private mutating func isNew(_ values: [Int64]) throws(ImportError) -> Bool {
        guard builder.count > 0, options.ordering == .refuse else { return true }
        let last = values.indices.map { builder.value(row: builder.count - 1, column: $0) }
        let time = Timestamp(nanoseconds: values[0])
        guard values[0] >= last[0] else {
            throw failure(
                .outOfOrder, names[rules[0].source ?? 0],
                "\(time) comes after \(Timestamp(nanoseconds: last[0])) of the row before",
                "Sort the file, or import it with `apus data import --sort`.")
        }
        let identity = RecordColumnRules.identityColumn(of: kind)
        guard let identity, values[identity] == last[identity], identity == 0 || values[identity] != 0 else {
            return true
        }
        guard values == last else {
            throw failure(
                .conflictingDuplicate, rules[identity].source.map { names[$0] },
                "the row has the identity of the one before, but other values", "Remove one of the two rows.")
        }
        repairCount += 1
        if repairs.count < ImportReport.repairLimit {
            repairs.append(ImportRepair(kind: .duplicateDropped, row: line, openTime: time))
        }
        return false
    }

    private func failure(
        _ kind: ImportError.Kind, _ column: String?, _ problem: String, _ advice: String
    ) -> ImportError {
        ImportError(kind, file: file, row: line, column: column, problem: problem, advice: advice)
    }
}
