// SPDX-License-Identifier: Apache-2.0

import Backtest
import Configuration
import DataStore
import Engine
import Reports
import Simulation
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
        options: [
            OptionDescription(
                name: "bars", value: "SYMBOL=FILE", summary: "Read a symbol's bars from a CSV, gzip, zip or JSON file.",
                repeats: true),
            OptionDescription(
                name: "set", value: "KEY=VALUE",
                summary: "Replace a value of the configuration, such as "
                    + "simulation.intrabar=adaptive.", repeats: true),
            OptionDescription(name: "from", value: "TIME", summary: "Leave out bars before this UTC time."),
            OptionDescription(name: "to", value: "TIME", summary: "Leave out bars from this UTC time on."),
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
        let check = ConfigurationCheck(
            file: arguments.operands[0], overrides: try overrides(arguments),
            strategyTypes: console.strategies.configurationTypes)
        guard let configuration = check.configuration else {
            throw .failed(check.problems.map(\.description).joined(separator: "\n      "))
        }
        let began = ContinuousClock.now
        let assembly = try BacktestAssembly(configuration, console) { symbol, share in
            console.showProgress("Reading \(symbol)", share, since: began)
        }
        console.endProgress()
        let run = try execute(assembly, console)
        var warnings = check.warnings.map(\.description) + assembly.warnings + run.warnings
        if arguments.has("check-lookahead") {
            warnings += try checkLookahead(configuration, console)
        }
        try write(run, assembly, warnings, arguments, console)
    }

    /// The options that are configuration by another way.
    private static func overrides(_ arguments: ParsedArguments) throws(CommandFailure) -> [ConfigurationOverride] {
        var overrides: [ConfigurationOverride] = []
        for argument in arguments.values("bars") {
            let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw .usage("--bars \(argument): write SYMBOL=FILE.") }
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
        var result: BacktestResult
        var seconds: Double
        var ambiguity: BacktestReport.Ambiguity
        var warnings: [String]
    }

    private static func execute(_ assembly: BacktestAssembly, _ console: Console) throws(CommandFailure) -> Finished {
        let input = try assembly.input()
        let (result, seconds) = try runOnce(input, "Backtest", console)
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
            result: result, seconds: seconds, ambiguity: ambiguity, warnings: warnings(result, assembly))
    }

    private static func runOnce(
        _ input: BacktestInput, _ label: String, _ console: Console
    ) throws(CommandFailure) -> (BacktestResult, Double) {
        let clock = ContinuousClock()
        do throws(BacktestError) {
            var run = try BacktestRun(input)
            try run.checkDemands()
            CrashReport.arm(&run, names: input.strategies.map(\.name))
            defer { CrashReport.disarm() }
            let began = clock.now
            let result = try run.run(progress: { share in
                console.showProgress(label, share, since: began)
                return !Interruption.isRequested
            })
            let elapsed = (clock.now - began).components
            console.endProgress()
            return (result, Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18)
        } catch {
            console.endProgress()
            if case .cancelled = error { throw .failed("Interrupted. Nothing was written.") }
            throw .failed(error)
        }
    }

    private static func warnings(_ result: BacktestResult, _ assembly: BacktestAssembly) -> [String] {
        var warnings: [String] = []
        for rejection in result.rejections {
            warnings.append("The venue refused \(rejection.count) orders: \(rejection.reason.text).")
        }
        for denial in result.denials {
            let advice =
                denial.reason == .belowMinimumNotional || denial.reason == .belowMinimumQuantity
                ? " Ask for more, or set simulation.below_minimum: round_up to trade the minimum instead." : ""
            warnings.append(
                "\(denial.strategy): \(denial.count) orders were not sent: \(denial.reason.text).\(advice)")
        }
        for strategy in result.coldStrategies {
            warnings.append(
                "\(strategy) never traded: the data is shorter than its indicators and warm-up need.")
        }
        if !result.unfundedSymbols.isEmpty, assembly.configuration.simulation.chargesFunding {
            warnings.append(
                "No funding was charged on \(result.unfundedSymbols.joined(separator: ", ")): there is no data for it. "
                    + "Name a file under data.sources.SYMBOL.funding.")
        }
        if result.liquidations > 0 { warnings.append("\(result.liquidations) positions were liquidated.") }
        if result.incompleteBars > 0 {
            warnings.append(
                "\(result.incompleteBars) bars of longer timeframes were built although some of their parts are missing."
            )
        }
        return warnings
    }

    private static func checkLookahead(
        _ configuration: ApusConfiguration, _ console: Console
    ) throws(CommandFailure) -> [String] {
        let began = ContinuousClock.now
        let outcome: LookaheadCheck.Outcome
        do {
            let assembly = try BacktestAssembly(configuration, console)
            outcome = try LookaheadCheck.run { _ in
                try assembly.input()
            } progress: { share in
                console.showProgress("Look-ahead check", share, since: began)
                return !Interruption.isRequested
            }
        } catch let failure as CommandFailure { throw failure } catch { throw .failed("\(error)") }
        console.endProgress()
        guard outcome.isClean else {
            let cuts = outcome.differing.prefix(5).map(\.description).joined(separator: ", ")
            throw .failed(
                "Look-ahead: decisions up to \(cuts) change when later data is taken away. A strategy uses data that it "
                    + "could not have known. Look for whole-series statistics, negative shifts, and files that it reads."
            )
        }
        console.printError(
            "No look-ahead: \(outcome.cuts.count) runs on cut data decided the same, bit for bit, up to their cuts.")
        return []
    }

    // MARK: Writing

    private static func write(
        _ run: Finished, _ assembly: BacktestAssembly, _ warnings: [String], _ arguments: ParsedArguments,
        _ console: Console
    ) throws(CommandFailure) {
        let settings = assembly.configuration.report
        let html = arguments.value("html") ?? settings.htmlFile
        let json = arguments.value("json") ?? settings.jsonFile
        let fills = arguments.value("fills") ?? settings.fillsFile
        let wantsCurve = html != nil || arguments.has("equity")
        let wantsTable = !arguments.has("quiet") && json != "-"
        let report = ReportAssembly(run: run, assembly: assembly, warnings: warnings).report(
            tradeLimit: html != nil || arguments.has("trades") ? .max : json != nil ? JSONReport.tradeLimit : 0,
            withFills: fills != nil || html != nil, withCurve: wantsCurve, withCharts: html != nil)
        if let json { try ResultFile.write(JSONReport.render(report), to: json, console) }
        if let fills {
            try stream(fills) { (write: ([UInt8]) throws(CommandFailure) -> Void) throws(CommandFailure) in
                try CSVReport.fills(report.fillList, names: report.names, write: write)
            }
        }
        if let trades = arguments.value("trades") {
            try stream(trades) { (write: ([UInt8]) throws(CommandFailure) -> Void) throws(CommandFailure) in
                try CSVReport.trades(report.tradeList, names: report.names, write: write)
            }
        }
        if let equity = arguments.value("equity") {
            try stream(equity) { (write: ([UInt8]) throws(CommandFailure) -> Void) throws(CommandFailure) in
                try CSVReport.equity(report.equity, write: write)
            }
        }
        if let html {
            let page = PageReport.render(report, chartLibrary: ChartLibrary.text)
            try ResultFile.write(page, to: html, console)
        }
        if wantsTable {
            console.print(
                String(
                    TerminalReport.render(report, width: min(console.width, 110), isColoured: console.isTerminal)
                        .dropLast()))
            if let html { console.print("\nReport: \(html)") }
        }
    }

    private static func stream(
        _ path: String, _ body: ((([UInt8]) throws(CommandFailure) -> Void) throws(CommandFailure) -> Void)
    ) throws(CommandFailure) {
        var file = try StreamingFile(path: path)
        try body { (bytes: [UInt8]) throws(CommandFailure) in try file.write(bytes) }
        try file.finish()
    }
}
