// SPDX-License-Identifier: Apache-2.0

import Configuration
import Foundation
import Promotion
import Testing
import Trading

@testable import Commands

@Suite struct PromoteCommandTests {
    let folder: TemporaryFolder
    let file: String
    let fingerprint: String

    init() throws {
        folder = try TemporaryFolder()
        let text = """
            strategies: { s: { type: macd, market: BTC, exchange: hyperliquid, timeframe: 1h, risk_parameters: { quantity: 1 } } }
            live: { journal: \(folder.path), instance: one }
            promotion:
              paper: { min_time: 1d, min_round_trips: 5 }
              dry_run: { min_time: 1h }
              de_minimis: { min_time: 1h, min_round_trips: 1 }
            """
        file = try folder.write(text, as: "apus.yaml")
        fingerprint = try ConfigurationDocument(contentsOfFile: file).tradingFingerprint
        try FileManager.default.createDirectory(atPath: folder.path("one.sessions"), withIntermediateDirectories: true)
    }

    private func addSummary(_ stage: TradingStage, hours: Int64) throws {
        let start = Timestamp(seconds: 1_700_000_000)
        let summary = SessionSummary(
            instance: "one", stage: stage, fingerprint: fingerprint, program: "0.1.0", start: start,
            end: start + .hours(hours), uptime: .hours(hours), ending: .stopped, baseCurrency: "USDC",
            startEquity: Amount(whole: 1000), endEquity: Amount(whole: 1010), profit: Amount(whole: 10), fees: .zero,
            funding: .zero, maximumDrawdown: .zero, orders: 12, fills: 11, roundTrips: 5, unresolvedFindings: 0,
            backtestDifference: .zero)
        try Data(summary.encoded()).write(to: URL(fileURLWithPath: folder.path("one.sessions/\(summary.fileName)")))
    }

    @Test("From paper to live, one step at a time, the last one only when it is confirmed")
    func allTheWay() throws {
        let nothing = apus(["promote", file])
        #expect(nothing.status == 1)
        #expect(nothing.errors == "apus: \(file) has not earned dry-run yet.\n")
        #expect(nothing.output.contains("min_time") && nothing.output.contains("run it for 1d more"))

        try addSummary(.paper, hours: 30)
        let look = apus(["promote", file, "--dry-run", "--json"])
        #expect(look.status == 0)
        #expect(try look.json()["passed"] as? Bool == true && look.json()["recorded"] as? Bool == false)
        #expect(!FileManager.default.fileExists(atPath: folder.path("one.sessions/promotions.jsonl")))
        let first = apus(["promote", file])
        #expect(first.status == 0, "\(first.output)")
        #expect(first.output.contains("Promoted: dry-run is the next mode."))

        try addSummary(.dryRun, hours: 2)
        #expect(apus(["promote", file]).status == 0)
        try addSummary(.deMinimis, hours: 2)
        let unconfirmed = apus(["promote", file])
        #expect(unconfirmed.status == 1)
        #expect(unconfirmed.errors == "apus: Trading real money must be confirmed: add --yes.\n")
        #expect(try folder.text("one.sessions/promotions.jsonl").split(separator: "\n").count == 2)
        #expect(apus(["promote", file, "--yes"]).status == 0)
        let done = apus(["promote", file, "--json"])
        #expect(done.status == 0)
        #expect(try done.json()["stage"] as? String == "live")

        // What trades differently begins again; what only logs differently does not.
        #expect(apus(["promote", file, "--set", "logging.level=debug"]).status == 0)
        let other = apus(["promote", file, "--set", "strategies.s.timeframe=2h"])
        #expect(other.status == 1 && other.output.contains("1 session of another configuration not counted"))
    }

    @Test func aHistoryThatWasChangedIsNotTrusted() throws {
        try addSummary(.paper, hours: 30)
        #expect(apus(["promote", file]).status == 0)
        let text = try folder.text("one.sessions/promotions.jsonl")
        _ = try folder.write(
            text + text.replacingOccurrences(of: "dry-run", with: "live"), as: "one.sessions/promotions.jsonl")
        let ran = apus(["promote", file])
        #expect(ran.status == 1)
        #expect(ran.errors.contains("promotions.jsonl, line 2: ") && ran.errors.contains("is not trusted"))
    }

    @Test func aBrokenSummaryDoesNotCount() throws {
        _ = try folder.write("{}", as: "one.sessions/summary-x.json")
        let ran = apus(["promote", file])
        #expect(ran.status == 1)
        #expect(
            ran.errors.contains(
                "warning: \(folder.path("one.sessions/summary-x.json")) does not count: 'version' is missing"))
    }

    @Test(
        "The examples of live trading are accepted as they are",
        arguments: ["hyperliquid-paper", "hyperliquid-testnet"])
    func examples(name: String) throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let path = root.appendingPathComponent("Examples/\(name).yaml").path
        let ran = apus(["config", "check", path])
        #expect(ran.status == 0 && ran.errors == "", "\(ran.errors)")
        let configuration = try ConfigurationCheck(file: path, strategyTypes: nil).get()
        #expect(configuration.limits.isConfigured)
        #expect(configuration.strategies.allSatisfy { $0.venue != nil && $0.exchange == "hyperliquid" })
    }
}
