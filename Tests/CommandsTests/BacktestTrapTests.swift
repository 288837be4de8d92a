// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Commands

/// The traps of back-testing that lie between a file and its report, by their numbers. The rest are with the engine.
@Suite("Traps from file to report") struct BacktestTrapTests {
    private func run(_ folder: TemporaryFolder, _ text: String, _ arguments: [String]) throws -> [String: Any] {
        let config = try folder.write(text, as: "c.yaml")
        let ran = apus(["backtest", config, "--json", "-"] + arguments)
        try #require(ran.status == 0, "\(ran.errors)")
        return try ran.json()
    }

    private func hash(_ document: [String: Any]) throws -> String { try #require(document["resultHash"] as? String) }

    @Test("3.2: bars stamped at the close are the same bars; without a declared stamp none are read")
    func stamps() throws {
        let folder = try TemporaryFolder()
        let text = csv(minutes: 0..<300, header: "open_time_ms,open,high,low,close,volume")
        let opened = try folder.write(text, as: "open.csv")
        let later = csv(minutes: 1..<301, header: "close_time_ms,open,high,low,close,volume").split(separator: "\n")
        // The same prices under the time at which each bar closed.
        let closed = try zip(text.split(separator: "\n").dropFirst(), later.dropFirst()).map { bar, stamp in
            let time = try #require(stamp.split(separator: ",").first)
            return time + bar.drop { $0 != "," }
        }
        let header = ",open,high,low,close,volume\n"
        let body = closed.joined(separator: "\n") + "\n"
        let closing = try folder.write("close_time_ms" + header + body, as: "close.csv")
        let bare = try folder.write("time" + header + body, as: "bare.csv")

        let expected = try hash(try run(folder, configuration(cross()), ["--bars", "BTCUSDT=\(opened)"]))
        #expect(try hash(try run(folder, configuration(cross()), ["--bars", "BTCUSDT=\(closing)"])) == expected)
        let config = try folder.write(configuration(cross()), as: "c.yaml")
        let refused = apus(["backtest", config, "--bars", "BTCUSDT=\(bare)"])
        #expect(refused.status == 1 && refused.errors.contains("stamp"))
        let declared = ["--bars", "BTCUSDT=\(bare)", "--set", "data.sources.BTCUSDT.stamp=close"]
        #expect(try hash(try run(folder, configuration(cross()), declared)) == expected)
        let wrong = ["--bars", "BTCUSDT=\(bare)", "--set", "data.sources.BTCUSDT.stamp=open"]
        #expect(try hash(try run(folder, configuration(cross()), wrong)) != expected)
    }

    @Test(
        "3.3: the range of what bars leave open is that of full re-runs",
        arguments: ["pessimistic", "adaptive", "optimistic"])
    func ambiguity(policy: String) throws {
        let folder = try TemporaryFolder()
        let bars = try folder.write(wanderingBars(1_500, seed: 21), as: "bars.csv")
        let entry = cross(more: ", stop_loss_percent: 0.05, take_profit_percent: 0.05")
        func once(_ policy: String) throws -> [String: Any] {
            try run(
                folder, configuration(entry), ["--bars", "BTCUSDT=\(bars)", "--set", "simulation.intrabar=\(policy)"])
        }
        let document = try once(policy)
        let ambiguity = try #require(document["ambiguity"] as? [String: Any])
        #expect(ambiguity["bars"] as? Int ?? 0 > 5)
        #expect(ambiguity["policy"] as? String == policy)
        let ends = try ["pessimistic", "optimistic"].map { try #require(ambiguity[$0] as? String) }
        for (index, other) in ["pessimistic", "optimistic"].enumerated() {
            #expect(try once(other)["finalEquity"] as? String == ends[index])
        }
        let (low, high) = (try #require(Double(ends[0])), try #require(Double(ends[1])))
        let shown = try #require((document["finalEquity"] as? String).flatMap(Double.init))
        #expect(low < high && low <= shown && shown <= high)
    }

    @Test("3.15: funding ends with the market's data, though another market goes on")
    func fundingAfterTheEnd() throws {
        let folder = try TemporaryFolder()
        let short = try folder.write(csv(minutes: 0..<100), as: "short.csv")
        let long = try folder.write(csv(minutes: 0..<2_000), as: "long.csv")
        func funding(until quarter: Int) throws -> Double {
            let rows = (0...quarter).map { "\(1_704_067_200_000 + $0 * 900_000),0.01\n" }.joined()
            let rates = try folder.write("time_ms,rate\n" + rows, as: "funding.csv")
            let sources =
                "data: { sources: { \"BTC/USDT:USDT\": { file: \(short), funding: \(rates) }, ETHUSDT: { file: \(long) } } }"
            let document = try run(
                folder,
                configuration(
                    cross("a", market: "BTC/USDT:USDT") + "\n" + cross("b", market: "ETHUSDT"), more: sources), [])
            return try #require((document["metrics"] as? [String: Any])?["funding"] as? Double)
        }
        let paid = try funding(until: 6)
        #expect(paid > 0)
        #expect(try funding(until: 100) == paid)
    }

    @Test("3.20: bars that are missing stop a run unless that is overridden; then they are said")
    func gaps() throws {
        let folder = try TemporaryFolder()
        let bars = try folder.write(csv(minutes: Array(0..<100) + Array(250..<300)), as: "bars.csv")
        let document = try run(
            folder, configuration(cross()), ["--bars", "BTCUSDT=\(bars)", "--set", "data.override_gaps=true"])
        let warnings = try #require(document["warnings"] as? [String])
        #expect(warnings.contains { $0.contains("150 bars missing in 1 gap") && $0.contains("orders wait") })
        #expect((document["data"] as? [String: Any])?["gaps"] as? Int == 1)
    }

    @Test("3.24: a position that is open at the end is on a line of its own, and in no statistic of trades")
    func openAtTheEnd() throws {
        let folder = try TemporaryFolder()
        let bars = try folder.write(csv(minutes: 0..<97), as: "bars.csv")
        let document = try run(folder, configuration(cross()), ["--bars", "BTCUSDT=\(bars)"])
        #expect(document["fills"] as? Int == 1)
        #expect((document["metrics"] as? [String: Any])?["trades"] as? Int == 0)
        let open = try #require(document["openPositions"] as? [[String: Any]])
        #expect(open.count == 1 && open.first?["lastPrice"] as? String == "146")
        #expect((document["tradeList"] as? [Any])?.isEmpty == true)
    }
}
