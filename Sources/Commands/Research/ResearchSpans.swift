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

    /// What is kept of a run.
    struct Measured: Sendable {
        let outcomes: [PeriodOutcome]
        let resultHash: String
        let bars: Int
        /// No strategy ever had enough bars.
        let isCold: Bool
        let times: [Int64]
        let startEquity: Double
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

    func measure(_ result: BacktestResult, keepsTimes: Bool) -> Measured {
        let samples = sampling.trips(of: result).closed.map(sampling.sample)
        let start = result.startEquity.approximation
        return Measured(
            outcomes: spans.map { span in
                PeriodOutcome(
                    times: result.equity.times, equity: result.equity.close, startEquity: start, trades: samples,
                    from: span.from, to: min(span.to, max(span.from, (result.lastTime ?? .epoch).nanoseconds)))
            }, resultHash: result.resultHash, bars: result.bars,
            isCold: result.coldStrategies.count == result.strategyNames.count,
            times: keepsTimes ? result.equity.times : [], startEquity: start)
    }

    /// Buying at the beginning of each span, and holding to its end.
    func buyAndHold(times: [Int64], startEquity: Double) -> [PeriodOutcome?] {
        spans.map { span in
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
