// SPDX-License-Identifier: Apache-2.0

import Indicators
public import Trading

/// Buys when the RSI comes back up through its lower bound, and sells when it comes back down through the upper one.
public struct RelativeStrengthReversal: Strategy {
    public static let definition = StrategyDefinition(
        name: "rsi", aliases: ["RSI"],
        summary: "Trades the return of the relative strength index from its extremes.",
        parameters: [
            .period(14, atLeast: 2, "Bars in the index."),
            ParameterDefinition(
                name: "oversold", kind: .number(default: 30, range: 0...100), summary: "The lower bound."),
            ParameterDefinition(
                name: "overbought", kind: .number(default: 70, range: 0...100), summary: "The upper bound."),
            .direction,
        ],
        presets: [
            .conservative: ["period": 21, "oversold": 25, "overbought": 75],
            .balanced: ["period": 14, "oversold": 30, "overbought": 70],
            .aggressive: ["period": 7, "oversold": 35, "overbought": 65],
        ])

    private let period: ParameterValue
    private let oversold: Double
    private let overbought: Double
    private let goesShort: Bool
    private var index = IndicatorHandle.none
    private var previous = Double.nan

    public init(parameters: StrategyParameters) throws {
        period = parameters["period"]
        oversold = parameters.number("oversold")
        overbought = parameters.number("overbought")
        goesShort = parameters.text("direction") == TradeDirection.both.rawValue
        guard oversold < overbought else {
            throw StrategyError.badParameter(
                strategy: Self.definition.name,
                reason: "oversold (\(oversold)) must be below overbought (\(overbought)).")
        }
    }

    public mutating func prepare(_ setup: inout StrategySetup) throws {
        index = try setup.indicator("rsi", ["period": period])
    }

    public mutating func onBar(_ bar: Bar, _ context: inout StrategyContext) throws {
        let value = context.value(index)
        defer { previous = value }
        if previous <= oversold, value > oversold {
            context.enter(.buy)
        } else if previous >= overbought, value < overbought {
            if goesShort { context.enter(.sell) } else { context.exit() }
        }
    }
}
