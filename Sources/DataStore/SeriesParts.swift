// SPDX-License-Identifier: Apache-2.0

public import MarketData
internal import Trading

/// A series that is collected for as long as a session runs lies in parts, each of an hour or a day, so that adding to it
/// costs what is new and not what is there: `hyperliquid/BTC/trades/2026-11-21T14.apus`.
///
/// Rows that were imported lie in one file as all else, and come before the parts.
extension SeriesKey {
    /// The time that one part holds; `nil` for kinds that are small enough for one file.
    var partSpan: TimeSpan? {
        switch kind {
        case .bars, .fundingRates: nil
        case .openInterest, .markPrices, .indexPrices: .days(1)
        case .trades, .quotes, .bookDeltas, .bookOrderEvents: .hours(1)
        }
    }

    var partsFolder: String { "\(folder)/\(kind.name)" }

    /// The part that holds a time: names have the order of the times. `nil` where it is out of all bounds.
    func partName(of time: Timestamp) -> String? {
        guard let partSpan, time >= .epoch else { return nil }
        let name = "\(time)".prefix(partSpan >= .days(1) ? 10 : 13)
        return name.count < 10 || name.contains(":") ? nil : name + ".apus"
    }
}

extension DataStore {
    /// The files of a series in the order of their times: what was imported first, then the parts.
    ///
    /// - Parameter from: Parts that end before it are left out.
    func files(of key: SeriesKey, from: Timestamp? = nil) -> [String] {
        let first = from.flatMap { key.partName(of: $0) } ?? ""
        let parts = partNames(of: key).filter { $0 >= first }.map { "\(path)/\(key.partsFolder)/\($0)" }
        let whole = file(of: key)
        return (Files.exists(whole) ? [whole] : []) + parts
    }

    func partNames(of key: SeriesKey) -> [String] {
        key.partSpan == nil ? [] : Files.seriesNames(in: "\(path)/\(key.partsFolder)")
    }
}

extension DataStore {
    /// The end of a series: its last part, or all of it where it has none; `nil` where it cannot be read.
    public func lastPart(of key: SeriesKey) -> SeriesTable? {
        guard let file = files(of: key).last else { return nil }
        return try? SeriesFile.open(path: file, key: key, verifying: .everything)
    }
}

extension StoreWriter {
    /// Adds rows as they come: those before the last one that is stored are left out.
    ///
    /// Each part is written whole and then takes the place of what it was, so that no end of the program leaves half of it.
    ///
    /// - Returns: How many were added.
    @discardableResult
    public func collect(_ rows: SeriesTable, into key: SeriesKey) throws(StoreError) -> Int {
        precondition(key.kind == rows.kind && key.timeframe == nil, "\(key) cannot hold \(rows.kind.name)")
        var rest = try news(in: rows, of: key)
        guard let span = key.partSpan else { return try add(rest, to: key, name: key.fileName, folder: key.folder) }
        var added = 0
        while let first = rest.firstTime {
            let begin = first.nanoseconds - first.nanoseconds.flooredDivision(by: span.nanoseconds).remainder
            let end = Timestamp(nanoseconds: begin) + span
            guard let name = key.partName(of: first) else {
                throw StoreError(
                    .incompatible, path: "\(key)", problem: "there is no part for the time \(first)",
                    advice: "Set this machine's clock.")
            }
            added += try add(rest.slice(from: nil, to: end), to: key, name: name, folder: key.partsFolder)
            rest = rest.slice(from: end, to: nil)
        }
        return added
    }

    /// The rows that come after those that are stored. Of the last one's time those count that are not there.
    private func news(in rows: SeriesTable, of key: SeriesKey) throws(StoreError) -> SeriesTable {
        guard let file = store.files(of: key).last else { return rows }
        let stored: SeriesTable
        do throws(StoreError) { stored = try SeriesFile.open(path: file, key: key, verifying: .header) } catch {
            // A damaged part is not added to; one of another time can follow it.
            let part = rows.firstTime.flatMap { key.partName(of: $0) }
            guard error.kind == .damaged, let part, !file.hasSuffix("/" + part) else { throw error }
            return rows
        }
        guard let last = stored.lastTime else { return rows }
        let (news, known) = (rows.slice(from: last, to: nil), stored.slice(from: last, to: nil))
        guard stored.scales == rows.scales else { return news }
        func row(_ index: Int, of table: SeriesTable) -> [Int64] {
            key.kind.columns.indices.map { table.column($0)[index] }
        }
        let there = Set((0..<known.count).map { row($0, of: known) })
        var first = 0
        while first < news.count, there.contains(row(first, of: news)) { first += 1 }
        return SeriesTable(
            kind: news.kind, timeframe: nil, scales: news.scales, table: news.table,
            rows: news.rows.lowerBound + first..<news.rows.upperBound)
    }

    private func add(
        _ rows: SeriesTable, to key: SeriesKey, name: String, folder: String
    ) throws(StoreError) -> Int {
        guard rows.count > 0 else { return 0 }
        let folder = "\(store.path)/\(folder)"
        let path = "\(folder)/\(name)"
        var all = rows
        if Files.exists(path) {
            let stored = try SeriesFile.open(path: path, key: key, verifying: .everything)
            do throws(SeriesAppendError) { all = try SeriesTable.joining([stored, rows]) } catch {
                throw StoreError(
                    .incompatible, path: path, problem: "\(error)", advice: "Set the file aside.")
            }
        }
        try write(all, key: key, name: name, folder: folder)
        return rows.count
    }
}
