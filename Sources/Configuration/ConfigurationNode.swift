// SPDX-License-Identifier: Apache-2.0

import Trading

/// Where a piece of configuration was written. Lines and columns count from 1; line 0 means the whole of `file`.
public struct SourceLocation: Hashable, Sendable, CustomStringConvertible {
    /// A file name, or the command-line argument that the value came from.
    public let file: String
    public let line: Int
    public let column: Int

    public init(file: String, line: Int = 0, column: Int = 0) {
        self.file = file
        self.line = line
        self.column = column
    }

    public var description: String { line == 0 ? file : "\(file):\(line):\(column)" }
}

/// One value of a configuration with the place it was written at; texts are kept exactly as written.
public struct ConfigurationNode: Sendable, Hashable {
    public enum Content: Sendable, Hashable {
        case scalar(Scalar)
        case list([ConfigurationNode])
        case map([Entry])
    }

    /// A text without structure. Numbers stay text, so that `1.00` never passes through binary floating point.
    public struct Scalar: Sendable, Hashable {
        public let text: String
        /// Written in quotes or as a block: such a text is never a boolean, a whole number or nothing.
        public let isQuoted: Bool

        public init(text: String, isQuoted: Bool) {
            self.text = text
            self.isQuoted = isQuoted
        }

        /// Nothing was written, or one of the ways of YAML to say so.
        public var isNull: Bool { !isQuoted && ["", "~", "null", "Null", "NULL"].contains(text) }
    }

    /// A key and its value, in the order of the file.
    public struct Entry: Sendable, Hashable {
        public let key: String
        public let keyLocation: SourceLocation
        public var value: ConfigurationNode

        public init(key: String, keyLocation: SourceLocation, value: ConfigurationNode) {
            self.key = key
            self.keyLocation = keyLocation
            self.value = value
        }
    }

    public var content: Content
    public let location: SourceLocation

    public init(_ content: Content, at location: SourceLocation) {
        self.content = content
        self.location = location
    }

    /// The entries of a map; none for anything else.
    public var entries: [Entry] { if case .map(let entries) = content { entries } else { [] } }

    /// The elements of a list; none for anything else.
    public var elements: [ConfigurationNode] { if case .list(let elements) = content { elements } else { [] } }

    public var scalar: Scalar? { if case .scalar(let scalar) = content { scalar } else { nil } }

    public subscript(key: String) -> ConfigurationNode? { entries.first { $0.key == key }?.value }

    /// Nothing was written here: `key:` with no value.
    public var isNull: Bool { scalar?.isNull ?? false }

    /// What stands here, in words for an error message.
    var foundText: String {
        switch content {
        case .scalar(let scalar) where scalar.isNull: "no value"
        case .scalar(let scalar) where scalar.isQuoted: "the text \(scalar.text.inMessage)"
        case .scalar(let scalar): scalar.text.inMessage
        case .list: "a list"
        case .map: "a map of keys"
        }
    }
}

extension String {
    /// Whether 64 hexadecimal digits stand in it side by side, as in a private key; a long decimal number is none.
    var holdsKey: Bool { withoutKeys.utf8.count != utf8.count }

    /// With `…` in place of whatever looks like a private key.
    var withoutKeys: String {
        guard utf8.count >= 64 else { return self }
        var (result, run): ([UInt8], [UInt8]) = ([], [])
        for byte in Array(utf8) + [0] {
            if byte.isHexadecimal {
                run.append(byte)
            } else {
                result += run.count >= 64 && !run.allSatisfy(\.isDigit) ? Array("…".utf8) : run
                run = []
                result.append(byte)
            }
        }
        return String(decoding: result.dropLast(), as: UTF8.self)
    }

    /// In quotes, at most 40 characters and on one line, whatever the text was.
    var inMessage: String {
        guard !holdsKey else { return "a text that is not shown, since it may be a secret key" }
        var text = ""
        for character in unicodeScalars.prefix(41) {
            switch character.value {
            case 10: text += "\\n"
            case 9: text += "\\t"
            case 0..<32, 127..<160: text += "\\u{\(String(character.value, radix: 16))}"
            default: text.unicodeScalars.append(character)
            }
        }
        return "'\(text.shortened)'"
    }
}
