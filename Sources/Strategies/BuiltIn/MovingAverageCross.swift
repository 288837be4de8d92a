// SPDX-License-Identifier: Apache-2.0

import Indicators
public import Trading

/// Long while the fast exponential average is above the slow one; flat, or short where allowed, while it is not.
///
/// It acts only when the state changes, and only after `warmup_bars` bars.
public struct MovingAverageCross: Strategy {
    public static let definition = StrategyDefinition(
        name: "ema_cross", aliases: ["EMA", "EMA cross", "moving_average_cross"],
        summary: "Follows the cross of two exponential moving averages.",
        parameters: [
            .period(10, name: "fast_period", "Bars in the fast average."),
            .period(20, name: "slow_period", "Bars in the slow average."),
            ParameterDefinition(
                name: "warmup_bars", kind: .integer(default: 200, range: 0...1_000_000),
                summary: "Bars to watch before the first order."),
            .seed, .direction,
        ],
        presets: [
            .conservative: ["fast_period": 20, "slow_period": 50],
            .balanced: ["fast_period": 10, "slow_period": 20],
            .aggressive: ["fast_period": 5, "slow_period": 13],
        ])

    private let parameters: StrategyParameters
    private let goesShort: Bool
    private var fast = IndicatorHandle.none
    private var slow = IndicatorHandle.none
    private var wasAbove: Bool?

    public init(parameters: StrategyParameters) throws {
        try parameters.requireFastBelowSlow(Self.definition.name)
        self.parameters = parameters
        goesShort = parameters.text("direction") == TradeDirection.both.rawValue
    }

    public mutating func prepare(_ setup: inout StrategySetup) throws {
        let seed = parameters["seed"]
        fast = try setup.indicator("ema", ["period": parameters["fast_period"], "seed": seed])
        slow = try setup.indicator("ema", ["period": parameters["slow_period"], "seed": seed])
        setup.wait(bars: parameters.integer("warmup_bars") + 1)
    }

    public mutating func onBar(_ bar: Bar, _ context: inout StrategyContext) throws {
        let isAbove = context.value(fast) > context.value(slow)
        defer { wasAbove = isAbove }
        guard let wasAbove, isAbove != wasAbove else { return }
        if isAbove { context.enter(.buy) } else if goesShort { context.enter(.sell) } else { context.exit() }
    }
}

extension StrategyParameters {
    /// The fast average must be the shorter one.
    func requireFastBelowSlow(_ strategy: String) throws(StrategyError) {
        let (fast, slow) = (integer("fast_period"), integer("slow_period"))
        guard fast < slow else {
            throw .badParameter(
                strategy: strategy, reason: "fast_period (\(fast)) must be below slow_period (\(slow)).")
        }
    }
}
