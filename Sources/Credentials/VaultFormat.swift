// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL
internal import Glibc

/// The bytes of a vault's file: its entries, encrypted with AES-256-GCM under a key that scrypt makes of a passphrase.
///
///      0  8 bytes "APUSVALT"
///      8  UInt16  version of the format
///     10  UInt8   scrypt's N, as a power of two
///     11  UInt8   scrypt's r
///     12  UInt8   scrypt's p
///     13  3 bytes 0
///     16  16 bytes salt
///     32  12 bytes nonce, new with each writing
///     44  UInt32  length of the encrypted entries
///     48  16 bytes that scrypt makes besides the key: they tell a wrong passphrase from a changed file
///     64  the entries, encrypted; all above is authenticated with them
///      …  16 bytes GCM tag
///      …  32 bytes SHA-256 of all above: tells a damaged file before a passphrase is asked for
enum VaultFormat {
    static let magic = Array("APUSVALT".utf8)
    static let version: UInt16 = 1
    static let headerLength = 64
    static let tagLength = 16
    static let checksumLength = 32
    static let longestFile = 1 << 20

    /// How hard a passphrase is to guess: scrypt with r = 8, p = 1.
    ///
    /// Source: RFC 7914; OWASP's password storage cheat sheet recommends N = 2¹⁷ (128 MiB, about 0.3 s).
    struct Cost {
        var logN: UInt8 = 17
        var r: UInt8 = 8
        var p: UInt8 = 1

        /// The memory that making a key takes.
        var mebibytes: Int { max(1, ((128 * Int(r)) << Int(logN)) / 1_048_576) }

        /// What a file may ask for: memory of at most 1 GiB.
        var isAcceptable: Bool { (1...20).contains(logN) && (1...8).contains(r) && (1...4).contains(p) }
    }

    /// What scrypt makes of a passphrase.
    struct Key: Sendable {
        let cost: Cost
        let salt: [UInt8]
        let encryption: Secret
        let check: [UInt8]

        init(_ passphrase: Secret, _ cost: Cost, salt: [UInt8]) throws(CredentialError) {
            struct Refused: Error {}
            self.cost = cost
            self.salt = salt
            let derived: Secret
            do throws(Refused) {
                derived = try Secret(capacity: 48) { (room) throws(Refused) in
                    let isDone = passphrase.withBytes { words in
                        EVP_PBE_scrypt(
                            words.baseAddress?.assumingMemoryBound(to: CChar.self), words.count, salt, salt.count,
                            1 << UInt64(cost.logN), UInt64(cost.r), UInt64(cost.p), 2 << 30,
                            room.baseAddress?.assumingMemoryBound(to: UInt8.self), room.count)
                    }
                    guard isDone == 1 else { throw Refused() }
                    return room.count
                }
            } catch {
                throw .passphrase(
                    problem: "The key cannot be made of the passphrase",
                    advice: "It takes \(cost.mebibytes) MiB of memory for a moment; free some.")
            }
            check = derived.withBytes { Array($0[32...]) }
            encryption = derived.withBytes { bytes in
                Secret(capacity: 32) { room in
                    room.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<32]))
                    return 32
                }
            }
        }
    }

    static func randomBytes(_ count: Int) throws(CredentialError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        guard RAND_bytes(&bytes, Int32(count)) == 1 else {
            throw .passphrase(problem: "The system gives no random numbers", advice: "Try again.")
        }
        return bytes
    }

    // MARK: Sealing

    static func seal(_ entries: Secret, _ key: Key) throws(CredentialError) -> [UInt8] {
        let nonce = try randomBytes(12)
        var file = magic
        append(version, to: &file)
        file += [key.cost.logN, key.cost.r, key.cost.p, 0, 0, 0]
        file += key.salt
        file += nonce
        append(UInt32(entries.count), to: &file)
        file += key.check
        let (sealed, tag) = encrypt(entries, key, nonce: nonce, authenticated: file)
        file += sealed + tag
        return file + checksum(file[...])
    }

    private static func encrypt(
        _ entries: Secret, _ key: Key, nonce: [UInt8], authenticated: [UInt8]
    ) -> (sealed: [UInt8], tag: [UInt8]) {
        var sealed = [UInt8](repeating: 0, count: entries.count)
        var tag = [UInt8](repeating: 0, count: tagLength)
        var count: Int32 = 0
        let context = EVP_CIPHER_CTX_new()
        defer { EVP_CIPHER_CTX_free(context) }
        let isDone =
            key.encryption.withBytes { bytes in
                EVP_EncryptInit_ex(
                    context, EVP_aes_256_gcm(), nil, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), nonce)
            } == 1
            && EVP_EncryptUpdate(context, nil, &count, authenticated, Int32(authenticated.count)) == 1
            && entries.withBytes { bytes in
                EVP_EncryptUpdate(
                    context, &sealed, &count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(bytes.count)
                )
            } == 1
            && EVP_EncryptFinal_ex(context, nil, &count) == 1
            && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tagLength), &tag) == 1
        precondition(isDone, "libcrypto could not encrypt with AES-256-GCM")
        return (sealed, tag)
    }

    // MARK: Opening

    /// A file whose form and checksum are right.
    struct Sealed {
        fileprivate let header: [UInt8]
        fileprivate let sealed: [UInt8]
        fileprivate let tag: [UInt8]
        let cost: Cost
        var salt: [UInt8] { Array(header[16..<32]) }
        var nonce: [UInt8] { Array(header[32..<44]) }
        var check: [UInt8] { Array(header[48..<64]) }
        let path: String

        init(_ file: [UInt8], path: String) throws(CredentialError) {
            func damaged(_ problem: String) -> CredentialError { .damagedVault(path: path, problem: problem) }
            self.path = path
            guard file.count >= headerLength + tagLength + checksumLength else {
                throw damaged("it has \(file.count) bytes, fewer than any vault")
            }
            guard file.starts(with: magic) else { throw damaged("it does not begin like a vault") }
            let found = UInt16(file[8]) | UInt16(file[9]) << 8
            let body = file.dropLast(checksumLength)
            guard checksum(body) == Array(file.suffix(checksumLength)) else {
                throw damaged("its checksum is wrong: some of its bytes were changed or are missing")
            }
            guard found == version else { throw .newerVault(path: path, version: Int(found)) }
            let length = (0..<4).reduce(0) { $0 | Int(file[44 + $1]) << (8 * $1) }
            cost = Cost(logN: file[10], r: file[11], p: file[12])
            guard length == body.count - headerLength - tagLength, cost.isAcceptable,
                file[13..<16].allSatisfy({ $0 == 0 })
            else { throw damaged("its header is impossible") }
            header = Array(body.prefix(headerLength))
            sealed = Array(body.dropFirst(headerLength).dropLast(tagLength))
            tag = Array(body.suffix(tagLength))
        }

        func open(_ passphrase: Secret) throws(CredentialError) -> (entries: Secret, key: Key) {
            let key = try Key(passphrase, cost, salt: salt)
            guard CRYPTO_memcmp(key.check, check, check.count) == 0 else { throw .wrongPassphrase(path: path) }
            return (try decrypt(key), key)
        }

        private func decrypt(_ key: Key) throws(CredentialError) -> Secret {
            try Secret(capacity: sealed.count) { (room) throws(CredentialError) in
                var tag = tag
                var count: Int32 = 0
                let context = EVP_CIPHER_CTX_new()
                defer { EVP_CIPHER_CTX_free(context) }
                let isGenuine =
                    key.encryption.withBytes { bytes in
                        EVP_DecryptInit_ex(
                            context, EVP_aes_256_gcm(), nil, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self),
                            nonce)
                    } == 1
                    && EVP_DecryptUpdate(context, nil, &count, header, Int32(header.count)) == 1
                    && EVP_DecryptUpdate(
                        context, room.baseAddress?.assumingMemoryBound(to: UInt8.self), &count, sealed,
                        Int32(sealed.count)) == 1
                    && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tagLength), &tag) == 1
                    && EVP_DecryptFinal_ex(context, nil, &count) == 1
                guard isGenuine else {
                    throw .damagedVault(path: path, problem: "its contents are not what the passphrase's owner wrote")
                }
                return sealed.count
            }
        }
    }

    static func checksum(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: checksumLength)
        let isDone = bytes.withUnsafeBytes { EVP_Digest($0.baseAddress, $0.count, &digest, nil, EVP_sha256(), nil) }
        precondition(isDone == 1, "libcrypto could not compute a SHA-256")
        return digest
    }

    private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
}
