// SPDX-License-Identifier: Apache-2.0

import Execution
import Indicators
import Strategies
import Trading

/// Waits above the market with a stop order and attaches a bracket: every order is the strategy's own.
struct StopEntry: Strategy {
    static let definition = StrategyDefinition(
        name: "stop_entry",
        summary: "Buy stop above the recent high, with a stop-loss, a target and a trailing stop.",
        parameters: [
            .period(24, "Bars whose highest high is bought."),
            ParameterDefinition(
                name: "quantity", kind: .number(default: 0.1, range: 0.000001...1_000_000),
                summary: "How much to buy."),
            ParameterDefinition(
                name: "stop_percent", kind: .number(default: 3, range: 0.1...50),
                summary: "Stop-loss below the entry, in percent."),
            ParameterDefinition(
                name: "target_percent", kind: .number(default: 6, range: 0.1...500),
                summary: "Target above the entry, in percent."),
            ParameterDefinition(
                name: "trail_atr", kind: .number(default: 3, range: 0.5...20),
                summary: "Distance of the trailing stop, in average true ranges."),
        ])

    private let parameters: StrategyParameters
    private var channel = IndicatorHandle.none
    private var range = IndicatorHandle.none
    private var entry = OrderID.none
    private var refusals = 0

    init(parameters: StrategyParameters) { self.parameters = parameters }

    mutating func prepare(_ setup: inout StrategySetup) throws {
        channel = try setup.indicator("donchian", ["period": parameters["period"]])
        range = try setup.indicator("atr", ["period": 14])
    }

    mutating func onBar(_ bar: Bar, _ context: inout StrategyContext) throws {
        guard context.position == .zero, refusals < 10 else { return }
        guard let trigger = context.price(context.value(channel), rounding: .up) else { return }
        if let waiting = context.order(entry), !waiting.status.isFinal {
            if waiting.request.trigger != .price(trigger) {
                context.modify(entry, OrderChange(trigger: trigger))
            }
            return
        }
        guard let quantity = context.quantity(parameters.number("quantity")),
            let trail = context.price(parameters.number("trail_atr") * context.value(range), rounding: .up)
        else { return }
        let instrument = context.instrument.id
        let buy = OrderRequest(
            instrument: instrument, side: .buy, type: .stop, quantity: quantity, trigger: .price(trigger),
            timeInForce: .goodTilDate, expires: context.now + .days(2))
        guard let id = context.submit(buy) else { return }  // nil while the strategy warms up
        entry = id

        // The children come to life with the entry's fill, for what filled. What one of them fills, the others lose.
        let group = context.newGroup()
        func child(
            _ type: OrderType, _ percent: Double? = nil, trail: TrailingDistance? = nil
        ) -> OrderRequest {
            OrderRequest(
                instrument: instrument, side: .sell, type: type, quantity: .zero,
                trigger: percent.map { .fromEntry(Rate(units: Int64($0 / 100 * Double(Rate.one)))) }, trail: trail,
                isReduceOnly: true, group: group, parent: id)
        }
        context.submit(child(.stop, -parameters.number("stop_percent")))
        context.submit(child(.limit, parameters.number("target_percent")))
        context.submit(child(.trailingStop, trail: .absolute(PriceDistance(units: trail.units))))
    }

    mutating func onOrder(_ order: Order, _ context: inout StrategyContext) throws {
        if order.status == .rejected { refusals += 1 }
    }
}
