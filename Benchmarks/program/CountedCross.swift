// SPDX-License-Identifier: Apache-2.0

import CBenchAllocations
import Strategies
import Trading

/// The moving-average cross, and a note of what the heap gave in each bar.
struct CountedCross: Strategy {
    static let definition = StrategyDefinition(
        name: "bench_counted_cross", summary: "The moving-average cross with a count of heap allocations.",
        parameters: MovingAverageCross.definition.parameters)

    private var cross: MovingAverageCross

    init(parameters: StrategyParameters) throws { cross = try MovingAverageCross(parameters: parameters) }

    mutating func prepare(_ setup: inout StrategySetup) throws { try cross.prepare(&setup) }

    mutating func onBar(_ bar: Bar, _ context: inout StrategyContext) throws {
        allocation_count_bar()
        try cross.onBar(bar, &context)
    }
}
