// SPDX-License-Identifier: Apache-2.0

import Backtest
import CAllocationCount
import EngineHarness
import Indicators
import Strategies
import Testing
import Trading

/// The hot path allocates nothing for a bar: a run over twice as many bars makes hardly more allocations.
///
/// Only the optimised program is held to it: `swift test -c release --filter AllocationTests`.
@Suite(
    .enabled(if: apus_allocations_are_counted(), "a sanitizer has an allocator of its own"),
    .enabled(if: isOptimised, "closures and iterators of a debug build live on the heap"))
struct AllocationTests {
    private func allocations(bars count: Int, _ build: (inout World) throws -> Void) throws -> Int {
        var world = try World([Market.walk(seed: 11, count: count)])
        try build(&world)
        let input = try world.input()
        var run = try BacktestRun(input)
        let before = apus_thread_allocations()
        let result = try run.run()
        let made = apus_thread_allocations() - before
        #expect(result.bars == count)
        return Int(made)
    }

    private func growth(_ build: (inout World) throws -> Void) throws -> Int {
        _ = try allocations(bars: 2_000, build)
        return try allocations(bars: 40_000, build) - allocations(bars: 20_000, build)
    }

    @Test func theCounterCounts() {
        let before = apus_thread_allocations()
        let values = (0..<10).map { Array(repeating: $0, count: 100) }
        #expect(values.count == 10)
        #expect(apus_thread_allocations() - before >= 10)
    }

    @Test func watchingBarsWithIndicatorsOnFourTimeframesAllocatesNothing() throws {
        let made = try growth { world in
            for (index, timeframe) in [Timeframe.oneMinute, .fiveMinutes, .fifteenMinutes, .oneHour].enumerated() {
                let registry = StrategyRegistry.builtIn
                let definition = try registry.definition(named: "multi_indicator")
                let parameters = try StrategyParameters([:], for: definition)
                // Nothing is ever traded: the minimum is beyond the plan.
                world.rules = TradingRules(minimumNotional: Amount(whole: 1_000_000_000))
                world.add(
                    try registry.make("multi_indicator", parameters: parameters), name: "s\(index)",
                    timeframe: timeframe)
            }
        }
        // 20,000 bars more. The samples of the equity's days grow now and then.
        #expect(made < 60, "\(made) allocations")
    }

    @Test func ordersAndFillsAllocateOnlyWhatKeepsThem() throws {
        let made = try growth { world in
            let registry = StrategyRegistry.builtIn
            let definition = try registry.definition(named: "ema_cross")
            let parameters = try StrategyParameters(
                ["fast_period": 2, "slow_period": 4, "direction": "both"], for: definition)
            world.add(try registry.make("ema_cross", parameters: parameters))
        }
        // Some 5,000 orders more: the list of fills grows by doubling.
        #expect(made < 60, "\(made) allocations")
    }
}

private let isOptimised: Bool = {
    var isDebug = false
    assert(
        {
            isDebug = true
            return true
        }())
    return !isDebug
}()
