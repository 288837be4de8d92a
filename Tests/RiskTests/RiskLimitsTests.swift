// SPDX-License-Identifier: Apache-2.0

import Risk
import Testing
import Trading

@Suite struct RiskLimitsTests {
    @Test func limitsThatBoundRealMoneyMustAllBeThere() {
        var limits = RiskLimits()
        #expect(
            limits.missing == ["order_notional", "total_exposure", "daily_loss", "price_collar", "orders_per_minute"])
        #expect(!limits.isConfigured)
        limits.orderNotional = Amount(whole: 10)
        limits.totalExposure = Amount(whole: 100)
        limits.dailyLoss = Amount(whole: 5)
        limits.priceCollar = Rate(units: 100_000_000)
        limits.ordersPerMinute = 60
        #expect(limits.isConfigured)
        #expect(limits.problems.isEmpty)
    }

    @Test(
        arguments: [
            ({ $0.orderNotional = .zero }, "order_notional must be above zero, was 0."),
            ({ $0.openOrders = 0 }, "open_orders must be at least 1, was 0."),
            ({ $0.leverage = 0 }, "leverage must be at least 1, was 0."),
            ({ $0.priceCollar = .zero }, "price_collar must be above zero, was 0."),
            ({ $0.orderQuantity = [InstrumentID(3): .zero] }, "order_quantity of instrument 3 must be above zero."),
            (
                {
                    $0.symbolExposure = Amount(whole: 2)
                    $0.totalExposure = Amount(whole: 1)
                }, "symbol_exposure (2) is above total_exposure (1), which would never let it be reached."
            ),
            (
                {
                    $0.ordersPerSecond = 5
                    $0.ordersPerMinute = 4
                }, "orders_per_second (5) is above orders_per_minute (4)."
            ),
        ] as [(@Sendable (inout RiskLimits) -> Void, String)])
    func contradictionsAreNamed(change: @Sendable (inout RiskLimits) -> Void, problem: String) {
        var limits = RiskLimits()
        change(&limits)
        #expect(limits.problems == [problem])
    }
}
