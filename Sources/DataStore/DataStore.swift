// SPDX-License-Identifier: Apache-2.0

internal import Glibc
public import MarketData
public import Trading

/// A folder of market data that survives restarts: one file a series, many readers while one process writes.
///
/// A reader maps a file and sees it as it was when it opened it, whatever is written meanwhile.
public struct DataStore: Sendable {
    public let path: String

    /// What is verified when a series is opened.
    public enum Verification: Sendable {
        /// The header's checksum, the file's length and its first and last time.
        case header
        /// All of that and the checksum of every column: about a millisecond for 10 MB.
        case everything
    }

    /// Opens a store. The folder must exist, unless `create` is set.
    public init(path: String, create: Bool = false) throws(StoreError) {
        self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        if create { try Files.createFolder(self.path) }
        guard Files.isFolder(self.path) else {
            throw StoreError(
                .unreadable, path: path, problem: "there is no such folder",
                advice: "Import something first, or name the folder of a data store.")
        }
    }

    /// Opens a series of bars.
    public func bars(
        venue: String, symbol: String, timeframe: Timeframe, verifying verification: Verification = .everything
    ) throws(StoreError) -> BarSeries {
        let key = try SeriesKey(venue: venue, symbol: symbol, kind: .bars, timeframe: timeframe)
        return BarSeries(trusted: try series(key, verifying: verification))
    }

    /// Opens a series of any other kind.
    public func records<Record: SeriesRecord>(
        _ type: Record.Type, venue: String, symbol: String, verifying verification: Verification = .everything
    ) throws(StoreError) -> RecordSeries<Record> {
        let key = try SeriesKey(venue: venue, symbol: symbol, kind: Record.kind)
        guard let records = RecordSeries<Record>(try series(key, verifying: verification)) else {
            preconditionFailure("a file of \(key) was verified to hold it")
        }
        return records
    }

    /// Opens a series as columns.
    ///
    /// - Parameter from: What is older may be left out, where the series lies in parts.
    public func series(
        _ key: SeriesKey, from: Timestamp? = nil, verifying verification: Verification = .everything
    ) throws(StoreError) -> SeriesTable {
        let files = files(of: key, from: from)
        guard files.count > 1 else {
            return try SeriesFile.open(path: files.first ?? file(of: key), key: key, verifying: verification)
        }
        var parts: [SeriesTable] = []
        for path in files { parts.append(try SeriesFile.open(path: path, key: key, verifying: verification)) }
        do throws(SeriesAppendError) { return try SeriesTable.joining(parts) } catch {
            throw StoreError(
                .incompatible, path: "\(key)", problem: "its parts make no series: \(error)",
                advice: "Set aside those that do not belong to it.")
        }
    }

    public func contains(_ key: SeriesKey) -> Bool { !files(of: key).isEmpty }

    /// When a series was last written; `nil` where there is none.
    public func writeTime(of key: SeriesKey) -> Timestamp? {
        var status = stat()
        guard stat(file(of: key), &status) == 0 else { return nil }
        return Timestamp(nanoseconds: Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec))
    }

    /// What is stored, ordered by venue, symbol, kind and timeframe, from the headers alone. A file that cannot be read
    /// is listed with its error.
    public func list() -> [Result<SeriesSummary, StoreError>] {
        var found: [Result<SeriesSummary, StoreError>] = []
        for venue in Files.names(in: path) where !venue.hasPrefix(".") {
            for symbol in Files.names(in: "\(path)/\(venue)") where !symbol.hasPrefix(".") {
                var summaries: [SeriesKey: SeriesSummary] = [:]
                for file in files(in: "\(path)/\(venue)/\(symbol)") {
                    do throws(StoreError) {
                        let summary = try SeriesFile.summary(path: file)
                        summaries[summary.key] = summaries[summary.key]?.followed(by: summary) ?? summary
                    } catch {
                        found.append(.failure(error))
                    }
                }
                found += summaries.values.map { .success($0) }
            }
        }
        return found.sorted { left, right in
            switch (left, right) {
            case (.success(let left), .success(let right)): left.key.order < right.key.order
            case (.failure(let left), .failure(let right)): left.path < right.path
            case (.success, .failure): true
            case (.failure, .success): false
            }
        }
    }

    /// The files of a symbol: series, and the parts of others in the order of their times.
    private func files(in folder: String) -> [String] {
        let parts = Files.names(in: folder).filter { SeriesKind(name: $0) != nil }.map { "\(folder)/\($0)" }
        return ([folder] + parts).flatMap { place in Files.seriesNames(in: place).map { "\(place)/\($0)" } }
    }

    /// Verifies every checksum of a series of bars, and checks its bars.
    public func check(_ key: SeriesKey) throws(StoreError) -> CheckReport {
        let rows = try series(key, verifying: .everything)
        guard rows.kind == .bars else {
            throw StoreError(
                .incompatible, path: "\(key)", problem: "only bars can be checked for gaps",
                advice: "Its checksums are right.")
        }
        return SeriesCheck.report(on: BarSeries(trusted: rows))
    }

    /// Takes the right to write, which one process has at a time, until the writer is let go.
    public func writer() throws(StoreError) -> StoreWriter { try StoreWriter(store: self) }

    func file(of key: SeriesKey) -> String { "\(path)/\(key.relativePath)" }
}

extension SeriesKey {
    /// A total order by name.
    fileprivate var order: (String, String, UInt32, Int64) {
        (venue, symbol, kind.rawValue, timeframe?.nanoseconds ?? 0)
    }
}

/// What the header of a stored series says.
public struct SeriesSummary: Hashable, Sendable {
    public let key: SeriesKey
    public let scales: DecimalScales
    public let rowCount: Int
    public let firstTime: Timestamp?
    public let lastTime: Timestamp?
    public let fileSize: Int
    /// Of a series in parts: of their hashes, one after the other.
    public let contentHash: UInt64

    func followed(by next: SeriesSummary) -> SeriesSummary {
        SeriesSummary(
            key: key,
            scales: DecimalScales(
                price: max(scales.price, next.scales.price), quantity: max(scales.quantity, next.scales.quantity)),
            rowCount: rowCount + next.rowCount, firstTime: firstTime ?? next.firstTime,
            lastTime: next.lastTime ?? lastTime, fileSize: fileSize + next.fileSize,
            contentHash: ContentHash.hash(of: [contentHash, next.contentHash]))
    }

    /// For bars: how many are missing between the first and the last.
    public var missingBars: Int64? {
        guard let timeframe = key.timeframe, let firstTime, let lastTime else { return nil }
        return (lastTime - firstTime).nanoseconds / timeframe.nanoseconds + 1 - Int64(rowCount)
    }

    /// The summary as named fields, for JSON.
    public var fields: ReportValue {
        .object([
            ("venue", .text(key.venue)), ("symbol", .text(key.symbol)), ("kind", .text(key.kind.name)),
            ("timeframe", key.timeframe.map { .text("\($0)") } ?? .missing), ("rows", .integer(Int64(rowCount))),
            ("first", firstTime.map { .text("\($0)") } ?? .missing),
            ("last", lastTime.map { .text("\($0)") } ?? .missing),
            ("missingBars", missingBars.map { .integer($0) } ?? .missing),
            ("priceDecimals", .integer(Int64(scales.price))), ("quantityDecimals", .integer(Int64(scales.quantity))),
            ("bytes", .integer(Int64(fileSize))), ("contentHash", .text(ContentHash.text(contentHash))),
        ])
    }
}
