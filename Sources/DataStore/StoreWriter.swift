// SPDX-License-Identifier: Apache-2.0

internal import Glibc
public import MarketData
internal import Trading

/// The right to write into a store: an advisory lock that ends with this value or with the process.
public struct StoreWriter: ~Copyable {
    public let store: DataStore
    private let lock: CInt
    /// A test makes a step of a write fail here.
    package var observe: (WriteStep) throws(StoreError) -> Void = { _ in }

    init(store: DataStore) throws(StoreError) {
        self.store = store
        let path = store.path + "/.lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw StoreError(
                .unwritable, path: path, problem: "the lock cannot be opened (\(errorText(errno)))",
                advice: "Check that you may write to the store.")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw StoreError(
                .locked, path: store.path, problem: "another process is writing to this store",
                advice: "Wait until it is done; reading is possible meanwhile.")
        }
        lock = descriptor
    }

    deinit {
        // Closing alone would leave the lock to a child process that is just being started and still has the file open.
        flock(lock, LOCK_UN)
        close(lock)
    }

    /// Writes a series, in place of what was stored under its key.
    public func replace(_ key: SeriesKey, with rows: SeriesTable) throws(StoreError) {
        precondition(
            key.kind == rows.kind && key.timeframe == rows.timeframe, "\(key) cannot hold \(rows.kind.name)")
        guard store.partNames(of: key).isEmpty else {
            throw StoreError(
                .conflict, path: "\(key)", problem: "a session collects this series",
                advice: "Use another venue's name.")
        }
        try write(rows, key: key, name: key.fileName, folder: "\(store.path)/\(key.folder)")
    }

    func write(_ rows: SeriesTable, key: SeriesKey, name: String, folder: String) throws(StoreError) {
        try Files.createFolder(folder)
        cleanUp(folder)
        try SeriesFile.write(rows, key: key, name: name, folder: folder, observe: observe)
    }

    /// Adds bars to those that are stored, or begins the series.
    ///
    /// - Returns: What was new, and where old and new bars differ. With `.refuse`, differences are an error.
    public func merge(
        _ bars: BarSeries, into key: SeriesKey, conflicts policy: MergeConflictPolicy = .refuse
    ) throws(StoreError) -> BarMerge {
        guard store.contains(key) else {
            try replace(key, with: bars.rows)
            return BarMerge(series: bars, added: bars.count, repeated: 0, conflicts: [], conflictCount: 0)
        }
        let stored = BarSeries(trusted: try store.series(key))
        let merge: BarMerge
        do throws(BarSeriesError) {
            merge = try stored.merging(bars, conflicts: policy)
        } catch {
            throw StoreError(
                .incompatible, path: "\(key)", problem: "\(error)", advice: "Import into another symbol or venue.")
        }
        if policy == .refuse, let first = merge.conflicts.first {
            throw StoreError(
                .conflict, path: "\(key)",
                problem: "\(merge.conflictCount) new bars differ from stored ones, first at \(first.stored.openTime)",
                advice: "Pass --conflicts keep to keep the stored bars, or --conflicts replace to take the new ones.")
        }
        if merge.changesStored { try replace(key, with: merge.series.rows) }
        return merge
    }

    /// Adds rows of a kind that only grows (trades, funding) after those that are stored, or begins the series. Where
    /// new rows overlap stored ones, they must be the same.
    ///
    /// - Returns: How many rows were new.
    public func append(_ rows: SeriesTable, to key: SeriesKey) throws(StoreError) -> Int {
        guard store.contains(key) else {
            try replace(key, with: rows)
            return rows.count
        }
        let stored = try store.series(key)
        let joined: (rows: SeriesTable, added: Int)
        do throws(SeriesAppendError) {
            joined = try stored.appending(rows)
        } catch {
            throw StoreError(
                .conflict, path: "\(key)", problem: "\(error)",
                advice: "Import rows that follow the stored ones, or replace the series.")
        }
        if joined.added > 0 { try replace(key, with: joined.rows) }
        return joined.added
    }

    /// Removes a series.
    public func remove(_ key: SeriesKey) throws(StoreError) {
        let files = store.files(of: key)
        // The newest first, so that what is left of an interrupted removal is a series that ends earlier.
        for path in files.isEmpty ? [store.file(of: key)] : files.reversed() {
            guard unlink(path) == 0 else {
                throw StoreError(
                    errno == ENOENT ? .noSuchSeries : .unwritable, path: path,
                    problem: "the series cannot be removed (\(errorText(errno)))",
                    advice: "`apus data list` shows what there is.")
            }
            try Files.syncFolder(Files.parent(of: path))
        }
    }

    /// Removes what an interrupted write left behind. Nobody else writes, so none of it is in use.
    private func cleanUp(_ folder: String) {
        for name in Files.names(in: folder) where name.hasPrefix(AtomicFile.temporaryPrefix) {
            unlink("\(folder)/\(name)")
        }
    }
}
