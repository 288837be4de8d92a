// SPDX-License-Identifier: Apache-2.0

import Control
import Logging
import Trading

/// `apus control`: asks or tells a running session.
struct ControlCommand: Command {
    static let description = CommandDescription(
        path: ["control"],
        summary: "Ask a running session how it is doing, or tell it to pause, stop or cancel everything.",
        details: """
            status    how it is doing
            findings  differences and violations that somebody should look at
            pause     open nothing new; stops and targets stay
            resume    go on, after a pause, a halt or a look at what made it pause by itself
            enable    switch a feature of the strategies, or a whole strategy, on, with --feature NAME
            disable   switch it off
            observe   take --value NUMBER as what --series NAME of the configuration's external is from now on
            drain     open nothing new, and end when all positions are closed
            stop      end in order, as live.shutdown says
            kill      cancel all orders but stops and targets; with --flatten those too, and close all positions

            Only the user who started the session can speak to it.
            """,
        operands: [OperandDescription(name: "ACTION", summary: "One of the words above.")],
        options: [
            OptionDescription(
                name: "name", value: "INSTANCE",
                summary: "The session, by live.instance; not needed while only one runs."),
            OptionDescription(
                name: "socket", value: "PATH",
                summary: "The session, by its socket, where live.control_socket names one."),
            OptionDescription(name: "feature", value: "NAME", summary: "With enable and disable: which one."),
            OptionDescription(name: "series", value: "NAME", summary: "With observe: which one."),
            OptionDescription(name: "value", value: "NUMBER", summary: "With observe: its value."),
            OptionDescription(name: "flatten", summary: "With kill: close all positions too."),
            OptionDescription(name: "yes", summary: "Do not ask before kill."),
            .json,
        ],
        examples: [
            ("apus control status", "How the only session that runs is doing."),
            ("apus control pause --name btc-trend", "Open nothing new there."),
            ("apus control disable --feature volume_profile", "Trade on without the volume profile."),
            ("apus control kill --flatten --yes", "Cancel all orders and close all positions, now."),
        ])

    static func run(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        let request = try request(arguments)
        let path = try path(arguments)
        if case .kill(let flatten) = request, !arguments.has("yes") {
            let effect =
                flatten
                ? "cancels all orders and closes all positions at market" : "cancels all orders but stops and targets"
            guard let answer = console.ask("This \(effect) of the session at \(path). Type yes to go on: ") else {
                throw .usage("Nobody is there to confirm it: add --yes.")
            }
            guard answer == "yes" else { throw .failed("Nothing was done: the answer was not yes.") }
        }
        let answer: ControlAnswer
        do throws(ControlError) {
            answer = try ControlClient.ask(request, at: path)
        } catch {
            let isUncertain =
                switch error {
                case .timedOut, .closed, .malformed: request != .status && request != .findings
                default: false
                }
            throw .failed("\(error)" + (isUncertain ? " Whether '\(request.name)' was done is not known." : ""))
        }
        if case .refused(let reason) = answer { throw .failed("Not done: \(reason).") }
        if arguments.has("json") {
            console.print(String(decoding: ControlProtocol.encode(answer).dropLast(), as: UTF8.self))
        } else {
            console.print(text(answer))
        }
    }

    private static func request(_ arguments: ParsedArguments) throws(CommandFailure) -> ControlRequest {
        let known: [ControlRequest] = [
            .status, .findings, .pause, .resume, .drain, .stop, .kill(flatten: arguments.has("flatten")),
            .feature(arguments.value("feature") ?? "", isOn: true),
            .feature(arguments.value("feature") ?? "", isOn: false),
            .observe(series: arguments.value("series") ?? "", value: Double(arguments.value("value") ?? "") ?? .nan),
        ]
        let word = arguments.operands[0]
        guard let request = known.first(where: { $0.name == word }) else {
            let near = nearest(word, among: known.map(\.name)).map { " Did you mean '\($0)'?" } ?? ""
            throw .usage("There is no action '\(word.prefix(60))'.\(near)")
        }
        if case .feature(let name, _) = request, name.isEmpty {
            throw .usage("'\(word)' needs --feature NAME; `apus strategies list enhanced` has their names.")
        }
        if case .observe(let series, let value) = request {
            guard !series.isEmpty, value.isFinite else {
                throw .usage("'observe' needs --series NAME and --value NUMBER.")
            }
        } else if arguments.has("series") || arguments.has("value") {
            throw .usage("--series and --value go with observe alone.")
        }
        if arguments.has("feature"), request.name != "enable", request.name != "disable" {
            throw .usage("--feature goes with enable and disable alone.")
        }
        if arguments.has("flatten"), request.name != "kill" { throw .usage("--flatten goes with kill alone.") }
        return request
    }

    private static func path(_ arguments: ParsedArguments) throws(CommandFailure) -> String {
        if let path = arguments.value("socket") {
            if arguments.has("name") { throw .usage("Give either --socket or --name.") }
            return path
        }
        let running = ControlSocket.running()
        if let name = arguments.value("name") {
            guard !name.isEmpty, !name.contains("/") else {
                throw .usage("'\(name.prefix(60))' is no instance's name.")
            }
            guard running.contains(name) else {
                let others = running.isEmpty ? "" : " Running are \(running.joined(separator: ", "))."
                throw .failed("No session '\(name)' is running in \(ControlSocket.defaultFolder()).\(others)")
            }
            return ControlSocket.path(instance: name)
        }
        guard let only = running.first else {
            throw .failed(
                "No session is running in \(ControlSocket.defaultFolder()). Where its configuration has "
                    + "live.control_socket, name it with --socket.")
        }
        guard running.count == 1 else {
            throw .usage(
                "Several sessions are running: say which with --name \(running.joined(separator: ", --name ")).")
        }
        return ControlSocket.path(instance: only)
    }

    // MARK: - For people

    static func text(_ answer: ControlAnswer) -> String {
        switch answer {
        case .done(let text), .refused(let text): text
        case .status(let status): text(status)
        case .findings(let findings) where findings.isEmpty: "There are no findings."
        case .findings(let findings):
            findings.map { "\($0.time) \($0.component): \($0.text)\($0.isResolved ? " (resolved)" : "")" }
                .joined(separator: "\n")
        }
    }

    private static func text(_ execution: ControlStatus.Execution) -> String {
        let who = execution.kind == "emulated" ? " by the \(execution.actor)" : ""
        return execution.kind + who + (execution.note.isEmpty ? "" : ": \(execution.note)")
    }

    private static func text(_ portfolio: ControlStatus.Portfolio) -> [String] {
        func rounded(_ value: Double, _ factor: Double) -> String { "\((value * factor).rounded() / 100)" }
        func share(_ value: Double?) -> String { value.map { rounded($0, 1e4) + " %" } ?? "not measured" }
        let ratio = portfolio.diversificationRatio.map { rounded($0, 100) } ?? "not measured"
        var lines = [
            "  portfolio    value at risk \(share(portfolio.valueAtRisk)), expected shortfall "
                + "\(share(portfolio.expectedShortfall)) (\(portfolio.method), \(share(portfolio.confidence)) over "
                + "\(portfolio.hours) hours)",
            "      gross exposure \(share(portfolio.grossExposure)), diversification ratio \(ratio), as of "
                + "\(portfolio.time)",
        ]
        lines += portfolio.breaches.map { "      passed: \($0)" }
        lines += portfolio.correlations.prefix(45).map { pair in
            "      correlation of \(pair.first) and \(pair.second): "
                + (pair.value.map { rounded($0, 100) } ?? "not measured, counts as 1")
        }
        if portfolio.correlations.count > 45 { lines.append("      … and more with --json") }
        return lines
    }

    private static func text(_ status: ControlStatus) -> String {
        func money(_ amount: Amount, signed: Bool = true) -> String {
            (signed && amount > .zero ? "+" : "") + SessionStatus.money(amount)
        }
        func ago(_ span: TimeSpan) -> String { "\(SessionStatus.span(span)) ago" }
        let age = TimeSpan(nanoseconds: max(0, status.time.nanoseconds &- status.startedAt.nanoseconds))
        var lines = [
            "\(status.instance): \(status.mode), \(status.state) (process \(status.processID))",
            "  since        \(status.startedAt) (\(SessionStatus.span(age)))",
        ]
        lines += status.pauses.map { "  paused       \($0)" }
        if let equity = status.equity {
            lines.append("  equity       \(money(equity, signed: false)) \(status.baseCurrency)")
        }
        if let profit = status.profit { lines.append("  P&L          \(money(profit)) \(status.baseCurrency)") }
        if status.positions.isEmpty { lines.append("  positions    none") }
        for position in status.positions {
            lines.append(
                "  position     \(position.venue) \(position.market) \(position.quantity)"
                    + (position.entryPrice.map { " at \($0)" } ?? "")
                    + (position.profit.map { ", P&L \(money($0)) \(status.baseCurrency)" } ?? ""))
        }
        let today = status.profits.flatMap(\.days).map(\.day).max()
        for part in status.profits {
            let latest = part.days.last { $0.day == today }
            lines.append(
                "  made by      \(part.strategy.isEmpty ? "no strategy" : part.strategy) \(part.venue) \(part.market): "
                    + "\(money(part.profit)) \(status.baseCurrency)"
                    + (latest.map { ", of it today \(money($0.profit))" } ?? ""))
        }
        if let portfolio = status.portfolio { lines += text(portfolio) }
        lines.append("  open orders  \(status.openOrders)")
        lines += status.orders.map { order in
            "    \(order.number)  \(order.venue) \(order.text), filled \(order.filled) (\(order.strategy))\n"
                + "      \(text(order.execution))"
        }
        for algorithm in status.algorithms {
            lines.append(
                "  algorithm    \(algorithm.number) \(algorithm.kind) of \(algorithm.strategy), \(algorithm.venue) "
                    + "\(algorithm.market): \(algorithm.state), \(algorithm.filled) of \(algorithm.total) filled, "
                    + "\(algorithm.working) working")
            let did = algorithm.reason.map { "; last: \($0)" } ?? ""
            lines.append("      \(algorithm.next)\(did)")
            lines.append("      \(text(algorithm.execution))")
        }
        for link in status.links {
            lines.append(
                "  link         \(link.venue) \(link.state)" + (link.silence.map { ", last message \(ago($0))" } ?? ""))
        }
        if let age = status.lastBarAge { lines.append("  last bar     \(ago(age))") }
        if let latency = status.latency {
            lines.append(
                "  latency      p50 \(SessionStatus.span(latency.median)), p99 \(SessionStatus.span(latency.high)), "
                    + "max \(SessionStatus.span(latency.maximum)) (\(latency.count) orders)")
        }
        if status.unresolvedFindings > 0 {
            lines.append("  findings     \(status.unresolvedFindings) unresolved: 'apus control findings'")
        }
        return lines.joined(separator: "\n")
    }
}
