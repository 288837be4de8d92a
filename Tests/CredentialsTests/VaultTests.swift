// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing
import Trading

@testable import Credentials

@Suite struct VaultTests {
    private let now = Timestamp(seconds: 1_800_000_000)

    @Test func keepsWhatIsAddedRotatedAndRemoved() throws {
        let folder = try TemporaryFolder()
        let vault = try makeVault(folder)
        #expect(try openVault(folder).entries.isEmpty)
        let end = Timestamp(seconds: 1_900_000_000)
        try vault.add("b", Secret("second"), expires: end, at: now)
        try vault.add("a", Secret("first"), expires: nil, at: now)
        #expect(throws: CredentialError.existingEntry(name: "a", path: vault.path)) {
            try vault.add("a", Secret("x"), expires: nil, at: now)
        }
        let later = Timestamp(seconds: 1_800_000_001)
        try vault.rotate("a", Secret("third"), expires: end, at: later)
        #expect(throws: CredentialError.self) { try vault.rotate("a", Secret("third"), expires: nil, at: later) }
        #expect(throws: CredentialError.self) { try vault.rotate("c", Secret("x"), expires: nil, at: later) }
        let read = try openVault(folder)
        #expect(
            read.entries == [
                VaultEntry(name: "a", created: now, changed: later, expires: end),
                VaultEntry(name: "b", created: now, changed: now, expires: end),
            ])
        #expect(try read.credential(named: "a", at: now).secret.text == "third")
        #expect(try read.credential(named: "b", at: now).secret.text == "second")
        try vault.remove("b")
        #expect(throws: CredentialError.self) { try vault.remove("b") }
        #expect(try openVault(folder).entries.map(\.name) == ["a"])
    }

    @Test func fileIsPrivateAndHoldsNoSecret() throws {
        let folder = try TemporaryFolder()
        let vault = try makeVault(folder)
        try vault.add("some-name", Secret("some-secret-value"), expires: nil, at: now)
        let text = String(decoding: try folder.bytes("vault"), as: UTF8.self)
        #expect(!text.contains("some-secret-value"))
        #expect(!text.contains("some-name"), "names are encrypted too")
        #expect(try folder.names() == ["vault", "vault.lock"])
        var status = stat()
        stat(vault.path, &status)
        #expect(status.st_mode & 0o777 == 0o600)
        chmod(vault.path, 0o644)
        let error = #expect(throws: CredentialError.self) { try openVault(folder) }
        #expect("\(try #require(error))".contains("chmod 600"))
    }

    @Test func wrongPassphraseIsToldFromDamage() throws {
        let folder = try TemporaryFolder()
        try makeVault(folder).add("a", Secret("k"), expires: nil, at: now)
        #expect(throws: CredentialError.wrongPassphrase(path: folder.path("vault"))) {
            try openVault(folder, "wrong horse")
        }
        try openVault(folder, for: .change).changePassphrase(to: Secret("another passphrase"))
        #expect(throws: CredentialError.wrongPassphrase(path: folder.path("vault"))) { try openVault(folder) }
        #expect(try openVault(folder, "another passphrase").credential(named: "a", at: now).secret.text == "k")
    }

    @Test(arguments: ["", "short", "123456789"])
    func weakPassphraseIsRefused(words: String) throws {
        let folder = try TemporaryFolder()
        #expect(throws: CredentialError.self) {
            try Vault.create(at: folder.path("vault"), passphrase: Secret(words), cheap)
        }
        #expect(try !folder.names().contains("vault"))
    }

    @Test func existingFileIsNeverOverwritten() throws {
        let folder = try TemporaryFolder()
        _ = try makeVault(folder)
        let before = try folder.bytes("vault")
        #expect(throws: CredentialError.self) { try makeVault(folder) }
        #expect(try folder.bytes("vault") == before)
        symlink("nowhere", folder.path("dangling"))
        #expect(throws: CredentialError.self) {
            try Vault.create(at: folder.path("dangling"), passphrase: Secret(passphrase), cheap)
        }
    }

    @Test("Any byte changed, and any length cut, is damage that is said before a passphrase is asked for")
    func tampered() throws {
        let folder = try TemporaryFolder()
        try makeVault(folder).add("a", Secret("the-secret"), expires: nil, at: now)
        let whole = try folder.bytes("vault")
        var random = SeededRandom(seed: 1)
        func expectDamage(_ bytes: [UInt8]) throws {
            try folder.write(bytes, as: "vault")
            let error = #expect(throws: CredentialError.self) {
                try Vault.open(at: folder.path("vault"), for: .read) { () throws(CredentialError) in
                    Issue.record("the passphrase of a damaged vault is of no use")
                    return Secret(passphrase)
                }
            }
            guard case .damagedVault = error else { throw try #require(error) }
            #expect(!"\(try #require(error))".contains("the-secret"))
        }
        for place in whole.indices {
            var changed = whole
            changed[place] ^= .random(in: 1...255, using: &random)
            try expectDamage(changed)
        }
        for length in whole.indices { try expectDamage(Array(whole[..<length])) }
        try expectDamage(whole + [0])
        try folder.write(whole, as: "vault")
        #expect(try openVault(folder).entries.count == 1)
    }

    @Test("Who changes a byte and mends the checksum is caught by the encryption")
    func forged() throws {
        let folder = try TemporaryFolder()
        try makeVault(folder).add("a", Secret("the-secret"), expires: nil, at: now)
        let whole = try folder.bytes("vault")
        var outcomes: Set<String> = []
        for place in 0..<whole.count - VaultFormat.checksumLength {
            var forged = Array(whole.dropLast(VaultFormat.checksumLength))
            forged[place] ^= 1
            forged += VaultFormat.checksum(forged[...])
            try folder.write(forged, as: "vault")
            let error = #expect(throws: CredentialError.self, "byte \(place)") { try openVault(folder) }
            switch error {
            case .damagedVault: outcomes.insert("damaged")
            case .wrongPassphrase: outcomes.insert("wrong")
            case .newerVault: outcomes.insert("newer")
            default: Issue.record("byte \(place): \(error.map { "\($0)" } ?? "opened")")
            }
        }
        #expect(outcomes == ["damaged", "wrong", "newer"])
    }

    @Test("Bytes that are no vault never trap", arguments: UInt64(0)..<100)
    func randomFile(seed: UInt64) throws {
        let folder = try TemporaryFolder()
        var random = SeededRandom(seed: seed)
        var bytes = (0..<Int.random(in: 0...300, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        if seed % 2 == 0 {
            bytes = VaultFormat.magic + [1, 0, 4, 8, 1, 0, 0, 0] + bytes
            bytes += VaultFormat.checksum(bytes[...])
        }
        try folder.write(bytes, as: "vault")
        #expect(throws: CredentialError.self) { try openVault(folder) }
    }

    @Test("A decrypted list of entries that makes no sense is an error", arguments: UInt64(0)..<200)
    func randomEntries(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        if seed % 2 == 0, bytes.count > 8 { bytes.replaceSubrange(0..<6, with: [2, 0, 0, 0, 1, 0]) }
        #expect(throws: CredentialError.self) { try VaultEntries.decode(Secret(taking: &bytes), path: "v") }
    }

    @Test(
        "A write that ends at any step leaves the old vault, or has put the new one", arguments: VaultWriteStep.allCases
    )
    func crash(step: VaultWriteStep) throws {
        let folder = try TemporaryFolder()
        let vault = try makeVault(folder)
        try vault.add("a", Secret("old"), expires: nil, at: now)
        vault.observe = { (reached: VaultWriteStep) throws(CredentialError) in
            if reached == step { throw .file(path: "disk", problem: "is full", advice: "Make room.") }
        }
        #expect(throws: CredentialError.self) { try vault.rotate("a", Secret("new"), expires: nil, at: now) }
        let isNew = step == .renamed || step == .folderSynced
        #expect(try openVault(folder).credential(named: "a", at: now).secret.text == (isNew ? "new" : "old"))
        #expect(try folder.names() == ["vault", "vault.lock"])
    }

    @Test func leftoverOfACrashIsInNobodysWay() throws {
        let folder = try TemporaryFolder()
        let vault = try makeVault(folder)
        try folder.write("half a vault", as: "vault.writing", mode: 0o644)
        try vault.add("a", Secret("k"), expires: nil, at: now)
        #expect(try folder.names() == ["vault", "vault.lock"])
        #expect(try openVault(folder).entries.count == 1)
    }

    @Test(
        "A vault that is not there is said, and nothing is made in its place", arguments: [Vault.Access.read, .change])
    func absent(access: Vault.Access) throws {
        let folder = try TemporaryFolder()
        let error = #expect(throws: CredentialError.self) { try openVault(folder, for: access) }
        #expect("\(try #require(error))".contains("`apus vault init` makes one"))
        #expect(try folder.names().isEmpty)
    }

    @Test func onlyOneProgramChangesIt() throws {
        let folder = try TemporaryFolder()
        let vault = try makeVault(folder)
        let error = #expect(throws: CredentialError.self) { try openVault(folder, for: .change) }
        #expect("\(try #require(error))".contains("is being changed by another program"))
        #expect(try openVault(folder).entries.isEmpty)
        withExtendedLifetime(vault) {}
    }

    /// scrypt's key against the third vector of RFC 7914, section 12, and its memory.
    @Test func keyIsScrypts() throws {
        let key = try VaultFormat.Key(
            Secret("pleaseletmein"), VaultFormat.Cost(logN: 14), salt: Array("SodiumChloride".utf8))
        let expected: [UInt8] = [
            0x70, 0x23, 0xbd, 0xcb, 0x3a, 0xfd, 0x73, 0x48, 0x46, 0x1c, 0x06, 0xcd, 0x81, 0xfd, 0x38, 0xeb, 0xfd, 0xa8,
            0xfb, 0xba, 0x90, 0x4f, 0x8e, 0x3e, 0xa9, 0xb5, 0x43, 0xf6, 0x54, 0x5d, 0xa1, 0xf2, 0xd5, 0x43, 0x29, 0x55,
            0x61, 0x3f, 0x0f, 0xcf, 0x62, 0xd4, 0x97, 0x05, 0x24, 0x2a, 0x9a, 0xf9,
        ]
        #expect(key.encryption.withBytes { Array($0) } + key.check == expected)
        #expect(VaultFormat.Cost().mebibytes == 128)
    }
}

@Suite struct PassphraseSourceTests {
    @Test("The first line of a private file", arguments: ["words of it", "words of it\n", "words of it\r\nmore\n"])
    func file(contents: String) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(contents, as: "pass")
        #expect(try PassphraseSource.file(path: path).read(prompt: "").text == "words of it")
        chmod(path, 0o644)
        #expect(throws: CredentialError.self) { try PassphraseSource.file(path: path).read(prompt: "") }
    }

    @Test func descriptor() throws {
        var ends: [CInt] = [0, 0]
        try #require(pipe(&ends) == 0)
        _ = write(ends[1], "from a pipe\n", 12)
        close(ends[1])
        #expect(try PassphraseSource.descriptor(ends[0]).read(prompt: "").text == "from a pipe")
        close(ends[0])
        #expect(throws: CredentialError.self) { try PassphraseSource.descriptor(ends[0]).read(prompt: "") }
    }
}
