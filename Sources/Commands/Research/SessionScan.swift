// SPDX-License-Identifier: Apache-2.0

import Journal
import Live
import MarketData
import Strategies
import Trading

/// What a session took in until now, looked at once: how far its journal goes, and the bars that came.
///
/// The journal may be growing while it is read. Everything that is concluded from it ends at the last whole record that
/// was there, for all variants alike.
struct SessionScan {
    /// The last record that counts.
    private(set) var end: UInt64 = 0
    private(set) var instants = 0
    private(set) var staleInstants = 0
    /// When the first bars that the strategies acted on opened, and the last ones closed.
    private(set) var from = Timestamp.distantFuture
    private(set) var to = Timestamp.distantPast
    /// Things that were asked of the session by hand.
    private(set) var requests = 0
    /// Orders that the checks before the trade stopped.
    private(set) var denied = 0
    private(set) var restarts = 0
    /// See `Replay`.
    private(set) var traps: [StrategyTrap] = []
    /// Since the session began, by instrument.
    private(set) var series: [BarSeries] = []

    init(_ session: RecordedSession, _ console: Console) throws(CommandFailure) {
        var contents = try JournalContents(lookingAt: session.path)
        let setup = session.setup
        var bars: [[Bar]] = setup.feeds.map { _ in [] }
        func keep(_ more: [InstrumentBar]) {
            for bar in more where bar.instrument.index < bars.count {
                guard bars[bar.instrument.index].last.map({ $0.openTime < bar.bar.openTime }) ?? true else { continue }
                bars[bar.instrument.index].append(bar.bar)
            }
        }
        var records = 0
        try contents.forEach { record, raw throws(CommandFailure) in
            records += 1
            if records % 4096 == 0, console.isInterrupted() { throw BacktestCommand.interrupted }
            end = raw.sequence
            switch record {
            case .input(.instant(let instant)):
                instants += 1
                if !instant.acts { staleInstants += 1 }
                for bar in instant.bars { from = min(from, bar.bar.openTime) }
                to = max(to, instant.close)
                keep(instant.bars)
            // After a restart the bars in between come as history.
            case .input(.history(_, let more)) where instants > 0: keep(more)
            case .operatorRequest(.stop): break
            case .operatorRequest: requests += 1
            case .input(.command(let command, _)) where command != .resumeTrading: requests += 1
            case .denied: denied += 1
            case .resumed: restarts += 1
            case .trapped(let trap): traps.append(trap)
            default: break
            }
        }
        for (index, instrument) in setup.account.instruments.enumerated() {
            do {
                series.append(
                    try BarSeries(
                        bars[index], timeframe: setup.feeds[index]?.timeframe ?? .oneMinute,
                        priceDecimals: instrument.priceDecimals,
                        quantityDecimals: setup.feeds[index]?.quantityDecimals ?? instrument.quantityDecimals))
            } catch { throw .failed("\(session.path): the bars of \(instrument.symbol) cannot be used: \(error)") }
        }
    }

    /// The markets with what the session saw of them.
    func markets(_ assembly: TradeAssembly) -> [BacktestAssembly.Market] {
        zip(assembly.trading.markets, series).map { market, series in
            BacktestAssembly.Market(
                resolved: market.resolved, instrument: market.instrument, series: series,
                check: SeriesCheck.report(on: series), funding: [], detail: nil, origin: "the session")
        }
    }
}
