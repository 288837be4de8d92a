// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Trading
public import VenueInterface

/// Reads the inputs of a recording in their order, so that it can be played to a connector again.
///
/// A line that was cut off at the end of the file, as after a crash, is left out; any other line that cannot be read is
/// an error.
public struct RecordingReader: Sequence, IteratorProtocol {
    public struct Entry: Hashable, Sendable {
        public var input: ConnectorInput
        public var now: Moment
    }

    private let bytes: [UInt8]
    private let path: String
    private var position = 0
    private var line = 0
    /// Why reading ended before the end of the file.
    public private(set) var failure: NetworkError?

    public init(path: String) throws(NetworkError) {
        func failed() -> NetworkError {
            NetworkError("the recording '\(path)' cannot be read: \(String(cString: strerror(errno))).")
        }
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failed() }
        defer { close(file) }
        var content: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = read(file, &part, part.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw failed() }
            if count == 0 { break }
            content.append(contentsOf: part[..<count])
        }
        self.path = path
        bytes = content
    }

    /// The next input; outputs are passed over.
    public mutating func next() -> Entry? {
        while failure == nil, let end = bytes[position...].firstIndex(of: 10) {
            let text = bytes[position..<end]
            position = end + 1
            line += 1
            guard let parsed = RecordingLine(text), let direction = parsed[name: "direction"] else {
                failure = NetworkError("line \(line) of the recording '\(path)' cannot be read.")
                return nil
            }
            if direction == "out" { continue }
            guard let entry = Self.entry(parsed) else {
                failure = NetworkError("line \(line) of the recording '\(path)' is no input that is known here.")
                return nil
            }
            return entry
        }
        return nil
    }

    private static func entry(_ line: RecordingLine) -> Entry? {
        guard let wall = line[number: "wall"], let monotonic = line[number: "monotonic"],
            let what = line[name: "what"]
        else { return nil }
        let now = Moment(wall: Timestamp(nanoseconds: wall), monotonic: TimeSpan(nanoseconds: monotonic))
        let stream = line[number: "stream"].flatMap { UInt32(exactly: $0) }.map { StreamID($0) }
        let request = line[name: "request"].flatMap { UInt64($0) }.map { RequestID($0) }
        switch (what, stream, request) {
        case ("start", _, _): return Entry(input: .start, now: now)
        case ("stop", _, _): return Entry(input: .stop, now: now)
        case ("wake", _, _): return Entry(input: .wake, now: now)
        case ("opened", let stream?, _): return Entry(input: .streamOpened(stream), now: now)
        case ("closed", let stream?, _):
            return failure(line).map { Entry(input: .streamClosed(stream, $0), now: now) }
        case ("message", let stream?, _):
            return line[text: "text"].map { Entry(input: .message(stream, $0), now: now) }
        case ("answer", _, let request?):
            guard let status = line[number: "status"], let body = line[text: "text"] else { return nil }
            let retryAfter = line[number: "retryAfter"].map { TimeSpan(nanoseconds: $0) }
            let outcome = HTTPOutcome.response(status: Int(status), body: body, retryAfter: retryAfter)
            return Entry(input: .answer(request, outcome), now: now)
        case ("failed", _, let request?):
            return failure(line).map { Entry(input: .answer(request, .failure($0)), now: now) }
        default: return nil
        }
    }

    private static func failure(_ line: RecordingLine) -> TransportFailure? {
        let reason = line[name: "text"] ?? ""
        return switch line[name: "failure"] {
        case "unreachable": .unreachable(reason)
        case "untrusted": .untrusted(reason)
        case "timedOut": .timedOut
        case "closed": .closed(reason)
        default: nil
        }
    }
}
