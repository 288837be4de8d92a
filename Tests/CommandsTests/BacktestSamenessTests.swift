// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Commands

/// The result hash covers every order event, fill and ledger entry: what must not matter must not change it.
@Suite struct BacktestSamenessTests {
    /// Two symbols, four strategies, protection, partial fills, slippage and fees: something of everything.
    private static let entries = [
        """
          bands:
            type: bollinger
            markets: [BTCUSDT, ETHUSDT]
            timeframe: 1m
            risk_parameters: { max_position_size: 5000, stop_loss_percent: 0.2, take_profit_percent: 0.3 }
        """,
        """
          votes:
            type: multi_indicator
            market: ETHUSDT
            timeframe: 5m
            parameters: { votes_needed: 2 }
            risk_parameters: { max_position_size: 20000, trailing_stop_percent: 0.4 }
        """,
        """
          trend:
            type: ema_cross
            markets: [ETHUSDT, BTCUSDT]
            timeframe: 3m
            parameters: { fast_period: 4, slow_period: 9, warmup_bars: 20 }
            risk_parameters: { quantity: 0.37 }
        """,
    ]
    private static let markets = ["BTCUSDT", "ETHUSDT"]
    private static let simulation =
        "{ volume_limit: 0.01, maker_fee: 0.0002, taker_fee: 0.0005, slippage: { model: constant, ticks: 3 } }"

    /// The hash of this run on every machine, in debug and in release. It changes only where the engine's decisions or
    /// books do; then see why before a new one is written here.
    private static let golden = "3a5bc7507e7aff43"

    private struct Run {
        let folder: TemporaryFolder
        var strategies = entries
        var sources = markets

        init() throws {
            folder = try TemporaryFolder()
            _ = try folder.write(wanderingBars(2_000, seed: 11), as: "BTCUSDT.csv")
            _ = try folder.write(wanderingBars(1_900, seed: 12, price: 2_000_00, from: 40), as: "ETHUSDT.csv")
        }

        func arguments() throws -> [String] {
            let text = configuration(
                strategies.joined(separator: "\n"), simulation: simulation, more: "data: { store: \(folder.store) }")
            let config = try folder.write(text, as: "c.yaml")
            return ["backtest", config] + sources.flatMap { ["--bars", "\($0)=\(folder.path($0 + ".csv"))"] }
                + ["--json", "-"]
        }

        func hash(of arguments: [String]? = nil) throws -> String {
            let document = try apus(try arguments ?? self.arguments()).json()
            #expect((document["fills"] as? Int ?? 0) > 100)
            return try #require(document["resultHash"] as? String)
        }
    }

    @Test("The result is the one that was written down")
    func golden() throws {
        let hash = try Run().hash()
        #expect(hash == Self.golden)
    }

    @Test("Neither the order of strategies nor that of files matters", arguments: 0..<6)
    func order(_ number: Int) throws {
        let expected = try Run().hash()
        var run = try Run()
        let permutations = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
        run.strategies = permutations[number].map { Self.entries[$0] }
        if number % 2 == 1 { run.sources.reverse() }
        #expect(try run.hash() == expected)
    }

    @Test("Nor the time zone", arguments: ["UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Chatham"])
    func timeZone(_ zone: String) throws {
        let expected = try Run().hash()
        let program = try #require(Self.program("debug"), "the program is not built")
        let run = try Run()
        let ran = try runProgram(program, run.arguments(), environment: ["TZ": zone])
        #expect(ran.status == 0)
        #expect(ran.output.contains("\"resultHash\": \"\(expected)\""))
    }

    @Test("Nor how the bars are kept: CSV, gzip, zip, with carriage returns, or in the store")
    func containers() throws {
        let expected = try Run().hash()
        var run = try Run()
        let names = Self.markets.map { run.folder.path($0) }
        for name in names { #expect(try runProgram("/usr/bin/env", ["gzip", "-k", name + ".csv"]).status == 0) }
        let script =
            "import sys, zipfile\nfor n in sys.argv[1:]: zipfile.ZipFile(n + '.zip', 'w', 8).write(n + '.csv', 'b.csv')"
        #expect(try runProgram("/usr/bin/env", ["python3", "-c", script] + names).status == 0)
        for name in Self.markets {
            let text = try run.folder.text(name + ".csv")
            _ = try run.folder.write("\u{FEFF}" + text.replacingOccurrences(of: "\n", with: "\r\n"), as: name + ".crlf")
        }
        for ending in ["csv.gz", "zip", "crlf"] {
            let arguments = try run.arguments().map {
                $0.contains("USDT=") ? $0.replacingOccurrences(of: ".csv", with: "." + ending) : $0
            }
            #expect(try run.hash(of: arguments) == expected, "\(ending)")
        }
        for name in Self.markets {
            let ran = apus([
                "data", "import", run.folder.path(name + ".csv"), "--symbol", name, "--store", run.folder.store,
            ])
            #expect(ran.status == 0, "\(ran.errors)")
        }
        run.sources = []
        #expect(try run.hash() == expected)
    }

    @Test("Nor whether the program was built for debugging or for release")
    func release() throws {
        guard let program = Self.program("release"), Self.isNewerThanSources(program) else {
            print("skipped: there is no release build of these sources")
            return
        }
        let run = try Run()
        let expected = try run.hash()
        let ran = try runProgram(program, run.arguments())
        #expect(ran.status == 0)
        #expect(ran.output.contains("\"resultHash\": \"\(expected)\""))
    }

    @Test(
        "What matters changes it",
        arguments: ["simulation.taker_fee=0.0006", "simulation.latency=61s", "data.to=2024-01-02"])
    func sensitive(_ setting: String) throws {
        let expected = try Run().hash()
        let run = try Run()
        #expect(try run.hash(of: run.arguments() + ["--set", setting]) != expected)
    }

    /// The program beside this test, or built in another way.
    private static func program(_ kind: String) -> String? {
        let path = "\(packageRoot)/.build/\(kind)/apus"
        return access(path, X_OK) == 0 ? path : nil
    }

    private static func isNewerThanSources(_ program: String) -> Bool {
        func date(_ path: String) -> Date? {
            (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date
        }
        guard let built = date(program), let files = FileManager.default.enumerator(atPath: packageRoot + "/Sources")
        else {
            return false
        }
        return files.allSatisfy { file in
            (file as? String).flatMap { date("\(packageRoot)/Sources/\($0)") }.map { $0 <= built } ?? true
        }
    }
}
