// SPDX-License-Identifier: Apache-2.0

import Backtest
import EngineHarness
import Execution
import Indicators
import MarketData
import Strategies
import TestSupport
import Trading

@testable import Adaptive

/// The enhanced strategy, and a hand that reaches into it before each of its bars.
struct Handled: Strategy {
    /// What reaches in: before which bar, counted from the first, into what.
    typealias Hand = @Sendable (Int, inout Handled, inout StrategyContext) throws -> Void

    static let definition = EnhancedStrategy.definition

    var inner: EnhancedStrategy
    private let hand: Hand
    private var bars = 0
    /// An indicator that never has a value, and one that is never above zero.
    private(set) var nothing = IndicatorHandle.none
    private(set) var negative = IndicatorHandle.none

    init(parameters: StrategyParameters) throws {
        self.init(try EnhancedStrategy(parameters: parameters)) { _, _, _ in }
    }

    init(_ inner: EnhancedStrategy, _ hand: @escaping Hand) {
        self.inner = inner
        self.hand = hand
    }

    mutating func prepare(_ setup: inout StrategySetup) throws {
        try inner.prepare(&setup)
        nothing = try setup.indicator("sma", ["period": 10_000])
        negative = try setup.indicator("williams_r")
    }

    mutating func onBar(_ bar: Bar, _ context: inout StrategyContext) throws {
        let hand = hand
        try hand(bars, &self, &context)
        bars += 1
        try inner.onBar(bar, &context)
    }

    mutating func onBar(_ bar: Bar, of series: SeriesHandle, _ context: inout StrategyContext) throws {
        try inner.onBar(bar, of: series, &context)
    }

    mutating func onFill(_ fill: Fill, _ context: inout StrategyContext) throws { try inner.onFill(fill, &context) }
    mutating func onOrder(_ order: Order, _ context: inout StrategyContext) throws {
        try inner.onOrder(order, &context)
    }
    mutating func onBackground(
        _ task: BackgroundTaskID, _ outcome: BackgroundOutcome, _ context: inout StrategyContext
    ) throws { try inner.onBackground(task, outcome, &context) }
}

extension Handled {
    /// No position, no order, no signal that waits.
    func isIdle(_ context: borrowing StrategyContext) -> Bool {
        inner.trade == nil && inner.asked == nil && !inner.confirmation.isWaiting && context.position.units == 0
    }

    static func run(
        seed: UInt64, count: Int, _ values: [String: ParameterValue],
        _ change: (inout EnhancedStrategy) -> Void = { _ in }, _ hand: @escaping Hand
    ) throws -> BacktestResult {
        var strategy = try EnhancedStrategyTests.strategy(values)
        change(&strategy)
        return try World.run(
            try EnhancedStrategyTests.input(ChangingMarket.bars(seed: seed, count: count), Handled(strategy, hand)))
    }
}
