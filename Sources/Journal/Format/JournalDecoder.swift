// SPDX-License-Identifier: Apache-2.0

public import Trading

/// A place in a journal's chain: all before it is verified.
public struct JournalPosition: Hashable, Sendable {
    /// The segment that the place is in; 0 before the first one.
    public internal(set) var segment: UInt32 = 0
    /// `nil` before the first segment.
    public internal(set) var journalID: UInt64?
    public internal(set) var nextSequence: UInt64 = 1
    /// The link of the last record, or of the segment's header.
    public internal(set) var hash = ChainHash.zero
    /// The time of the last record.
    public internal(set) var lastTime: Timestamp?

    public init() {}
}

/// Reads and verifies the bytes of one segment. It touches no file.
public struct JournalDecoder {
    /// What is found at the present place.
    public enum Step: Hashable, Sendable {
        case record(JournalRecord)
        case end
        case unreadable(Unreadable)
    }

    /// Bytes that are no record which follows the last one.
    public struct Unreadable: Hashable, Sendable {
        public let offset: Int
        public let problem: String
        /// Whether the bytes end before the record does.
        public let isUnfinished: Bool
        /// Whether what follows proves that the bytes were once whole, so that no interrupted write explains them.
        public let isDamage: Bool
    }

    private let bytes: [UInt8]
    private let path: String
    private let hasher = ChainHasher()
    public private(set) var position: JournalPosition
    public private(set) var offset = 0

    /// - Parameters:
    ///   - path: For messages.
    ///   - previous: Where the segment before ended.
    public init(_ bytes: [UInt8], path: String, following previous: JournalPosition) {
        self.bytes = bytes
        self.path = path
        position = previous
    }

    /// Reads the segment's header, and checks that it follows the segment before.
    ///
    /// - Returns: `nil` where the header was never written whole.
    public mutating func header() throws(JournalError) -> SegmentHeader? {
        guard bytes.count >= SegmentHeader.byteCount,
            bytes.prefix(SegmentHeader.byteCount).contains(where: { $0 != 0 })
        else {
            guard !hasRecord(after: 0).isDamage else { throw damage("its header is gone") }
            return nil
        }
        guard bytes.starts(with: SegmentHeader.magic) else { throw damage("this is no file of a journal") }
        let (header, version, hash, isWhole) = bytes.withUnsafeBytes { all in
            let header = SegmentHeader(
                number: all.littleEndian(12), journalID: all.littleEndian(16),
                created: Timestamp(nanoseconds: all.littleEndian(24)), firstSequence: all.littleEndian(32),
                previousHash: ChainHash(all.part(40, ChainHash.byteCount)))
            let hash = ChainHash(all.part(72, ChainHash.byteCount))
            return (
                header, all.littleEndian(8, as: UInt16.self), hash,
                hash == hasher.link(header.previousHash, all.part(0, 72))
            )
        }
        guard version <= SegmentHeader.formatVersion else { throw .newerFormat(path: path, version: version) }
        guard version == SegmentHeader.formatVersion, isWhole else { throw damage("its header was changed") }
        guard header.previousHash == position.hash, header.firstSequence == position.nextSequence,
            header.number == position.segment &+ 1, position.journalID == nil || header.journalID == position.journalID
        else {
            throw damage(
                "it is segment \(header.number) of journal \(hexadecimal(header.journalID)) and begins with record "
                    + "\(header.firstSequence), which does not follow what comes before it: a segment is missing or "
                    + "belongs elsewhere")
        }
        position.segment = header.number
        position.journalID = header.journalID
        position.hash = hash
        offset = SegmentHeader.byteCount
        return header
    }

    /// Reads the next record.
    public mutating func next() -> Step {
        guard offset < bytes.count else { return .end }
        let previous = position.hash
        let found = bytes.withUnsafeBytes { all -> (RecordHeader, ChainHash, isWhole: Bool)? in
            guard let header = RecordHeader(all, at: offset), header.end <= all.count else { return nil }
            let link = hasher.link(previous, all.part(offset, header.end - offset - ChainHash.byteCount))
            return (header, link, ChainHash(all.part(header.end - ChainHash.byteCount, ChainHash.byteCount)) == link)
        }
        guard let (header, link, isWhole) = found else {
            return .unreadable(unreadable("the file ends inside a record", isUnfinished: true))
        }
        guard isWhole else {
            // Where the next record follows what this one should be, its stored link is what was changed.
            let follower = bytes.withUnsafeBytes { record($0, at: header.end, following: link) }
            let isFollowed = follower.map { $0.flags != RecordLayout.flagPower } ?? false
            return .unreadable(unreadable("its bytes were changed", isUnfinished: false, isFollowed: isFollowed))
        }
        guard header.sequence == position.nextSequence, header.isPlain else {
            return .unreadable(
                unreadable(
                    "it has number \(header.sequence) where \(position.nextSequence) was due", isUnfinished: false,
                    isFollowed: true))
        }
        let payload = Array(bytes[offset + RecordLayout.headerLength..<header.end - ChainHash.byteCount])
        position.hash = link
        position.nextSequence += 1
        position.lastTime = header.time
        offset = header.end
        return .record(
            JournalRecord(sequence: header.sequence, kind: header.kind, time: header.time, payload: payload))
    }

    /// The bytes from the present place on.
    public var remaining: Int { bytes.count - offset }

    func damage(_ problem: String) -> JournalError {
        .damaged(
            JournalDamage(
                path: path, offset: offset, sequence: position.nextSequence, lastTime: position.lastTime,
                problem: problem))
    }

    private func unreadable(_ problem: String, isUnfinished: Bool, isFollowed: Bool = false) -> Unreadable {
        let later = isFollowed ? (found: true, isDamage: true) : hasRecord(after: offset)
        return Unreadable(
            offset: offset, problem: problem, isUnfinished: isUnfinished && !later.found, isDamage: later.isDamage)
    }

    /// Looks for a whole record further on: one whose link follows from the 32 bytes before it.
    ///
    /// Within one commit that was on its way to the disk, a failing power supply can lose an earlier part and keep a
    /// later one. So a later record is proof of damage unless all later ones belong to such a commit.
    private func hasRecord(after start: Int) -> (found: Bool, isDamage: Bool) {
        bytes.withUnsafeBytes { all in
            var found = false
            var place = max(start + RecordLayout.headerLength, SegmentHeader.byteCount)
            while place + RecordLayout.overhead <= all.count {
                guard let header = RecordHeader(all, at: place), header.isPlain,
                    header.sequence >= position.nextSequence,
                    header.sequence - position.nextSequence <= UInt64(all.count / RecordLayout.overhead),
                    let later = record(
                        all, at: place, following: ChainHash(all.part(place - ChainHash.byteCount, ChainHash.byteCount))
                    )
                else {
                    place += 1
                    continue
                }
                let isUnsynced = later.flags == RecordLayout.flagPower
                guard isUnsynced else { return (true, true) }
                found = true
                place = later.end
            }
            return (found, false)
        }
    }

    private func record(_ all: UnsafeRawBufferPointer, at place: Int, following previous: ChainHash) -> RecordHeader? {
        guard let header = RecordHeader(all, at: place), header.end <= all.count else { return nil }
        let link = hasher.link(previous, all.part(place, header.end - place - ChainHash.byteCount))
        return ChainHash(all.part(header.end - ChainHash.byteCount, ChainHash.byteCount)) == link ? header : nil
    }
}

/// The first 24 bytes of a record, not verified.
private struct RecordHeader {
    let kind: UInt16
    let flags: UInt8
    let reserved: UInt8
    let sequence: UInt64
    let time: Timestamp
    /// Where the record ends, its link included; it may lie behind the end of the file.
    let end: Int

    /// - Returns: `nil` where the bytes end inside the header, or the length is impossible.
    init?(_ all: UnsafeRawBufferPointer, at place: Int) {
        guard place + RecordLayout.headerLength <= all.count else { return nil }
        let length = Int(all.littleEndian(place, as: UInt32.self))
        guard length <= RecordLayout.longestPayload else { return nil }
        kind = all.littleEndian(place + 4)
        flags = all[place + 6]
        reserved = all[place + 7]
        sequence = all.littleEndian(place + 8)
        time = Timestamp(nanoseconds: all.littleEndian(place + 16))
        end = place + RecordLayout.overhead + length
    }

    var isPlain: Bool { reserved == 0 && flags & ~RecordLayout.knownFlags == 0 }
}

/// 16 hexadecimal digits.
package func hexadecimal(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}
