// SPDX-License-Identifier: Apache-2.0
//
// Measures the journal beside what the system takes for the same bytes, in turns:
//
//     swift run -c release journal-bench [FOLDER]
//
// FOLDER is made, written to and removed; it should lie on the disk that a real journal would be on.

import Foundation
import Glibc
import Journal
import Trading

let folder = CommandLine.arguments.count > 1 ? CommandLine.arguments[1] : "journal-bench-files"
let payload = [UInt8](repeating: 0x5a, count: 200)
/// What one record of this payload takes in a file.
let recordBytes = 56 + payload.count

func nanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// The times of many calls.
struct Samples {
    var values: [Int64] = []

    mutating func measure(_ body: () throws -> Void) rethrows {
        let start = nanoseconds()
        try body()
        values.append(nanoseconds() - start)
    }

    var row: String {
        let sorted = values.sorted()
        func microseconds(_ value: Int64) -> String { String(format: "%.1f", Double(value) / 1000) }
        func share(_ share: Double) -> String {
            microseconds(sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))])
        }
        let mean = values.reduce(0, +) / Int64(max(1, values.count))
        return "\(share(0.5)) | \(share(0.99)) | \(share(0.999)) | \(microseconds(mean)) | \(values.count)"
    }
}

/// A file that is written without a journal.
final class BareFile {
    let descriptor: CInt

    init(_ name: String) {
        descriptor = open("\(folder)/\(name)", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        precondition(descriptor >= 0, "\(folder) must be writable")
    }

    deinit { close(descriptor) }

    func write(_ bytes: [UInt8]) {
        let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        precondition(count == bytes.count, "the disk must have room")
    }
}

func journal(_ name: String, _ durability: Durability) throws -> Journal {
    try Journal.recover(
        FileStorage(folder: "\(folder)/\(name)", access: .write), JournalSettings(durability: durability, journalID: 1),
        at: .epoch)
}

func measureCommits(perRound: Int, rounds: Int, _ durability: Durability, _ label: String) throws {
    let bare = BareFile("bare-\(durability)")
    let journal = try journal("commits-\(durability)", durability)
    let bytes = [UInt8](repeating: 0x5a, count: recordBytes)
    var samples = (bare: Samples(), one: Samples(), four: Samples())
    var time: Int64 = 0
    func append() throws {
        time += 1
        try journal.append(kind: 1, at: Timestamp(nanoseconds: time)) { $0.raw(payload) }
    }
    for _ in 0..<rounds {
        for _ in 0..<perRound {
            samples.bare.measure {
                bare.write(bytes)
                if durability == .power { fdatasync(bare.descriptor) }
            }
        }
        for _ in 0..<perRound {
            try samples.one.measure {
                try append()
                try journal.commit()
            }
        }
        for _ in 0..<perRound / 4 {
            try samples.four.measure {
                for _ in 0..<4 { try append() }
                try journal.commit()
            }
        }
    }
    print("| \(label) | \(samples.bare.row) |")
    print("| journal, `\(durability)`: append + commit | \(samples.one.row) |")
    print("| journal, `\(durability)`: 4 × append + commit | \(samples.four.row) |")
}

func measureAppend() throws {
    var encoder = JournalEncoder()
    var buffer: [UInt8] = []
    var samples = Samples()
    for _ in 0..<200 {
        buffer.removeAll(keepingCapacity: true)
        let start = nanoseconds()
        for index in 0..<1000 {
            try encoder.append(kind: 1, at: Timestamp(nanoseconds: Int64(index)), into: &buffer) { $0.raw(payload) }
        }
        samples.values.append((nanoseconds() - start) / 1000)
    }
    print("| encoding one record, without the file | \(samples.row) |")
}

func measureScan() throws {
    do {
        let writer = try journal("scan", .process)
        for index in 0..<1_000_000 {
            try writer.append(kind: 1, at: Timestamp(nanoseconds: Int64(index))) { $0.raw(payload) }
            if index % 100 == 99 { try writer.commit() }
        }
        try writer.commit()
    }
    let megabytes = Double(1_000_000 * recordBytes) / 1e6
    var best = (scan: Double.infinity, read: Double.infinity)
    for _ in 0..<5 {
        let storage = try FileStorage(folder: "\(folder)/scan", access: .read)
        var start = nanoseconds()
        for segment in try storage.segments() { _ = try storage.read(segment) }
        best.read = min(best.read, Double(nanoseconds() - start) / 1e9)
        start = nanoseconds()
        var reader = try JournalReader(storage)
        var count = 0
        while try reader.next() != nil { count += 1 }
        precondition(count == 1_000_000, "all records are read")
        best.scan = min(best.scan, Double(nanoseconds() - start) / 1e9)
    }
    print(
        String(
            format:
                "\nVerified scan: %.0f MB in %.2f s = %.0f MB/s, %.2f million records/s; reading the files alone %.2f s.",
            megabytes, best.scan, megabytes / best.scan, 1 / best.scan, best.read))
}

try? FileManager.default.removeItem(atPath: folder)
try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
defer { try? FileManager.default.removeItem(atPath: folder) }
print("One record: \(payload.count) bytes of payload, \(recordBytes) bytes in the file. Times in microseconds.\n")
print("| | p50 | p99 | p99.9 | mean | samples |\n| --- | --- | --- | --- | --- | --- |")
try measureAppend()
try measureCommits(perRound: 1000, rounds: 50, .process, "bare `write`")
try measureCommits(perRound: 50, rounds: 40, .power, "bare `write` + `fdatasync`")
try measureScan()
