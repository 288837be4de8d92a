// SPDX-License-Identifier: Apache-2.0

internal import CWebSockets
internal import Glibc

struct ServerResponse {
    var status: Int
    var contentType: String
    var headers: [(name: String, value: String)]
    var body: [UInt8]
}

/// One connection of a client: HTTP requests one after the other, or a WebSocket.
final class ServerConnection {
    private enum State {
        case idle
        /// A body is on its way in.
        case receiving(LoopbackServer.Request)
        /// The handler has the request.
        case waiting
        case responding(ServerResponse, sent: Int)
        case webSocket
        case closing(UInt16, String)
        case ended
    }
    private enum Outgoing {
        case message([UInt8], fragmentBytes: Int?)
        case beginning([UInt8])
    }

    let id: ServerConnectionID
    private weak var server: LoopbackServer?
    private var socket: OpaquePointer?
    private var state = State.idle
    private var peer = ""
    private var path = ""
    private var incoming: [UInt8] = []
    private var outgoing: [Outgoing] = []
    /// The first of them that is not sent yet.
    private var next = 0
    private(set) var outgoingBytes = 0
    private var fragmentStart = 0
    private var isFrozen = false

    init(id: ServerConnectionID, server: LoopbackServer, socket: OpaquePointer) {
        self.id = id
        self.server = server
        self.socket = socket
    }

    // MARK: Orders of the server

    func respond(_ response: ServerResponse) {
        guard case .waiting = state, !isFrozen, let socket else { return }
        state = .responding(response, sent: -1)
        lws_callback_on_writable(socket)
    }

    func send(_ message: [UInt8], fragmentBytes: Int?) {
        guard case .webSocket = state, !isFrozen, let socket, let server else { return }
        guard outgoingBytes + message.count <= server.settings.sendQueueBytesMax else {
            reset()
            return
        }
        outgoing.append(.message(message, fragmentBytes: fragmentBytes))
        outgoingBytes += message.count
        lws_callback_on_writable(socket)
    }

    func breakOff(_ beginning: [UInt8]) {
        guard case .webSocket = state, !isFrozen, let socket else { return }
        outgoing.append(.beginning(beginning))
        lws_callback_on_writable(socket)
    }

    func close(code: UInt16, reason: String) {
        guard let socket else { return }
        if case .webSocket = state {
            state = .closing(code, reason)
            lws_callback_on_writable(socket)
        } else {
            lws_set_timeout(socket, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC)
        }
    }

    func reset() {
        guard let socket else { return }
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(
            lws_get_socket_fd(socket), SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        lws_set_timeout(socket, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC)
    }

    func freeze() {
        guard let socket else { return }
        isFrozen = true
        outgoing = []
        next = 0
        outgoingBytes = 0
        lws_rx_flow_control(socket, 0)
        lws_set_timeout(socket, NO_PENDING_TIMEOUT, 0)
    }

    // MARK: What libwebsockets says

    func serve(_ reason: lws_callback_reasons, _ bytes: UnsafeRawBufferPointer) -> Int32 {
        guard let socket, let server else { return -1 }
        if isFrozen { return 0 }
        switch reason {
        case LWS_CALLBACK_HTTP: return begin(socket, server, path: String(decoding: bytes, as: UTF8.self))
        case LWS_CALLBACK_HTTP_BODY:
            guard case .receiving(var request) = state else { return -1 }
            state = .idle
            guard request.body.count + bytes.count <= server.settings.bodyBytesMax else { return -1 }
            request.body.append(contentsOf: bytes)
            state = .receiving(request)
        case LWS_CALLBACK_HTTP_BODY_COMPLETION:
            guard case .receiving(let request) = state else { return -1 }
            hand(request, socket, server)
        case LWS_CALLBACK_HTTP_WRITEABLE: return writeResponse(socket)
        case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
            path = Self.header(socket, WSI_TOKEN_GET_URI) ?? ""
            return path == server.settings.webSocketPath ? 0 : -1
        case LWS_CALLBACK_ESTABLISHED:
            state = .webSocket
            server.handler(.opened(id, path: path, peer: Self.peer(socket)))
        case LWS_CALLBACK_RECEIVE: return receive(socket, server, bytes)
        case LWS_CALLBACK_SERVER_WRITEABLE: return write(socket)
        case LWS_CALLBACK_CLOSED, LWS_CALLBACK_CLOSED_HTTP: ended()
        default: break
        }
        return 0
    }

    func destroyed() {
        ended()
        socket = nil
        server?.remove(id)
    }

    private func ended() {
        let wasInUse =
            switch state {
            case .webSocket, .closing, .waiting, .responding: true
            case .idle, .receiving, .ended: false
            }
        state = .ended
        if wasInUse { server?.handler(.closed(id)) }
    }

    // MARK: HTTP

    private func begin(_ socket: OpaquePointer, _ server: LoopbackServer, path: String) -> Int32 {
        let methods: [(token: lws_token_indexes, name: String)] = [
            (WSI_TOKEN_POST_URI, "POST"), (WSI_TOKEN_PUT_URI, "PUT"), (WSI_TOKEN_DELETE_URI, "DELETE"),
        ]
        let method: String = methods.first(where: { lws_hdr_total_length(socket, $0.token) > 0 })?.name ?? "GET"
        let request = LoopbackServer.Request(
            connection: id, method: method, path: path, body: [], peer: Self.peer(socket))
        let length = Self.header(socket, WSI_TOKEN_HTTP_CONTENT_LENGTH).flatMap { Int($0) }
        guard length ?? 0 <= server.settings.bodyBytesMax else { return -1 }
        // Where a length is given, the end of the body is told, even of an empty one.
        if length != nil && method != "GET" {
            state = .receiving(request)
        } else {
            hand(request, socket, server)
        }
        return 0
    }

    private func hand(_ request: LoopbackServer.Request, _ socket: OpaquePointer, _ server: LoopbackServer) {
        state = .waiting
        // How long an answer takes is the handler's affair.
        lws_set_timeout(socket, NO_PENDING_TIMEOUT, 0)
        server.handler(.request(request))
    }

    private func writeResponse(_ socket: OpaquePointer) -> Int32 {
        guard case .responding(let response, var sent) = state else { return 0 }
        if sent < 0 {
            guard writeHeaders(response, socket) else { return -1 }
            sent = 0
            if response.body.isEmpty { return complete(socket) }
        } else {
            let count = min(response.body.count - sent, 32 * 1024)
            let isLast = sent + count == response.body.count
            let kind = isLast ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP
            guard Self.write(response.body[sent..<sent + count], kind, socket) else { return -1 }
            sent += count
            if isLast { return complete(socket) }
        }
        state = .responding(response, sent: sent)
        lws_callback_on_writable(socket)
        return 0
    }

    private func complete(_ socket: OpaquePointer) -> Int32 {
        state = .idle
        return lws_http_transaction_completed(socket) == 0 ? 0 : -1
    }

    private func writeHeaders(_ response: ServerResponse, _ socket: OpaquePointer) -> Bool {
        var buffer = [UInt8](repeating: 0, count: Int(apus_room_before_payload) + 8192)
        return buffer.withUnsafeMutableBufferPointer { bytes -> Bool in
            guard let base = bytes.baseAddress else { return false }
            let start = base + Int(apus_room_before_payload)
            let end = base + bytes.count
            var position: UnsafeMutablePointer<UInt8>? = start
            func add(_ name: String, _ value: String) -> Bool {
                lws_add_http_header_by_name(socket, "\(name):", value, Int32(value.utf8.count), &position, end) == 0
            }
            guard lws_add_http_header_status(socket, UInt32(clamping: response.status), &position, end) == 0,
                add("content-type", response.contentType),
                lws_add_http_header_content_length(socket, UInt64(response.body.count), &position, end) == 0,
                response.headers.allSatisfy({ add($0.name.lowercased(), $0.value) })
            else { return false }
            return lws_finalize_write_http_header(socket, start, &position, end) == 0
        }
    }

    // MARK: WebSocket

    private func receive(
        _ socket: OpaquePointer, _ server: LoopbackServer, _ bytes: UnsafeRawBufferPointer
    ) -> Int32 {
        guard case .webSocket = state else { return 0 }
        guard incoming.count + bytes.count <= server.settings.messageBytesMax else {
            lws_close_reason(socket, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, nil, 0)
            return -1
        }
        incoming.append(contentsOf: bytes)
        if lws_is_final_fragment(socket) != 0 && lws_remaining_packet_payload(socket) == 0 {
            let message = incoming
            incoming = []
            server.handler(.message(id, message))
        }
        return 0
    }

    private func write(_ socket: OpaquePointer) -> Int32 {
        while next < outgoing.count {
            guard lws_send_pipe_choked(socket) == 0 else {
                lws_callback_on_writable(socket)
                return 0
            }
            switch outgoing[next] {
            case .beginning(let bytes):
                let kind = LWS_WRITE_TEXT.rawValue | LWS_WRITE_NO_FIN.rawValue
                guard Self.write(bytes[...], lws_write_protocol(kind), socket) else { return -1 }
                outgoing = []
                next = 0
                reset()
                return 0
            case .message(let bytes, let fragmentBytes):
                let count = min(bytes.count - fragmentStart, max(1, fragmentBytes ?? bytes.count))
                let isLast = fragmentStart + count == bytes.count
                var kind = fragmentStart == 0 ? LWS_WRITE_TEXT.rawValue : LWS_WRITE_CONTINUATION.rawValue
                if !isLast { kind |= LWS_WRITE_NO_FIN.rawValue }
                let part = bytes[fragmentStart..<fragmentStart + count]
                guard Self.write(part, lws_write_protocol(kind), socket) else { return -1 }
                fragmentStart = isLast ? 0 : fragmentStart + count
                if isLast {
                    next += 1
                    outgoingBytes -= bytes.count
                }
            }
        }
        outgoing.removeAll(keepingCapacity: true)
        next = 0
        if case .closing(let code, let reason) = state {
            var text = Array(reason.utf8.prefix(120))
            lws_close_reason(socket, lws_close_status(UInt32(code)), &text, text.count)
            return -1
        }
        return 0
    }

    private static func write(_ bytes: ArraySlice<UInt8>, _ kind: lws_write_protocol, _ socket: OpaquePointer) -> Bool {
        let room = Int(apus_room_before_payload)
        var frame = [UInt8](repeating: 0, count: room)
        frame.append(contentsOf: bytes)
        return frame.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return false }
            return lws_write(socket, base + room, bytes.count, kind) >= 0
        }
    }

    // MARK: Headers

    private static func header(_ socket: OpaquePointer, _ token: lws_token_indexes) -> String? {
        let length = Int(lws_hdr_total_length(socket, token))
        guard length > 0 else { return nil }
        var text = [CChar](repeating: 0, count: length + 1)
        guard lws_hdr_copy(socket, &text, Int32(text.count), token) > 0 else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func peer(_ socket: OpaquePointer) -> String {
        var text = [CChar](repeating: 0, count: 64)
        guard lws_get_peer_simple(socket, &text, text.count) != nil else { return "" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
