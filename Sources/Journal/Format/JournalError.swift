// SPDX-License-Identifier: Apache-2.0

public import Trading

/// Why a journal could not be read or written.
public enum JournalError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file system refused. Records that were appended are kept, and the next commit tries again.
    case storage(StorageError)
    /// Bytes that were once written whole have changed or are gone.
    case damaged(JournalDamage)
    case newerFormat(path: String, version: UInt16)
    /// The payload is longer than a record may be; nothing was appended.
    case recordTooLong(kind: UInt16, length: Int, longest: Int)
    /// After a failed sync nobody knows what is on the disk, so that this journal takes no more.
    case unusable(StorageError)

    public var description: String {
        switch self {
        case .storage(let error): "\(error)"
        case .damaged(let damage): "\(damage)"
        case .newerFormat(let path, let version):
            "\(path) has version \(version) of the journal's format; this program reads version "
                + "\(SegmentHeader.formatVersion). Use the program that wrote it, or a newer one."
        case .recordTooLong(let kind, let length, let longest):
            "A journal record of kind \(kind) has \(length) bytes; at most \(longest) fit. Split it."
        case .unusable(let error):
            "The journal takes no more records, because what it wrote last may not be on the disk: \(error) "
                + "Stop the program, check the disk, and start again: what is there is verified at the start."
        }
    }
}

/// Where a journal's chain is broken.
public struct JournalDamage: Error, Hashable, Sendable, CustomStringConvertible {
    public let path: String
    /// Where in the file the first bytes are that cannot be trusted.
    public let offset: Int
    /// The sequence of the first record that cannot be trusted.
    public let sequence: UInt64
    /// The time of the last record before it, which is good; `nil`: there is none.
    public let lastTime: Timestamp?
    public let problem: String

    public var description: String {
        let time = lastTime.map { ", after the good record of \($0)" } ?? ""
        return "\(path) is damaged at byte \(offset), record \(sequence)\(time): \(problem). "
            + "Nothing was changed. Bring the journal's folder back from a backup, or move it away and start a new "
            + "journal: orders and positions are then taken over from the venue."
    }
}

/// What was left out at the end of a journal when it was opened after a crash.
public struct JournalCut: Hashable, Sendable, CustomStringConvertible {
    public enum Reason: Hashable, Sendable {
        /// The file ends inside a record: its writing was interrupted.
        case unfinished
        /// The last commit's bytes are there and are not what was written: the power failed while it was written.
        case unreadable
    }

    public let path: String
    public let offset: Int
    public let byteCount: Int
    /// The sequence of the first record that was left out.
    public let sequence: UInt64
    public let lastTime: Timestamp?
    public let reason: Reason

    public var description: String {
        let what =
            switch reason {
            case .unfinished: "an unfinished record"
            case .unreadable: "an unreadable last commit"
            }
        let time = lastTime.map { " The last good record is of \($0)." } ?? ""
        return "\(path): \(what) at byte \(offset) (\(byteCount) bytes, record \(sequence)) is left out.\(time)"
    }
}
