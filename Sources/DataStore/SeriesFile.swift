// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import MarketData
internal import Trading

/// Reading and writing one series file.
enum SeriesFile {
    static func open(
        path: String, key: SeriesKey, verifying verification: DataStore.Verification
    ) throws(StoreError) -> SeriesTable {
        let mapping = try FileMapping(path: path)
        let bytes = mapping.bytes.pointer
        let header = try SeriesFileHeader(bytes, path: path)
        func damaged(_ problem: String) -> StoreError {
            StoreError(.damaged, path: path, problem: problem, advice: "Import the series again.")
        }
        guard bytes.count == header.fileSize else {
            throw damaged("the file has \(bytes.count) bytes, its header says \(header.fileSize)")
        }
        guard header.venue == key.venue, header.symbol == key.symbol, header.kind == key.kind,
            header.timeframe == key.timeframe
        else { throw damaged("the file holds another series than its name says") }

        let columns = header.columnHashes.indices.map { column in
            (bytes.baseAddress! + header.columnOffset(column)).assumingMemoryBound(to: Int64.self)
        }
        let table = ColumnTable(adopting: columns, rowCount: header.rowCount) { withExtendedLifetime(mapping) {} }
        let rows = SeriesTable(
            kind: header.kind, timeframe: header.timeframe, scales: header.scales, table: table,
            rows: 0..<header.rowCount)
        guard rows.firstTime?.nanoseconds ?? 0 == header.firstTime, rows.lastTime?.nanoseconds ?? 0 == header.lastTime
        else { throw damaged("the first or last time is not what the header says") }
        if verification == .everything {
            for (column, hash) in header.columnHashes.enumerated() where rows.columnHash(column) != hash {
                throw damaged("the checksum of column '\(header.kind.columns[column].name)' is wrong")
            }
        }
        return rows
    }

    static func summary(path: String) throws(StoreError) -> SeriesSummary {
        let mapping = try FileMapping(path: path)
        let header = try SeriesFileHeader(mapping.bytes.pointer, path: path)
        guard mapping.bytes.pointer.count == header.fileSize else {
            throw StoreError(
                .damaged, path: path,
                problem: "the file has \(mapping.bytes.pointer.count) bytes, its header says \(header.fileSize)",
                advice: "Import the series again.")
        }
        let key = try SeriesKey(
            venue: header.venue, symbol: header.symbol, kind: header.kind, timeframe: header.timeframe)
        let isEmpty = header.rowCount == 0
        return SeriesSummary(
            key: key, scales: header.scales, rowCount: header.rowCount,
            firstTime: isEmpty ? nil : Timestamp(nanoseconds: header.firstTime),
            lastTime: isEmpty ? nil : Timestamp(nanoseconds: header.lastTime), fileSize: header.fileSize,
            contentHash: header.contentHash)
    }

    static func write(
        _ rows: SeriesTable, key: SeriesKey, name: String, folder: String,
        observe: @escaping (WriteStep) throws(StoreError) -> Void
    ) throws(StoreError) {
        let header = SeriesFileHeader(key: key, rows: rows)
        var file = try AtomicFile(folder: folder, name: name, observe: observe)
        try file.setLength(header.fileSize)
        let bytes = header.bytes
        // Copied out of the closure, because `withUnsafeBytes` does not keep the type of the error.
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
        defer { block.deallocate() }
        block.copyBytes(from: bytes)
        try file.write(UnsafeRawBufferPointer(block), at: 0, then: .headerWritten)
        for column in header.columnHashes.indices {
            try file.write(
                UnsafeRawBufferPointer(rows.column(column)), at: header.columnOffset(column),
                then: .columnWritten(column))
        }
        try file.commit()
        withExtendedLifetime(rows) {}
    }
}
