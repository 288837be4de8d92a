// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Commands

@Suite("Risk control by configuration") struct RiskCommandTests {
    private let folder: TemporaryFolder
    private let arguments: [String]

    init() throws {
        folder = try TemporaryFolder()
        let text = configuration(
            cross(market: "BTC/USDT:USDT", more: ", leverage: 5"),
            account: "{ base_currency: USDT, balances: { USDT: 100000 } }")
        let config = try folder.write(text, as: "apus.yaml")
        let main = try folder.write(wanderingBars(2_000, seed: 5), as: "btc.csv")
        let other = try folder.write(wanderingBars(2_000, seed: 6, price: 2_000_00), as: "eth.csv")
        arguments = ["backtest", config, "--bars", "BTC/USDT:USDT=\(main)", "--bars", "ETH/USDT:USDT=\(other)"]
    }

    private func run(_ settings: [String]) -> (status: Int32, output: String, errors: String) {
        let ran = apus(arguments + settings.flatMap { ["--set", "strategies.cross.risk_parameters.\($0)"] })
        return (Int32(ran.status), ran.output, ran.errors)
    }

    private func result(_ settings: [String]) throws -> [String: Any] {
        try apus(
            arguments + ["--json", "-"]
                + settings.flatMap { ["--set", "strategies.cross.risk_parameters.\($0)"] }
        ).json()
    }

    @Test func eachPartChangesTheRunAndIsNamedInTheReport() throws {
        let plain = try result([])
        let hash = plain["resultHash"] as? String
        #expect(hash != nil)
        for (settings, says) in [
            (["hedge={ market: ETH/USDT:USDT }"], "hedged 20 % with ETH/USDT:USDT, fixed"),
            (["sizing={ fixed_fraction: 1% }"], "sized to 1 % of the capital"),
            (["dynamic_leverage={ target_volatility: 0.0001%, full_age: 1h }", "quantity=10"], "by the market"),
        ] {
            let changed = try result(settings)
            #expect(changed["resultHash"] as? String != hash, "\(settings)")
            let page = run(settings).output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            #expect(page.contains(says), "\(settings)")
        }
    }

    @Test(arguments: ["historical", "parametric", "cornish_fisher", "monte_carlo"])
    func whatAllPositionsRiskIsInTheReport(method: String) throws {
        let second =
            "strategies.other={ type: ema_cross, market: ETH/USDT:USDT, timeframe: 1m, risk_parameters: "
            + "{ max_position_size: 20000 } }"
        let portfolio = "portfolio={ method: \(method), confidence: 90%, gross_exposure: 1% }"
        let report = try apus(arguments + ["--json", "-", "--set", second, "--set", portfolio]).json()
        let found = try #require(report["portfolio"] as? [String: Any])
        #expect(found["confidence"] as? Double == 0.9)
        let pairs = try #require(found["correlations"] as? [[String: Any]])
        #expect(pairs.count == 1 && pairs[0]["value"] is Double)
        let worst = try #require(found["worst"] as? [String: Any])
        // The limit keeps entries out, or makes them small.
        #expect((worst["grossExposure"] as? Double ?? 1) < 0.011)
        let again = try apus(arguments + ["--json", "-", "--set", second, "--set", portfolio]).json()
        #expect(again["resultHash"] as? String == report["resultHash"] as? String)
    }

    @Test func aQuantityThatIsTooFineIsRefusedByItsKey() {
        let ran = run(["quantity=0.1234567891234"])
        #expect(ran.status != 0)
        #expect(
            ran.errors.contains(
                "strategies.cross.risk_parameters.quantity: '0.1234567891234' has more than 8 decimals. Set "
                    + "instruments.BTC/USDT:USDT.quantity_decimals for it."), "\(ran.errors)")
    }

    @Test func aHedgeWithoutBarsIsRefusedByName() {
        let ran = run(["hedge={ market: SOL/USDT:USDT }"])
        #expect(ran.status != 0 && ran.errors.contains("SOL/USDT:USDT"))
    }

    @Test func theStrategysOwnMarketIsRefusedAtItsKey() {
        let ran = run(["hedge={ market: BTC/USDT:USDT }"])
        #expect(ran.status != 0)
        #expect(ran.errors.contains("strategies.cross.risk_parameters.hedge.market"))
    }
}
