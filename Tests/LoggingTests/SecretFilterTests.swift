// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Trading

@testable import Logging

@Suite("Secrets in logs") struct SecretFilterTests {
    /// The ways in which a secret is written down, in lower case.
    private static func forms(of secret: [UInt8]) -> [String] {
        let hex = secret.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        guard let text = String(validating: secret, as: UTF8.self)?.lowercased() else { return [hex, hex] }
        return [text.hasPrefix("0x") ? String(text.dropFirst(2)) : text, hex]
    }

    /// Whether a run of 12 characters of a form, or all of a shorter one, stands in a text: by plain search.
    private static func leaks(_ forms: [String], in text: String) -> Bool {
        let text = text.lowercased()
        return forms.contains { form in
            let letters = Array(form)
            let length = min(12, letters.count)
            return (0...(letters.count - length)).contains { text.contains(String(letters[$0..<$0 + length])) }
        }
    }

    private static func secret(_ random: inout SeededRandom) -> [UInt8] {
        let (hex, ascii) = ("0123456789abcdefABCDEF", "abcdefghijkLMNOPQRSTUVWXYZ0123456789!$%&/()=?+*-_.:, ")
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return (0..<64).map { _ in hex.utf8.randomElement(using: &random) ?? 48 }
        case 1: return Array("0x".utf8) + (0..<64).map { _ in hex.utf8.randomElement(using: &random) ?? 48 }
        case 2: return (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
        default:
            return Array("#".utf8)
                + (0..<Int.random(in: 7...40, using: &random)).map { _ in ascii.utf8.randomElement(using: &random) ?? 48
                }
                + Array("#".utf8)
        }
    }

    @Test(
        "No form of a secret, in no letter case and cut anywhere, reaches the file", arguments: 0..<200 as Range<UInt64>
    )
    func neverWritten(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var filter = SecretFilter()
        let secrets = (0..<3).map { _ in Self.secret(&random) }
        for secret in secrets {
            let isAdded = filter.add(secret)
            #expect(isAdded)
        }
        for secret in secrets {
            for form in Self.forms(of: secret) + ["0x" + Self.forms(of: secret)[1]] {
                var written =
                    [form, form.uppercased(), String(form.prefix(9)).uppercased() + form.dropFirst(9)].randomElement(
                        using: &random) ?? form
                if Bool.random(using: &random), written.count > 24 {
                    written = String(written.dropFirst(Int.random(in: 0...8, using: &random)).dropLast(4))
                }
                let text =
                    "before \(written)\(written) and \"\(written)\"…" + (Bool.random(using: &random) ? "" : written)
                let line = LogLine(
                    time: noon, level: .info, component: .venue, message: "request",
                    fields: [("body", .text(text)), ("other", .text(written)), ("number", 5)])
                for bytes in [line.json(filter), line.text(filter)] {
                    let shown = String(decoding: bytes, as: UTF8.self)
                    #expect(!Self.leaks(Self.forms(of: secret), in: shown), "\(shown) has \(form)")
                    #expect(shown.contains("***") && shown.contains("before ") && shown.contains("number"))
                }
            }
        }
    }

    @Test("Ordinary text stays as it is", arguments: 0..<50 as Range<UInt64>)
    func untouched(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var filter = SecretFilter()
        for _ in 0..<4 { filter.add(Self.secret(&random)) }
        let words = [
            "order", "0x1234567890abcdef1234567890abcdef", "ETH", "1700000000000", "é😀", "{\"a\":1}", "abcdefgh",
        ]
        let text = (0..<40).map { _ in words.randomElement(using: &random) ?? "" }.joined(separator: " ")
        #expect(filter.redacted(text) == text)
    }

    @Test("A number that is a secret is replaced too, and the line stays JSON")
    func number() {
        var filter = SecretFilter()
        filter.add(Array("123456789012".utf8))
        let line = LogLine(
            time: noon, level: .info, component: .venue, message: "pin", fields: [("pin", 123_456_789_012), ("n", 7)])
        #expect(
            String(decoding: line.json(filter), as: UTF8.self)
                == #"{"time":"2024-01-31T12:00:00Z","level":"info","component":"venue","message":"pin","fields":{"pin":"***","n":7}}"#
                + "\n")
    }

    @Test("What is too short to be told from words is refused")
    func short() {
        var filter = SecretFilter()
        let added = ["secret", "", "longpass\n"].map { filter.add(Array($0.utf8)) }
        #expect(added == [false, false, true])
        #expect(filter.redacted("user:LONGPASS@host") == "user:***@host")
    }

    @Test("Secrets that are registered later hold from then on")
    func later() throws {
        let folder = TemporaryFolder()
        let writer = try LogWriter(LogDestination(file: folder.path + "/a.log"))
        writer.register(secret: Array("correct horse battery".utf8))
        writer[.session].info("login", ["word": "a Correct Horse Battery b"], at: noon)
        #expect(writer.redacted("x correct horse battery") == "x ***")
        writer.close()
        #expect(folder.text("a.log").contains(#""word":"a *** b""#))
    }
}
