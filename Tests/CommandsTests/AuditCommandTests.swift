// SPDX-License-Identifier: Apache-2.0

import Foundation
import Journal
import Testing
import Trading

@testable import Commands

@Suite struct AuditCommandTests {
    private func journal(records: Int, segmentBytes: Int = 2000) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try extend(folder, by: records, segmentBytes: segmentBytes)
        return folder
    }

    @discardableResult
    private func extend(_ folder: TemporaryFolder, by count: Int, segmentBytes: Int = 2000) throws -> ChainHash {
        let storage = try JournalFolder(name: "j", root: folder.path).open()
        let settings = JournalSettings(segmentBytes: segmentBytes, journalID: 5)
        let journal = try Journal.recover(storage, settings, at: Timestamp(seconds: 1_800_000_000))
        for _ in 0..<count {
            let time = Timestamp(seconds: 1_800_000_000 + Int64(journal.nextSequence))
            try journal.append(kind: 1, payload: [1, 2, 3, 4], at: time)
            try journal.commit()
        }
        return journal.headHash
    }

    private func change(_ folder: TemporaryFolder, _ name: String, _ body: (inout Data) -> Void) throws {
        let url = URL(fileURLWithPath: folder.path("j/\(name)"))
        var data = try Data(contentsOf: url)
        body(&data)
        try data.write(to: url)
    }

    @Test func wholeJournal() throws {
        let folder = try journal(records: 100)
        let head = try extend(folder, by: 1)
        let ran = apus(["audit", "verify", folder.path("j")])
        #expect(ran.status == 0, "\(ran.errors)")
        #expect(ran.output.contains("the chain is whole"))
        #expect(ran.output.contains("head      \(head)"))
        #expect(ran.output.contains("first     2027-01-15T08:00:01Z"))
        #expect(ran.output.contains("last      2027-01-15T08:01:41Z"))
        let json = try apus(["audit", "verify", folder.path("j"), "--json"]).json()
        #expect(json["records"] as? Int == 101)
        #expect(json["segments"] as? Int == 4)
        #expect(json["sound"] as? Bool == true)
        #expect(json["headHash"] as? String == "\(head)")
    }

    @Test func brokenLinkIsNamed() throws {
        let folder = try journal(records: 100)
        try change(folder, "000002.journal") { $0[104 + 60 * 3 + 26] ^= 1 }
        let ran = apus(["audit", "verify", folder.path("j")])
        #expect(ran.status == 1)
        #expect(ran.output.contains("THE CHAIN IS BROKEN"))
        let json = apus(["audit", "verify", folder.path("j"), "--json"])
        #expect(json.status == 1)
        let broken = try #require(try json.json()["broken"] as? [String: Any])
        let sequence = try #require(broken["sequence"] as? Int)
        #expect(broken["file"] as? String == folder.path("j/000002.journal"))
        #expect(broken["offset"] as? Int == 104 + 60 * 3)
        #expect(broken["lastGoodTime"] as? String == "\(Timestamp(seconds: 1_800_000_000 + Int64(sequence) - 1))")
        #expect(ran.errors.contains("000002.journal is damaged at byte 284, record \(sequence)"))
    }

    @Test func endThatWasTakenAwayIsNoticedByItsHash() throws {
        let folder = try journal(records: 10, segmentBytes: 100_000)
        let noted = try extend(folder, by: 1)
        #expect(apus(["audit", "verify", folder.path("j"), "--expect", "\(noted)"]).status == 0)
        try extend(folder, by: 3)
        let later = apus(["audit", "verify", folder.path("j"), "--expect", "\(noted)", "--json"])
        #expect(later.status == 0)
        #expect(try later.json()["recordsSinceExpected"] as? Int == 3)
        try change(folder, "000001.journal") { $0.removeLast(4 * 60) }
        #expect(apus(["audit", "verify", folder.path("j")]).status == 0)
        let cut = apus(["audit", "verify", folder.path("j"), "--expect", "\(noted)"])
        #expect(cut.status == 1)
        #expect(cut.errors.contains("the expected hash is not in the chain"))
    }

    @Test func unfinishedEndIsSaidAndLeftAlone() throws {
        let folder = try journal(records: 3, segmentBytes: 100_000)
        try change(folder, "000001.journal") { $0.append(contentsOf: [1, 2, 3]) }
        let ran = apus(["audit", "verify", folder.path("j")])
        #expect(ran.status == 0)
        #expect(ran.output.contains("unfinished  3 bytes at the end"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path("j/000001.journal"))).count == 104 + 3 * 60 + 3)
        // A last record of the right length whose bytes are others is no interrupted write of a program.
        try change(folder, "000001.journal") {
            $0.removeLast(3)
            $0[$0.count - 1] ^= 1
        }
        #expect(apus(["audit", "verify", folder.path("j")]).status == 1)
    }

    @Test func mistakesAreSaid() throws {
        let absent = apus(["audit", "verify", "nothing-of-this-name"])
        #expect(absent.status == 1)
        #expect(absent.errors.contains("there is no journal 'nothing-of-this-name'"))
        let folder = try journal(records: 1)
        let empty = apus(["audit", "verify", folder.path])
        #expect(empty.status == 1, "a journal that was taken away is not whole")
        #expect(empty.errors.contains("holds no journal"))
        #expect(apus(["audit", "verify", folder.path("j"), "--expect", "abc"]).status == 2)
        #expect(apus(["audit", "verify", folder.path("j"), "--expect", String(repeating: "0", count: 64)]).status == 1)
    }
}
