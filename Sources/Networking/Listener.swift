// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// A TCP socket that listens.
struct Listener {
    let descriptor: Int32
    let port: UInt16

    /// - Parameters:
    ///   - address: IPv4, of this machine.
    ///   - port: 0: any that is free.
    init(address: String, port: UInt16) throws(NetworkError) {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        guard inet_pton(AF_INET, address, &name.sin_addr) == 1 else {
            throw NetworkError("'\(address)' is no IPv4 address to listen on. Give one such as 127.0.0.1.")
        }
        descriptor = socket(AF_INET, Int32(apus_stream_socket | apus_close_on_exec | apus_non_blocking), 0)
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = descriptor
        let isBound = withUnsafeMutablePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                bind(socket, name, length) == 0 && listen(socket, 512) == 0 && getsockname(socket, name, &length) == 0
            }
        }
        guard isBound else {
            let reason = String(cString: strerror(errno))
            Glibc.close(descriptor)
            throw NetworkError("cannot listen on \(address):\(port): \(reason).")
        }
        self.port = UInt16(bigEndian: name.sin_port)
    }

    /// A connection that waits to be taken; it does not block.
    func accept() -> Int32? {
        while true {
            let taken = accept4(descriptor, nil, nil, Int32(apus_close_on_exec | apus_non_blocking))
            if taken >= 0 {
                // What is written goes out at once, an answer's headers and its body too.
                var on: Int32 = 1
                setsockopt(taken, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
                return taken
            }
            if errno != EINTR && errno != ECONNABORTED { return nil }
        }
    }

    func close() { Glibc.close(descriptor) }
}
