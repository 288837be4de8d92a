// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import Trading

@testable import Credentials

extension Secret {
    convenience init(_ text: String) {
        var bytes = Array(text.utf8)
        self.init(taking: &bytes)
    }

    /// The secret as text, for comparing.
    var text: String { withBytes { String(decoding: $0, as: UTF8.self) } }
}

/// A folder of its own for one test, removed at the end.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/apus-credentials-XXXXXX".utf8CString)
        path = try #require(mkdtemp(&template).map { String(cString: $0) })
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func path(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file that only its owner may read, and returns its path.
    @discardableResult
    func write(_ bytes: some Sequence<UInt8>, as name: String, mode: mode_t = 0o600) throws -> String {
        try Data(Array(bytes)).write(to: URL(fileURLWithPath: path(name)))
        chmod(path(name), mode)
        return path(name)
    }

    @discardableResult
    func write(_ text: String, as name: String, mode: mode_t = 0o600) throws -> String {
        try write(text.utf8, as: name, mode: mode)
    }

    func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path(name)))) }

    func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
}

/// A key that is made in a millisecond.
let cheap = VaultFormat.Cost(logN: 4)
let passphrase = "correct horse battery"

func makeVault(_ folder: TemporaryFolder) throws(CredentialError) -> Vault {
    try Vault.create(at: folder.path("vault"), passphrase: Secret(passphrase), cheap)
}

func openVault(
    _ folder: TemporaryFolder, _ words: String = passphrase, for access: Vault.Access = .read
) throws(CredentialError) -> Vault {
    try Vault.open(at: folder.path("vault"), for: access) { () throws(CredentialError) in Secret(words) }
}
