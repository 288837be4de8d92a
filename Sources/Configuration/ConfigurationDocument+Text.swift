// SPDX-License-Identifier: Apache-2.0

extension ConfigurationDocument {
    /// The document with its overrides applied, on one line: reading it again gives the same values. Comments are not
    /// part of it, and neither are secrets, which a configuration only names.
    public var text: String { root.flowText }

    /// The same on many lines, for people: a key a line, lists in brackets.
    public var blockText: String {
        var lines: [String] = []
        root.addBlock(to: &lines, indent: "")
        return lines.joined(separator: "\n") + "\n"
    }
}

extension ConfigurationNode {
    fileprivate var flowText: String {
        switch content {
        case .scalar(let scalar): scalar.isPlain ? scalar.text : JSONText.quoted(scalar.text)
        case .list(let elements): "[" + elements.map(\.flowText).joined(separator: ", ") + "]"
        case .map(let entries):
            "{" + entries.map { "\(JSONText.quoted($0.key)): \($0.value.flowText)" }.joined(separator: ", ") + "}"
        }
    }
}

extension ConfigurationNode {
    /// Adds a line for each key of a map; maps in it are indented below their keys.
    fileprivate func addBlock(to lines: inout [String], indent: String) {
        for entry in entries {
            let isOther = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(entry.key.lowercased())
            let isPlain =
                !isOther && entry.key.utf8.first.map { $0 >= UInt8(ascii: "A") } == true
                && entry.key.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"):
                        true
                    default: false
                    }
                }
            let key = isPlain ? entry.key : JSONText.quoted(entry.key)
            if entry.value.entries.isEmpty {
                lines.append("\(indent)\(key): \(entry.value.flowText)")
            } else {
                lines.append("\(indent)\(key):")
                entry.value.addBlock(to: &lines, indent: indent + "  ")
            }
        }
    }
}

extension ConfigurationNode.Scalar {
    /// Whether it can stand without quotes, which would make a text of a number.
    fileprivate var isPlain: Bool {
        !isQuoted && text.utf8.last != UInt8(ascii: ":")
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "a")...UInt8(ascii: "z"):
                    true
                default: "._+-%/:~".utf8.contains(byte)
                }
            }
    }
}
