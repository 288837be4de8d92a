// SPDX-License-Identifier: Apache-2.0

import Backtest
import Configuration
import DataStore
import Engine
import MarketData
import Reports
import Simulation
import Statistics
import Strategies
import Trading

/// `apus backtest`: runs a configuration on historical data and reports it.
struct BacktestCommand: Command {
    static let description = CommandDescription(
        path: ["backtest"],
        summary: "Run a configuration's strategies on historical bars and report the result.",
        details: """
            The result is the same, bit for bit, for the same configuration, data and version: its hash covers every order
            event, fill and ledger entry. Where a bar does not tell in which order prices came, the pessimistic order is
            assumed, and the report says how far the result could be from the optimistic one.
            """,
        operands: [
            OperandDescription(name: "CONFIG", summary: "a YAML or JSON configuration (see `apus config init`)")
        ],
        options: OptionDescription.configured + [
            OptionDescription(name: "json", value: "FILE", summary: "Write the result as JSON; - is standard output."),
            OptionDescription(name: "html", value: "FILE", summary: "Write the report as one web page."),
            OptionDescription(name: "fills", value: "FILE", summary: "Write every fill as CSV."),
            OptionDescription(name: "trades", value: "FILE", summary: "Write every round trip as CSV."),
            OptionDescription(name: "equity", value: "FILE", summary: "Write the equity curve as CSV."),
            OptionDescription(
                name: "check-lookahead",
                summary: "Prove that no decision depends on later data, by running again on cut data."),
            OptionDescription(name: "quiet", summary: "Print no table."),
        ],
        examples: [
            (
                "apus backtest Examples/ema-cross.yaml --bars BTCUSDT=bars.csv.gz --json result.json",
                "Trade the moving-average cross on the bars of a file."
            ),
            (
                "apus backtest my.yaml --from 2023-01-01 --to 2023-07-01 --html report.html",
                "Run half a year and look at it in a browser."
            ),
            (
                "apus backtest my.yaml --set strategies.main.parameters.fast_period=12 --check-lookahead",
                "Try another parameter, and check the strategy for look-ahead."
            ),
        ])

    static func run(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        Interruption.watch()
        let outputs = BacktestOutputs(arguments)
        let (document, configuration, notes) = try document(arguments, console)
        let variants = FeatureVariants(document, configuration, console.strategies)
        let files = outputs.completed(by: configuration.report)
        try files.check()
        let assembly = try BacktestAssembly(configuration, console)
        var run = try execute(assembly, keepsDecisions: !variants.strategies.isEmpty, console)
        if arguments.has("check-lookahead") { try checkLookahead(assembly, console) }
        run.validation = try validation(variants, assembly, command: "backtest", console)
        if console.isInterrupted() { throw interrupted }
        let warnings = notes + assembly.warnings + run.warnings
        try files.write(ReportAssembly(run: run, assembly: assembly, warnings: warnings), console)
    }

    static let interrupted = CommandFailure.failed("Interrupted. Nothing was written.")

    /// The checked configuration that operand and options name, with warnings about it.
    static func configuration(
        _ arguments: ParsedArguments, _ console: Console
    ) throws(CommandFailure) -> (ApusConfiguration, warnings: [String]) {
        let (_, configuration, warnings) = try document(arguments, console)
        return (configuration, warnings)
    }

    /// The same with the document that it was read from, options included.
    ///
    /// - Parameter further: What is set beside the options.
    static func document(
        _ arguments: ParsedArguments, _ console: Console, further: [ConfigurationOverride] = []
    ) throws(CommandFailure) -> (ConfigurationDocument, ApusConfiguration, warnings: [String]) {
        let overrides = try overrides(arguments) + further
        let document: ConfigurationDocument
        do throws(ConfigurationProblem) {
            document = try ConfigurationDocument(contentsOfFile: arguments.operands[0]).applying(overrides)
        } catch { throw .failed(error.description) }
        let check = ConfigurationCheck(of: document, strategyTypes: console.strategies.configurationTypes)
        guard let configuration = check.configuration else {
            throw .failed(check.problems.map(\.description).joined(separator: "\n      "))
        }
        return (document, configuration, check.warnings.map(\.description))
    }

    /// The options that are configuration by another way.
    private static func overrides(_ arguments: ParsedArguments) throws(CommandFailure) -> [ConfigurationOverride] {
        var overrides: [ConfigurationOverride] = []
        var symbols: Set<String> = []
        for argument in arguments.values("bars") {
            let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw .usage("--bars \(argument): write SYMBOL=FILE.") }
            guard symbols.insert(parts[0]).inserted else {
                throw .usage("--bars names two files for \(parts[0]). A symbol has one; join them, or leave one out.")
            }
            overrides.append(
                ConfigurationOverride(
                    path: ["data", "sources", parts[0], "file"], text: parts[1], origin: "--bars \(argument)"))
        }
        for argument in arguments.values("set") {
            do throws(ConfigurationProblem) { overrides.append(try ConfigurationOverride(parsing: argument)) } catch {
                throw .usage("--set \(argument): \(error.message)")
            }
        }
        for option in ["from", "to"] {
            guard let text = arguments.value(option) else { continue }
            overrides.append(ConfigurationOverride(path: ["data", option], text: text, origin: "--\(option) \(text)"))
        }
        return overrides
    }

    // MARK: Running

    /// A finished run with what belongs to its report.
    struct Finished {
        var account: AccountDescription
        var result: BacktestResult
        var seconds: Double
        var ambiguity: BacktestReport.Ambiguity
        var warnings: [String]
        /// The time before and after the split date, where one is configured.
        var validation: ValidationReport?
    }

    private static func execute(
        _ assembly: BacktestAssembly, keepsDecisions: Bool, _ console: Console
    ) throws(CommandFailure) -> Finished {
        var input = try assembly.input()
        input.keepsDecisions = keepsDecisions
        input.keepsOnlyTradeDecisions = true
        let (result, seconds) = try runOnce(input, "Backtest", console)
        guard result.coldStrategies.count < result.strategyNames.count else {
            throw .failed(cold(result.coldStrategies, input))
        }
        let policy = input.simulation.intrabar
        var ambiguity = BacktestReport.Ambiguity(
            bars: result.ambiguousBars, policy: policy == .finer ? "finer data" : policy.rawValue)
        if result.ambiguousBars == 0 {
            ambiguity.reason = "no bar was ambiguous"
        } else {
            func finalEquity(_ wanted: IntrabarPolicy) throws(CommandFailure) -> String {
                if policy == wanted { return result.finalEquity.description }
                let input = try assembly.input(intrabar: wanted)
                return try runOnce(input, "Re-run (\(wanted.rawValue))", console).0.finalEquity.description
            }
            ambiguity.pessimistic = try finalEquity(.pessimistic)
            ambiguity.optimistic = try finalEquity(.optimistic)
        }
        return Finished(
            account: input.account, result: result, seconds: seconds, ambiguity: ambiguity,
            warnings: warnings(result, assembly))
    }

    /// Measures a configuration before and after the split date, beside the baseline where the strategies have features; counts it
    /// where it looked at what was held back.
    static func validation(
        _ variants: FeatureVariants, _ assembly: BacktestAssembly, command: String, _ console: Console
    ) throws(CommandFailure) -> ValidationReport? {
        var inputs = [try assembly.input()]
        let spans = ResearchSpans(assembly, account: inputs[0].account)
        guard spans.split != nil else { return nil }
        if !variants.strategies.isEmpty {
            let off = try variants.variant("baseline", without: variants.features, keepsOthers: true)
            inputs.append(try assembly.with(off.configuration).input())
        }
        let runs = try spans.run(inputs, "Before and after the split", console)
        let (measured, baseline) = (runs[0], runs.count > 1 ? runs[1] : nil)
        let settings = BootstrapSettings()
        let hold = spans.buyAndHold(measured)
        if console.isInterrupted() { throw interrupted }
        let evaluations = try spans.count(
            assembly, configuration: variants.document.tradingFingerprint, command: command, variants: 1)
        return spans.validation(
            measured: measured.outcomes, baseline: baseline?.outcomes, buyAndHold: hold, evaluations: evaluations,
            settings: settings)
    }

    static func runOnce(
        _ input: BacktestInput, _ label: String, _ console: Console
    ) throws(CommandFailure) -> (BacktestResult, Double) {
        let clock = ContinuousClock()
        do throws(BacktestError) {
            let marker = CrashReport.arm(names: input.strategies.map(\.name))
            defer { CrashReport.disarm() }
            var run = try BacktestRun(input, marker: marker)
            try run.checkDemands()
            let began = clock.now
            let result = try run.run(progress: { share in
                console.showProgress(label, share, since: began)
                return !console.isInterrupted()
            })
            let elapsed = (clock.now - began).components
            console.endProgress()
            return (result, Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18)
        } catch {
            console.endProgress()
            if case .cancelled = error { throw interrupted }
            throw .failed(error)
        }
    }

    private static func warnings(_ result: BacktestResult, _ assembly: BacktestAssembly) -> [String] {
        var warnings: [String] = []
        if assembly.configuration.simulation.intrabar == .finer {
            for market in assembly.markets where market.detail == nil {
                warnings.append(
                    "\(market.instrument.symbol) has no finer bars: its ambiguous bars are pessimistic. Name a file under "
                        + "data.sources.\(market.instrument.symbol).detail.")
            }
        }
        // Children of a refused entry are refused with it: that is no news.
        for rejection in result.rejections where rejection.reason != .parentDone {
            warnings.append("The venue refused \(counted(Int64(rejection.count), "order")): \(rejection.reason.text).")
        }
        for denial in result.denials {
            let advice =
                denial.reason == .belowMinimumNotional || denial.reason == .belowMinimumQuantity
                ? " Ask for more, or set simulation.below_minimum: round_up to trade the minimum instead." : ""
            warnings.append(
                "\(denial.strategy): \(counted(Int64(denial.count), "order")) not sent: \(denial.reason.text).\(advice)"
            )
        }
        for strategy in result.coldStrategies {
            warnings.append(
                "\(strategy) never traded: the data is shorter than its indicators and warm-up need.")
        }
        let unfunded = result.unfundedSymbols.filter { symbol in
            assembly.markets.contains {
                $0.instrument.symbol == symbol && assembly.configuration.source(of: $0.resolved)?.fundingFile == nil
            }
        }
        if !unfunded.isEmpty, assembly.configuration.simulation.chargesFunding {
            warnings.append(
                "No funding was charged on \(unfunded.joined(separator: ", ")): there is no data for it. "
                    + "Name a file under data.sources.SYMBOL.funding.")
        }
        if result.liquidations > 0 {
            warnings.append("Liquidated: \(counted(Int64(result.liquidations), "position")).")
        }
        if result.incompleteBars > 0 {
            warnings.append(
                "\(counted(Int64(result.incompleteBars), "bar")) of longer timeframes built although some parts are missing."
            )
        }
        return warnings
    }

    /// Why nothing could be traded.
    private static func cold(_ strategies: [String], _ input: BacktestInput) -> String {
        let counts = Set(input.feeds.compactMap { feed in feed.map { "\($0.count) bars of \($0.timeframe)" } }).sorted()
        return
            "The data is too short: \(strategies.joined(separator: ", ")) never had enough bars for its indicators and "
            + "warm-up (there are \(counts.joined(separator: ", "))). Give more data (--bars, --from, --to) or shorter periods."
    }

    private static func checkLookahead(
        _ assembly: BacktestAssembly, _ console: Console
    ) throws(CommandFailure) {
        let began = ContinuousClock.now
        let outcome: LookaheadCheck.Outcome
        do {
            outcome = try LookaheadCheck.run { _ in
                try assembly.input()
            } progress: { share in
                console.showProgress("Look-ahead check", share, since: began)
                return !console.isInterrupted()
            }
        } catch let failure as CommandFailure { throw failure } catch BacktestError.cancelled {
            console.endProgress()
            throw interrupted
        } catch { throw .failed("\(error)") }
        console.endProgress()
        guard !outcome.cuts.isEmpty else {
            throw .failed("Look-ahead cannot be checked: there are too few bars to cut. Give more data.")
        }
        guard outcome.isRepeatable else {
            throw .failed(
                "The run does not repeat: twice on the same data, it decided differently. A strategy uses chance, a clock, "
                    + "or something outside of its context.")
        }
        guard outcome.isClean else {
            let cuts = outcome.differing.prefix(5).map(\.description).joined(separator: ", ")
            throw .failed(
                "Look-ahead: decisions up to \(cuts) change when later data is taken away. A strategy uses data that it "
                    + "could not have known. Look for whole-series statistics and negative shifts.")
        }
        console.printError(
            "No look-ahead: \(outcome.cuts.count) runs on cut data decided the same, bit for bit, up to their cuts. "
                + "(A file that a strategy opens by itself is not cut.)")
    }
}
