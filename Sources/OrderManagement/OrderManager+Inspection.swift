// SPDX-License-Identifier: Apache-2.0

public import Execution
package import Trading

extension OrderManager {
    /// Whether this names an order that closes a position at market because its stop cannot work at the venue.
    public func isEmergency(_ client: ClientOrderID) -> Bool {
        place(of: client).map { orders[$0].isEmergency } ?? false
    }

    /// An order as it is believed to stand at the venue.
    package struct WorkingLeg: Hashable, Sendable {
        package let order: OrderID
        package let ticket: OrderTicket
        package let venueOrder: VenueOrderID?
        /// What may still trade.
        package let remaining: Quantity
        /// A child that the venue holds for its entry.
        package let isWaiting: Bool
        /// Whether no request for it is without an answer.
        package let isSettled: Bool
    }

    /// Every order that is believed to be at the venue, oldest first.
    package var workingLegs: [WorkingLeg] {
        orders.compactMap { order in
            guard !order.isFinal, let leg = order.leg else { return nil }
            return WorkingLeg(
                order: order.id, ticket: leg.ticket, venueOrder: leg.venueOrder,
                remaining: Quantity(units: leg.remaining), isWaiting: leg.isWaiting,
                isSettled: order.isIdle && order.ended == nil)
        }
    }
}
