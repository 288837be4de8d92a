// SPDX-License-Identifier: Apache-2.0

internal import CBotan
internal import COpenSSL

/// 32 bytes: a hash, or what is to be signed.
public struct Hash32: Hashable, Sendable, BitwiseCopyable, CustomStringConvertible {
    // Four words, so that it is a plain value without an allocation.
    var words: (UInt64, UInt64, UInt64, UInt64)

    /// - Precondition: There are 32 bytes.
    public init(bytes: some Collection<UInt8>) {
        precondition(bytes.count == 32, "a hash has 32 bytes, not \(bytes.count)")
        words = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
    }

    public static let zero = Hash32(words: (0, 0, 0, 0))

    private init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

    init(filling body: (UnsafeMutablePointer<UInt8>) -> Void) {
        words = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &words) { raw in
            if let start = raw.baseAddress { body(start.assumingMemoryBound(to: UInt8.self)) }
        }
    }

    public var bytes: [UInt8] { withBytes { Array($0) } }

    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withUnsafeBytes(of: words, body)
    }

    /// `0x` and 64 lower-case hexadecimal digits.
    public var description: String { withBytes { Hexadecimal.text($0) } }

    public static func == (left: Self, right: Self) -> Bool { left.words == right.words }
    public func hash(into hasher: inout Hasher) { withBytes { hasher.combine(bytes: $0) } }
}

/// Keccak-256 with the padding that Ethereum uses (SHA-3 as standardised later pads differently).
public func keccak256(_ bytes: UnsafeRawBufferPointer) -> Hash32 {
    var hash: botan_hash_t?
    precondition(
        botan_hash_init(&hash, "Keccak-1600(256)", 0) == 0, "the Botan library here was built without Keccak-1600")
    defer { botan_hash_destroy(hash) }
    if let start = bytes.baseAddress {
        let code = botan_hash_update(hash, start.assumingMemoryBound(to: UInt8.self), bytes.count)
        precondition(code == 0, "Botan refused to hash \(bytes.count) bytes with code \(code)")
    }
    return Hash32 { botan_hash_final(hash, $0) }
}

public func keccak256(_ bytes: [UInt8]) -> Hash32 { bytes.withUnsafeBytes { keccak256($0) } }
public func keccak256(_ text: String) -> Hash32 { keccak256(Array(text.utf8)) }

public func sha256(_ bytes: [UInt8]) -> Hash32 {
    Hash32 { _ = SHA256(bytes, bytes.count, $0) }
}

/// HMAC with SHA-256 (RFC 2104).
public func hmacSHA256(key: [UInt8], _ message: [UInt8]) -> Hash32 {
    Hash32 {
        let result = HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, $0, nil)
        precondition(result != nil, "OpenSSL has no HMAC with SHA-256")
    }
}

/// HMAC with SHA-512 (RFC 2104): 64 bytes.
public func hmacSHA512(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
    var tag = [UInt8](repeating: 0, count: 64)
    let result = HMAC(EVP_sha512(), key, Int32(key.count), message, message.count, &tag, nil)
    precondition(result != nil, "OpenSSL has no HMAC with SHA-512")
    return tag
}

/// Whether both are the same, in a time that does not say where they differ.
public func equalsInConstantTime(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
}
