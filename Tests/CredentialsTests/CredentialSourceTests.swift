// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import Trading

@testable import Credentials

@Suite struct CredentialSourceTests {
    static let key = String(repeating: "0123456789abcdef", count: 4)

    private func noVault() throws(CredentialError) -> Vault { throw .empty(source: "no vault is asked for") }

    @Test(arguments: [
        ("env:APUS_KEY", CredentialSource.environment(name: "APUS_KEY")),
        ("file:/run/secrets/key", .file(path: "/run/secrets/key")), ("file:a:b", .file(path: "a:b")),
        ("vault:hyperliquid-agent", .vault(name: "hyperliquid-agent")),
    ])
    func parses(text: String, source: CredentialSource) throws {
        #expect(try CredentialSource.parse(text) == source)
        #expect("\(source)" == text)
    }

    @Test(
        "What is no source is refused, and a key in its place is not repeated",
        arguments: [
            "", "env", "env:", "env:A-B", "vault:", "vault:a/b", "vault:..é", "file:", "s3:bucket", "ENV:A", " env:A",
            key, "0x" + key, "env:" + key, "vault:" + key, "file:" + key, "file:0x" + key, "env:0x\(key)",
        ])
    func refuses(text: String) throws {
        let error = #expect(throws: CredentialError.self) { try CredentialSource.parse(text) }
        let words = "\(try #require(error))"
        #expect(!words.contains("0123456789abcdef"))
        #expect(!words.isEmpty)
    }

    @Test func environment() throws {
        setenv("APUS_TEST_CREDENTIAL", "abc", 1)
        setenv("APUS_TEST_EMPTY_CREDENTIAL", "", 1)
        let source = try CredentialSource.parse("env:APUS_TEST_CREDENTIAL")
        #expect(try source.load(at: .epoch, vault: noVault).secret.text == "abc")
        #expect(throws: CredentialError.unset(name: "APUS_TEST_NONE")) {
            try CredentialSource.environment(name: "APUS_TEST_NONE").load(at: .epoch, vault: noVault)
        }
        #expect(throws: CredentialError.self) {
            try CredentialSource.environment(name: "APUS_TEST_EMPTY_CREDENTIAL").load(at: .epoch, vault: noVault)
        }
    }

    @Test("The ends of lines behind a secret are not part of it", arguments: ["k", "k\n", "k\r\n", "k\n\n"])
    func file(contents: String) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(contents, as: "key")
        #expect(try CredentialSource.file(path: path).load(at: .epoch, vault: noVault).secret.text == "k")
    }

    @Test(
        "A file that others may reach is refused, with the command that helps",
        arguments: [
            0o644, 0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o666, 0o777,
        ] as [mode_t])
    func openMode(mode: mode_t) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(Self.key, as: "key", mode: mode)
        let error = #expect(throws: CredentialError.self) {
            try CredentialSource.file(path: path).load(at: .epoch, vault: noVault)
        }
        let words = "\(try #require(error))"
        #expect(words.contains("chmod 600 \(path)"))
        #expect(words.contains("mode \(String(mode, radix: 8))"))
        #expect(!words.contains(Self.key))
    }

    @Test(arguments: [0o600, 0o400] as [mode_t])
    func privateMode(mode: mode_t) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("k", as: "key", mode: mode)
        #expect(try CredentialSource.file(path: path).load(at: .epoch, vault: noVault).secret.text == "k")
    }

    @Test func linksFoldersPipesAndOthersFilesAreRefused() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("k", as: "key")
        symlink(path, folder.path("link"))
        mkfifo(folder.path("pipe"), 0o600)
        try folder.write("\n", as: "empty")
        try folder.write(repeatElement(65, count: 70_000), as: "long")
        let cases = [
            ("link", "is a symbolic link"), ("pipe", "is no ordinary file"), (".", "is no ordinary file"),
            ("none", "does not exist"), ("empty", "is empty"), ("long", "has 70000 bytes"),
        ]
        for (name, words) in cases {
            let error = #expect(throws: CredentialError.self) {
                try CredentialSource.file(path: folder.path(name)).load(at: .epoch, vault: noVault)
            }
            #expect("\(try #require(error))".contains(words))
        }
        // Only the system's administrator can give a file away.
        if chown(path, 12345, 12345) == 0 {
            let error = #expect(throws: CredentialError.self) {
                try CredentialSource.file(path: path).load(at: .epoch, vault: noVault)
            }
            #expect("\(try #require(error))".contains("belongs to user 12345"))
        }
    }

    @Test func vault() throws {
        let folder = try TemporaryFolder()
        try makeVault(folder).add("agent", Secret("k"), expires: Timestamp(seconds: 100), at: .epoch)
        let source = CredentialSource.vault(name: "agent")
        let credential = try source.load(at: Timestamp(seconds: 99)) { () throws(CredentialError) in
            try openVault(folder)
        }
        #expect(credential.secret.text == "k")
        #expect(credential.expires == Timestamp(seconds: 100))
        #expect(throws: CredentialError.expired(name: "agent", Timestamp(seconds: 100))) {
            try source.load(at: Timestamp(seconds: 100)) { () throws(CredentialError) in try openVault(folder) }
        }
        #expect(throws: CredentialError.unknownEntry(name: "other", path: folder.path("vault"), known: ["agent"])) {
            try CredentialSource.vault(name: "other").load(at: .epoch) { () throws(CredentialError) in
                try openVault(folder)
            }
        }
    }
}
