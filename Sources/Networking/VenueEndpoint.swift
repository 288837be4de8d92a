// SPDX-License-Identifier: Apache-2.0

/// Where a venue is, and how to get there.
public struct VenueEndpoint: Hashable, Sendable {
    /// `https://…` or `http://…`.
    public var rest: ServerAddress
    /// `wss://…` or `ws://…`.
    public var stream: ServerAddress
    public var proxy: ProxySetting
    /// A PEM file of authorities to trust besides the system's.
    public var authoritiesFile: String?
    /// Off only where a person asked for it by name: anybody in between could then read and change everything.
    public var verifiesCertificates: Bool
    public var limits: TransportLimits

    public init(
        rest: ServerAddress, stream: ServerAddress, proxy: ProxySetting = .environment,
        authoritiesFile: String? = nil, verifiesCertificates: Bool = true, limits: TransportLimits = TransportLimits()
    ) {
        self.rest = rest
        self.stream = stream
        self.proxy = proxy
        self.authoritiesFile = authoritiesFile
        self.verifiesCertificates = verifiesCertificates
        self.limits = limits
    }
}

/// Bounds, so that no other side can fill the memory or hold up everything.
public struct TransportLimits: Hashable, Sendable {
    /// Of one message of a stream, put together from its fragments.
    public var messageBytesMax = 16 << 20
    /// Of one answer to a request.
    public var answerBytesMax = 64 << 20
    /// Of all that waits to be sent on one stream.
    public var sendQueueBytesMax = 4 << 20
    /// For a name, a connection and its handshakes together.
    public var connectSecondsMax: Int64 = 10
    public init() {}
}

/// A server by scheme, host and port, with what stands before every path.
public struct ServerAddress: Hashable, Sendable, CustomStringConvertible {
    public let isSecure: Bool
    /// Without the brackets of an IPv6 address.
    public let host: String
    public let port: UInt16
    /// Empty, or with a slash at its start and none at its end.
    public let pathPrefix: String
    private let scheme: String

    /// Reads `https://api.example.com`, `ws://127.0.0.1:3001/v2`.
    public init(parsing text: String) throws(NetworkError) {
        func wrong(_ reason: String) -> NetworkError {
            NetworkError(
                "'\(text.prefix(200))' is not an address (\(reason)). Write one such as https://api.example.com.")
        }
        let schemes: [(name: String, isSecure: Bool)] = [
            ("https", true), ("http", false), ("wss", true), ("ws", false),
        ]
        guard let scheme = schemes.first(where: { text.hasPrefix($0.name + "://") }) else {
            throw wrong("it starts with none of https://, http://, wss://, ws://")
        }
        let rest = text.dropFirst(scheme.name.utf8.count + 3)
        let authority = rest.prefix { $0 != "/" }
        var path = rest.dropFirst(authority.count)
        while path.last == "/" { path.removeLast() }
        guard path.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }) else {
            throw wrong("its path is not plain")
        }
        guard let (host, port) = Self.splitAuthority(authority, defaultPort: scheme.isSecure ? 443 : 80) else {
            throw wrong("its host or port cannot be read")
        }
        self.scheme = scheme.name
        self.isSecure = scheme.isSecure
        self.host = host
        self.port = port
        self.pathPrefix = String(path)
    }

    static func splitAuthority(_ text: Substring, defaultPort: UInt16) -> (String, UInt16)? {
        var host = text
        var port = defaultPort
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            if !rest.isEmpty {
                guard rest.first == ":", let number = UInt16(rest.dropFirst()) else { return nil }
                port = number
            }
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            guard let number = UInt16(text[text.index(after: colon)...]) else { return nil }
            port = number
        }
        let isPlain = host.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: ":"),
                UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard !host.isEmpty, host.utf8.count < 256, isPlain, port > 0 else { return nil }
        return (String(host), port)
    }

    /// The host as an address or a header names it.
    var authority: String {
        let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    public var description: String { "\(scheme)://\(authority)\(pathPrefix)" }
}
