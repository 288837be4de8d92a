// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import Trading

@testable import Journal

/// Journals of real processes that are killed, run out of room, or meet each other.
@Suite struct ProcessTests {
    /// The child says each commit with one byte, once it is done, until it is killed.
    @Test("A process that is killed loses no record that it committed", arguments: 0..<8)
    func killed(attempt: Int) throws {
        let folder = try TemporaryFolder()
        let pipe = Pipe()
        let child = try start("write", folder, output: pipe.fileHandleForWriting)
        try pipe.fileHandleForWriting.close()
        var said = 0
        while said < 40 * (attempt + 1) {
            let bytes = pipe.fileHandleForReading.availableData
            try #require(!bytes.isEmpty, "the child ended by itself")
            said += bytes.count { $0 == UInt8(ascii: "#") }
        }
        kill(child.processIdentifier, SIGKILL)
        child.waitUntilExit()
        let rest = try pipe.fileHandleForReading.readToEnd() ?? Data()
        said += rest.count { $0 == UInt8(ascii: "#") }
        let (journal, records) = try recover(FileStorage(folder: folder.journal, access: .write))
        #expect(records.count >= 2 * said)
        for (index, record) in records.enumerated() { #expect(record.kind == UInt16(truncatingIfNeeded: index)) }
        #expect(journal.nextSequence == UInt64(records.count) + 1)
    }

    @Test func otherProcessIsNamed() throws {
        let folder = try TemporaryFolder()
        let pipe = Pipe()
        let child = try start("write", folder, output: pipe.fileHandleForWriting)
        try pipe.fileHandleForWriting.close()
        while !pipe.fileHandleForReading.availableData.contains(UInt8(ascii: "#")) {}
        let error = #expect(throws: StorageError.self) { try FileStorage(folder: folder.journal, access: .write) }
        #expect(error?.kind == .inUse(process: child.processIdentifier))
        // It can be read and verified while it is written.
        var reader = try JournalReader(FileStorage(folder: folder.journal, access: .read))
        while try reader.next() != nil {}
        #expect(reader.position.nextSequence > 1)
        kill(child.processIdentifier, SIGKILL)
        child.waitUntilExit()
        _ = try FileStorage(folder: folder.journal, access: .write)
    }

    @Test("Where there is no room, the commit says so, and nothing committed before is lost")
    func noRoom() throws {
        let folder = try TemporaryFolder()
        let pipe = Pipe()
        let child = try start("fill", folder, output: pipe.fileHandleForWriting)
        try pipe.fileHandleForWriting.close()
        let said = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        child.waitUntilExit()
        #expect(child.terminationReason == .exit)
        #expect(said.contains("000001.journal cannot be written: File too large. Free space on that disk"))
        let (journal, records) = try recover(FileStorage(folder: folder.journal, access: .write))
        #expect(journal.cut == nil)
        #expect(records.count > 10)
        #expect(said.count { $0 == "#" } == records.count)
    }

    // MARK: The child

    private static let folderKey = "APUS_TEST_JOURNAL"
    private static let taskKey = "APUS_TEST_JOURNAL_TASK"

    @Test(.enabled(if: getenv(folderKey) != nil))
    func childThatWrites() throws {
        let environment = ProcessInfo.processInfo.environment
        let path = try #require(environment[Self.folderKey])
        let storage = try FileStorage(folder: path, access: .write)
        let settings = JournalSettings(segmentBytes: 20_000, journalID: 1)
        if environment[Self.taskKey] == "fill" {
            // The system's answer to a write beyond the limit is an error, not a signal.
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 6000, rlim_max: 6000)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            let journal = try Journal.recover(storage, settings, at: .epoch)
            do throws(JournalError) {
                for _ in 0..<1000 {
                    try journal.append(kind: 1, payload: [UInt8](repeating: 1, count: 77), at: .epoch)
                    try journal.commit()
                    say("#")
                }
            } catch {
                say("\(error)")
            }
            return
        }
        let journal = try Journal.recover(storage, settings, at: .epoch)
        // Ends by itself should its parent have gone away.
        for index in 0..<1_000_000 {
            for kind in [2 * index, 2 * index + 1] {
                try journal.append(kind: UInt16(truncatingIfNeeded: kind), payload: Array("x\(index)".utf8), at: .epoch)
            }
            try journal.commit()
            say("#")
            if index % 100 == 99 { usleep(1000) }
            if getppid() == 1 { return }
        }
    }

    private func say(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }

    /// Starts this test program again with only `childThatWrites`.
    private func start(_ task: String, _ folder: TemporaryFolder, output: FileHandle) throws -> Process {
        let process = Process()
        process.executableURL = URL(
            fileURLWithPath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        let words = Array(CommandLine.arguments.dropFirst())
        let bundle = words.firstIndex(of: "--test-bundle-path").map { Array(words[$0...].prefix(2)) } ?? []
        process.arguments = bundle + ["--testing-library", "swift-testing", "--filter", "ProcessTests/childThatWrites"]
        process.environment = ProcessInfo.processInfo.environment.merging(
            [Self.folderKey: folder.journal, Self.taskKey: task]) { $1 }
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }
}
