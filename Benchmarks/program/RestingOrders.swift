// SPDX-License-Identifier: Apache-2.0

import CBenchAllocations
import Strategies
import Trading

/// Keeps ten limit orders in the book below the market, from 0.2 % to 2 %; one that fills is sold and placed anew.
struct RestingOrders: Strategy {
    static let definition = StrategyDefinition(
        name: "bench_resting_orders", summary: "Ten resting limit orders on every bar.", parameters: [])

    private var resting: [OrderID] = Array(repeating: .none, count: 10)

    init(parameters: StrategyParameters) {}

    mutating func prepare(_ setup: inout StrategySetup) throws { setup.wait(bars: 2) }

    mutating func onBar(_ bar: Bar, _ context: inout StrategyContext) throws {
        allocation_count_bar()
        guard resting[0] == .none, context.isWarm else { return }
        for place in resting.indices { self.place(place, bar.close, &context) }
    }

    private mutating func place(_ place: Int, _ market: Price, _ context: inout StrategyContext) {
        let limit = Price(units: market.units - market.units * Int64(place + 1) / 500)
        resting[place] =
            context.submit(
                OrderRequest(
                    instrument: context.instrument.id, side: .buy, type: .limit,
                    quantity: Quantity(units: 100_000), limit: limit)) ?? .none
    }

    mutating func onFill(_ fill: Fill, _ context: inout StrategyContext) throws {
        guard fill.quantity.units > 0, let place = resting.firstIndex(of: fill.order) else { return }
        context.submit(
            OrderRequest(
                instrument: context.instrument.id, side: .sell, type: .market, quantity: fill.quantity,
                isReduceOnly: true))
        if let bar = context.bar() { self.place(place, bar.close, &context) }
    }
}
