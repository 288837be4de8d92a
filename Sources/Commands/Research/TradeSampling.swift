// SPDX-License-Identifier: Apache-2.0

import Backtest
import Execution
import Reports
import Statistics
import Strategies
import Trading

/// Round trips of a run as statistics take them: in the base currency.
struct TradeSampling: Sendable {
    let instruments: [Instrument]
    let valuation: BacktestValuation

    /// An amount that an instrument settled, in the base currency at that time. What no price values was nothing: a run
    /// whose account ends with such an asset fails.
    func inBase(_ amount: Amount, of instrument: InstrumentID, at time: Timestamp) -> Amount {
        valuation.value(amount, of: instruments[instrument.index].settlement, at: time) ?? .zero
    }

    func trips(of result: BacktestResult) -> (closed: [RoundTrip], open: [RoundTrip]) {
        RoundTrip.collect(
            result.fills, funding: result.funding, strategyCount: result.strategyNames.count, instruments: instruments)
    }

    func sample(_ trip: RoundTrip) -> TradeSample {
        func inBase(_ amount: Amount) -> Double {
            self.inBase(amount, of: trip.instrument, at: trip.exitTime).approximation
        }
        return TradeSample(
            strategy: Int32(trip.strategy.index), symbol: Int32(trip.instrument.index),
            exitReason: Int32(trip.exitReason.rawValue), isLong: trip.isLong, entryTime: trip.entryTime.nanoseconds,
            exitTime: trip.exitTime.nanoseconds, profit: inBase(trip.profit), fees: inBase(trip.fees),
            slippage: inBase(trip.slippage), funding: inBase(trip.funding))
    }

    /// The trades of a run, split every way there is.
    ///
    /// - Parameter samples: Of the closed trips.
    func breakdown(
        _ trips: (closed: [RoundTrip], open: [RoundTrip]), _ samples: [TradeSample], _ decisions: [DecisionRecord],
        strategies: [String], from: Int64, to: Int64
    ) -> TradeBreakdown {
        TradeBreakdown(
            trades: TradeAnalysis(
                trades: samples, openSince: trips.open.map(\.entryTime.nanoseconds), from: from, to: to),
            names: BacktestReport.Names(
                strategies: strategies, symbols: instruments.map(\.symbol),
                exitReasons: FillReason.allCases.map(\.text)),
            decisionSplits: DecisionSplits(
                decisions, trips: trips.closed, samples: samples, strategyCount: strategies.count
            ).splits)
    }
}
