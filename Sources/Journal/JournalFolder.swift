// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Where the journal of one trading instance lies: `apus-journal/NAME`.
public struct JournalFolder: Hashable, Sendable {
    public static let defaultRoot = "./apus-journal"

    /// Why text cannot name a journal.
    public struct NameError: Error, Hashable, Sendable, CustomStringConvertible {
        public let name: String
        public var description: String {
            "'\(name.prefix(60))' cannot name a journal. Use 1 to 60 letters, digits, '-', '_' and '.', not a '.' in front."
        }
    }

    public let path: String

    /// - Parameter name: The instance's; it becomes a folder's name.
    public init(name: String, root: String = defaultRoot) throws(NameError) {
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case 48...57, 65...90, 97...122, 45, 46, 95: true
            default: false
            }
        }
        guard isPlain, !name.hasPrefix("."), (1...60).contains(name.utf8.count) else { throw NameError(name: name) }
        path = "\(root)/\(name)"
    }

    /// A folder that a person named.
    public init(path: String) { self.path = path }

    /// Takes the journal for this process; a folder is made where there is none.
    ///
    /// - Throws: `inUse` with the process that has it.
    public func open() throws(StorageError) -> FileStorage { try FileStorage(folder: path, access: .write) }

    /// Looks at the journal and changes nothing, also while a program writes it.
    public func openForReading() throws(StorageError) -> FileStorage { try FileStorage(folder: path, access: .read) }

    /// Whether there is a journal: at least one segment.
    public var exists: Bool {
        guard let storage = try? openForReading(), let segments = try? storage.segments() else { return false }
        return !segments.isEmpty
    }

    /// The path of the segment that grows.
    public func newestSegment() throws(StorageError) -> String? {
        let storage = try openForReading()
        return try storage.segments().last.map { storage.path(of: $0) }
    }

    /// The names of the journals below a root, sorted; none where it cannot be read.
    public static func names(in root: String = defaultRoot) -> [String] {
        guard let directory = opendir(root) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let folder = try? JournalFolder(name: name, root: root), folder.exists { names.append(name) }
        }
        return names.sorted()
    }
}
