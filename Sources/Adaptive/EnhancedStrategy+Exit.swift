// SPDX-License-Identifier: Apache-2.0

import Analysis
import Execution
import Indicators
import Strategies
import Trading

extension EnhancedStrategy {
    /// With a position: moves the stop, or leaves.
    mutating func manage(_ bar: BarValues, _ context: inout StrategyContext) {
        guard var trade, var position = trade.position, context.isActing else { return }
        if trade.isLeaving {
            // The order that closes was refused or taken back: it is tried again with each bar.
            context.exit()
            return
        }
        let side = position.side
        // Once for each turn: what stays turned says nothing new.
        let against = side == .buy ? -1 : 1
        let isReversed = lastMomentum != against && momentum(context) == against
        let turnedFrom = trade.regimes.turn(to: regime.regime)
        let prices = StopPrices(side: side, instrument: context.instrument, now: context.now)
        position.see(high: bar.high, low: bar.low)
        let isOverdue = features.ask(.timeExit, at: context.now, fault) { try position.isOverdue(at: context.now) }
        let isAgainst = features.ask(.regime, at: context.now, fault) { turnedFrom != nil }
        let seen = PositionGuard.Observation(
            close: bar.close, atr: context.value(averageRange), isReversed: isReversed)
        let move = features.ask(.movingStops, at: context.now, fault) {
            try position.nearerStop(seen, price: prices.rounded)
        }
        // What has failed closes nothing and moves nothing: the stop that is there stays.
        let decision = position.decide(
            isOverdue: isOverdue.value ?? false, isRegimeAgainst: isAgainst.value ?? false, move: move.value ?? nil,
            close: bar.close)
        trade.position = position
        switch decision {
        case .hold: break
        case .moveStop(let level, let cause):
            if let price = prices.price(of: level) {
                context.modify(trade.stopOrder, OrderChange(trigger: price))
                context.note(
                    .stop, .changed, side: side, feature: Feature.movingStops.name, order: trade.stopOrder,
                    because: "\(cause.rawValue): stop at \(prices.instrument.text(price)) after a best profit of "
                        + "\(decimals(position.bestProfit, 2)) ATR")
            }
        case .leave(.regime):
            let turn = turnedFrom.map { ": from \($0.rawValue) to \(regime.regime.rawValue)" } ?? ""
            let numbers = regime.latest.map { " (\($0.state.reason))" } ?? ""
            leave(&trade, PositionGuard.LeaveCause.regime.rawValue + turn + numbers, by: .regime, &context)
        case .leave(let cause):
            leave(&trade, cause.rawValue, by: cause.feature, &context)
        }
        self.trade = trade
    }

    private mutating func leave(
        _ trade: inout OpenTrade, _ reason: String, by feature: Feature? = nil, _ context: inout StrategyContext
    ) {
        trade.isLeaving = true
        context.note(
            .exit, .taken, side: trade.judgement.side.opposite, feature: feature?.name ?? "", order: trade.entryOrder,
            because: reason)
        dropOrders(of: trade, &context)
        context.exit()
    }

    private func dropOrders(of trade: OpenTrade, _ context: inout StrategyContext) {
        for order in [trade.stopOrder, trade.targetOrder] + trade.targets.map(\.order) where order != .none {
            context.cancel(order)
        }
    }

    // MARK: What the venue says

    mutating func filled(_ fill: Fill, _ context: inout StrategyContext) {
        guard var trade else { return }
        if fill.order == trade.entryOrder {
            open(&trade, &context)
        } else if let target = trade.targets.first(where: { $0.order == fill.order }) {
            trade.position?.hasPartlyExited = true
            let level = settings.levels[target.leg.level]
            context.note(
                .exit, .taken, side: fill.side, feature: Feature.partialExits.name, order: trade.entryOrder,
                because: "profit of \(decimals(level.distance, 2)) ATR reached: part \(target.leg.level + 1) of "
                    + "\(settings.levels.count) closed"
                    + (target.leg.mergedLevels > 0
                        ? ", with \(target.leg.mergedLevels) smaller ones that the venue would not take alone" : ""))
        } else if fill.order == trade.stopOrder || fill.order == trade.targetOrder {
            context.note(
                .exit, .taken, side: fill.side, order: trade.entryOrder,
                because: fill.order == trade.stopOrder ? "the stop was reached" : "the target was reached")
        }
        if fill.side != trade.judgement.side, fill.order != trade.stopOrder, context.position.units != 0 {
            // The stop protects what is left.
            context.modify(trade.stopOrder, OrderChange(quantity: context.position.magnitude))
        }
        guard context.position.units == 0, !isWorking(trade.entryOrder, context) else {
            self.trade = trade
            return
        }
        dropOrders(of: trade, &context)
        self.trade = nil
    }

    private func isWorking(_ order: OrderID, _ context: borrowing StrategyContext) -> Bool {
        context.order(order).map { !$0.status.isFinal } ?? false
    }

    /// From the first fill of the entry on it is watched; once the entry is over its targets are placed.
    private mutating func open(_ trade: inout OpenTrade, _ context: inout StrategyContext) {
        guard let entry = context.averageEntryApproximation else { return }
        var guarding = settings.guarding
        guarding.costs = settings.roundTripCost(context)
        if trade.position == nil {
            trade.position = PositionGuard(
                side: trade.judgement.side, entry: entry, atr: trade.atr, stop: trade.stop, openedAt: context.now,
                settings: guarding)
        }
        trade.position?.averaged(to: entry)
        if !isWorking(trade.entryOrder, context) { placeTargets(&trade, entry, &context) }
    }

    private mutating func placeTargets(_ trade: inout OpenTrade, _ entry: Double, _ context: inout StrategyContext) {
        guard !trade.hasTargets, trade.targetOrder == .none else { return }
        trade.hasTargets = true
        let (side, range) = (trade.judgement.side, trade.atr)
        let sign: Double = side == .buy ? 1 : -1
        let instrument = context.instrument.id
        func close(_ quantity: Quantity, at price: Price) -> OrderID? {
            context.submit(
                OrderRequest(
                    instrument: instrument, side: side.opposite, type: .takeProfit, quantity: quantity,
                    trigger: .price(price), isReduceOnly: true))
        }
        let parts = features.ask(.partialExits, at: context.now, fault) {
            try Self.parts(of: context.position.magnitude, entry, sign, range, settings.levels, &context)
        }
        if let parts = parts.value {
            if !parts.isEmpty {
                let instrument = context.instrument
                context.note(
                    .exit, .waiting, side: side.opposite, feature: Feature.partialExits.name, order: trade.entryOrder,
                    because: parts.map { story($0.leg, at: instrument.text($0.price), instrument) }
                        .joined(separator: "; "))
            }
            for (leg, price) in parts {
                if let order = close(leg.quantity, at: price) {
                    trade.targets.append(OpenTrade.Target(order: order, leg: leg))
                }
            }
        } else if let target = context.price(Self.target(entry, sign, settings.targetDistance * range, context)) {
            // Switched off, or failed, since the entry: what it would have had without it from the start.
            trade.targetOrder = close(context.position.magnitude, at: target) ?? .none
        }
    }

    /// The parts of a position, each with the price that closes it.
    ///
    /// - Throws: Where a level is no price, or the parts are not the whole.
    private static func parts(
        of whole: Quantity, _ entry: Double, _ sign: Double, _ range: Double, _ levels: [ExitLevel],
        _ context: inout StrategyContext
    ) throws -> [(leg: ExitLeg, price: Price)] {
        let instrument = context.instrument
        let rules = instrument.rules(at: context.now)
        var prices: [Price] = []
        for level in levels {
            let wanted = target(entry, sign, level.distance * range, context)
            // A price that falls does not reach zero.
            if wanted == 0 { return [] }
            guard wanted.isFinite, let price = context.price(wanted) else {
                throw FeatureFailure("the level at \(level.distance) ATR would be at \(wanted), which is no price")
            }
            prices.append(price)
        }
        let minimum = prices.map { price -> Int64 in
            guard let one = instrument.notional(of: Quantity(units: 1), at: price), one > .zero else { return .max }
            let byValue = Int64(clamping: (rules.minimumNotional.units + one.units - 1) / one.units)
            return max(1, rules.minimumQuantity.units, byValue)
        }
        let legs = ExitLeg.divide(whole, among: levels, lot: rules.lot, minimum: minimum)
        guard legs.reduce(0, { $0 + $1.quantity.units }) == whole.units else {
            throw FeatureFailure("the parts of \(whole.units) units do not sum to it")
        }
        return legs.map { ($0, prices[$0.level]) }
    }

    /// `part 1: 0.33 at 101.50, a profit of 1.50 ATR`.
    private func story(_ leg: ExitLeg, at price: String, _ instrument: Instrument) -> String {
        let order =
            "\(instrument.text(leg.quantity)) at \(price), a profit of "
            + "\(decimals(settings.levels[leg.level].distance, 2)) ATR"
        guard leg.mergedLevels > 0 else { return "part \(leg.level + 1): \(order)" }
        return "parts \(leg.level + 1 - leg.mergedLevels) to \(leg.level + 1) as one, because a smaller one or what it "
            + "left would be too small for the venue: \(order)"
    }

    mutating func changed(_ order: Order, _ context: inout StrategyContext) {
        guard var trade, order.status.isFinal, order.status != .filled else { return }
        if order.id == trade.entryOrder {
            guard context.position.units != 0 else {
                context.note(
                    .entry, .refused, side: trade.judgement.side, order: order.id,
                    because: "the entry ended without a fill: \(order.reason.text)")
                dropOrders(of: trade, &context)
                self.trade = nil
                return
            }
            if let entry = context.averageEntryApproximation { placeTargets(&trade, entry, &context) }
        } else if order.id == trade.stopOrder, context.position.units != 0, !trade.isLeaving {
            // A position is never left without its stop.
            leave(&trade, "its stop is gone: \(order.reason.text)", &context)
        }
        self.trade = trade
    }
}

extension PositionGuard.LeaveCause {
    /// The feature that decided it.
    fileprivate var feature: Feature {
        switch self {
        case .time: .timeExit
        case .regime: .regime
        case .stopPassed: .movingStops
        }
    }
}
