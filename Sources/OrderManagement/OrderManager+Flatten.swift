// SPDX-License-Identifier: Apache-2.0

import Execution
import Trading
public import VenueInterface

/// How it goes with closing a position that a person wants closed.
struct Closing: Sendable {
    /// Orders in a row that ended without closing it.
    var failures = 0
    /// The next one is not sent before, in monotonic time.
    var notBefore: TimeSpan?
    /// What is held of it and less than the venue trades: left alone until it is another quantity.
    var rest: Int64 = 0

    static let firstWait = TimeSpan.seconds(1)
    static let longestWait = TimeSpan.seconds(60)

    /// Each wait is twice the one before.
    mutating func failed(at now: TimeSpan) {
        failures += 1
        let wait = Self.firstWait * (1 << Int64(min(failures - 1, 6)))
        notBefore = now.adding(min(wait, Self.longestWait))
    }
}

// Positions that nobody's order closes.
extension OrderManager {
    /// Closes every position at market: the second half of the kill switch. It may be called as often as one likes: where
    /// an order did not close its position, the next one waits.
    public mutating func flatten(at now: Moment, into outputs: inout [OrderManagerOutput]) {
        begin(now)
        for instrument in instruments where instrument.venue == venue {
            let held = account.netQuantity(instrument.id).units
            let closing = closings[instrument.id.index]
            guard held != 0, held != .min, held != closing.rest else { continue }
            if let notBefore = closing.notBefore, notBefore > now.monotonic { continue }
            let isLeaving = orders.contains {
                $0.request.instrument == instrument.id && $0.id.isManagers && !$0.isFinal
            }
            if isLeaving { continue }
            ownOrders += 1
            insert(
                ManagedOrder(
                    id: OrderID(1 << 63 | ownOrders), strategy: external,
                    request: OrderRequest(
                        instrument: instrument.id, side: held > 0 ? .sell : .buy, type: .market,
                        quantity: Quantity(units: abs(held)), isReduceOnly: true)))
        }
        finish(into: &outputs)
    }

    /// Somebody asks anew for positions to be closed: what was waited for before does not count.
    public mutating func forgetClosings() { closings = Array(repeating: Closing(), count: instruments.count) }

    /// An order of ours that closes a position is over.
    mutating func closingEnded(_ index: Int, _ reason: RejectReason) {
        let order = orders[index]
        let place = order.request.instrument.index
        guard order.remaining > 0 else { return closings[place] = Closing() }
        if order.filled > 0 { closings[place].failures = 0 }
        closings[place].failed(at: now.monotonic)
        if reason == .belowMinimumNotional || reason == .belowMinimumQuantity {
            // Written off already where the order itself met the refusal.
            guard account.netQuantity(order.request.instrument) != .zero else { return }
            if !writeOffSpotRest(index) { leaveRest(index) }
            return
        }
        guard closings[place].failures == settings.exitRetries + 1 else { return }
        find(
            .protection, index,
            "the position could not be closed at market with \(closings[place].failures) orders (\(reason.text)); it is "
                + "still open, and it is tried again until it is closed")
    }

    /// The venue does not trade so little, and no other try has another end: a person is told once, and the kill switch
    /// leaves it while it is the same.
    mutating func leaveRest(_ index: Int) {
        let instrument = orders[index].request.instrument
        let held = account.netQuantity(instrument).units
        if held != 0, closings[instrument.index].rest == held { return }
        if held != .min, orders[index].remaining == abs(held) { closings[instrument.index].rest = held }
        find(.protection, index, "what is left of the position is less than the venue trades; it is still open")
    }

    /// When the next order to close a position may go.
    var nextClosing: TimeSpan? {
        closings.lazy.compactMap(\.notBefore).filter { $0 > now.monotonic }.min()
    }
}
