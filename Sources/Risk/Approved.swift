// SPDX-License-Identifier: Apache-2.0

public import Execution

/// On whose word orders go out.
public enum OrderAuthority: UInt8, Hashable, Sendable, BitwiseCopyable, CaseIterable {
    /// A strategy decided on them: every limit holds.
    case strategy
    /// A person used the kill switch: what closes positions does not wait for the limits of the order rate.
    case killSwitch
    /// A stop cannot work at the venue, and the order manager closes its position at market: the same.
    case protection
}

/// Orders that passed every check before the trade. Only the checks can make one, and sending it uses it up: what was
/// not approved cannot be sent, and nothing is sent twice.
public struct ApprovedOrders: ~Copyable, Sendable {
    public let tickets: [OrderTicket]
    public let grouping: TicketGrouping
    public let authority: OrderAuthority
    init(checked tickets: [OrderTicket], grouping: TicketGrouping, authority: OrderAuthority = .strategy) {
        self.tickets = tickets
        self.grouping = grouping
        self.authority = authority
    }
}

/// A change of a working order that passed every check.
public struct ApprovedChange: ~Copyable, Sendable {
    public let ticket: ModifyTicket
    init(checked ticket: ModifyTicket) { self.ticket = ticket }
}
