// SPDX-License-Identifier: Apache-2.0

import Analysis
import Backtest
import EngineHarness
import Execution
import Indicators
import Strategies
import Trading

@testable import Adaptive

/// The strategy with somebody beside it who looks at it after each of its bars, and may switch its parts.
struct WatchedStrategy: Strategy {
    static let definition = EnhancedStrategy.definition
    var strategy: EnhancedStrategy
    var look: @Sendable (inout EnhancedStrategy, Bar, inout StrategyContext) -> Void = { _, _, _ in }

    init(parameters: StrategyParameters) throws { strategy = try EnhancedStrategy(parameters: parameters) }

    init(
        _ values: [String: ParameterValue],
        look: @escaping @Sendable (inout EnhancedStrategy, Bar, inout StrategyContext) -> Void
    ) throws {
        strategy = try EnhancedStrategyTests.strategy(values)
        self.look = look
    }

    mutating func prepare(_ setup: inout StrategySetup) throws { try strategy.prepare(&setup) }
    mutating func onBar(_ bar: Bar, _ context: inout StrategyContext) throws {
        try strategy.onBar(bar, &context)
        look(&strategy, bar, &context)
    }
    mutating func onBar(_ bar: Bar, of series: SeriesHandle, _ context: inout StrategyContext) throws {
        try strategy.onBar(bar, of: series, &context)
    }
    mutating func onFill(_ fill: Fill, _ context: inout StrategyContext) throws {
        try strategy.onFill(fill, &context)
    }
    mutating func onOrder(_ order: Order, _ context: inout StrategyContext) throws {
        try strategy.onOrder(order, &context)
    }
    mutating func onBackground(
        _ task: BackgroundTaskID, _ outcome: BackgroundOutcome, _ context: inout StrategyContext
    ) throws {
        try strategy.onBackground(task, outcome, &context)
    }
}

extension WatchedStrategy {
    static func run(
        _ bars: [Bar], _ values: [String: ParameterValue], rules: TradingRules = TradingRules(),
        plan: TradePlan = TradePlan(sizing: .notional(Amount(whole: 50_000)), leverage: 5),
        look: @escaping @Sendable (inout EnhancedStrategy, Bar, inout StrategyContext) -> Void = { _, _, _ in }
    ) throws -> BacktestResult {
        var world = try World([bars], timeframe: .fiveMinutes)
        world.rules = rules
        world.add(try WatchedStrategy(values, look: look), timeframe: .fiveMinutes, plan: plan)
        var input = try world.input()
        input.keepsDecisions = true
        return try World.run(input)
    }
}

/// Bars of longer timeframes, put together by hand from those of five minutes.
struct LongBar {
    let closeTime: Timestamp
    let high: Double
    let low: Double
    let close: Double

    init(_ bars: ArraySlice<Bar>) {
        func value(_ price: Price) -> Double { Double(price.units) / 100 }
        closeTime = (bars.last?.openTime ?? Market.time(0)) + .minutes(5)
        high = bars.map { value($0.high) }.max() ?? .nan
        low = bars.map { value($0.low) }.min() ?? .nan
        close = bars.last.map { value($0.close) } ?? .nan
    }

    /// The bar of so many that ends with the one at `index`; `nil` where none does.
    static func closing(_ bars: [Bar], at index: Int, size: Int) -> LongBar? {
        (index + 1) % size == 0 ? LongBar(bars[index + 1 - size...index]) : nil
    }
}
