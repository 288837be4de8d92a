// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Trading

@testable import Journal

@Suite struct SimulatedDiskTests {
    /// What a session appended, and how many records of it were committed, when its program ended.
    private struct Session {
        var appended: [Draft] = []
        var committed = 0
    }

    /// Writes until the fault strikes or all is written.
    ///
    /// - Parameter fault: With the commit before which it is set; -1 sets it before the journal is opened.
    private func write(
        _ disk: SimulatedDisk, _ settings: JournalSettings, commits: Int,
        fault: (kind: SimulatedDisk.Fault, at: Int)? = nil, using random: inout SeededRandom
    ) -> Session {
        var session = Session()
        if let fault, fault.at < 0 { disk.fault = fault.kind }
        do throws(JournalError) {
            let journal = try Journal.recover(disk, settings, at: .epoch) { session.appended.append(Draft($0)) }
            session.committed = session.appended.count
            for index in 0..<commits {
                if let fault, fault.at == index { disk.fault = fault.kind }
                for _ in 0..<Int.random(in: 1...5, using: &random) {
                    let draft = Draft.random(&random, longest: Bool.random(using: &random) ? 40 : 900)
                    session.appended.append(draft)
                    try journal.append(draft)
                }
                try journal.commit()
                session.committed = session.appended.count
            }
        } catch {
            #expect(disk.isOff, "\(error)")
        }
        return session
    }

    @Test(
        "At level power, committed records survive every power cut and kill, time after time",
        arguments: UInt64(0)..<300)
    func power(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let disk = SimulatedDisk()
        let settings = JournalSettings(durability: .power, segmentBytes: 6000, journalID: 1)
        var known: [Draft] = []
        for _ in 0..<6 {
            let commits = Int.random(in: 0...8, using: &random)
            let kinds: [SimulatedDisk.Fault?] = [
                nil, .powerFails, .powerFails, .killedInsideWrite(after: .random(in: 0...3000, using: &random)),
            ]
            let fault = kinds.randomElement(using: &random).flatMap { $0 }.map {
                (kind: $0, at: Int.random(in: -1...commits, using: &random))
            }
            let session = write(disk, settings, commits: commits, fault: fault, using: &random)
            let crash: SimulatedDisk.Crash = Bool.random(using: &random) ? .powerCut : .processKill
            disk.crash(crash, using: &random)
            let (_, recovered) = try recover(disk, settings)
            #expect(recovered.count >= session.committed, "\(session.committed) were committed")
            #expect(session.appended.starts(with: recovered))
            #expect(recovered.starts(with: known))
            known = recovered
        }
    }

    @Test("At level process, committed records survive every kill", arguments: UInt64(0)..<200)
    func process(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let disk = SimulatedDisk()
        let settings = JournalSettings(durability: .process, segmentBytes: 3000, journalID: 1)
        for _ in 0..<4 {
            let commits = Int.random(in: 1...8, using: &random)
            let fault = SimulatedDisk.Fault.killedInsideWrite(after: .random(in: 0...400, using: &random))
            let at = Int.random(in: 0..<commits, using: &random)
            let session = write(disk, settings, commits: commits, fault: (fault, at), using: &random)
            #expect(disk.isOff)
            disk.crash(.processKill, using: &random)
            let (_, recovered) = try recover(disk, settings)
            #expect(recovered.count >= session.committed)
            #expect(session.appended.starts(with: recovered))
        }
    }

    @Test("At both levels, what is in a segment before the last one survives a power cut", arguments: UInt64(0)..<100)
    func endedSegments(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let disk = SimulatedDisk()
        let settings = JournalSettings(durability: .process, segmentBytes: 3000, journalID: 1)
        let session = write(disk, settings, commits: 12, using: &random)
        var reader = try JournalReader(disk)
        while try reader.next() != nil {}
        let ended = reader.segments.dropLast().reduce(0) { $0 + $1.recordCount }
        try #require(ended > 0)
        disk.crash(.powerCut, using: &random)
        var count: UInt64 = 0
        do throws(JournalError) {
            var reader = try JournalReader(disk)
            while try reader.next() != nil { count += 1 }
        } catch {
            guard case .damaged = error else { throw error }
        }
        #expect(count >= ended)
        #expect(count <= session.appended.count)
    }

    @Test("At level process, a power cut leaves the beginning of the journal, or is reported as damage")
    func processAndPowerCut() throws {
        var outcomes = (prefix: 0, damage: 0)
        for seed in UInt64(0)..<200 {
            var random = SeededRandom(seed: seed)
            let disk = SimulatedDisk()
            let settings = JournalSettings(durability: .process, segmentBytes: 3000, journalID: 1)
            let session = write(disk, settings, commits: 8, using: &random)
            disk.crash(.powerCut, using: &random)
            do throws(JournalError) {
                let (_, recovered) = try recover(disk, settings)
                #expect(session.appended.starts(with: recovered))
                outcomes.prefix += 1
            } catch {
                guard case .damaged = error else { throw error }
                outcomes.damage += 1
            }
        }
        #expect(outcomes.prefix > 20)
        #expect(outcomes.damage > 10)
    }

    @Test("A full disk keeps the records, and the next commit after it was cleared writes them", arguments: 0..<120)
    func full(room: Int) throws {
        let disk = SimulatedDisk()
        let (journal, _) = try recover(disk, JournalSettings(segmentBytes: 1, journalID: 1))
        try journal.append(kind: 1, payload: [1], at: .epoch)
        try journal.commit()
        disk.fault = .full(after: room)
        try journal.append(kind: 2, payload: [2], at: .epoch)
        for _ in 0..<3 {
            let error = #expect(throws: JournalError.self) { try journal.commit() }
            guard case .storage(let cause) = error else { throw try #require(error) }
            #expect(cause.kind == .full)
        }
        try journal.append(kind: 3, payload: [3], at: .epoch)
        disk.fault = nil
        try journal.commit()
        #expect(try recover(disk).records.map(\.kind) == [1, 2, 3])
    }

    @Test("A segment that was made and never written is gone on with, and nothing is called lost")
    func emptySegment() throws {
        let disk = SimulatedDisk()
        let (journal, _) = try recover(disk, JournalSettings(segmentBytes: 1, journalID: 1))
        try journal.append(kind: 1, payload: [1], at: .epoch)
        disk.fault = .full(after: 0)
        #expect(throws: JournalError.self) { try journal.commit() }
        #expect(try disk.segments() == [1, 2])
        disk.fault = nil
        let (again, records) = try recover(disk)
        #expect(records.isEmpty)
        #expect(again.cut == nil)
        try again.append(kind: 2, payload: [2], at: .epoch)
        try again.commit()
        #expect(try recover(disk).records.map(\.kind) == [2])
    }

    @Test func readOnlyDiskIsSaid() throws {
        let disk = SimulatedDisk()
        let (journal, _) = try recover(disk)
        disk.fault = .readOnly
        try journal.append(kind: 1, payload: [], at: .epoch)
        let error = #expect(throws: JournalError.self) { try journal.commit() }
        #expect("\(try #require(error))".contains("read-only file system. Mount that file system for writing"))
        #expect(throws: JournalError.self) { try recover(SimulatedDisk.readOnly()) }
    }

    @Test("After a failed sync the journal takes no more, because nobody knows what is on the disk")
    func failedSync() throws {
        let disk = SimulatedDisk()
        let (journal, _) = try recover(disk, JournalSettings(durability: .power, journalID: 1))
        try journal.append(kind: 1, payload: [], at: .epoch)
        disk.fault = .syncFails
        for _ in 0..<2 {
            let error = #expect(throws: JournalError.self) { try journal.commit() }
            guard case .unusable = error else { throw try #require(error) }
        }
        #expect(throws: JournalError.self) { try journal.append(kind: 1, payload: [], at: .epoch) }
        #expect(throws: JournalError.self) { try journal.sync() }
    }

    @Test func severalRecordsAreOneSync() throws {
        let disk = SimulatedDisk()
        let (journal, _) = try recover(disk, JournalSettings(durability: .power, journalID: 1))
        let before = disk.syncCount
        for kind in UInt16(0)..<10 { try journal.append(kind: kind, payload: [], at: .epoch) }
        try journal.commit()
        try journal.commit()
        #expect(disk.syncCount == before + 1)
    }
}

extension SimulatedDisk {
    static func readOnly() -> SimulatedDisk {
        let disk = SimulatedDisk()
        disk.fault = .readOnly
        return disk
    }
}
