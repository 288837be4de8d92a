// SPDX-License-Identifier: Apache-2.0

internal import CWebSockets
internal import Glibc
internal import Trading
internal import VenueInterface

/// One WebSocket connection of a client, from the look-up of its name to its end.
final class WebSocketConnection {
    private enum State {
        case resolving(UInt64)
        case connecting
        case open
        /// What waits is sent, then it is closed. Nothing is reported any more.
        case closing
        case ended
    }

    private let endpoint: VenueEndpoint
    private let proxy: ProxyAddress?
    private let path: String
    /// The loop owns libwebsockets, which holds on to this: not the other way round too.
    private weak var loop: EventLoop?
    private let handler: (WebSocketConnection, WebSocketEvent) -> Void
    private var state = State.connecting
    private var socket: OpaquePointer?
    private var addresses: [String] = []
    private var virtualHost: OpaquePointer?
    private var deadline: LoopTimer?
    private var incoming: [UInt8] = []
    private var outgoing = SendQueue()
    /// Why it ends, where that is known before libwebsockets says that it ended.
    private var cause: TransportFailure?
    private var isStarting = false

    init(client: WebSocketClient, path: String, handler: @escaping (WebSocketConnection, WebSocketEvent) -> Void) {
        endpoint = client.endpoint
        proxy = client.proxy
        loop = client.loop
        self.path = path
        self.handler = handler
    }

    private var limits: TransportLimits { endpoint.limits }

    // MARK: Opening

    func start(resolver: NameResolver, virtualHost: OpaquePointer) {
        self.virtualHost = virtualHost
        let patience = TimeSpan.seconds(limits.connectSecondsMax)
        deadline = loop?.schedule(at: EventLoop.now.monotonic + patience) { [weak self] in
            self?.tookTooLong(resolver)
        }
        state = .resolving(
            resolver.resolve(proxy?.host ?? endpoint.stream.host) { [weak self] answer in
                self?.resolved(answer)
            })
    }

    private func resolved(_ answer: NameResolver.Answer) {
        guard case .resolving = state else { return }
        switch answer {
        case .failed(let reason): end(.unreachable(reason))
        case .addresses(let found):
            addresses = found
            state = .connecting
            connectToNext()
        }
    }

    private func connectToNext() {
        guard let loop else { return }
        let address = addresses.removeFirst()
        cause = nil
        let server = endpoint.stream
        var info = lws_client_connect_info()
        info.context = loop.context
        info.vhost = virtualHost
        info.port = Int32(server.port)
        if server.isSecure {
            info.ssl_connection = Int32(LCCSCF_USE_SSL.rawValue)
            if !endpoint.verifiesCertificates {
                for flag in [
                    LCCSCF_ALLOW_SELFSIGNED, LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK, LCCSCF_ALLOW_EXPIRED,
                    LCCSCF_ALLOW_INSECURE,
                ] { info.ssl_connection |= Int32(flag.rawValue) }
            }
        }
        info.alpn = ("http/1.1" as StaticString).cString
        info.local_protocol_name = LoopProtocols.clientName.cString
        // A reference that libwebsockets gives back when it destroys the connection, which it does in every case.
        info.opaque_user_data = Unmanaged.passRetained(self).toOpaque()
        if let proxy = proxy {
            let user = proxy.credentials.map { $0 + "@" } ?? ""
            lws_set_proxy(virtualHost, "\(user)\(address):\(proxy.port)")
        }
        isStarting = true
        let made = (proxy == nil ? address : server.host).withCString { target in
            server.authority.withCString { host in
                path.withCString { path in
                    info.address = target
                    info.host = host
                    info.path = path
                    return lws_client_connect_via_info(&info)
                }
            }
        }
        isStarting = false
        socket = made
        if made == nil { failedToConnect() }
    }

    private func failedToConnect() {
        socket = nil
        guard case .connecting = state else { return }
        if addresses.isEmpty {
            end(cause ?? .unreachable("\(endpoint.stream) could not be connected to"))
        } else {
            // Not from inside libwebsockets' own word about the failure.
            loop?.soon { [weak self] in
                guard let self, case .connecting = state, socket == nil else { return }
                connectToNext()
            }
        }
    }

    private func tookTooLong(_ resolver: NameResolver) {
        deadline = nil
        switch state {
        case .resolving(let id):
            resolver.forget(id)
            end(.unreachable("the name \(endpoint.stream.host) was not found in time"))
        case .connecting:
            addresses = []
            end(.unreachable("\(endpoint.stream) did not answer within \(limits.connectSecondsMax) s"))
            kill()
        case .open, .closing, .ended: break
        }
    }

    // MARK: Orders of the owner

    /// Sends one text message, at once where the socket takes it.
    func send(_ bytes: [UInt8]) {
        guard case .open = state, let socket else { return }
        guard outgoing.byteCount + bytes.count <= limits.sendQueueBytesMax else {
            fail(.closed("more than \(limits.sendQueueBytesMax) bytes waited to be sent: the other side does not read"))
            return
        }
        outgoing.append(bytes)
        if !outgoing.flush(to: socket) { fail(.closed("it could not be written to")) }
    }

    /// Ends it at once, without a closing message.
    func abandon() {
        end(nil)
        kill()
    }

    /// Ends it; the handler hears no more.
    func close() {
        switch state {
        case .resolving, .connecting:
            end(nil)
            kill()
        case .open:
            state = .closing
            if let socket { lws_callback_on_writable(socket) }
            // A side that does not read would keep it for ever.
            deadline = loop?.schedule(at: EventLoop.now.monotonic + .seconds(2)) { [weak self] in self?.kill() }
        case .closing, .ended: break
        }
    }

    // MARK: What libwebsockets says

    func serve(_ reason: lws_callback_reasons, _ socket: OpaquePointer, _ bytes: UnsafeRawBufferPointer) -> Int32 {
        switch reason {
        case LWS_CALLBACK_CLIENT_ESTABLISHED:
            guard case .connecting = state else { return -1 }
            self.socket = socket
            setNoDelay(socket)
            cancelDeadline()
            state = .open
            handler(self, .opened)
        case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
            let server = endpoint.stream
            if server.isSecure, endpoint.verifiesCertificates, let problem = apus_tls_problem(socket) {
                cause = .untrusted("\(server): \(String(cString: problem))")
            } else {
                cause = Self.failure(text: String(decoding: bytes, as: UTF8.self), server: server)
            }
            if !isStarting { failedToConnect() }
        case LWS_CALLBACK_CLIENT_RECEIVE:
            guard case .open = state else { return 0 }
            return receive(socket, bytes)
        case LWS_CALLBACK_CLIENT_WRITEABLE:
            if !outgoing.flush(to: socket) { return -1 }
            if case .closing = state, outgoing.isEmpty {
                lws_close_reason(socket, LWS_CLOSE_STATUS_NORMAL, nil, 0)
                return -1
            }
            // Killed because of a failure that was already reported.
            if case .ended = state { return -1 }
        case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
            cause = .closed(Self.closeText(bytes))
        case LWS_CALLBACK_CLIENT_CLOSED:
            self.socket = nil
            end(cause ?? .closed("without a closing message"))
        default: break
        }
        return 0
    }

    private func receive(_ socket: OpaquePointer, _ bytes: UnsafeRawBufferPointer) -> Int32 {
        guard incoming.count + bytes.count <= limits.messageBytesMax else {
            cause = .closed("it sent a message of more than \(limits.messageBytesMax) bytes")
            lws_close_reason(socket, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, nil, 0)
            return -1
        }
        let isWhole = lws_is_final_fragment(socket) != 0 && lws_remaining_packet_payload(socket) == 0
        if isWhole, incoming.isEmpty {
            handler(self, .message(Array(bytes)))
        } else {
            incoming.append(contentsOf: bytes)
            if isWhole {
                let message = incoming
                incoming = []
                handler(self, .message(message))
            }
        }
        return 0
    }

    func destroyed(_ destroyed: OpaquePointer) {
        // The one before it, to another address, may go later than this one came.
        guard socket == destroyed else { return }
        socket = nil
        if case .open = state { end(cause ?? .closed("")) }
        if case .closing = state { end(nil) }
    }

    // MARK: Ending

    private func fail(_ failure: TransportFailure) {
        cause = failure
        loop?.soon { [weak self] in
            guard let self, case .open = state else { return }
            end(failure)
            kill()
        }
    }

    private func end(_ failure: TransportFailure?) {
        if case .ended = state { return }
        let isReported = if case .closing = state { false } else { true }
        state = .ended
        cancelDeadline()
        incoming = []
        if let failure, isReported { handler(self, .ended(failure)) }
    }

    private func cancelDeadline() {
        if let deadline { loop?.cancel(deadline) }
        deadline = nil
    }

    private func kill() {
        guard let socket else { return }
        lws_set_timeout(socket, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC)
    }

    private func setNoDelay(_ socket: OpaquePointer) {
        var on: Int32 = 1
        setsockopt(lws_get_socket_fd(socket), Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    /// - Parameter bytes: The status code, the higher byte first, then perhaps text.
    private static func closeText(_ bytes: UnsafeRawBufferPointer) -> String {
        guard bytes.count >= 2 else { return "by the other side" }
        let code = Int(bytes[0]) << 8 | Int(bytes[1])
        let text = String(decoding: bytes.dropFirst(2).prefix(200), as: UTF8.self)
        return text.isEmpty ? "by the other side, code \(code)" : "by the other side, code \(code): \(text)"
    }

    private static func failure(text: String, server: ServerAddress) -> TransportFailure {
        let lower = text.lowercased()
        let isTrust = ["cert", "x509", "ssl", "tls", "handshake failure"].contains { lower.contains($0) }
        if server.isSecure && isTrust { return .untrusted("\(server): \(text)") }
        // The server answered, but not with a WebSocket.
        if lower.contains("hs:") || lower.contains("upgrade") || lower.contains("http") {
            return .closed("\(server) did not open a WebSocket: \(text)")
        }
        return .unreachable("\(server): \(text.isEmpty ? "no connection" : text)")
    }
}
