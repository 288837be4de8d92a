// SPDX-License-Identifier: Apache-2.0

internal import CWebSockets
internal import Glibc

/// An HTTP and WebSocket server for simulated venues, with every way to misbehave that a real one has.
///
/// It listens on this machine only unless told otherwise. Everything is called on the loop's thread. A loop can have
/// several servers, one of them with a certificate: among more, libwebsockets would choose by the name asked for.
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
    private let listener: Listener

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
        var info = lws_context_creation_info()
        // The server listens itself and hands over what it has accepted.
        info.port = CONTEXT_PORT_NO_LISTEN_SERVER
        info.protocols = loop.protocolTable(.server)
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
        try loop.watch(listener.descriptor, for: .readable) { [weak self] _ in self?.accept() }
    }

    deinit { stop() }

    /// Ends all connections and frees the port.
    public func stop() {
        guard !isStopped else { return }
        isStopped = true
        loop.unwatch(listener.descriptor)
        listener.close()
        // Destroying the host alone would leave them alive for seconds.
        for connection in connections.values { connection.reset() }
        connections = [:]
        lws_vhost_destroy(host)
    }

    private func accept() {
        while let socket = listener.accept() {
            guard connections.count < settings.connectionsMax else {
                Glibc.close(socket)
                continue
            }
            // On failure it closes the socket.
            guard let taken = apus_adopt_client(host, socket) else { continue }
            connectionCount += 1
            let connection = ServerConnection(
                id: ServerConnectionID(connectionCount), server: self, socket: taken)
            connections[connection.id] = connection
            // Bound to this server from the start: libwebsockets may take the connections of one host for another's,
            // since neither listens by itself. It gives the reference back when it destroys the connection.
            lws_set_opaque_user_data(taken, Unmanaged.passRetained(connection).toOpaque())
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
    public var connectionsOpen: Int { connections.count }

    // MARK: What its connections say

    func remove(_ id: ServerConnectionID) { connections[id] = nil }
}

/// One connection of a client to a server, HTTP or WebSocket. Never used again.
public struct ServerConnectionID: Hashable, Sendable {
    public let rawValue: UInt64
    init(_ rawValue: UInt64) { self.rawValue = rawValue }
}

/// Called by libwebsockets for everything that happens to a server's connections.
let serverCallback: SocketCallback = { socket, reason, _, bytes, count in
    guard let socket, let pointer = lws_get_opaque_user_data(socket) else { return 0 }
    let reference = Unmanaged<ServerConnection>.fromOpaque(pointer)
    if reason == LWS_CALLBACK_WSI_DESTROY {
        lws_set_opaque_user_data(socket, nil)
        reference.takeUnretainedValue().destroyed()
        reference.release()
        return 0
    }
    return reference.takeUnretainedValue().serve(reason, UnsafeRawBufferPointer(start: bytes, count: count))
}
