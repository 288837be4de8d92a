// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Configuration

@Suite("A document as text")
struct DocumentTextTests {
    @Test(arguments: [
        "a: 1\nb: [x, 'y z', \"2\"]\nc: { d: null, e: ~, f: '' }",
        "name: \"a: b # c\"\ntime: 2024-01-01T00:00:00Z\nshare: 0.5%\nlist: []\nmap: {}",
        "outer:\n  'no': { 'a b': { c: 1, d: [1, 2] }, \"5\": {} }\n  plain_key2: text\nlast: 1",
        "quote: 'it''s'\nline: \"one\\ntwo\\t\\\"three\\\"\"\nnegative: -5.0\nletters: [yes, 'no', 1e5]",
    ])
    func readingItAgainGivesTheSameValues(yaml: String) throws {
        let document = try ConfigurationDocument(parsing: yaml, file: "a.yaml")
        let again = try ConfigurationDocument(parsing: document.text, file: "b.yaml")
        #expect(!document.text.contains("\n"))
        #expect(Self.plain(again.root) == Self.plain(document.root))
        #expect(again.text == document.text)
        // On many lines for people, too.
        let block = try ConfigurationDocument(parsing: document.blockText, file: "c.yaml")
        #expect(Self.plain(block.root) == Self.plain(document.root))
        #expect(document.blockText.hasSuffix("\n"))
    }

    /// The values without their places; whether a text stood in quotes counts, because quotes make a text of a number.
    private static func plain(_ node: ConfigurationNode) -> String {
        switch node.content {
        case .scalar(let scalar): "\(scalar.isQuoted ? "text" : "plain") \(scalar.text)"
        case .list(let elements): "[\(elements.map(plain).joined(separator: "|"))]"
        case .map(let entries): "{\(entries.map { "\($0.key)=\(plain($0.value))" }.joined(separator: "|"))}"
        }
    }
}
