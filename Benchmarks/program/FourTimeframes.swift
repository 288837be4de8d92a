// SPDX-License-Identifier: Apache-2.0

import CBenchAllocations
import Indicators
import Strategies
import Trading

/// EMA, RSI and ATR on bars of 1, 5, 15 and 60 minutes; long while most of the trends agree.
struct FourTimeframes: Strategy {
    static let definition = StrategyDefinition(
        name: "bench_four_timeframes", summary: "Three indicators on each of four timeframes.", parameters: [])

    /// The indicators of one timeframe, and the side of its average that the last close was on.
    private struct Frame {
        var series = SeriesHandle.none
        var average = IndicatorHandle.none
        var strength = IndicatorHandle.none
        var range = IndicatorHandle.none
        var isRising = false

        mutating func look(_ close: Double, _ context: inout StrategyContext) {
            let margin = context.value(range) * 0.1
            if close > context.value(average) + margin, context.value(strength) > 50 { isRising = true }
            if close < context.value(average) - margin, context.value(strength) < 50 { isRising = false }
        }
    }
    private var own = Frame()
    private var longer: [Frame] = []

    init(parameters: StrategyParameters) {}

    mutating func prepare(_ setup: inout StrategySetup) throws {
        own = try frame(setup.own, &setup)
        for timeframe in [Timeframe.fiveMinutes, .fifteenMinutes, .oneHour] {
            longer.append(try frame(try setup.bars(timeframe), &setup))
        }
    }

    private func frame(_ series: SeriesHandle, _ setup: inout StrategySetup) throws -> Frame {
        Frame(
            series: series, average: try setup.indicator("ema", ["period": 20], on: series),
            strength: try setup.indicator("rsi", ["period": 14], on: series),
            range: try setup.indicator("atr", ["period": 14], on: series))
    }

    mutating func onBar(_ bar: Bar, of series: SeriesHandle, _ context: inout StrategyContext) throws {
        guard let place = longer.firstIndex(where: { $0.series == series }),
            let close = context.values(of: series)?.close
        else { return }
        longer[place].look(close, &context)
    }

    mutating func onBar(_ bar: Bar, _ context: inout StrategyContext) throws {
        allocation_count_bar()
        own.look(context.close, &context)
        var votes = own.isRising ? 1 : 0
        for index in longer.indices where longer[index].isRising { votes += 1 }
        if votes >= 3 { context.enter(.buy) } else if votes <= 1 { context.exit() }
    }
}
