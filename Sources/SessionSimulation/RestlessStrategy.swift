// SPDX-License-Identifier: Apache-2.0

import Connectivity
import Execution
import Indicators
import Strategies
import Trading

/// Trades often and without sense, in every way that the engine offers: market entries with protection, resting orders
/// with and without children, changes, cancellations. What it does follows from its seed and the bars alone.
struct RestlessStrategy: Strategy {
    static let definition = StrategyDefinition(
        name: "restless", summary: "Trades without sense, for simulations.", parameters: [])

    var random: Randomness
    /// Worth of one order, in quote currency.
    let worth: Double
    private let usesAlgorithms: Bool
    private var resting: [OrderID] = []
    var range = IndicatorHandle.none

    init(parameters: StrategyParameters) { self.init(seed: 0, worth: 100) }

    init(seed: UInt64, worth: Double, usesAlgorithms: Bool = false) {
        random = Randomness(seed: seed, purpose: 77)
        self.worth = worth
        self.usesAlgorithms = usesAlgorithms
    }

    mutating func prepare(_ setup: inout StrategySetup) throws {
        setup.startImmediately()
        if usesAlgorithms { range = try setup.indicator("atr", ["period": 3]) }
    }

    mutating func onBar(_ bar: Bar, _ context: inout StrategyContext) throws {
        resting.removeAll { context.order($0)?.status.isFinal ?? true }
        let close = context.close
        guard close.isFinite, close > 0 else { return }
        let held = Double(context.position.units) / context.instrument.quantityScale * close
        switch random.below(24) {
        case 0, 1: context.enter(.buy)
        case 2, 3: context.enter(.sell)
        case 4: context.exit()
        case 5, 6, 7: rest(close, held, hasChildren: false, &context)
        case 8: rest(close, held, hasChildren: true, &context)
        case 9, 10: change(close, &context)
        case 11: if let order = resting.first { context.cancel(order) }
        case 12: if let order = resting.last { context.cancel(order) }
        case 13: trigger(close, held, &context)
        case 14: atOnce(close, held, &context)
        case 15...20 where usesAlgorithms: try work(close, side(held), &context)
        default: break
        }
    }

    /// The side of a further order: away from what is held where that is much already.
    private mutating func side(_ held: Double) -> Side {
        if held > 2 * worth { return .sell }
        if held < -2 * worth { return .buy }
        return random.happens(0.5) ? .buy : .sell
    }

    private mutating func size(_ close: Double, _ context: inout StrategyContext) -> Quantity? {
        guard let quantity = context.quantity(worth * random.between(0.3, 1) / close), quantity.units > 0 else {
            return nil
        }
        return quantity
    }

    private mutating func rest(
        _ close: Double, _ held: Double, hasChildren: Bool, _ context: inout StrategyContext
    ) {
        guard resting.count < 6 else { return }
        let side = side(held)
        let away = random.between(0.0002, 0.006) * Double(-side.sign)
        guard let quantity = size(close, &context), let limit = context.price(close * (1 + away)) else { return }
        let group = hasChildren ? context.newGroup() : 0
        let entry = context.submit(
            OrderRequest(
                instrument: context.instrument.id, side: side, type: .limit, quantity: quantity, limit: limit,
                isPostOnly: random.happens(0.3)))
        guard let entry else { return }
        resting.append(entry)
        guard hasChildren else { return }
        let stop = Rate(units: Int64(random.between(4_000_000, 12_000_000)) * -side.sign)
        let target = Rate(units: Int64(random.between(4_000_000, 15_000_000)) * side.sign)
        context.submit(
            OrderRequest(
                instrument: context.instrument.id, side: side.opposite, type: .stop, quantity: .zero,
                trigger: .fromEntry(stop), isReduceOnly: true, group: group, parent: entry))
        context.submit(
            OrderRequest(
                instrument: context.instrument.id, side: side.opposite, type: .takeProfit, quantity: .zero,
                trigger: .fromEntry(target), isReduceOnly: true, group: group, parent: entry))
    }

    private mutating func change(_ close: Double, _ context: inout StrategyContext) {
        guard !resting.isEmpty else { return }
        let id = random.pick(resting)
        guard let order = context.order(id), !order.status.isFinal else { return }
        var change = OrderChange()
        if random.happens(0.8) {
            let away = random.between(0.0002, 0.005) * Double(-order.request.side.sign)
            change.limit = context.price(close * (1 + away))
        }
        if random.happens(0.4), let quantity = size(close, &context), quantity > order.filled {
            change.quantity = quantity
        }
        guard change.limit != nil || change.quantity != nil else { return }
        context.modify(id, change)
    }

    private mutating func trigger(_ close: Double, _ held: Double, _ context: inout StrategyContext) {
        guard resting.count < 6 else { return }
        let side = side(held)
        guard let quantity = size(close, &context),
            let level = context.price(close * (1 + random.between(0.001, 0.008) * Double(side.sign)))
        else { return }
        let order = context.submit(
            OrderRequest(
                instrument: context.instrument.id, side: side, type: .stop, quantity: quantity, trigger: .price(level)))
        if let order { resting.append(order) }
    }

    private mutating func atOnce(_ close: Double, _ held: Double, _ context: inout StrategyContext) {
        let side = side(held)
        guard let quantity = size(close, &context),
            let limit = context.price(close * (1 + random.between(-0.001, 0.002) * Double(side.sign)))
        else { return }
        context.submit(
            OrderRequest(
                instrument: context.instrument.id, side: side, type: .limit, quantity: quantity, limit: limit,
                timeInForce: .immediateOrCancel))
    }
}
