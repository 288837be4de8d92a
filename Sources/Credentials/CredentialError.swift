// SPDX-License-Identifier: Apache-2.0

public import Trading

/// Why a credential could not be had. No text of it holds a byte of a secret.
public enum CredentialError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The text says no source. It is not repeated: it may be the secret itself.
    case noSource
    case badName(String)
    case unset(name: String)
    case empty(source: String)
    case file(path: String, problem: String, advice: String)
    case passphrase(problem: String, advice: String)
    case wrongPassphrase(path: String)
    case damagedVault(path: String, problem: String)
    case newerVault(path: String, version: Int)
    case unknownEntry(name: String, path: String, known: [String])
    case existingEntry(name: String, path: String)
    case expired(name: String, Timestamp)

    public var description: String {
        switch self {
        case .noSource:
            "A credential is named by its source: env:NAME, file:PATH or vault:NAME. What stands there is something "
                + "else and is not shown, because it may be the secret itself. If it is, take it out and replace it at "
                + "the venue: it was readable."
        case .badName(let name):
            "\(Self.shown(name)) cannot name a credential. Use 1 to 60 letters, digits, '-', '_' and '.'."
        case .unset(let name):
            "The environment variable \(Self.shown(name)) is not set. Set it, or use file:PATH or vault:NAME."
        case .empty(let source): "\(source) is empty. Put the secret there."
        case .file(let path, let problem, let advice): "\(path) \(problem). \(advice)"
        case .passphrase(let problem, let advice): "\(problem). \(advice)"
        case .wrongPassphrase(let path): "The passphrase does not open \(path). The file is whole; try again."
        case .damagedVault(let path, let problem):
            "\(path) is damaged: \(problem). Bring it back from a backup, or make a new one with `apus vault init` "
                + "and fill it again."
        case .newerVault(let path, let version):
            "\(path) has version \(version) of the vault's format, which this program cannot read. Use a newer one."
        case .unknownEntry(let name, let path, let known):
            "\(path) has no entry \(Self.shown(name)). "
                + (known.isEmpty
                    ? "It is empty: `apus vault add NAME` adds one."
                    : "It has: \(known.joined(separator: ", ")). `apus vault add NAME` adds one.")
        case .existingEntry(let name, let path):
            "\(path) has an entry \(Self.shown(name)) already. `apus vault rotate` replaces its secret."
        case .expired(let name, let time):
            "The credential \(Self.shown(name)) expired at \(time). Make a new one at the venue, then: "
                + "apus vault rotate NAME."
        }
    }

    /// A name for a message. What is longer than any sensible name is not shown: it may be a secret in the wrong place.
    private static func shown(_ name: String) -> String {
        name.count <= 40 ? "'\(name)'" : "a name of \(name.count) characters"
    }
}
