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
            json.time("from", span.all.from)
            json.time("to", span.all.to)
            outcome("all", span.all, &json)
            outcome("none", span.none, &json)
            outcome("asConfigured", span.asConfigured, &json)
            outcome("buyAndHold", span.buyAndHold, &json)
            json.array("features") { json in
                for feature in span.features {
                    json.object { json in
                        let comparison = feature.contribution.comparison
                        var reason: String?
                        if case .notMeasured(let text) = comparison { reason = text }
                        json.string("name", feature.contribution.name)
                        json.string("verdict", feature.contribution.verdict.rawValue)
                        json.string("reason", reason)
                        let change = AblationReport.Change(all: span.all, without: feature.without)
                        json.number("totalReturn", change.totalReturn)
                        json.number("profitFactor", change.profitFactor)
                        json.number("winRate", change.winRate)
                        json.number("maximumDrawdown", change.maximumDrawdown)
                        json.integer("trades", change.trades)
                        ValidationSections.range("totalReturnInterval", comparison.difference?.total, &json)
                        ValidationSections.range("meanDailyReturnInterval", comparison.difference?.mean, &json)
                        json.number("blockLengthDays", comparison.difference?.blockLength)
                        json.number("pValue", comparison.difference?.pValue)
                        json.number("correctedPValue", feature.contribution.correctedPValue)
                        outcome("without", feature.without, &json)
                    }
                }
            }
        }
    }
}
