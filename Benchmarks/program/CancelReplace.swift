// SPDX-License-Identifier: Apache-2.0

import CBenchAllocations
import Strategies
import Trading

/// Takes ten limit orders back and places ten new ones on every bar, as a market maker does.
struct CancelReplace: Strategy {
    static let definition = StrategyDefinition(
        name: "bench_cancel_replace", summary: "Ten limit orders cancelled and replaced on every bar.", parameters: [])

    private var resting: [OrderID] = Array(repeating: .none, count: 10)

    init(parameters: StrategyParameters) {}

    mutating func onBar(_ bar: Bar, _ context: inout StrategyContext) throws {
        allocation_count_bar()
        for place in resting.indices {
            context.cancel(resting[place])
            let limit = Price(units: bar.close.units - bar.close.units * Int64(place + 10) / 500)
            resting[place] =
                context.submit(
                    OrderRequest(
                        instrument: context.instrument.id, side: .buy, type: .limit,
                        quantity: Quantity(units: 100_000), limit: limit)) ?? .none
        }
    }
}
