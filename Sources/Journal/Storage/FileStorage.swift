// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// A journal in files: `000001.journal`, `000002.journal`, … in a folder of its own.
///
/// While it is open for writing no other process can have it: the file `lock` is locked, and says by whom.
public final class FileStorage: JournalStorage {
    public enum Access: Sendable {
        case write
        /// Changes nothing and takes no lock: for looking at a journal, also while a program writes it.
        case read
    }

    public let folder: String
    private let access: Access
    private var lock: CInt = -1
    private var descriptor: CInt = -1
    private var path = ""
    private var length = 0
    /// Whether the folder names segments that a power failure could still take away.
    private var folderIsNew = false

    /// Opens a journal's folder. For writing it is made where there is none.
    public init(folder: String, access: Access) throws(StorageError) {
        self.folder = folder
        self.access = access
        guard access == .write else { return }
        try Self.makeFolder(folder)
        lock = try Self.takeLock(folder + "/lock")
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        if lock >= 0 { close(lock) }
    }

    public func path(of segment: UInt32) -> String {
        let digits = String(segment)
        return "\(folder)/\(String(repeating: "0", count: max(0, 6 - digits.count)))\(digits)\(Self.suffix)"
    }

    private static let suffix = ".journal"
    /// A segment is read into memory whole. What a journal writes is far below.
    private static let largestSegment = 1 << 30

    public func segments() throws(StorageError) -> [UInt32] {
        guard let directory = opendir(folder) else { throw failure(folder, "cannot be listed") }
        defer { closedir(directory) }
        var numbers: [UInt32] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.hasSuffix(Self.suffix) else { continue }
            guard let number = UInt32(name.dropLast(Self.suffix.count)), path(of: number) == "\(folder)/\(name)" else {
                throw StorageError(
                    .other, path: "\(folder)/\(name)", problem: "does not belong into a journal's folder",
                    reason: "a segment is named by its number, such as 000001\(Self.suffix)")
            }
            numbers.append(number)
        }
        return numbers.sorted()
    }

    public func read(_ segment: UInt32) throws(StorageError) -> [UInt8] {
        let path = path(of: segment)
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure(path, "cannot be opened") }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw failure(path, "cannot be read") }
        // A program that writes it may have added to it since: what counts is what it held when its size was taken.
        let size = Int(status.st_size)
        guard size <= Self.largestSegment else {
            throw StorageError(
                .other, path: path, problem: "cannot be read",
                reason: "it has \(size) bytes, and no segment has more than \(Self.largestSegment)")
        }
        var code: CInt = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                let portion = pread(file, buffer.baseAddress.map { $0 + count }, size - count, off_t(count))
                if portion < 0, errno == EINTR { continue }
                if portion < 0 { code = errno }
                guard portion > 0 else { return }
                count += portion
            }
        }
        guard code == 0 else { throw Self.failure(path, "cannot be read", code) }
        return bytes
    }

    public func create(_ segment: UInt32) throws(StorageError) {
        try openForAppending(path(of: segment), O_CREAT | O_EXCL)
        folderIsNew = true
    }

    public func resume(_ segment: UInt32) throws(StorageError) {
        try openForAppending(path(of: segment), 0)
        // Whoever made it may have ended before it was brought to the disk.
        folderIsNew = true
    }

    private func openForAppending(_ newPath: String, _ flags: CInt) throws(StorageError) {
        precondition(access == .write, "a journal that was opened for reading is not written")
        let file = open(newPath, O_WRONLY | O_APPEND | O_CLOEXEC | flags, 0o600)
        guard file >= 0 else { throw failure(newPath, "cannot be opened for writing") }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(file)
            throw StorageError(.other, path: newPath, problem: "cannot be written", reason: "it is no ordinary file")
        }
        if descriptor >= 0 { close(descriptor) }
        (descriptor, path, length) = (file, newPath, Int(status.st_size))
    }

    public func append(_ bytes: [UInt8]) throws(StorageError) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress.map { $0 + done }, $0.count - done) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let code = count == 0 ? ENOSPC : errno
                // What got there must not stand before what is written later.
                guard done == 0 || ftruncate(descriptor, off_t(length)) == 0 else {
                    throw StorageError(
                        .broken, path: path, problem: "was written in part and cannot be cut", reason: errorText(code))
                }
                throw Self.failure(path, "cannot be written", code)
            }
            done += count
        }
        length += bytes.count
    }

    public func sync() throws(StorageError) {
        if descriptor >= 0 {
            while fdatasync(descriptor) != 0 {
                guard errno == EINTR else { throw failure(path, "cannot be brought to the disk") }
            }
        }
        guard folderIsNew else { return }
        try Self.syncFolder(folder)
        folderIsNew = false
    }

    /// What is cut off goes to a file beside the segment, such as `000001.cut-5120`.
    public func truncate(_ segment: UInt32, to newLength: Int) throws(StorageError) {
        let path = path(of: segment)
        let rest = try read(segment).dropFirst(newLength)
        guard !rest.isEmpty else { return }
        try keep(Array(rest), as: "\(path.dropLast(Self.suffix.count)).cut-\(newLength)")
        let file = open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure(path, "cannot be opened for writing") }
        defer { close(file) }
        guard ftruncate(file, off_t(newLength)) == 0, fsync(file) == 0 else { throw failure(path, "cannot be cut") }
    }

    private func keep(_ bytes: [UInt8], as path: String) throws(StorageError) {
        // The same place can be cut again and again: each time gets a file of its own.
        for attempt in 1...10_000 {
            let name = attempt == 1 ? path : "\(path)-\(attempt)"
            let file = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            if file < 0, errno == EEXIST { continue }
            guard file >= 0 else { throw failure(name, "cannot be created") }
            defer { close(file) }
            var done = 0
            while done < bytes.count {
                let count = bytes.withUnsafeBytes { write(file, $0.baseAddress.map { $0 + done }, $0.count - done) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw failure(name, "cannot be written") }
                done += count
            }
            guard fsync(file) == 0 else { throw failure(name, "cannot be brought to the disk") }
            return
        }
        throw StorageError(.other, path: path, problem: "cannot be created", reason: "there are 10000 such files")
    }
}

// MARK: - Folders, the lock, the words of the system

extension FileStorage {
    private static func makeFolder(_ path: String) throws(StorageError) {
        var made = ""
        for part in path.split(separator: "/", omittingEmptySubsequences: false) {
            made += part + "/"
            if mkdir(made, 0o700) == 0 {
                try syncFolder(made + "..")
                continue
            }
            let code = errno
            guard Glibc.access(made, F_OK) == 0 else { throw failure(path, "cannot be made", code) }
        }
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw failure(path, "cannot hold a journal", ENOTDIR)
        }
    }

    private static func syncFolder(_ path: String) throws(StorageError) {
        let directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { if directory >= 0 { close(directory) } }
        guard directory >= 0, fsync(directory) == 0 else { throw failure(path, "cannot be brought to the disk", errno) }
    }

    private static func takeLock(_ path: String) throws(StorageError) -> CInt {
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure(path, "cannot be opened for writing", errno) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            defer { close(file) }
            guard code == EWOULDBLOCK else { throw failure(path, "cannot be locked", code) }
            let process = holder(file)
            throw StorageError(
                .inUse(process: process), path: path, problem: "is locked",
                reason: process.map { "process \($0) is using this journal" } ?? "another process is using this journal"
            )
        }
        let text = Array("\(getpid())\n".utf8)
        guard ftruncate(file, 0) == 0, text.withUnsafeBytes({ pwrite(file, $0.baseAddress, $0.count, 0) }) == text.count
        else {
            defer { close(file) }
            throw failure(path, "cannot be written", errno)
        }
        return file
    }

    /// The process whose id a lock file holds.
    private static func holder(_ file: CInt) -> Int32? {
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = pread(file, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        return Int32(String(decoding: bytes[..<count].prefix { $0 != 10 }, as: UTF8.self))
    }

    private func failure(_ path: String, _ problem: String) -> StorageError { Self.failure(path, problem, errno) }

    private static func failure(_ path: String, _ problem: String, _ code: CInt) -> StorageError {
        let kind: StorageError.Kind =
            switch code {
            case ENOSPC, EDQUOT, EFBIG: .full
            case EROFS: .readOnly
            case EACCES, EPERM: .forbidden
            case ENOENT, ENOTDIR: .missing
            case EIO: .broken
            default: .other
            }
        return StorageError(kind, path: path, problem: problem, reason: errorText(code))
    }
}

private func errorText(_ code: CInt) -> String { String(cString: strerror(code)) }
