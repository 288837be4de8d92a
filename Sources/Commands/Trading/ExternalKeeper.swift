// SPDX-License-Identifier: Apache-2.0

import Glibc
import MarketData
import Trading

/// Appends what a session receives of a series to a file that `external.NAME.file` reads.
///
/// Each observation is written at once and whole. A line that a crash left unfinished is taken away before the next.
final class ExternalKeeper {
    let path: String
    private let descriptor: Int32

    /// - Throws: Where the file cannot be written, or another session keeps the same series there.
    init(path: String) throws(CommandFailure) {
        self.path = path
        try StreamingFile.makeFolder(of: path)
        descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failure(path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw .failed("\(path) is being written by another session. Give this one its own with 'keep'.")
        }
        do throws(CommandFailure) { try begin() } catch {
            close(descriptor)
            throw error
        }
    }

    deinit { close(descriptor) }

    /// Makes the file end with a whole line, the first of which is the header.
    private func begin() throws(CommandFailure) {
        var length = lseek(descriptor, 0, SEEK_END)
        guard length >= 0 else { throw Self.failure(path) }
        var byte: UInt8 = 0
        while length > 0, pread(descriptor, &byte, 1, length - 1) == 1, byte != 0x0A { length -= 1 }
        guard ftruncate(descriptor, length) == 0 else { throw Self.failure(path) }
        if length == 0 { try append("value_time,known_at,value\n") }
    }

    func keep(_ found: ExternalObservation) throws(CommandFailure) {
        try append("\(found.valueTime),\(found.knownAt),\(found.value)\n")
    }

    /// All of it or nothing.
    private func append(_ line: String) throws(CommandFailure) {
        let length = lseek(descriptor, 0, SEEK_END)
        let bytes = Array(line.utf8)
        guard length >= 0, write(descriptor, bytes, bytes.count) == bytes.count else {
            let failure = Self.failure(path)
            if length >= 0 { ftruncate(descriptor, length) }
            throw failure
        }
    }

    private static func failure(_ path: String) -> CommandFailure {
        .failed("\(path) cannot be written: \(String(cString: strerror(errno))).")
    }
}
