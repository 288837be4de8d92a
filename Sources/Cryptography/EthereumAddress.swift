// SPDX-License-Identifier: Apache-2.0

/// Why text is not an address.
public struct AddressError: Error, Hashable, CustomStringConvertible {
    public let text: String
    public let isChecksumWrong: Bool
    public var description: String {
        isChecksumWrong
            ? "'\(text)' has capital letters that do not match its checksum: a character may be mistyped. "
                + "Copy the address again, or write it in lower case if you are sure."
            : "'\(text)' is not an address. It has 0x and 40 hexadecimal digits."
    }

    init(_ text: some StringProtocol, isChecksumWrong: Bool = false) {
        self.text = String(text.unicodeScalars.prefix(60).map { $0.value < 32 ? " " : Character($0) })
        self.isChecksumWrong = isChecksumWrong
    }
}

/// The 20 bytes of an account on Ethereum and the chains that follow it.
public struct EthereumAddress: Hashable, Comparable, Sendable, BitwiseCopyable, CustomStringConvertible {
    private var head: UInt64
    private var middle: UInt64
    private var tail: UInt32

    /// - Precondition: There are 20 bytes.
    public init(bytes: [UInt8]) {
        precondition(bytes.count == 20, "an address has 20 bytes, not \(bytes.count)")
        (head, middle, tail) = (0, 0, 0)
        for (place, byte) in bytes.enumerated() {
            switch place {
            case 0..<8: head = head << 8 | UInt64(byte)
            case 8..<16: middle = middle << 8 | UInt64(byte)
            default: tail = tail << 8 | UInt32(byte)
            }
        }
    }

    /// Reads 40 hexadecimal digits, with or without `0x`. Text in both cases must carry the right checksum (EIP-55).
    public init(parsing text: some StringProtocol) throws(AddressError) {
        guard text.utf8.count <= 42, let bytes = Hexadecimal.bytes(text), bytes.count == 20 else {
            throw AddressError(text)
        }
        self.init(bytes: bytes)
        let digits = Array(text.utf8.suffix(40))
        let isMixed =
            digits.contains { (65...70).contains($0) } && digits.contains { (97...102).contains($0) }
        if isMixed, digits != Array(checksummed.utf8.suffix(40)) {
            throw AddressError(text, isChecksumWrong: true)
        }
    }

    public static let zero = EthereumAddress(bytes: [UInt8](repeating: 0, count: 20))

    public var bytes: [UInt8] {
        func bytes(_ word: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: word.bigEndian) { Array($0) } }
        return bytes(head) + bytes(middle) + bytes(tail)
    }

    /// `0x` and 40 lower-case digits: the form that is signed.
    public var description: String { Hexadecimal.text(bytes) }

    /// With capital letters as a checksum (EIP-55).
    public var checksummed: String {
        let digits = Hexadecimal.digits(bytes)
        let hash = keccak256(digits).bytes
        let cased = digits.utf8.enumerated().map { index, digit in
            let nibble = index.isMultiple(of: 2) ? hash[index / 2] >> 4 : hash[index / 2] & 15
            return digit >= 97 && nibble >= 8 ? digit - 32 : digit
        }
        return "0x" + String(decoding: cased, as: UTF8.self)
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.head, left.middle, left.tail) < (right.head, right.middle, right.tail)
    }
}
