// SPDX-License-Identifier: Apache-2.0

import Configuration
import Engine
import Glibc
import Live
import MarketData
import Reports
import Statistics
import Trading

/// `apus ab` on the journal of a session, which may be running: each variant trades on paper what the session saw.
struct SessionAb {
    private let session: RecordedSession
    private let variants: AbVariants
    private let lanes: [DecisionSetup]
    private let settings: BootstrapSettings
    private let hasOthers: Bool

    static func run(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        for option in ["bars", "from", "to", "choose", "write"] where arguments.has(option) {
            throw .usage("--\(option) goes with a configuration, not with the journal of a session.")
        }
        let look = try SessionAb(arguments, console)
        guard arguments.has("follow") else { return try look.show(arguments, console) }
        guard arguments.value("html") != "-" else { throw .usage("--html - does not go with --follow. Name a file.") }
        let pause = try AbCommand.pause(arguments)
        var seen: UInt64 = 0
        while !console.isInterrupted() {
            let scan = try SessionScan(look.session, console)
            if scan.end > seen {
                if console.isTerminal { console.write(Array("\u{1B}[H\u{1B}[2J".utf8)) }
                try look.show(arguments, console, scan)
                seen = scan.end
            }
            let next = ContinuousClock.now + pause
            while ContinuousClock.now < next, !console.isInterrupted() { usleep(100_000) }
        }
    }

    private init(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        session = try RecordedSession(arguments.operands[0], console)
        settings = try AbCommand.bootstrap(arguments)
        var others = try AbCommand.others(arguments, console)
        if !arguments.values("set").isEmpty {
            others.append(try Self.changed(session.document, arguments.values("set"), console))
        }
        hasOthers = !others.isEmpty
        variants = try AbVariants(
            session.document, session.assembly.configuration, by: try AbCommand.subject(arguments), others: others,
            console.strategies)
        let balances = try session.balancesAtStart()
        var lanes: [DecisionSetup] = []
        for variant in variants.variants {
            do throws(CommandFailure) {
                let assembly = try session.assembly.with(variant.configuration)
                var setup = try assembly.decisionSetup(start: session.start.startedAt)
                setup.deposits = balances
                setup.simulation = assembly.trading.simulationSettings()
                setup.external = session.setup.external
                lanes.append(setup)
            } catch { throw .failed("\(variant.name): \(error.message)") }
        }
        self.lanes = lanes
    }

    /// The session's configuration with other values.
    private static func changed(
        _ document: ConfigurationDocument, _ texts: [String], _ console: Console
    ) throws(CommandFailure) -> AbCommand.Other {
        var overrides: [ConfigurationOverride] = []
        for text in texts {
            do throws(ConfigurationProblem) { overrides.append(try ConfigurationOverride(parsing: text)) } catch {
                throw .usage("--set \(text): \(error.message)")
            }
        }
        let changed: ConfigurationDocument
        do throws(ConfigurationProblem) { changed = try document.applying(overrides) } catch {
            throw .failed(error.description)
        }
        return (
            "with " + texts.joined(separator: ", "), changed, try TradePlanning.configuration(changed, console)
        )
    }

    // MARK: One look

    private func show(
        _ arguments: ParsedArguments, _ console: Console, _ known: SessionScan? = nil
    ) throws(CommandFailure) {
        let scan: SessionScan
        if let known { scan = known } else { scan = try SessionScan(session, console) }
        guard scan.instants > 0 else {
            throw .failed("The session has not closed a bar yet, so there is nothing to compare.")
        }
        let began = ContinuousClock.now
        let outcomes = try follow(scan, console)
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        let evaluations = try countLook()
        let report = report(scan, outcomes, seconds, evaluations)
        try AbCommand.write(report, arguments, console)
    }

    /// - Returns: The session's own first, then the variants' in their order.
    private func follow(_ scan: SessionScan, _ console: Console) throws(CommandFailure) -> [SessionLane.Outcome] {
        var all = [
            SessionLane(
                path: session.path, end: scan.end, setup: session.setup, isSession: true, keepsDecisions: false,
                traps: scan.traps)
        ]
        // A variant has some of the session's strategies.
        let names = session.setup.strategies.map(\.name)
        for (index, setup) in lanes.enumerated() {
            all.append(
                SessionLane(
                    path: session.path, end: scan.end, setup: setup, isSession: false,
                    keepsDecisions: variants.isBrokenDown(index),
                    traps: scan.traps.flatMap { trap in
                        setup.strategies.indices.filter { setup.strategies[$0].name == names[trap.strategy] }
                            .map { StrategyTrap(strategy: $0, sequence: trap.sequence) }
                    }))
        }
        let began = ContinuousClock.now
        let (lanes, label) = (all, counted(Int64(all.count), "run"))
        defer { console.endProgress() }
        return try ParallelRuns.run(
            lanes.count, cancelled: BacktestCommand.interrupted,
            { place, progress throws(CommandFailure) in try lanes[place].run(progress) },
            progress: { share in
                console.showProgress(label, share, since: began)
                return !console.isInterrupted()
            })
    }

    /// Counts a look at the session: whoever looks often enough finds a difference.
    private func countLook() throws(CommandFailure) -> ValidationReport.Evaluations {
        let mark = "session \(session.assembly.configuration.live.instance)"
        let entry = EvaluationLog.Entry(
            split: "\(session.start.startedAt)", markets: ["\(mark):\(session.start.instance)"],
            configuration: variants.fingerprint, command: "ab", variants: lanes.count)
        let count = try EvaluationLog(store: session.assembly.configuration.data.store).add(entry, at: wallClock())
        // Other sessions of this name looked at other data.
        return ValidationReport.Evaluations(number: count.number, configurations: count.configurations)
    }

    private func report(
        _ scan: SessionScan, _ outcomes: [SessionLane.Outcome], _ seconds: Double,
        _ evaluations: ValidationReport.Evaluations
    ) -> AblationReport {
        let markets = scan.markets(session.assembly)
        let description = session.setup.account
        let valuation = BacktestValuation(description, series: markets.map(\.series))
        let sampling = TradeSampling(instruments: description.instruments, valuation: valuation)
        let (from, to) = (scan.from.nanoseconds, scan.to.nanoseconds)
        var periods: [PeriodOutcome] = []
        var breakdowns: [TradeBreakdown?] = []
        for (index, outcome) in outcomes.enumerated() {
            let samples = outcome.closed.map(sampling.sample)
            periods.append(
                PeriodOutcome(
                    times: outcome.times, equity: outcome.equity, startEquity: outcome.startEquity, trades: samples,
                    from: from, to: to))
            guard index > 0 else { continue }
            breakdowns.append(
                variants.isBrokenDown(index - 1)
                    ? sampling.breakdown(
                        (outcome.closed, outcome.open), samples, outcome.decisions,
                        strategies: outcome.strategies, from: from, to: to) : nil)
        }
        let own = Array(periods.dropFirst())
        let times = outcomes[0].times
        let holding = BuyAndHold(
            start: outcomes.dropFirst().first?.startEquity ?? 0, from: from, times: times[...], markets: markets,
            valuation: valuation, keepsCurve: true)
        let held = holding.map { holding in
            PeriodOutcome(
                times: times, equity: holding.curve, startEquity: holding.tracker.startEquity, trades: [], from: from,
                to: to)
        }
        let span = variants.span(
            "Live", own, breakdowns: breakdowns, buyAndHold: held, session: periods[0], settings: settings)
        let judged = variants.judged(own)
        func variant(_ outcome: PeriodOutcome) -> ValidationReport.Variant {
            ValidationReport.Variant(outcome, ranges: outcome.ranges(settings))
        }
        var validation = ValidationReport(
            outOfSampleFrom: from, inSample: nil,
            outOfSample: ValidationReport.Span(
                measured: variant(judged.measured), baseline: judged.baseline.map(variant),
                buyAndHold: held.map(variant)),
            evaluations: evaluations)
        validation.origin = .session
        var hash = RunHash()
        for market in markets { hash.add(market.series.contentHash, UInt64(market.series.count)) }
        let names = ["the session itself"] + variants.variants.map(\.name)
        var report = AblationReport(
            title: "\(session.assembly.configuration.live.instance), \(session.start.mode.rawValue)",
            programVersion: Program.version, symbols: description.instruments.map(\.symbol), from: from, to: to,
            dataHash: hash.text, runs: zip(names, outcomes).map { ($0, $1.resultHash) },
            bars: outcomes.reduce(0) { $0 + $1.bars }, seconds: seconds, bootstrap: settings, spans: [span],
            validation: validation, choice: nil, warnings: variants.warnings + warnings(outcomes))
        report.notes = notes(scan)
        return report
    }

    private func warnings(_ outcomes: [SessionLane.Outcome]) -> [String] {
        zip(variants.variants, outcomes.dropFirst()).compactMap { variant, outcome in
            outcome.coldStrategies.isEmpty
                ? nil
                : "\(variant.name): \(outcome.coldStrategies.joined(separator: ", ")) has not had enough bars for its "
                    + "indicators and warm-up yet."
        }
    }

    /// What the runs follow of the session, and what not.
    private func notes(_ scan: SessionScan) -> [String] {
        var notes = [
            "Each variant trades on paper with the whole start balance, on what the session took in and when it took it in: "
                + "\(counted(Int64(scan.instants), "instant")) up to \(scan.to). The session's orders are not touched."
        ]
        func add(_ count: Int, _ text: String) { if count > 0 { notes.append(text) } }
        add(
            scan.staleInstants,
            "\(counted(Int64(scan.staleInstants), "instant")) came too late or while it was halted; the variants did not act "
                + "on them either.")
        add(scan.restarts, "It was started again \(counted(Int64(scan.restarts), "time")).")
        add(
            scan.requests,
            "What was asked of it by hand (\(counted(Int64(scan.requests), "time"))) is not asked of the variants.")
        add(
            scan.denied,
            "\(counted(Int64(scan.denied), "order")) of it stopped by the checks before the trade; the variants' orders are "
                + "not checked against limits.")
        if session.start.mode != .paper {
            notes.append(
                "The variants' fills are simulated, and they pay funding at the rates that the venue showed when it was due: "
                    + "compare variants with each other, and the session with the variant of its own configuration.")
        }
        if hasOthers {
            notes.append(
                "For configurations that were made after the session began, this is out of sample only as far as nobody chose "
                    + "them by looking at it.")
        }
        return notes
    }
}
