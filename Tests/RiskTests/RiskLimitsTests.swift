// SPDX-License-Identifier: Apache-2.0

import Risk
import Testing
import Trading

@Suite struct RiskLimitsTests {
    @Test func plainLimitsHaveNoProblems() {
        var limits = RiskLimits()
        #expect(limits.problems.isEmpty)
        limits.orderNotional = Amount(whole: 10)
        limits.totalExposure = Amount(whole: 100)
        limits.dailyLoss = Amount(whole: 5)
        limits.priceCollar = Rate(units: 100_000_000)
        limits.ordersPerMinute = 60
        #expect(limits.problems.isEmpty)
    }

    struct Case: Sendable {
        let problem: String
        let change: @Sendable (inout RiskLimits) -> Void
        init(_ problem: String, _ change: @escaping @Sendable (inout RiskLimits) -> Void) {
            self.problem = problem
            self.change = change
        }
    }

    @Test(arguments: [
        Case("order_notional must be above zero, was 0.") { $0.orderNotional = .zero },
        Case("open_orders must be at least 1, was 0.") { $0.openOrders = 0 },
        Case("leverage must be at least 1, was 0.") { $0.leverage = 0 },
        Case("price_collar must be above zero, was 0.") { $0.priceCollar = .zero },
        Case("order_quantity of instrument 3 must be above zero.") { $0.orderQuantity = [InstrumentID(3): .zero] },
        Case("symbol_exposure (2) is above total_exposure (1), which would never let it be reached.") {
            $0.symbolExposure = Amount(whole: 2)
            $0.totalExposure = Amount(whole: 1)
        },
        Case("de_minimis.position (2) is above de_minimis.total (1), which would never let it be reached.") {
            $0.deMinimis = RiskLimits.DeMinimis(position: Amount(whole: 2), total: Amount(whole: 1))
        },
        Case("orders_per_second (5) is above orders_per_minute (4).") {
            $0.ordersPerSecond = 5
            $0.ordersPerMinute = 4
        },
    ])
    func contradictionsAreNamed(example: Case) {
        var limits = RiskLimits()
        example.change(&limits)
        #expect(limits.problems == [example.problem])
    }
}
