// SPDX-License-Identifier: Apache-2.0

import Execution
import Testing
import Trading

@testable import Simulation

@Suite struct InverseMatchingTests {
    @Test(
        "An inverse position is judged in the asset it settles in",
        arguments: [(IntrabarPolicy.pessimistic, "-10000@4500000"), (.optimistic, "-10000@5500000")])
    func ambiguousInverseBar(policy: IntrabarPolicy, exit: String) throws {
        var settings = SimulationSettings()
        settings.intrabar = policy
        let market = try TestMarket(
            [try TestMarket.instrument(kind: .inversePerpetual)], assets: TestMarket.assets, deposits: ["BTC": "1"],
            settings: settings)
        market.bar((5_000_000, 5_000_000, 5_000_000, 5_000_000))
        market.send(.buy, 10_000)
        market.send(.sell, 10_000, .stop, trigger: 4_500_000, reduceOnly: true, group: 1)
        market.send(.sell, 10_000, .takeProfit, trigger: 5_500_000, reduceOnly: true, group: 1)
        market.bar((5_000_000, 5_600_000, 4_400_000, 5_000_000))
        #expect(market.fillTexts == ["10000@5000000", exit])
        #expect(market.venue.ambiguousBars == 1)
        // 10,000 ÷ 50,000 − 10,000 ÷ exit.
        let expected = exit.hasSuffix("4500000") ? "0.977777777777777778" : "1.018181818181818182"
        #expect(market.balance("BTC") == expected)
    }

    @Test("Inverse short positions gain when the price falls, and add up over a partial close")
    func partialClose() throws {
        let market = try TestMarket(
            [try TestMarket.instrument(kind: .inversePerpetual)], assets: TestMarket.assets, deposits: ["BTC": "1"])
        market.bar((5_000_000, 5_000_000, 5_000_000, 5_000_000))
        market.send(.sell, 10_000)
        market.bar((5_000_000, 5_000_000, 5_000_000, 5_000_000))
        market.send(.buy, 5_000)
        market.bar((4_000_000, 4_000_000, 4_000_000, 4_000_000))
        market.send(.buy, 5_000)
        market.bar((6_250_000, 6_250_000, 6_250_000, 6_250_000))
        // 0.125 − 0.1 + 0.08 − 0.1 = 0.005 more.
        #expect(market.balance("BTC") == "1.005")
        #expect(market.venue.account.ledger.isBalanced)
    }
}
