// SPDX-License-Identifier: Apache-2.0

import Portfolio
import Trading

// What all positions risk together, looked at with the rows of returns, and what follows where a limit does not hold.
extension RiskSupervisor {
    /// Without a limit nobody waits for it: then every sixth row is enough.
    var measuresNow: Bool { settings.portfolio.map { $0.isLimited || rows % 6 == 1 } ?? false }

    mutating func measure(_ holdings: Holdings, at now: Timestamp) -> [SupervisionEvent] {
        guard let limits = settings.portfolio,
            let found = try? PortfolioAssessment(exposures: holdings.net, returns: returns, limits: limits)
        else { return [] }
        var events: [SupervisionEvent] = []
        for breach in found.breaches where !breached.contains(breach.kind) {
            breachCount += 1
            let effect =
                breach.kind.isReducible && settings.reducesOnBreach
                ? "nothing new is opened, and the positions are reduced" : "nothing new is opened that leaves it so"
            events.append(
                SupervisionEvent(
                    time: now, instrument: nil, source: breach.kind.key, reason: "\(breach.reason): \(effect)"))
        }
        let kinds = found.breaches.map(\.kind)
        for kind in breached where !kinds.contains(kind) {
            events.append(
                SupervisionEvent(
                    time: now, instrument: nil, source: kind.key, reason: kind.ending))
        }
        breached = kinds
        worst.take(found)
        standing = PortfolioStanding(
            found, correlations, confidence: limits.confidence,
            hours: limits.periods * Int(returns.interval.nanoseconds / TimeSpan.hours(1).nanoseconds), worst: worst,
            breachCount: breachCount, at: now)
        portfolioCut = settings.reducesOnBreach ? Self.cut(found.breaches) : nil
        judge()
        return events
    }

    /// How much of every position has to go: losses and exposure shrink with the positions.
    private static func cut(_ breaches: [PortfolioBreach]) -> PositionCut? {
        let reducible = breaches.filter { $0.kind.isReducible && $0.value.isFinite && $0.value > $0.limit }
        let worst = reducible.max { $0.limit / $0.value > $1.limit / $1.value }
        return worst.map { PositionCut(share: 1 - $0.limit / $0.value, reason: $0.reason) }
    }

    /// Whether a limit on the portfolio keeps every entry out. What is not diversified enough can become so by one:
    /// there each entry is judged by what it leaves.
    var isPortfolioBreached: Bool { breached.contains { $0 != .diversificationRatio } }
}

extension PortfolioBreach.Kind {
    /// As the configuration has it.
    var key: String {
        switch self {
        case .valueAtRisk: "value_at_risk"
        case .expectedShortfall: "expected_shortfall"
        case .grossExposure: "gross_exposure"
        case .diversificationRatio: "diversification_ratio"
        case .notMeasured: "portfolio"
        }
    }

    var ending: String {
        switch self {
        case .valueAtRisk: "the limit on the value at risk holds again"
        case .expectedShortfall: "the limit on the expected shortfall holds again"
        case .grossExposure: "the limit on the gross exposure holds again"
        case .diversificationRatio: "the limit on the diversification ratio holds again"
        case .notMeasured: "what the positions may lose can be measured again"
        }
    }

    /// Whether smaller positions end it.
    var isReducible: Bool {
        switch self {
        case .valueAtRisk, .expectedShortfall, .grossExposure: true
        case .diversificationRatio, .notMeasured: false
        }
    }
}
