// SPDX-License-Identifier: Apache-2.0

internal import Cryptography
internal import Hyperliquid
internal import JSON

/// Finds differences between what was expected and what came.
enum Comparison {
    /// Compares values whatever the order of members; numbers by what they are worth. `null` is the same as absent.
    static func differences(expected: JSONValue?, actual: JSONValue?, at path: String) -> [String] {
        let expected = expected?.isNull == true ? nil : expected
        let actual = actual?.isNull == true ? nil : actual
        guard let expected, let actual else {
            if expected == nil && actual == nil { return [] }
            return ["\(path): expected \(expected?.text ?? "nothing"), got \(actual?.text ?? "nothing")"]
        }
        switch (expected.kind, actual.kind) {
        case (.object, .object):
            var lines: [String] = []
            var names = expected.members.map(\.key)
            for (name, _) in actual.members where !names.contains(name) { names.append(name) }
            for name in names {
                lines += differences(expected: expected[name], actual: actual[name], at: "\(path).\(name)")
            }
            return lines
        case (.array, .array):
            guard expected.count == actual.count else {
                return ["\(path): expected \(expected.count) elements, got \(actual.count): \(actual.text)"]
            }
            return zip(expected.elements, actual.elements).enumerated().flatMap { index, pair in
                differences(expected: pair.0, actual: pair.1, at: "\(path)[\(index)]")
            }
        case (.number, .number):
            let isSame =
                ExactDecimal(expected.numberText ?? "") == ExactDecimal(actual.numberText ?? "")
                && ExactDecimal(expected.numberText ?? "") != nil
            return isSame ? [] : ["\(path): expected \(expected.text), got \(actual.text)"]
        default: return expected.text == actual.text ? [] : ["\(path): expected \(expected.text), got \(actual.text)"]
        }
    }

    /// The 32 bytes of a number written in hexadecimal, with or without leading zeros.
    static func word(_ text: String?) -> [UInt8]? {
        guard let text else { return nil }
        let digits = text.hasPrefix("0x") ? String(text.dropFirst(2)) : text
        guard digits.utf8.count <= 64 else { return nil }
        return Hexadecimal.bytes(String(repeating: "0", count: 64 - digits.utf8.count) + digits)
    }

    static func differences(expected: JSONValue?, actual: RecoverableSignature) -> [String] {
        var lines: [String] = []
        for (name, word) in [("r", actual.r), ("s", actual.s)] where Self.word(expected?[name]?.string) != word.bytes {
            lines.append("signature.\(name): expected \(expected?[name]?.string ?? "nothing"), got \(word)")
        }
        if expected?["v"]?.integer != Int64(actual.v) {
            lines.append("signature.v: expected \(expected?["v"]?.text ?? "nothing"), got \(actual.v)")
        }
        return lines
    }

    /// A number that went through binary arithmetic elsewhere: the same to about 12 digits.
    static func isSame(_ expected: Double, _ actual: ExactDecimal) -> Bool {
        guard let value = Double(actual.description) else { return false }
        return abs(expected - value) <= 1e-12 * max(abs(expected), abs(value))
    }

    static func equal<Value: Equatable>(_ path: String, _ expected: Value, _ actual: Value) -> [String] {
        expected == actual ? [] : ["\(path): expected \(expected), got \(actual)"]
    }

    static func equal<Value: Equatable>(_ path: String, _ expected: Value?, _ actual: Value?) -> [String] {
        func text(_ value: Value?) -> String { value.map { "\($0)" } ?? "nothing" }
        return expected == actual ? [] : ["\(path): expected \(text(expected)), got \(text(actual))"]
    }
}
