// SPDX-License-Identifier: Apache-2.0

public import Trading

/// The 16 bytes that name an order at a venue, chosen by us: sending it again is recognised, and a restart finds it.
///
/// Made from the order's identity and nothing else, so that the same order has the same name in every run of a journal:
/// a mark of the trading instance (32 bits), a tag of the kind of identifier (16), the attempt (16), the engine's order
/// id (64).
public struct ClientOrderID: Hashable, Comparable, Sendable, BitwiseCopyable {
    public let high: UInt64
    public let low: UInt64

    @inlinable public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    @inlinable public static func < (left: Self, right: Self) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }

    /// What tells ours from those of other programs: the middle of every identifier made here.
    @usableFromInline static var tag: UInt64 { 0xA905 }

    /// - Parameters:
    ///   - instance: The trading instance: another one on the same account has another.
    ///   - attempt: 0, and one more each time the order is sent anew (a protective order placed again).
    @inlinable
    public init(instance: UInt32, order: OrderID, attempt: UInt16 = 0) {
        high = UInt64(instance) << 32 | Self.tag << 16 | UInt64(attempt)
        low = order.rawValue
    }

    /// Whether an Apus made it, this instance or another.
    @inlinable public var isOurs: Bool { high >> 16 & 0xFFFF == Self.tag }
    @inlinable public var instance: UInt32 { UInt32(truncatingIfNeeded: high >> 32) }
    @inlinable public var attempt: UInt16 { UInt16(truncatingIfNeeded: high) }
    @inlinable public var order: OrderID { OrderID(low) }
}

extension ClientOrderID: CustomStringConvertible {
    /// `0x` and 32 lower-case hexadecimal digits.
    public var description: String {
        String(unsafeUninitializedCapacity: 34) { text in
            text[0] = UInt8(ascii: "0")
            text[1] = UInt8(ascii: "x")
            for (start, word) in [(2, high), (18, low)] {
                for place in 0..<16 {
                    let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * place)) & 15
                    text[start + place] = digit < 10 ? 48 + digit : 87 + digit
                }
            }
            return 34
        }
    }

    /// Reads `0x` and 32 hexadecimal digits of either case.
    @inlinable
    public init?(_ text: some StringProtocol) {
        var count = 0
        var (high, low): (UInt64, UInt64) = (0, 0)
        for byte in text.utf8 {
            switch (count, byte) {
            case (0, UInt8(ascii: "0")), (1, UInt8(ascii: "x")), (1, UInt8(ascii: "X")): break
            case (2..<34, UInt8(ascii: "0")...UInt8(ascii: "9")): shift(in: byte - 48)
            case (2..<34, UInt8(ascii: "a")...UInt8(ascii: "f")): shift(in: byte - 87)
            case (2..<34, UInt8(ascii: "A")...UInt8(ascii: "F")): shift(in: byte - 55)
            default: return nil
            }
            count += 1
        }
        func shift(in digit: UInt8) {
            high = high << 4 | low >> 60
            low = low << 4 | UInt64(digit)
        }
        guard count == 34 else { return nil }
        self.init(high: high, low: low)
    }
}
