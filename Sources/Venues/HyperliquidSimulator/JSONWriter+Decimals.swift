// SPDX-License-Identifier: Apache-2.0

import JSON

extension JSONWriter {
    static func write(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter(capacity: 256)
        body(&writer)
        return writer.bytes
    }

    mutating func object(_ key: String, _ body: (inout Self) -> Void) {
        self.key(key)
        object(body)
    }
    mutating func array(_ key: String, _ body: (inout Self) -> Void) {
        self.key(key)
        array(body)
    }
    mutating func string(_ key: String, orNull text: String?) {
        self.key(key)
        if let text { string(text) } else { null() }
    }
    mutating func null(_ key: String) {
        self.key(key)
        null()
    }

    /// A decimal number as the venue sends them: a text.
    mutating func decimal(_ value: some BinaryInteger) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { text in
            text[0] = 34
            let count = Decimals.write(Int128(clamping: value), to: .init(rebasing: text[1...]))
            text[count + 1] = 34
            raw(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: text[..<(count + 2)])))
        }
    }
    mutating func decimal(_ key: String, _ value: some BinaryInteger) {
        self.key(key)
        decimal(value)
    }
}
