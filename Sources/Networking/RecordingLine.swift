// SPDX-License-Identifier: Apache-2.0

/// One line of a recording: a flat JSON object of texts and whole numbers. Bytes that are not UTF-8 stay what they are,
/// written as a private form of escape, so that every message can be played back as it came.
struct RecordingLine {
    private var texts: [String: [UInt8]] = [:]
    private var numbers: [String: Int64] = [:]

    subscript(text key: String) -> [UInt8]? { texts[key] }
    subscript(name key: String) -> String? { texts[key].map { String(decoding: $0, as: UTF8.self) } }
    subscript(number key: String) -> Int64? { numbers[key] }

    /// `nil`: it is not such a line.
    init?(_ line: ArraySlice<UInt8>) {
        var rest = line
        guard rest.popFirst() == UInt8(ascii: "{") else { return nil }
        while true {
            guard let key = Self.takeText(&rest), rest.popFirst() == UInt8(ascii: ":") else { return nil }
            let name = String(decoding: key, as: UTF8.self)
            if rest.first == UInt8(ascii: "\"") {
                guard let value = Self.takeText(&rest) else { return nil }
                texts[name] = value
            } else {
                let digits = rest.prefix { $0 == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")) ~= $0 }
                guard let value = Int64(String(decoding: digits, as: UTF8.self)) else { return nil }
                numbers[name] = value
                rest = rest.dropFirst(digits.count)
            }
            switch rest.popFirst() {
            case UInt8(ascii: ","): continue
            case UInt8(ascii: "}") where rest.isEmpty: return
            default: return nil
            }
        }
    }

    /// The least that JSON asks for; a byte that belongs to no UTF-8 character becomes `\udcXX`, a half of a pair that
    /// no text holds otherwise (the convention of Python's surrogateescape).
    static func escape(_ bytes: [UInt8], into buffer: inout [UInt8]) {
        var position = 0
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                buffer.append(UInt8(ascii: "\\"))
                buffer.append(byte)
            case 10:
                buffer.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "n")])
            case 0..<32: buffer.append(contentsOf: "\\u00\(hexadecimal(byte))".utf8)
            case 32..<128: buffer.append(byte)
            default:
                let length = lengthOfCharacter(bytes[position...])
                if length == 0 {
                    buffer.append(contentsOf: "\\udc\(hexadecimal(byte))".utf8)
                } else {
                    buffer.append(contentsOf: bytes[position..<position + length])
                    position += length - 1
                }
            }
            position += 1
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }

    /// Bytes of the UTF-8 character at the start; 0: there is none.
    private static func lengthOfCharacter(_ bytes: ArraySlice<UInt8>) -> Int {
        var iterator = bytes.prefix(4).makeIterator()
        var decoder = UTF8()
        guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return 0 }
        return UTF8.width(scalar)
    }

    private static func takeText(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        guard rest.popFirst() == UInt8(ascii: "\"") else { return nil }
        var text: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\"") { return text }
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "n"): text.append(10)
            case UInt8(ascii: "u"):
                // Only what `escape` writes: control characters and single bytes.
                let digits = String(decoding: rest.prefix(4), as: UTF8.self)
                guard digits.utf8.count == 4, let code = UInt16(digits, radix: 16),
                    code < 128 || (0xDC80...0xDCFF).contains(code)
                else { return nil }
                text.append(UInt8(truncatingIfNeeded: code))
                rest = rest.dropFirst(4)
            case .some(let escaped) where escaped == UInt8(ascii: "\"") || escaped == UInt8(ascii: "\\"):
                text.append(escaped)
            default: return nil
            }
        }
        return nil
    }
}
