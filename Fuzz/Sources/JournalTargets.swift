// SPDX-License-Identifier: Apache-2.0

import Journal
import Live
import Trading

/// The bytes as one segment, then as the end of a journal that is whole up to there.
@Sendable func fuzzJournal(_ bytes: [UInt8]) {
    read(bytes, following: JournalPosition())
    let disk = SimulatedDisk()
    let journal: Journal
    do {
        journal = try Journal.recover(disk, JournalSettings(journalID: 7), at: Timestamp(seconds: 1)) { _ in }
        for value in 0..<3 { _ = try journal.append(kind: 6, payload: [UInt8(value)], at: Timestamp(seconds: 1)) }
        try journal.commit()
        try disk.append(bytes)
    } catch { preconditionFailure("a journal in memory cannot be written: \(error)") }
    do throws(JournalError) {
        var reader = try JournalReader(disk)
        var count = 0
        while try reader.next() != nil { count += 1 }
        precondition(count >= 3, "records before the damage were lost")
    } catch { _ = error.description }
}

private func read(_ bytes: [UInt8], following position: JournalPosition) {
    var decoder = JournalDecoder(bytes, path: "fuzz", following: position)
    do throws(JournalError) {
        guard try decoder.header() != nil else { return }
    } catch { return _ = error.description }
    while case .record = decoder.next() {}
}

/// The first byte is the record's kind. What was read is written, and read again it is written the same.
@Sendable func fuzzRecord(_ bytes: [UInt8]) {
    guard let kind = bytes.first else { return }
    func read(_ payload: [UInt8]) -> [UInt8]? {
        let record = JournalRecord(sequence: 1, kind: UInt16(kind & 31), time: Timestamp(seconds: 1), payload: payload)
        do throws(RecordError) {
            guard let session = try SessionRecord(record) else { return nil }
            var writer = RecordWriter()
            session.write(to: &writer)
            return writer.payload
        } catch {
            _ = error.description
            return nil
        }
    }
    guard let written = read(Array(bytes.dropFirst())) else { return }
    precondition(read(written) == written, "what was written of a record reads differently")
}
