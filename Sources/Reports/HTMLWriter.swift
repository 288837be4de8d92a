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
    // MARK: Tables

    /// A table that scrolls by itself where it is wider than the page.
    mutating func table(_ headings: [String], rows: (inout HTMLWriter) -> Void) {
        raw("<div class=\"scroll\"><table>")
        head(headings)
        rows(&self)
        raw("</tbody></table></div>")
    }

    /// The headings of a table, up to its first row.
    mutating func head(_ headings: [String]) {
        raw("<thead><tr>")
        for heading in headings { element("th", heading) }
        raw("</tr></thead><tbody>")
    }

    /// A cell in the colour of a gain or a loss.
    mutating func cell(_ content: String, signedBy value: Double?) {
        raw("<td\(Self.signClass(value))>")
        text(content)
        raw("</td>")
    }

    /// What marks an element as a gain or a loss; empty where it is neither.
    static func signClass(_ value: Double?) -> String {
        guard let value, value != 0, value.isFinite else { return "" }
        return value > 0 ? " class=\"gain\"" : " class=\"loss\""
    }

    mutating func row(_ cells: [String]) {
        raw("<tr>")
        for cell in cells { element("td", cell) }
        raw("</tr>")
    }
}
