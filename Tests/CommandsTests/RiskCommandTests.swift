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
