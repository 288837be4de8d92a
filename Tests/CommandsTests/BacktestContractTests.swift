// SPDX-License-Identifier: Apache-2.0

import Adaptive
import Foundation
import Strategies
import Synchronization
import TestSupport
import Testing
import Trading

@testable import Commands

/// The command line by which the program is judged.
@Suite struct BacktestContractTests {
    private let example = packageRoot + "/Examples/ema-cross.yaml"

    @Test("The benchmark's contract: orders and equity, to the last digit")
    func contract() throws {
        let bars = try BenchmarkBars.path(count: 5_000)
        let document = try apus(["backtest", example, "--bars", "BTCUSDT=\(bars)", "--json", "-"]).json()
        #expect(document["orders"] as? Int == 232)
        #expect(document["fills"] as? Int == 232)
        #expect(document["startEquity"] as? String == "1000000")
        #expect(document["finalEquity"] as? String == "999562.269244")
        #expect(document["bars"] as? Int == 5_000)
    }

    @Test("The same over a whole year of minutes")
    func year() throws {
        let bars = try BenchmarkBars.path(count: 525_600)
        let document = try apus(["backtest", example, "--bars", "BTCUSDT=\(bars)", "--json", "-"]).json()
        #expect(document["orders"] as? Int == 23_390)
        #expect(document["finalEquity"] as? String == "963247.675122")
    }

    @Test("The JSON has every key that its schema requires, of the right type")
    func schema() throws {
        let bars = try BenchmarkBars.path(count: 5_000)
        let document = try apus(["backtest", example, "--bars", "BTCUSDT=\(bars)", "--json", "-"]).json()
        for key in [
            "orders", "fills", "startEquity", "finalEquity", "bars", "engineSeconds", "barsPerSecond", "resultHash",
            "metrics", "ambiguity", "warnings",
        ] { #expect(document[key] != nil, "\(key)") }
        let ambiguity = try #require(document["ambiguity"] as? [String: Any])
        #expect(ambiguity["bars"] as? Int == 0)
        #expect(ambiguity["pessimistic"] is NSNull && ambiguity["optimistic"] is NSNull)
        let file = URL(fileURLWithPath: packageRoot + "/Documentation/backtest-report.schema.json")
        let schema = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        var faults: [String] = []
        validate(document, against: schema, root: schema, at: "", &faults)
        #expect(faults == [])
    }

    /// Types, required keys, items and references of a JSON schema.
    private func validate(
        _ value: Any, against given: [String: Any], root: [String: Any], at path: String, _ faults: inout [String]
    ) {
        var schema = given
        if let reference = given["$ref"] as? String {
            var target: Any = root
            for key in reference.split(separator: "/").dropFirst() {
                target = (target as? [String: Any])?[String(key)] ?? [:]
            }
            schema = target as? [String: Any] ?? [:]
        }
        let types = (schema["type"] as? [String]) ?? (schema["type"] as? String).map { [$0] } ?? []
        let isBoolean = (value as? NSNumber).map { isBooleanNumber($0) } ?? false
        let matches =
            types.isEmpty
            || types.contains { type in
                switch type {
                case "object": value is [String: Any]
                case "array": value is [Any]
                case "string": value is String
                case "null": value is NSNull
                case "boolean": isBoolean
                case "integer": !isBoolean && (value as? Double).map { $0 == $0.rounded() } ?? false
                case "number": !isBoolean && value is Double
                default: false
                }
            }
        if !matches { faults.append("\(path): \(value) is not \(types)") }
        if let object = value as? [String: Any] {
            for key in schema["required"] as? [String] ?? [] where object[key] == nil {
                faults.append("\(path).\(key)")
            }
            let properties = schema["properties"] as? [String: Any] ?? [:]
            for (key, child) in object {
                guard let childSchema = properties[key] as? [String: Any] else { continue }
                validate(child, against: childSchema, root: root, at: "\(path).\(key)", &faults)
            }
        } else if let array = value as? [Any], let items = schema["items"] as? [String: Any] {
            for (index, child) in array.enumerated() {
                validate(child, against: items, root: root, at: "\(path)[\(index)]", &faults)
            }
        }
    }

    private func isBooleanNumber(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" }

    @Test("`--json -` prints the document and nothing else; files are whole and leave nothing beside them")
    func outputs() throws {
        let folder = try TemporaryFolder()
        let config = try folder.write(configuration(cross()), as: "c.yaml")
        let bars = try folder.write(csv(minutes: 0..<300), as: "bars.csv")
        let ran = apus([
            "backtest", config, "--bars", "BTCUSDT=\(bars)", "--json", "-", "--html", folder.path("new/r.html"),
            "--fills",
            folder.path("fills.csv"), "--trades", folder.path("trades.csv"), "--equity", folder.path("equity.csv"),
        ])
        #expect(ran.status == 0)
        #expect(ran.errors == "")
        let document = try ran.json()
        let fills = try folder.text("fills.csv").split(separator: "\n")
        #expect(fills.count - 1 == document["fills"] as? Int)
        #expect(try folder.text("equity.csv").split(separator: "\n").count == 301)
        #expect(try folder.text("new/r.html").hasSuffix("</html>\n"))
        let names = FileManager.default.subpaths(atPath: folder.path)?.sorted()
        #expect(names == ["bars.csv", "c.yaml", "equity.csv", "fills.csv", "new", "new/r.html", "trades.csv"])
    }

    @Test("Without options the table comes, with --quiet nothing")
    func table() throws {
        let folder = try TemporaryFolder()
        let config = try folder.write(configuration(cross()), as: "c.yaml")
        let bars = try folder.write(csv(minutes: 0..<300), as: "bars.csv")
        let ran = apus(["backtest", config, "--bars", "BTCUSDT=\(bars)"])
        #expect(ran.status == 0 && ran.output.contains("Final equity (USDT)") && ran.output.contains("Result hash"))
        let quiet = apus(["backtest", config, "--bars", "BTCUSDT=\(bars)", "--quiet"])
        #expect(quiet.status == 0 && quiet.output == "" && quiet.errors == "")
    }

    @Test("--set, --from and --to act as the configuration does")
    func settings() throws {
        let folder = try TemporaryFolder()
        let config = try folder.write(configuration(cross()), as: "c.yaml")
        let bars = try folder.write(csv(minutes: 0..<300), as: "bars.csv")
        let cut = try folder.write(csv(minutes: 60..<240), as: "cut.csv")
        let edited = try folder.write(
            configuration(cross()).replacingOccurrences(of: "fast_period: 3", with: "fast_period: 4"), as: "e.yaml")
        func hash(_ arguments: [String]) throws -> String {
            let document = try apus(["backtest"] + arguments + ["--json", "-"]).json()
            return try #require(document["resultHash"] as? String)
        }
        let whole = try hash([config, "--bars", "BTCUSDT=\(bars)"])
        let part = try hash([
            config, "--bars", "BTCUSDT=\(bars)", "--from", "2024-01-01T01:00:00Z", "--to", "2024-01-01T04:00:00Z",
        ])
        #expect(part == (try hash([config, "--bars", "BTCUSDT=\(cut)"])))
        #expect(part != whole)
        let set = try hash([config, "--bars", "BTCUSDT=\(bars)", "--set", "strategies.cross.parameters.fast_period=4"])
        #expect(set == (try hash([edited, "--bars", "BTCUSDT=\(bars)"])))
        #expect(set != whole)
    }

    @Test("--check-lookahead proves the built-in strategies clean, and says when there is too little to prove")
    func lookahead() throws {
        let folder = try TemporaryFolder()
        let config = try folder.write(configuration(cross()), as: "c.yaml")
        let bars = try folder.write(csv(minutes: 0..<300), as: "bars.csv")
        let ran = apus(["backtest", config, "--bars", "BTCUSDT=\(bars)", "--check-lookahead", "--quiet"])
        #expect(ran.status == 0 && ran.errors.contains("No look-ahead: 12 runs"))
        let idle = try folder.write(configuration(Misbehaving.entry(.trap)), as: "idle.yaml")
        let short = try folder.write(csv(minutes: 0..<2), as: "short.csv")
        let tooShort = apus(
            ["backtest", idle, "--bars", "BTCUSDT=\(short)", "--check-lookahead", "--quiet"],
            strategies: Misbehaving.registry)
        #expect(tooShort.status == 1 && tooShort.errors.contains("too few bars"))
    }

    @Test("--check-lookahead fails for a strategy that decides otherwise when it is asked again")
    func inconsistent() throws {
        let count = Counter()
        var registry = StrategyRegistry.standard
        registry.register(Fickle.definition) { _ in Fickle(period: 3 + count.next() % 4) }
        let folder = try TemporaryFolder()
        let config = try folder.write(
            configuration(
                Misbehaving.entry(.throwing).replacingOccurrences(of: "misbehaving", with: "fickle")
                    .replacingOccurrences(of: "{ misdeed: throws }", with: "{}")), as: "c.yaml")
        let bars = try folder.write(wanderingBars(300, seed: 1), as: "bars.csv")
        let ran = apus(
            ["backtest", config, "--bars", "BTCUSDT=\(bars)", "--check-lookahead", "--json", folder.path("r.json")],
            strategies: registry)
        #expect(ran.status == 1)
        #expect(ran.errors.contains("does not repeat"), "\(ran.errors)")
        #expect(!FileManager.default.fileExists(atPath: folder.path("r.json")))
    }

    @Test("The sample of the requirements is taken as it stands")
    func sample() throws {
        let folder = try TemporaryFolder()
        let config = try folder.write(ProductSample.strategies, as: "sample.yaml")
        let bars = try folder.write(wanderingBars(3_000, seed: 5, price: 2_000_00), as: "eth.csv")
        // The venue's minimum is $10, so $1.00 is refused unless it may be rounded up.
        let refused = try apus(["backtest", config, "--bars", "ETH-USD=\(bars)", "--json", "-"]).json()
        #expect(refused["orders"] as? Int == 0)
        let warnings = try #require(refused["warnings"] as? [String])
        #expect(warnings.count == 2)
        #expect(warnings.filter { $0.contains("hedge_ratio") }.count == 1)
        #expect(warnings.contains { $0.contains("below the venue's minimum") && $0.contains("round_up") })
        #expect(refused["baseCurrency"] as? String == "USDC")

        let rounded = try apus([
            "backtest", config, "--bars", "ETH-USD=\(bars)", "--json", "-", "--set",
            "simulation.below_minimum=round_up",
            "--fills", folder.path("fills.csv"),
        ]).json()
        #expect((rounded["fills"] as? Int ?? 0) > 0)
        let notes = try #require(rounded["warnings"] as? [String])
        #expect(notes.count == 2)
        #expect(notes.contains { $0.contains("No funding was charged on ETH-USD") })
        // Each entry is worth the minimum, within one lot.
        let first = try #require(try folder.text("fills.csv").split(separator: "\n").dropFirst().first).split(
            separator: ",")
        let worth = (Double(first[4]) ?? 0) * (Double(first[5]) ?? 0)
        #expect(worth > 9.5 && worth < 10.5)
    }

    @Test(
        "Interrupted at any of the moments it is looked for, nothing is written and an older result stays",
        arguments: [(70_000, []), (300, ["--check-lookahead"])])
    func interruption(bars count: Int, options: [String]) throws {
        let folder = try TemporaryFolder()
        let config = try folder.write(configuration(cross()), as: "c.yaml")
        let bars = try folder.write(csv(minutes: 0..<count), as: "bars.csv")
        func run(interruptedAfter limit: Int) throws -> (status: Int32, calls: Int, said: String) {
            let json = try folder.write("old", as: "r.json")
            let counter = Counter()
            let descriptor = open(try folder.write("", as: "out"), O_WRONLY)
            defer { close(descriptor) }
            var console = Console(output: descriptor, errors: descriptor)
            console.isInterrupted = { counter.next() > limit }
            let arguments = ["backtest", config, "--bars", "BTCUSDT=\(bars)", "--json", json] + options
            return (Program().run(arguments, console), counter.next() - 1, try folder.text("out"))
        }
        let calls = try run(interruptedAfter: .max).calls
        #expect(calls > 3)
        for limit in 0..<calls {
            let ran = try run(interruptedAfter: limit)
            #expect(ran.status == 1)
            // The check may have come to its end before.
            #expect(ran.said.hasSuffix("apus: Interrupted. Nothing was written.\n"))
            #expect(try folder.text("r.json") == "old")
        }
        #expect(FileManager.default.subpaths(atPath: folder.path)?.sorted() == ["bars.csv", "c.yaml", "out", "r.json"])
    }
}

/// Buys and sells in turn, after a number of bars that differs from instance to instance.
private struct Fickle: Strategy {
    static let definition = StrategyDefinition(name: "fickle", summary: "Trades by a whim.", parameters: [])
    let period: Int
    private var bars = 0

    init(period: Int) { self.period = period }
    init(parameters: StrategyParameters) throws { period = 3 }

    mutating func onBar(_ bar: Bar, _ context: inout StrategyContext) throws {
        bars += 1
        if bars.isMultiple(of: 2 * period) {
            context.exit()
        } else if bars.isMultiple(of: period) {
            context.enter(.buy)
        }
    }
}

private final class Counter: Sendable {
    private let count = Atomic<Int>(0)
    func next() -> Int { count.add(1, ordering: .relaxed).newValue }
}
