// SPDX-License-Identifier: Apache-2.0

import Foundation
import MarketData
import Testing

@testable import Commands

@Suite struct FrameTests {
    @Test(arguments: Program.commands.map { $0.description.path })
    func everyCommandHasHelpWithExamples(path: [String]) throws {
        let helps = [apus(path + ["--help"]), apus(["help"] + path), apus(path + ["-h"])]
        for help in helps {
            #expect(help.status == 0)
            #expect(help.errors == "")
            #expect(help.output == helps[0].output)
        }
        #expect(helps[0].output.contains("Usage: apus \(path.joined(separator: " "))"))
        #expect(helps[0].output.contains("\nExamples:\n  apus "))
        for line in helps[0].outputLines { #expect(line.count <= 110, "\(line)") }
    }

    @Test(
        arguments: [
            ([], 2, "apus"), (["--help"], 0, "Usage: apus COMMAND"), (["help"], 0, "Usage: apus COMMAND"),
            (["--version"], 0, "apus \(Program.version)\n"), (["version"], 0, "apus \(Program.version)\n"),
            (["data", "--help"], 0, "data import"),
        ] as [([String], Int32, String)])
    func overviews(arguments: [String], status: Int32, words: String) {
        let ran = apus(arguments)
        #expect(ran.status == status)
        #expect(ran.output.contains(words))
    }

    @Test(
        arguments: [
            (["dat"], "Did you mean `apus data`?"), (["data"], "say what to do with data"),
            (["data", "lst"], "Did you mean `apus data list`?"), (["nonsense"], "there is no command 'nonsense'"),
            (["data", "list", "--stor", "x"], "Did you mean --store?"), (["data", "list", "-x"], "has no option '-x'"),
            (["data", "list", "--json=yes"], "--json takes no value"),
            (["data", "list", "--store", "--json"], "--store needs a value"),
            (["data", "list", "--store", "a", "--store", "b"], "--store is given twice"),
            (["data", "list", "a"], "one argument too many"),
            (["data", "export", "--output", "x"], "SYMBOL is missing"),
            (["data", "list", "--", "--json"], "'--json' is one argument too many"),
        ] as [([String], String)])
    func wrongUsageIsAnsweredWithWhatIsRight(arguments: [String], words: String) {
        let ran = apus(arguments)
        #expect(ran.status == 2)
        #expect(ran.output == "")
        #expect(ran.errors.contains(words), "\(ran.errors)")
    }

    @Test(arguments: [["--version"], ["indicators", "list"], ["config", "schema"]])
    func resultsThatCannotBeWrittenAreAFailure(arguments: [String]) throws {
        let full = open("/dev/full", O_WRONLY)
        try #require(full >= 0)
        defer { close(full) }
        let nowhere = open("/dev/null", O_WRONLY)
        defer { close(nowhere) }
        #expect(Program().run(arguments, Console(output: full, errors: nowhere)) == 1)
    }

    @Test func longJSONIsTheSameValueAsOnOneLine() throws {
        let value = ReportValue.object([
            ("text", .text("a \"quoted\"\nline \u{1}")), ("empty", .object([])), ("none", .list([])),
            ("numbers", .list([.integer(1), .number(0.1), .number(.nan), .missing, .flag(true)])),
            ("nested", .list([.object([("a", .integer(1))]), .list([.object([("b", .text("x"))])])])),
            ("long", .object((0..<20).map { ("field\($0)", .integer(Int64($0))) })),
        ])
        let long = try JSONSerialization.jsonObject(with: Data(value.indented().utf8))
        let short = try JSONSerialization.jsonObject(with: Data(value.json.utf8))
        #expect(try #require(long as? NSDictionary) == #require(short as? NSDictionary))
        #expect(value.indented().contains("\n"))
    }

    @Test func tablesAlignAndWrap() {
        let table = TextTable(
            columns: [.init(title: "NAME"), .init(title: "N", isNumber: true), .init(title: "WORDS", wrapsAt: 11)],
            rows: [["a", "1", "one two three four"], ["long", "1,000", "five"]])
        #expect(
            table.text(width: nil) == """
                NAME      N  WORDS
                a         1  one two three four
                long  1,000  five
                """)
        #expect(
            table.text(width: 40) == """
                NAME      N  WORDS
                a         1  one two
                             three four
                long  1,000  five
                """)
        #expect(
            table.text(width: 20) == """
                NAME      N
                    WORDS
                a         1
                    one two three four
                long  1,000
                    five
                """)
    }

    @Test(arguments: [
        (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_949, "999.9 kB"), (999_950, "1.0 MB"),
        (26_900_000, "26.9 MB"),
    ])
    func sizesForPeople(bytes: Int, text: String) {
        #expect(byteText(bytes) == text)
    }
}
