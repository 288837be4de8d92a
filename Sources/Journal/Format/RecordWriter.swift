// SPDX-License-Identifier: Apache-2.0

public import Trading

/// Writes the payload of a record: integers lowest byte first, counts and lengths as variable-length integers.
public struct RecordWriter {
    /// What was written, after whatever the buffer held before.
    @usableFromInline var bytes: [UInt8]

    public init() { bytes = [] }

    init(adopting bytes: consuming [UInt8]) { self.bytes = bytes }

    /// The payload, for a writer that began empty.
    public var payload: [UInt8] { bytes }

    mutating func takeBytes() -> [UInt8] {
        let taken = bytes
        bytes = []
        return taken
    }

    /// All bytes of a fixed-width integer, lowest first.
    @inlinable
    public mutating func integer(_ value: some FixedWidthInteger) { bytes.appendLittleEndian(value) }

    /// Seven bits a byte, lowest first: 1 byte below 128, at most 10.
    @inlinable
    public mutating func varint(_ value: UInt64) {
        var rest = value
        while rest > 0x7f {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// A count of something, which is never negative.
    @inlinable
    public mutating func count(_ value: Int) {
        precondition(value >= 0, "a count must not be negative, was \(value)")
        varint(UInt64(value))
    }

    @inlinable
    public mutating func flag(_ value: Bool) { bytes.append(value ? 1 : 0) }
    public mutating func double(_ value: Double) { integer(value.bitPattern) }
    public mutating func time(_ value: Timestamp) { integer(value.nanoseconds) }
    public mutating func span(_ value: TimeSpan) { integer(value.nanoseconds) }

    /// UTF-8 with its length in front.
    public mutating func text(_ value: String) {
        var value = value
        value.withUTF8 {
            varint(UInt64($0.count))
            bytes.append(contentsOf: $0)
        }
    }

    /// Bytes with their count in front.
    public mutating func blob(_ value: some Collection<UInt8>) {
        varint(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    /// Bytes as they are: the reader must know where they end.
    public mutating func raw(_ value: [UInt8]) { bytes += value }

    /// One byte that says whether there is a value, then the value.
    @inlinable
    public mutating func optional<Value>(_ value: Value?, _ write: (inout RecordWriter, Value) -> Void) {
        flag(value != nil)
        if let value { write(&self, value) }
    }

    /// The count, then each element.
    @inlinable
    public mutating func list<Elements: Collection>(
        _ elements: Elements, _ write: (inout RecordWriter, Elements.Element) -> Void
    ) {
        count(elements.count)
        for element in elements { write(&self, element) }
    }
}
