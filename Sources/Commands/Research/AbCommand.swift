// SPDX-License-Identifier: Apache-2.0

import Backtest
import Configuration
import DataStore
import Engine
import MarketData
import Reports
import Statistics
import Strategies
import Trading

/// `apus ab`: variants side by side, on history or on what a session saw.
struct AbCommand: Command {
    static let description = CommandDescription(
        path: ["ab"],
        summary: "Put variants side by side, on history or on a session's live data: what is each worth?",
        details: """
            With a configuration it runs backtests; with the folder of a session's journal, each variant trades on paper
            what the session has seen so far. The session may be running: its journal is only read.

            Compared are features (all, each one off in turn, none: the baseline), strategies (each alone), or
            configurations (--with). Whether a difference is more than chance is judged by a paired stationary block
            bootstrap of the daily returns on the same days, corrected for the number of comparisons; with fewer than 30
            days it is not measured. Where validation.out_of_sample_from is set, the time before and after it is told
            apart. Every run that looks at data out of sample is counted, each look at a session too.
            """,
        operands: [
            OperandDescription(
                name: "CONFIG|JOURNAL", summary: "a YAML or JSON configuration, or the folder of a session's journal")
        ],
        options: OptionDescription.configured + [
            OptionDescription(
                name: "by", value: "features|strategies",
                summary: "What to compare (default: features, where there are any)."),
            OptionDescription(
                name: "with", value: "FILE",
                summary: "Compare with this configuration of the same markets; with a journal, --set makes one too.",
                repeats: true),
            OptionDescription(
                name: "choose",
                summary: "Look at the data in sample only, and name the features that helped there as settings."),
            OptionDescription(
                name: "write", value: "FILE",
                summary: "With --choose: write the chosen configuration, and judge it once out of sample."),
            OptionDescription(name: "follow", summary: "With a journal: look again while the session goes on."),
            OptionDescription(
                name: "every", value: "SPAN", summary: "With --follow: how long to wait between looks (default: 60s)."),
            OptionDescription(
                name: "resamples", value: "N", summary: "Resamples of the bootstrap (default: 10000)."),
            OptionDescription(name: "seed", value: "N", summary: "Seed of the bootstrap (default: 1)."),
            .json,
            OptionDescription(name: "html", value: "FILE", summary: "Write a page with the tables."),
        ],
        examples: [
            ("apus ab my.yaml", "Print each feature's contribution."),
            ("apus ab my.yaml --from 2023-01-01 --to 2023-04-01 --json > ab.json", "The same for 90 days, as JSON."),
            ("apus ab my.yaml --choose --write chosen.yaml", "Choose features in sample, and judge the choice once."),
            ("apus ab my.yaml --by strategies", "Each strategy alone, beside the others."),
            ("apus ab apus-journal/main", "What each feature was worth on the session's live data so far."),
            ("apus ab apus-journal/main --with challenger.yaml --follow", "A challenger beside the running session."),
            (
                "apus ab apus-journal/main --set strategies.main.parameters.fast_period=12",
                "What another parameter would have done."
            ),
        ])

    /// A configuration beside the first.
    typealias Other = (name: String, document: ConfigurationDocument, configuration: ApusConfiguration)

    static func run(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        Interruption.watch()
        let isSession = Files.isFolder(arguments.operands[0])
        let isChoosing = arguments.has("choose")
        if arguments.has("by"), arguments.has("with") { throw .usage("Give either --by or --with.") }
        if arguments.has("write"), !isChoosing { throw .usage("--write goes with --choose.") }
        if isChoosing, try subject(arguments) == .strategies || arguments.has("with") {
            throw .usage("--choose is about features, not about strategies or configurations.")
        }
        if arguments.has("every"), !arguments.has("follow") { throw .usage("--every goes with --follow.") }
        if isSession { return try SessionAb.run(arguments, console) }
        if arguments.has("follow") { throw .usage("--follow goes with the journal of a session.") }
        let (document, written, notes) = try document(arguments, isChoosing: isChoosing, console)
        let variants = try AbVariants(
            document, written, by: isChoosing ? .features : subject(arguments), others: others(arguments, console),
            console.strategies)
        let settings = try bootstrap(arguments)
        let assembly = try BacktestAssembly(variants.configured, console)
        let (spans, measured, seconds) = try execute(variants, assembly, console)
        let warnings = notes + assembly.warnings + variants.warnings
        let evaluations = try spans.count(
            assembly, configuration: variants.fingerprint, command: "ab", variants: variants.variants.count)
        var report = report(
            variants, spans, measured, assembly, settings: settings, seconds: seconds, evaluations: evaluations,
            warnings: warnings)
        if isChoosing, let judged = report.spans.first {
            report.choice = variants.choice(by: judged)
            if let file = arguments.value("write") { try keep(judged, in: file, arguments, &report, console) }
        }
        try write(report, arguments, console)
    }

    /// Shows a report in the ways that were asked for.
    static func write(
        _ report: AblationReport, _ arguments: ParsedArguments, _ console: Console
    ) throws(CommandFailure) {
        let html = arguments.value("html")
        if let html { try ResultFile.write(AblationPage.render(report), to: html, console) }
        if arguments.has("json") { return console.write(AblationJSON.render(report)) }
        if html != "-" { console.print(AblationText.text(report, width: console.isTerminal ? console.width : nil)) }
    }

    // MARK: The command line

    static func subject(_ arguments: ParsedArguments) throws(CommandFailure) -> AbVariants.Subject? {
        try arguments.choice("by", as: AbVariants.Subject.self)
    }

    static func others(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) -> [Other] {
        var others: [Other] = []
        for path in arguments.values("with") {
            let document: ConfigurationDocument
            do throws(ConfigurationProblem) { document = try ConfigurationDocument(contentsOfFile: path) } catch {
                throw .failed(error.description)
            }
            let isNamed = others.contains { $0.name == fileName(path) }
            others.append(
                (isNamed ? path : fileName(path), document, try TradePlanning.configuration(document, console)))
        }
        return others
    }

    static func pause(_ arguments: ParsedArguments) throws(CommandFailure) -> Duration {
        guard let text = arguments.value("every") else { return .seconds(60) }
        guard let span = DurationText.parse(text), span >= .seconds(1) else {
            throw .usage("--every \(text): write a span from 1s on, such as 90s, 30m or 12h.")
        }
        return .nanoseconds(span.nanoseconds)
    }

    /// - Parameter isChoosing: Bars from the split date on are left out, so that nothing can be learnt from them.
    private static func document(
        _ arguments: ParsedArguments, isChoosing: Bool, _ console: Console
    ) throws(CommandFailure) -> (ConfigurationDocument, ApusConfiguration, warnings: [String]) {
        let all = try BacktestCommand.document(arguments, console)
        guard isChoosing, let split = all.1.validation.outOfSampleFrom else { return all }
        if let to = all.1.data.to, to <= split { return all }
        return try BacktestCommand.document(
            arguments, console,
            further: [ConfigurationOverride(path: ["data", "to"], text: "\(split)", origin: "--choose")])
    }

    static func bootstrap(_ arguments: ParsedArguments) throws(CommandFailure) -> BootstrapSettings {
        var settings = BootstrapSettings()
        if let text = arguments.value("resamples") {
            guard let count = Int(text), (100...1_000_000).contains(count) else {
                throw .usage("--resamples \(text): give a number from 100 to 1000000.")
            }
            settings.resamples = count
        }
        if let text = arguments.value("seed") {
            guard let seed = UInt64(text) else { throw .usage("--seed \(text): give a whole number from 0.") }
            settings.seed = seed
        }
        return settings
    }

    // MARK: Running

    private static func execute(
        _ variants: AbVariants, _ assembly: BacktestAssembly, _ console: Console
    ) throws(CommandFailure) -> (ResearchSpans, [ResearchSpans.Measured], Double) {
        var inputs: [BacktestInput] = []
        for (index, variant) in variants.variants.enumerated() {
            do throws(CommandFailure) {
                var input = try assembly.with(variant.configuration).input()
                input.keepsDecisions = variants.isBrokenDown(index)
                input.keepsOnlyTradeDecisions = true
                inputs.append(input)
            } catch { throw .failed("\(variant.name): \(error.message)") }
        }
        let spans = ResearchSpans(assembly, account: inputs[0].account)
        let (clock, began) = (ContinuousClock(), ContinuousClock.now)
        do throws(BacktestError) {
            var first = try BacktestRun(inputs[0])
            try first.checkDemands()
        } catch { throw .failed(error) }
        let measured = try spans.run(inputs, "\(inputs.count * spans.spans.count) runs", console)
        guard !measured[0].isCold else {
            throw .failed("No strategy ever had enough bars for its indicators and warm-up. Give more data.")
        }
        let elapsed = (clock.now - began).components
        return (spans, measured, Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18)
    }

    private static func report(
        _ variants: AbVariants, _ spans: ResearchSpans, _ measured: [ResearchSpans.Measured],
        _ assembly: BacktestAssembly, settings: BootstrapSettings, seconds: Double,
        evaluations: ValidationReport.Evaluations?, warnings: [String]
    ) -> AblationReport {
        let held = spans.buyAndHold(measured[0])
        let parts = spans.spans.indices.map { span in
            variants.span(
                spans.spans[span].label, measured.map { $0.outcomes[span] },
                breakdowns: measured.map { $0.breakdowns[span] }, buyAndHold: held[span], settings: settings)
        }
        let judged = variants.judged(measured.map(\.outcomes))
        let from = assembly.markets.compactMap(\.series.firstOpenTime).min() ?? .epoch
        let to = assembly.markets.compactMap { market in
            market.series.lastOpenTime.map { $0 + market.series.timeframe.span }
        }.max()
        return AblationReport(
            title: assembly.configuration.report.title ?? variants.title,
            programVersion: Program.version, symbols: assembly.markets.map(\.instrument.symbol),
            from: from.nanoseconds, to: (to ?? from).nanoseconds, dataHash: assembly.dataHash,
            runs: zip(variants.variants, measured).flatMap { variant, measured in
                zip(spans.spans, measured.resultHashes).map { span, hash in
                    (spans.spans.count == 1 ? variant.name : "\(variant.name), \(span.label.lowercased())", hash)
                }
            }, bars: measured.reduce(0) { $0 + $1.bars },
            seconds: seconds, bootstrap: settings, spans: parts,
            validation: spans.validation(
                measured: judged.measured, baseline: judged.baseline, buyAndHold: held, evaluations: evaluations,
                settings: settings),
            choice: nil, warnings: warnings)
    }

    // MARK: The choice

    /// Writes the chosen configuration, and runs it once on all data, in sample and out of sample apart.
    private static func keep(
        _ judged: AblationReport.Span, in file: String, _ arguments: ParsedArguments, _ report: inout AblationReport,
        _ console: Console
    ) throws(CommandFailure) {
        // With the data that was held back.
        let (whole, written, _) = try BacktestCommand.document(arguments, console)
        let off = judged.features.filter { $0.contribution.verdict != .helps }.map(\.contribution.name)
        let (document, configuration) = try FeatureVariants(whole, written, console.strategies).document(without: off)
        if configuration.validation.outOfSampleFrom != nil {
            let assembly = try BacktestAssembly(configuration, console)
            report.validation = try BacktestCommand.validation(
                FeatureVariants(document, configuration, console.strategies), assembly, command: "ab --choose",
                console)
        }
        let heading = "# Chosen by apus ab --choose from \(arguments.operands[0])\n"
        try ResultFile.write(Array((heading + document.blockText).utf8), to: file, console)
        report.notes.append("The chosen configuration is written to \(file).")
    }
}
