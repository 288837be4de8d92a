// SPDX-License-Identifier: Apache-2.0

import Configuration
import Glibc
import Live
import Networking
import Promotion
import Trading
import VenueInterface

/// Writes what a session came to beside its journal, where `apus promote` reads it: now and then while it runs, and at
/// its end. A journal that several starts went on with is one session.
struct SessionEvidence {
    let configuration: ApusConfiguration
    let fingerprint: String
    let mode: SessionMode
    /// Of the journal.
    let start: Timestamp
    let program: String
    let console: Console

    /// - Parameter findings: Those that nobody has resolved.
    func keep(_ report: SessionReport, findings: Int, isOver: Bool) throws(CommandFailure) {
        guard let startEquity = report.startEquity, let endEquity = report.equity, let profit = report.profit,
            let stage = TradingStage(rawValue: mode.rawValue)
        else { return }
        let end = max(EventLoop.now.wall, start)
        let ending: SessionSummary.Ending
        switch report.state {
        case .halted: ending = .halted
        case _ where isOver: ending = .stopped
        default: ending = .running
        }
        let summary = SessionSummary(
            instance: configuration.live.instance, stage: stage, fingerprint: fingerprint, program: program,
            start: start, end: end,
            uptime: min(report.measures.uptime, TimeSpan(nanoseconds: end.nanoseconds - start.nanoseconds)),
            ending: ending,
            baseCurrency: configuration.account.baseCurrency, startEquity: startEquity, endEquity: endEquity,
            profit: profit, fees: report.fees, funding: report.funding,
            maximumDrawdown: report.measures.maximumDrawdown, orders: Int64(report.orders),
            fills: Int64(report.fills), roundTrips: Int64(report.roundTrips), unresolvedFindings: Int64(findings))
        try ResultFile.write(
            summary.encoded(), to: "\(configuration.live.summaryFolder)/\(summary.fileName)", console)
    }
}

/// The summary that a session left, found by its journal.
enum SessionSummaryFile {
    /// Adds how far the session was from a backtest; without a summary nothing happens.
    ///
    /// - Returns: Whether there was one.
    static func add(
        difference: Rate, journal: String, start: Timestamp, mode: SessionMode, _ console: Console
    ) throws(CommandFailure) -> Bool {
        guard let stage = TradingStage(rawValue: mode.rawValue) else { return false }
        var folder = journal[...]
        while folder.count > 1, folder.last == "/" { folder.removeLast() }
        let path = "\(folder).sessions/\(SessionSummary.fileName(start: start, stage: stage))"
        guard access(path, F_OK) == 0 else { return false }
        let bytes = try PromoteCommand.bytes(of: path)
        var summary: SessionSummary
        do throws(SummaryError) { summary = try SessionSummary(decoding: bytes) } catch {
            throw .failed("\(path) is no summary of a session: \(error).")
        }
        summary.backtestDifference = difference
        try ResultFile.write(summary.encoded(), to: path, console)
        return true
    }
}
