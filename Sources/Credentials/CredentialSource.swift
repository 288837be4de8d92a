// SPDX-License-Identifier: Apache-2.0

internal import Glibc
public import Trading

/// A secret with what is known about it.
public struct Credential: Sendable {
    public let secret: Secret
    /// When it stops working, where that is known.
    public let expires: Timestamp?

    public init(secret: Secret, expires: Timestamp?) {
        self.secret = secret
        self.expires = expires
    }
}

/// Where a credential comes from, as a configuration names it.
public enum CredentialSource: Hashable, Sendable, CustomStringConvertible {
    /// `env:NAME`
    case environment(name: String)
    /// `file:PATH`
    case file(path: String)
    /// `vault:NAME`
    case vault(name: String)

    /// Reads `env:NAME`, `file:PATH` or `vault:NAME`.
    public static func parse(_ text: String) throws(CredentialError) -> CredentialSource {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !looksLikeKey(parts[1]) else { throw .noSource }
        switch parts[0] {
        case "env":
            let isName = parts[1].utf8.allSatisfy { byte in
                switch byte {
                case 48...57, 65...90, 95, 97...122: true
                default: false
                }
            }
            guard isName, (1...100).contains(parts[1].utf8.count) else { throw .badName(parts[1]) }
            return .environment(name: parts[1])
        case "file":
            guard !parts[1].isEmpty, !parts[1].utf8.contains(0) else { throw .badName(parts[1]) }
            return .file(path: parts[1])
        case "vault":
            guard Vault.isName(parts[1]) else { throw .badName(parts[1]) }
            return .vault(name: parts[1])
        default: throw .noSource
        }
    }

    /// As a configuration writes it.
    public var description: String {
        switch self {
        case .environment(let name): "env:\(name)"
        case .file(let path): "file:\(path)"
        case .vault(let name): "vault:\(name)"
        }
    }

    /// Fetches the secret.
    ///
    /// - Parameters:
    ///   - now: The wall clock: an expired entry of a vault is refused.
    ///   - vault: Opens the vault; called for `vault:NAME` only, so that nothing else asks for a passphrase.
    public func load(
        at now: Timestamp, vault: () throws(CredentialError) -> Vault
    ) throws(CredentialError) -> Credential {
        switch self {
        case .environment(let name):
            guard let value = getenv(name) else { throw .unset(name: name) }
            let count = strlen(value)
            guard count > 0 else { throw .empty(source: "The environment variable \(name)") }
            let secret = Secret(capacity: count) { room in
                room.copyMemory(from: UnsafeRawBufferPointer(start: value, count: count))
                return count
            }
            return Credential(secret: secret, expires: nil)
        case .file(let path):
            let secret = try SecretFile.read(path).withoutLineEnd()
            guard !secret.isEmpty else { throw .empty(source: path) }
            return Credential(secret: secret, expires: nil)
        case .vault(let name):
            return try vault().credential(named: name, at: now)
        }
    }
}

/// Whether text is 32 bytes or more in hexadecimal digits, as private keys are written: no file or variable is called so.
private func looksLikeKey(_ text: String) -> Bool {
    let digits = text.hasPrefix("0x") ? text.dropFirst(2) : text[...]
    return digits.utf8.count >= 64 && digits.allSatisfy { $0.isASCII && $0.isHexDigit }
}
