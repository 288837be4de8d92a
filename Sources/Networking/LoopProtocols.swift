// SPDX-License-Identifier: Apache-2.0

internal import CWebSockets

/// The tables that tell libwebsockets which function to call. They live as long as the event loop.
final class LoopProtocols {
    enum Kind { case loop, client, server }

    static let loopName: StaticString = "loop"
    static let clientName: StaticString = "client"

    let loop = UnsafeMutablePointer<lws_protocols>.allocate(capacity: 2)
    private let client = UnsafeMutablePointer<lws_protocols>.allocate(capacity: 2)
    private let server = UnsafeMutablePointer<lws_protocols>.allocate(capacity: 2)

    init() {
        for (table, name, callback) in [
            (loop, Self.loopName, loopCallback), (client, Self.clientName, clientCallback),
            (server, "server" as StaticString, serverCallback),
        ] {
            // The second entry, of zeros, ends the table.
            table.initialize(repeating: lws_protocols(), count: 2)
            table.pointee.name = name.cString
            table.pointee.callback = callback
        }
    }

    deinit {
        loop.deallocate()
        client.deallocate()
        server.deallocate()
    }

    func table(_ kind: Kind) -> UnsafePointer<lws_protocols> {
        switch kind {
        case .loop: UnsafePointer(loop)
        case .client: UnsafePointer(client)
        case .server: UnsafePointer(server)
        }
    }
}

typealias SocketCallback =
    @convention(c) (
        OpaquePointer?, lws_callback_reasons, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, Int
    ) -> Int32

private let loopCallback: SocketCallback = { socket, reason, _, _, _ in
    guard reason == LWS_CALLBACK_RAW_RX_FILE, let socket, let user = lws_context_user(lws_get_context(socket)) else {
        return 0
    }
    Unmanaged<Poller>.fromOpaque(user).takeUnretainedValue().serve()
    return 0
}

extension StaticString {
    /// Valid for ever, as a literal is.
    var cString: UnsafePointer<CChar> { UnsafeRawPointer(utf8Start).assumingMemoryBound(to: CChar.self) }
}
