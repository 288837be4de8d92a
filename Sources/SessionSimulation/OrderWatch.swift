// SPDX-License-Identifier: Apache-2.0

import Execution
import Trading
import VenueInterface

/// What was asked of a connector, and what of it must never have been asked.
///
/// Unchecked: a world and everything in it belongs to one thread.
final class OrderWatch: @unchecked Sendable {
    struct Problem {
        let invariant: Violation.Invariant
        let text: String
    }

    private var tickets: [ClientOrderID: OrderTicket] = [:]
    private(set) var problems: [Problem] = []
    private(set) var placedCount = 0
    private(set) var modifiedCount = 0
    private(set) var cancelledCount = 0
    private var sendTimes: [TimeSpan] = []
    private let ordersPerMinute: Int
    private let largest: [Quantity]
    private let isSpot: [Bool]
    /// Orders that were said to be refused, and are still to be looked for at the venue.
    private var refused: [ClientOrderID] = []
    /// Orders that were said to have filled at once, and by how much; they are still to be looked for at the venue.
    private var filled: [(client: ClientOrderID, quantity: Quantity)] = []
    /// The venue's number of each order, as it was told last.
    private var numbers: [ClientOrderID: VenueOrderID] = [:]
    /// Orders that were said to be cancelled, and under which number.
    private var cancelled: [(client: ClientOrderID, number: VenueOrderID)] = []
    /// Stops that were asked for or moved, and are still to be judged.
    private(set) var stops: [OrderTicket] = []

    init(ordersPerMinute: Int, largest: [Quantity], isSpot: [Bool]) {
        self.ordersPerMinute = ordersPerMinute
        self.largest = largest
        self.isSpot = isSpot
    }

    /// Another one that knows the same.
    func copy() -> OrderWatch {
        let copy = OrderWatch(ordersPerMinute: ordersPerMinute, largest: largest, isSpot: isSpot)
        copy.tickets = tickets
        copy.numbers = numbers
        copy.placedCount = placedCount
        return copy
    }

    func number(_ client: ClientOrderID) -> VenueOrderID? { numbers[client] }

    func takeCancelled() -> [(client: ClientOrderID, number: VenueOrderID)] {
        guard !cancelled.isEmpty else { return [] }
        defer { cancelled.removeAll(keepingCapacity: true) }
        return cancelled
    }

    /// An order as it was last asked for.
    func ticket(_ client: ClientOrderID) -> OrderTicket? { tickets[client] }

    func takeProblem() -> Problem? { problems.isEmpty ? nil : problems.removeFirst() }

    /// The program ended: its limits begin anew.
    func restarted() { sendTimes.removeAll(keepingCapacity: true) }

    func placing(_ tickets: [OrderTicket], at now: Moment) {
        for ticket in tickets {
            placedCount += 1
            if self.tickets.updateValue(ticket, forKey: ticket.client) != nil {
                problems.append(Problem(invariant: .orderTwice, text: "order \(ticket.client) was asked for twice"))
            }
            check(ticket)
        }
        count(tickets, now)
    }

    func modifying(_ ticket: ModifyTicket, at now: Moment) {
        modifiedCount += 1
        tickets[ticket.order.client] = ticket.order
        check(ticket.order)
        count([ticket.order], now)
    }

    func cancelling(_ tickets: [CancelTicket]) { cancelledCount += tickets.count }

    func settingLeverage(_ instrument: InstrumentID) {
        guard isSpot[instrument.index] else { return }
        problems.append(
            Problem(invariant: .spotTerms, text: "leverage was asked for in \(instrument), which is spot"))
    }

    private func check(_ ticket: OrderTicket) {
        if isSpot[ticket.instrument.index], ticket.trigger != nil {
            problems.append(
                Problem(invariant: .spotTerms, text: "order \(ticket.client) has a trigger, and spot has none"))
        }
        if !ticket.isReduceOnly, ticket.quantity > largest[ticket.instrument.index] {
            problems.append(
                Problem(
                    invariant: .limitExceeded,
                    text: "order \(ticket.client) is for \(ticket.quantity.units), above the limit"))
        }
        if ticket.isReduceOnly, ticket.type == .stop { stops.append(ticket) }
    }

    /// What the session is told: a refusal must be one, and so must a fill.
    func saying(_ event: VenueEvent) {
        switch event {
        case .placed(let client, .rejected): refused.append(client)
        case .placed(let client, .filled(_, let quantity, _)): filled.append((client, quantity))
        case .placed(let client, .resting(let number)), .modified(let client, .done(let number?)):
            numbers[client] = number
        case .status(let client, .known(let update)):
            if case .rejected = update.status { refused.append(client) }
            if case .cancelled = update.status { cancelled.append((client, update.venueOrder)) }
        default: break
        }
    }

    func takeRefused() -> [ClientOrderID] {
        defer { refused.removeAll() }
        return refused
    }

    func takeFilled() -> [(client: ClientOrderID, quantity: Quantity)] {
        defer { filled.removeAll() }
        return filled
    }

    func takeStops() -> [OrderTicket] {
        guard !stops.isEmpty else { return [] }
        defer { stops.removeAll(keepingCapacity: true) }
        return stops
    }

    /// Orders of the last minute that are not bound to make a position smaller: what the checks take to be so by its size
    /// has twice the room.
    private func count(_ tickets: [OrderTicket], _ now: Moment) {
        for ticket in tickets where !ticket.isReduceOnly { sendTimes.append(now.monotonic) }
        let minute = TimeSpan.minutes(1).nanoseconds
        sendTimes.removeAll { now.monotonic.nanoseconds - $0.nanoseconds >= minute }
        if sendTimes.count > 2 * ordersPerMinute {
            problems.append(
                Problem(invariant: .limitExceeded, text: "\(sendTimes.count) orders and changes within a minute"))
        }
    }
}
