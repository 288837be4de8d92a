// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Writing results to files, whole or not at all.
enum ResultFile {
    /// Writes to a file beside the target and renames it, so that nobody reads half a result. `-` is standard output.
    static func write(_ bytes: [UInt8], to path: String, _ console: Console) throws(CommandFailure) {
        if path == "-" { return console.write(bytes) }
        var writer = try StreamingFile(path: path)
        try writer.write(bytes)
        try writer.finish()
    }
}

/// A result that is written portion by portion, and appears under its name when it is complete.
///
/// What is no file, such as `/dev/null` or a pipe, is written to directly: it must not be replaced by a file.
struct StreamingFile: ~Copyable {
    private let path: String
    /// Where the portions go until the end; `nil`: straight to the path.
    private let temporary: String?
    private var descriptor: Int32

    init(path: String) throws(CommandFailure) {
        var status = stat()
        let isSpecial = stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
        let temporary = isSpecial ? nil : "\(path).\(getpid()).part"
        if !isSpecial { try Self.makeFolder(of: path) }
        let flags = temporary == nil ? O_WRONLY | O_CLOEXEC : O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC
        let opened = open(temporary ?? path, flags, 0o644)
        guard opened >= 0 else { throw Self.failure(path) }
        self.path = path
        self.temporary = temporary
        descriptor = opened
    }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        if let temporary { unlink(temporary) }
    }

    mutating func write(_ bytes: [UInt8]) throws(CommandFailure) {
        var offset = 0
        while offset < bytes.count {
            let written = bytes[offset...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw Self.failure(path) }
            offset += written
        }
    }

    mutating func finish() throws(CommandFailure) {
        guard close(descriptor) == 0 else {
            let failure = Self.failure(path)
            descriptor = -1
            if let temporary { unlink(temporary) }
            throw failure
        }
        descriptor = -1
        guard let temporary else { return }
        guard rename(temporary, path) == 0 else {
            let failure = Self.failure(path)
            unlink(temporary)
            throw failure
        }
    }

    static func makeFolder(of path: String) throws(CommandFailure) {
        guard let slash = path.lastIndex(of: "/") else { return }
        var folder = ""
        for part in path[..<slash].split(separator: "/", omittingEmptySubsequences: false) {
            folder += folder.isEmpty && part.isEmpty ? "/" : part + "/"
            guard mkdir(folder, 0o755) == 0 || errno == EEXIST || errno == EISDIR || errno == EROFS else {
                throw failure(path)
            }
        }
    }

    private static func failure(_ path: String) -> CommandFailure {
        .failed("\(path) cannot be written: \(String(cString: strerror(errno))).")
    }
}
