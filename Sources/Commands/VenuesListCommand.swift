// SPDX-License-Identifier: Apache-2.0

import Execution
import Hyperliquid
import MarketData
import Trading

/// `apus venues list`: which kinds of orders a venue has itself, and which Apus stands in for.
struct VenuesListCommand: Command {
    static let description = CommandDescription(
        path: ["venues", "list"],
        summary: "List the venues that Apus trades on, and how each kind of order is carried out there.",
        details: """
            native                     the venue does it: it works while this program is not running
            emulated by order manager  Apus does it with each price and fill; it rests while this program is not running
            emulated by engine         Apus does it at closed bars; it rests while this program is not running
            unsupported                it is refused before it is sent
            """,
        options: [.json],
        examples: [("apus venues list", "What is native and what is emulated.")])

    private static let venues: [(name: String, what: String, capabilities: VenueCapabilities)] = [
        ("hyperliquid", "perpetuals", .hyperliquid),
        ("hyperliquid spot", "the same venue's spot markets", .hyperliquid.on(.spot)),
        ("simulated", "backtests and paper sessions", .simulated),
    ]

    static func run(_ arguments: ParsedArguments, _ console: Console) throws(CommandFailure) {
        if arguments.has("json") {
            return console.printJSON(
                .list(
                    venues.map { venue in
                        .object([
                            ("venue", .text(venue.name)),
                            ("orders", .list(OrderFeature.allCases.map { document($0, venue.capabilities[$0]) })),
                        ])
                    }))
        }
        for (name, what, capabilities) in venues {
            console.print("\(name) (\(what))")
            for feature in OrderFeature.allCases {
                let support = capabilities[feature]
                let how = support.kind == .emulated ? "emulated by \(support.actor.rawValue)" : support.kind.rawValue
                let columns = [(words(feature), 30), (how, 27)]
                    .map { $0 + String(repeating: " ", count: max(1, $1 - $0.count)) }
                console.print(("  " + columns.joined() + support.note).trimmingEnd)
            }
        }
    }

    private static func words(_ feature: OrderFeature) -> String {
        String(feature.rawValue.map { $0 == "_" ? " " : $0 })
    }

    private static func document(_ feature: OrderFeature, _ support: FeatureSupport) -> ReportValue {
        .object([
            ("order", .text(feature.rawValue)), ("support", .text(support.kind.rawValue)),
            ("by", .text(support.actor.rawValue)), ("note", .text(support.note)),
        ])
    }
}

extension String {
    fileprivate var trimmingEnd: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
