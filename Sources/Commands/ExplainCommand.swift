// SPDX-License-Identifier: Apache-2.0

import Backtest
import Configuration
import DataStore
import Engine
import Execution
import Journal
import Live
import MarketData
import Strategies
import Trading

/// `apus explain`: every decision of the strategies with its reasons, from a backtest or from a session's journal.
struct ExplainCommand: Command {
    static let description = CommandDescription(
        path: ["explain"],
        summary: "Say why: every decision of the strategies, taken or not, in words and numbers.",
        details: """
            With a configuration, its backtest is run and explained. With the folder of a journal, the session that it
            holds is run again and explained; decisions are part of what a journal gives back, bit for bit. Only
            strategies that note their decisions have any: the enhanced one does, and your own may.
            """,
        operands: [
            OperandDescription(name: "SOURCE", summary: "a configuration, or the folder of a session's journal")
        ],
        options: OptionDescription.configured + [
            OptionDescription(name: "strategy", value: "NAME", summary: "Only this strategy."),
            OptionDescription(
                name: "kind", value: "KIND",
                summary: "Only this kind: " + DecisionRecord.Kind.allCases.map(\.rawValue).joined(separator: ", ") + "."
            ),
            OptionDescription(name: "feature", value: "NAME", summary: "Only what this feature decided."),
            OptionDescription(name: "order", value: "NUMBER", summary: "Only what belongs to this order."),
            OptionDescription(name: "last", value: "N", summary: "Only the last N."),
            OptionDescription(name: "summary", summary: "Only how often each reason decided."),
            OptionDescription(
                name: "charts",
                summary: "Instead of decisions, what strategies keep of what they measured, as JSON for charts."),
            .json,
        ],
        examples: [
            ("apus explain my.yaml --summary", "How many signals each filter stopped."),
            ("apus explain my.yaml --kind entry --last 20", "Why the last entries were made, or not made."),
            ("apus explain my.yaml --charts --strategy trend", "The histories of its thresholds, regime, profile."),
            ("apus explain apus-journal/main --last 10", "What a running session decided last."),
        ])

    /// Decisions with the names that they are told by.
    private struct Explained {
        var decisions: [DecisionRecord]
        var strategies: [String]
        var symbols: [String]
        /// By strategy.
        var charts: [[ChartSeries]]
        /// By instrument: what its venue does itself.
        var capabilities: [VenueCapabilities]

        /// Who carries out what was decided, where that differs among venues.
        func execution(of decision: DecisionRecord) -> FeatureSupport? {
            guard let instrument = decision.instrument, !decision.features.isEmpty else { return nil }
            return capabilities[instrument.index].support(for: decision.features)
        }
    }

    static func run(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        Interruption.watch()
        let explained =
            try Files.isFolder(arguments.operands[0]) ? journal(arguments, console) : backtest(arguments, console)
        if arguments.has("charts") { return try printCharts(explained, arguments, console) }
        let chosen = try choose(explained, arguments)
        if arguments.has("json") { return printJSON(chosen, explained, console) }
        guard !chosen.isEmpty else {
            return console.print(
                explained.decisions.isEmpty
                    ? "No decisions were noted: no strategy that notes them had anything to decide."
                    : "None of \(counted(Int64(explained.decisions.count), "decision")) is like that.")
        }
        if !arguments.has("summary") { for decision in chosen { printText(decision, explained, console) } }
        printSummary(chosen, console)
    }

    // MARK: Sources

    private static func backtest(
        _ arguments: ParsedArguments, _ console: Console
    ) throws(CommandFailure) -> Explained {
        let (configuration, _) = try BacktestCommand.configuration(arguments, console)
        let assembly = try BacktestAssembly(configuration, console)
        var input = try assembly.input()
        input.keepsDecisions = true
        let (result, _) = try BacktestCommand.runOnce(input, "Backtest", console)
        return Explained(
            decisions: result.decisions, strategies: result.strategyNames,
            symbols: input.account.instruments.map(\.symbol), charts: result.charts,
            capabilities: input.account.instruments.map { _ in .simulated })
    }

    private static func journal(
        _ arguments: ParsedArguments, _ console: Console
    ) throws(CommandFailure) -> Explained {
        var session = try RecordedSession(arguments.operands[0], console)
        var replay = try session.replay()
        replay.keepDecisions()
        var records = 0
        try session.contents.forEach { record, raw throws(CommandFailure) in
            records += 1
            if records % 4096 == 0, console.isInterrupted() { throw .failed("Interrupted.") }
            do { try replay.apply(record, sequence: raw.sequence) } catch { throw .failed(error) }
        }
        return Explained(
            decisions: replay.takeDecisions(), strategies: session.setup.strategies.map(\.name),
            symbols: session.assembly.instruments.map(\.symbol), charts: replay.charts,
            capabilities: session.assembly.capabilities)
    }

    // MARK: Choice

    private static func strategy(
        _ explained: Explained, _ arguments: ParsedArguments
    ) throws(CommandFailure) -> Int? {
        guard let name = arguments.value("strategy") else { return nil }
        guard let index = explained.strategies.firstIndex(where: { $0 == name || $0.hasPrefix("\(name)/") }) else {
            throw .usage("--strategy \(name): there are \(explained.strategies.joined(separator: ", ")).")
        }
        return index
    }

    private static func choose(
        _ explained: Explained, _ arguments: ParsedArguments
    ) throws(CommandFailure) -> [DecisionRecord] {
        var chosen = explained.decisions
        if let index = try strategy(explained, arguments) { chosen.removeAll { $0.strategy?.index != index } }
        if let text = arguments.value("kind") {
            guard let kind = DecisionRecord.Kind(rawValue: text) else {
                throw .usage(
                    "--kind \(text): choose one of "
                        + DecisionRecord.Kind.allCases.map(\.rawValue).joined(separator: ", ") + ".")
            }
            chosen.removeAll { $0.kind != kind }
        }
        if let feature = arguments.value("feature") { chosen.removeAll { $0.feature != feature } }
        if let text = arguments.value("order") {
            guard let number = UInt64(text), number > 0 else {
                throw .usage("--order \(text): name an order's number.")
            }
            chosen.removeAll { $0.order.sequence != number }
        }
        if let count = try arguments.last() { chosen = Array(chosen.suffix(count)) }
        return chosen
    }

    // MARK: Output

    private static func printText(_ decision: DecisionRecord, _ explained: Explained, _ console: Console) {
        let side = decision.side.map { $0 == .buy ? " buy" : " sell" } ?? ""
        let order = decision.order == .none ? "" : " (order \(decision.order.sequence))"
        let feature = decision.feature.isEmpty ? "" : "\(decision.feature): "
        console.print(
            "\(decision.time)  \(symbol(of: decision, explained) ?? "account")  \(decision.kind.rawValue)\(side) "
                + "\(decision.verdict.rawValue)\(order)\n    \(feature)\(decision.reason)")
        for part in decision.parts { console.print("    · \(part.name): \(part.text)") }
        if let execution = explained.execution(of: decision) { console.print("    \(execution.text)") }
        guard !decision.values.isEmpty else { return }
        console.print(
            "    " + decision.values.map { "\($0.name) \(shortText($0.value))" }.joined(separator: ", "))
    }

    private static func symbol(of decision: DecisionRecord, _ explained: Explained) -> String? {
        decision.instrument.map { explained.symbols[$0.index] }
    }

    private static func shortText(_ value: Double) -> String {
        guard value.isFinite, value.magnitude < 1e12 else { return "unknown" }
        let scale = value.magnitude >= 1000 ? 100.0 : 10_000.0
        return "\((value * scale).rounded() / scale)"
    }

    private static func printSummary(_ chosen: [DecisionRecord], _ console: Console) {
        var counts: [[String]: Int] = [:]
        for decision in chosen {
            counts[
                [decision.kind.rawValue, decision.verdict.rawValue, decision.feature.isEmpty ? "–" : decision.feature],
                default: 0] += 1
        }
        var table = TextTable(columns: [
            .init(title: "Decision"), .init(title: "Verdict"), .init(title: "Decided by"),
            .init(title: "Count", isNumber: true),
        ])
        table.rows = counts.sorted { ($1.value, $0.key.joined()) < ($0.value, $1.key.joined()) }
            .map { $0.key + ["\($0.value)"] }
        console.print("\n" + table.text(width: nil))
    }

    private static func printJSON(_ chosen: [DecisionRecord], _ explained: Explained, _ console: Console) {
        console.printJSON(.list(chosen.map { document($0, explained) }))
    }

    private static func printCharts(
        _ explained: Explained, _ arguments: ParsedArguments, _ console: Console
    ) throws(CommandFailure) {
        let chosen = try strategy(explained, arguments)
        let strategies = explained.charts.indices.filter { $0 == chosen ?? $0 && !explained.charts[$0].isEmpty }
        console.printJSON(
            .list(
                strategies.map { index in
                    .object([
                        ("strategy", .text(explained.strategies[index])),
                        ("series", .list(explained.charts[index].map(document))),
                    ])
                }))
    }

    /// Columns of equal length.
    private static func document(_ series: ChartSeries) -> ReportValue {
        var fields: [(name: String, value: ReportValue)] = [
            ("name", .text(series.name)), ("time", .list(series.points.map { .text("\($0.time)") })),
        ]
        if series.points.contains(where: { !$0.state.isEmpty }) {
            fields.append(("state", .list(series.points.map { .text($0.state) })))
        }
        for (place, column) in series.columns.enumerated() {
            let values = series.points.map { point -> ReportValue in
                point.values[place].isFinite ? .number(point.values[place]) : .missing
            }
            fields.append((column, .list(values)))
        }
        return .object(fields)
    }

    private static func document(_ decision: DecisionRecord, _ explained: Explained) -> ReportValue {
        var fields: [(name: String, value: ReportValue)] = [
            ("time", .text("\(decision.time)")),
            ("strategy", .optional(decision.strategy.map { explained.strategies[$0.index] })),
            ("symbol", .optional(symbol(of: decision, explained))),
            ("kind", .text(decision.kind.rawValue)),
            ("verdict", .text(decision.verdict.rawValue)),
        ]
        fields.append(("side", .optional(decision.side.map { $0 == .buy ? "buy" : "sell" })))
        fields.append(("feature", .optional(decision.feature.isEmpty ? nil : decision.feature)))
        fields.append(("reason", .text(decision.reason)))
        fields.append(("parts", .object(decision.parts.map { (name: $0.name, value: .text($0.text)) })))
        let order: ReportValue =
            decision.order == .none ? .missing : .integer(Int64(clamping: decision.order.sequence))
        fields.append(("order", order))
        let values = decision.values.map { value -> (name: String, value: ReportValue) in
            (value.name, value.value.isFinite ? .number(value.value) : .missing)
        }
        fields.append(("values", .object(values)))
        fields.append(("execution", .optional(explained.execution(of: decision)?.text)))
        return .object(fields)
    }
}
