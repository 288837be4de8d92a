// SPDX-License-Identifier: Apache-2.0

import Indicators
import Strategies
import Trading

/// Buys a close above the highest high of the last bars while a longer timeframe trends up; leaves below the lowest low.
struct TrendBreakout: Strategy {
    static let definition = StrategyDefinition(
        name: "trend_breakout",
        summary: "Breakouts of a channel, in the direction of a longer timeframe.",
        parameters: [
            .period(20, name: "entry_period", "Bars of the channel whose top is bought."),
            .period(10, name: "exit_period", "Bars of the channel whose bottom ends the trade."),
            .period(50, name: "trend_period", "Bars of the average on the longer timeframe."),
            ParameterDefinition(
                name: "trend_hours", kind: .integer(default: 4, range: 1...168),
                summary: "Length of the longer timeframe's bars."),
        ],
        presets: [
            .conservative: ["entry_period": 55, "exit_period": 20],
            .aggressive: ["entry_period": 10, "exit_period": 5],
        ])

    private let parameters: StrategyParameters
    private var top = IndicatorHandle.none
    private var bottom = IndicatorHandle.none
    private var average = IndicatorHandle.none
    private var trend = SeriesHandle.none
    /// Where `donchian` has its lower line.
    private var lower = 0
    /// The channel as it was before the bar that is judged: a bar cannot close above its own high.
    private var topBefore = Double.nan
    private var bottomBefore = Double.nan

    init(parameters: StrategyParameters) throws {
        guard parameters.integer("exit_period") <= parameters.integer("entry_period") else {
            throw StrategyError.badParameter(
                strategy: Self.definition.name,
                reason: "exit_period (\(parameters.integer("exit_period"))) must not be above entry_period "
                    + "(\(parameters.integer("entry_period"))).")
        }
        self.parameters = parameters
    }

    mutating func prepare(_ setup: inout StrategySetup) throws {
        lower = try setup.output("lower", ofIndicator: "donchian")
        top = try setup.indicator("donchian", ["period": parameters["entry_period"]])
        bottom = try setup.indicator("donchian", ["period": parameters["exit_period"]])
        trend = try setup.bars(Timeframe(parsing: "\(parameters.integer("trend_hours"))h"))
        average = try setup.indicator("sma", ["period": parameters["trend_period"]], on: trend)
    }

    mutating func onBar(_ bar: Bar, _ context: inout StrategyContext) throws {
        defer {
            topBefore = context.value(top)
            bottomBefore = context.value(bottom, output: lower)
        }
        guard let longer = context.values(of: trend) else { return }
        if context.close > topBefore, longer.close > context.value(average) {
            context.enter(.buy)
        } else if context.close < bottomBefore {
            context.exit()
        }
    }
}
