// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Trading

@testable import Configuration

@Suite("PRP 27: invalid configuration is rejected with the key named, valid is accepted") struct PropertyTests {
    private func check(_ tree: Tree) throws -> ConfigurationCheck {
        let document = try ConfigurationDocument(parsing: tree.text, file: "random")
        return ConfigurationCheck(of: document, strategyTypes: TestTypes.all)
    }

    @Test("PRP 27: random valid configurations are accepted", arguments: 0..<300 as Range<UInt64>)
    func valid(seed: UInt64) throws {
        var random = RandomConfiguration(random: SeededRandom(seed: seed))
        let tree = random.tree()
        let check = try check(tree)
        #expect(check.problems.map(\.description) == [], "\(tree.text)")
        #expect(check.configuration != nil)
    }

    @Test(
        "PRP 27: with one mistake in it, each is rejected with the key of the mistake",
        arguments: 0..<300 as Range<UInt64>)
    func invalid(seed: UInt64) throws {
        var random = RandomConfiguration(random: SeededRandom(seed: seed))
        let tree = random.tree()
        for _ in 0..<8 {
            let (mutated, path, kinds) = mutation(of: tree, &random)
            let check = try check(mutated)
            #expect(check.configuration == nil)
            #expect(
                check.problems.contains {
                    // Of a list that should be something else each element may be told.
                    ($0.path == path || $0.path.hasPrefix(path + ".")) && kinds.contains($0.kind) && !$0.message.isEmpty
                },
                "\(path) \(kinds): \(check.problems) in \(mutated.text)")
            #expect(
                check.problems.allSatisfy { $0.location.line == 1 && $0.location.column > 1 || $0.path == "strategies" }
            )
        }
    }

    /// A place in a configuration and what the schema allows there.
    private struct Site {
        let path: [String]
        let type: ValueType
    }

    private func sites(_ tree: Tree, _ type: ValueType, _ path: [String]) -> [Site] {
        let here = [Site(path: path, type: type)]
        switch (type, tree) {
        case (.section(let keys), .map(let entries)):
            return here
                + entries.flatMap { entry -> [Site] in
                    guard let key = keys.first(where: { $0.name == entry.key }) else { return [] as [Site] }
                    var type = key.type
                    if case .parameters = type,
                        let strategy = TestTypes.all.first(where: { $0.name == tree["type"]?.text })
                    {
                        type = .section(strategy.parameters)
                    }
                    return sites(entry.value, type, path + [entry.key])
                }
        case (.map(_, let value, _), .map(let entries)):
            return here + entries.flatMap { sites($0.value, value, path + [$0.key]) }
        case (.list(let element, _), .list(let elements)):
            return here + elements.enumerated().flatMap { sites($1, element, path + ["\($0)"]) }
        case (.either(let types), .list):
            return types.flatMap { if case .list = $0 { sites(tree, $0, path) } else { [] as [Site] } }
        case (.anything, _), (.parameters, _): return []
        case (.section, _), (.map, _): return []
        default: return here
        }
    }

    private func mutation(
        of tree: Tree, _ random: inout RandomConfiguration
    ) -> (Tree, path: String, kinds: [ConfigurationProblem.Kind]) {
        let sites = sites(tree, ConfigurationSchema.root, [])
        while true {
            let site = random.pick(sites)
            let path = site.path.joined(separator: ".")
            var copy = tree
            func replaced(by text: String) -> Tree {
                copy.change(site.path[...]) { $0 = .scalar(text) }
                return copy
            }
            switch site.type {
            case .section:
                let key = random.pick(["zz_unknown", "Timeframe", "levrage", "ünïcode", "a b"])
                copy.change(site.path[...]) { $0[key] = .scalar("1") }
                return (copy, (site.path + [key]).joined(separator: "."), [.unknownKey])
            case .map(_, _, let minimumCount):
                if minimumCount > 0, random.chance(50) { return (replaced(by: "{}"), path, [.missingKey]) }
                return (replaced(by: random.pick(["5", "[]", "text"])), path, [.wrongType])
            case .list(_, let minimumCount):
                if case .section = site.type { continue }
                if minimumCount > 0, random.chance(50) { return (replaced(by: "[]"), path, [.missingKey]) }
                return (replaced(by: random.pick(["true", "{ a: 1 }"])), path, [.wrongType, .notAllowed])
            default:
                let bad = badText(site.type, &random)
                return (replaced(by: bad.text), path, bad.kinds)
            }
        }
    }

    private func badText(
        _ type: ValueType, _ random: inout RandomConfiguration
    ) -> (text: String, kinds: [ConfigurationProblem.Kind]) {
        if random.chance(25) { return (random.pick(["[1, 2]", "{ a: 1 }", "~", "''"]), [.wrongType, .notAllowed]) }
        switch type {
        case .boolean: return (random.pick(["yes", "off", "1", "\"true\"", "tru"]), [.wrongType])
        case .integer(let range):
            if range.lowerBound > .min, random.chance(30) { return ("\(range.lowerBound - 1)", [.outOfRange]) }
            if range.upperBound < .max, random.chance(30) { return ("\(range.upperBound + 1)", [.outOfRange]) }
            return (
                random.pick(["1.5", "many", "\"5\"", "1e3", "0x10", ".nan", "9223372036854775808"]),
                [.wrongType, .outOfRange]
            )
        case .decimal(let range), .share(let range), .percentage(let range):
            if let minimum = range.minimum, random.chance(30) {
                return (range.isAboveMinimum ? minimum : below(minimum), [.outOfRange])
            }
            return (
                random.pick([
                    "1e30", "-1e30", ".inf", "-.Inf", ".NaN", "nan", "1.2.3", "'1,5'", "5 USD",
                    "0.0000000000000000000000001",
                    String(repeating: "9", count: 5_000), "1e999999999", "--5", "1e-9223372036854775808", "\"%\"",
                ]), [.wrongType, .outOfRange]
            )
        case .text: return (random.pick(["true", "\"tab\\there\""]), [.wrongType, .notAllowed])
        case .choice: return (random.pick(["nothing_like_it", "42", "NETTING "]), [.notAllowed])
        case .duration:
            return (random.pick(["5", "-1s", "1 s", "1fortnight", "99999999d", "1.5.5s", "0.1ns"]), [.wrongType])
        case .timeframe: return (random.pick(["0m", "-1m", "1q", "m", "99999999w", "1.5h"]), [.notAllowed])
        case .time:
            return (random.pick(["2024-02-30", "2024-13-01", "yesterday", "20240101", "9999-01-01"]), [.wrongType])
        default: return (random.pick(["nothing_like_it", "{ a: 1 }"]), [.notAllowed, .wrongType, .outOfRange])
        }
    }

    private func below(_ text: String) -> String {
        guard let units = try? DecimalText.parse(text, decimals: 18, as: Int128.self) else { return "-1e19" }
        return Amount(units: units - 1).description
    }
}

@Suite("Damaged texts") struct DamageTests {
    static let pieces = [
        ":", "- ", "\n", "\t", "{", "}", "[", "]", "'", "\"", "#", "&a ", "*a", "<<: ", "!!int ", "|\n", ">", "? ",
        "---\n",
        "%YAML 9.9\n", "\\ud83d", "\u{FEFF}", "é", "😀", "0x", "1e99", "...\n", ",", "null", " ", "    ", "@", "`",
        "\r\n", "\u{85}",
    ]

    @Test(
        "Whatever the text, the answer is a configuration or a problem with a place",
        arguments: 0..<120 as Range<UInt64>)
    func damaged(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let originals = try ["accepted/everything.yaml", "accepted/same-close.json", "accepted/sample.yaml"].map {
            try Fixtures.bytes($0)
        }
        for _ in 0..<12 {
            var bytes = originals.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<5, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1:
                    bytes.insert(contentsOf: Array((Self.pieces.randomElement(using: &random) ?? "").utf8), at: index)
                case 2: bytes.removeSubrange(index..<min(bytes.count, index + Int.random(in: 1...40, using: &random)))
                case 3:
                    bytes.insert(
                        contentsOf: bytes[index..<min(bytes.count, index + 60)],
                        at: Int.random(in: 0..<bytes.count, using: &random))
                default: bytes = Array(bytes.prefix(max(1, index)))
                }
                if bytes.isEmpty { bytes = [58] }
            }
            do throws(ConfigurationProblem) {
                let document = try ConfigurationDocument(parsing: bytes, file: "f")
                let check = ConfigurationCheck(of: document, strategyTypes: TestTypes.all)
                #expect((check.configuration == nil) == !check.problems.isEmpty)
                #expect(check.problems.allSatisfy { $0.location.file == "f" && !$0.message.contains("\n") })
            } catch {
                #expect(error.location.file == "f" && !error.message.isEmpty)
            }
            // The same text is harmless as an argument too.
            _ = try? ConfigurationOverride(parsing: "a.b=" + String(decoding: bytes.prefix(200), as: UTF8.self))
        }
    }
}
