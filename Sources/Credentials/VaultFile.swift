// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// A step of writing a vault.
enum VaultWriteStep: CaseIterable, Sendable {
    case created
    case written
    case synced
    case renamed
    case folderSynced
}

/// The file of a vault: read whole, replaced whole, for its owner only.
enum VaultFile {
    private static let missing = "`apus vault init` makes one."

    static func checkExistence(_ path: String) throws(CredentialError) {
        guard access(path, F_OK) == 0 else { throw .file(path: path, problem: "does not exist", advice: missing) }
    }

    static func read(_ path: String) throws(CredentialError) -> [UInt8] {
        let descriptor = try SecretFile.open(
            path, longest: VaultFormat.longestFile, missing: missing)
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var portion = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= VaultFormat.longestFile {
            let count = Glibc.read(descriptor, &portion, portion.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw .file(path: path, problem: "cannot be read (\(errorText(errno)))", advice: "Check the disk.")
            }
            if count == 0 { break }
            bytes += portion[..<count]
        }
        return bytes
    }

    /// Takes the right to change a vault; it ends when the descriptor is closed.
    static func lock(_ path: String) throws(CredentialError) -> CInt {
        let name = path + ".lock"
        let descriptor = open(name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(name, "cannot be opened", errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw .file(
                path: path, problem: "is being changed by another program", advice: "Wait until it is done, try again.")
        }
        return descriptor
    }

    static func makeFolder(of path: String) throws(CredentialError) {
        var made = ""
        for part in path.split(separator: "/", omittingEmptySubsequences: false).dropLast() {
            made += part + "/"
            guard mkdir(made, 0o700) == 0 || errno == EEXIST || access(made, F_OK) == 0 else {
                throw failure(made, "cannot be made", errno)
            }
        }
    }

    static func replace(
        _ path: String, with bytes: [UInt8], _ observe: (VaultWriteStep) throws(CredentialError) -> Void
    ) throws(CredentialError) {
        let temporary = "\(path).writing"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(temporary, "cannot be created", errno) }
        do throws(CredentialError) {
            defer { close(descriptor) }
            try observe(.created)
            var done = 0
            while done < bytes.count {
                let count = bytes.withUnsafeBytes {
                    write(descriptor, $0.baseAddress.map { $0 + done }, $0.count - done)
                }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw failure(temporary, "cannot be written", errno) }
                done += count
            }
            try observe(.written)
            guard fsync(descriptor) == 0 else { throw failure(temporary, "cannot be brought to the disk", errno) }
            try observe(.synced)
            guard rename(temporary, path) == 0 else { throw failure(path, "cannot be replaced", errno) }
        } catch {
            unlink(temporary)
            throw error
        }
        try observe(.renamed)
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { if directory >= 0 { close(directory) } }
        guard directory >= 0, fsync(directory) == 0 else {
            throw failure(folder, "cannot be brought to the disk", errno)
        }
        try observe(.folderSynced)
    }

    private static func failure(_ path: String, _ problem: String, _ code: CInt) -> CredentialError {
        .file(
            path: path, problem: "\(problem) (\(errorText(code)))",
            advice: "Check that the disk has room and that you may write there. What was there before is unchanged.")
    }
}
