// SPDX-License-Identifier: Apache-2.0

public import Execution

/// Orders that passed every check before the trade. Only the checks can make one, and sending it uses it up: what was
/// not approved cannot be sent, and nothing is sent twice.
public struct ApprovedOrders: ~Copyable, Sendable {
    public let tickets: [OrderTicket]
    public let grouping: TicketGrouping
    init(checked tickets: [OrderTicket], grouping: TicketGrouping) {
        self.tickets = tickets
        self.grouping = grouping
    }
}

/// A change of a working order that passed every check.
public struct ApprovedChange: ~Copyable, Sendable {
    public let ticket: ModifyTicket
    init(checked ticket: ModifyTicket) { self.ticket = ticket }
}
