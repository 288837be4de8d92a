// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A configuration as it was written: YAML or JSON, every key and value with its place.
public struct ConfigurationDocument: Sendable, Hashable {
    public var root: ConfigurationNode
    /// The name that errors carry.
    public let file: String

    /// Reads YAML or JSON text.
    ///
    /// - Parameters:
    ///   - bytes: UTF-8, with or without a byte-order mark; at most `ConfigurationLimits.maximumBytes`.
    ///   - file: The name that errors carry.
    /// - Throws: The first problem: syntax, encoding, a key given twice, or a limit.
    public init(parsing bytes: [UInt8], file: String) throws(ConfigurationProblem) {
        let start = SourceLocation(file: file)
        guard bytes.count <= ConfigurationLimits.maximumBytes else {
            throw ConfigurationProblem(
                .tooLarge, at: start,
                "The text has \(bytes.count) bytes; at most \(ConfigurationLimits.maximumBytes) are read.")
        }
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            throw ConfigurationProblem(.encoding, at: start, "The text is UTF-16. Save it as UTF-8.")
        }
        let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        if let offset = Self.firstInvalidByte(text) {
            let (line, column) = TextPosition.of(offset: offset, in: text)
            throw ConfigurationProblem(
                .encoding, at: SourceLocation(file: file, line: line, column: column),
                "The byte 0x\(String(text[offset], radix: 16, uppercase: true)) is not UTF-8. Save the text as UTF-8.")
        }
        guard let node = try YAMLComposer(text, file: file).compose(), !node.isNull else {
            throw ConfigurationProblem(
                .missingKey, at: start, "The configuration is empty. 'apus config init' writes one to start from.")
        }
        self.root = node
        self.file = file
    }

    public init(parsing text: String, file: String) throws(ConfigurationProblem) {
        try self.init(parsing: Array(text.utf8), file: file)
    }

    /// Reads a file.
    ///
    /// - Throws: `unreadable` where it cannot be read, and whatever `init(parsing:file:)` throws.
    public init(contentsOfFile path: String) throws(ConfigurationProblem) {
        let place = SourceLocation(file: path)
        guard let handle = fopen(path, "rb") else {
            throw ConfigurationProblem(
                .unreadable, at: place, "The file cannot be opened: \(String(cString: strerror(errno))).")
        }
        defer { fclose(handle) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= ConfigurationLimits.maximumBytes {
            let count = fread(&buffer, 1, buffer.count, handle)
            guard count > 0 else { break }
            bytes += buffer.prefix(count)
        }
        guard ferror(handle) == 0 else {
            throw ConfigurationProblem(
                .unreadable, at: place, "The file cannot be read: \(String(cString: strerror(errno))).")
        }
        try self.init(parsing: bytes, file: path)
    }

    private static func firstInvalidByte(_ bytes: [UInt8]) -> Int? {
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var offset = 0
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar): offset += UTF8.width(scalar)
            case .emptyInput: return nil
            case .error: return min(offset, bytes.count - 1)
            }
        }
    }
}
