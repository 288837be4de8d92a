// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// A step of writing a file, so that a test can make each of them fail.
package enum WriteStep: Hashable, Sendable {
    case created
    case headerWritten
    case columnWritten(Int)
    case synced
    case renamed
    case folderSynced
}

/// Writes a file so that a reader finds the old one or the new one, whole, whenever the program or the power ends.
///
/// A file of another name in the same folder is written and brought to the disk, takes the place of the old one in one
/// step, and then the folder is brought to the disk.
struct AtomicFile: ~Copyable {
    private let folder: String
    private let path: String
    private let temporaryPath: String
    private let descriptor: CInt
    private var isReplaced = false
    private let observe: (WriteStep) throws(StoreError) -> Void

    /// What temporary files begin with: a dot, so that no listing takes one for a series.
    static let temporaryPrefix = ".writing-"

    init(
        folder: String, name: String, observe: @escaping (WriteStep) throws(StoreError) -> Void = { _ in }
    ) throws(StoreError) {
        self.folder = folder
        self.observe = observe
        path = folder + "/" + name
        temporaryPath = "\(folder)/\(Self.temporaryPrefix)\(getpid())-\(name)"
        unlink(temporaryPath)
        descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failure(temporaryPath, "cannot be created") }
        do { try observe(.created) } catch {
            close(descriptor)
            unlink(temporaryPath)
            throw error
        }
    }

    deinit {
        close(descriptor)
        if !isReplaced { unlink(temporaryPath) }
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int, then step: WriteStep?) throws(StoreError) {
        var done = 0
        while done < bytes.count {
            let count = pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset + done))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure(temporaryPath, "cannot be written") }
            done += count
        }
        if let step { try observe(step) }
    }

    func setLength(_ length: Int) throws(StoreError) {
        guard ftruncate(descriptor, off_t(length)) == 0 else { throw Self.failure(temporaryPath, "cannot be written") }
    }

    /// Takes the place of the old file.
    mutating func commit() throws(StoreError) {
        guard fsync(descriptor) == 0 else { throw Self.failure(temporaryPath, "cannot be brought to the disk") }
        try observe(.synced)
        guard rename(temporaryPath, path) == 0 else { throw Self.failure(path, "cannot be replaced") }
        isReplaced = true
        try observe(.renamed)
        try Files.syncFolder(folder)
        try observe(.folderSynced)
    }

    private static func failure(_ path: String, _ what: String) -> StoreError {
        StoreError(
            .unwritable, path: path, problem: "the file \(what) (\(errorText(errno)))",
            advice: "Check that the disk has room and that you may write there.")
    }
}

/// What the store needs of the file system.
package enum Files {
    static func syncFolder(_ path: String) throws(StoreError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { if descriptor >= 0 { close(descriptor) } }
        guard descriptor >= 0, fsync(descriptor) == 0 else {
            throw StoreError(
                .unwritable, path: path, problem: "the folder cannot be brought to the disk (\(errorText(errno)))",
                advice: "Check the disk.")
        }
    }

    /// Makes a folder and those above it, each brought to the disk.
    static func createFolder(_ path: String) throws(StoreError) {
        if isFolder(path) { return }
        let parent = parent(of: path)
        if parent != path { try createFolder(parent) }
        guard mkdir(path, 0o755) == 0 || errno == EEXIST, isFolder(path) else {
            throw StoreError(
                .unwritable, path: path, problem: "the folder cannot be created (\(errorText(errno)))",
                advice: "Check the path and that you may write there.")
        }
        try syncFolder(parent)
    }

    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    package static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// The names of the files in a folder that hold series, sorted.
    static func seriesNames(in folder: String) -> [String] {
        names(in: folder).filter { !$0.hasPrefix(".") && $0.hasSuffix(".apus") }
    }

    /// The names in a folder, sorted; none where it cannot be read.
    static func names(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}

/// Bytes of a file in memory, without reading it first.
///
/// A series file is replaced and never changed, so the bytes stay what they are as long as this is retained.
final class FileMapping: Sendable {
    let bytes: UnsafeRawBufferPointerBox

    // Unchecked, because a pointer is not Sendable: the mapping is read-only.
    struct UnsafeRawBufferPointerBox: @unchecked Sendable { let pointer: UnsafeRawBufferPointer }

    init(path: String) throws(StoreError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw StoreError(
                errno == ENOENT ? .noSuchSeries : .unreadable, path: path,
                problem: "the file cannot be opened (\(errorText(errno)))",
                advice: errno == ENOENT
                    ? "Import the series first; `apus data list` shows what there is."
                    : "Check that you may read it.")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else {
            throw StoreError(
                .damaged, path: path, problem: "the file is empty or no file", advice: "Import the series again.")
        }
        let size = Int(status.st_size)
        let memory = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0)
        guard let memory, memory != MAP_FAILED else {
            throw StoreError(
                .unreadable, path: path, problem: "the file cannot be mapped (\(errorText(errno)))",
                advice: "Free some memory and try again.")
        }
        bytes = UnsafeRawBufferPointerBox(pointer: UnsafeRawBufferPointer(start: memory, count: size))
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.pointer.baseAddress!), bytes.pointer.count) }
}
