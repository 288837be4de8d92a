// SPDX-License-Identifier: Apache-2.0

import Execution
import Trading

/// Makes what is sent out of what is wanted: every level a price, every number on the venue's grid.
struct TicketBuilder {
    let instrument: Instrument
    let rules: TradingRules
    let slippage: Rate
    let triggerSlippage: Rate

    init(_ instrument: Instrument, at time: Timestamp, _ settings: OrderManagerSettings) {
        self.instrument = instrument
        rules = instrument.rules(at: time)
        slippage = settings.slippage
        triggerSlippage = settings.triggerSlippage
    }

    /// The prices that an order should have now.
    struct Levels: Hashable {
        var limit: Price
        var trigger: Price?
    }

    /// - Parameters:
    ///   - reference: The market; needed for orders without a price.
    ///   - entry: A child's average entry, as cost and quantity.
    func levels(
        of order: ManagedOrder, reference: Price?, entry: (cost: Int128, quantity: Int64)?
    ) -> Result<Levels, Refusal> {
        let request = order.request
        var trigger: Price?
        switch request.trigger {
        case .price(let price): trigger = price
        case .fromEntry(let rate):
            guard let entry, entry.quantity > 0 else { return .failure(Refusal(.missingPrice)) }
            trigger = Price(
                units: rules.level(
                    cost: entry.cost, quantity: entry.quantity, rate: rate, decimals: instrument.priceDecimals))
        case nil: break
        }
        switch order.type {
        case .market:
            guard let reference, reference.units > 0 else { return .failure(Refusal(.missingPrice)) }
            return .success(Levels(limit: bound(reference, request.side, slippage), trigger: nil))
        case .limit:
            guard let limit = request.limit ?? trigger else { return .failure(Refusal(.missingPrice)) }
            return check(Levels(limit: limit, trigger: nil))
        case .stop, .takeProfit:
            guard let trigger else { return .failure(Refusal(.missingPrice)) }
            return check(Levels(limit: bound(trigger, request.side, triggerSlippage), trigger: trigger))
        case .stopLimit, .takeProfitLimit:
            guard let trigger, let limit = request.limit else { return .failure(Refusal(.missingPrice)) }
            return check(Levels(limit: limit, trigger: trigger))
        case .trailingStop:
            guard order.trail.level > 0 else { return .failure(Refusal(.missingPrice)) }
            let level = Price(units: order.trail.level)
            return check(Levels(limit: bound(level, request.side, triggerSlippage), trigger: level))
        }
    }

    func ticket(
        for order: ManagedOrder, client: ClientOrderID, quantity: Int64, _ levels: Levels
    ) -> Result<OrderTicket, Refusal> {
        let request = order.request
        guard quantity > 0 else { return .failure(Refusal(.notPositive)) }
        guard quantity % rules.lot == 0 else { return .failure(Refusal(.offLot)) }
        if !order.isReduceOnly {
            if quantity < rules.minimumQuantity.units { return .failure(Refusal(.belowMinimumQuantity)) }
            // A bound is further from the market than the order will trade.
            let price = order.type == .market ? order.reference ?? levels.limit : levels.trigger ?? levels.limit
            guard let notional = instrument.notional(of: Quantity(units: quantity), at: price) else {
                return .failure(Refusal(.tooLarge))
            }
            if notional < rules.minimumNotional { return .failure(Refusal(.belowMinimumNotional)) }
        }
        var limit = levels.limit
        if instrument.kind == .spot, order.type == .market, request.side == .sell {
            limit = max(limit, leastLimit(quantity, under: order.reference) ?? limit)
        }
        var timeInForce = TimeInForce.goodTilCancelled
        switch request.timeInForce {
        case .fillOrKill: return .failure(Refusal(.unsupported))
        case .immediateOrCancel: timeInForce = .immediateOrCancel
        case .goodTilCancelled, .goodTilDate: break
        }
        if order.type == .market { timeInForce = .immediateOrCancel }
        return .success(
            OrderTicket(
                client: client, instrument: request.instrument, side: request.side,
                type: order.type == .trailingStop ? .stop : order.type, quantity: Quantity(units: quantity),
                limit: limit, trigger: levels.trigger, timeInForce: timeInForce,
                isPostOnly: request.isPostOnly && order.type == .limit, isReduceOnly: order.isReduceOnly))
    }

    /// The lowest limit at which a sale is worth the venue's minimum, which goes by the limit; `nil` where the market is
    /// lower than that. Spot has no exception for what closes a position.
    private func leastLimit(_ quantity: Int64, under reference: Price?) -> Price? {
        guard let reference, let one = instrument.value(of: Quantity(units: quantity), at: Price(units: 1))?.units,
            one > 0, rules.minimumNotional.units > 0
        else { return nil }
        let least = Int64(clamping: (rules.minimumNotional.units - 1) / one + 1)
        let limit = rules.rounded(Price(units: least), decimals: instrument.priceDecimals, .up)
        return limit <= reference ? limit : nil
    }

    /// Why an order is not sent.
    struct Refusal: Error {
        let reason: RejectReason
        init(_ reason: RejectReason) { self.reason = reason }
    }

    private func check(_ levels: Levels) -> Result<Levels, Refusal> {
        for price in [levels.limit, levels.trigger ?? levels.limit] {
            if price.units <= 0 { return .failure(Refusal(.notPositive)) }
            if !rules.accepts(price, decimals: instrument.priceDecimals) { return .failure(Refusal(.offTick)) }
        }
        return .success(levels)
    }

    /// The worst price: away from the market, rounded away, never nothing.
    func bound(_ price: Price, _ side: Side, _ rate: Rate) -> Price {
        let (quotient, remainder) = (Int128(price.units) * Int128(rate.units))
            .quotientAndRemainder(dividingBy: Int128(Rate.one))
        let distance = quotient + (remainder > 0 ? 1 : 0)
        let target = Int64(clamping: Int128(price.units) + distance * Int128(side.sign))
        let rounded = rules.rounded(
            Price(units: target), decimals: instrument.priceDecimals, side == .buy ? .up : .down)
        return rounded.units > 0
            ? rounded : rules.rounded(Price(units: 1), decimals: instrument.priceDecimals, .up)
    }

}
