// SPDX-License-Identifier: Apache-2.0

internal import Execution
public import JSON
internal import Trading

/// Something that can be read from a message.
public protocol MessageDecodable: Sendable {
    init(_ message: MessageReader) throws(MessageError)
}

/// Reads one value of a message. Whatever is wrong becomes an error that names the field and what was there.
public struct MessageReader: Sendable {
    public let json: JSONValue
    let path: String

    public init(_ json: JSONValue, path: String = "") {
        self.json = json
        self.path = path
    }

    /// Reads bytes as JSON.
    public init(bytes: [UInt8]) throws(MessageError) {
        do {
            self.init(try JSON.parse(bytes))
        } catch {
            throw MessageError(error)
        }
    }

    func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// The value under `key`; `nil` where it is absent or `null`.
    func optional(_ key: String) -> JSONValue? {
        guard let value = json[key], !value.isNull else { return nil }
        return value
    }

    func required(_ key: String) throws(MessageError) -> JSONValue {
        if let value = json[key] { return value }
        if json.kind != .object { throw wrongType(path.isEmpty ? "message" : path, "an object", json) }
        throw MessageError(field: name(key), problem: .missing, value: json.text)
    }

    private func wrongType(_ field: String, _ expected: String, _ value: JSONValue) -> MessageError {
        MessageError(field: field, problem: .wrongType(expected: expected), value: value.text)
    }

    func object(_ key: String) throws(MessageError) -> MessageReader {
        let value = try required(key)
        guard value.kind == .object else { throw wrongType(name(key), "an object", value) }
        return MessageReader(value, path: name(key))
    }

    func optionalObject(_ key: String) throws(MessageError) -> MessageReader? {
        optional(key) == nil ? nil : try object(key)
    }

    /// The elements of the list under `key`.
    func list(_ key: String) throws(MessageError) -> [MessageReader] {
        try MessageReader(try required(key), path: name(key)).elements()
    }

    /// The elements of this list.
    func elements() throws(MessageError) -> [MessageReader] {
        guard json.kind == .array else { throw wrongType(path.isEmpty ? "message" : path, "a list", json) }
        let inner = path.isEmpty ? "[]" : "\(path)[]"
        return json.elements.map { MessageReader($0, path: inner) }
    }

    /// Every element of this list.
    func all<Value: MessageDecodable>(_: Value.Type = Value.self) throws(MessageError) -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(json.count)
        for element in try elements() { values.append(try Value(element)) }
        return values
    }

    func all<Value: MessageDecodable>(
        _ key: String, _ type: Value.Type = Value.self
    ) throws(MessageError) -> [Value] {
        try MessageReader(try required(key), path: name(key)).all()
    }

    func text(_ key: String) throws(MessageError) -> String {
        let value = try required(key)
        guard let text = value.string else { throw wrongType(name(key), "a text", value) }
        return text
    }

    func optionalText(_ key: String) throws(MessageError) -> String? {
        optional(key) == nil ? nil : try text(key)
    }

    func bool(_ key: String) throws(MessageError) -> Bool {
        let value = try required(key)
        guard let flag = value.bool else { throw wrongType(name(key), "true or false", value) }
        return flag
    }

    /// `false` where it is absent or `null`.
    func flag(_ key: String) throws(MessageError) -> Bool { optional(key) == nil ? false : try bool(key) }

    func integer(_ key: String) throws(MessageError) -> Int64 {
        let value = try required(key)
        guard value.kind == .number else { throw wrongType(name(key), "a whole number", value) }
        guard let number = value.integer else {
            throw MessageError(field: name(key), problem: .outOfRange, value: value.text)
        }
        return number
    }

    func optionalInteger(_ key: String) throws(MessageError) -> Int64? {
        optional(key) == nil ? nil : try integer(key)
    }

    func unsigned(_ key: String) throws(MessageError) -> UInt64 {
        let value = try required(key)
        guard value.kind == .number else { throw wrongType(name(key), "a whole number", value) }
        guard let number = value.unsigned else {
            throw MessageError(field: name(key), problem: .outOfRange, value: value.text)
        }
        return number
    }

    func optionalUnsigned(_ key: String) throws(MessageError) -> UInt64? {
        optional(key) == nil ? nil : try unsigned(key)
    }

    /// Milliseconds since 1970.
    func time(_ key: String) throws(MessageError) -> Timestamp {
        let milliseconds = try integer(key)
        guard (0...9_000_000_000_000).contains(milliseconds) else {
            throw MessageError(field: name(key), problem: .outOfRange, value: String(milliseconds))
        }
        return Timestamp(milliseconds: milliseconds)
    }

    func optionalTime(_ key: String) throws(MessageError) -> Timestamp? {
        optional(key) == nil ? nil : try time(key)
    }

    /// A number, written as a text or as a number.
    func decimal(_ key: String) throws(MessageError) -> ExactDecimal {
        try MessageReader(try required(key), path: name(key)).decimal()
    }

    func optionalDecimal(_ key: String) throws(MessageError) -> ExactDecimal? {
        optional(key) == nil ? nil : try decimal(key)
    }

    func decimal() throws(MessageError) -> ExactDecimal {
        guard let read = json.withText({ ExactDecimal(bytes: $0) }) else {
            throw wrongType(path.isEmpty ? "message" : path, "a number", json)
        }
        guard let read else {
            let text = json.string ?? json.numberText ?? ""
            let isLong = !text.isEmpty && text.utf8.allSatisfy { (43...57).contains($0) || $0 | 32 == 101 }
            throw MessageError(field: path, problem: isLong ? .outOfRange : .notANumber, value: text)
        }
        return read
    }

    /// `B` buys, `A` sells.
    func side(_ key: String) throws(MessageError) -> Side {
        switch try text(key) {
        case "B": return .buy
        case "A": return .sell
        case let other: throw MessageError(field: name(key), problem: .unknown, value: other)
        }
    }

    /// `nil` where there is none, or one that is not 16 bytes.
    func client(_ key: String) throws(MessageError) -> ClientOrderID? {
        try optionalText(key).flatMap { ClientOrderID($0) }
    }
}
