// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Commands

@Suite("Orders that a configuration lists") struct ListedOrdersTests {
    /// A fill of a run, from its CSV.
    struct Trade: Equatable {
        let time: String
        let market: String
        let side: String
        let quantity: Double
        let price: Double
        let order: Int
    }

    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private func run(
        _ configuration: String, bars: [(market: String, text: String)], more: [String] = []
    ) throws -> Ran {
        var arguments = ["backtest", try folder.write(configuration, as: "orders.yaml")]
        for (market, text) in bars {
            arguments += ["--bars", "\(market)=\(try folder.write(text, as: "\(market.prefix(3)).csv"))"]
        }
        return apus(arguments + more)
    }

    private func trades(_ configuration: String, bars: [(market: String, text: String)]) throws -> [Trade] {
        let ran = try run(configuration, bars: bars, more: ["--quiet", "--fills", folder.path("fills.csv")])
        try #require(ran.status == 0, "\(ran.errors)")
        return try folder.text("fills.csv").split(separator: "\n").dropFirst().map { line in
            let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            return Trade(
                time: cells[0], market: cells[1], side: cells[3], quantity: try #require(Double(cells[4])),
                price: try #require(Double(cells[5])), order: try #require(Int(cells[9])))
        }
    }

    /// One-minute bars from 2024-01-01 that open where the one before closed.
    private func bars(closes: [Double], volume: Double = 1000) -> String {
        var open = closes[0]
        var lines = "open_time_ms,open,high,low,close,volume\n"
        for (minute, close) in closes.enumerated() {
            lines += "\(1_704_067_200_000 + minute * 60_000),\(open),\(max(open, close)),\(min(open, close)),"
            lines += "\(close),\(volume)\n"
            open = close
        }
        return lines
    }

    private func desk(_ orders: String, market: String = "BTC/USDT:USDT", more: String = "") -> String {
        configuration("  desk: { type: orders, market: \(market), timeframe: 1m, orders: { \(orders) }\(more) }")
    }

    // MARK: - The page's example

    /// The one of `Documentation/order-toolbox.md`.
    private func example() throws -> String {
        let page = try String(contentsOfFile: packageRoot + "/Documentation/order-toolbox.md", encoding: .utf8)
        let blocks = page.components(separatedBy: "```yaml\n").dropFirst().compactMap {
            $0.components(separatedBy: "```").first
        }
        let text = try #require(blocks.first { $0.contains("type: orders") })
        let fear = (0..<34).reduce("value_time,known_at,value\n") { text, hour in
            let time = 1_704_067_200 + hour * 3_600
            return text + "\(time),\(time + 60),\(hour % 2 == 0 ? 5 : 95)\n"
        }
        return text.replacingOccurrences(of: "fear.csv", with: try folder.write(fear, as: "fear.csv"))
    }

    @Test func theExampleTradesAsItSays() throws {
        let bars = wanderingBars(2_000, seed: 5)
        let trades = try trades(try example(), bars: [("BTCUSDT", bars)])
        // Fear is low in even hours; the close is below 29,900 in the second one, odd, and the order waits for the third.
        let dip = trades.filter { $0.quantity == 0.5 && $0.side == "buy" }
        #expect(dip.map(\.price) == [29_850])
        #expect(dip.allSatisfy { $0.time >= "2024-01-01T01:00" })
        let slices = trades.filter { $0.quantity == 0.1 }
        #expect(
            slices.map { String($0.time.prefix(16)) }
                == [
                    "07:00", "07:10", "07:20", "07:30", "07:40", "07:50", "08:00", "08:10", "08:20", "08:30", "08:40",
                    "08:50",
                ]
                .map { "2024-01-01T\($0)" })
        let swing = trades.filter { $0.quantity == 0.3 }
        #expect(swing.map(\.side) == ["buy", "sell"])
        #expect(swing[0].price == 30_200)
        // The stop stood half a percent below the best price since, and the target was not reached.
        #expect(swing[1].price > 30_200 * 0.995 && swing[1].price < 30_200 * 1.008)
        let out = trades.filter { $0.quantity == 0.5 && $0.side == "sell" }
        #expect(out.map(\.price) == [30_480] && out[0].time >= "2024-01-01T12:00")
        #expect(trades.count == dip.count + slices.count + swing.count + out.count)
    }

    @Test func theExampleExplainsItselfAndDoesNotLookAhead() throws {
        let bars = wanderingBars(2_000, seed: 5)
        let ahead = try run(try example(), bars: [("BTCUSDT", bars)], more: ["--quiet", "--check-lookahead"])
        #expect(ahead.status == 0 && ahead.errors.contains("No look-ahead"), "\(ahead.errors)")
        let told = apus(["explain", folder.path("orders.yaml"), "--bars", "BTCUSDT=\(folder.path("BTC.csv"))"])
        for name in ["dip (order)", "build (twap)", "swing (bracket)", "way_out (oco)"] {
            #expect(told.output.contains(name), "\(name)")
        }
    }

    // MARK: - Conditions, groups, times

    /// Closes 100, 101, … 139; what an order waits for, and the close it is decided at.
    static let conditions: [(String, Double?)] = [
        ("close > 110", 111), ("close >= 110", 110), ("not close < 105", 105), ("close > 200", nil),
        ("close > 104 and close > 107", 108), ("close > 107 or close > 104", 105), ("high >= 106 and low >= 106", 107),
        ("volume > 999", 100), ("volume > 1000", nil), ("not volume > 1000", 100),
        // The average of the last four is 1.5 below the close.
        ("sma(4) > 108", 110), ("sma(4) >= 98.5", 103), ("sma(period: 2, timeframe: 5m) > 100", 109),
        ("not sma(39) > 0", nil), ("not sma(39) > 0 or close > 106", 107), ("macd.signal > 1e9", nil),
        ("close(ETH/USDT:USDT) > 210 and close < 112", 111), ("external.mood > 3", 109), ("not external.mood > 0", nil),
    ]

    @Test(arguments: conditions)
    func anOrderWaitsForItsCondition(condition: String, close: Double?) throws {
        // Known from 00:05 on, and above three from 00:10 on.
        let mood = "value_time,known_at,value\n1704067200,1704067500,1\n1704067200,1704067800,5\n"
        let file = try folder.write(mood, as: "mood.csv")
        let text =
            desk("one: { side: buy, quantity: 1, when: '\(condition)' }")
            + "external: { mood: { file: \(file), max_age: 1d } }\n"
        let closes = (0..<40).map { 100 + Double($0) }
        var markets = [("BTC/USDT:USDT", bars(closes: closes))]
        if condition.contains("ETH") { markets.append(("ETH/USDT:USDT", bars(closes: closes.map { $0 + 100 }))) }
        let ran = try trades(text, bars: markets)
        // A market order fills at the next bar's open, which is the close it was decided at.
        #expect(ran.map(\.price) == (close.map { [$0] } ?? []), "\(condition)")
    }

    @Test func aConditionMayComeToBeMetSeveralTimes() throws {
        let closes: [Double] = [100, 105, 105, 100, 105, 100, 100, 105, 100, 105, 100]
        let ran = try trades(
            desk("one: { side: buy, quantity: 1, when: close > 103, times: 3 }"),
            bars: [("BTC/USDT:USDT", bars(closes: closes))])
        #expect(ran.map { String($0.time.prefix(16)) } == ["02", "05", "08"].map { "2024-01-01T00:\($0)" })
    }

    @Test func timesBeginAndEndAnOrder() throws {
        let text = desk(
            """
            late: { side: buy, quantity: 1, starts_at: 2024-01-01T00:05:00Z },
            gone: { side: buy, quantity: 2, type: limit, limit: 90, ends_at: 2024-01-01T00:05:00Z },
            given_up: { side: buy, quantity: 3, when: close < 95, when_until: 2024-01-01T00:05:00Z },
            stays: { side: buy, quantity: 4, type: limit, limit: 90 },
            expired: { side: buy, quantity: 5, type: limit, limit: 90, expires: 2024-01-01T00:05:00Z },
            hours: { side: buy, quantity: 6, trading_hours: ['00:03-00:10'] }
            """)
        let closes: [Double] = [100, 100, 100, 100, 100, 100, 100, 85, 85, 85]
        let ran = try trades(text, bars: [("BTC/USDT:USDT", bars(closes: closes))])
        #expect(ran.map(\.quantity) == [6, 1, 4])
    }

    /// The target fills at 110, the stop at 90; whichever comes first takes the other back.
    static let crossings: [([Double], Double)] = [
        ([100, 100, 105, 111, 80, 80], 110), ([100, 100, 95, 89, 120, 120], 90),
    ]

    @Test(arguments: crossings)
    func oneCancelsTheOther(closes: [Double], price: Double) throws {
        let text = desk(
            "in: { side: buy, quantity: 2 }, out: { side: sell, quantity: 2, "
                + "oco: [{ type: limit, limit: 110 }, { type: stop, trigger: 90 }] }")
        let ran = try trades(text, bars: [("BTC/USDT:USDT", bars(closes: closes))])
        #expect(ran.map(\.quantity) == [2, 2] && ran.map(\.side) == ["buy", "sell"])
        #expect(ran.last?.price == price)
    }

    /// All of them would trade at once: the first that arrives leaves nothing for the others.
    @Test func legsThatAreReachedAlreadyShareTheGroupsSize() throws {
        let text = desk(
            "out: { side: sell, quantity: 2, oco: [{ type: limit, limit: 95 }, { type: stop, trigger: 105 }, "
                + "{ type: limit, limit: 90 }] }")
        let ran = try trades(text, bars: [("BTC/USDT:USDT", bars(closes: [100, 100, 100, 100, 100, 100]))])
        #expect(ran.map(\.quantity) == [2] && ran.map(\.order) == [1])
    }

    /// The legs stand in two markets: nobody but the engine ties them together, one bar later.
    @Test func aGroupAcrossMarkets() throws {
        let text = desk(
            "out: { side: sell, oco: [{ quantity: 2, type: limit, limit: 110 }, "
                + "{ market: 'ETH/USDT:USDT', quantity: 3, type: limit, limit: 220 }] }")
        let ran = try trades(
            text,
            bars: [
                ("BTC/USDT:USDT", bars(closes: [100, 100, 105, 111, 111, 111])),
                ("ETH/USDT:USDT", bars(closes: [200, 200, 200, 200, 200, 230])),
            ])
        #expect(ran.map(\.market) == ["BTC/USDT:USDT"])
        #expect(ran.map(\.quantity) == [2])
    }

    @Test func aBracketProtectsWhatItsEntryFilled() throws {
        let text = desk(
            "swing: { side: sell, quantity: 2, type: limit, limit: 102, bracket: [{ type: stop, from_entry_percent: 5 }, "
                + "{ type: take_profit_limit, from_entry_percent: -5, limit: 97 }] }")
        let ran = try trades(text, bars: [("BTC/USDT:USDT", bars(closes: [100, 100, 103, 101, 99, 96, 120]))])
        #expect(ran.map(\.side) == ["sell", "buy"])
        #expect(ran.first?.price == 102 && ran.last.map { $0.price <= 97 } == true, "\(ran)")
    }

    // MARK: - What is refused at the start

    static let refusals: [(String, String)] = [
        ("one: { side: buy, quantity: 1, type: limit, limit: 100.001 }", "strategies.desk.orders.one.limit"),
        ("one: { side: buy, quantity: 1, type: stop, trigger: 100.3 }", "The nearest is 100.5"),
        ("one: { side: buy, quantity: 0.0015 }", "strategies.desk.orders.one.quantity"),
        (
            "one: { side: sell, quantity: 1, oco: [{ type: limit, limit: 100 }, { type: stop, trigger: 90.1 }] }",
            "strategies.desk.orders.one.oco.1.trigger"
        ),
        ("one: { side: buy, quantity: 1, type: trailing_stop, trail_distance: 0.001 }", "orders.one.trail_distance"),
        ("one: { side: buy, quantity: 1, when: close < }", "strategies.desk.orders.one.when"),
        ("one: { side: buy, quantity: 1, when: external.mood < 1 }", "strategies.desk.orders.one.when"),
        ("one: { side: buy, quantity: 1, speed: 3 }", "strategies.desk.orders.one.speed"),
        ("one: { side: buy, quantity: 1, market: ETH/USDT:USDT }", "ETH/USDT:USDT"),
    ]

    @Test(arguments: refusals)
    func aWrongOrderStopsTheRun(orders: String, words: String) throws {
        let text =
            desk(orders) + "instruments: { BTC/USDT:USDT: { price_decimals: 2, quantity_decimals: 3, tick_size: 0.5, "
            + "lot_size: 0.001 } }\n"
        let ran = try run(text, bars: [("BTC/USDT:USDT", bars(closes: [100, 101, 102]))])
        #expect(ran.status != 0)
        #expect(ran.errors.contains(words), "\(ran.errors)")
    }
}
