// SPDX-License-Identifier: Apache-2.0

import Backtest
import Engine
import Execution
import Journal
import Live
import Strategies
import Trading

/// One variant of a session, run over its journal: the session as it was, or strategies on paper beside it.
struct SessionLane: Sendable {
    /// What it came to.
    struct Outcome: Sendable {
        var times: [Int64] = []
        /// At the same times, in the base currency; money that came or went is no part of it.
        var equity: [Double] = []
        var startEquity = 0.0
        /// In the order of exit; and what is still open.
        var closed: [RoundTrip] = []
        var open: [RoundTrip] = []
        var decisions: [DecisionRecord] = []
        var resultHash = ""
        var bars = 0
        var strategies: [String] = []
        /// Those that never had enough bars.
        var coldStrategies: [String] = []
    }

    let path: String
    /// The last record that counts.
    let end: UInt64
    let setup: DecisionSetup
    /// Whether it is the session as it was, with the reports that it got.
    let isSession: Bool
    let keepsDecisions: Bool
    /// By the strategies of `setup`.
    let traps: [StrategyTrap]

    /// - Parameter progress: Told the share that is done; returning false ends it.
    func run(_ progress: (Double) -> Bool) throws(CommandFailure) -> Outcome {
        try isSession ? session(progress) : paper(progress)
    }

    private func session(_ progress: (Double) -> Bool) throws(CommandFailure) -> Outcome {
        var tally = Tally(setup)
        var replay: Replay
        do { replay = try Replay(setup, traps: traps) } catch { throw .failed(error) }
        if keepsDecisions { replay.keepDecisions() }
        try read(progress) { record, sequence throws(StrategyError) in
            tally.before(record, replay.core)
            try replay.apply(record, sequence: sequence)
            tally.after(record, replay.core)
        }
        return tally.outcome(of: replay.core, decisions: replay.takeDecisions())
    }

    private func paper(_ progress: (Double) -> Bool) throws(CommandFailure) -> Outcome {
        var tally = Tally(setup)
        var paper: PaperRun
        do { paper = try PaperRun(setup, traps: traps) } catch { throw .failed(error) }
        if keepsDecisions { paper.keepDecisions() }
        try read(progress) { record, sequence throws(StrategyError) in
            tally.before(record, paper.core)
            try paper.apply(record, sequence: sequence)
            tally.after(record, paper.core)
        }
        return tally.outcome(of: paper.core, decisions: paper.takeDecisions())
    }

    private func read(
        _ progress: (Double) -> Bool, _ body: (SessionRecord, UInt64) throws(StrategyError) -> Void
    ) throws(CommandFailure) {
        var contents = try JournalContents(lookingAt: path)
        try contents.forEach { record, raw throws(CommandFailure) in
            // What was written since belongs to a later look.
            guard raw.sequence <= end else { return }
            if raw.sequence % 1024 == 0, !progress(Double(raw.sequence) / Double(max(1, end))) {
                throw BacktestCommand.interrupted
            }
            do { try body(record, raw.sequence) } catch { throw .failed(error) }
        }
    }

    /// What is noted on the way.
    private struct Tally {
        private var outcome = Outcome()
        private var hasBegun = false
        private var transferred = 0.0

        init(_ setup: DecisionSetup) { outcome.strategies = setup.strategies.map(\.name) }

        mutating func before(_ record: SessionRecord, _ core: borrowing DecisionCore) {
            guard case .input(.instant(let instant)) = record, !hasBegun else { return }
            hasBegun = true
            let engine = core.engine.account
            let exact = try? engine.equity(prices: core.engine.lastPrices, at: instant.close)
            outcome.startEquity = exact?.approximation ?? core.equity
        }

        mutating func after(_ record: SessionRecord, _ core: borrowing DecisionCore) {
            switch record {
            case .input(.instant(let instant)):
                outcome.bars += instant.bars.count
                outcome.times.append(instant.close.nanoseconds)
                outcome.equity.append(core.equity - transferred)
            case .input(.report(let report, _)) where hasBegun:
                guard case .transfer(let payment) = report else { return }
                let worth = try? core.engine.account.value(
                    payment.amount, of: payment.asset, prices: core.engine.lastPrices, at: payment.time)
                transferred += worth?.approximation ?? 0
            default: break
            }
        }

        func outcome(of core: borrowing DecisionCore, decisions: [DecisionRecord]) -> Outcome {
            var outcome = outcome
            let description = core.engine.account.description
            let trips = RoundTrip.collect(
                core.engine.fills, funding: core.engine.funding, strategyCount: description.strategyCount,
                instruments: description.instruments)
            outcome.closed = trips.closed
            outcome.open = trips.open
            outcome.decisions = decisions
            outcome.resultHash = core.engine.resultHash.text
            outcome.coldStrategies = zip(outcome.strategies, core.engine.warmStrategies).filter { !$0.1 }.map(\.0)
            return outcome
        }
    }
}
