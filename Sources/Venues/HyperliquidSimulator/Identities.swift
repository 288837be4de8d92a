// SPDX-License-Identifier: Apache-2.0

public import Cryptography

public typealias Address = EthereumAddress

extension EthereumAddress {
    /// `0x` and 40 hexadecimal digits, in capitals or not: the venue looks at no checksum.
    init?(anyCase text: String) {
        guard text.utf8.count == 42, text.hasPrefix("0x"), let bytes = Hexadecimal.bytes(text) else { return nil }
        self.init(bytes: bytes)
    }
}

/// A client's own order id: `0x` and 32 hexadecimal digits.
public struct Cloid: Hashable, Comparable, Sendable, BitwiseCopyable, CustomStringConvertible {
    public let value: UInt128
    public init(_ value: UInt128) { self.value = value }
    public init?(_ text: String) {
        guard text.utf8.count == 34, text.hasPrefix("0x"), let value = UInt128(text.dropFirst(2), radix: 16),
            text.utf8.allSatisfy({ $0 != 43 && $0 != 45 })
        else { return nil }
        self.value = value
    }
    public static func < (left: Self, right: Self) -> Bool { left.value < right.value }
    public var description: String {
        withUnsafeBytes(of: value.bigEndian) { Hexadecimal.text($0) }
    }
}

/// Mixes whole numbers so that neighbours look unrelated, the same way on every run and machine.
///
/// Source: the finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
func mixed(_ value: UInt64) -> UInt64 {
    var state = value &+ 0x9E37_79B9_7F4A_7C15
    state = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    state = (state ^ (state >> 27)) &* 0x94D0_49BB_1331_11EB
    return state ^ (state >> 31)
}
