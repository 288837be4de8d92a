// SPDX-License-Identifier: Apache-2.0

import Glibc
import JSON
import Networking
import Testing
import Trading
import VenueInterface

/// A program that runs beside the test, with what it prints. It is ended with the test.
final class ChildProcess {
    private var process = pid_t()
    private var output: Int32
    private var buffer: [UInt8] = []
    private var isRunning = true

    /// - Parameter arguments: The program first: a path, or a name to look for.
    init(_ arguments: [String]) throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        output = ends[0]
        var files = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&files)
        posix_spawn_file_actions_adddup2(&files, ends[1], 1)
        posix_spawn_file_actions_adddup2(&files, ends[1], 2)
        // Other tests start programs at the same time: none may hold the end of another's pipe.
        for open in Int32(3)..<1024 { posix_spawn_file_actions_addclose(&files, open) }
        defer { posix_spawn_file_actions_destroy(&files) }
        var texts: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for text in texts { free(text) } }
        let code = posix_spawnp(&process, arguments[0], &files, nil, &texts, environ)
        close(ends[1])
        try #require(code == 0, "\(arguments[0]) could not be started")
    }

    deinit {
        if isRunning {
            kill(process, SIGKILL)
            _ = wait()
        }
        close(output)
    }

    /// The next line, without its end; `nil`: there is no more, or it took too long.
    func line(seconds: Int32 = 20) -> String? {
        while true {
            if let end = buffer.firstIndex(of: 10) {
                let line = String(decoding: buffer[..<end], as: UTF8.self)
                buffer.removeSubrange(...end)
                return line
            }
            var ready = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
            var part = [UInt8](repeating: 0, count: 4096)
            guard poll(&ready, 1, seconds * 1000) > 0 else { return nil }
            let count = read(output, &part, part.count)
            guard count > 0 else { return nil }
            buffer += part[..<count]
        }
    }

    /// Every further line.
    func lines(seconds: Int32 = 120) -> [String] {
        var lines: [String] = []
        while let line = line(seconds: seconds) { lines.append(line) }
        return lines
    }

    /// Where a venue says that it listens, in its first line.
    func address() throws -> String {
        let first = try #require(line(), "the venue said nothing")
        let value = try JSON.parse(first)
        return try #require(value["address"]?.string)
    }

    func signal(_ number: Int32) { kill(process, number) }

    /// The exit status; 256 and the signal's number for one that was killed.
    func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        isRunning = false
        return status & 0x7F == 0 ? status >> 8 & 0xFF : 256 + status & 0x7F
    }
}

/// The folder of the checkout, from the place of this file.
let checkout = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }

/// The program as it was built with these tests.
let venuesim: String = {
    var path = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &path, path.count)
    let text = String(decoding: path.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return text.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/venuesim"
}()

/// A client with sockets, and all that it has heard.
final class Client {
    let loop: EventLoop
    let transport: VenueTransport
    private(set) var inputs: [ConnectorInput] = []
    private(set) var messageCount = 0
    private var count: UInt64 = 0

    /// Runs as long as its client.
    private let venue: ChildProcess?

    init(_ address: String, of venue: ChildProcess? = nil) throws {
        self.venue = venue
        loop = try EventLoop()
        transport = try VenueTransport(
            endpoint: VenueEndpoint(
                rest: try ServerAddress(parsing: address),
                stream: try ServerAddress(parsing: "ws" + address.dropFirst(4)), proxy: .none),
            loop: loop)
        transport.handler = { [unowned self] input, _ in
            inputs.append(input)
            if case .message = input { messageCount += 1 }
        }
    }

    deinit { transport.close() }

    /// What came of a request.
    func ask(_ body: String, path: String = "/info", timeout: TimeSpan = .seconds(10)) -> HTTPOutcome? {
        count += 1
        let id = RequestID(count)
        let request = HTTPRequest(id: id, path: path, body: Array(body.utf8), timeout: timeout)
        transport.perform(.request(request))
        var outcome: HTTPOutcome?
        run {
            if case .answer(id, let found) = inputs.last { outcome = found }
            return outcome != nil
        }
        return outcome
    }

    /// Opens a stream and sends one message; whether it was opened.
    func open(_ number: UInt32, saying text: String? = nil) -> Bool {
        let id = StreamID(number)
        transport.perform(.openStream(id, path: "/ws"))
        run {
            inputs.contains {
                switch $0 {
                case .streamOpened(id), .streamClosed(id, _): true
                default: false
                }
            }
        }
        guard inputs.contains(.streamOpened(id)) else { return false }
        if let text { transport.perform(.send(id, Array(text.utf8))) }
        return true
    }

    var messages: [String] {
        inputs.compactMap {
            if case .message(_, let bytes) = $0 { String(decoding: bytes, as: UTF8.self) } else { nil }
        }
    }
    var closings: Int { inputs.count { if case .streamClosed = $0 { true } else { false } } }

    /// Serves until something is so, for fifteen seconds at most.
    @discardableResult
    func run(until condition: () -> Bool) -> Bool {
        var isLate = false
        let timer = loop.schedule(at: EventLoop.now.monotonic + .seconds(15)) { isLate = true }
        while !condition() && !isLate { loop.runOnce() }
        loop.cancel(timer)
        return !isLate
    }
}

/// The body of a good answer.
func ask(_ address: String, _ question: String) throws -> String {
    guard case .response(200, let body, _) = try Client(address).ask(question) else {
        throw NetworkError("no answer from \(address)")
    }
    return String(decoding: body, as: UTF8.self)
}
