// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing
import Trading

@testable import Journal

/// A record before it is written.
struct Draft: Equatable {
    let kind: UInt16
    let time: Timestamp
    let payload: [UInt8]

    init(kind: UInt16, time: Timestamp, payload: [UInt8]) {
        self.kind = kind
        self.time = time
        self.payload = payload
    }

    init(_ record: JournalRecord) { self.init(kind: record.kind, time: record.time, payload: record.payload) }

    static func random(_ random: inout SeededRandom, longest: Int = 60) -> Draft {
        Draft(
            kind: .random(in: 0 ... .max, using: &random),
            time: Timestamp(nanoseconds: .random(in: .min ... .max, using: &random)),
            payload: (0..<Int.random(in: 0...longest, using: &random)).map { _ in .random(in: 0...255, using: &random) }
        )
    }
}

extension Journal {
    func append(_ draft: Draft) throws(JournalError) {
        try append(kind: draft.kind, payload: draft.payload, at: draft.time)
    }
}

/// Opens what a storage holds.
func recover(
    _ storage: any JournalStorage, _ settings: JournalSettings = JournalSettings(journalID: 7)
) throws(JournalError) -> (journal: Journal, records: [Draft]) {
    var records: [Draft] = []
    let journal = try Journal.recover(storage, settings, at: Timestamp(seconds: 1_700_000_000)) {
        records.append(Draft($0))
    }
    return (journal, records)
}

/// A journal folder of its own for one test, removed at the end.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/apus-journal-XXXXXX".utf8CString)
        path = try #require(mkdtemp(&template).map { String(cString: $0) })
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var journal: String { path + "/journal" }

    func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")))
    }

    func write(_ bytes: [UInt8], _ name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    }

    func names(_ folder: String = "journal") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(path)/\(folder)").sorted()
    }
}
