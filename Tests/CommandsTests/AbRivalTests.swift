// SPDX-License-Identifier: Apache-2.0

import Adaptive
import Foundation
import Testing

@testable import Commands

@Suite("Strategies and configurations side by side, and the written choice")
struct AbRivalTests {
    private static let second =
        "  other: { type: ema_cross, market: AAAUSDT, timeframe: 15m, risk_parameters: { quantity: 1 } }"

    private func span(_ ran: Ran, _ place: Int = 0) throws -> [String: Any] {
        try #require(ran.status == 0, "\(ran.errors)")
        let spans = try #require(try ran.json()["spans"] as? [[String: Any]])
        return spans[place]
    }

    private func named(_ list: Any?, _ name: String, key: String = "name") throws -> [String: Any] {
        let list = try #require(list as? [[String: Any]])
        return try #require(list.first { $0[key] as? String == name })
    }

    @Test func eachStrategyAloneIsTheRunOfItAlone() throws {
        let folder = try TemporaryFolder()
        let config = try Research.configuration(in: folder, strategies: Self.second)
        let ran = apus(["ab", config, "--by", "strategies", "--json", "--resamples", "300"])
        let span = try span(ran)
        #expect((span["rivals"] as? [[String: Any]])?.compactMap { $0["name"] as? String } == ["adaptive", "other"])
        let pair = try named(span["pairs"], "adaptive", key: "first")
        #expect(pair["second"] as? String == "other" && pair["verdict"] as? String != "not measured")
        let file = folder.path("alone.json")
        let alone = apus(
            ["backtest", config, "--quiet", "--json", file, "--set", "strategies.adaptive.enabled=false"])
        try #require(alone.status == 0, "\(alone.errors)")
        let document = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: file))) as? [String: Any])
        let (metrics, rival) = (try #require(document["metrics"] as? [String: Any]), try named(span["rivals"], "other"))
        #expect(rival["trades"] as? Int == metrics["trades"] as? Int && rival["trades"] as? Int != 0)
        #expect(abs((rival["totalReturn"] as? Double ?? 1) - (metrics["totalReturn"] as? Double ?? .nan)) < 1e-9)
        // All together, as it is written, and the baseline stand beside them.
        #expect(span["asConfigured"] is [String: Any] && span["none"] is [String: Any])
        // Each one's trades are split.
        let splits = try named(span["breakdowns"], "adaptive", key: "run")
        for key in ["byFeature", "byRegime", "byKeyLevel", "byStrategy", "bySymbol", "byHour", "byExitReason"] {
            #expect((splits[key] as? [[String: Any]])?.isEmpty == false, "\(key)")
        }
        let text = apus(["ab", config, "--by", "strategies", "--resamples", "300"])
        #expect(text.output.contains("Side by side: the first minus the second"))
        #expect(text.output.contains("adaptive − other"))
    }

    @Test func aConfigurationBesideItselfIsTheSame() throws {
        let folder = try TemporaryFolder()
        let config = try Research.configuration(in: folder)
        let changed = try folder.write(
            String(contentsOfFile: config, encoding: .utf8).replacingOccurrences(
                of: "direction: both", with: "direction: both\n      stop_atr: 6"), as: "wide.yaml")
        let span = try span(
            apus(["ab", config, "--with", config, "--with", changed, "--json", "--resamples", "300"]))
        let pairs = try #require(span["pairs"] as? [[String: Any]])
        #expect(pairs.count == 3)
        #expect(pairs[0]["second"] as? String == "config.yaml" && pairs[0]["verdict"] as? String == "no difference")
        #expect(pairs[1]["second"] as? String == "wide.yaml" && pairs[1]["verdict"] as? String != "no difference")
    }

    @Test func theChoiceIsWrittenAndJudgedOnceOutOfSample() throws {
        let folder = try TemporaryFolder()
        let config = try Research.configuration(in: folder, days: 34, validation: Research.split)
        let file = folder.path("chosen.yaml")
        let ran = apus(["ab", config, "--choose", "--write", file, "--json", "--resamples", "300"])
        try #require(ran.status == 0, "\(ran.errors)")
        let document = try ran.json()
        let validation = try #require(document["validation"] as? [String: Any])
        #expect((validation["evaluations"] as? [String: Any])?["number"] as? Int == 1)
        let outside = try #require(validation["outOfSample"] as? [String: Any])
        for part in ["measured", "baseline", "buyAndHold"] {
            #expect((outside[part] as? [String: Any])?["days"] as? Int == 14, "\(part)")
        }
        // Only what is in sample was chosen by.
        #expect((document["spans"] as? [[String: Any]])?.compactMap { $0["label"] as? String } == ["In sample"])
        // What was written runs, and is what was chosen and measured.
        let overrides = try #require((document["choice"] as? [String: Any])?["overrides"] as? [String: Bool])
        let report = folder.path("report.json")
        let chosen = apus(["backtest", file, "--quiet", "--json", report])
        try #require(chosen.status == 0, "\(chosen.errors)")
        let set = apus(
            ["backtest", config, "--quiet", "--json", folder.path("set.json")]
                + overrides.flatMap { ["--set", "\($0.key)=\($0.value)"] })
        try #require(set.status == 0, "\(set.errors)")
        func hash(_ path: String) throws -> String? {
            let value = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path)))
            return (value as? [String: Any])?["resultHash"] as? String
        }
        #expect(try hash(report) != nil && hash(report) == hash(folder.path("set.json")))
        let written = try String(contentsOfFile: file, encoding: .utf8)
        #expect(written.hasPrefix("# Chosen by apus ab --choose") && written.contains("\nstrategies:\n  adaptive:\n"))
    }

    @Test(arguments: [
        (["--write", "x.yaml"], "--write goes with --choose."),
        (["--follow"], "--follow goes with the journal of a session."),
        (["--by", "strategie"], "Did you mean 'strategies'?"),
        (["--by", "strategies"], "There is one enabled strategy"),
        (["--by", "strategies", "--choose"], "--choose is about features"),
        (["--every", "5s"], "--every goes with --follow."),
        (["--with", "nothing.yaml"], "nothing.yaml"),
    ])
    func badInputSaysWhatToDo(options: [String], message: String) throws {
        let folder = try TemporaryFolder()
        let config = try Research.configuration(in: folder, days: 5)
        let ran = apus(["ab", config] + options)
        #expect(ran.status != 0 && ran.output.isEmpty && ran.errors.contains(message), "\(ran.errors)")
    }

    @Test func anotherMarketIsRefused() throws {
        let folder = try TemporaryFolder()
        let config = try Research.configuration(in: folder, days: 5)
        let other = try folder.write(
            String(contentsOfFile: config, encoding: .utf8)
                .replacingOccurrences(of: "[AAAUSDT, BBBUSDT]", with: "[AAAUSDT, CCCUSDT]"), as: "other.yaml")
        let ran = apus(["ab", config, "--with", other])
        #expect(ran.status == 1 && ran.output.isEmpty)
        #expect(ran.errors.contains("other.yaml: strategies.adaptive trades CCCUSDT"), "\(ran.errors)")
    }
}
