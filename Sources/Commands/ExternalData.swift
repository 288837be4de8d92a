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
    func read(_ file: String, isGrowing: Bool = false) throws(ImportError) -> ExternalImport {
        try ExternalReader.read(
            path: file,
            options: ExternalReadOptions(column: column, knownAfter: knownAfter, isGrowing: isGrowing))
    }

    /// Why a backtest cannot have a series that has only a page, and what to do.
    var lackOfHistory: String {
        let kept = page?.keep ?? ""
        return "external.\(name): it has only a url, which says nothing of the past. "
            + (access(kept, R_OK) == 0
                ? "Sessions have kept what they received in \(kept): set external.\(name).file to it."
                : "Give a history with external.\(name).file. Sessions will keep what they receive in \(kept), which can "
                    + "be that file.")
    }

    /// What a reader of the report should know of the file.
    func warnings(_ found: ExternalImport, in file: String) -> [String] {
        guard found.valueless > 0, let first = found.firstValueless else { return [] }
        return [
            "external.\(name): \(file): \(counted(Int64(found.valueless), "row")) without a finite value left out, the "
                + "first in line \(first)."
        ]
    }
}

/// The files of series from outside on behalf of a session: read at the start, and again whenever they change.
///
/// Of a series that has a page the files are the history: what was given, and what sessions have kept. They are read once.
struct ExternalFiles {
    private struct Watched {
        let settings: ExternalSettings
        /// `nil`: it is not read again.
        var file: String?
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
            do throws(ImportError) {
                if let page = settings.page {
                    files.append(Watched(settings: settings, series: try history(settings, page)))
                } else if let file = settings.file {
                    // Looked at before it is read: what is written meanwhile is a change.
                    let state = FileState(file)
                    let found = try settings.read(file, isGrowing: true)
                    warnings += settings.warnings(found, in: file)
                    files.append(Watched(settings: settings, file: file, state: state, series: found.series))
                }
            } catch { throw .failed("external.\(settings.name): \(error)") }
        }
    }

    private mutating func history(
        _ settings: ExternalSettings, _ page: ExternalPage
    ) throws(ImportError) -> ExternalSeries {
        let isKeptThere = settings.file == page.keep
        var observations: [ExternalObservation] = []
        if let file = settings.file, !isKeptThere || FileState(file) != nil {
            let found = try settings.read(file, isGrowing: true)
            warnings += settings.warnings(found, in: file)
            observations = found.series.observations
        }
        if !isKeptThere, FileState(page.keep) != nil {
            let options = ExternalReadOptions(isGrowing: true)
            observations += try ExternalReader.read(path: page.keep, options: options).series.observations
        }
        do { return try ExternalSeries(observations) } catch {
            throw ImportError(
                .conflictingDuplicate, file: page.keep, problem: "beside \(settings.file ?? ""), \(error.problem)",
                advice: error.advice)
        }
    }

    var isEmpty: Bool { files.isEmpty }

    var names: [String] { files.map(\.settings.name) }

    /// What is known of each series.
    var known: [ExternalSeries] { files.map(\.series) }

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
            guard let file = files[index].file else { continue }
            let settings = files[index].settings
            let state = FileState(file)
            guard state != files[index].state else { continue }
            files[index].state = state
            do throws(ImportError) {
                let found = try settings.read(file, isGrowing: true).series
                news += found.news(since: files[index].series).map { ExternalArrival(series: index, $0) }
                files[index].series = found
            } catch { problems.append("external.\(settings.name): \(error)") }
        }
        return (news, problems)
    }
}
