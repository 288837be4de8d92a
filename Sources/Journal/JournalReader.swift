// SPDX-License-Identifier: Apache-2.0

/// Reads a journal from its first record to its last and verifies each link of the chain on the way.
///
///     var reader = try JournalReader(storage)
///     while let record = try reader.next() { … }
public struct JournalReader {
    /// A segment that was read to its end.
    public struct Segment: Hashable, Sendable {
        public let path: String
        public let header: SegmentHeader
        /// The link that the header itself is, which its first record follows.
        public let startHash: ChainHash
        public internal(set) var recordCount: UInt64 = 0
        public internal(set) var byteCount = 0
    }

    let storage: any JournalStorage
    private var waiting: ArraySlice<UInt32>
    private var decoder: JournalDecoder?
    private var path = ""
    /// Where reading is: all before it is verified.
    public private(set) var position = JournalPosition()
    /// What the reader has been through, the present one last.
    public private(set) var segments: [Segment] = []
    /// What was left out at the end; known once `next` has returned `nil`.
    public private(set) var cut: JournalCut?
    /// Where the last segment is to be cut before the journal goes on.
    private(set) var unfinished: (segment: UInt32, offset: Int)?
    /// Whether the last record has been read.
    public private(set) var isAtEnd = false

    public init(_ storage: any JournalStorage) throws(JournalError) {
        self.storage = storage
        waiting = try storing { () throws(StorageError) in try storage.segments() }[...]
    }

    /// Reads the next record.
    ///
    /// - Returns: `nil` at the end.
    /// - Throws: `damaged` where the chain is broken before its end; `storage`; `newerFormat`.
    public mutating func next() throws(JournalError) -> JournalRecord? {
        while !isAtEnd {
            guard decoder != nil else {
                guard let number = waiting.popFirst() else {
                    isAtEnd = true
                    break
                }
                try open(number)
                continue
            }
            let step = decoder?.next() ?? .end
            segments[segments.count - 1].byteCount = decoder?.offset ?? 0
            switch step {
            case .record(let record):
                segments[segments.count - 1].recordCount += 1
                position = decoder?.position ?? position
                return record
            case .end:
                decoder = nil
            case .unreadable(let unreadable):
                guard waiting.isEmpty, !unreadable.isDamage else {
                    throw .damaged(
                        JournalDamage(
                            path: path, offset: unreadable.offset, sequence: position.nextSequence,
                            lastTime: position.lastTime, problem: unreadable.problem))
                }
                leaveOut(
                    segment: position.segment, from: unreadable.offset, count: decoder?.remaining ?? 0,
                    unreadable.isUnfinished ? .unfinished : .unreadable)
            }
        }
        return nil
    }

    private mutating func open(_ number: UInt32) throws(JournalError) {
        path = storage.path(of: number)
        let storage = storage
        let bytes = try storing { () throws(StorageError) in try storage.read(number) }
        var decoder = JournalDecoder(bytes, path: path, following: position)
        guard let header = try decoder.header() else {
            guard waiting.isEmpty, number == position.segment &+ 1 else {
                throw decoder.damage("its header is gone")
            }
            return leaveOut(segment: number, from: 0, count: bytes.count, .unfinished)
        }
        guard header.number == number else {
            throw decoder.damage("it is named as segment \(number) and says that it is \(header.number)")
        }
        segments.append(Segment(path: path, header: header, startHash: decoder.position.hash))
        position = decoder.position
        self.decoder = decoder
    }

    private mutating func leaveOut(segment: UInt32, from offset: Int, count: Int, _ reason: JournalCut.Reason) {
        // A segment that was made and never written is nothing lost.
        if count > 0 {
            cut = JournalCut(
                path: path, offset: offset, byteCount: count, sequence: position.nextSequence,
                lastTime: position.lastTime, reason: reason)
        }
        unfinished = (segment, offset)
        decoder = nil
        isAtEnd = true
    }
}

/// Turns an error of the storage into one of the journal.
func storing<Result: ~Copyable>(_ body: () throws(StorageError) -> Result) throws(JournalError) -> Result {
    do { return try body() } catch { throw .storage(error) }
}
