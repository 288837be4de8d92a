// SPDX-License-Identifier: Apache-2.0

import Execution
import Indicators
import OrderAlgorithms
import Strategies
import Trading

/// Starts one order algorithm with its first bar and never anything else: what the venue's books hold in the end is what
/// the algorithm did.
struct ToolboxStrategy: Strategy {
    enum Tool: String, CaseIterable { case none, twap, dca, iceberg, trailing, linked, condition }

    static let definition = StrategyDefinition(
        name: "toolbox", summary: "One order algorithm, once.",
        parameters: [
            ParameterDefinition(
                name: "tool", kind: .choice(default: "none", options: Tool.allCases.map(\.rawValue)),
                summary: "Which one."),
            ParameterDefinition(
                name: "notional", kind: .number(default: 240, range: 1...1_000_000),
                summary: "How much it trades in all, in the quote currency."),
            ParameterDefinition(
                name: "parts", kind: .integer(default: 12, range: 1...1000), summary: "In how many parts."),
        ])

    private let parameters: StrategyParameters
    private var range = IndicatorHandle.none
    private var average = IndicatorHandle.none
    private var hasStarted = false
    private var entry = OrderID.none

    init(parameters: StrategyParameters) { self.parameters = parameters }

    mutating func prepare(_ setup: inout StrategySetup) throws {
        range = try setup.indicator("atr", ["period": 5])
        average = try setup.indicator("sma", ["period": 5])
    }

    mutating func onBar(_ bar: Bar, _ context: inout StrategyContext) throws {
        guard !hasStarted, context.isActing, let tool = Tool(rawValue: parameters.text("tool")), tool != .none,
            let total = context.quantity(parameters.number("notional") / context.close)
        else { return }
        hasStarted = true
        let instrument = context.instrument.id
        let parts = parameters.integer("parts")
        let lot = context.instrument.rules(at: context.now).lot
        func sliced(_ pace: Pace, _ style: SliceStyle = .market) throws -> SlicedOrder {
            try SlicedOrder(instrument: instrument, side: .buy, total: total, pace: pace, style: style)
        }
        switch tool {
        case .none: break
        case .twap: context.start(try sliced(.time(slices: parts, over: .minutes(2 * Int64(parts)))))
        case .dca:
            context.start(try sliced(.averaging(slices: parts, every: .minutes(2), drop: Rate(units: 5_000_000))))
        case .iceberg:
            let display = Quantity(units: max(lot, total.units / Int64(parts) / lot * lot))
            guard let limit = context.price(context.close * 1.02, rounding: .down) else { return }
            context.start(try sliced(.iceberg(display: display), .limit(limit, isPostOnly: false)))
        case .condition:
            let rising = Condition.all([
                .compare(.close(instrument), .above, .input(.indicator(average))),
                .not(.compare(.input(.external("storm")), .above, .constant(0))),
            ])
            let calm = Condition.any([rising, .compare(.close(instrument), .above, .input(.indicator(average)))])
            let request = OrderRequest(
                instrument: instrument, side: .buy, type: .market,
                quantity: Quantity(units: max(lot, total.units / Int64(parts) / lot * lot)))
            context.start(try ConditionalOrder(calm, then: try SingleOrder(request), trigger: .edge(times: parts)))
        case .trailing:
            entry =
                context.submit(
                    OrderRequest(instrument: instrument, side: .buy, type: .market, quantity: total)) ?? .none
        case .linked:
            guard let other = context.instruments.first(where: { $0.venue != context.instrument.venue }) else { return }
            guard let target = context.price(context.close * 1.01, rounding: .up) else { return }
            let stop = OrderRequest(
                instrument: instrument, side: .sell, type: .stop, quantity: total,
                trigger: .fromEntry(Rate(units: -10_000_000)), isReduceOnly: true)
            let elsewhere = OrderRequest(
                instrument: other.id, side: .sell, type: .limit, quantity: total, limit: target)
            context.start(
                try LinkedOrders(
                    entry: OrderRequest(instrument: instrument, side: .buy, type: .market, quantity: total),
                    legs: [stop, elsewhere]))
        }
    }

    mutating func onFill(_ fill: Fill, _ context: inout StrategyContext) throws {
        guard fill.order == entry, context.position.units > 0, context.order(entry)?.status.isFinal ?? true else {
            return
        }
        entry = .none
        context.start(
            try TrailingStop(
                instrument: context.instrument.id, side: .sell, quantity: context.position,
                distance: .volatility(.indicator(range), multiple: 30)))
    }
}
