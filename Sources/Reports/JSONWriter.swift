// SPDX-License-Identifier: Apache-2.0

/// Writes JSON in the order in which it is called, so that the same values always give the same bytes.
///
/// `<` and `>` are escaped too: the text can stand inside a `<script>` element.
struct JSONWriter {
    private(set) var text: ByteText
    private var isFirst = true
    private var depth = 0
    private let isIndented: Bool

    init(isIndented: Bool = false, capacity: Int = 0) {
        self.isIndented = isIndented
        text = ByteText(capacity: capacity)
    }

    mutating func object(_ key: String? = nil, _ body: (inout Self) -> Void) {
        nested(key, open: UInt8(ascii: "{"), close: UInt8(ascii: "}"), body)
    }

    mutating func array(_ key: String? = nil, _ body: (inout Self) -> Void) {
        nested(key, open: UInt8(ascii: "["), close: UInt8(ascii: "]"), body)
    }

    mutating func string(_ key: String? = nil, _ value: String?) {
        begin(key)
        if let value { quote(value) } else { text.append("null") }
    }

    mutating func flag(_ key: String? = nil, _ value: Bool) {
        begin(key)
        text.append(text: value ? "true" : "false")
    }

    mutating func integer(_ key: String? = nil, _ value: Int) {
        begin(key)
        text.append(integer: Int64(value))
    }

    /// The shortest text that reads back as the same number; `null` where it is not a finite number.
    mutating func number(_ key: String? = nil, _ value: Double?) {
        begin(key)
        if let value, value.isFinite { text.append(text: value.description) } else { text.append("null") }
    }

    mutating func number(_ key: String? = nil, _ value: Double, decimals: Int) {
        begin(key)
        text.append(number: value, decimals: decimals)
    }

    mutating func time(_ key: String? = nil, _ nanoseconds: Int64?) {
        begin(key)
        guard let nanoseconds else { return text.append("null") }
        text.append(byte: UInt8(ascii: "\""))
        text.append(time: nanoseconds)
        text.append(byte: UInt8(ascii: "\""))
    }

    private mutating func nested(_ key: String?, open: UInt8, close: UInt8, _ body: (inout Self) -> Void) {
        begin(key)
        text.append(byte: open)
        isFirst = true
        depth += 1
        body(&self)
        depth -= 1
        if !isFirst { breakLine() }
        text.append(byte: close)
        isFirst = false
    }

    private mutating func begin(_ key: String?) {
        if !isFirst { text.append(byte: UInt8(ascii: ",")) }
        isFirst = false
        if depth > 0 { breakLine() }
        if let key {
            quote(key)
            text.append(byte: UInt8(ascii: ":"))
            if isIndented { text.append(byte: UInt8(ascii: " ")) }
        }
    }

    private mutating func breakLine() {
        guard isIndented else { return }
        text.append(byte: 10)
        for _ in 0..<depth { text.append("  ") }
    }

    private mutating func quote(_ value: String) {
        text.append(byte: UInt8(ascii: "\""))
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\""): text.append("\\\"")
            case UInt8(ascii: "\\"): text.append("\\\\")
            case 10: text.append("\\n")
            case 13: text.append("\\r")
            case 9: text.append("\\t")
            case 0..<32, 127, UInt8(ascii: "<"), UInt8(ascii: ">"):
                text.append("\\u00")
                text.append(byte: Self.hexadecimal(byte >> 4))
                text.append(byte: Self.hexadecimal(byte & 15))
            default: text.append(byte: byte)
            }
        }
        text.append(byte: UInt8(ascii: "\""))
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }
}
