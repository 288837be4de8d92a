// SPDX-License-Identifier: Apache-2.0

public import Trading

/// Turns records into the bytes of a journal, and keeps the place in the chain. It touches no file.
public struct JournalEncoder {
    /// The sequence of the next record.
    public private(set) var nextSequence: UInt64
    /// The link of the last record, or of the segment's header.
    public private(set) var hash: ChainHash
    private let hasher = ChainHasher()

    /// An encoder that goes on after what was written.
    public init(nextSequence: UInt64 = 1, hash: ChainHash = .zero) {
        self.nextSequence = nextSequence
        self.hash = hash
    }

    /// Appends the header of a new segment, linked to all that came before it.
    public mutating func beginSegment(
        _ number: UInt32, journalID: UInt64, at time: Timestamp, into bytes: inout [UInt8]
    ) {
        let header = SegmentHeader(
            number: number, journalID: journalID, created: time, firstSequence: nextSequence, previousHash: hash)
        hash = header.write(to: &bytes, hasher)
    }

    /// Appends one record, whose payload `write` makes in place.
    ///
    /// - Returns: Its sequence.
    /// - Throws: `recordTooLong`; nothing was appended then.
    @discardableResult
    public mutating func append(
        kind: UInt16, at time: Timestamp, flags: UInt8 = 0, into bytes: inout [UInt8],
        _ write: (inout RecordWriter) -> Void
    ) throws(JournalError) -> UInt64 {
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: RecordLayout.headerLength))
        // The buffer moves into the writer and back, so that the payload is written where it stays.
        var writer = RecordWriter(adopting: bytes)
        bytes = []
        write(&writer)
        bytes = writer.takeBytes()
        let length = bytes.count - start - RecordLayout.headerLength
        guard length <= RecordLayout.longestPayload else {
            bytes.removeLast(bytes.count - start)
            throw .recordTooLong(kind: kind, length: length, longest: RecordLayout.longestPayload)
        }
        let sequence = nextSequence
        let (previous, hasher) = (hash, hasher)
        hash = bytes.withUnsafeMutableBytes { all in
            let record = UnsafeMutableRawBufferPointer(rebasing: all[start...])
            record.storeBytes(of: UInt32(length).littleEndian, toByteOffset: 0, as: UInt32.self)
            record.storeBytes(of: kind.littleEndian, toByteOffset: 4, as: UInt16.self)
            record.storeBytes(of: flags, toByteOffset: 6, as: UInt8.self)
            record.storeBytes(of: sequence.littleEndian, toByteOffset: 8, as: UInt64.self)
            record.storeBytes(of: time.nanoseconds.littleEndian, toByteOffset: 16, as: Int64.self)
            return hasher.link(previous, UnsafeRawBufferPointer(record))
        }
        hash.withBytes { bytes.append(contentsOf: $0) }
        nextSequence += 1
        return sequence
    }
}
