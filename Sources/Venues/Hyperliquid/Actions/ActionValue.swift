// SPDX-License-Identifier: Apache-2.0

public import JSON

/// Part of an action: one description from which both the bytes that are hashed and the JSON that is sent are made, so
/// that they cannot differ. Members keep their order: it is part of the hash.
public indirect enum ActionValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// Above what `integer` holds.
    case unsigned(UInt64)
    case text(String)
    case list([ActionValue])
    case map([Member])

    public struct Member: Hashable, Sendable {
        public var key: String
        public var value: ActionValue
        public init(_ key: String, _ value: ActionValue) {
            self.key = key
            self.value = value
        }
    }

    /// The first member of this name; `nil` where it is no map or has none.
    public subscript(key: String) -> ActionValue? {
        guard case .map(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    public var text: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }

    /// A map without the members of this name.
    func without(_ key: String) -> ActionValue {
        guard case .map(let members) = self else { return self }
        return .map(members.filter { $0.key != key })
    }

    /// A map in which the member of this name has this value: in its place, or at the end.
    func with(_ key: String, _ value: ActionValue) -> ActionValue {
        guard case .map(var members) = self else { return self }
        if let place = members.firstIndex(where: { $0.key == key }) {
            members[place].value = value
        } else {
            members.append(Member(key, value))
        }
        return .map(members)
    }
}

extension ActionValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral {
    public init(stringLiteral value: String) { self = .text(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}

// MARK: - JSON

extension ActionValue {
    /// Takes any JSON as an action in the order of its members. Numbers must be whole and fit in 64 bits.
    public init(_ json: JSONValue) throws(MessageError) {
        switch json.kind {
        case .null: self = .null
        case .true: self = .bool(true)
        case .false: self = .bool(false)
        case .string: self = .text(json.string ?? "")
        case .number:
            if let value = json.integer {
                self = .integer(value)
            } else if let value = json.unsigned {
                self = .unsigned(value)
            } else {
                throw MessageError(field: "action", problem: .outOfRange, value: json.numberText ?? "")
            }
        case .array:
            var elements: [ActionValue] = []
            for element in json.elements { elements.append(try ActionValue(element)) }
            self = .list(elements)
        case .object:
            var members: [Member] = []
            for (key, value) in json.members { members.append(Member(key, try ActionValue(value))) }
            self = .map(members)
        }
    }

    public func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .bool(let flag): writer.bool(flag)
        case .integer(let value): writer.integer(value)
        case .unsigned(let value): writer.integer(value)
        case .text(let text): writer.string(text)
        case .list(let elements): writer.array { for element in elements { element.write(to: &$0) } }
        case .map(let members):
            writer.object {
                for member in members {
                    $0.key(member.key)
                    member.value.write(to: &$0)
                }
            }
        }
    }

    public var json: String {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.text
    }
}

// MARK: - MessagePack

extension ActionValue {
    /// Appends the value as MessagePack in its shortest forms, as the venue and its SDK write it.
    public func appendMessagePack(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes.append(0xC0)
        case .bool(let flag): bytes.append(flag ? 0xC3 : 0xC2)
        case .integer(let value):
            if value >= 0 { Self.append(UInt64(value), to: &bytes) } else { Self.append(negative: value, to: &bytes) }
        case .unsigned(let value): Self.append(value, to: &bytes)
        case .text(let text): Self.append(text, to: &bytes)
        case .list(let elements):
            Self.append(count: elements.count, short: 0x90, word: 0xDC, to: &bytes)
            for element in elements { element.appendMessagePack(to: &bytes) }
        case .map(let members):
            Self.append(count: members.count, short: 0x80, word: 0xDE, to: &bytes)
            for member in members {
                Self.append(member.key, to: &bytes)
                member.value.appendMessagePack(to: &bytes)
            }
        }
    }

    private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        switch value {
        case 0..<128: bytes.append(UInt8(value))
        case 128...0xFF: bytes += [0xCC, UInt8(value)]
        case 0x100...0xFFFF: append(0xCD, UInt16(value), to: &bytes)
        case 0x1_0000...0xFFFF_FFFF: append(0xCE, UInt32(value), to: &bytes)
        default: append(0xCF, value, to: &bytes)
        }
    }

    private static func append(negative value: Int64, to bytes: inout [UInt8]) {
        switch value {
        case -32..<0: bytes.append(UInt8(truncatingIfNeeded: value))
        case -128 ..< -32: bytes += [0xD0, UInt8(truncatingIfNeeded: value)]
        case -0x8000 ..< -128: append(0xD1, UInt16(truncatingIfNeeded: value), to: &bytes)
        case -0x8000_0000 ..< -0x8000: append(0xD2, UInt32(truncatingIfNeeded: value), to: &bytes)
        default: append(0xD3, UInt64(bitPattern: value), to: &bytes)
        }
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        let count = text.utf8.count
        switch count {
        case 0..<32: bytes.append(0xA0 | UInt8(count))
        case 32...0xFF: bytes += [0xD9, UInt8(count)]
        case 0x100...0xFFFF: append(0xDA, UInt16(count), to: &bytes)
        default: append(0xDB, UInt32(truncatingIfNeeded: count), to: &bytes)
        }
        bytes.append(contentsOf: text.utf8)
    }

    private static func append(count: Int, short: UInt8, word: UInt8, to bytes: inout [UInt8]) {
        switch count {
        case 0..<16: bytes.append(short | UInt8(count))
        case 16...0xFFFF: append(word, UInt16(count), to: &bytes)
        default: append(word + 1, UInt32(truncatingIfNeeded: count), to: &bytes)
        }
    }

    private static func append(_ mark: UInt8, _ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        bytes.append(mark)
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }
}
