// SPDX-License-Identifier: Apache-2.0

import Configuration
import Testing

@Suite("Reading YAML and JSON") struct DocumentTests {
    private func document(_ text: String) throws -> ConfigurationDocument {
        try ConfigurationDocument(parsing: text, file: "f")
    }

    private func problem(_ bytes: [UInt8]) -> String? {
        do throws(ConfigurationProblem) {
            _ = try ConfigurationDocument(parsing: bytes, file: "f")
            return nil
        } catch { return error.description }
    }

    @Test("Texts stay as they were written, with their places")
    func places() throws {
        let root = try document("a:\n  b: 1.00\n  'c d': [x, \"1e3\"]\n").root
        let b = try #require(root["a"]?["b"])
        #expect(b.scalar == .init(text: "1.00", isQuoted: false))
        #expect(b.location == SourceLocation(file: "f", line: 2, column: 6))
        #expect(root["a"]?.entries.last?.keyLocation == SourceLocation(file: "f", line: 3, column: 3))
        #expect(root["a"]?["c d"]?.elements.last?.scalar == .init(text: "1e3", isQuoted: true))
    }

    @Test(
        "JSON escapes are understood",
        arguments: [
            (#"{"a": "\u00e9\n\t\/\\\"\b"}"#, "é\n\t/\\\"\u{8}"),
            (#"{"a": "\ud83d\ude00 \uD83D\uDE00"}"#, "😀 😀"),
            (#"{"a": "\\ud83d\\ude00"}"#, #"\ud83d\ude00"#),
        ])
    func jsonEscapes(json: String, expected: String) throws {
        #expect(try document(json).root["a"]?.scalar?.text == expected)
    }

    @Test("Columns behind a replaced JSON escape are those of the file")
    func jsonColumns() throws {
        let root = try document(#"{"😀": "\ud83d\ude00", "b": "\ud83d\ude00", "c": 1}"#).root
        #expect(root["c"]?.location.column == 49)
    }

    @Test("A byte-order mark and Windows line ends change nothing")
    func byteOrderMark() throws {
        let plain = try document("a: 1\nb:\n  - 2\n")
        #expect(
            try ConfigurationDocument(parsing: [0xEF, 0xBB, 0xBF] + Array("a: 1\r\nb:\r\n  - 2\r\n".utf8), file: "f")
                == plain)
    }

    @Test("Aliases stand for their anchors, and merged keys give way to written ones")
    func aliases() throws {
        let root = try document("a: &x { b: 1, c: 2 }\nd: { <<: *x, c: 3 }\ne: *x\nf: { <<: [{ g: 1 }, { g: 2 }] }")
            .root
        #expect(root["d"]?["b"]?.scalar?.text == "1")
        #expect(root["d"]?["c"]?.scalar?.text == "3")
        #expect(root["e"] == root["a"])
        #expect(root["f"]?["g"]?.scalar?.text == "1")
    }

    @Test("A million laughs are refused quickly")
    func aliasBomb() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            let uses = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(uses)]\n"
        }
        #expect(
            problem(Array(text.utf8)) == "f:5:45: There are more than 100000 values, counting each use of an alias.")
    }

    @Test("What is too deep or too large is refused")
    func limits() {
        let deep = String(repeating: "[", count: 200_000)
        #expect(problem(Array(deep.utf8)) == "f:1:33: Lists and maps are nested more than 32 deep.")
        let large = [UInt8](repeating: 32, count: ConfigurationLimits.maximumBytes + 1)
        #expect(problem(large) == "f: The text has 4194305 bytes; at most 4194304 are read.")
        let wide = Array(("[" + String(repeating: "1,", count: 200_000) + "]").utf8)
        #expect(problem(wide) == "f:1:200000: There are more than 100000 values, counting each use of an alias.")
        let digits = Array(("a: " + String(repeating: "9", count: 4_000_000)).utf8)
        #expect(problem(digits) == nil)
    }

    @Test(
        "Wrong encodings are named",
        arguments: [
            ([0xFF, 0xFE, 0x61, 0x00] as [UInt8], "f: The text is UTF-16. Save it as UTF-8."),
            (Array("a: 1\nb: caf".utf8) + [0xE9], "f:2:7: The byte 0xE9 is not UTF-8. Save the text as UTF-8."),
            (Array("é: ".utf8) + [0xC3, 0x28], "f:1:4: The byte 0xC3 is not UTF-8. Save the text as UTF-8."),
            (
                Array("a: 1\nb: x\0y".utf8),
                "f:2:5: The text cannot be read here: control characters are not allowed. Remove the character."
            ),
        ])
    func encodings(bytes: [UInt8], expected: String) {
        #expect(problem(bytes) == expected)
    }

    @Test(
        "A file that cannot be read is a problem of its own",
        arguments: [
            ("/nowhere/apus.yaml", "/nowhere/apus.yaml: The file cannot be opened: No such file or directory."),
            ("/", "/: The file cannot be read: Is a directory."),
        ])
    func unreadable(path: String, expected: String) {
        let check = ConfigurationCheck(file: path, strategyTypes: nil)
        #expect(check.problems.map(\.description) == [expected])
        #expect(check.configuration == nil)
    }
}

@Suite("Values set from the command line") struct OverrideTests {
    private func check(_ arguments: String...) -> [String] {
        do throws(ConfigurationProblem) {
            var overrides: [ConfigurationOverride] = []
            for argument in arguments { overrides.append(try ConfigurationOverride(parsing: argument)) }
            let document = try ConfigurationDocument(parsing: SampleTests.sample, file: "f").applying(overrides)
            return ConfigurationCheck(of: document, strategyTypes: TestTypes.all).problems.map(\.description)
        } catch { return [error.description] }
    }

    @Test("They replace and add")
    func replaces() throws {
        let overrides = try [
            "strategies.macd_eth_usd.parameters.fast_period=9", "simulation.seed=7",
            "strategies.macd_eth_usd.name='A = B'", "simulation.slippage={ model: constant, ticks: 2 }",
        ].map { try ConfigurationOverride(parsing: $0) }
        let document = try ConfigurationDocument(parsing: SampleTests.sample, file: "f").applying(overrides)
        let configuration = try ConfigurationCheck(of: document, strategyTypes: TestTypes.all).get()
        #expect(configuration.strategies[0].parameters["fast_period"] == .integer(9))
        #expect(configuration.strategies[0].parameters["slow_period"] == .integer(21))
        #expect(configuration.strategies[0].name == "A = B")
        #expect(configuration.simulation.seed == 7)
        #expect(configuration.simulation.slippage == .ticks(2))
    }

    @Test("A path may hold keys with dots, as other options need")
    func dottedKeys() throws {
        let change = ConfigurationOverride(
            path: ["data", "sources", "X.Y", "file"], text: "null", origin: "--bars X.Y=null")
        let document = try ConfigurationDocument(parsing: SampleTests.sample, file: "f").applying([change])
        let configuration = try ConfigurationCheck(of: document, strategyTypes: TestTypes.all).get()
        #expect(configuration.data.sources.map(\.symbol) == ["ETH-USD", "X.Y"])
        #expect(configuration.data.sources[1].file == "null")
    }

    @Test("Mistakes name the argument, the path and what to write")
    func mistakes() {
        #expect(
            check("seed") == [
                "--set seed: There is no '='. Write --set path.to.key=value, such as --set simulation.seed=7."
            ])
        #expect(
            check("a..b=1") == [
                "--set a..b=1: 'a..b' is not a path. Write keys with a dot between them, such as simulation.seed."
            ])
        #expect(
            check("strategies.macd_eth_usd.name.x=1") == [
                "--set strategies.macd_eth_usd.name.x=1: strategies.macd_eth_usd.name.x: 'strategies.macd_eth_usd.name' "
                    + "is the text 'MACD ETH-USD 1m', not a map of keys. Set 'strategies.macd_eth_usd.name' itself."
            ])
        #expect(
            check("strategies.macd_eth_usd.paramters.fast_period=9") == [
                "--set strategies.macd_eth_usd.paramters.fast_period=9: strategies.macd_eth_usd.paramters: There is no "
                    + "key 'paramters' here. Did you mean 'parameters'?"
            ])
        #expect(
            check("simulation.seed=many", "simulation.latency=") == [
                "--set simulation.seed=many: simulation.seed: Found 'many', expected a whole number of at least 0.",
                "--set simulation.latency=: simulation.latency: Found no value, expected a duration such as 100ms, 1s or 5m.",
            ])
        #expect(
            check("simulation.slippage={ model") == [
                "--set simulation.slippage={ model: simulation.slippage: This is not valid YAML: while parsing a flow "
                    + "mapping (line 1, column 1): did not find expected ',' or '}'. Check the indentation, and that "
                    + "every bracket and quote is closed."
            ])
        #expect(
            check("strategies.macd_eth_usd.markets=[BTC, ETH]", "strategies.macd_eth_usd.markets.2=X").first?.contains(
                "is a list, and '2' is not an element of it: use 0 to 1.") == true)
    }
}
