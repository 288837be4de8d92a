// SPDX-License-Identifier: Apache-2.0

import Adaptive
import Foundation
import Testing

@testable import Commands

@Suite struct AbCommandTests {
    @Test func comparesEveryFeatureAndIsRepeatable() throws {
        let folder = try TemporaryFolder()
        let config = try Research.configuration(in: folder)
        let first = apus(["ab", config, "--json", "--resamples", "300"])
        try #require(first.status == 0, "\(first.errors)")
        let document = try first.json()
        let names = Feature.configurable.map(\.name)
        let runs = try #require(document["runs"] as? [[String: Any]])
        #expect(runs.count == names.count + 2)
        let spans = try #require(document["spans"] as? [[String: Any]])
        #expect(spans.count == 1 && spans[0]["label"] as? String == "All data")
        let features = try #require(spans[0]["features"] as? [[String: Any]])
        #expect(features.compactMap { $0["name"] as? String } == names)
        #expect(document["validation"] is NSNull && document["choice"] is NSNull)
        // The whole trades, the baseline trades differently, and each comparison adds up.
        let all = try #require(spans[0]["all"] as? [String: Any])
        let none = try #require(spans[0]["none"] as? [String: Any])
        #expect((all["trades"] as? Int ?? 0) > 0)
        #expect(all["trades"] as? Int != none["trades"] as? Int)
        for feature in features {
            let without = try #require(feature["without"] as? [String: Any])
            #expect(feature["trades"] as? Int == (all["trades"] as? Int ?? 0) - (without["trades"] as? Int ?? 0))
            let difference = (all["totalReturn"] as? Double ?? 0) - (without["totalReturn"] as? Double ?? 0)
            #expect(abs((feature["totalReturn"] as? Double ?? .nan) - difference) < 1e-12)
        }
        // Whichever thread was faster, the results are in the same order and the same.
        let second = apus(["ab", config, "--json", "--resamples", "300"])
        let hashes = { (document: [String: Any]) in
            (document["runs"] as? [[String: Any]])?.compactMap { $0["resultHash"] as? String } ?? []
        }
        let timeless = { (ran: Ran) in ran.outputLines.filter { !$0.contains("\"seconds\"") } }
        #expect(timeless(first) == timeless(second) && Set(hashes(document)).count > 3)
        // A run of the comparison is the run that `apus backtest` makes.
        let alone = try folder.json(
            ["backtest", config, "--quiet", "--set", "strategies.adaptive.parameters.pullback=false"])
        #expect(
            alone["resultHash"] as? String == hashes(document)[1 + (try #require(names.firstIndex(of: "pullback")))])
    }

    @Test func whatWasHeldBackIsToldApartAndCounted() throws {
        let folder = try TemporaryFolder()
        let config = try Research.configuration(in: folder, days: 40, validation: Research.split)
        let log = folder.store + "/evaluations.tsv"
        let few = ["--set", "simulation.intrabar=optimistic", "--set", "strategies.adaptive.parameters.pullback=false"]
        // In sample only: nothing is counted, whether by choice or by date.
        let chosen = apus(["ab", config, "--choose", "--json", "--resamples", "300"] + few)
        try #require(chosen.status == 0, "\(chosen.errors)")
        let choice = try #require(try chosen.json()["choice"] as? [String: Any])
        let overrides = try #require(choice["overrides"] as? [String: Bool])
        #expect(
            overrides.keys.sorted()
                == Feature.configurable.map { "strategies.adaptive.parameters.\($0.name)" }.sorted())
        _ = try folder.json(["backtest", config, "--quiet", "--to", "2024-01-21"] + few)
        #expect(!FileManager.default.fileExists(atPath: log))

        let first = try folder.json(["backtest", config, "--quiet"] + few)
        let validation = try #require(first["validation"] as? [String: Any])
        let counted = { (validation: [String: Any]) in
            (validation["evaluations"] as? [String: Any])?["number"] as? Int
        }
        #expect(counted(validation) == 1)
        let spans = ["inSample", "outOfSample"].compactMap { validation[$0] as? [String: Any] }
        let measured = spans.compactMap { $0["measured"] as? [String: Any] }
        #expect(measured.compactMap { $0["days"] as? Int } == [20, 20])
        // In sample is what a run on data that ends at the split gives; out of sample begins with the whole balance.
        let ended = try folder.json(["backtest", config, "--quiet", "--to", "2024-01-21"] + few)
        let metrics = try #require(ended["metrics"] as? [String: Any])
        #expect(measured[0]["trades"] as? Int == metrics["trades"] as? Int)
        #expect(
            abs((measured[0]["totalReturn"] as? Double ?? 1) - (metrics["totalReturn"] as? Double ?? .nan)) < 1e-12)
        #expect((measured[1]["trades"] as? Int ?? 0) > 0)
        #expect((validation["targets"] as? [[String: Any]])?.count == 3)
        #expect(spans.allSatisfy { $0["baseline"] is [String: Any] && $0["buyAndHold"] is [String: Any] })

        // Other days before or after, other settings, another command: the same data, counted on.
        let later = try folder.json(["backtest", config, "--quiet", "--to", "2024-02-04"] + few)
        #expect(counted(try #require(later["validation"] as? [String: Any])) == 2)
        let ab = try apus(["ab", config, "--json", "--resamples", "100"] + few).json()
        let third = try #require(ab["validation"] as? [String: Any])
        #expect(counted(third) == 3)
        #expect(
            (ab["spans"] as? [[String: Any]])?.compactMap { $0["label"] as? String } == ["In sample", "Out of sample"])
        // Another split is another count, and is not kept quiet.
        let moved = apus(
            ["backtest", config, "--set", "validation.out_of_sample_from=2024-02-01"] + few)
        #expect(moved.output.contains("Evaluation 1 on this out-of-sample data."))
        #expect(
            moved.output.split(whereSeparator: \.isWhitespace).joined(separator: " ").contains(
                "also evaluated with the split at 2024-01-21T00:00:00Z"))
        #expect(try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").count == 5)

        // A count that was edited is refused, and nothing is shown.
        let handle = try #require(FileHandle(forWritingAtPath: log))
        handle.seekToEndOfFile()
        handle.write(Data("nonsense\n".utf8))
        handle.closeFile()
        let refused = apus(["backtest", config] + few)
        #expect(refused.status == 1 && refused.output.isEmpty)
        #expect(refused.errors.contains("line 6: 'nonsense' is no record of an evaluation"))
    }

    @Test func tradesAreSplitByWhatWasDecided() throws {
        let folder = try TemporaryFolder()
        let config = try Research.configuration(in: folder)
        let document = try folder.json(
            ["backtest", config, "--quiet", "--set", "strategies.adaptive.parameters.pullback=false"])
        let breakdown = try #require(document["breakdown"] as? [String: [[String: Any]]])
        let trades = try #require((document["metrics"] as? [String: Any])?["trades"] as? Int)
        try #require(trades > 0)
        func names(_ key: String) -> [String] { breakdown[key]?.compactMap { $0["name"] as? String } ?? [] }
        func count(_ key: String) -> Int {
            breakdown[key]?.compactMap { $0["trades"] as? Int }.reduce(0, +) ?? 0
        }
        // Each trade once; in the split by feature, as often as features had a part.
        for key in ["byRegime", "byKeyLevel", "byConfidence", "byExitDecision"] {
            #expect(count(key) == trades, "\(key)")
        }
        #expect(names("byFeature").contains("timeframes"))
        #expect(
            Set(names("byRegime")).isSubset(
                of: ["TRENDING_BULLISH", "TRENDING_BEARISH", "RANGING", "VOLATILE", "UNCERTAIN"]))
        #expect(Set(names("byConfidence")).isSubset(of: ["0.7", "1.0"]))
        #expect(names("byExitDecision").contains { $0.hasPrefix("the stop was reached") })
        // A strategy that notes nothing has none of them.
        let plain = try folder.json(
            [
                "backtest", config, "--quiet", "--set",
                "strategies={ cross: { type: ema_cross, markets: [AAAUSDT, BBBUSDT], timeframe: 15m, risk_parameters: "
                    + "{ quantity: 1 } } }",
            ])
        #expect((plain["breakdown"] as? [String: Any])?["byRegime"] == nil)
    }

    @Test func theTextSaysWhatEachFeatureDoes() throws {
        let folder = try TemporaryFolder()
        let config = try Research.configuration(
            in: folder, days: 12,
            strategies:
                "  other: { type: ema_cross, market: AAAUSDT, timeframe: 15m, risk_parameters: { quantity: 1 } }")
        let html = folder.path("ab.html")
        let ran = apus(["ab", config, "--choose", "--html", html])
        try #require(ran.status == 0, "\(ran.errors)")
        for text in [
            "all features", "none (baseline)", "buy and hold", "volume_profile", "Not measured",
            "Not measured because 12 days are too few; 30 are needed.",
            "No feature helped significantly on all of the data (no validation.out_of_sample_from is set",
            "Left out, because they have no features: other.", "16 runs",
        ] {
            #expect(ran.output.contains(text), "\(text)")
        }
        let page = try String(contentsOfFile: html, encoding: .utf8)
        #expect(page.hasPrefix("<!DOCTYPE html>") && page.contains("What each feature adds"))
    }

    @Test(arguments: [
        (["--resamples", "99"], 2, "--resamples 99: give a number from 100 to 1000000."),
        (["--seed", "-1"], 2, "--seed -1: give a whole number from 0."),
        (["--set", "validation.out_of_sample_from=2024-02-05T12:00:00Z"], 1, "is not the beginning of a UTC day"),
        (["--set", "strategies.adaptive.enabled=false"], 1, "No enabled strategy has features"),
        (
            ["--set", "strategies.adaptive.type=ema_cross", "--set", "strategies.adaptive.parameters={}"], 1,
            "No enabled strategy has features to compare"
        ),
        (["--from", "2024-01-19T20:00:00Z"], 1, "it waits for 48 bars, and there are only 16"),
    ])
    func badInputSaysWhatToDo(options: [String], status: Int, message: String) throws {
        let folder = try TemporaryFolder()
        let config = try Research.configuration(in: folder, days: 19)
        let ran = apus(["ab", config] + options)
        #expect(Int(ran.status) == status && ran.errors.contains(message), "\(ran.errors)")
        #expect(ran.output.isEmpty)
    }

    @Test func anInterruptionLeavesNothing() throws {
        let folder = try TemporaryFolder()
        let config = try Research.configuration(in: folder, validation: Research.split)
        let ran = apus(["ab", config], isInterrupted: true)
        #expect(ran.status == 1 && ran.errors.contains("Interrupted") && ran.output.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: folder.store + "/evaluations.tsv"))
    }

    @Test func aStoreThatCannotBeWrittenIsRefusedBeforeAnythingIsShown() throws {
        let folder = try TemporaryFolder()
        let config = try Research.configuration(in: folder, days: 50, validation: Research.split)
        let file = try folder.write("", as: "no-folder")
        let ran = apus(["backtest", config, "--set", "data.store=\(file)"])
        #expect(ran.status == 1 && ran.output.isEmpty)
        #expect(ran.errors.contains("cannot be written"), "\(ran.errors)")
    }
}

@Suite struct EvaluationLogTests {
    private func entry(_ split: String, _ markets: [String], _ configuration: String = "a") -> EvaluationLog.Entry {
        EvaluationLog.Entry(
            split: split, markets: markets, configuration: configuration, command: "ab", variants: 15)
    }

    @Test func runsThatShareAMarketAreCountedTogether() {
        let earlier = [
            entry("2024", ["A:1", "B:2"]), entry("2024", ["B:2"], "b"), entry("2024", ["C:3"]), entry("2023", ["A:9"]),
            entry("2024", ["A:7"], "c"),
        ]
        func count(_ entry: EvaluationLog.Entry) -> EvaluationLog.Count { EvaluationLog.count(entry, after: earlier) }
        #expect(count(entry("2024", ["A:1"])) == .init(number: 2, configurations: 1, otherSplits: ["2023"]))
        #expect(count(entry("2024", ["B:2"], "z")) == .init(number: 3, configurations: 3, otherSplits: []))
        #expect(count(entry("2024", ["D:4"])) == .init(number: 1, configurations: 1, otherSplits: []))
        #expect(count(entry("2025", ["C:3"])).otherSplits == ["2024"])
        #expect(EvaluationLog.count(entry("2024", []), after: []).number == 1)
    }
}

extension TemporaryFolder {
    /// The JSON report that a backtest writes.
    fileprivate func json(_ arguments: [String]) throws -> [String: Any] {
        let file = path("report.json")
        let ran = apus(arguments + ["--json", file])
        try #require(ran.status == 0, "\(ran.errors)")
        let value = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: file)))
        return try #require(value as? [String: Any])
    }
}
