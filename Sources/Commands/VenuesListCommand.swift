// SPDX-License-Identifier: Apache-2.0

import MarketData
import OrderManagement
import Trading

/// `apus venues list`: which kinds of orders a venue has itself, and which Apus stands in for.
struct VenuesListCommand: Command {
    static let description = CommandDescription(
        path: ["venues", "list"],
        summary: "List the venues that Apus trades on, and how each kind of order is carried out there.",
        details: """
            native       the venue has it: it works while this program is not running
            emulated     Apus stands in for it: it rests while this program is not running
            unsupported  it is refused before it is sent
            """,
        options: [.json],
        examples: [("apus venues list", "What is native and what is emulated.")])

    private static let orders: [(name: String, type: OrderType, timeInForce: TimeInForce, note: String)] = [
        ("market", .market, .goodTilCancelled, "sent as immediate-or-cancel with the worst price that slippage allows"),
        ("limit", .limit, .goodTilCancelled, ""), ("limit, post-only", .limit, .goodTilCancelled, ""),
        ("limit, immediate or cancel", .limit, .immediateOrCancel, ""),
        ("limit, good till date", .limit, .goodTilDate, "cancelled by Apus when its time has come"),
        ("limit, fill or kill", .limit, .fillOrKill, ""), ("stop", .stop, .goodTilCancelled, "on the mark price"),
        ("stop-limit", .stopLimit, .goodTilCancelled, "on the mark price"),
        ("take-profit", .takeProfit, .goodTilCancelled, "on the mark price"),
        ("take-profit limit", .takeProfitLimit, .goodTilCancelled, "on the mark price"),
        (
            "trailing stop", .trailingStop, .goodTilCancelled,
            "a native stop that Apus moves; where it stands it acts alone"
        ),
        (
            "entry with stop and target", .stop, .goodTilCancelled,
            "one request; the venue holds them until the entry fills"
        ),
    ]

    static func run(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        let settings = OrderManagerSettings(instance: 0)
        let rows = orders.map { order in
            (order.name, settings.support(for: order.type, order.timeInForce).rawValue, order.note)
        }
        if arguments.has("json") {
            return console.printJSON(
                .list([
                    .object([
                        ("venue", .text("hyperliquid")),
                        (
                            "orders",
                            .list(
                                rows.map { name, support, note in
                                    .object([
                                        ("order", .text(name)), ("support", .text(support)), ("note", .text(note)),
                                    ])
                                })
                        ),
                    ])
                ]))
        }
        console.print("hyperliquid (perpetuals and spot)")
        for (name, support, note) in rows {
            let columns = [(name, 28), (support, 13)].map { $0 + String(repeating: " ", count: max(1, $1 - $0.count)) }
            console.print(("  " + columns.joined() + note).trimmingEnd)
        }
    }
}

extension String {
    fileprivate var trimmingEnd: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
