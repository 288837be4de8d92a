// SPDX-License-Identifier: Apache-2.0

import Statistics

/// The comparison of features as one JSON document.
public enum AblationJSON {
    /// Counts up when a key changes its meaning or goes away; new keys do not change it.
    public static let schemaVersion = 1

    /// - Returns: UTF-8, ending in a line feed. Numbers that are not finite are `null`.
    public static func render(_ report: AblationReport) -> [UInt8] {
        var json = JSONWriter(isIndented: true, capacity: 64_000)
        json.object { json in
            json.integer("schemaVersion", schemaVersion)
            json.string("title", report.title)
            json.string("programVersion", report.programVersion)
            json.array("symbols") { json in for symbol in report.symbols { json.string(nil, symbol) } }
            json.time("from", report.from)
            json.time("to", report.to)
            json.string("dataHash", report.dataHash)
            json.integer("bars", report.bars)
            json.number("seconds", report.seconds)
            json.object("bootstrap") { json in
                json.integer("resamples", report.bootstrap.resamples)
                json.number("confidence", report.bootstrap.confidence)
                json.string("seed", "\(report.bootstrap.seed)")
            }
            json.array("runs") { json in
                for run in report.runs {
                    json.object { json in
                        json.string("name", run.name)
                        json.string("resultHash", run.resultHash)
                    }
                }
            }
            json.array("spans") { json in for span in report.spans { write(span, &json) } }
            ValidationSections.write(report.validation, &json)
            if let choice = report.choice {
                json.object("choice") { json in
                    json.object("overrides") { json in
                        for setting in choice { json.flag(setting.key, setting.value) }
                    }
                }
            } else {
                json.string("choice", nil)
            }
            json.array("notes") { json in for note in report.notes { json.string(nil, note) } }
            json.array("warnings") { json in for warning in report.warnings { json.string(nil, warning) } }
        }
        var text = json.text
        text.append(byte: 10)
        return text.bytes
    }

    private static func write(_ span: AblationReport.Span, _ json: inout JSONWriter) {
        func outcome(_ name: String, _ outcome: PeriodOutcome?, _ json: inout JSONWriter) {
            guard let outcome else { return json.string(name, nil) }
            json.object(name) { json in ValidationSections.outcome(outcome, &json) }
        }
        json.object { json in
            json.string("label", span.label)
            let lead = span.rows.first?.outcome
            json.time("from", lead?.from)
            json.time("to", lead?.to)
            outcome("session", span.session, &json)
            outcome("all", span.all, &json)
            outcome("none", span.none, &json)
            outcome("asConfigured", span.asConfigured, &json)
            outcome("buyAndHold", span.buyAndHold, &json)
            json.array("features") { json in
                for feature in span.features {
                    json.object { json in
                        let contribution = feature.contribution
                        json.string("name", contribution.name)
                        json.string("verdict", contribution.verdict.rawValue)
                        comparison(contribution, .init(span.all, without: feature.without), &json)
                        outcome("without", feature.without, &json)
                    }
                }
            }
            json.array("rivals") { json in
                for rival in span.rivals {
                    json.object { json in
                        json.string("name", rival.name)
                        ValidationSections.outcome(rival.outcome, &json)
                    }
                }
            }
            json.array("pairs") { json in
                for pair in span.pairs {
                    let (first, second) = (span.rivals[pair.first], span.rivals[pair.second])
                    json.object { json in
                        json.string("first", first.name)
                        json.string("second", second.name)
                        json.string("verdict", pair.verdict.rawValue)
                        comparison(pair.contribution, .init(first.outcome, without: second.outcome), &json)
                    }
                }
            }
            json.array("breakdowns") { json in
                for breakdown in span.breakdowns {
                    json.object { json in
                        json.string("run", breakdown.run)
                        breakdown.trades.write(&json)
                    }
                }
            }
        }
    }

    /// The first minus the second, and whether that is more than chance.
    private static func comparison(
        _ contribution: Contribution, _ change: AblationReport.Change?, _ json: inout JSONWriter
    ) {
        let comparison = contribution.comparison
        var reason: String?
        if case .notMeasured(let text) = comparison { reason = text }
        json.string("reason", reason)
        json.number("totalReturn", change?.totalReturn)
        json.number("profitFactor", change?.profitFactor)
        json.number("winRate", change?.winRate)
        json.number("maximumDrawdown", change?.maximumDrawdown)
        json.integer("trades", change?.trades ?? 0)
        ValidationSections.range("totalReturnInterval", comparison.difference?.total, &json)
        ValidationSections.range("meanDailyReturnInterval", comparison.difference?.mean, &json)
        json.number("blockLengthDays", comparison.difference?.blockLength)
        json.number("pValue", comparison.difference?.pValue)
        json.number("correctedPValue", contribution.correctedPValue)
    }
}
