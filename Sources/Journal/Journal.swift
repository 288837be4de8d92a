// SPDX-License-Identifier: Apache-2.0

public import Trading

/// How a journal is kept.
public struct JournalSettings: Hashable, Sendable {
    public var durability: Durability
    /// A commit that would begin behind this size begins a new segment; at most 256 MiB.
    public var segmentBytes: Int
    /// Given to a journal that is begun, and the same in all its segments; an existing one keeps its own.
    public var journalID: UInt64

    public init(durability: Durability = .process, segmentBytes: Int = 16 << 20, journalID: UInt64 = 0) {
        self.durability = durability
        self.segmentBytes = segmentBytes
        self.journalID = journalID
    }
}

/// The record of what a trading session was told, decided and sent, in the order it happened.
///
/// Nothing is acted on before it is in here: `append` what will be done, `commit`, then do it. Records between two
/// commits go to the storage in one write. It belongs to one thread.
public final class Journal {
    public let durability: Durability
    /// The journal's own id, the same in all its segments.
    public let journalID: UInt64
    /// What was left out at its end when it was opened.
    public let cut: JournalCut?
    private let storage: any JournalStorage
    private let segmentBytes: Int
    private var encoder: JournalEncoder
    private var segment: UInt32
    /// The bytes of the segment that are in the storage.
    private var segmentLength: Int
    /// What the next commit writes.
    private var buffer: [UInt8] = []
    private var pending = 0
    /// Of rehearsals; it never reaches the storage.
    private var rehearsed: [UInt8] = []
    /// Whether the buffer begins a segment, and whether the storage has made it already.
    private var beginsSegment = false
    private var isSegmentMade = false
    /// Whether all that was committed is known to be on the disk.
    private var isSynced = true
    private var failure: StorageError?

    /// Reads a journal to its end, verifies it, and goes on with it. Where there is none, one is begun.
    ///
    /// An unfinished end, as a crash leaves it, is cut off; `cut` tells.
    ///
    /// - Parameters:
    ///   - time: The wall clock, for the header of a segment that is begun.
    ///   - replay: Is given each record, oldest first.
    /// - Throws: `damaged` where the chain is broken before its end; nothing is changed then.
    public static func recover(
        _ storage: any JournalStorage, _ settings: JournalSettings, at time: Timestamp,
        replay: (JournalRecord) -> Void = { _ in }
    ) throws(JournalError) -> Journal {
        var reader = try JournalReader(storage)
        while let record = try reader.next() { replay(record) }
        return try Journal(continuing: reader, settings, at: time)
    }

    /// Goes on with a journal that was read to its end.
    public init(continuing reader: JournalReader, _ settings: JournalSettings, at time: Timestamp) throws(JournalError)
    {
        precondition(reader.isAtEnd, "a journal must be read to its end before it goes on")
        let position = reader.position
        let storage = reader.storage
        self.storage = storage
        durability = settings.durability
        segmentBytes = min(settings.segmentBytes, 256 << 20)
        journalID = position.journalID ?? settings.journalID
        cut = reader.cut
        encoder = JournalEncoder(nextSequence: position.nextSequence, hash: position.hash)
        segment = position.segment
        segmentLength = reader.segments.last?.byteCount ?? 0
        if let unfinished = reader.unfinished {
            try storing { () throws(StorageError) in
                try storage.truncate(unfinished.segment, to: unfinished.offset)
            }
            // Its header was never written whole.
            isSegmentMade = unfinished.segment != position.segment
        }
        let isMade = isSegmentMade
        try storing { () throws(StorageError) in
            if isMade || position.segment > 0 { try storage.resume(isMade ? position.segment + 1 : position.segment) }
            try storage.sync()
        }
        if isSegmentMade || position.segment == 0 {
            beginSegment(at: time)
            try commit()
        }
    }

    /// The sequence of the next record.
    public var nextSequence: UInt64 { encoder.nextSequence }
    /// The link of the last record that was appended: what `apus audit verify --expect` is given.
    public var headHash: ChainHash { encoder.hash }
    /// Records that were appended and not yet committed.
    public var uncommittedCount: Int { pending }

    /// Adds a record to the next commit.
    ///
    /// - Parameter write: Makes the payload.
    /// - Returns: The record's sequence.
    /// - Throws: `recordTooLong`, `unusable`.
    @discardableResult
    public func append(
        kind: UInt16, at time: Timestamp, _ write: (inout RecordWriter) -> Void
    ) throws(JournalError) -> UInt64 {
        if let failure { throw .unusable(failure) }
        if pending == 0, !beginsSegment, segmentLength >= segmentBytes { beginSegment(at: time) }
        var flags = durability == .power ? RecordLayout.flagPower : 0
        if pending == 0, isSynced { flags |= RecordLayout.flagAfterSync }
        let sequence = try encoder.append(kind: kind, at: time, flags: flags, into: &buffer, write)
        pending += 1
        return sequence
    }

    /// Adds a record to the next commit.
    @discardableResult
    public func append(kind: UInt16, payload: [UInt8], at time: Timestamp) throws(JournalError) -> UInt64 {
        try append(kind: kind, at: time) { $0.raw(payload) }
    }

    /// Makes a record and its link of the chain, and forgets them: so that the next real one meets warm caches.
    public func rehearse(kind: UInt16, at time: Timestamp, _ write: (inout RecordWriter) -> Void) {
        var encoder = encoder
        rehearsed.removeAll(keepingCapacity: true)
        _ = try? encoder.append(kind: kind, at: time, into: &rehearsed, write)
    }

    /// Makes what was appended as durable as configured, all of it in one write.
    ///
    /// - Throws: `storage` where it could not be written: the records are kept, and the next commit tries again.
    ///   `unusable` where it may or may not be on the disk: the journal takes no more then.
    public func commit() throws(JournalError) {
        if let failure { throw .unusable(failure) }
        guard !buffer.isEmpty else { return }
        do throws(StorageError) {
            if beginsSegment, !isSegmentMade {
                // Only the last segment may have an unfinished end.
                try bringToDisk()
                try storage.create(segment)
                isSegmentMade = true
            }
            try storage.append(buffer)
        } catch {
            if error.kind == .broken { failure = error }
            if let failure { throw .unusable(failure) }
            throw .storage(error)
        }
        segmentLength += buffer.count
        buffer.removeAll(keepingCapacity: true)
        pending = 0
        beginsSegment = false
        isSegmentMade = false
        isSynced = false
        if durability == .power { try sync() }
    }

    /// Brings what was committed to the disk, whatever the durability is.
    public func sync() throws(JournalError) {
        if let failure { throw .unusable(failure) }
        do throws(StorageError) { try bringToDisk() } catch { throw .unusable(error) }
    }

    private func bringToDisk() throws(StorageError) {
        guard !isSynced else { return }
        do throws(StorageError) { try storage.sync() } catch {
            // A second sync may succeed although the system has dropped what the first one could not write.
            failure = error
            throw error
        }
        isSynced = true
    }

    private func beginSegment(at time: Timestamp) {
        segment += 1
        segmentLength = 0
        beginsSegment = true
        encoder.beginSegment(segment, journalID: journalID, at: time, into: &buffer)
    }
}
