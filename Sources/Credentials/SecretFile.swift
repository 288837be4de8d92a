// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Reading files that only their owner may read.
enum SecretFile {
    static let longest = 64 << 10

    /// The whole file.
    ///
    /// - Throws: Where it is no ordinary file, is a link, belongs to somebody else, or others may read or change it.
    static func read(_ path: String) throws(CredentialError) -> Secret {
        let descriptor = try open(path, longest: longest, missing: "Check the name.")
        defer { close(descriptor) }
        return try read(descriptor, path)
    }

    /// Opens a file after checking that nobody else can reach it.
    static func open(_ path: String, longest: Int, missing: String) throws(CredentialError) -> CInt {
        let descriptor = Glibc.open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            switch errno {
            case ENOENT: throw .file(path: path, problem: "does not exist", advice: missing)
            case ELOOP:
                throw .file(
                    path: path, problem: "is a symbolic link",
                    advice: "Name the file itself: a link can be turned to another file by whoever owns its folder.")
            default:
                throw .file(
                    path: path, problem: "cannot be opened (\(errorText(errno)))", advice: "Check that you may read it."
                )
            }
        }
        do throws(CredentialError) { try check(descriptor, path, longest) } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private static func check(_ descriptor: CInt, _ path: String, _ longest: Int) throws(CredentialError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .file(path: path, problem: "is no ordinary file", advice: "Name a file that holds only the secret.")
        }
        guard status.st_uid == geteuid() else {
            throw .file(
                path: path, problem: "belongs to user \(status.st_uid), and this is user \(geteuid())",
                advice: "Make a copy of your own: install -m 600 \(path) COPY.")
        }
        guard status.st_mode & 0o077 == 0 else {
            let mode = String(status.st_mode & 0o777, radix: 8)
            throw .file(
                path: path, problem: "can be reached by other users (mode \(mode))",
                advice: "Run: chmod 600 \(path). Where others may have read it, replace the secret as well.")
        }
        guard status.st_size <= longest else {
            throw .file(
                path: path, problem: "has \(status.st_size) bytes; a secret has at most \(longest)",
                advice: "Name a file that holds only the secret.")
        }
    }

    /// All that can be read from an open file, a pipe or a terminal.
    static func read(_ descriptor: CInt, _ name: String) throws(CredentialError) -> Secret {
        try Secret(capacity: longest + 1) { (room) throws(CredentialError) in
            var done = 0
            while done < room.count {
                let count = Glibc.read(descriptor, room.baseAddress.map { $0 + done }, room.count - done)
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else {
                    throw .file(path: name, problem: "cannot be read (\(errorText(errno)))", advice: "Try again.")
                }
                if count == 0 { return done }
                done += count
            }
            throw .file(
                path: name, problem: "has more than \(longest) bytes", advice: "Give it nothing but the secret.")
        }
    }
}

extension Secret {
    /// Without the ends of lines behind it, which editors and `echo` leave there.
    func withoutLineEnd() -> Secret {
        withBytes { bytes in
            let kept = bytes.lastIndex { $0 != 10 && $0 != 13 }.map { $0 + 1 } ?? 0
            if kept == bytes.count { return self }
            return Secret(capacity: kept) { room in
                room.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<kept]))
                return kept
            }
        }
    }
}

func errorText(_ code: CInt) -> String { String(cString: strerror(code)) }
