// SPDX-License-Identifier: Apache-2.0

/// Bytes as hexadecimal text and back.
public enum Hexadecimal {
    /// `0x` and two lower-case digits for each byte.
    public static func text(_ bytes: some Collection<UInt8>) -> String {
        String(unsafeUninitializedCapacity: 2 + bytes.count * 2) { buffer in
            buffer[0] = UInt8(ascii: "0")
            buffer[1] = UInt8(ascii: "x")
            return 2 + write(bytes, to: buffer, from: 2)
        }
    }

    /// Two lower-case digits for each byte.
    public static func digits(_ bytes: some Collection<UInt8>) -> String {
        String(unsafeUninitializedCapacity: bytes.count * 2) { write(bytes, to: $0, from: 0) }
    }

    /// - Returns: How many digits were written.
    private static func write(
        _ bytes: some Collection<UInt8>, to buffer: UnsafeMutableBufferPointer<UInt8>, from start: Int
    ) -> Int {
        var place = start
        for byte in bytes {
            buffer[place] = digit(byte >> 4)
            buffer[place + 1] = digit(byte & 15)
            place += 2
        }
        return place - start
    }

    /// Reads an even number of digits of either case, with or without `0x` before them; `nil` for everything else.
    public static func bytes(_ text: some StringProtocol) -> [UInt8]? {
        var digits = Array(text.utf8)[...]
        if digits.count >= 2, digits.first == UInt8(ascii: "0"), digits.dropFirst().first.map({ $0 | 32 }) == 120 {
            digits = digits.dropFirst(2)
        }
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        var index = digits.startIndex
        while index < digits.endIndex {
            guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
            index += 2
        }
        return bytes
    }

    static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 48 + value : 87 + value }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - 48
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - 87
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - 55
        default: nil
        }
    }
}
