// SPDX-License-Identifier: Apache-2.0

import JSON
import TestSupport
import Testing

@Suite struct JSONReading {
    @Test func `members keep their order and numbers their text`() throws {
        let value = try JSON.parse(#" {"z":1.50, "a":[true,false,null,-0.0e10], "\u00e9\n":"\ud83d\ude00x"} "#)
        #expect(value.members.map(\.key) == ["z", "a", "é\n"])
        #expect(value["z"]?.numberText == "1.50")
        #expect(value["a"]?.elements.map(\.kind) == [.true, .false, .null, .number])
        #expect(value["a"]?[3]?.numberText == "-0.0e10")
        #expect(value["é\n"]?.string == "😀x")
        #expect(value.text == #"{"z":1.50,"a":[true,false,null,-0.0e10],"é\n":"😀x"}"#)
    }

    @Test(
        arguments: [
            ("0", 0), ("-1", -1), ("9223372036854775807", Int64.max), ("-9223372036854775808", Int64.min),
            ("9223372036854775808", nil), ("1.0", nil), ("1e3", nil), ("\"1\"", nil),
        ] as [(String, Int64?)])
    func `a whole number is read only where it is written as one and fits`(text: String, expected: Int64?) throws {
        #expect(try JSON.parse(text).integer == expected)
    }

    @Test(arguments: [
        "", " ", "{", "[", "]", "[1", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "[1,]", "[,1]", "[1 2]", "1 2", "1,2",
        "[1],[2]", "[1]]", "nul", "truex", "[1abc]", "[01]", "[1.]", "[.5]", "[+1]", "[-]", "[1e]", "[0x1]", "'a'",
        "\"a", "\"\\x\"", "\"\\ud800\"x", "\"\u{1}\"", "[1\"a\"]", "{a:1}", "[NaN]", "[Infinity]", "{\"a\":1 \"b\":2}",
        "{\"a\" 1}", "[\"a\"\"b\"]", "[true false]", "[truefalse]", "[\"a\" 1]", "{1:2}", "[}", "{]", "[{]}", "nullx",
        "[1}{2]", "[\"a\":1]", "\"a\":1", "[{\"a\":\"b\":1}]", "tru", "-", "\u{FEFF}1",
    ])
    func `text that is not JSON is refused`(text: String) {
        #expect(throws: JSONError.self) { try JSON.parse(text) }
    }

    @Test func `bytes that are not UTF-8 are refused`() {
        #expect(throws: JSONError.self) { try JSON.parse([34, 0xFF, 34]) }
    }

    @Test func `nesting has a limit`() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(try JSON.parse(nested(100)).count == 1)
        #expect(throws: JSONError.self) { try JSON.parse(nested(200)) }
        #expect(throws: JSONError.self) { try JSON.parse(String(repeating: "[", count: 1_000_000)) }
    }

    @Test(arguments: 0..<40)
    func `whatever is changed in a document, it is read or refused, and what is read stays the same when written`(
        seed: UInt64
    ) throws {
        var random = SeededRandom(seed: seed)
        let original = Array(
            #"{"channel":"l2Book","data":{"coin":"BTC","time":1700000000000,"levels":[[{"px":"1.5","n":2}],[]],"é":"\n\u20ac"}}"#
                .utf8)
        for _ in 0..<500 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                default: bytes.insert(original.randomElement(using: &random) ?? 0, at: place)
                }
            }
            guard let value = try? JSON.parse(bytes) else { continue }
            let text = value.text
            #expect(try JSON.parse(text).text == text)
        }
    }
}

@Suite struct JSONWriting {
    @Test func `values are written compactly in the order given`() {
        var writer = JSONWriter()
        writer.object {
            $0.string("type", "a\"\\\n\u{1}é")
            $0.key("list")
            $0.array {
                $0.integer(-5)
                $0.integer(UInt64.max)
                $0.bool(true)
                $0.null()
                $0.object { _ in }
            }
            $0.bool("last", false)
        }
        #expect(
            writer.text
                == #"{"type":"a\"\\\n\u0001é","list":[-5,18446744073709551615,true,null,{}],"last":false}"#)
    }
}
