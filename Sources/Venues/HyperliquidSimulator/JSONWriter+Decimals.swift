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
        var text: [UInt8] = [34]
        text.reserveCapacity(24)
        if let small = Int64(exactly: value) {
            Decimals.append(small, to: &text)
        } else {
            Decimals.append(Int128(clamping: value), to: &text)
        }
        text.append(34)
        raw(text)
    }
    mutating func decimal(_ key: String, _ value: some BinaryInteger) {
        self.key(key)
        decimal(value)
    }
}
