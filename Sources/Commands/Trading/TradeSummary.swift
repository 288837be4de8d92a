// SPDX-License-Identifier: Apache-2.0

import Engine
import Live
import MarketData
import Reports
import Statistics
import Trading

extension Amount {
    /// With two decimals, for people; files carry every digit.
    var written: String { NumberText.rounded("\(self)", decimals: 2) }
}

extension Amount? {
    var written: String { self?.written ?? "not known" }
}

/// What a session came to, for people and for programs.
struct TradeSummary {
    let report: SessionReport
    let mode: SessionMode
    let instance: String
    let instruments: [Instrument]
    let baseCurrency: String
    let latency: OrderLatency
    let profits: SessionProfits

    func write(to file: String?, _ console: Console) throws(CommandFailure) {
        if file != "-" { console.print(text(width: console.width)) }
        guard let file else { return }
        if file == "-" { return console.printJSON(value) }
        try ResultFile.write(Array((value.indented() + "\n").utf8), to: file, console)
    }

    private func text(width lineWidth: Int) -> String {
        let counters = report.counters
        var rows: [(String, String)] = [
            ("session", "\(instance), \(mode.rawValue), \(report.state.text)"),
            (
                "bars",
                "\(counted(Int64(counters.instants), "instant")), the last at \(report.lastInstant.map { "\($0)" } ?? "none")"
            ),
            (
                "orders",
                "\(report.orders) decided on, \(counters.denied) stopped before sending, \(counted(Int64(report.fills), "fill"))"
            ),
            ("equity", "\(report.equity.written) \(baseCurrency)"),
            ("profit", "\(report.profit.written) \(baseCurrency), of it fees \((-report.fees).written)"),
            ("return", "\((report.timeWeightedReturn * 10_000).rounded() / 100) % (time-weighted)"),
            ("positions", holdings),
        ]
        for part in profits.parts {
            let name = part.strategy.isEmpty ? "no strategy" : part.strategy
            rows.append(
                (
                    "  made by",
                    "\(name), \(part.instrument.symbol): \(part.sum(\.profit).written) \(baseCurrency) on "
                        + counted(Int64(part.days.count), "day")
                ))
        }
        rows += [
            ("open orders", "\(report.openOrders)"),
            (
                "venue",
                "\(counted(Int64(counters.reconnects), "reconnect")), \(counted(Int64(counters.findings), "finding"))"
            ),
        ]
        for (name, what, histogram) in [
            ("latency", "event in to order out", latency.elapsed),
            ("  first", "the first order of an event", latency.first),
            ("  processor", "processor time of it", latency.computed),
        ] {
            guard let median = histogram.percentile(50), let high = histogram.percentile(99) else { continue }
            rows.append((name, "\(what): p50 \(median / 1000) µs, p99 \(high / 1000) µs of \(histogram.count)"))
        }
        rows.append(("fingerprint", report.fingerprint))
        let width = (rows.map(\.0.count).max() ?? 0) + 2
        let table = rows.map { $0.0 + String(repeating: " ", count: width - $0.0.count) + $0.1 }.joined(separator: "\n")
        guard latency.elapsed.count > 0 else { return table }
        return table + "\n\nFrom an event to each request with orders that it led to:\n"
            + latency.elapsed.picture(width: min(lineWidth, 80))
    }

    /// How many requests with orders went out within doubling times.
    private var latencySteps: ReportValue {
        let latency = latency.elapsed
        var steps: [ReportValue] = []
        var bound: Int64 = 1000
        while let maximum = latency.maximum, steps.isEmpty || bound / 2 < maximum, bound < 1 << 50 {
            steps.append(
                .object([
                    ("at_most_ns", .integer(bound)), ("count", .integer(Int64(clamping: latency.count(atMost: bound)))),
                ]))
            bound *= 2
        }
        return .list(steps)
    }

    private var holdings: String {
        if report.holdings.isEmpty { return "none" }
        return report.holdings.map { holding in
            let instrument = instruments[holding.instrument.index]
            return "\(instrument.text(holding.quantity)) \(instrument.symbol)"
                + (holding.entry.map { " from \(instrument.text($0))" } ?? "")
        }.joined(separator: ", ")
    }

    private var value: ReportValue {
        func money(_ amount: Amount?) -> ReportValue { amount.map { .text("\($0)") } ?? .missing }
        func time(_ nanoseconds: Int64?) -> ReportValue { nanoseconds.map { .integer($0) } ?? .missing }
        return .object([
            ("instance", .text(instance)), ("mode", .text(mode.rawValue)), ("state", .text(report.state.text)),
            ("instants", .count(report.counters.instants)), ("stale_instants", .count(report.counters.staleInstants)),
            ("orders", .count(report.orders)), ("denied", .count(report.counters.denied)),
            ("fills", .count(report.fills)), ("base_currency", .text(baseCurrency)), ("equity", money(report.equity)),
            ("start_equity", money(report.startEquity)), ("profit", money(report.profit)),
            ("time_weighted_return", .number(report.timeWeightedReturn)),
            ("fees", money(report.fees)), ("open_orders", .count(report.openOrders)),
            (
                "positions",
                .list(
                    report.holdings.map { holding in
                        let instrument = instruments[holding.instrument.index]
                        return .object([
                            ("market", .text(instrument.symbol)), ("venue", .text(instrument.venue)),
                            ("quantity", .text(instrument.text(holding.quantity))),
                            ("entry", holding.entry.map { .text(instrument.text($0)) } ?? .missing),
                        ])
                    })
            ), ("profit_by_day", profits.value), ("reconnects", .count(report.counters.reconnects)),
            ("findings", .count(report.counters.findings)),
            ("latency_p50_ns", time(latency.elapsed.percentile(50))),
            ("latency_p99_ns", time(latency.elapsed.percentile(99))),
            ("latency_maximum_ns", time(latency.elapsed.maximum)),
            ("latency_first_p50_ns", time(latency.first.percentile(50))),
            ("latency_first_p99_ns", time(latency.first.percentile(99))),
            ("latency_processor_p50_ns", time(latency.computed.percentile(50))),
            ("latency_processor_p99_ns", time(latency.computed.percentile(99))),
            ("latency_count", .integer(Int64(clamping: latency.elapsed.count))), ("latency_steps", latencySteps),
            ("fingerprint", .text(report.fingerprint)),
        ])
    }
}
