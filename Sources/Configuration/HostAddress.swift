// SPDX-License-Identifier: Apache-2.0

/// The address of a server: a scheme, a host and perhaps a port, nothing else.
public struct HostAddress: Sendable, Hashable, CustomStringConvertible {
    public let scheme: String
    /// A name, an IPv4 address, or an IPv6 address without its brackets.
    public let host: String
    /// `nil`: the scheme's own.
    public let port: UInt16?

    /// - Parameters:
    ///   - schemes: Those that are allowed for any host.
    ///   - localSchemes: Those that are allowed for this machine alone: what they carry is not encrypted.
    init?(_ text: String, schemes: [String], localSchemes: [String]) {
        guard text.utf8.count <= 300, let mark = text.range(ofSeparator: "://") else { return nil }
        let scheme = String(text[..<mark.lowerBound])
        var rest = text[mark.upperBound...]
        if rest.last == "/" { rest = rest.dropLast() }
        let host: Substring
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else { return nil }
            host = rest[rest.index(after: rest.startIndex)..<end]
            guard host.utf8.contains(UInt8(ascii: ":")),
                host.utf8.allSatisfy({ $0.isHexadecimal || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") })
            else { return nil }
            rest = rest[rest.index(after: end)...]
        } else {
            host = rest.prefix { $0 != ":" }
            guard !host.isEmpty,
                host.utf8.allSatisfy({ $0.isLetterOrDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") })
            else { return nil }
            rest = rest[host.endIndex...]
        }
        if rest.isEmpty {
            port = nil
        } else {
            guard rest.first == ":", rest.dropFirst().utf8.allSatisfy(\.isDigit), let number = UInt16(rest.dropFirst()),
                number > 0
            else { return nil }
            port = number
        }
        self.scheme = scheme
        self.host = String(host)
        guard schemes.contains(scheme) || (localSchemes.contains(scheme) && isThisMachine) else { return nil }
    }

    init(scheme: String, host: String, port: UInt16?) {
        self.scheme = scheme
        self.host = host
        self.port = port
    }

    public var isThisMachine: Bool { host == "localhost" || host == "::1" || Self.isLoopback(host) }

    /// `127.x.y.z` in four numbers; a name such as `127.example.com` is none.
    private static func isLoopback(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    public var isEncrypted: Bool { scheme == "https" || scheme == "wss" }

    /// As it is written, without a `/` at its end.
    public var description: String {
        "\(scheme)://" + (host.contains(":") ? "[\(host)]" : host) + (port.map { ":\($0)" } ?? "")
    }
}

extension String {
    fileprivate func range(ofSeparator separator: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(separator) { return start..<index(start, offsetBy: separator.count) }
            start = index(after: start)
        }
        return nil
    }
}
