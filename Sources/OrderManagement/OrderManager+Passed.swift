// SPDX-License-Identifier: Apache-2.0

import Execution
import Trading
import VenueInterface

// A resting order whose price the public market has gone through has filled: where nothing is heard of that, its fill was
// lost or the account's stream is dead, and the venue is asked at once instead of with the next snapshot.
extension OrderManager {
    /// A trade at a worse price than ours came after ours was filled.
    mutating func notePassed(_ trade: VenueTrade) {
        guard isOurs(trade.instrument) else { return }
        notePassed(trade.instrument) { limit, side in side == .buy ? trade.price < limit : trade.price > limit }
    }

    /// A book whose other side reaches our price does not hold our order.
    mutating func notePassed(_ instrument: InstrumentID, bid: Price?, ask: Price?) {
        guard isOurs(instrument) else { return }
        notePassed(instrument) { limit, side in
            side == .buy ? ask.map { $0 <= limit } ?? false : bid.map { $0 >= limit } ?? false
        }
    }

    private mutating func notePassed(_ instrument: InstrumentID, _ isThrough: (Price, Side) -> Bool) {
        // By index: it is looked at with every message, and an order is not copied for it.
        for index in orders.indices
        where orders[index].request.instrument == instrument && !orders[index].isFinal && orders[index].isIdle
            && orders[index].ended == nil && orders[index].query.at == nil && orders[index].query.asked == nil
        {
            guard let limit = orders[index].restingLimit, isThrough(limit, orders[index].request.side),
                orders[index].passedAt.map({ now.monotonic >= $0.adding(settings.passedInterval) }) ?? true
            else { continue }
            orders[index].passedAt = now.monotonic
            orders[index].query = ManagedOrder.Query(at: after(settings.passedDelay))
        }
    }
}

extension ManagedOrder {
    /// The price at which it stands in the venue's book, as the venue confirmed; `nil` where it does not.
    fileprivate var restingLimit: Price? {
        guard let leg, leg.venueOrder != nil, !leg.isWaiting, !leg.isRestored, leg.ticket.trigger == nil,
            leg.ticket.type == .limit
        else { return nil }
        return leg.ticket.limit
    }
}
