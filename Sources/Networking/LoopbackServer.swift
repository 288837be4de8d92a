// SPDX-License-Identifier: Apache-2.0

internal import CWebSockets
internal import Glibc

/// An HTTP and WebSocket server for simulated venues, with every way to misbehave that a real one has.
///
/// It listens on this machine only unless told otherwise. Everything is called on the loop's thread.
public final class LoopbackServer {
    public struct Settings: Hashable, Sendable {
        /// An address of this machine; connections come in there only.
        public var address = "127.0.0.1"
        /// 0: any that is free.
        public var port: UInt16 = 0
        /// A certificate chain and its key, both PEM files: `https` and `wss`.
        public var certificate: Certificate?
        public var webSocketPath = "/ws"
        public var connectionsMax = 256
        public var bodyBytesMax = 4 << 20
        public var messageBytesMax = 4 << 20
        public var sendQueueBytesMax = 64 << 20

        public struct Certificate: Hashable, Sendable {
            public var chainFile: String
            public var keyFile: String
            public init(chainFile: String, keyFile: String) {
                self.chainFile = chainFile
                self.keyFile = keyFile
            }
        }
        public init() {}
    }

    public struct Request: Sendable {
        /// Unanswered requests stay open until `respond` or `reset`.
        public var connection: ServerConnectionID
        public var method: String
        public var path: String
        public var body: [UInt8]
        /// The client's address.
        public var peer: String
    }

    public enum Event: Sendable {
        case request(Request)
        case opened(ServerConnectionID, path: String, peer: String)
        case message(ServerConnectionID, [UInt8])
        /// A WebSocket, or a connection whose request was not answered, ended.
        case closed(ServerConnectionID)
    }

    public let settings: Settings
    /// What it listens on.
    public let port: UInt16
    /// Called for everything that clients do, never from inside a call of this server.
    public var handler: (Event) -> Void = { _ in }

    let loop: EventLoop
    private let host: OpaquePointer
    private var connections: [ServerConnectionID: ServerConnection] = [:]
    private var connectionCount: UInt64 = 0
    private var isStopped = false
    private let relay: ServerRelay
    private let listener: Listener
    /// Those that have not asked for anything yet.
    private var accepted: Set<OpaquePointer> = []

    public init(settings: Settings = Settings(), loop: EventLoop) throws(NetworkError) {
        self.settings = settings
        self.loop = loop
        if let certificate = settings.certificate {
            for file in [certificate.chainFile, certificate.keyFile] where access(file, R_OK) != 0 {
                throw NetworkError("'\(file)' cannot be read: \(String(cString: strerror(errno))).")
            }
        }
        let listener = try Listener(address: settings.address, port: settings.port)
        self.listener = listener
        port = listener.port
        relay = ServerRelay()
        loop.keep(relay)
        var info = lws_context_creation_info()
        // The server listens itself and hands over what it has accepted.
        info.port = CONTEXT_PORT_NO_LISTEN_SERVER
        info.protocols = loop.protocolTable(.server)
        info.user = Unmanaged.passUnretained(relay).toOpaque()
        info.keepalive_timeout = 60
        info.timeout_secs = 20
        info.options = UInt64(LWS_SERVER_OPTION_EXPLICIT_VHOSTS)
        info.alpn = ("http/1.1" as StaticString).cString
        let created = (settings.certificate?.chainFile ?? "").withCString { chain in
            (settings.certificate?.keyFile ?? "").withCString { key in
                if settings.certificate != nil {
                    info.options |= UInt64(LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT)
                    info.ssl_cert_filepath = chain
                    info.ssl_private_key_filepath = key
                }
                return lws_create_vhost(loop.context, &info)
            }
        }
        guard let host = created else {
            throw NetworkError("the server could not start; check the certificate and its key (PEM files).")
        }
        self.host = host
        relay.server = self
        try loop.watch(listener.descriptor, for: .readable) { [weak self] _ in self?.accept() }
    }

    deinit { stop() }

    /// Ends all connections and frees the port.
    public func stop() {
        guard !isStopped else { return }
        isStopped = true
        relay.server = nil
        loop.unwatch(listener.descriptor)
        listener.close()
        // Destroying the host alone would leave them alive for seconds.
        for connection in connections.values { connection.reset() }
        for socket in accepted { lws_set_timeout(socket, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC) }
        connections = [:]
        accepted = []
        lws_vhost_destroy(host)
    }

    private func accept() {
        while let socket = listener.accept() {
            guard connections.count + accepted.count < settings.connectionsMax else {
                Glibc.close(socket)
                continue
            }
            // On failure it closes the socket.
            if let taken = apus_adopt_client(host, socket) { accepted.insert(taken) }
        }
    }

    // MARK: Answers

    /// Answers the request of a connection. One that has ended meanwhile is no mistake.
    public func respond(
        to connection: ServerConnectionID, status: Int = 200, contentType: String = "application/json",
        headers: [(name: String, value: String)] = [], body: [UInt8]
    ) {
        connections[connection]?.respond(
            ServerResponse(status: status, contentType: contentType, headers: headers, body: body))
    }

    /// Sends a text message.
    /// - Parameter fragmentBytes: Cut into fragments of this size.
    public func send(_ message: [UInt8], to connection: ServerConnectionID, fragmentBytes: Int? = nil) {
        connections[connection]?.send(message, fragmentBytes: fragmentBytes)
    }

    /// Sends the beginning of a message and then resets the connection.
    public func breakOff(_ beginning: [UInt8], to connection: ServerConnectionID) {
        connections[connection]?.breakOff(beginning)
    }

    /// Says good-bye and closes, after what waits to be sent.
    public func close(_ connection: ServerConnectionID, code: UInt16 = 1000, reason: String = "") {
        connections[connection]?.close(code: code, reason: reason)
    }

    /// Ends the TCP connection with a reset, as a crashed peer or a middle box does.
    public func reset(_ connection: ServerConnectionID) { connections[connection]?.reset() }

    /// Makes a connection half open: it stays, but nothing is read or sent any more.
    public func freeze(_ connection: ServerConnectionID) { connections[connection]?.freeze() }

    /// Bytes that wait to be sent to a client: one that reads slowly.
    public func bytesWaiting(for connection: ServerConnectionID) -> Int { connections[connection]?.outgoingBytes ?? 0 }

    /// Of all kinds, idle ones included.
    public var connectionsOpen: Int { connections.count + accepted.count }

    // MARK: What its connections say

    func add(_ socket: OpaquePointer) -> ServerConnection {
        accepted.remove(socket)
        connectionCount += 1
        let id = ServerConnectionID(connectionCount)
        let connection = ServerConnection(id: id, server: self, socket: socket)
        connections[id] = connection
        return connection
    }

    func forget(_ socket: OpaquePointer) { accepted.remove(socket) }

    func remove(_ id: ServerConnectionID) { connections[id] = nil }
}

/// One connection of a client to a server, HTTP or WebSocket. Never used again.
public struct ServerConnectionID: Hashable, Sendable {
    public let rawValue: UInt64
    init(_ rawValue: UInt64) { self.rawValue = rawValue }
}

/// What libwebsockets has a pointer to in place of a server, which may go before its last connection does.
final class ServerRelay {
    weak var server: LoopbackServer?
}

/// Called by libwebsockets for everything that happens to a server and its connections.
let serverCallback: SocketCallback = { socket, reason, _, bytes, count in
    guard let socket else { return 0 }
    if let pointer = lws_get_opaque_user_data(socket) {
        let reference = Unmanaged<ServerConnection>.fromOpaque(pointer)
        if reason == LWS_CALLBACK_WSI_DESTROY {
            lws_set_opaque_user_data(socket, nil)
            reference.takeUnretainedValue().destroyed()
            reference.release()
            return 0
        }
        return reference.takeUnretainedValue().serve(reason, UnsafeRawBufferPointer(start: bytes, count: count))
    }
    guard let user = lws_get_vhost(socket).flatMap({ lws_get_vhost_user($0) }),
        let server = Unmanaged<ServerRelay>.fromOpaque(user).takeUnretainedValue().server
    else { return 0 }
    switch reason {
    case LWS_CALLBACK_WSI_DESTROY:
        server.forget(socket)
        return 0
    case LWS_CALLBACK_HTTP, LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        let connection = server.add(socket)
        lws_set_opaque_user_data(socket, Unmanaged.passRetained(connection).toOpaque())
        return connection.serve(reason, UnsafeRawBufferPointer(start: bytes, count: count))
    default: return 0
    }
}
