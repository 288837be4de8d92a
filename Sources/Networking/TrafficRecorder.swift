// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Trading
public import VenueInterface

/// Writes what goes over the wire to a file, one JSON object a line, secrets taken out, so that a session can be looked
/// at and its inputs played back (`RecordingReader`).
///
/// Lines gather in memory and are written when enough have come, when a second has passed at the next line, and at the
/// end. At its size limit the file becomes `FILE.1`, the one before it `FILE.2` and so on; the oldest goes.
public final class TrafficRecorder {
    public struct Settings: Hashable, Sendable {
        public var fileBytesMax = 256 << 20
        /// Besides the one being written.
        public var olderFilesMax = 3
        public init() {}
    }

    private let path: String
    private let settings: Settings
    private var file: Int32
    private var fileBytes: Int
    private var buffer: [UInt8] = []
    private var lastWrite: TimeSpan?
    /// Recording never stops trading: a full disk ends the recording, and this says why.
    public private(set) var failure: String?

    /// Goes on at the end of a file that is there already. Only its owner may read what is recorded.
    public init(path: String, settings: Settings = Settings()) throws(NetworkError) {
        self.path = path
        self.settings = settings
        file = try Self.open(path)
        fileBytes = Int(lseek(file, 0, SEEK_END))
    }

    deinit {
        flush()
        if file >= 0 { Glibc.close(file) }
    }

    private static func open(_ path: String) throws(NetworkError) -> Int32 {
        let file = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw NetworkError("'\(path)' cannot be written for the recording: \(String(cString: strerror(errno))).")
        }
        return file
    }

    /// What the connector was told. Those that do not come from the network (`start`, `stop`, `wake`) are for the owner
    /// of the connector to record.
    public func record(_ input: ConnectorInput, at now: Moment) {
        guard failure == nil else { return }
        begin(now, "in")
        switch input {
        case .start: name("start")
        case .stop: name("stop")
        case .wake: name("wake")
        case .streamOpened(let id): name("opened", stream: id)
        case .streamClosed(let id, let failure):
            name("closed", stream: id)
            self.failure(failure)
        case .message(let id, let bytes):
            name("message", stream: id)
            text(bytes)
        case .answer(let id, .response(let status, let body, let retryAfter)):
            name("answer", request: id)
            number("status", Int64(status))
            if let retryAfter { number("retryAfter", retryAfter.nanoseconds) }
            text(body)
        case .answer(let id, .failure(let failure)):
            name("failed", request: id)
            self.failure(failure)
        }
        end(now)
    }

    /// What the connector wanted done. Its events are not traffic.
    public func record(_ output: ConnectorOutput, at now: Moment) {
        if case .event = output { return }
        guard failure == nil else { return }
        begin(now, "out")
        switch output {
        case .event: break
        case .openStream(let id, let path):
            name("open", stream: id)
            field("path", Array(path.utf8))
        case .closeStream(let id): name("close", stream: id)
        case .send(let id, let bytes):
            name("send", stream: id)
            text(bytes)
        case .request(let request):
            name("request", request: request.id)
            field("method", Array(request.method.rawValue.utf8))
            field("path", Redaction.redact(Array(request.path.utf8)))
            // The values of headers may be keys, and say little else.
            field("headers", Array(request.headers.map(\.name).joined(separator: " ").utf8))
            text(request.body)
        }
        end(now)
    }

    /// Writes what has gathered.
    public func flush() {
        guard failure == nil, !buffer.isEmpty else { return }
        var written = 0
        while written < buffer.count {
            let count = buffer.withUnsafeBytes { bytes in
                write(file, bytes.baseAddress.map { $0 + written }, bytes.count - written)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                failure = "the recording '\(path)' ended early: \(String(cString: strerror(errno)))."
                buffer = []
                return
            }
            written += count
        }
        fileBytes += written
        buffer.removeAll(keepingCapacity: true)
        if fileBytes >= settings.fileBytesMax { rotate() }
    }

    private func rotate() {
        Glibc.close(file)
        file = -1
        if settings.olderFilesMax > 0 {
            for number in stride(from: settings.olderFilesMax, through: 2, by: -1) {
                rename("\(path).\(number - 1)", "\(path).\(number)")
            }
            rename(path, "\(path).1")
        } else {
            unlink(path)
        }
        do throws(NetworkError) {
            file = try Self.open(path)
            fileBytes = 0
        } catch {
            failure = error.description
        }
    }

    // MARK: One line

    private func begin(_ now: Moment, _ direction: StaticString) {
        buffer.append(contentsOf: "{\"wall\":\(now.wall.nanoseconds),\"monotonic\":\(now.monotonic.nanoseconds)".utf8)
        buffer.append(contentsOf: ",\"direction\":\"\(direction)\"".utf8)
    }

    private func name(_ name: StaticString, stream: StreamID? = nil, request: RequestID? = nil) {
        buffer.append(contentsOf: ",\"what\":\"\(name)\"".utf8)
        if let stream { number("stream", Int64(stream.rawValue)) }
        // As text: a number of 64 bits is not safe in every reader of JSON.
        if let request { field("request", Array("\(request.rawValue)".utf8)) }
    }

    private func number(_ key: StaticString, _ value: Int64) {
        buffer.append(contentsOf: ",\"\(key)\":\(value)".utf8)
    }

    private func field(_ key: StaticString, _ value: [UInt8]) {
        buffer.append(contentsOf: ",\"\(key)\":\"".utf8)
        RecordingLine.escape(value, into: &buffer)
        buffer.append(UInt8(ascii: "\""))
    }

    private func text(_ bytes: [UInt8]) { field("text", Redaction.redact(bytes)) }

    private func failure(_ failure: TransportFailure) {
        let (kind, reason): (StaticString, String) =
            switch failure {
            case .unreachable(let reason): ("unreachable", reason)
            case .untrusted(let reason): ("untrusted", reason)
            case .timedOut: ("timedOut", "")
            case .closed(let reason): ("closed", reason)
            }
        buffer.append(contentsOf: ",\"failure\":\"\(kind)\"".utf8)
        text(Array(reason.utf8))
    }

    private func end(_ now: Moment) {
        buffer.append(contentsOf: "}\n".utf8)
        let isLate = now.monotonic.nanoseconds - (lastWrite ?? now.monotonic).nanoseconds >= 1_000_000_000
        if lastWrite == nil { lastWrite = now.monotonic }
        guard buffer.count >= 64 * 1024 || isLate else { return }
        lastWrite = now.monotonic
        flush()
    }
}
