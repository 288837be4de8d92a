// SPDX-License-Identifier: Apache-2.0

import Foundation
import Indicators
import Testing

@testable import Commands

@Suite struct IndicatorCommandTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func listHasEveryRegisteredIndicator() throws {
        let ran = apus(["indicators", "list"])
        #expect(ran.status == 0)
        #expect(ran.errors == "")
        let names = ran.outputLines.dropFirst().compactMap { $0.split(separator: " ").first.map(String.init) }
        #expect(names == IndicatorRegistry.standard.names)
        let document = try apus(["indicators", "list", "--json"]).json()
        let listed = try #require(document["indicators"] as? [[String: Any]])
        #expect(listed.compactMap { $0["name"] as? String } == names)
    }

    @Test(arguments: IndicatorRegistry.standard.names)
    func eachIsExplained(name: String) throws {
        let definition = try IndicatorRegistry.standard.definition(named: name)
        let ran = apus(["indicators", "list", name])
        #expect(ran.status == 0)
        for part in [definition.summary, "First value: at bar ", "Memory: "] + definition.outputs
            + definition.parameters.map(\.summary)
        { #expect(ran.output.contains(part)) }
        let document = try apus(["indicators", "list", name, "--json"]).json()
        #expect(document["outputs"] as? [String] == definition.outputs)
    }

    @Test func computeGivesTheMeanOfTheLastCloses() throws {
        let input = try folder.write(csv(minutes: 0..<30), as: "bars.csv")
        let output = folder.path("out.csv")
        let ran = apus([
            "indicators", "compute", "sma", "--set", "period=4", "--input", input, "--output", output,
        ])
        #expect(ran.status == 0)
        #expect(ran.output == "")
        let lines = try folder.text("out.csv").split(separator: "\n").map(String.init)
        #expect(lines[0] == "open_time_ms,value")
        #expect(lines.count == 31)
        for (bar, line) in lines.dropFirst().enumerated() {
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            #expect(Int(cells[0]) == 1_704_067_200_000 + bar * 60_000)
            guard bar >= 3 else {
                #expect(cells[1] == "")
                continue
            }
            // Closes are 100, 101, …: the mean of the last four is 1.5 below the newest.
            #expect(Double(cells[1]) == Double(100 + bar) - 1.5)
        }
        let printed = apus(["indicators", "compute", "sma", "--set=period=4", "--input", input, "--output", "-"])
        #expect(printed.output == (try folder.text("out.csv")))
    }

    @Test func numbersReadBackExactly() throws {
        let input = try folder.write(csv(minutes: 0..<200), as: "bars.csv")
        let ran = apus(["indicators", "compute", "rsi", "--input", input, "--output", "-"])
        let values = ran.outputLines.dropFirst().compactMap { $0.split(separator: ",").dropFirst().first }
        #expect(values.count > 100)
        for value in values { #expect(Double(value).map(\.description) == String(value)) }
    }

    @Test(
        arguments: [
            (["smaa"], 2, "Did you mean 'sma'?"), (["sma", "--set", "perod=3"], 2, "Did you mean 'period'?"),
            (["sma", "--set", "period=0"], 2, "Allowed: 1 to"), (["sma", "--set", "period=abc"], 2, "whole number"),
            (["sma", "--set", "period"], 2, "is not NAME=VALUE"), (["sma", "--set", "=3"], 2, "is not NAME=VALUE"),
            (["sma", "--set", "period=3", "--set", "period=4"], 2, "--set period is given twice"),
            (["sma", "--set", "period=99999999999999999999"], 2, "period"),
            (["sma", "--set", "period=31"], 1, "has 30 bars"), (["sma", "--timeframe", "5m"], 1, "5m was declared"),
        ] as [([String], Int32, String)])
    func whatCannotBeComputed(arguments: [String], status: Int32, words: String) throws {
        let input = try folder.write(csv(minutes: 0..<30), as: "bars.csv")
        let output = folder.path("out.csv")
        let ran = apus(["indicators", "compute"] + arguments + ["--input", input, "--output", output])
        #expect(ran.status == status)
        #expect(ran.output == "")
        #expect(ran.errors.contains(words), "\(ran.errors)")
        #expect(!FileManager.default.fileExists(atPath: output))
    }

    @Test func aBadInputFileIsNamedWithItsRow() throws {
        let input = try folder.write(csv(minutes: 0..<3) + "1704067380000,1,0.5,1,1,1\n", as: "bars.csv")
        let ran = apus(["indicators", "compute", "sma", "--input", input, "--output", "-"])
        #expect(ran.status == 1)
        #expect(ran.output == "")
        #expect(ran.errors.contains("\(input), row 5"))
    }
}
