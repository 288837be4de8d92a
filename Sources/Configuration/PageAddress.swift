// SPDX-License-Identifier: Apache-2.0

/// The address of one page: a server, and a path with perhaps a query.
public struct PageAddress: Sendable, Hashable, CustomStringConvertible {
    public let server: HostAddress
    /// From the host on, with the query: `/fng/?limit=1`.
    public let path: String

    /// Reads `https://host[:port]/path?query`, and `http://` for this machine alone.
    ///
    /// - Returns: `nil` for everything else: names and passwords, fragments, queries that hold a secret.
    init?(_ text: String) {
        guard text.utf8.allSatisfy({ $0 > 32 && $0 < 127 }), !text.contains("#"), !text.contains("@") else {
            return nil
        }
        let scheme = text.hasPrefix("https://") ? 8 : 7
        let end = text.dropFirst(scheme).firstIndex { $0 == "/" || $0 == "?" } ?? text.endIndex
        guard let server = HostAddress(String(text[..<end]), schemes: ["https"], localSchemes: ["http"]) else {
            return nil
        }
        let rest = text[end...]
        guard !Self.holdsSecret(rest.drop { $0 != "?" }.dropFirst()), !text.holdsKey else { return nil }
        self.server = server
        path = rest.hasPrefix("/") ? String(rest) : "/\(rest)"
    }

    /// Whether a query has a member that is called like a secret: it belongs into a header, whose value is elsewhere.
    private static func holdsSecret(_ query: Substring) -> Bool {
        let names: Set<String> = [
            "key", "apikey", "apitoken", "token", "accesstoken", "authtoken", "auth", "secret", "apisecret", "password",
            "passphrase", "signature", "sig", "appid", "privatekey",
        ]
        return query.split(separator: "&").contains { member in
            names.contains(member.prefix { $0 != "=" }.lowercased().filter { $0 != "_" && $0 != "-" })
        }
    }

    /// Without the query, for messages.
    public var description: String { "\(server)\(path.prefix { $0 != "?" })" }
}

/// A header of requests whose value is a secret: where that is, and a word before it such as `Bearer`.
public struct SecretHeader: Sendable, Hashable {
    public let name: String
    public let prefix: String
    public let source: CredentialSource

    init?(_ name: String, _ text: String) {
        guard let (prefix, source) = Self.parts(text) else { return nil }
        self.name = name
        self.prefix = prefix
        self.source = source
    }

    /// Reads `env:NAME`, `Bearer env:NAME`.
    static func parts(_ text: String) -> (prefix: String, source: CredentialSource)? {
        if let source = CredentialSource(text) { return ("", source) }
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 2, (1...16).contains(words[0].utf8.count), words[0].utf8.allSatisfy(\.isLetterOrDigit),
            let source = CredentialSource(String(words[1]))
        else { return nil }
        return ("\(words[0]) ", source)
    }
}
