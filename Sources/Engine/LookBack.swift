// SPDX-License-Identifier: Apache-2.0

package import Indicators
public import MarketData
import Strategies
public import Trading

extension Engine {
    /// How much of an instrument's past is loaded before anything acts on it, and stays in memory.
    public func retention(of instrument: InstrumentID) -> RetentionPolicy { retentions[instrument.index] }

    /// By instrument, from what the strategies declared.
    static func retentions(_ context: borrowing StrategyContext, instruments: Int) -> [RetentionPolicy] {
        var declared: [[TimeSpan]] = Array(repeating: [], count: instruments)
        for (strategy, detail) in context.details.enumerated() {
            let own = context.slots[strategy].ownSeries
            var demand = TimeSpan.zero
            func ask(_ bars: Int, of series: Int) {
                // One bar more: the first is dropped where the data begins in its middle.
                let most = RetentionPolicy.longestLookBack
                let length = context.series[series].timeframe.nanoseconds
                let fits = Int64(clamping: bars) < most.nanoseconds / length
                demand = max(demand, fits ? TimeSpan(nanoseconds: length * Int64(bars + 1)) : most)
            }
            if detail.requests.waitBars > 0 { ask(detail.requests.waitBars, of: own) }
            for node in detail.requests.indicators {
                ask(context.nodes[node].instance.barsNeeded, of: context.nodes[node].series)
            }
            let lookBack = detail.requests.lookBack ?? RetentionPolicy.defaultLookBack
            declared[context.slots[strategy].instrument.index].append(max(lookBack, demand))
        }
        return declared.map { RetentionPolicy(declaredLookBacks: $0) }
    }
}

extension IndicatorInstance {
    /// Bars without which it cannot say what its windows say.
    package var barsNeeded: Int {
        let windows = definition.parameters.compactMap { parameter -> Int? in
            guard case .integer = parameter.kind, parameter.name.hasSuffix("period") else { return nil }
            return parameters.integer(parameter.name)
        }
        return max(firstOutput, windows.max() ?? 0)
    }
}
