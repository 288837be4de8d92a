// SPDX-License-Identifier: Apache-2.0

import Engine
import Indicators
import MarketData
import Strategies
import Trading

extension BacktestRun {
    /// Finds a strategy that the data is too short for: an indicator's window, or its own wait, is longer than the bars
    /// there are, so that it could never say anything, or nothing that its window says.
    ///
    /// - Throws: `BacktestError.strategy`, naming the strategy, what it asks for, and how many bars there are.
    public mutating func checkDemands() throws(BacktestError) {
        for (strategy, detail) in engine.context.details.enumerated() {
            let own = engine.context.slots[strategy].ownSeries
            let wait = detail.requests.waitBars
            if wait > barCount(own) { throw tooShort(detail.name, "it waits for \(wait) bars", own) }
            for node in detail.requests.indicators {
                let (instance, series) = (engine.context.nodes[node].instance, engine.context.nodes[node].series)
                let needed = instance.barsNeeded
                guard needed > barCount(series) else { continue }
                throw tooShort(detail.name, "\(instance.key) needs \(needed) bars", series)
            }
        }
    }

    /// The bars that a series will have when the data ends.
    private mutating func barCount(_ series: Int) -> Int {
        let state = engine.context.series[series]
        guard let feed = input.feeds[state.instrument.index] else { return 0 }
        return feed.count / Int(state.timeframe.nanoseconds / feed.timeframe.nanoseconds)
    }

    private mutating func tooShort(_ strategy: String, _ demand: String, _ series: Int) -> BacktestError {
        let state = engine.context.series[series]
        let symbol = input.account.instruments[state.instrument.index].symbol
        return .strategy(
            .incompatible(
                strategy: strategy,
                reason: "\(demand), and there are only \(barCount(series)) bars of \(symbol) in \(state.timeframe). "
                    + "Use more data, a shorter timeframe or smaller periods"))
    }
}
