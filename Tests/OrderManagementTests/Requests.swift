// SPDX-License-Identifier: Apache-2.0

import Execution
import Trading

/// Short ways to write orders.
enum Requests {
    static func market(_ side: Side, _ quantity: Int64, reduceOnly: Bool = false) -> OrderRequest {
        OrderRequest(
            instrument: InstrumentID(0), side: side, type: .market, quantity: Quantity(units: quantity),
            isReduceOnly: reduceOnly)
    }

    static func limit(
        _ side: Side, _ quantity: Int64, at price: Int64, group: OrderGroup = 0,
        timeInForce: TimeInForce = .goodTilCancelled, expires: Timestamp? = nil
    ) -> OrderRequest {
        OrderRequest(
            instrument: InstrumentID(0), side: side, type: .limit, quantity: Quantity(units: quantity),
            limit: Price(units: price), timeInForce: timeInForce, expires: expires, group: group)
    }

    static func stop(_ side: Side, _ quantity: Int64, at price: Int64, group: OrderGroup = 0) -> OrderRequest {
        OrderRequest(
            instrument: InstrumentID(0), side: side, type: .stop, quantity: Quantity(units: quantity),
            trigger: .price(Price(units: price)), isReduceOnly: true, group: group)
    }

    /// An entry with a stop and a target, each so many percent away.
    static func bracket(
        _ side: Side, _ quantity: Int64, limit: Int64? = nil, stop: Int64? = 2, target: Int64? = 3, trail: Int64? = nil,
        group: OrderGroup = 1
    ) -> [OrderRequest] {
        let entry = limit.map { Self.limit(side, quantity, at: $0) } ?? market(side, quantity)
        func child(_ type: OrderType, _ percent: Int64? = nil, trail: Int64? = nil) -> OrderRequest {
            OrderRequest(
                instrument: InstrumentID(0), side: side.opposite, type: type, quantity: .zero,
                trigger: percent.map { .fromEntry(Rate(units: $0 * side.sign * 10_000_000)) },
                trail: trail.map { .share(Rate(units: $0 * 10_000_000)) }, isReduceOnly: true, group: group,
                parent: OrderID(1))
        }
        var all = [entry]
        if let stop { all.append(child(.stop, -stop)) }
        if let target { all.append(child(.takeProfit, target)) }
        if let trail { all.append(child(.trailingStop, trail: trail)) }
        return all
    }
}
