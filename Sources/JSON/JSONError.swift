// SPDX-License-Identifier: Apache-2.0

/// Why bytes could not be read as JSON.
public struct JSONError: Error, Hashable, CustomStringConvertible {
    public enum Reason: Hashable, Sendable {
        case tooLarge(bytes: Int, limit: Int)
        /// Not JSON (RFC 8259), or nested too deeply; the text is the parser's.
        case malformed(String)
    }
    public let reason: Reason
    /// The first bytes of the text, in one line.
    public let beginning: String

    public var description: String {
        switch reason {
        case .tooLarge(let bytes, let limit):
            "a JSON text of \(bytes) bytes is longer than the \(limit) that are read"
        case .malformed(let text): "not JSON (\(text)): '\(beginning)'"
        }
    }

    init(_ reason: Reason, _ bytes: UnsafeRawBufferPointer) {
        self.reason = reason
        let shown = bytes.prefix(60).map { $0 < 32 || $0 > 126 ? UInt8(ascii: "?") : $0 }
        beginning = String(decoding: shown, as: UTF8.self) + (bytes.count > 60 ? "…" : "")
    }
}
