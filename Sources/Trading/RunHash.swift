// SPDX-License-Identifier: Apache-2.0

/// A running fingerprint of a run: every order event, fill and ledger entry, in order, and no timing.
///
/// 64 bits, two multiply-and-fold lanes. It tells equal runs from different ones by accident, not by malice: the audit
/// log has its own, cryptographic chain.
public struct RunHash: Hashable, Sendable, BitwiseCopyable {
    @usableFromInline var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    @usableFromInline var added: UInt64 = 0
    /// How many pairs were added.
    public var count: UInt64 { added }

    public init() {}

    @inlinable @inline(__always)
    public mutating func add(_ first: UInt64, _ second: UInt64) {
        let product = (state ^ first).multipliedFullWidth(by: second ^ 0xA076_1D64_78BD_642F)
        state = (product.high ^ product.low) &+ (state << 23 | state >> 41)
        added &+= 1
    }

    @inlinable @inline(__always)
    public mutating func add(_ first: Int64, _ second: Int64) {
        add(UInt64(bitPattern: first), UInt64(bitPattern: second))
    }

    @inlinable @inline(__always)
    public mutating func add(_ amount: Amount) {
        add(UInt64(truncatingIfNeeded: amount.units), UInt64(truncatingIfNeeded: amount.units >> 64))
    }

    public var value: UInt64 {
        var mixed = (state ^ count) &* 0xE703_7ED1_A0B4_28DB
        mixed ^= mixed >> 32
        return mixed &* 0x8EBC_6AF0_9C88_C6E3
    }

    public var text: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
