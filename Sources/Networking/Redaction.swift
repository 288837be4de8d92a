// SPDX-License-Identifier: Apache-2.0

/// Takes secrets out of JSON text and of queries, without reading them as such: what cannot be read is searched too.
enum Redaction {
    /// Values of these names are taken out, whatever the case of the letters, with or without `_` and `-` in them.
    static let secretNames: Set<String> = [
        "signature", "sig", "secret", "apikey", "apisecret", "apipassphrase", "passphrase", "password", "privatekey",
        "secretkey", "seed", "mnemonic", "authorization", "listenkey", "bearer", "accesstoken", "refreshtoken",
        "sessiontoken",
    ]
    private static let replacement = Array("removed".utf8)

    static func redact(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var position = 0
        while position < text.count {
            let byte = text[position]
            if byte == UInt8(ascii: "\""), let end = endOfString(text, position) {
                result.append(contentsOf: text[position..<end])
                let name = text[position + 1..<end - 1]
                position = end
                guard isSecret(name), let value = startOfValue(text, end) else { continue }
                result.append(contentsOf: text[end..<value])
                position = endOfValue(text, value)
                result.append(UInt8(ascii: "\""))
                result.append(contentsOf: replacement)
                result.append(UInt8(ascii: "\""))
            } else if byte == UInt8(ascii: "="), isSecret(nameBefore(text, position)) {
                result.append(byte)
                result.append(contentsOf: replacement)
                position += 1
                while position < text.count, !isEndOfQueryValue(text[position]) { position += 1 }
            } else {
                result.append(byte)
                position += 1
            }
        }
        return result
    }

    private static func isSecret(_ name: ArraySlice<UInt8>) -> Bool {
        guard name.count <= 24 else { return false }
        let letters = name.filter { $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: "-") }
        return secretNames.contains(String(decoding: letters, as: UTF8.self).lowercased())
    }

    /// Behind the closing quote; `nil` where there is none.
    private static func endOfString(_ text: [UInt8], _ start: Int) -> Int? {
        var position = start + 1
        while position < text.count {
            switch text[position] {
            case UInt8(ascii: "\""): return position + 1
            case UInt8(ascii: "\\"): position += 2
            default: position += 1
            }
        }
        return nil
    }

    private static func startOfValue(_ text: [UInt8], _ position: Int) -> Int? {
        var position = position
        while position < text.count, text[position] <= 32 { position += 1 }
        guard position < text.count, text[position] == UInt8(ascii: ":") else { return nil }
        position += 1
        while position < text.count, text[position] <= 32 { position += 1 }
        return position < text.count ? position : nil
    }

    /// Where a value ends; what has no end ends with the text.
    private static func endOfValue(_ text: [UInt8], _ start: Int) -> Int {
        var depth = 0
        var position = start
        while position < text.count {
            switch text[position] {
            case UInt8(ascii: "\""):
                position = endOfString(text, position) ?? text.count
                if depth == 0 { return position }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return position }
                depth -= 1
                if depth == 0 { return position + 1 }
            case UInt8(ascii: ","): if depth == 0 { return position }
            default: break
            }
            position += 1
        }
        return text.count
    }

    private static func nameBefore(_ text: [UInt8], _ position: Int) -> ArraySlice<UInt8> {
        var start = position
        while start > 0, position - start <= 24 {
            let byte = text[start - 1]
            if byte == UInt8(ascii: "&") || byte == UInt8(ascii: "?") || byte <= 32 || byte == UInt8(ascii: "\"") {
                break
            }
            start -= 1
        }
        return text[start..<position]
    }

    private static func isEndOfQueryValue(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "&") || byte <= 32 || byte == UInt8(ascii: "\"")
    }
}
