// SPDX-License-Identifier: Apache-2.0

import Engine
import Journal
import Live
import MarketData
import Strategies
import Trading

/// `apus compare`: a session beside the backtester on the same bars.
struct CompareCommand: Command {
    static let description = CommandDescription(
        path: ["compare"],
        summary: "Put a session beside a backtest of the same bars, and explain the differences.",
        details: """
            The bars that the session traded on are run through the backtester, with the simulation settings of its
            configuration and the balances it began with. Compared are the orders decided on, the fills, the costs and the
            result. A paper session gives no difference at all.
            """,
        operands: [OperandDescription(name: "JOURNAL", summary: "the folder of a session's journal")],
        options: [.json],
        examples: [
            ("apus compare apus-journal/main", "How far the session is from what the backtester would have done.")
        ])

    static func run(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        let path = arguments.operands[0]
        var session = try RecordedSession(path, console)
        var paper = session.setup
        paper.deposits = try session.balancesAtStart()
        paper.simulation = session.assembly.trading.simulationSettings()
        var comparison: SessionComparison
        do {
            comparison = try SessionComparison(session.setup, paper: paper, traps: session.traps)
        } catch { throw .failed(error) }
        try session.contents.forEach { record, raw throws(CommandFailure) in
            do { try comparison.apply(record, sequence: raw.sequence) } catch { throw .failed(error) }
        }
        guard comparison.isStarted else {
            throw .failed("The session has not closed a bar yet, so there is nothing to compare.")
        }
        let result = ComparisonResult(
            pairs: comparison.pairs(), totals: comparison.totals(), priceDifference: comparison.priceDifference(),
            staleInstants: comparison.staleInstants)
        try result.keep(in: path, of: session.start, console)
        if arguments.has("json") { return console.printJSON(result.value) }
        console.print(result.text(session.assembly))
    }
}

struct ComparisonResult {
    let pairs:
        (
            both: [SessionComparison.Pair], onlySession: [(SessionComparison.Signal, SessionComparison.Outcome)],
            onlyBacktest: [(SessionComparison.Signal, SessionComparison.Outcome)]
        )
    let totals: (session: SessionComparison.Totals, backtest: SessionComparison.Totals)
    let priceDifference: Amount
    let staleInstants: Int

    private var filledOnOneSide: Int {
        pairs.both.count { ($0.session.quantity == .zero) != ($0.backtest.quantity == .zero) }
    }
    private var profitDifference: Amount? {
        guard let one = totals.session.profit, let two = totals.backtest.profit else { return nil }
        return one - two
    }
    private var feeDifference: Amount { totals.session.fees - totals.backtest.fees }
    private var fundingDifference: Amount { totals.session.funding - totals.backtest.funding }

    private var isSame: Bool {
        profitDifference == .zero && pairs.onlySession.isEmpty && pairs.onlyBacktest.isEmpty
            && pairs.both.allSatisfy { $0.session == $0.backtest }
    }

    /// Adds the difference to the session's summary, for `apus promote`.
    func keep(in journal: String, of start: SessionStart, _ console: Console) throws(CommandFailure) {
        guard let difference = profitDifference, let equity = totals.session.startEquity, equity > .zero,
            let share = difference.units.multiplied(by: Int128(Rate.one), dividedBy: equity.units)
        else { return }
        _ = try SessionSummaryFile.add(
            difference: Rate(units: Int64(clamping: share)), journal: journal, start: start.startedAt,
            mode: start.mode, console)
    }

    func text(_ assembly: TradeAssembly) -> String {
        func row(_ name: String, _ one: String, _ two: String) -> String {
            [name, one, two].enumerated().map { index, text in
                let width = index == 0 ? 18 : 26
                return index == 2 ? text : text + String(repeating: " ", count: max(1, width - text.count))
            }.joined()
        }
        var lines = [
            row("", "session", "backtest"),
            row("orders", "\(totals.session.orders)", "\(totals.backtest.orders)"),
            row("fills", "\(totals.session.fills)", "\(totals.backtest.fills)"),
            row("fees", totals.session.fees.written, totals.backtest.fees.written),
            row("funding", totals.session.funding.written, totals.backtest.funding.written),
            row(
                "profit", totals.session.profit.written, totals.backtest.profit.written), "",
        ]
        if isSame {
            return
                (lines + ["No difference: \(counted(Int64(pairs.both.count), "order")) on both sides, filled alike."])
                .joined(separator: "\n")
        }
        if let difference = profitDifference {
            lines.append(
                "Profit differs by \(difference.written): fees \((-feeDifference).written), funding "
                    + "\((-fundingDifference).written), prices of what both"
            )
            lines.append(
                "traded \((-priceDifference).written), the rest "
                    + "\((difference + feeDifference + fundingDifference + priceDifference).written) from orders that only "
                    + "one side filled.")
        }
        lines.append(
            "\(counted(Int64(pairs.both.count), "order")) on both sides, \(filledOnOneSide) of them filled on one side only; "
                + "\(pairs.onlySession.count) only in the session, \(pairs.onlyBacktest.count) only in the backtest.")
        if staleInstants > 0 {
            lines.append("\(counted(Int64(staleInstants), "instant")) came too late to be acted on.")
        }
        lines += explanations(assembly)
        return lines.joined(separator: "\n")
    }

    private func explanations(_ assembly: TradeAssembly) -> [String] {
        func name(_ signal: SessionComparison.Signal) -> String {
            "\(signal.time) \(signal.side) \(assembly.instruments[signal.instrument.index].symbol) \(signal.type)"
        }
        var lines: [String] = []
        for pair in pairs.both where (pair.session.quantity == .zero) != (pair.backtest.quantity == .zero) {
            let isMissing = pair.session.quantity == .zero
            let reason = isMissing ? pair.session.reason : pair.backtest.reason
            lines.append(
                "  \(name(pair.signal)): filled only in the \(isMissing ? "backtest" : "session")"
                    + (reason.isEmpty ? "" : " (\(reason))"))
        }
        for (signal, outcome) in pairs.onlySession {
            lines.append("  \(name(signal)): only the session" + (outcome.reason.isEmpty ? "" : " (\(outcome.reason))"))
        }
        for (signal, outcome) in pairs.onlyBacktest {
            lines.append(
                "  \(name(signal)): only the backtest" + (outcome.reason.isEmpty ? "" : " (\(outcome.reason))"))
        }
        let shown = 20
        if lines.count > shown {
            let rest = lines.count - shown
            lines = Array(lines.prefix(shown)) + ["  … and \(rest) more (--json lists all)"]
        }
        return lines
    }

    var value: ReportValue {
        func side(_ totals: SessionComparison.Totals) -> ReportValue {
            .object([
                ("orders", .count(totals.orders)), ("fills", .count(totals.fills)), ("fees", .text("\(totals.fees)")),
                ("funding", .text("\(totals.funding)")),
                ("profit", totals.profit.map { .text("\($0)") } ?? .missing),
            ])
        }
        func list(_ orders: [(SessionComparison.Signal, SessionComparison.Outcome)]) -> ReportValue {
            .list(
                orders.map { signal, outcome in
                    .object([
                        ("time", .text("\(signal.time)")), ("side", .text("\(signal.side)")),
                        ("type", .text("\(signal.type)")), ("instrument", .count(signal.instrument.index)),
                        ("reason", .text(outcome.reason)),
                    ])
                })
        }
        return .object([
            ("session", side(totals.session)), ("backtest", side(totals.backtest)),
            ("profit_difference", profitDifference.map { .text("\($0)") } ?? .missing),
            ("fee_difference", .text("\(feeDifference)")), ("funding_difference", .text("\(fundingDifference)")),
            ("price_difference", .text("\(priceDifference)")), ("orders_on_both_sides", .count(pairs.both.count)),
            ("filled_on_one_side", .count(filledOnOneSide)), ("only_session", list(pairs.onlySession)),
            ("only_backtest", list(pairs.onlyBacktest)), ("stale_instants", .count(staleInstants)),
        ])
    }
}
