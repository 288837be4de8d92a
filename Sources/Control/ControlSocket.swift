// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Why the control socket cannot be used, and what to do.
public enum ControlError: Error, Hashable, Sendable, CustomStringConvertible {
    case alreadyRunning(path: String, processID: Int32?)
    case notRunning(path: String)
    /// The folder or socket could be opened or replaced by somebody else.
    case unsafe(path: String, reason: String)
    case pathTooLong(path: String, limit: Int)
    case timedOut(path: String)
    case closed(path: String)
    case system(path: String, reason: String)
    case malformed(path: String, reason: String)

    public var description: String {
        switch self {
        case .alreadyRunning(let path, let process):
            "It is already running\(process.map { ", with the process id \($0)" } ?? ""): it listens at \(path). "
                + "Stop it first ('apus control stop'), or give this one another name under live.instance."
        case .notRunning(let path): "Nothing is running at \(path)."
        case .unsafe(let path, let reason): "\(path) cannot be trusted: \(reason)."
        case .pathTooLong(let path, let limit):
            "The path of a socket has at most \(limit) bytes, \(path) has \(path.utf8.count). Give a shorter one."
        case .timedOut(let path):
            "No answer came from \(path) in time. The program may be busy or stopped: look at its log."
        case .closed(let path): "The connection to \(path) was closed before the answer. The program may have ended."
        case .system(let path, let reason): "\(path) cannot be used: \(reason)."
        case .malformed(let path, let reason): "What came from \(path) is not understood. \(reason)"
        }
    }
}

/// Where sockets are, and what both sides ask of them.
public enum ControlSocket {
    /// The folder of sockets for which the configuration names no other: `apus` in the user's runtime folder.
    public static func defaultFolder() -> String {
        if let folder = getenv("XDG_RUNTIME_DIR").map({ String(cString: $0) }), folder.hasPrefix("/") {
            return "\(folder)/apus"
        }
        return "/tmp/apus-\(getuid())"
    }

    /// - Parameter instance: A name of the configuration's `live.instance`.
    public static func path(instance: String, in folder: String = defaultFolder()) -> String {
        "\(folder)/\(instance).sock"
    }

    /// The names of the instances that are running, sorted.
    public static func running(in folder: String = defaultFolder()) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.hasSuffix(".sock"), name.utf8.count > 5 else { continue }
            let path = "\(folder)/\(name)"
            if (try? ControlClient.isListening(at: path)) == true { names.append(String(name.dropLast(5))) }
        }
        return names.sorted()
    }

    static var maximumPath: Int { MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1 }

    /// A folder that nobody else can look into or change.
    static func checkFolder(of path: String, makes: Bool) throws(ControlError) {
        var folder = path
        while folder.last != "/", !folder.isEmpty { folder.removeLast() }
        while folder.count > 1, folder.last == "/" { folder.removeLast() }
        if folder.isEmpty { folder = "." }
        if makes, mkdir(folder, 0o700) != 0, errno != EEXIST {
            throw .system(path: folder, reason: String(cString: strerror(errno)))
        }
        var status = stat()
        guard lstat(folder, &status) == 0 else {
            if errno == ENOENT { throw .notRunning(path: path) }
            throw .system(path: folder, reason: String(cString: strerror(errno)))
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .unsafe(path: folder, reason: "it is no folder") }
        guard status.st_uid == geteuid() else {
            throw .unsafe(path: folder, reason: "it belongs to the user \(status.st_uid), not to you")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw .unsafe(path: folder, reason: "others can look into it. 'chmod 700 \(folder)' changes that")
        }
    }

    static func writtenProcess(_ descriptor: Int32) -> Int32? {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        return count > 0 ? Int32(String(decoding: bytes[..<count].prefix { $0 != 10 }, as: UTF8.self)) : nil
    }

    static func withAddress<Result>(
        of path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) throws(ControlError) -> Result {
        guard path.utf8.count <= maximumPath else { throw .pathTooLong(path: path, limit: maximumPath) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    /// The user at the other end of a connection.
    static func peer(_ descriptor: Int32) -> (process: Int32, user: UInt32)? {
        // struct ucred: pid, uid, gid.
        var credentials: [UInt32] = [0, 0, 0]
        var length = socklen_t(12)
        guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0, length == 12 else {
            return nil
        }
        return (Int32(bitPattern: credentials[0]), credentials[1])
    }

    static func prepare(_ descriptor: Int32) {
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }
}
