// SPDX-License-Identifier: Apache-2.0

/// Where a journal's bytes lie: numbered segments, of which the last one grows.
///
/// A journal is given one of two: files of a folder, or a disk in memory that loses what a real one would lose.
public protocol JournalStorage: AnyObject {
    /// The numbers of the segments there are, ascending.
    func segments() throws(StorageError) -> [UInt32]

    /// All bytes of a segment.
    func read(_ segment: UInt32) throws(StorageError) -> [UInt8]

    /// Makes an empty segment, to which is appended from now on.
    func create(_ segment: UInt32) throws(StorageError)

    /// Appends to this segment, which is there, from now on.
    func resume(_ segment: UInt32) throws(StorageError)

    /// Appends all the bytes or, where it throws, none of them. They then survive the end of the program.
    func append(_ bytes: [UInt8]) throws(StorageError)

    /// Brings to the disk what was appended, and the segments that were made. It then survives the end of the machine.
    func sync() throws(StorageError)

    /// Cuts a segment, and keeps what is cut off where a person can find it.
    func truncate(_ segment: UInt32, to length: Int) throws(StorageError)

    /// What to call a segment in messages.
    func path(of segment: UInt32) -> String
}

/// Why a journal's storage did not do what it should.
public struct StorageError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Hashable, Sendable {
        case full
        case readOnly
        case forbidden
        case missing
        /// Another process has the journal; its id, where it is known.
        case inUse(process: Int32?)
        /// The device failed, or the simulated machine is off.
        case broken
        case other
    }

    public let kind: Kind
    public let path: String
    /// "cannot be written".
    public let problem: String
    /// The system's own words.
    public let reason: String

    public init(_ kind: Kind, path: String, problem: String, reason: String) {
        self.kind = kind
        self.path = path
        self.problem = problem
        self.reason = reason
    }

    public var description: String { "\(path) \(problem): \(reason). \(advice)" }

    private var advice: String {
        switch kind {
        case .full: "Free space on that disk, or raise the limit; nothing that was recorded before is lost."
        case .readOnly: "Mount that file system for writing, or name another folder for the journal."
        case .forbidden: "Give this user the right to write there, or name another folder for the journal."
        case .missing: "Check the name; `apus audit verify` takes the folder of a journal."
        case .inUse(let process):
            "Only one program may trade with a journal. "
                + (process.map { "Stop process \($0) first, or name another journal." }
                    ?? "Stop the other one first, or name another journal.")
        case .broken: "Check the disk (`dmesg` shows its errors) before trading goes on."
        case .other: "Check the folder and the disk it is on."
        }
    }
}
