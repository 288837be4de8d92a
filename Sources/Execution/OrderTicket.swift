// SPDX-License-Identifier: Apache-2.0

public import Trading

/// One order as it is asked of a venue: every level a price, every number on the venue's grid.
public struct OrderTicket: Hashable, Sendable, BitwiseCopyable {
    public var client: ClientOrderID
    public var instrument: InstrumentID
    public var side: Side
    public var type: OrderType
    public var timeInForce: TimeInForce
    public var isPostOnly: Bool
    public var isReduceOnly: Bool
    /// Positive.
    public var quantity: Quantity
    /// The limit; for market and triggered market orders the worst price they may trade at.
    public var limit: Price
    /// For triggered types.
    public var trigger: Price?

    /// Whether it trades when it arrives or not at all.
    public var isImmediate: Bool { type == .market || timeInForce == .immediateOrCancel }

    public init(
        client: ClientOrderID, instrument: InstrumentID, side: Side, type: OrderType, quantity: Quantity, limit: Price,
        trigger: Price? = nil, timeInForce: TimeInForce = .goodTilCancelled, isPostOnly: Bool = false,
        isReduceOnly: Bool = false
    ) {
        self.client = client
        self.instrument = instrument
        self.side = side
        self.type = type
        self.quantity = quantity
        self.limit = limit
        self.trigger = trigger
        self.timeInForce = timeInForce
        self.isPostOnly = isPostOnly
        self.isReduceOnly = isReduceOnly
    }
}

/// How the orders of one request belong together.
public enum TicketGrouping: UInt8, Hashable, Sendable, BitwiseCopyable {
    case none
    /// The first is an entry, the others its take-profit and stop: they come to life with its fill, of its size.
    case entryWithProtection
    /// Take-profit and stop of the whole position, whose size they follow.
    case positionProtection
}

/// A working order that is to be taken back. A venue may want its own number, ours, or either.
public struct CancelTicket: Hashable, Sendable {
    public var client: ClientOrderID
    public var venueOrder: VenueOrderID?
    public var instrument: InstrumentID
    public init(client: ClientOrderID, venueOrder: VenueOrderID?, instrument: InstrumentID) {
        self.client = client
        self.venueOrder = venueOrder
        self.instrument = instrument
    }
}

/// A working order that is to be changed: the ticket has all of its new values.
public struct ModifyTicket: Hashable, Sendable {
    public var venueOrder: VenueOrderID?
    public var order: OrderTicket
    public init(venueOrder: VenueOrderID?, order: OrderTicket) {
        self.venueOrder = venueOrder
        self.order = order
    }
}

/// The name that a venue gave an order, as it writes it.
public struct VenueOrderID: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let text: String
    @inlinable public init(_ text: String) { self.text = text }
    @inlinable public init(_ number: UInt64) { text = String(number) }
    public var description: String { text }
    @inlinable public static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}
