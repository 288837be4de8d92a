// SPDX-License-Identifier: Apache-2.0

import Backtest
import Configuration
import Engine
import MarketData
import Reports
import Statistics
import Trading

/// The parts of a run's time that are told apart, and how runs are measured in them.
struct ResearchSpans: Sendable {
    struct Span: Sendable {
        let label: String
        let from: Int64
        let to: Int64
    }

    /// What is kept of the runs of one configuration, one for each span.
    struct Measured: Sendable {
        var outcomes: [PeriodOutcome]
        var resultHashes: [String]
        var bars: Int
        /// No strategy ever had enough bars in any of them.
        var isCold: Bool
        var times: [[Int64]]
        var startEquity: Double
        /// Of the runs that kept their decisions.
        var breakdowns: [TradeBreakdown?]

        /// Spans that follow each other, put together.
        init(_ parts: [Measured]) {
            outcomes = parts.flatMap(\.outcomes)
            resultHashes = parts.flatMap(\.resultHashes)
            bars = parts.reduce(0) { $0 + $1.bars }
            isCold = parts.allSatisfy(\.isCold)
            times = parts.flatMap(\.times)
            startEquity = parts.first?.startEquity ?? 0
            breakdowns = parts.flatMap(\.breakdowns)
        }

        fileprivate init(
            _ result: BacktestResult, _ outcome: PeriodOutcome, times: [Int64], breakdown: TradeBreakdown?
        ) {
            outcomes = [outcome]
            resultHashes = [result.resultHash]
            bars = result.bars
            isCold = result.coldStrategies.count == result.strategyNames.count
            self.times = [times]
            startEquity = result.startEquity.approximation
            breakdowns = [breakdown]
        }
    }

    let spans: [Span]
    let split: Timestamp?
    private let markets: [BacktestAssembly.Market]
    private let sampling: TradeSampling

    init(_ assembly: BacktestAssembly, account: AccountDescription) {
        markets = assembly.markets
        split = assembly.configuration.validation.outOfSampleFrom
        sampling = TradeSampling(
            instruments: markets.map(\.instrument),
            valuation: BacktestValuation(account, series: markets.map(\.series)))
        let from = markets.compactMap(\.series.firstOpenTime).min() ?? .epoch
        var spans: [Span] = []
        if let split {
            if from < split {
                spans.append(Span(label: "In sample", from: from.nanoseconds, to: split.nanoseconds))
            }
            if markets.contains(where: { ($0.series.lastOpenTime ?? .distantPast) >= split }) {
                spans.append(
                    Span(label: "Out of sample", from: max(from, split).nanoseconds, to: .max))
            }
        } else {
            spans.append(Span(label: "All data", from: from.nanoseconds, to: .max))
        }
        self.spans = spans
    }

    /// The part of the spans that was held back.
    var outOfSample: Int? { split == nil ? nil : spans.firstIndex { $0.to == .max } }
    var inSample: Int? { split == nil ? nil : spans.firstIndex { $0.to != .max } }

    /// The runs that measure a configuration, one for each span: each begins with the whole start balance, so that what was
    /// won or lost in one says nothing about the next.
    ///
    /// In sample, the data ends at the split. Out of sample, strategies watch all that came before it, so that they are
    /// warm, and act from the split on.
    func inputs(_ input: BacktestInput) -> [BacktestInput] {
        spans.map { span in
            guard let split else { return input }
            if span.to != .max { return input.cut(at: split) }
            var later = input
            later.actsFrom = split
            return later
        }
    }

    func measure(_ result: BacktestResult, in place: Int, keepsTimes: Bool, breaksDown: Bool) -> Measured {
        let span = spans[place]
        let trips = sampling.trips(of: result)
        let samples = trips.closed.map(sampling.sample)
        let end = min(span.to, max(span.from, (result.lastTime ?? .epoch).nanoseconds))
        let outcome = PeriodOutcome(
            times: result.equity.times, equity: result.equity.close,
            startEquity: result.startEquity.approximation, trades: samples, from: span.from, to: end)
        return Measured(
            result, outcome, times: keepsTimes ? result.equity.times : [],
            breakdown: breaksDown
                ? sampling.breakdown(
                    trips, samples, result.decisions, strategies: result.strategyNames, from: span.from, to: end)
                : nil)
    }

    /// Runs several configurations, each once for each span.
    ///
    /// - Returns: In the order of the configurations.
    func run(
        _ configurations: [BacktestInput], _ label: String, _ console: Console
    ) throws(CommandFailure) -> [Measured] {
        let inputs = configurations.flatMap { self.inputs($0) }
        let (count, began) = (spans.count, ContinuousClock.now)
        do throws(BacktestError) {
            let measured = try ParallelRuns.run(
                inputs,
                reduce: { place, result in
                    measure(
                        result, in: place % count, keepsTimes: place < count,
                        breaksDown: inputs[place].keepsDecisions)
                },
                progress: { share in
                    console.showProgress(label, share, since: began)
                    return !console.isInterrupted()
                })
            console.endProgress()
            return configurations.indices.map { Measured(Array(measured[($0 * count)..<(($0 + 1) * count)])) }
        } catch {
            console.endProgress()
            if case .cancelled = error { throw BacktestCommand.interrupted }
            throw .failed(error)
        }
    }

    /// Buying at the beginning of each span, and holding to its end.
    func buyAndHold(_ measured: Measured) -> [PeriodOutcome?] {
        let startEquity = measured.startEquity
        return zip(spans, measured.times).map { span, times in
            let inside = times.filter { $0 > span.from && $0 <= span.to }
            guard
                let holding = BuyAndHold(
                    start: startEquity, from: span.from, times: inside[...], markets: markets,
                    valuation: sampling.valuation, keepsCurve: true)
            else { return nil }
            return PeriodOutcome(
                times: inside, equity: holding.curve, startEquity: startEquity, trades: [], from: span.from,
                to: inside.last ?? span.from)
        }
    }

    /// The spans of a validation report.
    func validation(
        measured: [PeriodOutcome], baseline: [PeriodOutcome]?, buyAndHold: [PeriodOutcome?],
        evaluations: ValidationReport.Evaluations?, settings: BootstrapSettings
    ) -> ValidationReport? {
        guard let split else { return nil }
        func variant(_ outcome: PeriodOutcome) -> ValidationReport.Variant {
            ValidationReport.Variant(outcome, ranges: outcome.ranges(settings))
        }
        func span(_ place: Int?) -> ValidationReport.Span? {
            place.map { place in
                ValidationReport.Span(
                    measured: variant(measured[place]), baseline: baseline.map { variant($0[place]) },
                    buyAndHold: buyAndHold[place].map(variant))
            }
        }
        return ValidationReport(
            outOfSampleFrom: split.nanoseconds, inSample: span(inSample), outOfSample: span(outOfSample),
            evaluations: evaluations)
    }

    /// Counts a run that looks at data that was held back.
    ///
    /// - Returns: `nil` where it looks at none.
    func count(
        _ assembly: BacktestAssembly, configuration: String, command: String, variants: Int
    ) throws(CommandFailure) -> ValidationReport.Evaluations? {
        guard let split, outOfSample != nil else { return nil }
        let entry = EvaluationLog.Entry(
            split: "\(split)", markets: markets.compactMap { $0.fingerprint(from: split) },
            configuration: configuration, command: command, variants: variants)
        let count = try EvaluationLog(store: assembly.configuration.data.store).add(entry, at: wallClock())
        return ValidationReport.Evaluations(
            number: count.number, configurations: count.configurations, otherSplits: count.otherSplits)
    }
}

extension BacktestAssembly {
    /// Of the bars of all markets.
    var dataHash: String {
        var hash = RunHash()
        for market in markets { hash.add(market.series.contentHash, UInt64(market.series.count)) }
        return hash.text
    }
}
