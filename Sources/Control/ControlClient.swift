// SPDX-License-Identifier: Apache-2.0

import Glibc
public import Trading

/// The operator's end of the control socket.
public enum ControlClient {
    /// Sends one request and waits for its answer.
    ///
    /// - Throws: `notRunning` where nobody listens, and others for what went wrong; none of them says whether the
    ///   request was carried out, except `notRunning` and `unsafe`: it was not.
    public static func ask(
        _ request: ControlRequest, at path: String, timeout: TimeSpan = .seconds(10)
    ) throws(ControlError) -> ControlAnswer {
        let deadline = ContinuousClock.now + .nanoseconds(timeout.nanoseconds)
        let descriptor = try connected(to: path, deadline)
        defer { close(descriptor) }
        var unsent = ControlProtocol.encode(request)
        while !unsent.isEmpty {
            try wait(descriptor, POLLOUT, deadline, path)
            let count = send(descriptor, unsent, unsent.count, Int32(MSG_NOSIGNAL))
            if count < 0, errno == EAGAIN || errno == EINTR { continue }
            guard count > 0 else { throw .closed(path: path) }
            unsent.removeFirst(count)
        }
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            try wait(descriptor, POLLIN, deadline, path)
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EAGAIN || errno == EINTR { continue }
            guard count > 0 else { throw .closed(path: path) }
            received += buffer[..<count]
            if let end = received.firstIndex(of: 10) {
                do throws(ControlSyntaxError) {
                    return try ControlProtocol.decodeAnswer(Array(received[..<end]))
                } catch {
                    throw .malformed(path: path, reason: error.description)
                }
            }
            guard received.count <= ControlProtocol.maximumAnswer else {
                throw .malformed(path: path, reason: "The answer does not end.")
            }
        }
    }

    static func isListening(at path: String) throws(ControlError) -> Bool {
        do throws(ControlError) {
            close(try connected(to: path, .now + .milliseconds(200)))
            return true
        } catch .notRunning {
            return false
        }
    }

    private static func connected(
        to path: String, _ deadline: ContinuousClock.Instant
    ) throws(ControlError) -> Int32 {
        guard access(path, F_OK) == 0 || errno != ENOENT else { throw .notRunning(path: path) }
        try ControlSocket.checkFolder(of: path, makes: false)
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw .system(path: path, reason: String(cString: strerror(errno))) }
        do throws(ControlError) {
            ControlSocket.prepare(descriptor)
            while try ControlSocket.withAddress(of: path, { connect(descriptor, $0, $1) }) != 0 {
                switch errno {
                case ENOENT, ECONNREFUSED: throw .notRunning(path: path)
                // As many wait already as may; the session takes them one after the other.
                case EAGAIN where ContinuousClock.now < deadline: poll(nil, 0, 5)
                case EAGAIN: throw .timedOut(path: path)
                default: throw .system(path: path, reason: String(cString: strerror(errno)))
                }
            }
            guard ControlSocket.peer(descriptor)?.user == geteuid() else {
                throw .unsafe(path: path, reason: "another user listens there")
            }
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    private static func wait(
        _ descriptor: Int32, _ event: Int32, _ deadline: ContinuousClock.Instant, _ path: String
    ) throws(ControlError) {
        while true {
            let left = deadline - .now
            guard left > .zero else { throw .timedOut(path: path) }
            let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
            var ready = pollfd(fd: descriptor, events: Int16(event), revents: 0)
            if poll(&ready, 1, Int32(clamping: milliseconds + 1)) > 0 { return }
        }
    }
}
