// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Commands

@Suite struct BacktestBadInputTests {
    /// A mistake, and what the answer must say: what is wrong, where, and what to do.
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        var status: Int32 = 1
        var bars: @Sendable (TemporaryFolder) throws -> String? = {
            try $0.write(csv(minutes: 0..<300), as: "bars.csv")
        }
        var arguments: [String] = []
        var strategy = cross()
        var account = "{ base_currency: USDT, balances: { USDT: 1000000 } }"
        let says: [String]
        var testDescription: String { name }
    }

    /// The bars with one line changed; line 0 is the header.
    private static func bars(_ line: Int, _ change: @escaping @Sendable (String) -> String)
        -> @Sendable (TemporaryFolder) throws -> String?
    {
        { folder in
            var lines = csv(minutes: 0..<300).split(separator: "\n").map(String.init)
            lines[line] = change(lines[line])
            return try folder.write(lines.joined(separator: "\n") + "\n", as: "bars.csv")
        }
    }

    private static func column(_ line: Int, _ column: Int, _ text: String)
        -> @Sendable (TemporaryFolder) throws -> String?
    {
        bars(line) { row in
            var fields = row.split(separator: ",").map(String.init)
            fields[column] = text
            return fields.joined(separator: ",")
        }
    }

    static let files: [Case] = [
        Case(
            name: "a file that is not there", bars: { $0.path("none.csv") },
            says: ["none.csv", "No such file", "Check"]),
        Case(name: "a folder", bars: { $0.path }, says: ["directory", "Name one file"]),
        Case(name: "an empty file", bars: { try $0.write("", as: "bars.csv") }, says: ["bars.csv", "empty", "Check"]),
        Case(
            name: "a header alone", bars: { try $0.write(csv(minutes: 0..<0), as: "bars.csv") },
            says: ["bars.csv", "no rows", "Check"]),
        Case(
            name: "gzip cut in half",
            bars: { folder in
                let whole = try Data(contentsOf: URL(fileURLWithPath: BenchmarkBars.path(count: 5_000)))
                let path = folder.path("bars.csv.gz")
                try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: path))
                return path
            }, says: ["bars.csv.gz", "ends in the middle", "again"]),
        Case(
            name: "a wrong column", bars: bars(0) { $0.replacingOccurrences(of: "close", with: "klose") },
            says: ["row 1", "'close'", "klose"]),
        Case(
            name: "rows out of order",
            bars: { folder in
                var lines = csv(minutes: 0..<300).split(separator: "\n").map(String.init)
                lines.swapAt(50, 51)
                return try folder.write(lines.joined(separator: "\n") + "\n", as: "bars.csv")
            }, says: ["row 52", "open_time_ms", "comes after", "Sort"]),
        Case(
            name: "a time twice with other values",
            bars: bars(60) { $0 + "\n" + $0.replacingOccurrences(of: ",1.5", with: ",2.5") },
            says: ["row 62", "was there before", "Remove"]),
        Case(name: "NaN", bars: column(70, 4, "nan"), says: ["row 71", "'close'", "'nan'", "digits"]),
        Case(name: "a negative price", bars: column(70, 3, "-1"), says: ["row 71", "'low'", "'-1'", "not above zero"]),
        Case(name: "a price of zero", bars: column(70, 3, "0"), says: ["row 71", "'low'", "not above zero"]),
        Case(name: "high below low", bars: column(70, 2, "5"), says: ["row 71", "'high'", "below"]),
        Case(
            name: "a number of a million digits", bars: column(70, 1, String(repeating: "9", count: 1_000_000)),
            says: ["row 71", "longer than"]),
        Case(
            name: "another interval than declared", bars: { try $0.write(csv(minutes: 0..<300), as: "bars.csv") },
            arguments: ["--set", "data.sources.BTCUSDT.timeframe=5m", "--set", "strategies.cross.timeframe=5m"],
            says: ["bars.csv", "row 3", "1m apart", "5m was declared"]),
        Case(
            name: "bars longer than the strategy's",
            bars: { try $0.write(csv(minutes: stride(from: 0, to: 3_000, by: 5)), as: "bars.csv") },
            says: ["'cross'", "1m", "5m", "BTCUSDT"]),
        Case(
            name: "no bars of the symbol", bars: { _ in nil },
            says: ["BTCUSDT", "--bars BTCUSDT=FILE", "apus data import"]),
        Case(
            name: "bars of another symbol", bars: { _ in nil }, arguments: ["--bars", "ETHUSDT=other.csv"],
            says: ["BTCUSDT", "There is a file for ETHUSDT"]),
        Case(
            name: "no store", bars: { _ in nil }, arguments: ["--set", "data.store=/tmp/there-is-no-such-store"],
            says: ["/tmp/there-is-no-such-store", "no such folder"]),
        Case(
            name: "a gap beyond the limit",
            bars: { try $0.write(csv(minutes: Array(0..<100) + Array(250..<300)), as: "bars.csv") },
            says: ["BTCUSDT", "150 bars missing", "2024-01-01T01:40:00Z", "override_gaps"]),
    ]

    static let settings: [Case] = [
        Case(
            name: "a parameter outside its range", arguments: ["--set", "strategies.cross.parameters.fast_period=0"],
            says: ["fast_period", "'0'", "from 1"]),
        Case(
            name: "an unknown parameter", arguments: ["--set", "strategies.cross.parameters.fst_period=4"],
            says: ["fst_period", "Did you mean 'fast_period'?"]),
        Case(
            name: "an unknown key", arguments: ["--set", "strategies.cross.timefrme=1m"],
            says: ["timefrme", "Did you mean 'timeframe'?"]),
        Case(
            name: "an unknown type", arguments: ["--set", "strategies.cross.type=ema_cros"],
            says: ["ema_cros", "Did you mean"]),
        Case(
            name: "a period longer than the data", arguments: ["--set", "strategies.cross.parameters.slow_period=400"],
            says: ["'cross'", "needs 400 bars", "only 300 bars of BTCUSDT in 1m", "smaller periods"]),
        Case(
            name: "no strategy enabled", arguments: ["--set", "strategies.cross.enabled=false"],
            says: ["No strategy is enabled", "enabled: true"]),
        Case(
            name: "two files for a symbol", status: 2, arguments: ["--bars", "BTCUSDT=more.csv"],
            says: ["two files for BTCUSDT"]),
        Case(
            name: "two names for a symbol", arguments: ["--bars", "BTC/USDT=more.csv"],
            says: ["two files", "more.csv as BTC/USDT"]),
        Case(
            name: "from after to", arguments: ["--from", "2024-01-02", "--to", "2024-01-01"],
            says: ["2024-01-01T00:00:00Z is not after"]),
        Case(
            name: "from after the data", arguments: ["--from", "2025-01-01"],
            says: ["BTCUSDT", "2024-01-01T04:59:00Z", "--from"]),
        Case(name: "a time that is none", arguments: ["--from", "yesterday"], says: ["'yesterday'", "2024-01-31"]),
        Case(name: "bars without a file", status: 2, arguments: ["--bars", "BTCUSDT"], says: ["SYMBOL=FILE"]),
        Case(
            name: "a folder that cannot be written", arguments: ["--html", "/proc/none/report.html"],
            says: ["/proc/none/report.html", "cannot be written"]),
        Case(name: "a folder as output", arguments: ["--html", "/tmp"], says: ["--html", "/tmp is a folder"]),
        Case(
            name: "two results in one place", status: 2, arguments: ["--html", "-", "--fills", "-"],
            says: ["--html and --fills", "-"]),
        Case(
            name: "leverage beyond the tiers",
            strategy: cross(market: "BTC/USDT:USDT", more: ", leverage: 50"),
            says: ["leverage is 50", "10", "margin_tiers"]),
        Case(
            name: "capital in another currency than the market's", strategy: cross() + "\n    capital: 500",
            account: "{ base_currency: EUR, balances: { USDT: 1000 }, conversion_rates: { USDT: 0.9 } }",
            says: ["strategies.cross.capital is in EUR", "settles in USDT", "max_position_size"]),
        Case(
            name: "leverage on a spot market", strategy: cross(more: ", leverage: 3"), says: ["spot", "leverage"]),
        Case(
            name: "finer bars that are not finer",
            arguments: [
                "--set", "data.sources.BTCUSDT.detail={ file: any.csv, timeframe: 5m }", "--set",
                "simulation.intrabar=finer",
            ], says: ["detail", "5m", "1m"]),
        Case(
            name: "a finer tick than prices have", arguments: ["--set", "instruments.BTCUSDT.tick_size=0.0001"],
            says: ["instruments.BTCUSDT.tick_size", "price_decimals"]),
        Case(
            name: "a strategy that throws", strategy: Misbehaving.entry(.throwing),
            says: ["'culprit'", "2024-01-01T00:20:00Z", "the moon is in the wrong house"]),
        Case(
            name: "a strategy that cannot be made", strategy: Misbehaving.entry(.throwingInit),
            says: ["misdeed", "the moon is in the wrong house"]),
        Case(
            name: "a price that is no number", strategy: Misbehaving.entry(.priceIsNaN),
            says: ["'culprit'", "a price", "not a finite number", "2024-01-01T00:20:00Z"]),
        Case(
            name: "a quantity that is no number", strategy: Misbehaving.entry(.quantityIsNaN),
            says: ["'culprit'", "a quantity", "not a finite number"]),
    ]

    @Test("A mistake is answered, and nothing is written", arguments: files + settings)
    func answered(_ mistake: Case) throws {
        let folder = try TemporaryFolder()
        let config = try folder.write(
            configuration(mistake.strategy, account: mistake.account, more: "data: { store: \(folder.store) }"),
            as: "c.yaml")
        var arguments = ["backtest", config, "--json", folder.path("result.json")]
        let symbol = mistake.strategy.contains("BTC/USDT:USDT") ? "BTC/USDT:USDT" : "BTCUSDT"
        if let bars = try mistake.bars(folder) { arguments += ["--bars", "\(symbol)=\(bars)"] }
        let before = FileManager.default.subpaths(atPath: folder.path)
        let ran = apus(arguments + mistake.arguments, strategies: Misbehaving.registry)
        #expect(ran.status == mistake.status)
        #expect(ran.output == "")
        for text in mistake.says { #expect(ran.errors.contains(text), "\(ran.errors) lacks \(text)") }
        #expect(ran.errors.hasPrefix("apus: ") && ran.errors.utf8.count < 2_000)
        #expect(FileManager.default.subpaths(atPath: folder.path) == before)
    }

    @Test("What is repaired or not used is said in the result")
    func repaired() throws {
        let folder = try TemporaryFolder()
        let config = try folder.write(configuration(cross()), as: "c.yaml")
        var lines = csv(minutes: Array(0..<150) + Array(151..<300)).split(separator: "\n").map(String.init)
        lines.insert(lines[60], at: 60)
        let bars = try folder.write("\u{FEFF}" + lines.joined(separator: "\r\n") + "\r\n", as: "bars.csv")
        let ran = apus(["backtest", config, "--bars", "BTCUSDT=\(bars)", "--bars", "ETHUSDT=\(bars)", "--json", "-"])
        let warnings = try #require(try ran.json()["warnings"] as? [String])
        #expect(warnings.count == 3)
        #expect(warnings.contains { $0.contains("1 row repaired") && $0.contains("dropped") })
        #expect(warnings.contains { $0.contains("1 bar missing") && $0.contains("orders wait") })
        #expect(warnings.contains { $0.contains("data.sources.ETHUSDT") && $0.contains("no enabled strategy") })
    }
}
