// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Why a log file cannot be used.
public struct LogError: Error, Hashable, Sendable, CustomStringConvertible {
    public let path: String
    public let reason: String
    public var description: String {
        "The log file \(path) cannot be opened: \(reason). Name another one under logging.file."
    }
}

/// A file that is renamed to `FILE.1` when it is full, `FILE.1` to `FILE.2`, and so on.
struct RotatingFile {
    let path: String
    let maximumBytes: Int
    let keep: Int
    private var descriptor: Int32
    private var size: Int
    /// The system's number of the last write that failed.
    private(set) var failure: Int32?

    init(path: String, maximumBytes: Int, keep: Int) throws(LogError) {
        (self.path, self.maximumBytes, self.keep) = (path, maximumBytes, keep)
        guard let opened = Self.open(path) else {
            throw LogError(path: path, reason: String(cString: strerror(errno)))
        }
        (descriptor, size) = opened
    }

    /// Only the owner reads a log: it says what somebody trades.
    private static func open(_ path: String) -> (descriptor: Int32, size: Int)? {
        let descriptor = Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        var status = stat()
        guard descriptor >= 0 else { return nil }
        guard fstat(descriptor, &status) == 0 else {
            close(descriptor)
            return nil
        }
        return (descriptor, Int(status.st_size))
    }

    /// Writes one line, into a new file where the present one has no room for it.
    ///
    /// - Returns: Whether all of it was written.
    mutating func write(_ line: ArraySlice<UInt8>) -> Bool {
        if size > 0, size + line.count > maximumBytes { rotate() }
        guard descriptor >= 0 else { return false }
        var rest = line
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                failure = errno
                // Half a line would spoil the next one as well.
                if rest.count < line.count, ftruncate(descriptor, off_t(size)) == 0 { return false }
                size += line.count - rest.count
                return false
            }
            rest = rest.dropFirst(count)
        }
        size += line.count
        failure = nil
        return true
    }

    private mutating func rotate() {
        close(descriptor)
        if keep == 0 {
            unlink(path)
        } else {
            unlink("\(path).\(keep)")
            for number in stride(from: keep - 1, through: 1, by: -1) {
                rename("\(path).\(number)", "\(path).\(number + 1)")
            }
            rename(path, "\(path).1")
        }
        if let opened = Self.open(path) {
            (descriptor, size) = opened
        } else {
            failure = errno
            (descriptor, size) = (-1, 0)
        }
    }

    mutating func end() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }
}
