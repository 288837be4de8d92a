// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing
import Trading

@testable import Journal

@Suite struct FileJournalTests {
    @Test("What was committed is there again, over many segments", arguments: Durability.allCases)
    func reopens(durability: Durability) throws {
        let folder = try TemporaryFolder()
        var random = SeededRandom(seed: 1)
        var written: [Draft] = []
        let settings = JournalSettings(durability: durability, segmentBytes: 600, journalID: 42)
        var head = ChainHash.zero
        for _ in 0..<5 {
            let storage = try FileStorage(folder: folder.journal, access: .write)
            let (journal, records) = try recover(storage, settings)
            #expect(records == written)
            #expect(journal.cut == nil)
            #expect(journal.journalID == 42)
            for _ in 0..<20 {
                let drafts = (0..<Int.random(in: 1...3, using: &random)).map { _ in Draft.random(&random) }
                for draft in drafts { try journal.append(draft) }
                try journal.commit()
                written += drafts
            }
            head = journal.headHash
        }
        #expect(try folder.names().count > 5)
        var reader = try JournalReader(FileStorage(folder: folder.journal, access: .read))
        var sequences: [UInt64] = []
        while let record = try reader.next() { sequences.append(record.sequence) }
        #expect(sequences == (1...UInt64(written.count)).map { $0 })
        #expect(reader.position.hash == head)
        #expect(reader.segments.reduce(0) { $0 + $1.recordCount } == UInt64(written.count))
    }

    @Test func recordsWithoutCommitAreNotWritten() throws {
        let folder = try TemporaryFolder()
        do {
            let (journal, _) = try recover(FileStorage(folder: folder.journal, access: .write))
            try journal.append(kind: 1, payload: [1], at: .epoch)
            try journal.commit()
            try journal.append(kind: 2, payload: [2], at: .epoch)
            #expect(journal.uncommittedCount == 1)
        }
        let (journal, records) = try recover(FileStorage(folder: folder.journal, access: .write))
        #expect(records == [Draft(kind: 1, time: .epoch, payload: [1])])
        #expect(journal.nextSequence == 2)
    }

    @Test func secondProcessIsRefused() throws {
        let folder = try TemporaryFolder()
        let first = try FileStorage(folder: folder.journal, access: .write)
        let error = #expect(throws: StorageError.self) { try FileStorage(folder: folder.journal, access: .write) }
        #expect(error?.kind == .inUse(process: getpid()))
        #expect("\(try #require(error))".contains("process \(getpid()) is using this journal"))
        withExtendedLifetime(first) {}
        // Looking is allowed meanwhile.
        _ = try FileStorage(folder: folder.journal, access: .read)
    }

    @Test func lockIsFreedWithItsOwner() throws {
        let folder = try TemporaryFolder()
        for _ in 0..<3 { _ = try recover(FileStorage(folder: folder.journal, access: .write)) }
    }
}
