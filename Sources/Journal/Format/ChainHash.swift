// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// A link of a journal's chain: the SHA-256 of the link before it and the bytes of one record.
///
/// Two journals with the same head hash hold the same records, in the same order, from the first one on.
public struct ChainHash: Hashable, Sendable, BitwiseCopyable {
    public static let byteCount = 32

    /// The 32 bytes, as four words in memory order.
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// What the first segment's header says came before it.
    public static let zero = ChainHash()

    private init() {}

    /// - Parameter bytes: Exactly 32 bytes.
    public init(_ bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count == Self.byteCount, "a chain hash has 32 bytes, not \(bytes.count)")
        withUnsafeMutableBytes(of: &words) { $0.copyMemory(from: bytes) }
    }

    /// Reads 64 hexadecimal digits, as `description` writes them.
    public init?(parsing text: String) {
        let digits = Array(text.utf8)
        guard digits.count == 2 * Self.byteCount else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = hexValue(digits[index]), let low = hexValue(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        self = bytes.withUnsafeBytes { ChainHash($0) }
    }

    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withUnsafeBytes(of: words) { body($0) }
    }

    public static func == (left: Self, right: Self) -> Bool { left.words == right.words }

    public func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}

extension ChainHash: CustomStringConvertible {
    /// 64 hexadecimal digits.
    public var description: String {
        let digits = Array("0123456789abcdef".utf8)
        let text = withBytes { bytes in bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] } }
        return String(decoding: text, as: UTF8.self)
    }
}

private func hexValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 48...57: digit - 48
    case 65...70: digit - 55
    case 97...102: digit - 87
    default: nil
    }
}

/// Computes links. It owns OpenSSL's scratch memory, so that hashing a record allocates nothing.
final class ChainHasher {
    private let context: OpaquePointer

    init() {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            preconditionFailure("libcrypto has no SHA-256")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    /// The link that follows `previous` and stands for `bytes`.
    func link(_ previous: ChainHash, _ bytes: UnsafeRawBufferPointer) -> ChainHash {
        var digest = ChainHash.zero
        let isDone =
            EVP_DigestInit_ex2(context, nil, nil) == 1
            && previous.withBytes { EVP_DigestUpdate(context, $0.baseAddress, $0.count) } == 1
            && EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1
            && withUnsafeMutableBytes(of: &digest) {
                EVP_DigestFinal_ex(context, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), nil)
            } == 1
        precondition(isDone, "libcrypto could not compute a SHA-256")
        return digest
    }
}
