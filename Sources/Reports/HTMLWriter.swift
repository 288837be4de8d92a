// SPDX-License-Identifier: Apache-2.0

/// Writes HTML: `raw` for markup of this program, `text` for everything that came from elsewhere.
struct HTMLWriter {
    private(set) var text: ByteText

    init(capacity: Int = 0) { text = ByteText(capacity: capacity) }

    mutating func raw(_ markup: String) { text.append(text: markup) }
    mutating func text(_ content: String) { text.append(escaped: content) }
    mutating func append(contentsOf bytes: [UInt8]) { text.append(contentsOf: bytes) }

    mutating func element(_ name: StaticString, _ content: String) {
        text.append("<")
        text.append(name)
        text.append(">")
        text(content)
        text.append("</")
        text.append(name)
        text.append(">")
    }
}
