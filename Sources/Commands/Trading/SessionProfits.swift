// SPDX-License-Identifier: Apache-2.0

import Control
import Engine
import Live
import MarketData
import Trading

/// What each strategy of a session made with each market, day by day.
struct SessionProfits {
    /// One strategy and one market.
    struct Part {
        /// Empty for what no strategy did.
        let strategy: String
        let instrument: Instrument
        let days: [DailyProfit]

        func sum(_ value: KeyPath<DailyProfit, Amount>) -> Amount {
            days.reduce(.zero) { $0.adding($1[keyPath: value]) ?? $0 }
        }
        var unrealised: Amount { days.last?.unrealised ?? .zero }
    }

    let parts: [Part]

    init(_ days: [DailyProfit], strategies: [String], instruments: [Instrument]) {
        parts = DailyProfit.series(days).map { days in
            let strategy = days[0].strategy.index
            return Part(
                strategy: strategies.indices.contains(strategy) ? strategies[strategy] : "",
                instrument: instruments[days[0].instrument.index], days: days)
        }
    }

    /// For the status: with at most a month of days, so that the answer stays small.
    var status: [ControlStatus.Profit] {
        let count = min(31, 4000 / max(1, parts.count))
        return parts.prefix(1000).map { part in
            ControlStatus.Profit(
                strategy: part.strategy, venue: part.instrument.venue, market: part.instrument.symbol,
                profit: part.sum(\.profit), realised: part.sum(\.realised), unrealised: part.unrealised,
                fees: part.sum(\.fees), funding: part.sum(\.funding),
                days: part.days.suffix(count).map { ControlStatus.Profit.Day(day: $0.day, profit: $0.profit) })
        }
    }

    /// For the summary: with every day.
    var value: ReportValue {
        .list(
            parts.map { part in
                .object([
                    ("strategy", .text(part.strategy)), ("venue", .text(part.instrument.venue)),
                    ("market", .text(part.instrument.symbol)), ("profit", .text("\(part.sum(\.profit))")),
                    ("realised", .text("\(part.sum(\.realised))")), ("unrealised", .text("\(part.unrealised)")),
                    ("fees", .text("\(part.sum(\.fees))")), ("funding", .text("\(part.sum(\.funding))")),
                    (
                        "days",
                        .list(
                            part.days.map { day in
                                .object([
                                    ("day", .text("\(day.day)")), ("profit", .text("\(day.profit)")),
                                    ("realised", .text("\(day.realised)")),
                                    ("unrealised", .text("\(day.unrealised)")), ("fees", .text("\(day.fees)")),
                                    ("funding", .text("\(day.funding)")),
                                ])
                            })
                    ),
                ])
            })
    }
}
