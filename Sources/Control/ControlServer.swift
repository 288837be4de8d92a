// SPDX-License-Identifier: Apache-2.0

import Glibc

/// One connection of an operator; numbers are never used again.
public struct ControlConnection: Hashable, Sendable, BitwiseCopyable {
    let number: UInt64
    /// Of the process at the other end when it connected, as the system says.
    public let user: UInt32
    public let process: Int32
}

/// The session's end of the control socket. Nothing here waits: an event loop polls its descriptors.
public struct ControlServer: ~Copyable {
    private struct Peer {
        let connection: ControlConnection
        let descriptor: Int32
        var received: [UInt8] = []
        var unsent: [UInt8] = []
    }

    public let path: String
    private let listener: Int32
    private let lock: Int32
    private var peers: [Peer] = []
    private var next: UInt64 = 0
    private static let maximumPeers = 8

    /// Listens at a path. A socket that a dead process left behind is replaced.
    ///
    /// - Throws: `alreadyRunning` where a live process listens there.
    public init(path: String) throws(ControlError) {
        (lock, listener) = try Self.open(path)
        self.path = path
    }

    private static func open(_ path: String) throws(ControlError) -> (lock: Int32, listener: Int32) {
        guard path.utf8.count <= ControlSocket.maximumPath else {
            throw .pathTooLong(path: path, limit: ControlSocket.maximumPath)
        }
        try ControlSocket.checkFolder(of: path, makes: true)
        let lock = try takeLock(path)
        do throws(ControlError) {
            return (lock, try listen(path))
        } catch {
            close(lock)
            throw error
        }
    }

    deinit {
        for peer in peers { close(peer.descriptor) }
        close(listener)
        // While the lock is held nobody else can have put a socket there.
        unlink(path)
        unlink(path + ".lock")
        close(lock)
    }

    /// The system lets go of the lock when the process ends, however it ends.
    private static func takeLock(_ path: String) throws(ControlError) -> Int32 {
        let name = path + ".lock"
        while true {
            let descriptor = Glibc.open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else { throw .system(path: name, reason: String(cString: strerror(errno))) }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                let process = ControlSocket.writtenProcess(descriptor)
                close(descriptor)
                throw .alreadyRunning(path: path, processID: process)
            }
            // The one before may have removed the file between our opening and locking it.
            var (ours, named) = (stat(), stat())
            guard fstat(descriptor, &ours) == 0, stat(name, &named) == 0, ours.st_ino == named.st_ino else {
                close(descriptor)
                continue
            }
            let text = Array("\(getpid())\n".utf8)
            guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.count, 0) == text.count else {
                let reason = String(cString: strerror(errno))
                close(descriptor)
                throw .system(path: name, reason: reason)
            }
            return descriptor
        }
    }

    private static func listen(_ path: String) throws(ControlError) -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw .system(path: path, reason: String(cString: strerror(errno))) }
        ControlSocket.prepare(descriptor)
        unlink(path)
        let bound = try ControlSocket.withAddress(of: path) { bind(descriptor, $0, $1) }
        guard bound == 0, chmod(path, 0o600) == 0, Glibc.listen(descriptor, 8) == 0 else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw .system(path: path, reason: reason)
        }
        return descriptor
    }

    /// What to poll: for reading, and for writing where an answer did not go out at once.
    public var fileDescriptors: [(descriptor: Int32, writes: Bool)] {
        [(listener, false)] + peers.map { ($0.descriptor, !$0.unsent.isEmpty) }
    }

    /// Reads what came on a descriptor that is ready.
    ///
    /// - Returns: Requests, each to be answered once with `answer`.
    public mutating func handleReady(_ descriptor: Int32) -> [(connection: ControlConnection, request: ControlRequest)]
    {
        if descriptor == listener {
            acceptAll()
            return []
        }
        guard let index = peers.firstIndex(where: { $0.descriptor == descriptor }) else { return [] }
        send(index)
        guard peers.indices.contains(index), peers[index].descriptor == descriptor else { return [] }
        return receive(index)
    }

    public mutating func answer(_ answer: ControlAnswer, to connection: ControlConnection) {
        // Whoever asked may have hung up.
        guard let index = peers.firstIndex(where: { $0.connection == connection }) else { return }
        peers[index].unsent += ControlProtocol.encode(answer)
        guard peers[index].unsent.count <= ControlProtocol.maximumAnswer else { return drop(index) }
        send(index)
    }

    private mutating func acceptAll() {
        while case let descriptor = accept(listener, nil, nil), descriptor >= 0 {
            ControlSocket.prepare(descriptor)
            guard let (process, user) = ControlSocket.peer(descriptor), user == geteuid() else {
                close(descriptor)
                continue
            }
            if peers.count == Self.maximumPeers { drop(0) }
            let connection = ControlConnection(number: next, user: user, process: process)
            peers.append(Peer(connection: connection, descriptor: descriptor))
            next += 1
        }
    }

    private mutating func receive(_ index: Int) -> [(connection: ControlConnection, request: ControlRequest)] {
        var buffer = [UInt8](repeating: 0, count: ControlProtocol.maximumRequest)
        var requests: [(connection: ControlConnection, request: ControlRequest)] = []
        let connection = peers[index].connection
        while true {
            let count = read(peers[index].descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return requests }
            guard count > 0 else {
                drop(index)
                return requests
            }
            peers[index].received += buffer[..<count]
            while let end = peers[index].received.firstIndex(of: 10) {
                let line = Array(peers[index].received[..<end])
                peers[index].received.removeSubrange(...end)
                do throws(ControlSyntaxError) {
                    requests.append((connection, try ControlProtocol.decodeRequest(line)))
                } catch {
                    answer(.refused(error.description), to: connection)
                    guard peers.indices.contains(index), peers[index].connection == connection else { return requests }
                }
            }
            guard peers[index].received.count < ControlProtocol.maximumRequest else {
                drop(index)
                return requests
            }
        }
    }

    private mutating func send(_ index: Int) {
        while !peers[index].unsent.isEmpty {
            let count = peers[index].unsent.withUnsafeBytes {
                Glibc.send(peers[index].descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return }
            guard count > 0 else { return drop(index) }
            peers[index].unsent.removeFirst(count)
        }
    }

    private mutating func drop(_ index: Int) {
        close(peers[index].descriptor)
        peers.remove(at: index)
    }
}
