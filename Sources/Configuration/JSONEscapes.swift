// SPDX-License-Identifier: Apache-2.0

/// JSON writes characters beyond U+FFFF as two escapes (`\ud83d\ude00`), which YAML does not know.
///
/// The pairs are replaced by the character itself before the YAML parser sees the text; columns are put right after.
struct JSONEscapes {
    /// The text with every pair replaced.
    private(set) var bytes: [UInt8] = []
    /// By line (from 0): columns (from 0, after replacement) behind which characters are missing, and how many.
    private var missing: [Int: [(column: Int, count: Int)]] = [:]

    /// `nil` where the text is not JSON or has no such pair: it can be parsed as it is.
    init?(_ source: [UInt8]) {
        let first = source.first { ![9, 10, 13, 32].contains($0) }
        guard first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else { return nil }
        var replaced = false
        var inString = false
        var line = 0
        var column = 0
        var index = 0
        bytes.reserveCapacity(source.count)
        while index < source.count {
            let byte = source[index]
            if inString, byte == UInt8(ascii: "\\") {
                if let scalar = Self.pair(in: source, at: index) {
                    bytes.append(contentsOf: Array(String(Character(scalar)).utf8))
                    missing[line, default: []].append((column, 11))
                    column += 1
                    index += 12
                    replaced = true
                } else {
                    bytes.append(contentsOf: source[index..<min(index + 2, source.count)])
                    column += 2
                    index += 2
                }
                continue
            }
            if byte == UInt8(ascii: "\"") { inString.toggle() }
            if byte == 10 {
                line += 1
                column = 0
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
            bytes.append(byte)
            index += 1
        }
        guard replaced else { return nil }
    }

    /// The column in the source of a column in the replaced text, both from 0.
    func sourceColumn(line: Int, column: Int) -> Int {
        (missing[line] ?? []).reduce(column) { $1.column < column ? $0 + $1.count : $0 }
    }

    private static func pair(in source: [UInt8], at index: Int) -> Unicode.Scalar? {
        guard let high = unit(in: source, at: index), (0xD800...0xDBFF).contains(high),
            let low = unit(in: source, at: index + 6), (0xDC00...0xDFFF).contains(low)
        else { return nil }
        return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
    }

    private static func unit(in source: [UInt8], at index: Int) -> UInt32? {
        guard index + 6 <= source.count, source[index] == UInt8(ascii: "\\"), source[index + 1] == UInt8(ascii: "u")
        else { return nil }
        return UInt32(String(decoding: source[(index + 2)..<(index + 6)], as: UTF8.self), radix: 16)
    }
}
