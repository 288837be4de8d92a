// SPDX-License-Identifier: Apache-2.0

import Control
import Reports
import Supervision
import Trading

extension BacktestReport.Portfolio {
    init(_ standing: PortfolioStanding) {
        let worst = standing.worst
        self.init(
            time: standing.time.nanoseconds, method: standing.method, confidence: standing.confidence,
            hours: standing.hours,
            last: Measures(
                valueAtRisk: standing.valueAtRisk, expectedShortfall: standing.expectedShortfall,
                grossExposure: standing.grossExposure, diversificationRatio: standing.diversificationRatio),
            worst: Measures(
                valueAtRisk: worst.valueAtRisk, expectedShortfall: worst.expectedShortfall,
                grossExposure: worst.grossExposure, diversificationRatio: worst.diversificationRatio),
            breaches: standing.breachCount,
            correlations: standing.correlations.map {
                Correlation(first: $0.first.index, second: $0.second.index, value: $0.correlation)
            })
    }
}

extension ControlStatus.Portfolio {
    init(_ standing: PortfolioStanding, _ instruments: [Instrument]) {
        func name(_ id: InstrumentID) -> String { "\(instruments[id.index].venue) \(instruments[id.index].symbol)" }
        self.init(
            time: standing.time, method: standing.method, confidence: standing.confidence, hours: standing.hours,
            valueAtRisk: standing.valueAtRisk, expectedShortfall: standing.expectedShortfall,
            diversificationRatio: standing.diversificationRatio, grossExposure: standing.grossExposure,
            correlations: standing.correlations.prefix(1000).map {
                Correlation(first: name($0.first), second: name($0.second), value: $0.correlation)
            }, breaches: standing.breaches)
    }
}
