// SPDX-License-Identifier: Apache-2.0

import JSON
import Trading

// Orders and order algorithms in a status. Their order in the answer is their order in the session.
extension ControlProtocol {
    static func write(_ order: ControlStatus.Order, to writer: inout JSONWriter) {
        writer.integer("number", Int64(clamping: order.number))
        writer.string("strategy", order.strategy)
        writer.string("venue", order.venue)
        writer.string("market", order.market)
        writer.string("text", order.text)
        writer.string("filled", order.filled)
        write(order.execution, to: &writer)
    }

    static func write(_ algorithm: ControlStatus.Algorithm, to writer: inout JSONWriter) {
        writer.integer("number", Int64(clamping: algorithm.number))
        writer.string("kind", algorithm.kind)
        writer.string("strategy", algorithm.strategy)
        writer.string("venue", algorithm.venue)
        writer.string("market", algorithm.market)
        writer.string("total", algorithm.total)
        writer.string("filled", algorithm.filled)
        writer.string("working", algorithm.working)
        writer.string("state", algorithm.state)
        if let reason = algorithm.reason { writer.string("reason", reason) }
        if let time = algorithm.lastActionAt { writer.string("lastActionAt", time.description) }
        writer.string("next", algorithm.next)
        write(algorithm.execution, to: &writer)
    }

    private static func write(_ execution: ControlStatus.Execution, to writer: inout JSONWriter) {
        writer.key("execution")
        writer.object {
            $0.string("kind", execution.kind)
            $0.string("by", execution.actor)
            $0.string("note", execution.note)
        }
    }

    /// None where the other side does not tell them.
    static func orders(_ value: JSONValue) throws(ControlSyntaxError) -> [ControlStatus.Order] {
        var orders: [ControlStatus.Order] = []
        for order in elements(value, "orders") {
            orders.append(
                .init(
                    number: try number(order), strategy: try text(order, "strategy"), venue: try text(order, "venue"),
                    market: try text(order, "market"), text: try text(order, "text"),
                    filled: try text(order, "filled"), execution: try execution(order)))
        }
        return orders
    }

    static func algorithms(_ value: JSONValue) throws(ControlSyntaxError) -> [ControlStatus.Algorithm] {
        var algorithms: [ControlStatus.Algorithm] = []
        for algorithm in elements(value, "algorithms") {
            algorithms.append(
                .init(
                    number: try number(algorithm), kind: try text(algorithm, "kind"),
                    strategy: try text(algorithm, "strategy"), venue: try text(algorithm, "venue"),
                    market: try text(algorithm, "market"), total: try text(algorithm, "total"),
                    filled: try text(algorithm, "filled"), working: try text(algorithm, "working"),
                    state: try text(algorithm, "state"), reason: algorithm["reason"]?.string,
                    lastActionAt: algorithm["lastActionAt"] == nil ? nil : try time(algorithm, "lastActionAt"),
                    next: try text(algorithm, "next"), execution: try execution(algorithm)))
        }
        return algorithms
    }

    private static func number(_ value: JSONValue) throws(ControlSyntaxError) -> UInt64 {
        guard let number = value["number"]?.unsigned else { throw missing("number") }
        return number
    }

    private static func execution(_ value: JSONValue) throws(ControlSyntaxError) -> ControlStatus.Execution {
        guard let execution = value["execution"] else { throw missing("execution") }
        return .init(
            kind: try text(execution, "kind"), actor: try text(execution, "by"), note: try text(execution, "note"))
    }
}
