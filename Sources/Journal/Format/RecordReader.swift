// SPDX-License-Identifier: Apache-2.0

public import Trading

/// Why a payload could not be read as what it should be.
public struct RecordError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where in the payload.
    public let offset: Int
    public let problem: String

    public init(offset: Int, problem: String) {
        self.offset = offset
        self.problem = problem
    }

    public var description: String {
        "A journal record cannot be read: \(problem), at byte \(offset) of its payload. It was probably written by "
            + "another version of the program: use that version, or read it with `apus audit verify`."
    }
}

/// Reads what a `RecordWriter` wrote. Every step is checked: no bytes make it trap.
public struct RecordReader {
    private let bytes: [UInt8]
    public private(set) var offset = 0

    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    public var remaining: Int { bytes.count - offset }

    /// An error at the present place, for callers that find a value impossible.
    public func error(_ problem: String) -> RecordError { RecordError(offset: offset, problem: problem) }

    /// All bytes of a fixed-width integer, lowest first.
    public mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
        as type: Value.Type = Value.self
    ) throws(RecordError) -> Value {
        let size = MemoryLayout<Value>.size
        guard remaining >= size else { throw error("an integer of \(size) bytes is missing its end") }
        let value = bytes.withUnsafeBytes { $0.littleEndian(offset, as: Value.self) }
        offset += size
        return value
    }

    public mutating func varint() throws(RecordError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            guard remaining > 0 else { throw error("a variable-length integer is missing its end") }
            let byte = bytes[offset]
            guard shift < 63 || byte <= 1 else { throw error("a variable-length integer has more than 64 bits") }
            offset += 1
            value |= UInt64(byte & 0x7f) << shift
            guard byte & 0x80 != 0 else { return value }
            shift += 7
        }
    }

    /// A count of elements that each take at least one byte, so that a damaged one reserves no memory.
    public mutating func count() throws(RecordError) -> Int {
        let value = try varint()
        guard let count = Int(exactly: value), count <= remaining else {
            throw error("\(value) elements are announced, and \(remaining) bytes are left")
        }
        return count
    }

    public mutating func flag() throws(RecordError) -> Bool {
        let value = try integer(as: UInt8.self)
        guard value <= 1 else { throw error("a yes or no is \(value)") }
        return value == 1
    }

    public mutating func double() throws(RecordError) -> Double { Double(bitPattern: try integer()) }
    public mutating func time() throws(RecordError) -> Timestamp { Timestamp(nanoseconds: try integer()) }
    public mutating func span() throws(RecordError) -> TimeSpan { TimeSpan(nanoseconds: try integer()) }

    public mutating func text() throws(RecordError) -> String {
        let bytes = try blob()
        guard let text = String(validating: bytes, as: UTF8.self) else { throw error("a text is not UTF-8") }
        return text
    }

    public mutating func blob() throws(RecordError) -> [UInt8] {
        let count = try count()
        defer { offset += count }
        return Array(bytes[offset..<offset + count])
    }

    public mutating func optional<Value>(
        _ read: (inout RecordReader) throws(RecordError) -> Value
    ) throws(RecordError) -> Value? {
        guard try flag() else { return nil }
        return try read(&self)
    }

    public mutating func list<Element>(
        _ read: (inout RecordReader) throws(RecordError) -> Element
    ) throws(RecordError) -> [Element] {
        let count = try count()
        var elements: [Element] = []
        for _ in 0..<count { elements.append(try read(&self)) }
        return elements
    }

    /// Checks that nothing is left over.
    public func finish() throws(RecordError) {
        guard remaining == 0 else { throw error("\(remaining) bytes are left over") }
    }
}
