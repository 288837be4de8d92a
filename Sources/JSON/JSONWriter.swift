// SPDX-License-Identifier: Apache-2.0

/// Appends compact JSON to bytes in the order in which it is called, so that the same values always give the same bytes.
///
/// A member is `key` followed by one value; commas come by themselves.
public struct JSONWriter: Sendable {
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    public init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    public var text: String { String(decoding: bytes, as: UTF8.self) }

    public mutating func object(_ body: (inout Self) -> Void) {
        begin(UInt8(ascii: "{"))
        body(&self)
        end(UInt8(ascii: "}"))
    }

    public mutating func array(_ body: (inout Self) -> Void) {
        begin(UInt8(ascii: "["))
        body(&self)
        end(UInt8(ascii: "]"))
    }

    public mutating func key(_ name: String) {
        separate()
        quote(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    public mutating func string(_ value: String) {
        separate()
        quote(value)
    }

    public mutating func string(_ key: String, _ value: String) {
        self.key(key)
        string(value)
    }

    /// A text given as UTF-8.
    public mutating func string(bytes value: UnsafeRawBufferPointer) {
        separate()
        quote(bytes: value)
    }

    @inlinable
    public mutating func integer(_ value: some BinaryInteger) {
        // Specialised where it is called; what it calls is not generic.
        if let small = UInt64(exactly: value) { integer(digitsOf: small) } else { integer(text: String(value)) }
    }

    @inlinable
    public mutating func integer(_ key: String, _ value: some BinaryInteger) {
        self.key(key)
        integer(value)
    }

    @usableFromInline
    mutating func integer(text: String) {
        separate()
        bytes.append(contentsOf: text.utf8)
    }

    @usableFromInline
    mutating func integer(digitsOf value: UInt64) {
        separate()
        var rest = value
        let start = bytes.count
        repeat {
            bytes.append(UInt8(truncatingIfNeeded: rest % 10) &+ 48)
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }

    /// A number that is written already.
    public mutating func numberText(_ value: String) {
        separate()
        bytes.append(contentsOf: value.utf8)
    }

    public mutating func numberText(_ value: UnsafeRawBufferPointer) {
        separate()
        bytes.append(contentsOf: value)
    }

    public mutating func bool(_ value: Bool) {
        separate()
        append(value ? "true" : "false")
    }

    public mutating func bool(_ key: String, _ value: Bool) {
        self.key(key)
        bool(value)
    }

    public mutating func null() {
        separate()
        append("null")
    }

    /// JSON that is written already: one value.
    public mutating func raw(_ value: UnsafeRawBufferPointer) {
        separate()
        bytes.append(contentsOf: value)
    }
    public mutating func raw(_ value: [UInt8]) { value.withUnsafeBytes { raw($0) } }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func begin(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func end(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func append(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func quote(_ value: String) {
        var value = value
        value.withUTF8 { quote(bytes: UnsafeRawBufferPointer($0)) }
    }

    private mutating func quote(bytes value: UnsafeRawBufferPointer) {
        bytes.append(UInt8(ascii: "\""))
        if value.allSatisfy({ $0 >= 32 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
            bytes.append(contentsOf: value)
        } else {
            for byte in value { escape(byte) }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append("\\\"")
        case UInt8(ascii: "\\"): append("\\\\")
        case 10: append("\\n")
        case 13: append("\\r")
        case 9: append("\\t")
        case 0..<32:
            append(byte < 16 ? "\\u000" : "\\u001")
            let digit = byte & 15
            bytes.append(digit < 10 ? 48 + digit : 87 + digit)
        default: bytes.append(byte)
        }
    }
}
