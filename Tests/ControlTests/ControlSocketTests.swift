// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import Testing
import Trading

@testable import Control

/// A folder of its own for a test, removed afterwards. Short, as the path of a socket must be.
private final class Folder {
    let path: String
    init(mode: mode_t = 0o700) {
        var template = Array("/tmp/apus-t-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap(mkdtemp).map { String(cString: $0) } ?? "/tmp"
        }
        chmod(path, mode)
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }
    var socket: String { path + "/apus.sock" }
}

/// Runs a server's event loop on a thread until it is told to end, and answers requests with `body`.
private final class Loop: Sendable {
    private let end = Atomic(false)
    private let done = DispatchSemaphore(value: 0)
    let seen = Seen()

    final class Seen: @unchecked Sendable {
        // Unchecked: every use is inside the lock.
        private var requests: [ControlRequest] = []
        private let lock = NSLock()
        func add(_ request: ControlRequest) { lock.withLock { requests.append(request) } }
        var all: [ControlRequest] { lock.withLock { requests } }
    }

    init(at path: String, answering body: @escaping @Sendable (ControlRequest) -> ControlAnswer?) throws {
        let ready = DispatchSemaphore(value: 0)
        nonisolated(unsafe) var failure: (any Error)?  // Written before `ready` is signalled, read after.
        let seen = seen
        Thread.detachNewThread { [self] in
            do {
                var server = try ControlServer(path: path)
                ready.signal()
                while !end.load(ordering: .acquiring) {
                    var polled = server.fileDescriptors.map {
                        pollfd(fd: $0.descriptor, events: Int16(POLLIN | ($0.writes ? POLLOUT : 0)), revents: 0)
                    }
                    poll(&polled, nfds_t(polled.count), 5)
                    for entry in polled where entry.revents != 0 {
                        for (connection, request) in server.handleReady(entry.fd) {
                            seen.add(request)
                            if let answer = body(request) { server.answer(answer, to: connection) }
                        }
                    }
                }
            } catch {
                failure = error
                ready.signal()
            }
            done.signal()
        }
        ready.wait()
        if let failure { throw failure }
    }

    func stop() {
        end.store(true, ordering: .releasing)
        done.wait()
    }
}

@Suite("Control socket", .serialized) struct ControlSocketTests {
    @Test("Requests reach the session, and its answers the operator")
    func roundTrip() throws {
        let folder = Folder()
        let loop = try Loop(at: folder.socket) { request in
            request == .status ? .status(.example) : .done("\(request.name) it is")
        }
        for request in ControlProtocolTests.requests {
            let answer = try ControlClient.ask(request, at: folder.socket)
            #expect(answer == (request == .status ? .status(.example) : .done("\(request.name) it is")))
        }
        #expect(loop.seen.all == ControlProtocolTests.requests)
        #expect(ControlSocket.running(in: folder.path) == ["apus"])
        loop.stop()
        #expect(ControlSocket.running(in: folder.path) == [])
        #expect(throws: ControlError.notRunning(path: folder.socket)) {
            try ControlClient.ask(.stop, at: folder.socket)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    }

    @Test("Whoever asks is known by user and process, as the system says")
    func whoAsks() throws {
        let folder = Folder()
        var server = try ControlServer(path: folder.socket)
        let path = folder.socket
        Thread.detachNewThread { _ = try? ControlClient.ask(.pause, at: path) }
        var asked: [(connection: ControlConnection, request: ControlRequest)] = []
        for _ in 0..<4000 where asked.isEmpty {
            var polled = server.fileDescriptors.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
            poll(&polled, nfds_t(polled.count), 5)
            for entry in polled where entry.revents != 0 { asked += server.handleReady(entry.fd) }
        }
        let found = try #require(asked.first)
        server.answer(.done(""), to: found.connection)
        #expect(found.request == .pause && found.connection.user == geteuid() && found.connection.process == getpid())
    }

    @Test("Only the owner can open the socket and look into a new folder")
    func permissions() throws {
        let folder = Folder()
        let path = folder.path + "/new/apus.sock"
        let server = try ControlServer(path: path)
        func mode(_ path: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        }
        #expect(try mode(path) == 0o600)
        #expect(try mode(path + ".lock") == 0o600)
        #expect(try mode(folder.path + "/new") == 0o700)
        _ = server.fileDescriptors
    }

    @Test("A folder that others can look into is refused on both sides", arguments: [0o755, 0o770, 0o701] as [mode_t])
    func openFolder(mode: mode_t) {
        let folder = Folder(mode: mode)
        let path = folder.socket
        #expect {
            _ = try ControlServer(path: path)
        } throws: {
            "\($0)"
                == "\(folder.path) cannot be trusted: others can look into it. 'chmod 700 \(folder.path)' changes that."
        }
        #expect(throws: ControlError.notRunning(path: path)) { try ControlClient.ask(.status, at: path) }
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        #expect { try ControlClient.ask(.status, at: path) } throws: { "\($0)".contains("cannot be trusted") }
    }

    @Test("A link in place of the folder is refused")
    func linkedFolder() throws {
        let folder = Folder()
        let link = folder.path + "/link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder.path)
        #expect { _ = try ControlServer(path: link + "/apus.sock") } throws: { "\($0)".contains("it is no folder") }
    }

    @Test("A second one at the same place is told who is there")
    func alreadyRunning() throws {
        let folder = Folder()
        let path = folder.socket
        let first = try ControlServer(path: path)
        #expect(throws: ControlError.alreadyRunning(path: path, processID: getpid())) {
            _ = try ControlServer(path: path)
        }
        _ = first.fileDescriptors
    }

    @Test("What a dead process left behind is replaced")
    func stale() throws {
        let folder = Folder()
        let path = folder.socket
        // As after kill -9: the files are there, and nobody holds the lock or listens.
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let bound = try ControlSocket.withAddress(of: path) { bind(descriptor, $0, $1) }
        #expect(bound == 0)
        close(descriptor)
        try "99999999\n".write(toFile: path + ".lock", atomically: false, encoding: .utf8)
        #expect(throws: ControlError.notRunning(path: path)) { try ControlClient.ask(.status, at: path) }
        let loop = try Loop(at: path) { _ in .done("here") }
        #expect(try ControlClient.ask(.pause, at: path) == .done("here"))
        loop.stop()
    }

    @Test("A session that does not answer is not waited for")
    func silence() throws {
        let folder = Folder()
        let loop = try Loop(at: folder.socket) { _ in nil }
        #expect(throws: ControlError.timedOut(path: folder.socket)) {
            try ControlClient.ask(.status, at: folder.socket, timeout: .milliseconds(50))
        }
        loop.stop()
    }

    @Test("Bad, endless and many connections do no harm")
    func badPeers() throws {
        let folder = Folder()
        let loop = try Loop(at: folder.socket) { _ in .done("fine") }
        var open: [Int32] = []
        for text in [
            "nonsense\n", String(repeating: "x", count: 10_000), "{}\n{}\n{}\n", "", "{\"version\":1,\"command\":\"st",
        ] + (0..<20).map({ "\($0)" }) {
            let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            let status = try ControlSocket.withAddress(of: folder.socket) { connect(descriptor, $0, $1) }
            #expect(status == 0)
            _ = text.withCString { send(descriptor, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
            open.append(descriptor)
        }
        #expect(try ControlClient.ask(.drain, at: folder.socket) == .done("fine"))
        for descriptor in open { close(descriptor) }
        #expect(try ControlClient.ask(.resume, at: folder.socket) == .done("fine"))
        #expect(loop.seen.all == [.drain, .resume])
        loop.stop()
    }

    @Test("A large answer arrives whole, and one that is too large ends the connection")
    func largeAnswers() throws {
        let folder = Folder()
        let finding = ControlFinding(
            time: .epoch, component: "orders", text: String(repeating: "é", count: 400), isResolved: false)
        let many = [ControlFinding](repeating: finding, count: 1000)
        let loop = try Loop(at: folder.socket) { request in
            request == .findings ? .findings(many) : .done(String(repeating: "x", count: 2 << 20))
        }
        #expect(try ControlClient.ask(.findings, at: folder.socket) == .findings(many))
        #expect(throws: ControlError.closed(path: folder.socket)) { try ControlClient.ask(.pause, at: folder.socket) }
        loop.stop()
    }

    @Test("A path that no socket can have is refused with the limit")
    func longPath() {
        let path = "/tmp/" + String(repeating: "a", count: 120) + "/apus.sock"
        #expect(throws: ControlError.pathTooLong(path: path, limit: 107)) { _ = try ControlServer(path: path) }
    }
}
