// SPDX-License-Identifier: Apache-2.0

import Indicators
public import Trading

/// Lets RSI, MACD, Bollinger position and trend vote, and trades when enough of them agree.
///
/// Each votes +1, 0 or −1: trend (close against its average), MACD histogram's sign, RSI above or below 50, and the close's
/// half of the Bollinger bands. It enters at `votes_needed` one way and leaves when the sum turns against the position.
public struct MultiIndicator: Strategy {
    public static let definition = StrategyDefinition(
        name: "multi_indicator", aliases: ["multi", "multi-indicator", "MultiIndicator"],
        summary: "Trades when trend, MACD, RSI and Bollinger position agree.",
        parameters: [
            .period(50, name: "trend_period", "Bars in the trend average."),
            .period(14, name: "rsi_period", atLeast: 2, "Bars in the RSI."),
            .period(8, name: "fast_period", "Bars in MACD's fast average."),
            .period(21, name: "slow_period", "Bars in MACD's slow average."),
            .period(5, name: "signal_period", "MACD values in its signal line."),
            .period(20, name: "band_period", atLeast: 2, "Bars in the Bollinger bands."),
            ParameterDefinition(
                name: "votes_needed", kind: .integer(default: 3, range: 1...4), summary: "Votes of four to enter."),
            .direction,
        ],
        presets: [
            .conservative: ["votes_needed": 4, "trend_period": 100],
            .balanced: ["votes_needed": 3, "trend_period": 50],
            .aggressive: ["votes_needed": 2, "trend_period": 20],
        ])

    private let parameters: StrategyParameters
    private let votesNeeded: Int
    private let goesShort: Bool
    private var trend = IndicatorHandle.none
    private var rsi = IndicatorHandle.none
    private var macd = IndicatorHandle.none
    private var bands = IndicatorHandle.none
    private var histogram = 2
    private var middle = 1

    public init(parameters: StrategyParameters) throws {
        self.parameters = parameters
        votesNeeded = parameters.integer("votes_needed")
        goesShort = parameters.text("direction") == TradeDirection.both.rawValue
        try parameters.requireFastBelowSlow(Self.definition.name)
    }

    public mutating func prepare(_ setup: inout StrategySetup) throws {
        trend = try setup.indicator("ema", ["period": parameters["trend_period"]])
        rsi = try setup.indicator("rsi", ["period": parameters["rsi_period"]])
        macd = try setup.indicator(
            "macd",
            [
                "fast_period": parameters["fast_period"], "slow_period": parameters["slow_period"],
                "signal_period": parameters["signal_period"],
            ])
        bands = try setup.indicator("bollinger", ["period": parameters["band_period"]])
        histogram = try setup.output("histogram", ofIndicator: "macd")
        middle = try setup.output("middle", ofIndicator: "bollinger")
    }

    public mutating func onBar(_ bar: Bar, _ context: inout StrategyContext) throws {
        let close = context.close
        func vote(_ difference: Double) -> Int { difference > 0 ? 1 : (difference < 0 ? -1 : 0) }
        let votes =
            vote(close - context.value(trend)) + vote(context.value(macd, output: histogram))
            + vote(context.value(rsi) - 50) + vote(close - context.value(bands, output: middle))
        let held = context.position.units
        if votes >= votesNeeded {
            context.enter(.buy)
        } else if votes <= -votesNeeded, goesShort {
            context.enter(.sell)
        } else if held > 0 ? votes < 0 : held < 0 && votes > 0 {
            context.exit()
        }
    }
}
