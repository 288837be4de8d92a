// SPDX-License-Identifier: Apache-2.0

import Configuration
import Engine
import Journal
import Live
import MarketData
import Trading

/// A session's journal, read from its beginning.
struct JournalContents {
    /// What the session runs on; `nil` for an empty journal.
    let start: SessionStart?
    private let storage: any JournalStorage
    private(set) var reader: JournalReader

    init(_ storage: any JournalStorage) throws(CommandFailure) {
        self.storage = storage
        do {
            var first = try JournalReader(storage)
            var found: SessionStart?
            if let record = try first.next(), case .started(let start) = try SessionRecord(record) { found = start }
            start = found
            reader = try JournalReader(storage)
        } catch { throw .failed(error) }
    }

    /// A journal that is only looked at: the session that writes it may be running.
    init(lookingAt path: String) throws(CommandFailure) {
        let storage: FileStorage
        do throws(StorageError) { storage = try JournalFolder(path: path).openForReading() } catch {
            throw .failed(error)
        }
        try self.init(storage)
        guard start != nil else {
            throw .failed(
                "\(path) holds no session. Name the folder that `apus trade` writes: live.journal, then the instance.")
        }
    }

    /// Whether a session of this kind can go on with it.
    ///
    /// - Parameter fingerprint: `ConfigurationDocument.journalFingerprint`.
    func check(mode: SessionMode, fingerprint: String, _ console: Console) throws(CommandFailure) {
        guard let start else { return }
        let way = "Go on with what it was begun with, set live.instance to another name, or begin a new one with --new."
        guard start.mode == mode else {
            throw .failed(
                "The journal belongs to a session in \(start.mode.rawValue) mode, not \(mode.rawValue). \(way)")
        }
        let begunWith = try? ConfigurationDocument(
            parsing: start.configuration, file: "the journal's configuration")
        guard begunWith?.journalFingerprint == fingerprint else {
            throw .failed(
                "The journal belongs to a session with another configuration: its strategies, simulation, limits, balances "
                    + "or accounts differ. \(way)")
        }
        if start.version != Program.version {
            console.printError(
                "apus: the journal was begun by version \(start.version); this is \(Program.version). It is checked that "
                    + "both decide the same.")
        }
    }

    /// Calls `body` with every record of a session, in order.
    mutating func forEach(
        _ body: (SessionRecord, JournalRecord) throws(CommandFailure) -> Void
    ) throws(CommandFailure) {
        while true {
            let raw: JournalRecord
            let record: SessionRecord?
            do {
                guard let next = try reader.next() else { return }
                raw = next
                record = try SessionRecord(raw)
            } catch { throw .failed(error) }
            if let record { try body(record, raw) }
        }
    }

    /// What strategies trapped at, wherever in the journal that is said: it is to be known before anything is played back.
    func traps() throws(CommandFailure) -> [StrategyTrap] {
        do {
            var reader = try JournalReader(storage)
            var found: [StrategyTrap] = []
            while let raw = try reader.next() {
                guard raw.kind == StrategyTrap.recordKind else { continue }
                if case .trapped(let trap) = try SessionRecord(raw) { found.append(trap) }
            }
            return found
        } catch { throw .failed(error) }
    }

    /// Rebuilds the session that the journal holds.
    ///
    /// - Parameter crash: Takes note of a strategy that traps meanwhile, and knows of those that did.
    mutating func recover(
        _ setup: DecisionSetup, _ settings: SessionSettings, _ crash: CrashNote, marker: UnsafeMutablePointer<Int32>?,
        _ console: Console
    ) throws(CommandFailure) -> SessionRecovery {
        let traps = try traps() + crash.traps(setup.strategies.map(\.name))
        var recovery: SessionRecovery
        do { recovery = try SessionRecovery(setup, settings, traps: traps, marker: marker) } catch {
            throw .failed(error)
        }
        // A strategy that traps in its preparation does so at every start: the report says all there is to say.
        crash.arm()
        defer { CrashReport.isPlayingBack(0) }
        var count = 0
        while true {
            do {
                guard let raw = try reader.next() else { break }
                guard let record = try SessionRecord(raw) else { continue }
                CrashReport.isPlayingBack(raw.sequence)
                try recovery.apply(record, sequence: raw.sequence, at: raw.time)
                count += 1
            } catch { throw .failed(error) }
        }
        if let difference = recovery.replay.differences.first {
            if let refusal = crash.refusal(difference) { throw refusal }
            throw .failed(
                "This program decides otherwise than the one that wrote the journal (\(difference)). Go on with version "
                    + "\(start?.version ?? "unknown"), or begin a new journal with --new: the account is compared with the "
                    + "venue's then, and what is open there is taken over.")
        }
        if count > 0 { console.printError("apus: going on with a journal of \(counted(Int64(count), "record")).") }
        return recovery
    }
}
