// SPDX-License-Identifier: Apache-2.0

import Configuration
import DataStore
import Glibc
import MarketData
import Trading

extension ExternalSettings {
    /// What strategies are given; a session's is empty, and observations arrive.
    func feed(_ series: ExternalSeries = .empty) -> ExternalFeed {
        ExternalFeed(name: name, maxAge: maxAge, series: series)
    }

    /// - Parameter isGrowing: Whether somebody may be writing to the file.
    func read(isGrowing: Bool = false) throws(ImportError) -> ExternalImport {
        try ExternalReader.read(
            path: file,
            options: ExternalReadOptions(column: column, knownAfter: knownAfter, isGrowing: isGrowing))
    }

    /// What a reader of the report should know of the file.
    func warnings(_ found: ExternalImport) -> [String] {
        guard found.valueless > 0, let first = found.firstValueless else { return [] }
        return [
            "external.\(name): \(file): \(counted(Int64(found.valueless), "row")) without a finite value left out, the "
                + "first in line \(first)."
        ]
    }
}

/// The files of series from outside on behalf of a session: read at the start, and again whenever they change.
struct ExternalFiles {
    private struct Watched {
        let settings: ExternalSettings
        var state: FileState?
        var series: ExternalSeries
    }

    /// What changes when a file is written or replaced.
    private struct FileState: Equatable {
        let inode: UInt
        let size: Int
        let seconds: Int
        let nanoseconds: Int

        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            inode = UInt(status.st_ino)
            size = Int(status.st_size)
            seconds = status.st_mtim.tv_sec
            nanoseconds = status.st_mtim.tv_nsec
        }
    }

    private var files: [Watched] = []
    private(set) var warnings: [String] = []

    /// - Throws: Where a file cannot be read: a session must not begin without what its strategies were made for.
    init(_ settings: [ExternalSettings]) throws(CommandFailure) {
        for settings in settings {
            // Looked at before it is read: what is written meanwhile is a change.
            let state = FileState(settings.file)
            do throws(ImportError) {
                let found = try settings.read(isGrowing: true)
                warnings += settings.warnings(found)
                files.append(Watched(settings: settings, state: state, series: found.series))
            } catch { throw .failed("external.\(settings.name): \(error)") }
        }
    }

    var isEmpty: Bool { files.isEmpty }

    /// What has to be told to a session that sees bars from a time on.
    func beginning(from time: Timestamp) -> [ExternalArrival] {
        files.enumerated().flatMap { index, file in
            file.series.told(from: time).map { ExternalArrival(series: index, $0) }
        }
    }

    /// What the files say that they did not say before. A file that cannot be read, now or any more, says nothing new, and
    /// why is among the problems once for each change.
    mutating func poll() -> (news: [ExternalArrival], problems: [String]) {
        var news: [ExternalArrival] = []
        var problems: [String] = []
        for index in files.indices {
            let settings = files[index].settings
            let state = FileState(settings.file)
            guard state != files[index].state else { continue }
            files[index].state = state
            do throws(ImportError) {
                let found = try settings.read(isGrowing: true).series
                news += found.news(since: files[index].series).map { ExternalArrival(series: index, $0) }
                files[index].series = found
            } catch { problems.append("external.\(settings.name): \(error)") }
        }
        return (news, problems)
    }
}
