// SPDX-License-Identifier: Apache-2.0

import Journal

/// A journal's storage with a mistake in it.
final class FaultyStorage: JournalStorage {
    private let disk: SimulatedDisk
    private let defect: Defect
    private var held: [UInt8] = []

    init(_ disk: SimulatedDisk, _ defect: Defect) {
        self.disk = disk
        self.defect = defect
    }

    func segments() throws(StorageError) -> [UInt32] { try disk.segments() }
    func read(_ segment: UInt32) throws(StorageError) -> [UInt8] { try disk.read(segment) }
    func create(_ segment: UInt32) throws(StorageError) { try disk.create(segment) }
    func resume(_ segment: UInt32) throws(StorageError) { try disk.resume(segment) }
    func truncate(_ segment: UInt32, to length: Int) throws(StorageError) { try disk.truncate(segment, to: length) }
    func path(of segment: UInt32) -> String { disk.path(of: segment) }

    func append(_ bytes: [UInt8]) throws(StorageError) {
        guard defect == .journalAfterSending else { return try disk.append(bytes) }
        let late = held
        held = bytes
        if !late.isEmpty { try disk.append(late) }
    }

    func sync() throws(StorageError) { if defect != .syncIgnored { try disk.sync() } }
}
