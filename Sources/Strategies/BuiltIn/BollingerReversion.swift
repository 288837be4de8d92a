// SPDX-License-Identifier: Apache-2.0

import Indicators
public import Trading

/// Buys a close back inside the lower band and sells at the middle; where allowed, the mirror of it at the upper band.
public struct BollingerReversion: Strategy {
    public static let definition = StrategyDefinition(
        name: "bollinger", aliases: ["Bollinger", "bollinger_bands"],
        summary: "Trades the return into the Bollinger bands, out at the middle band.",
        parameters: [
            .period(20, atLeast: 2, "Bars in the bands."),
            ParameterDefinition(
                name: "deviations", kind: .number(default: 2, range: 0.1...10),
                summary: "Standard deviations from the middle to each band."),
            .direction,
        ],
        presets: [
            .conservative: ["period": 30, "deviations": 2.5],
            .balanced: ["period": 20, "deviations": 2],
            .aggressive: ["period": 14, "deviations": 1.6],
        ])

    private let parameters: StrategyParameters
    private let goesShort: Bool
    private var bands = IndicatorHandle.none
    private var outputs = (upper: 0, middle: 1, lower: 2)
    private var wasBelow = false
    private var wasAbove = false

    public init(parameters: StrategyParameters) throws {
        self.parameters = parameters
        goesShort = parameters.text("direction") == TradeDirection.both.rawValue
    }

    public mutating func prepare(_ setup: inout StrategySetup) throws {
        bands = try setup.indicator(
            "bollinger", ["period": parameters["period"], "deviations": parameters["deviations"]])
        outputs.upper = try setup.output("upper", ofIndicator: "bollinger")
        outputs.middle = try setup.output("middle", ofIndicator: "bollinger")
        outputs.lower = try setup.output("lower", ofIndicator: "bollinger")
    }

    public mutating func onBar(_ bar: Bar, _ context: inout StrategyContext) throws {
        let close = context.close
        let isBelow = close < context.value(bands, output: outputs.lower)
        let isAbove = close > context.value(bands, output: outputs.upper)
        let middle = context.value(bands, output: outputs.middle)
        defer { (wasBelow, wasAbove) = (isBelow, isAbove) }
        let held = context.position.units
        if wasBelow, !isBelow {
            context.enter(.buy)
        } else if wasAbove, !isAbove, goesShort {
            context.enter(.sell)
        } else if held > 0 ? close >= middle : held < 0 && close <= middle {
            context.exit()
        }
    }
}
