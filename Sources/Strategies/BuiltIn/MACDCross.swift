// SPDX-License-Identifier: Apache-2.0

import Indicators
public import Trading

/// Follows the cross of the MACD line and its signal line.
public struct MACDCross: Strategy {
    public static let definition = StrategyDefinition(
        name: "macd", aliases: ["MACD"],
        summary: "Follows the cross of the MACD line and its signal line.",
        parameters: [
            .period(8, name: "fast_period", "Bars in the fast average."),
            .period(21, name: "slow_period", "Bars in the slow average."),
            .period(5, name: "signal_period", "MACD values in the signal line."),
            .direction,
        ],
        presets: [
            .conservative: ["fast_period": 12, "slow_period": 26, "signal_period": 9],
            .balanced: ["fast_period": 8, "slow_period": 21, "signal_period": 5],
            .aggressive: ["fast_period": 5, "slow_period": 13, "signal_period": 4],
        ])

    private let parameters: StrategyParameters
    private let goesShort: Bool
    private var macd = IndicatorHandle.none
    private var line = 0
    private var signal = 1
    private var wasAbove: Bool?

    public init(parameters: StrategyParameters) throws {
        try parameters.requireFastBelowSlow(Self.definition.name)
        self.parameters = parameters
        goesShort = parameters.text("direction") == TradeDirection.both.rawValue
    }

    public mutating func prepare(_ setup: inout StrategySetup) throws {
        macd = try setup.indicator(
            "macd",
            [
                "fast_period": parameters["fast_period"], "slow_period": parameters["slow_period"],
                "signal_period": parameters["signal_period"],
            ])
        line = try setup.output("macd", ofIndicator: "macd")
        signal = try setup.output("signal", ofIndicator: "macd")
    }

    public mutating func onBar(_ bar: Bar, _ context: inout StrategyContext) throws {
        let isAbove = context.value(macd, output: line) > context.value(macd, output: signal)
        defer { wasAbove = isAbove }
        guard let wasAbove, isAbove != wasAbove else { return }
        if isAbove { context.enter(.buy) } else if goesShort { context.enter(.sell) } else { context.exit() }
    }
}
