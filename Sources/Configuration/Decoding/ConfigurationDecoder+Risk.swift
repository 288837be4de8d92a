// SPDX-License-Identifier: Apache-2.0

import Trading

extension ConfigurationDecoder {
    func breakers(_ reader: SectionReader) -> CircuitBreakerSettings? {
        guard reader.node != nil else { return nil }
        return CircuitBreakerSettings(
            volatilityRatio: reader.amount("volatility_ratio") ?? .zero,
            flashCrash: reader.rate("flash_crash") ?? .zero,
            drawdown: reader.rate("drawdown") ?? .zero, dailyLoss: reader.amount("daily_loss"),
            errorRate: reader.rate("error_rate") ?? .zero)
    }

    mutating func portfolio(_ reader: SectionReader) -> PortfolioSettings? {
        guard reader.node != nil else { return nil }
        for (smaller, larger) in [
            ("single_symbol", "correlated_pair"), ("correlated_pair", "correlated_group"),
            ("correlated_group", "total"), ("value_at_risk", "expected_shortfall"),
        ] {
            guard let small = reader.rate(smaller), let large = reader.rate(larger), small > large else { continue }
            report(
                reader, smaller,
                "\(percent(small)) is above \(larger), \(percent(large)), so that it would never be reached. Lower it, or "
                    + "raise the other.")
        }
        return PortfolioSettings(
            singleSymbol: reader.rate("single_symbol") ?? .zero,
            correlatedPair: reader.rate("correlated_pair") ?? .zero,
            correlatedGroup: reader.rate("correlated_group") ?? .zero,
            correlation: reader.rate("correlation") ?? .zero, totalRisk: reader.rate("total_risk") ?? .zero,
            total: reader.rate("total") ?? .zero, valueAtRisk: reader.rate("value_at_risk"),
            expectedShortfall: reader.rate("expected_shortfall"), rebalance: reader.duration("rebalance") ?? .zero)
    }

    private func percent(_ rate: Rate) -> String { "\((rate.fraction * 1e4).rounded() / 100) %" }
}
