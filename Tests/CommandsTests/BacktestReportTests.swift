// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Commands

/// Reports are in the base currency, whatever a market settles in, and every cost is in its place.
@Suite struct BacktestReportTests {
    private func metric(_ name: String, _ document: [String: Any]) throws -> Double {
        try #require((document["metrics"] as? [String: Any])?[name] as? Double, "\(name)")
    }

    /// A fill of the CSV file, in numbers.
    private struct Fill {
        let time: String
        let isBuy: Bool
        let quantity: Double
        let price: Double
        let fee: Double
        let feeAsset: String
    }

    private func fills(_ folder: TemporaryFolder, _ name: String = "fills.csv") throws -> [Fill] {
        try folder.text(name).split(separator: "\n").dropFirst().map { line in
            let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            return Fill(
                time: fields[0], isBuy: fields[3] == "buy", quantity: try #require(Double(fields[4])),
                price: try #require(Double(fields[5])), fee: try #require(Double(fields[6])), feeAsset: fields[7])
        }
    }

    @Test("Slippage is measured: what fills cost against the price they met")
    func slippage() throws {
        let folder = try TemporaryFolder()
        let bars = try folder.write(wanderingBars(1_500, seed: 3), as: "bars.csv")
        func run(_ slippage: String) throws -> [String: Any] {
            let config = try folder.write(
                configuration(
                    cross(), simulation: "{ volume_limit: none, slippage: \(slippage) }",
                    more: "instruments: { BTCUSDT: { tick_size: 0.05 } }"), as: "c.yaml")
            return try apus([
                "backtest", config, "--bars", "BTCUSDT=\(bars)", "--json", "-", "--fills", folder.path("fills.csv"),
            ]).json()
        }
        let free = try run("{ model: none }")
        #expect(try metric("slippage", free) == 0)
        // Four ticks of 0.05 on 0.1: 0.02 a fill, whatever the number of decimals; prices off the tick round away.
        let ticks = try run("{ model: constant, ticks: 4 }")
        let count = try fills(folder).count
        #expect(count > 100)
        let cost = try metric("slippage", ticks)
        #expect(cost >= 0.02 * Double(count) - 1e-9 && cost < 0.025 * Double(count))
        let difference = try metric("totalReturn", free) - metric("totalReturn", ticks)
        #expect(
            abs(difference * 1_000_000 - (try metric("slippage", ticks) + metric("fees", ticks) - metric("fees", free)))
                < 1e-6)
        let total = try metric("fees", ticks) + metric("slippage", ticks) + metric("funding", ticks)
        #expect(abs(total - (try metric("totalCosts", ticks))) < 1e-9)
        // All trades are closed or one is open: the trades' share is all but that one's.
        #expect(cost - (try metric("tradeSlippage", ticks)) <= 0.025 + 1e-9)
    }

    @Test("An inverse contract's profits, fees and funding are in the base currency, not in its coin")
    func inverse() throws {
        let folder = try TemporaryFolder()
        let bars = try folder.write(wanderingBars(1_200, seed: 8), as: "bars.csv")
        var schedule = "time_ms,rate\n"
        for hour in 0...19 { schedule += "\(1_704_067_200_000 + hour * 3_600_000),0.000\(hour % 7 + 1)\n" }
        let rates = try folder.write(schedule, as: "funding.csv")
        let config = try folder.write(
            """
            account: { base_currency: USD, balances: { BTC: 10 } }
            simulation: { volume_limit: none }
            data: { sources: { "BTC/USD:BTC": { file: \(bars), funding: \(rates) } } }
            instruments: { "BTC/USD:BTC": { quantity_decimals: 0 } }
            strategies:
              cross:
                type: ema_cross
                exchange: bybit
                market: "BTC/USD:BTC"
                timeframe: 1m
                parameters: { fast_period: 3, slow_period: 8, warmup_bars: 10, direction: both }
                risk_parameters: { max_position_size: 60000 }
            """, as: "c.yaml")
        let ran = apus([
            "backtest", config, "--json", "-", "--fills", folder.path("fills.csv"), "--trades",
            folder.path("trades.csv"),
        ])
        try #require(ran.status == 0, "\(ran.errors)")
        let document = try ran.json()
        #expect(document["baseCurrency"] as? String == "USD")
        let fills = try fills(folder)
        #expect(fills.count > 100 && fills.allSatisfy { $0.feeAsset == "BTC" })
        // One contract is one dollar, so the turnover is the quantity, and the fees are dollars.
        let traded = fills.reduce(0) { $0 + $1.quantity }
        #expect(abs(try metric("fees", document) / (traded * 0.0005) - 1) < 0.01)
        // The trades: (1/entry − 1/exit) coins a contract less fees, at the price of the exit.
        let trades = try folder.text("trades.csv").split(separator: "\n").dropFirst()
        for trade in trades {
            let fields = trade.split(separator: ",").map(String.init)
            let numbers = try fields[5...9].map { try #require(Double($0)) }
            let sign = fields[4] == "long" ? 1.0 : -1.0
            let gross = sign * numbers[0] * (1 / numbers[1] - 1 / numbers[2]) * numbers[2]
            // Funding is below 0.1 % of 60,000 a time, and no trade is open at two of them.
            #expect(abs(numbers[3] + numbers[4] - gross) < 60, "\(trade)")
            #expect(abs(numbers[4] - numbers[0] * 0.001) < 1)
        }
        // Dollars, not the coins of which it is some thousandths.
        let funding = try metric("funding", document)
        #expect(abs(funding) > 1 && abs(funding) < 60 * 20)
        #expect(abs(funding - (try metric("tradeFunding", document))) < 0.5)
    }

    @Test("Conversion goes over as many markets as it takes, and an option's price is none of its base's")
    func conversion() throws {
        let folder = try TemporaryFolder()
        let eth = try folder.write(wanderingBars(300, seed: 1, price: 5_00), as: "ethbtc.csv")
        let btc = try folder.write(wanderingBars(300, seed: 2), as: "btceur.csv")
        let usd = try folder.write(wanderingBars(300, seed: 4, price: 110_00), as: "eurusd.csv")
        let config = try folder.write(
            configuration(
                cross("a", market: "ETHBTC") + "\n" + cross("b", market: "BTCEUR") + "\n"
                    + cross("c", market: "EURUSD"),
                account: "{ base_currency: USD, balances: { ETH: 2, BTC: 3, EUR: 5, USD: 7 } }"), as: "c.yaml")
        let ran = apus([
            "backtest", config, "--bars", "ETHBTC=\(eth)", "--bars", "BTCEUR=\(btc)", "--bars", "EURUSD=\(usd)",
            "--json",
            "-", "--to", "2024-01-01T00:15:00Z", "--set", "strategies.a.parameters.warmup_bars=14",
        ])
        try #require(ran.status == 0, "\(ran.errors)")
        // At the first opens of 5 BTC, 30,000 EUR and 110 USD: (2 × 5 + 3) × 30,000 × 110 + 5 × 110 + 7.
        #expect(try ran.json()["startEquity"] as? String == "42900557")
        let lost = apus([
            "backtest", config, "--bars", "ETHBTC=\(eth)", "--bars", "BTCEUR=\(btc)", "--bars", "EURUSD=\(usd)",
            "--set",
            "strategies.c.enabled=false",
        ])
        #expect(lost.status == 1 && lost.errors.contains("in USD") && lost.errors.contains("account.conversion_rates"))
    }

    @Test("Buying and holding begins with each market, valued at its own price")
    func buyAndHold() throws {
        let folder = try TemporaryFolder()
        let early = try folder.write(csv(minutes: 0..<200), as: "a.csv")
        let late = try folder.write(wanderingBars(150, seed: 6, price: 100_00, from: 50), as: "b.csv")
        let config = try folder.write(
            configuration(cross("a") + "\n" + cross("b", market: "ETHUSDT")), as: "c.yaml")
        let document = try apus([
            "backtest", config, "--bars", "BTCUSDT=\(early)", "--bars", "ETHUSDT=\(late)", "--json", "-",
        ]).json()
        let hold = try #require(document["buyAndHold"] as? [String: Any])
        func last(_ path: String, _ column: Int) throws -> Double {
            let line = try #require(try folder.text(path).split(separator: "\n").last)
            return try #require(Double(line.split(separator: ",")[column]))
        }
        func first(_ path: String) throws -> Double {
            let line = try folder.text(path).split(separator: "\n")[1]
            return try #require(Double(line.split(separator: ",")[1]))
        }
        let expected =
            500_000 * (try last("a.csv", 4) / first("a.csv")) + 500_000 * (try last("b.csv", 4) / first("b.csv"))
        let end = (hold["finalEquity"] as? Double) ?? (hold["finalEquity"] as? String).flatMap(Double.init) ?? .nan
        #expect(abs(end - expected) < 0.01)
    }

    @Test("Margin sizing multiplies by the leverage; two leverages on one market are said")
    func margin() throws {
        let folder = try TemporaryFolder()
        let bars = try folder.write(wanderingBars(400, seed: 9), as: "bars.csv")
        func entry(_ name: String, _ risk: String) -> String {
            cross(name, market: "BTC/USDT:USDT").replacingOccurrences(of: "{ quantity: 0.1 }", with: "{ \(risk) }")
        }
        let config = try folder.write(
            configuration(
                entry("a", "max_position_size: 600, size_basis: margin, leverage: 5") + "\n"
                    + entry("b", "max_position_size: 3000, leverage: 3")), as: "c.yaml")
        let ran = apus([
            "backtest", config, "--bars", "BTC/USDT:USDT=\(bars)", "--json", "-", "--fills", folder.path("fills.csv"),
        ])
        try #require(ran.status == 0, "\(ran.errors)")
        let fills = try fills(folder)
        // 600 of margin five times over and 3,000 of value are the same size.
        #expect(fills.count > 4 && fills.count.isMultiple(of: 2))
        for pair in stride(from: 0, to: fills.count, by: 2) {
            #expect(fills[pair].quantity == fills[pair + 1].quantity)
            #expect(abs(fills[pair].quantity * fills[pair].price - 3_000) < 100)
        }
        let warnings = try #require(try ran.json()["warnings"] as? [String])
        #expect(warnings.contains { $0.contains("leverage 3 and 5") && $0.contains("with 5") })
    }

    @Test("Funding that covers a part of the run is said, and charged there alone")
    func partialFunding() throws {
        let folder = try TemporaryFolder()
        let bars = try folder.write(wanderingBars(600, seed: 9), as: "bars.csv")
        func run(_ hours: [Int]) throws -> [String: Any] {
            let text = "time_ms,rate\n" + hours.map { "\(1_704_067_200_000 + $0 * 3_600_000),0.001\n" }.joined()
            let rates = try folder.write(text, as: "funding.csv")
            let config = try folder.write(
                configuration(
                    cross(market: "BTC/USDT:USDT"),
                    more: "data: { sources: { \"BTC/USDT:USDT\": { file: \(bars), funding: \(rates) } } }"),
                as: "c.yaml")
            let ran = apus(["backtest", config, "--json", "-"])
            try #require(ran.status == 0, "\(ran.errors)")
            return try ran.json()
        }
        func warnings(_ hours: [Int]) throws -> [String] { try #require(try run(hours)["warnings"] as? [String]) }
        #expect(try warnings(Array(0...10)) == [])
        #expect(
            try warnings([2, 3, 4, 7, 8]).first?.contains(
                "before 2024-01-01T02:00:00Z, 2 times in between, after 2024-01-01T08:00:00Z") == true)
        let outside = try run([50, 51])
        #expect((outside["warnings"] as? [String])?.first?.contains("no funding rates between") == true)
        #expect(try metric("funding", outside) == 0)
    }
}
