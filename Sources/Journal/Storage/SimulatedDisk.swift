// SPDX-License-Identifier: Apache-2.0

/// A journal's storage in memory that loses what a real disk would lose when the program or the machine ends.
///
/// It outlives the `Journal` that writes it, as a disk outlives a program. The same calls with the same generator
/// leave the same bytes.
public final class SimulatedDisk: JournalStorage {
    /// What goes wrong at the next write.
    public enum Fault: Hashable, Sendable {
        /// There is room for this many bytes more; then the disk is full until the fault is cleared.
        case full(after: Int)
        case readOnly
        /// The next sync fails. What was not on the disk may be lost at the next power cut.
        case syncFails
        /// The program ends inside the next write, after this many bytes of it.
        case killedInsideWrite(after: Int)
        /// The power fails inside the next write or sync: nothing of it is acknowledged.
        case powerFails
    }

    public enum Crash: Hashable, Sendable {
        /// kill -9: what was written is in the system's memory.
        case processKill
        /// What was not synced is lost, in part, and sector by sector.
        case powerCut
    }

    /// A disk writes this many bytes as one.
    public static let sectorBytes = 512

    private struct Segment {
        let number: UInt32
        var bytes: [UInt8] = []
        /// How many bytes from the beginning are on the disk.
        var synced = 0
        var isNameSynced = false
    }

    private var files: [Segment] = []
    private var current: Int?
    /// Whether the machine or the program has stopped: until a crash is taken, nothing works.
    public private(set) var isOff = false
    public var fault: Fault?
    /// What was cut off by recoveries.
    public private(set) var cutBytes = 0
    public private(set) var syncCount = 0

    public init() {}

    public var byteCount: Int { files.reduce(0) { $0 + $1.bytes.count } }

    /// A disk with the same contents, for trying several ends of one history.
    public func copy() -> SimulatedDisk {
        let copy = SimulatedDisk()
        copy.files = files
        copy.current = current
        return copy
    }

    /// Takes back the last bytes that were written, as a program does not that ends inside a write.
    public func tear(to byteCount: Int) {
        var excess = max(0, self.byteCount - byteCount)
        for place in files.indices.reversed() where excess > 0 {
            let count = min(excess, files[place].bytes.count)
            files[place].bytes.removeLast(count)
            files[place].synced = min(files[place].synced, files[place].bytes.count)
            excess -= count
        }
    }

    /// Ends the program or the machine. Afterwards the disk can be opened again.
    ///
    /// - Parameter generator: Decides what of the unsynced bytes reached the disk.
    public func crash(_ crash: Crash, using generator: inout some RandomNumberGenerator) {
        isOff = false
        fault = nil
        current = nil
        guard crash == .powerCut else { return }
        files = files.compactMap { file in
            var file = file
            guard file.isNameSynced || Bool.random(using: &generator) else { return nil }
            // The length reaches the disk on its own; a sector that did not is zeros.
            file.bytes.removeLast(Int.random(in: 0...file.bytes.count - file.synced, using: &generator))
            var place = file.synced
            while place < file.bytes.count {
                let end = min((place / Self.sectorBytes + 1) * Self.sectorBytes, file.bytes.count)
                if Bool.random(using: &generator) {
                    for index in place..<end { file.bytes[index] = 0 }
                }
                place = end
            }
            file.synced = file.bytes.count
            file.isNameSynced = true
            return file
        }
    }

    /// Changes one byte of a segment, as a failing disk or a person would.
    public func corrupt(_ segment: UInt32, at offset: Int, xor mask: UInt8) {
        guard let place = place(of: segment), files[place].bytes.indices.contains(offset) else { return }
        files[place].bytes[offset] ^= mask
    }

    // MARK: JournalStorage

    public func path(of segment: UInt32) -> String { "simulated disk, segment \(segment)" }

    public func segments() throws(StorageError) -> [UInt32] {
        try checkPower()
        return files.map(\.number).sorted()
    }

    public func read(_ segment: UInt32) throws(StorageError) -> [UInt8] {
        try checkPower()
        return files[try existing(segment)].bytes
    }

    public func create(_ segment: UInt32) throws(StorageError) {
        try checkPower()
        guard place(of: segment) == nil else { throw error(.other, "cannot be made", "it exists", segment) }
        if fault == .readOnly { throw error(.readOnly, "cannot be made", "read-only file system", segment) }
        files.append(Segment(number: segment))
        current = files.count - 1
    }

    public func resume(_ segment: UInt32) throws(StorageError) {
        try checkPower()
        if fault == .readOnly { throw error(.readOnly, "cannot be written", "read-only file system", segment) }
        current = try existing(segment)
    }

    public func append(_ bytes: [UInt8]) throws(StorageError) {
        try checkPower()
        guard let current else { preconditionFailure("a segment is made or resumed before it is written") }
        let number = files[current].number
        switch fault {
        case .readOnly: throw error(.readOnly, "cannot be written", "read-only file system", number)
        case .full(let room):
            guard bytes.count <= room else { throw error(.full, "cannot be written", "no space left", number) }
            fault = .full(after: room - bytes.count)
        case .killedInsideWrite(let count):
            files[current].bytes += bytes.prefix(count)
            throw turnOff(number)
        case .powerFails:
            files[current].bytes += bytes
            throw turnOff(number)
        case .syncFails, nil: break
        }
        files[current].bytes += bytes
    }

    public func sync() throws(StorageError) {
        try checkPower()
        syncCount += 1
        switch fault {
        case .syncFails:
            fault = nil
            throw error(.broken, "cannot be brought to the disk", "input/output error", files.last?.number ?? 0)
        case .powerFails: throw turnOff(files.last?.number ?? 0)
        case .readOnly, .full, .killedInsideWrite, nil: break
        }
        if let current { files[current].synced = files[current].bytes.count }
        for place in files.indices { files[place].isNameSynced = true }
    }

    public func truncate(_ segment: UInt32, to length: Int) throws(StorageError) {
        try checkPower()
        let place = try existing(segment)
        guard files[place].bytes.count > length else { return }
        cutBytes += files[place].bytes.count - length
        files[place].bytes.removeLast(files[place].bytes.count - length)
        files[place].synced = min(files[place].synced, length)
    }

    private func place(of segment: UInt32) -> Int? { files.firstIndex { $0.number == segment } }

    private func existing(_ segment: UInt32) throws(StorageError) -> Int {
        guard let place = place(of: segment) else { throw error(.missing, "cannot be opened", "no such file", segment) }
        return place
    }

    private func checkPower() throws(StorageError) {
        if isOff { throw error(.broken, "cannot be reached", "the simulated machine is off", files.last?.number ?? 0) }
    }

    private func turnOff(_ segment: UInt32) -> StorageError {
        isOff = true
        fault = nil
        return error(.broken, "cannot be reached", "the simulated machine went off", segment)
    }

    private func error(_ kind: StorageError.Kind, _ problem: String, _ reason: String, _ segment: UInt32)
        -> StorageError
    {
        StorageError(kind, path: path(of: segment), problem: problem, reason: reason)
    }
}
