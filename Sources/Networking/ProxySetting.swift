// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Which HTTP proxy to go through.
public enum ProxySetting: Hashable, Sendable {
    case none
    /// As `https_proxy`, `http_proxy`, `all_proxy` and `no_proxy` say, in small or capital letters; `http_proxy` in
    /// small letters only, because a web server may set the other one from a request.
    case environment
    case address(ProxyAddress)
}

/// An HTTP proxy that opens tunnels (CONNECT).
public struct ProxyAddress: Hashable, Sendable {
    public let host: String
    public let port: UInt16
    /// `user:password`, percent signs resolved.
    let credentials: String?

    /// Reads `http://[user:password@]host:port`, or the same without `http://`.
    public init(parsing text: String) throws(NetworkError) {
        var rest = text[...]
        if rest.hasPrefix("http://") { rest = rest.dropFirst(7) }
        while rest.last == "/" { rest.removeLast() }
        var credentials: String?
        if let at = rest.lastIndex(of: "@") {
            credentials = Self.resolvePercentSigns(rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        guard !rest.contains("/"), let (host, port) = ServerAddress.splitAuthority(rest, defaultPort: 3128) else {
            // The text may hold a password.
            throw NetworkError("the proxy's address cannot be read. Write one such as http://proxy.example.com:3128.")
        }
        self.host = host
        self.port = port
        self.credentials = credentials
    }

    private static func resolvePercentSigns(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension ProxySetting {
    /// The proxy for one server, or none.
    public func proxy(for server: ServerAddress) throws(NetworkError) -> ProxyAddress? {
        try proxy(for: server) { name in getenv(name).map { String(cString: $0) } }
    }

    func proxy(
        for server: ServerAddress, environment: (String) -> String?
    ) throws(NetworkError) -> ProxyAddress? {
        func value(_ names: String...) -> String? {
            names.lazy.compactMap(environment).first { !$0.isEmpty }
        }
        switch self {
        case .none: return nil
        case .address(let address): return address
        case .environment:
            if let exempt = value("no_proxy", "NO_PROXY"), Self.isExempt(server.host, by: exempt) { return nil }
            let specific = server.isSecure ? value("https_proxy", "HTTPS_PROXY") : value("http_proxy")
            guard let text = specific ?? value("all_proxy", "ALL_PROXY") else { return nil }
            return try ProxyAddress(parsing: text)
        }
    }

    private static func isExempt(_ host: String, by list: String) -> Bool {
        list.split(whereSeparator: { $0 == "," || $0 == " " }).contains { entry in
            if entry == "*" { return true }
            let name = entry.drop { $0 == "." }.lowercased()
            return host.lowercased() == name || host.lowercased().hasSuffix("." + name)
        }
    }
}
