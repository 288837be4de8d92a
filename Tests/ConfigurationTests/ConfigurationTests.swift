// SPDX-License-Identifier: Apache-2.0

import Configuration
import TestSupport
import Testing
import Trading

@Suite("The sample of the product description") struct SampleTests {
    static let sample = ProductSample.configuration

    @Test("is accepted with one warning, for the hedge ratio")
    func accepted() throws {
        let document = try ConfigurationDocument(parsing: Self.sample, file: "sample.yaml")
        let check = ConfigurationCheck(of: document, strategyTypes: TestTypes.all)
        #expect(check.problems.map(\.description) == [])
        #expect(
            check.warnings.map(\.description) == [
                "sample.yaml:14:7: strategies.macd_eth_usd.risk_parameters.hedge_ratio: Nothing is hedged, because "
                    + "nothing says what to hedge with. Name another market: hedge: { market: ETH-USD }."
            ])
        let strategy = try #require(try check.get().strategies.first)
        #expect(strategy.name == "MACD ETH-USD 1m")
        #expect(strategy.risk.size == .notional(Amount(whole: 1)))
        #expect(strategy.risk.leverage == Amount(whole: 10))
        #expect(strategy.risk.stopLoss == Rate(units: 50_000_000))
        #expect(strategy.risk.takeProfit == Rate(units: 100_000_000))
        #expect(strategy.parameters["slow_period"] == .integer(21))
        let market = try #require(strategy.markets.first)
        #expect(market.symbol == "ETH" && market.unified == "ETH/USD:USDC" && market.kind == .linearPerpetual)
        #expect(try check.get().account.baseCurrency == "USDC")
        #expect(try check.get().account.balances == [AssetBalance(asset: "USDC", amount: Amount(whole: 10_000))])
        #expect(try check.get().source(of: market)?.file == "eth.csv.gz")
    }
}

/// Types of strategies as a registry would describe them.
enum TestTypes {
    static let all = [
        StrategyTypeDescription(
            name: "MACD", summary: "Trades where two averages of the price cross their own average.",
            parameters: [
                KeyDescription("fast_period", .integer(1...500), default: "12", "Bars in the fast average."),
                KeyDescription("slow_period", .integer(2...1000), default: "26", "Bars in the slow average."),
                KeyDescription("signal_period", .integer(1...500), default: "9", "Bars in the signal line."),
            ], presets: ["conservative": ["slow_period": "52"], "aggressive": ["fast_period": "5"]], needsSize: true,
            check: { values in
                guard case .integer(let fast) = values["fast_period"], case .integer(let slow) = values["slow_period"],
                    fast >= slow
                else { return [] }
                return [
                    ParameterFault(
                        parameter: "fast_period", message: "\(fast) is not below slow_period, \(slow). Lower it.")
                ]
            }),
        StrategyTypeDescription(
            name: "RSI", summary: "Buys weakness and sells strength.",
            parameters: [
                KeyDescription("period", .integer(2...500), default: "14", "Bars looked at."),
                KeyDescription("oversold", .decimal(.from("1", to: "99")), default: "30", "Buys below."),
                KeyDescription("smooth", .boolean, default: "false", "Whether to smooth."),
                KeyDescription("side", .choice(["long", "short", "both"]), required: true, "Which side to trade."),
            ]),
        StrategyTypeDescription(name: "orders", summary: "Places orders.", parameters: []),
    ]
}
