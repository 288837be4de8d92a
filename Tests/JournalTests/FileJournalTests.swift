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

@Suite struct JournalFolderTests {
    @Test(arguments: ["", ".", "..", ".x", "a/b", "a b", "ä", String(repeating: "a", count: 61), "a\0"])
    func badName(name: String) { #expect(throws: JournalFolder.NameError.self) { try JournalFolder(name: name) } }

    @Test func listsWhatHoldsAJournal() throws {
        let folder = try TemporaryFolder()
        for name in ["b-live", "a.paper"] {
            let journal = try JournalFolder(name: name, root: folder.path)
            #expect(!journal.exists)
            _ = try recover(journal.open())
            #expect(journal.exists)
            #expect(try journal.newestSegment() == "\(folder.path)/\(name)/000001.journal")
        }
        try FileManager.default.createDirectory(atPath: "\(folder.path)/empty", withIntermediateDirectories: true)
        #expect(JournalFolder.names(in: folder.path) == ["a.paper", "b-live"])
        #expect(JournalFolder.names(in: folder.path + "/none").isEmpty)
    }

    @Test func filesAreForTheirOwnerOnly() throws {
        let folder = try TemporaryFolder()
        _ = try recover(FileStorage(folder: folder.journal, access: .write))
        for name in try folder.names() {
            let mode = try FileManager.default.attributesOfItem(atPath: "\(folder.journal)/\(name)")[.posixPermissions]
            #expect(mode as? Int == 0o600)
        }
        let mode = try FileManager.default.attributesOfItem(atPath: folder.journal)[.posixPermissions]
        #expect(mode as? Int == 0o700)
    }

    @Test func cutPartIsKept() throws {
        let folder = try TemporaryFolder()
        for _ in 0..<2 {
            let (journal, _) = try recover(FileStorage(folder: folder.journal, access: .write))
            if journal.nextSequence == 1 {
                try journal.append(kind: 1, payload: [1, 2, 3], at: .epoch)
                try journal.commit()
            }
        }
        let whole = try folder.bytes("journal/000001.journal")
        for _ in 0..<2 {
            try folder.write(whole + [7, 8, 9], "journal/000001.journal")
            let (journal, records) = try recover(FileStorage(folder: folder.journal, access: .write))
            #expect(records.count == 1)
            let text = try #require(journal.cut).description
            #expect(text.contains("an unfinished record at byte \(whole.count) (3 bytes, record 2) is left out"))
            #expect(try folder.bytes("journal/000001.journal") == whole)
        }
        #expect(
            try folder.names() == [
                "000001.cut-163", "000001.cut-163-2", "000001.journal", "lock",
            ])
        #expect(try folder.bytes("journal/000001.cut-163") == [7, 8, 9])
    }

    @Test func strangeFilesAreSaid() throws {
        let folder = try TemporaryFolder()
        _ = try recover(FileStorage(folder: folder.journal, access: .write))
        try folder.write([], "journal/1.journal")
        let error = #expect(throws: StorageError.self) {
            try FileStorage(folder: folder.journal, access: .read).segments()
        }
        #expect("\(try #require(error))".contains("1.journal does not belong into a journal's folder"))
    }

    @Test func hugeFileIsNotRead() throws {
        let folder = try TemporaryFolder()
        _ = try recover(FileStorage(folder: folder.journal, access: .write))
        truncate("\(folder.journal)/000001.journal", 1 << 40)
        let error = #expect(throws: JournalError.self) {
            try recover(FileStorage(folder: folder.journal, access: .write))
        }
        #expect("\(try #require(error))".contains("it has 1099511627776 bytes"))
    }

    @Test func impossibleFoldersAreSaid() throws {
        let folder = try TemporaryFolder()
        try folder.write([], "file")
        for path in ["\(folder.path)/file", "\(folder.path)/file/below"] {
            #expect(throws: StorageError.self) { try FileStorage(folder: path, access: .write) }
        }
        let error = #expect(throws: JournalError.self) {
            try JournalReader(FileStorage(folder: folder.path + "/none", access: .read))
        }
        #expect("\(try #require(error))".contains("cannot be listed: No such file or directory. Check the name"))
    }
}
