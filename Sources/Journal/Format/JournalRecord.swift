// SPDX-License-Identifier: Apache-2.0

public import Trading

/// One record of a journal, as it was read and verified.
public struct JournalRecord: Hashable, Sendable {
    /// 1 for the journal's first record, then one more each, over all segments.
    public let sequence: UInt64
    /// What the payload is. The journal gives it no meaning.
    public let kind: UInt16
    /// The wall clock when it was written. A clock that was set back shows as it is: the sequence is the order.
    public let time: Timestamp
    public let payload: [UInt8]

    public init(sequence: UInt64, kind: UInt16, time: Timestamp, payload: [UInt8]) {
        self.sequence = sequence
        self.kind = kind
        self.time = time
        self.payload = payload
    }

    /// A reader at the start of the payload.
    public var reader: RecordReader { RecordReader(payload) }
}

/// How much a committed record survives.
public enum Durability: String, CaseIterable, Sendable {
    /// The end of the program, however it ends: the record is in the system's memory.
    case process
    /// The end of the machine: the record is on the disk.
    case power
}

/// Where records lie in a segment: a header of 24 bytes, the payload, and the link of the chain.
///
///     0  UInt32  length of the payload
///     4  UInt16  kind
///     6  UInt8   flags
///     7  UInt8   0
///     8  UInt64  sequence
///    16  Int64   time, nanoseconds
///    24  payload
///     …  32 bytes SHA-256 of the link before it and everything above
enum RecordLayout {
    static let headerLength = 24
    static let overhead = headerLength + ChainHash.byteCount
    /// Longer payloads are refused, so that a damaged length is noticed early.
    static let longestPayload = 4 << 20

    /// The record belongs to a commit that was to be brought to the disk.
    static let flagPower: UInt8 = 1
    /// All before this record was on the disk when it was written.
    static let flagAfterSync: UInt8 = 2
    static let knownFlags: UInt8 = 3
}
