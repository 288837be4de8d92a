// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Commands

/// What passes `apus config check` starts, and what would not start does not pass.
@Suite("The check of a configuration and the start agree") struct SettingsAgreementTests {
    private let folder: TemporaryFolder
    private let config: String
    private let bars: [String]

    init() throws {
        folder = try TemporaryFolder()
        let text = configuration(
            cross(market: "BTC/USDT:USDT", more: ", leverage: 5"),
            account: "{ base_currency: USDT, balances: { USDT: 100000 } }")
        config = try folder.write(text, as: "apus.yaml")
        let main = try folder.write(wanderingBars(30, seed: 5), as: "btc.csv")
        let other = try folder.write(wanderingBars(30, seed: 6, price: 2_000_00), as: "eth.csv")
        bars = ["--bars", "BTC/USDT:USDT=\(main)", "--bars", "ETH/USDT:USDT=\(other)"]
    }

    private func check(_ settings: [String]) -> Ran {
        apus(["config", "check", config] + settings.flatMap { ["--set", $0] })
    }

    /// Whether it starts, which it does not unless it passes the check; what does not start must not pass either.
    private func starts(_ settings: [String]) -> Bool {
        let start = apus(["backtest", config, "--quiet"] + bars + settings.flatMap { ["--set", $0] })
        guard start.status != 0 else { return true }
        #expect(check(settings).status != 0, "\(settings): \(start.errors)")
        return false
    }

    @Test(
        "at the ends of every range",
        arguments: [
            "risk.flash_crash", "risk.drawdown", "risk.error_rate", "risk.liquidation_warning",
            "risk.liquidation_reduction", "risk.liquidation_target", "portfolio.single_symbol",
            "portfolio.correlated_pair", "portfolio.correlated_group", "portfolio.correlation", "portfolio.total_risk",
            "portfolio.total", "portfolio.value_at_risk", "portfolio.expected_shortfall", "portfolio.gross_exposure",
            "portfolio.confidence", "strategies.cross.risk_parameters.sizing.fixed_fraction",
            "strategies.cross.risk_parameters.sizing.volatility_risk",
            "strategies.cross.risk_parameters.sizing.correlated_share",
            "strategies.cross.risk_parameters.sizing.kelly.fraction",
            "strategies.cross.risk_parameters.sizing.kelly.maximum_risk",
            "strategies.cross.risk_parameters.dynamic_leverage.target_volatility",
            "strategies.cross.risk_parameters.dynamic_leverage.free_margin",
        ])
    func shares(key: String) {
        var accepted = 0
        for value in ["0", "0.0000000001", "0.00000001", "50%", "99.9%", "100%", "100.1%", "100"] {
            accepted += starts(["\(key)=\(value)"]) ? 1 : 0
        }
        #expect(accepted > 0)
    }

    @Test("a total above all of the equity is refused with what is allowed")
    func total() {
        let check = check(["portfolio.total=150%"])
        #expect(check.status == 1)
        #expect(check.errors.contains("portfolio.total: Found '150%', expected a share"), "\(check.errors)")
        #expect(check.errors.contains("above 0 up to 1"), "\(check.errors)")
    }

    @Test("shares that are left out give way to those that are written, above and below")
    func ladder() {
        let keys = ["single_symbol", "correlated_pair", "correlated_group", "total"]
        let values = [["20%", "60%"], ["30%", "55%"], ["35%", "70%"], ["25%", "90%"]]
        var accepted = 0
        for number in 1..<81 {
            var (rest, settings) = (number, [String]())
            for (key, values) in zip(keys, values) {
                if rest % 3 > 0 { settings.append("portfolio.\(key)=\(values[rest % 3 - 1])") }
                rest /= 3
            }
            accepted += starts(settings) ? 1 : 0
        }
        #expect(accepted > 20)
    }
}
