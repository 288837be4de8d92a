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
        let ladder = ["single_symbol", "correlated_pair", "correlated_group", "total"]
        let ordered = ladder.indices.flatMap { small in ladder[(small + 1)...].map { (ladder[small], $0) } }
        for (smaller, larger) in ordered + [("value_at_risk", "expected_shortfall")]
        where reader.has(smaller) && reader.has(larger) {
            guard let small = reader.rate(smaller), let large = reader.rate(larger), small > large else { continue }
            report(
                reader, smaller,
                "\(percent(small)) is above \(larger), \(percent(large)), so that it would never be reached. Lower it, or "
                    + "raise the other.")
        }
        // A default gives way to what is written.
        func share(_ key: String) -> Rate {
            let value = reader.rate(key) ?? .zero
            guard !reader.has(key), let place = ladder.firstIndex(of: key) else { return value }
            let below = ladder[..<place].filter(reader.has).compactMap(reader.rate).max() ?? value
            let above = ladder[place...].filter(reader.has).compactMap(reader.rate).min() ?? value
            return min(max(value, below), max(above, below))
        }
        return PortfolioSettings(
            singleSymbol: share("single_symbol"), correlatedPair: share("correlated_pair"),
            correlatedGroup: share("correlated_group"), correlation: reader.rate("correlation") ?? .zero,
            totalRisk: reader.rate("total_risk") ?? .zero, total: share("total"),
            valueAtRisk: reader.rate("value_at_risk"), expectedShortfall: reader.rate("expected_shortfall"),
            rebalance: reader.duration("rebalance") ?? .zero)
    }

    private func percent(_ rate: Rate) -> String { "\((rate.fraction * 1e4).rounded() / 100) %" }
}
