// SPDX-License-Identifier: Apache-2.0

internal import CWebSockets
internal import Glibc
internal import VenueInterface

/// Opens WebSocket connections to one server over libwebsockets.
final class WebSocketClient {
    let loop: EventLoop
    let endpoint: VenueEndpoint
    let proxy: ProxyAddress?
    private let host: OpaquePointer
    private let trust: OpaquePointer?
    private let resolver: NameResolver
    private var isClosed = false

    init(endpoint: VenueEndpoint, loop: EventLoop) throws(NetworkError) {
        self.loop = loop
        self.endpoint = endpoint
        proxy = try endpoint.proxy.proxy(for: endpoint.stream)
        resolver = NameResolver(loop: loop)
        guard let trust = apus_tls_create(endpoint.authoritiesFile) else {
            throw NetworkError(
                "the authorities in \(endpoint.authoritiesFile ?? "the system's store") cannot be read. "
                    + "Give a file with certificates in PEM format.")
        }
        self.trust = trust
        var info = lws_context_creation_info()
        info.port = CONTEXT_PORT_NO_LISTEN
        info.protocols = loop.protocolTable(.client)
        info.provided_client_ssl_ctx = trust
        info.options = UInt64(LWS_SERVER_OPTION_EXPLICIT_VHOSTS) | UInt64(LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT)
        // Not empty text, and no address: what the environment says was looked at above.
        let created = "".withCString { noProxy in
            info.http_proxy_address = noProxy
            return lws_create_vhost(loop.context, &info)
        }
        guard let host = created else {
            apus_tls_free(trust)
            throw NetworkError("libwebsockets could not set up a client for \(endpoint.stream).")
        }
        self.host = host
    }

    deinit { close() }

    /// Ends all connections without a word to anybody.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        lws_vhost_destroy(host)
        apus_tls_free(trust)
    }

    /// Calls later, never before it returns: first for the opening or the end, then for messages, and once for the end.
    func open(path: String, _ handler: @escaping (WebSocketConnection, WebSocketEvent) -> Void) -> WebSocketConnection {
        let connection = WebSocketConnection(client: self, path: endpoint.stream.pathPrefix + path, handler: handler)
        connection.start(resolver: resolver, virtualHost: host)
        return connection
    }
}

enum WebSocketEvent {
    case opened
    case message([UInt8])
    case ended(TransportFailure)
}

/// Called by libwebsockets for everything that happens to a connection of a client.
let clientCallback: SocketCallback = { socket, reason, _, bytes, count in
    guard let socket, let pointer = lws_get_opaque_user_data(socket) else { return 0 }
    let reference = Unmanaged<WebSocketConnection>.fromOpaque(pointer)
    if reason == LWS_CALLBACK_WSI_DESTROY {
        lws_set_opaque_user_data(socket, nil)
        reference.takeUnretainedValue().destroyed(socket)
        reference.release()
        return 0
    }
    return reference.takeUnretainedValue().serve(reason, socket, UnsafeRawBufferPointer(start: bytes, count: count))
}
