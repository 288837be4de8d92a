// SPDX-License-Identifier: Apache-2.0

public import Trading

/// What stands at the beginning of each file of a journal.
///
///     0  8 bytes "APUSJRNL"
///     8  UInt16  version of the format
///    10  UInt16  length of this header
///    12  UInt32  number of the segment, from 1
///    16  UInt64  the journal's id
///    24  Int64   creation time, nanoseconds
///    32  UInt64  sequence of the first record
///    40  32 bytes the last link of the segment before it; zeros in the first one
///    72  32 bytes SHA-256 of that link and everything above: the link that the first record follows
public struct SegmentHeader: Hashable, Sendable {
    public static let magic = Array("APUSJRNL".utf8)
    public static let formatVersion: UInt16 = 1
    public static let byteCount = 104

    public let number: UInt32
    public let journalID: UInt64
    public let created: Timestamp
    public let firstSequence: UInt64
    public let previousHash: ChainHash

    public init(
        number: UInt32, journalID: UInt64, created: Timestamp, firstSequence: UInt64, previousHash: ChainHash
    ) {
        self.number = number
        self.journalID = journalID
        self.created = created
        self.firstSequence = firstSequence
        self.previousHash = previousHash
    }

    /// Appends the header's bytes.
    ///
    /// - Returns: The link that the first record follows.
    func write(to bytes: inout [UInt8], _ hasher: ChainHasher) -> ChainHash {
        let start = bytes.count
        bytes += Self.magic
        bytes.appendLittleEndian(Self.formatVersion)
        bytes.appendLittleEndian(UInt16(Self.byteCount))
        bytes.appendLittleEndian(number)
        bytes.appendLittleEndian(journalID)
        bytes.appendLittleEndian(created.nanoseconds)
        bytes.appendLittleEndian(firstSequence)
        previousHash.withBytes { bytes.append(contentsOf: $0) }
        let hash = bytes.withUnsafeBytes { hasher.link(previousHash, UnsafeRawBufferPointer(rebasing: $0[start...])) }
        hash.withBytes { bytes.append(contentsOf: $0) }
        return hash
    }
}

extension [UInt8] {
    /// Appends an integer, lowest byte first.
    @inlinable
    mutating func appendLittleEndian(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }
}

extension UnsafeRawBufferPointer {
    /// An integer that lies at `offset`, lowest byte first.
    func littleEndian<Value: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as: Value.Type = Value.self) -> Value {
        Value(littleEndian: loadUnaligned(fromByteOffset: offset, as: Value.self))
    }

    func part(_ offset: Int, _ count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[offset..<offset + count])
    }
}
