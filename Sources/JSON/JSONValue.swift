// SPDX-License-Identifier: Apache-2.0

internal import CSimdjson
import Glibc

public enum JSON {
    /// The longest text that is read.
    public static let maximumLength = 64 << 20
    /// How deep arrays and objects may lie in one another.
    public static let maximumDepth = 128

    /// Reads one JSON document (RFC 8259), whatever the bytes are: members keep their order, numbers their text.
    public static func parse(_ bytes: UnsafeRawBufferPointer) throws(JSONError) -> JSONValue {
        guard bytes.count <= maximumLength else {
            throw JSONError(.tooLarge(bytes: bytes.count, limit: maximumLength), bytes)
        }
        var error: UnsafePointer<CChar>?
        let text = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
        let tree = withUnsafePointer(to: CChar(32)) { blank in
            csimdjson_tree_read(text ?? blank, text == nil ? 1 : bytes.count, maximumDepth, &error)
        }
        guard let tree else {
            throw JSONError(.malformed(error.map { String(cString: $0) } ?? "no reason"), bytes)
        }
        return JSONValue(document: JSONDocument(adopting: tree), index: 1)
    }

    public static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(JSONError) in try parse(buffer) }
        }
        return try result.get()
    }

    public static func parse(_ text: String) throws(JSONError) -> JSONValue { try parse(Array(text.utf8)) }
}

/// The nodes of one document.
// Sendable although it holds a pointer: nothing changes what it points to until the last reference is gone.
final class JSONDocument: @unchecked Sendable {
    private let tree: OpaquePointer
    let nodes: UnsafeBufferPointer<csimdjson_node>

    init(adopting tree: OpaquePointer) {
        self.tree = tree
        var count = 0
        nodes = UnsafeBufferPointer(start: csimdjson_tree_nodes(tree, &count), count: count)
    }

    deinit { csimdjson_tree_free(tree) }
}

/// A value inside a document that was read: a reference and a place, so that it is cheap to pass on.
public struct JSONValue: Sendable {
    public enum Kind: UInt32, Sendable, CustomStringConvertible {
        case null, `false`, `true`, number, string, array, object

        public var description: String {
            switch self {
            case .null: "null"
            case .false, .true: "a boolean"
            case .number: "a number"
            case .string: "a text"
            case .array: "a list"
            case .object: "an object"
            }
        }
    }

    let document: JSONDocument
    let index: Int

    var node: csimdjson_node { document.nodes[index] }
    var textBytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: node.text, count: Int(node.length)) }

    public var kind: Kind { Kind(rawValue: node.kind) ?? .null }
    public var isNull: Bool { kind == .null }

    public var bool: Bool? {
        switch kind {
        case .true: true
        case .false: false
        default: nil
        }
    }

    /// `nil` where it is not a text.
    public var string: String? { kind == .string ? String(decoding: textBytes, as: UTF8.self) : nil }

    /// A number as it is written: exact; `nil` where it is not a number.
    public var numberText: String? { kind == .number ? String(decoding: textBytes, as: UTF8.self) : nil }

    /// A whole number without fraction or exponent that fits; `nil` for everything else.
    public var integer: Int64? { kind == .number ? Self.integer(textBytes) : nil }
    public var unsigned: UInt64? { kind == .number ? Self.integer(textBytes) : nil }

    /// A number as the nearest Double; it can be infinite.
    public var number: Double? { numberText.flatMap { Double($0) } }

    /// The bytes of a text (unescaped) or of a number (as written), without a copy; `nil` for other kinds.
    public func withText<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        kind == .string || kind == .number ? withExtendedLifetime(document) { body(textBytes) } : nil
    }

    /// How many elements or members it has; 0 where it is not a container.
    public var count: Int { Int(node.count) }

    /// The elements of a list; empty for everything else.
    public var elements: Elements { Elements(container: self) }

    /// The members of an object in the order of the text, repeated ones too; empty for everything else.
    public var members: Members { Members(container: self) }

    /// The first member of this name; `nil` where it is not an object or has none.
    public subscript(key: String) -> JSONValue? {
        guard kind == .object else { return nil }
        var key = key
        return key.withUTF8 { wanted in
            var place = index + 1
            let nodes = document.nodes
            for _ in 0..<Int(nodes[index].count) {
                let name = nodes[place]
                if Int(name.length) == wanted.count, let text = name.text, let other = wanted.baseAddress,
                    wanted.isEmpty || memcmp(text, other, wanted.count) == 0
                {
                    return JSONValue(document: document, index: place + 1)
                }
                place = Int(nodes[place + 1].next)
            }
            return nil
        }
    }

    /// The element at this place; `nil` where it is not a list or is shorter. It walks over those before it.
    public subscript(position: Int) -> JSONValue? {
        guard kind == .array, position >= 0, position < count else { return nil }
        var place = index + 1
        for _ in 0..<position { place = Int(document.nodes[place].next) }
        return JSONValue(document: document, index: place)
    }

    private static func integer<Integer: FixedWidthInteger>(_ text: UnsafeRawBufferPointer) -> Integer? {
        var value: Integer = 0
        let isNegative = text.first == UInt8(ascii: "-")
        for byte in text.dropFirst(isNegative ? 1 : 0) {
            guard byte >= 48, byte <= 57 else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let digit = Integer(byte - 48)
            let (sum, carry) =
                isNegative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            guard !overflow, !carry else { return nil }
            value = sum
        }
        return value
    }
}

extension JSONValue {
    public struct Elements: Sequence, IteratorProtocol, Sendable {
        private let document: JSONDocument
        private var place: Int
        private var left: Int

        init(container: JSONValue) {
            document = container.document
            place = container.index + 1
            left = container.kind == .array ? container.count : 0
        }

        public var underestimatedCount: Int { left }

        public mutating func next() -> JSONValue? {
            guard left > 0 else { return nil }
            left -= 1
            defer { place = Int(document.nodes[place].next) }
            return JSONValue(document: document, index: place)
        }
    }

    public struct Members: Sequence, IteratorProtocol, Sendable {
        private let document: JSONDocument
        private var place: Int
        private var left: Int

        init(container: JSONValue) {
            document = container.document
            place = container.index + 1
            left = container.kind == .object ? container.count : 0
        }

        public var underestimatedCount: Int { left }

        public mutating func next() -> (key: String, value: JSONValue)? {
            guard left > 0 else { return nil }
            left -= 1
            defer { place = Int(document.nodes[place + 1].next) }
            let key = JSONValue(document: document, index: place)
            return (key.string ?? "", JSONValue(document: document, index: place + 1))
        }
    }
}

extension JSONValue {
    /// Writes the value again: members in their order, numbers as they were written, no white space.
    public func write(to writer: inout JSONWriter) {
        switch kind {
        case .null: writer.null()
        case .true: writer.bool(true)
        case .false: writer.bool(false)
        case .number: writer.numberText(textBytes)
        case .string: writer.string(bytes: textBytes)
        case .array: writer.array { for element in elements { element.write(to: &$0) } }
        case .object:
            writer.object {
                for (key, value) in members {
                    $0.key(key)
                    value.write(to: &$0)
                }
            }
        }
    }

    /// The value as compact JSON.
    public var text: String {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.text
    }
}
