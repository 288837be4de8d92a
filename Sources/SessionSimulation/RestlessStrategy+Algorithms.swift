// SPDX-License-Identifier: Apache-2.0

import Execution
import OrderAlgorithms
import Strategies
import Trading

extension RestlessStrategy {
    /// Starts an order algorithm of some kind, or stops one.
    mutating func work(_ close: Double, _ side: Side, _ context: inout StrategyContext) throws {
        let running = context.algorithms.filter { !$0.isFinished }
        if running.count >= 3 || running.count > 0 && random.happens(0.15) {
            return context.stop(random.pick(running).id)
        }
        guard let total = context.quantity(worth * random.between(0.5, 1) / close), total.units > 0 else { return }
        context.start(try algorithm(close, side, total, &context))
    }

    private mutating func algorithm(
        _ close: Double, _ side: Side, _ total: Quantity, _ context: inout StrategyContext
    ) throws -> any OrderAlgorithm {
        let instrument = context.instrument.id
        let bar = context.bar().map { context.now.nanoseconds - $0.openTime.nanoseconds } ?? 60_000_000_000
        let slices = 2 + random.below(3)
        let over = TimeSpan(nanoseconds: bar * Int64(slices))
        let styles: [SliceStyle] = [
            .market, .passive(Rate(units: 500_000), isPostOnly: true), .passive(.zero, isPostOnly: false),
        ]
        let paces: [Pace] = [
            .time(slices: slices, over: over), .iceberg(display: Quantity(units: max(1, total.units / Int64(slices)))),
            .averaging(slices: slices, every: TimeSpan(nanoseconds: bar), drop: Rate(units: 1_000_000)),
            .volumeCurve([2, 1, 3], over: over),
        ]
        let sliced = try SlicedOrder(
            instrument: instrument, side: side, total: total, pace: random.pick(paces), style: random.pick(styles),
            acceleration: random.happens(0.3)
                ? Acceleration(.adverse, move: Rate(units: 1_000_000), factor: Rate(units: 2_000_000_000)) : nil)
        switch random.below(6) {
        case 0 where context.position.units != 0:
            return try TrailingStop(
                instrument: instrument, side: context.position.units > 0 ? .sell : .buy,
                quantity: context.position.magnitude, distance: .volatility(.indicator(range), multiple: 2))
        case 1:
            let condition = Condition.any([
                .compare(.close(instrument), .above, .constant(close * 1.0005)),
                .all([.not(.compare(.close(instrument), .atLeast, .constant(close * 0.9995)))]),
            ])
            return try ConditionalOrder(condition, then: sliced, expires: context.now + over + over)
        case 2: return try TimedOrder(sliced, endsAt: context.now + over)
        case 3:
            func leg(_ type: OrderType, _ rate: Int64) -> OrderRequest {
                OrderRequest(
                    instrument: instrument, side: side.opposite, type: type, quantity: total,
                    trigger: .fromEntry(Rate(units: rate * side.sign)), isReduceOnly: true)
            }
            return try LinkedOrders(
                entry: OrderRequest(instrument: instrument, side: side, type: .market, quantity: total),
                legs: [leg(.stop, -8_000_000), leg(.takeProfit, 8_000_000)])
        default: return sliced
        }
    }
}
