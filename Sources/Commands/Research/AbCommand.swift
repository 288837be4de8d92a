// SPDX-License-Identifier: Apache-2.0

import Backtest
import Configuration
import Engine
import MarketData
import Reports
import Statistics
import Strategies
import Trading

/// `apus ab`: what each adaptive feature is worth.
struct AbCommand: Command {
    static let description = CommandDescription(
        path: ["ab"],
        summary: "Measure what each feature of the adaptive strategies is worth.",
        details: """
            Runs every feature on, each one off in turn, and none (the baseline), on all cores. What a feature contributes
            is the run with all of them minus the run without it, day by day on the same days. Whether that is more than
            chance is judged by a paired stationary block bootstrap of the daily returns, corrected for the number of
            features. Where validation.out_of_sample_from is set, the time before and after it is told apart, and every
            run that looks at the time after it is counted.
            """,
        operands: [OperandDescription(name: "CONFIG", summary: "a YAML or JSON configuration")],
        options: OptionDescription.configured + [
            OptionDescription(
                name: "choose",
                summary: "Look at the data in sample only, and name the features that helped there as settings."),
            OptionDescription(
                name: "resamples", value: "N", summary: "Resamples of the bootstrap (default: 10000)."),
            OptionDescription(name: "seed", value: "N", summary: "Seed of the bootstrap (default: 1)."),
            .json,
            OptionDescription(name: "html", value: "FILE", summary: "Write a page with the tables."),
        ],
        examples: [
            ("apus ab my.yaml", "Print each feature's contribution."),
            ("apus ab my.yaml --from 2023-01-01 --to 2023-04-01 --json > ab.json", "The same for 90 days, as JSON."),
            ("apus ab my.yaml --choose", "Choose features by what they did in sample."),
        ])

    static func run(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        Interruption.watch()
        let html = arguments.value("html")
        let isChoosing = arguments.has("choose")
        let (document, written, notes) = try document(arguments, isChoosing: isChoosing, console)
        let variants = FeatureVariants(document, written, console.strategies)
        guard !variants.strategies.isEmpty else {
            throw .failed(
                "No enabled strategy has features to compare. The type 'enhanced' has; `apus strategies list` shows its "
                    + "parameters.")
        }
        let settings = try bootstrap(arguments)
        let configured = try variants.asConfigured()
        let assembly = try BacktestAssembly(configured, console)
        var runs = [try variants.variant("all features", without: [])]
        for feature in variants.features { runs.append(try variants.variant("without \(feature)", without: [feature])) }
        runs.append(try variants.variant("none (baseline)", without: variants.features))
        if !variants.hasAllOn { runs.append(.init(name: "as configured", configuration: configured)) }

        let (spans, measured, seconds) = try execute(runs, assembly, console)
        var warnings = notes + assembly.warnings
        if !variants.others.isEmpty {
            warnings.append(
                "Left out, because they have no features: \(variants.others.joined(separator: ", ")).")
        }
        let evaluations = try spans.count(
            assembly, configuration: document.tradingFingerprint, command: "ab", variants: runs.count)
        let report = report(
            variants, runs, spans, measured, assembly, settings: settings, seconds: seconds, isChoosing: isChoosing,
            evaluations: evaluations, warnings: warnings)
        if let html { try ResultFile.write(AblationPage.render(report), to: html, console) }
        if arguments.has("json") { return console.write(AblationJSON.render(report)) }
        if html != "-" { console.print(AblationText.text(report, width: console.isTerminal ? console.width : nil)) }
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

    private static func bootstrap(_ arguments: ParsedArguments) throws(CommandFailure) -> BootstrapSettings {
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

    private static func execute(
        _ runs: [FeatureVariants.Variant], _ assembly: BacktestAssembly, _ console: Console
    ) throws(CommandFailure) -> (ResearchSpans, [ResearchSpans.Measured], Double) {
        var inputs: [BacktestInput] = []
        for run in runs { inputs.append(try assembly.with(run.configuration).input()) }
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
        _ variants: FeatureVariants, _ runs: [FeatureVariants.Variant], _ spans: ResearchSpans,
        _ measured: [ResearchSpans.Measured], _ assembly: BacktestAssembly, settings: BootstrapSettings,
        seconds: Double, isChoosing: Bool, evaluations: ValidationReport.Evaluations?, warnings: [String]
    ) -> AblationReport {
        let features = variants.features
        let held = spans.buyAndHold(measured[0])
        let (all, none) = (measured[0], measured[features.count + 1])
        let configured = measured.count > features.count + 2 ? measured[features.count + 2] : nil
        let parts = spans.spans.indices.map { span -> AblationReport.Span in
            let without = features.indices.map { measured[$0 + 1].outcomes[span] }
            let contributions = Contribution.measure(
                whole: all.outcomes[span].dailyReturns,
                without: zip(features, without).map { ($0, $1.dailyReturns) }, settings: settings)
            return AblationReport.Span(
                label: spans.spans[span].label, all: all.outcomes[span], none: none.outcomes[span],
                asConfigured: configured?.outcomes[span], buyAndHold: held[span],
                features: zip(contributions, without).map { AblationReport.Feature(contribution: $0, without: $1) })
        }
        var choice: [(key: String, value: Bool)]?
        if isChoosing, let judged = parts.first {
            choice = variants.strategies.flatMap { strategy in
                judged.features.map {
                    ("strategies.\(strategy).parameters.\($0.contribution.name)", $0.contribution.verdict == .helps)
                }
            }
        }
        let from = assembly.markets.compactMap(\.series.firstOpenTime).min() ?? .epoch
        let to = assembly.markets.compactMap { market in
            market.series.lastOpenTime.map { $0 + market.series.timeframe.span }
        }.max()
        return AblationReport(
            title: assembly.configuration.report.title ?? variants.strategies.joined(separator: ", "),
            programVersion: Program.version, symbols: assembly.markets.map(\.instrument.symbol),
            from: from.nanoseconds, to: (to ?? from).nanoseconds, dataHash: assembly.dataHash,
            runs: zip(runs, measured).flatMap { run, measured in
                zip(spans.spans, measured.resultHashes).map { span, hash in
                    (spans.spans.count == 1 ? run.name : "\(run.name), \(span.label.lowercased())", hash)
                }
            }, bars: measured.reduce(0) { $0 + $1.bars },
            seconds: seconds, bootstrap: settings, spans: parts,
            validation: spans.validation(
                measured: (configured ?? all).outcomes, baseline: none.outcomes, buyAndHold: held,
                evaluations: evaluations, settings: settings),
            choice: choice, warnings: warnings)
    }
}
