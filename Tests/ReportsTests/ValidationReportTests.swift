// SPDX-License-Identifier: Apache-2.0

import Foundation
import Statistics
import Testing

@testable import Reports

extension SampleReport {
    private static let day: Int64 = 86_400_000_000_000

    /// So many days, each with one trade; of five, `wins` win.
    static func outcome(days: Int, from: Int, wins: Int) -> PeriodOutcome {
        var equity = 100.0
        var (times, values, trades): ([Int64], [Double], [TradeSample]) = ([], [], [])
        for index in 0..<days {
            let profit = index % 5 < wins ? 1.0 + Double(index % 3) : -1.5
            let start = Int64(from + index) * day
            equity += profit
            times.append(start + day)
            values.append(equity)
            trades.append(
                TradeSample(
                    strategy: 0, symbol: 0, exitReason: 0, isLong: true, entryTime: start + 1, exitTime: start + 2,
                    profit: profit, fees: 0))
        }
        return PeriodOutcome(
            times: times, equity: values, startEquity: 100, trades: trades, from: Int64(from) * day, to: .max)
    }

    static func validation(wins: Int, number: Int = 7) -> ValidationReport {
        func variant(_ days: Int, _ from: Int, _ wins: Int) -> ValidationReport.Variant {
            let outcome = outcome(days: days, from: from, wins: wins)
            return .init(outcome, ranges: outcome.ranges(BootstrapSettings(resamples: 200)))
        }
        func span(_ days: Int, _ from: Int) -> ValidationReport.Span {
            .init(
                measured: variant(days, from, wins), baseline: variant(days, from, 2),
                buyAndHold: variant(days, from, 3))
        }
        return ValidationReport(
            outOfSampleFrom: 60 * day, inSample: span(60, 0), outOfSample: span(40, 60),
            evaluations: .init(number: number, configurations: number - 1, otherSplits: ["1970-02-01"]))
    }

    /// A report with everything that research adds.
    static func researched() -> BacktestReport {
        var report = make(bars: 3_000)
        report.validation = validation(wins: 4)
        var statistics = TradeStatistics()
        statistics.add(
            TradeSample(
                strategy: 0, symbol: 0, exitReason: 0, isLong: true, entryTime: 0, exitTime: 1, profit: 2, fees: 0.5))
        let measures = BacktestReport.Portfolio.Measures(
            valueAtRisk: 0.031, expectedShortfall: nil, grossExposure: 0.8, diversificationRatio: 1.25)
        report.portfolio = .init(
            time: 0, method: "historical", confidence: 0.95, hours: 24, last: measures, worst: measures, breaches: 2,
            correlations: [.init(first: 0, second: 0, value: 0.5), .init(first: 0, second: 0, value: nil)])
        report.decisionSplits = ["byFeature", "byRegime", "byKeyLevel", "byConfidence", "byExitDecision"].map {
            .init(key: $0, label: "Label of \($0)", rows: [.init("<b>row</b> of \($0)", statistics)])
        }
        return report
    }
}

@Suite struct ValidationReportTests {
    @Test func targetsAreJudgedOutOfSample() {
        #expect(SampleReport.validation(wins: 4).judgement == "Every target was reached out of sample.")
        #expect(
            SampleReport.validation(wins: 2).judgement
                == "Missed out of sample: win rate, profit factor, return a week.")
        // Without losses there is no profit factor: that is neither reached nor missed.
        #expect(SampleReport.validation(wins: 5).judgement == "Not measured: profit factor.")
        var report = SampleReport.validation(wins: 4)
        report.outOfSample?.baseline = nil
        #expect(report.judgement == nil)
        report.outOfSample = nil
        #expect(report.judgement == nil)
    }

    @Test func evaluationsAreNamed() {
        let text = SampleReport.validation(wins: 4).evaluationText
        #expect(text.hasPrefix("Evaluation 7 on this out-of-sample data, of 6 different configurations."))
        #expect(text.contains("The best of several tries looks better than it is."))
        #expect(text.contains("with the split at 1970-02-01"))
        var report = SampleReport.validation(wins: 4)
        report.evaluations = .init(number: 1, configurations: 1)
        #expect(report.evaluationText == "Evaluation 1 on this out-of-sample data.")
        report.evaluations = .init(number: 3, configurations: 1)
        #expect(report.evaluationText == "Evaluation 3 on this out-of-sample data, of 1 configuration.")
        report.evaluations = nil
        #expect(report.evaluationText == "Nothing that was held back was looked at.")
    }

    @Test func terminalAndPageShowWhatAllPositionsRisk() {
        let report = SampleReport.researched()
        let text = TerminalReport.render(report)
        let page = String(decoding: PageReport.render(report, chartLibrary: nil), as: UTF8.self)
        for shown in ["Value at risk", "3.10 %", "1.250", "not measured", "historical, 95.0 % over 24 hours"] {
            #expect(text.contains(shown), "\(shown)")
            #expect(page.contains(shown), "\(shown)")
        }
        #expect(!TerminalReport.render(SampleReport.make(bars: 3_000)).contains("PORTFOLIO"))
    }

    @Test func terminalAndPageShowTheTable() {
        let report = SampleReport.researched()
        for width in [96, 120] {
            let text = TerminalReport.render(report, width: width)
            for wanted in [
                "HELD BACK FROM 1970-03-02 ON", "> 60.00 %", "Evaluation 7 on this out-of-sample", "Label of byRegime",
                "Hour of entry (UTC)", "Every target was reached out of sample.",
            ] {
                #expect(text.contains(wanted), "\(wanted) at \(width)")
            }
            let longest = text.split(separator: "\n").map { TerminalPage.columns(String($0)) }.max() ?? 0
            #expect(longest <= width)
        }
        let page = String(decoding: PageReport.render(report, chartLibrary: nil), as: UTF8.self)
        #expect(page.contains("Held back from 1970-03-02 on") && page.contains("Label of byExitDecision"))
        #expect(!page.contains("<b>row</b>") && page.contains("&lt;b&gt;row&lt;/b&gt; of byFeature"))
    }

    @Test func theComparisonOfFeaturesIsJSONAndAPage() throws {
        let (all, none) = (
            SampleReport.outcome(days: 60, from: 0, wins: 4), SampleReport.outcome(days: 60, from: 0, wins: 2)
        )
        let contributions = Contribution.measure(
            whole: all.dailyReturns, without: [("regime<script>", none.dailyReturns), ("sizing", all.dailyReturns)],
            settings: BootstrapSettings(resamples: 500))
        let span = AblationReport.Span(
            label: "All data", all: all, none: none, asConfigured: nil, buyAndHold: none,
            features: zip(contributions, [none, all]).map { .init(contribution: $0, without: $1) })
        let report = AblationReport(
            title: "a <title>", programVersion: "1", symbols: ["A"], from: 0, to: 60 * 86_400_000_000_000,
            dataHash: "ab", runs: [("all features", "1"), ("none", "2")], bars: 100, seconds: 0.5,
            bootstrap: BootstrapSettings(resamples: 500), spans: [span], validation: SampleReport.validation(wins: 4),
            choice: [("strategies.x.parameters.sizing", false)], warnings: ["careful"])
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(AblationJSON.render(report))) as? [String: Any])
        let spans = try #require(json["spans"] as? [[String: Any]])
        let features = try #require(spans[0]["features"] as? [[String: Any]])
        #expect(features.compactMap { $0["verdict"] as? String } == ["helps", "changed nothing"])
        #expect(features[0]["totalReturnInterval"] is [String: Any] && features[1]["pValue"] is NSNull)
        let overrides = (json["choice"] as? [String: Any])?["overrides"] as? [String: Bool]
        #expect(overrides == ["strategies.x.parameters.sizing": false])
        let page = String(decoding: AblationPage.render(report), as: UTF8.self)
        #expect(!page.contains("<script>") && page.contains("regime&lt;script&gt;") && page.contains("careful"))
        #expect(page.contains("Held back from 1970-03-02 on"))
    }
}
