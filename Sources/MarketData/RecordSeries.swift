// SPDX-License-Identifier: Apache-2.0

public import Trading

/// A run of rows of one kind in columns, ordered by time, with its decimal scales: what the store reads and writes.
public struct SeriesTable: Sendable {
    public let kind: SeriesKind
    /// The length of a bar; `nil` for every other kind.
    public let timeframe: Timeframe?
    public let scales: DecimalScales
    public let rows: Range<Int>
    public let table: ColumnTable

    public init(kind: SeriesKind, timeframe: Timeframe?, scales: DecimalScales, table: ColumnTable, rows: Range<Int>) {
        precondition(table.columnCount == kind.columns.count, "\(kind.name) do not have \(table.columnCount) columns")
        precondition(rows.lowerBound >= 0 && rows.upperBound <= table.rowCount, "rows \(rows) of \(table.rowCount)")
        self.kind = kind
        self.timeframe = timeframe
        self.scales = scales
        self.table = table
        self.rows = rows
    }

    public var count: Int { rows.count }

    /// One column of the rows. Valid while the table is retained.
    public func column(_ index: Int) -> UnsafeBufferPointer<Int64> {
        UnsafeBufferPointer(start: table.column(index) + rows.lowerBound, count: rows.count)
    }

    /// The time of the first row, and of the last.
    public var firstTime: Timestamp? { column(0).first.map { Timestamp(nanoseconds: $0) } }
    public var lastTime: Timestamp? { column(0).last.map { Timestamp(nanoseconds: $0) } }

    /// The checksum of one column.
    public func columnHash(_ index: Int) -> UInt64 { ContentHash.hash(UnsafeRawBufferPointer(column(index))) }

    /// The hash of everything a run can see: kind, timeframe, scales and every value. Where it came from is left out.
    public var contentHash: UInt64 { contentHash(columnHashes: kind.columns.indices.map(columnHash)) }

    package func contentHash(columnHashes: [UInt64]) -> UInt64 {
        let shape = [
            UInt64(kind.rawValue), UInt64(bitPattern: timeframe?.nanoseconds ?? 0), UInt64(scales.price),
            UInt64(scales.quantity), UInt64(count),
        ]
        return ContentHash.hash(of: shape + columnHashes)
    }

    /// The rows whose time is in `from ..< to`, without copying.
    public func slice(from: Timestamp?, to: Timestamp?) -> SeriesTable {
        let times = column(0)
        let start = from.map { times.firstIndex(notBelow: $0.nanoseconds) } ?? 0
        let end = max(start, to.map { times.firstIndex(notBelow: $0.nanoseconds) } ?? times.count)
        let base = rows.lowerBound
        return SeriesTable(
            kind: kind, timeframe: timeframe, scales: scales, table: table, rows: base + start..<base + end)
    }
}

extension UnsafeBufferPointer<Int64> {
    /// The first index whose value is at least `value`, in rising order.
    func firstIndex(notBelow value: Int64) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// Trades, quotes, funding rates or any other `SeriesRecord`, as a collection over columns.
public struct RecordSeries<Record: SeriesRecord>: Sendable, RandomAccessCollection {
    public let columns: SeriesTable

    /// Takes rows of this kind; `nil` where they are of another.
    public init?(_ columns: SeriesTable) {
        guard columns.kind == Record.kind else { return nil }
        self.columns = columns
    }

    /// Copies records, which must be in order of time (equal times are allowed).
    public init(_ records: some Collection<Record>, scales: DecimalScales, timeframe: Timeframe? = nil) {
        var builder = ColumnTableBuilder(columnCount: Record.columns.count, capacity: records.count)
        var last = Int64.min
        for record in records {
            precondition(record.field(0) >= last, "\(Record.kind.name) must be in order of time")
            last = record.field(0)
            builder.append(record.field)
        }
        let count = builder.count
        columns = SeriesTable(
            kind: Record.kind, timeframe: timeframe, scales: scales, table: builder.finish(), rows: 0..<count)
    }

    public var scales: DecimalScales { columns.scales }
    public var startIndex: Int { 0 }
    public var endIndex: Int { columns.count }

    public subscript(index: Int) -> Record {
        precondition(index >= 0 && index < endIndex, "there is no row \(index) of \(endIndex)")
        let row = columns.rows.lowerBound + index
        return Record { columns.table.column($0)[row] }
    }

    /// The records whose time is in `from ..< to`, without copying.
    public func slice(from: Timestamp?, to: Timestamp?) -> RecordSeries {
        RecordSeries(unchecked: columns.slice(from: from, to: to))
    }

    private init(unchecked columns: SeriesTable) { self.columns = columns }
}
