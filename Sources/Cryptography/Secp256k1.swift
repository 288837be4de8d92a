// SPDX-License-Identifier: Apache-2.0

internal import CSecp256k1

/// The library's precomputed state.
// Sendable although it holds a pointer: the library documents a context that is not changed as safe to share.
private struct SharedContext: @unchecked Sendable {
    let pointer: OpaquePointer
    init() {
        guard let context = secp256k1_context_create(UInt32(SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY)) else {
            preconditionFailure("libsecp256k1 could not create a context: there is no memory left")
        }
        pointer = context
    }
}

private let shared = SharedContext()

/// An ECDSA signature on secp256k1 from which the signer's key can be recovered. `s` is in the lower half.
public struct RecoverableSignature: Hashable, Sendable, BitwiseCopyable {
    public let r: Hash32
    public let s: Hash32
    /// 27 or 28.
    public let v: UInt8

    public init(r: Hash32, s: Hash32, v: UInt8) {
        self.r = r
        self.s = s
        self.v = v
    }

    /// The address whose key made this signature of `digest`; another digest gives another address.
    ///
    /// - Returns: `nil` where the numbers are not those of any signature.
    public func signer(of digest: Hash32) -> EthereumAddress? {
        guard (27...28).contains(v) else { return nil }
        var signature = secp256k1_ecdsa_recoverable_signature()
        let compact = r.bytes + s.bytes
        guard
            secp256k1_ecdsa_recoverable_signature_parse_compact(shared.pointer, &signature, compact, Int32(v) - 27)
                == 1
        else { return nil }
        var key = secp256k1_pubkey()
        guard secp256k1_ecdsa_recover(shared.pointer, &key, &signature, digest.bytes) == 1 else { return nil }
        return PublicKey(key).address
    }
}

/// A point on secp256k1.
public struct PublicKey: Sendable {
    private var key: secp256k1_pubkey

    init(_ key: secp256k1_pubkey) { self.key = key }

    /// Reads 33 (compressed) or 65 bytes; `nil` where they are no point of the curve.
    public init?(bytes: [UInt8]) {
        key = secp256k1_pubkey()
        guard secp256k1_ec_pubkey_parse(shared.pointer, &key, bytes, bytes.count) == 1 else { return nil }
    }

    /// 65 bytes: 4 and both coordinates.
    public var uncompressed: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 65)
        var length = bytes.count
        var key = key
        _ = secp256k1_ec_pubkey_serialize(shared.pointer, &bytes, &length, &key, UInt32(SECP256K1_EC_UNCOMPRESSED))
        return bytes
    }

    public var address: EthereumAddress {
        let hash = keccak256(Array(uncompressed.dropFirst()))
        return EthereumAddress(bytes: Array(hash.bytes.suffix(20)))
    }

    /// Whether `signature`, 32 bytes of `r` and 32 of `s`, is one of `digest` by this key. `s` may be in either half.
    public func verifies(signature: [UInt8], of digest: Hash32) -> Bool {
        guard signature.count == 64 else { return false }
        var parsed = secp256k1_ecdsa_signature()
        guard secp256k1_ecdsa_signature_parse_compact(shared.pointer, &parsed, signature) == 1 else { return false }
        var normal = parsed
        _ = secp256k1_ecdsa_signature_normalize(shared.pointer, &normal, &parsed)
        var key = key
        return secp256k1_ecdsa_verify(shared.pointer, &normal, digest.bytes, &key) == 1
    }
}

/// Why bytes or text are not a private key. It never shows them.
public struct PrivateKeyError: Error, Hashable, CustomStringConvertible {
    public let description: String
}

/// A secret number on secp256k1. It is wiped when the last reference goes, and no text of it can be had by accident.
// Sendable although it holds a pointer: nothing writes to it until the last reference is gone.
public final class PrivateKey: @unchecked Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    private let secret: UnsafeMutableBufferPointer<UInt8>
    private let start: UnsafePointer<UInt8>
    public let publicKey: PublicKey
    public let address: EthereumAddress

    /// Copies 32 bytes; wiping the original is left to the caller.
    public init(bytes: some Collection<UInt8>) throws(PrivateKeyError) {
        guard bytes.count == 32 else {
            throw PrivateKeyError(description: "a private key has 32 bytes, not \(bytes.count)")
        }
        let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: 32)
        let secret = UnsafeMutableBufferPointer(start: memory, count: 32)
        _ = secret.initialize(from: bytes)
        var key = secp256k1_pubkey()
        guard secp256k1_ec_pubkey_create(shared.pointer, &key, memory) == 1 else {
            Wiping.wipe(UnsafeMutableRawBufferPointer(secret))
            secret.deallocate()
            throw PrivateKeyError(description: "these 32 bytes are no private key: zero, or beyond the curve's order")
        }
        self.secret = secret
        start = UnsafePointer(memory)
        publicKey = PublicKey(key)
        address = publicKey.address
    }

    /// Reads 64 hexadecimal digits, with or without `0x`.
    public convenience init(parsing text: some StringProtocol) throws(PrivateKeyError) {
        guard text.utf8.count <= 66, var bytes = Hexadecimal.bytes(text), bytes.count == 32 else {
            throw PrivateKeyError(
                description: "a private key has 64 hexadecimal digits, with or without 0x before them")
        }
        defer { bytes.withUnsafeMutableBytes { Wiping.wipe($0) } }
        try self.init(bytes: bytes)
    }

    deinit {
        Wiping.wipe(UnsafeMutableRawBufferPointer(secret))
        secret.deallocate()
    }

    /// Signs with the nonce of RFC 6979: the same key and digest always give the same signature.
    public func sign(_ digest: Hash32) -> RecoverableSignature {
        var signature = secp256k1_ecdsa_recoverable_signature()
        let code = digest.withBytes { bytes in
            bytes.withMemoryRebound(to: UInt8.self) { digest in
                digest.baseAddress.map {
                    secp256k1_ecdsa_sign_recoverable(shared.pointer, &signature, $0, start, nil, nil)
                }
            }
        }
        precondition(code == 1, "libsecp256k1 did not sign with a key that it had accepted")
        var recovery: Int32 = 0
        var compact = (Hash32.zero, Hash32.zero)
        withUnsafeMutableBytes(of: &compact) { bytes in
            bytes.withMemoryRebound(to: UInt8.self) {
                if let start = $0.baseAddress {
                    _ = secp256k1_ecdsa_recoverable_signature_serialize_compact(
                        shared.pointer, start, &recovery, &signature)
                }
            }
        }
        return RecoverableSignature(r: compact.0, s: compact.1, v: 27 + UInt8(recovery & 1))
    }

    public var description: String { "<private key>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
