// SPDX-License-Identifier: Apache-2.0

public import Trading

/// The present, as a shell reads it. It is handed in with every input, because nothing inside reads a clock.
public struct Moment: Hashable, Sendable, BitwiseCopyable {
    /// UTC. It can jump. For nonces, expiry times and records.
    public var wall: Timestamp
    /// Since some fixed start. It never goes back. For time-outs, back-off and limits.
    public var monotonic: TimeSpan

    public init(wall: Timestamp, monotonic: TimeSpan) {
        self.wall = wall
        self.monotonic = monotonic
    }
}

/// One of a connector's WebSocket connections; numbers are the connector's own.
public struct StreamID: Hashable, Sendable, BitwiseCopyable {
    public let rawValue: UInt32
    public init(_ rawValue: UInt32) { self.rawValue = rawValue }
}

/// One HTTP request of a connector; numbers are the connector's own and never used again.
public struct RequestID: Hashable, Sendable, BitwiseCopyable {
    public let rawValue: UInt64
    public init(_ rawValue: UInt64) { self.rawValue = rawValue }
}

/// An HTTP request as a connector wants it sent: the shell knows the host, the certificates and the proxy.
public struct HTTPRequest: Hashable, Sendable {
    public enum Method: String, Sendable { case get = "GET", post = "POST", delete = "DELETE", put = "PUT" }
    public var id: RequestID
    public var method: Method
    /// From the host on: `/info`.
    public var path: String
    /// Besides those that the shell sets itself.
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]
    public var timeout: TimeSpan

    public init(
        id: RequestID, method: Method = .post, path: String, headers: [(name: String, value: String)] = [],
        body: [UInt8], timeout: TimeSpan = .seconds(10)
    ) {
        self.id = id
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
        self.timeout = timeout
    }

    public static func == (left: Self, right: Self) -> Bool {
        left.id == right.id && left.method == right.method && left.path == right.path && left.body == right.body
            && left.timeout == right.timeout && left.headers.elementsEqual(right.headers, by: ==)
    }
    public func hash(into hasher: inout Hasher) { hasher.combine(id) }
}

/// Why no answer came, or a connection ended. None of them says whether the venue acted.
public enum TransportFailure: Hashable, Sendable, CustomStringConvertible {
    /// The name was not found, nobody listened, or the network is gone: the request did not arrive.
    case unreachable(String)
    /// The certificate did not verify, or the handshake failed: the request did not arrive.
    case untrusted(String)
    case timedOut
    case closed(String)

    /// Whether it is certain that the other side never saw the request.
    public var neverArrived: Bool {
        switch self {
        case .unreachable, .untrusted: true
        case .timedOut, .closed: false
        }
    }

    public var description: String {
        switch self {
        case .unreachable(let reason): "not reachable (\(reason))"
        case .untrusted(let reason): "its certificate was not accepted (\(reason))"
        case .timedOut: "no answer in time"
        case .closed(let reason): reason.isEmpty ? "the connection was closed" : "the connection was closed (\(reason))"
        }
    }
}

public enum HTTPOutcome: Hashable, Sendable {
    /// - Parameter retryAfter: What the venue asks to wait, where it says so.
    case response(status: Int, body: [UInt8], retryAfter: TimeSpan?)
    case failure(TransportFailure)
}

/// What a shell tells a connector.
public enum ConnectorInput: Hashable, Sendable {
    case start
    /// No new connections; what is open is closed.
    case stop
    case streamOpened(StreamID)
    /// It ended, or could not be opened.
    case streamClosed(StreamID, TransportFailure)
    /// One whole text message.
    case message(StreamID, [UInt8])
    case answer(RequestID, HTTPOutcome)
    /// The time of `nextWake` has come.
    case wake
}

/// What a connector wants done, in order.
public enum ConnectorOutput: Hashable, Sendable {
    /// - Parameter path: From the host on: `/ws`.
    case openStream(StreamID, path: String)
    case closeStream(StreamID)
    case send(StreamID, [UInt8])
    case request(HTTPRequest)
    case event(VenueEvent)
}
