// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Trading

@testable import Journal

/// What recovery makes of a journal whose bytes were cut or changed.
@Suite struct DamageTests {
    /// A journal on a simulated disk with what each commit held.
    private struct History {
        let disk = SimulatedDisk()
        var commits: [[Draft]] = []
        /// For each segment: how many commits it holds.
        var records: [Draft] { commits.flatMap { $0 } }

        init(seed: UInt64, durability: Durability, segmentBytes: Int = 400, commits count: Int = 8) throws {
            var random = SeededRandom(seed: seed)
            let settings = JournalSettings(durability: durability, segmentBytes: segmentBytes, journalID: 3)
            let (journal, _) = try recover(disk, settings)
            for _ in 0..<count {
                let drafts = (0..<Int.random(in: 1...3, using: &random)).map { _ in Draft.random(&random, longest: 30) }
                for draft in drafts { try journal.append(draft) }
                try journal.commit()
                commits.append(drafts)
            }
        }
    }

    @Test(
        "Cut at every byte, the journal gives its whole records and says what it left out",
        arguments: Durability.allCases)
    func cutAnywhere(durability: Durability) throws {
        let history = try History(seed: 5, durability: durability)
        let last = try #require(try history.disk.segments().last)
        let size = try history.disk.read(last).count
        var seen: Set<Int> = []
        for length in 0...size {
            let disk = history.disk.copy()
            try disk.truncate(last, to: length)
            let (journal, records) = try recover(disk)
            #expect(history.records.starts(with: records))
            seen.insert(records.count)
            if let cut = journal.cut {
                #expect(cut.reason == .unfinished)
                #expect(cut.sequence == UInt64(records.count) + 1)
                #expect(cut.offset + cut.byteCount == length)
            }
            // It goes on behind the cut, and nothing of the cut part comes back.
            let more = Draft(kind: 1, time: .epoch, payload: [9])
            try journal.append(more)
            try journal.commit()
            let (again, all) = try recover(disk)
            #expect(all == records + [more])
            #expect(again.cut == nil)
            #expect(again.headHash == journal.headHash)
        }
        #expect(seen.count > 2)
    }

    @Test("A cut in a segment that is not the last one is damage")
    func cutInTheMiddle() throws {
        let history = try History(seed: 6, durability: .process)
        let first = try #require(try history.disk.segments().first)
        for length in 0..<(try history.disk.read(first).count) {
            let disk = history.disk.copy()
            try disk.truncate(first, to: length)
            #expect(throws: JournalError.self, "cut at \(length)") { try recover(disk) }
        }
    }

    @Test("Every changed byte is damage, or in the last commit a cut", arguments: UInt64(0)..<6)
    func changedAnywhere(seed: UInt64) throws {
        let durability: Durability = seed % 2 == 0 ? .process : .power
        let history = try History(seed: seed, durability: durability)
        let untouched = history.records.count - (durability == .power ? history.commits.last?.count ?? 0 : 1)
        var random = SeededRandom(seed: seed)
        var counts = (damage: 0, cut: 0)
        for segment in try history.disk.segments() {
            for offset in 0..<(try history.disk.read(segment).count) {
                let disk = history.disk.copy()
                disk.corrupt(segment, at: offset, xor: .random(in: 1...255, using: &random))
                do throws(JournalError) {
                    let (journal, records) = try recover(disk)
                    #expect(journal.cut != nil)
                    #expect(records.count >= untouched, "segment \(segment), byte \(offset): \(records.count) records")
                    #expect(history.records.starts(with: records))
                    #expect(disk.cutBytes == journal.cut?.byteCount)
                    counts.cut += 1
                } catch {
                    switch error {
                    case .damaged(let damage):
                        #expect(damage.path == disk.path(of: segment) || damage.path == disk.path(of: segment + 1))
                        #expect(damage.offset <= offset)
                        #expect(damage.sequence >= 1)
                    case .newerFormat: #expect(offset == 8 || offset == 9)
                    default: Issue.record("\(error)")
                    }
                    #expect(disk.cutBytes == 0, "where there is damage nothing may be changed")
                    counts.damage += 1
                }
            }
        }
        #expect(counts.damage > counts.cut)
    }

    @Test func missingAndForeignSegmentsAreDamage() throws {
        let history = try History(seed: 9, durability: .process)
        let other = try History(seed: 10, durability: .process)
        let folder = try TemporaryFolder()
        func lay(_ files: [(UInt32, [UInt8])]) throws -> FileStorage {
            let folder = try TemporaryFolder.below(folder)
            let storage = try FileStorage(folder: folder, access: .write)
            for (number, bytes) in files {
                try storage.create(number)
                try storage.append(bytes)
            }
            return storage
        }
        let numbers = try history.disk.segments()
        let whole = try numbers.map { ($0, try history.disk.read($0)) }
        try #require(whole.count > 3)
        #expect(try recover(lay(whole)).records == history.records)
        var missing = whole
        missing.remove(at: 1)
        #expect(throws: JournalError.self) { try recover(lay(missing)) }
        #expect(throws: JournalError.self) { try recover(lay(Array(whole.dropFirst()))) }
        var exchanged = whole
        exchanged[1].1 = try other.disk.read(2)
        #expect(throws: JournalError.self) { try recover(lay(exchanged)) }
        var swapped = whole
        (swapped[1].1, swapped[2].1) = (swapped[2].1, swapped[1].1)
        #expect(throws: JournalError.self) { try recover(lay(swapped)) }
        // A journal without its last segment is whole in itself: only its head hash tells.
        #expect(try recover(lay(Array(whole.dropLast()))).records.count < history.records.count)
    }

    @Test(
        "A whole segment that does not follow the one before is damage",
        arguments: [
            (number: UInt32(2), journalID: UInt64(7), sequence: UInt64(2), other: false, isRight: true),
            (3, 7, 2, false, false), (2, 8, 2, false, false), (2, 7, 3, false, false), (2, 7, 2, true, false),
            (1, 7, 2, false, false),
        ])
    func following(number: UInt32, journalID: UInt64, sequence: UInt64, other: Bool, isRight: Bool) throws {
        var encoder = JournalEncoder()
        var first: [UInt8] = []
        encoder.beginSegment(1, journalID: 7, at: .epoch, into: &first)
        try encoder.append(kind: 1, at: .epoch, into: &first) { _ in }
        var second: [UInt8] = []
        var next = JournalEncoder(nextSequence: sequence, hash: other ? .zero : encoder.hash)
        next.beginSegment(number, journalID: journalID, at: .epoch, into: &second)
        let disk = SimulatedDisk()
        try disk.create(1)
        try disk.append(first)
        try disk.create(2)
        try disk.append(second)
        if isRight {
            #expect(try recover(disk).records.count == 1)
        } else {
            let error = #expect(throws: JournalError.self) { try recover(disk) }
            #expect("\(try #require(error))".contains("does not follow what comes before it"))
        }
    }

    @Test func messageNamesPlaceAndWayOut() throws {
        let history = try History(seed: 6, durability: .process)
        history.disk.corrupt(1, at: 140, xor: 1)
        let error = #expect(throws: JournalError.self) { try recover(history.disk) }
        let text = "\(try #require(error))"
        #expect(text.contains("simulated disk, segment 1 is damaged at byte 104, record 1: its bytes were changed"))
        #expect(text.contains("from a backup"))
    }
}

extension TemporaryFolder {
    /// A path below a folder that nothing has yet.
    static func below(_ folder: TemporaryFolder) throws -> String {
        try folder.path + "/\(folder.names("").count)"
    }
}
