// SPDX-License-Identifier: Apache-2.0

public import Execution
public import Trading

/// A way of working an order through several others: a state machine that is told of instants, fills and ends, and
/// answers with actions. A value without clock or randomness: equal events give equal actions.
///
/// What happened to its orders is told before the instant at which it was heard; an instant is a moment at which a bar
/// of the finest timeframe of its strategy closed. Between instants nothing here acts.
public protocol OrderAlgorithm: Sendable {
    /// What it is called in status and records, such as `twap`.
    var name: String { get }
    /// Where it looks and trades; the first one's bars are its instants.
    var instruments: [InstrumentID] { get }
    /// What it reads besides bars.
    var inputs: [AlgorithmInput] { get }
    var execution: AlgorithmExecution { get }
    /// What it takes of a venue: whether that has it or Apus stands in for it is known once the venue is.
    var features: [OrderFeature] { get }
    /// What it is doing, and what makes it act next.
    var outlook: AlgorithmOutlook { get }
    /// Whether none of its orders can open or enlarge a position.
    var isReduceOnly: Bool { get }
    var progress: AlgorithmProgress { get }

    /// Time has come to an instant; orders may be placed, changed and taken back.
    mutating func advance(_ instant: AlgorithmInstant, _ actions: inout [AlgorithmAction])
    /// An instant at which nothing may be done: it came too late to act on.
    mutating func observe(_ instant: AlgorithmInstant)
    /// One of its orders traded.
    mutating func receive(_ fill: ChildFill, _ actions: inout [AlgorithmAction])
    /// One of its orders is over.
    mutating func receive(_ end: ChildEnd, _ actions: inout [AlgorithmAction])
    /// Takes back what works and places nothing until it is advanced again.
    mutating func pause(_ reason: AlgorithmReason, _ actions: inout [AlgorithmAction])
    /// Takes back what works, places nothing more, and finishes for this reason once the last order is over.
    mutating func stop(_ reason: AlgorithmReason, _ actions: inout [AlgorithmAction])
}

extension OrderAlgorithm {
    public var inputs: [AlgorithmInput] { [] }
    public var features: [OrderFeature] { [] }
    public var outlook: AlgorithmOutlook { .working }
    public mutating func observe(_ instant: AlgorithmInstant) {}
}

/// Names an order within its algorithm: 0, 1, 2, … as they were placed.
public struct ChildID: Hashable, Comparable, Sendable, BitwiseCopyable {
    public let rawValue: Int
    @inlinable public init(_ rawValue: Int) { self.rawValue = rawValue }
    @inlinable public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// What an algorithm asks of whoever hosts it.
public enum AlgorithmAction: Hashable, Sendable {
    case place(Placement, AlgorithmReason)
    case cancel(ChildID, AlgorithmReason)
    case modify(ChildID, OrderChange, AlgorithmReason)
    /// It is over; nothing follows.
    case finish(AlgorithmReason)

    public var reason: AlgorithmReason {
        switch self {
        case .place(_, let reason), .cancel(_, let reason), .modify(_, _, let reason), .finish(let reason): reason
        }
    }
}

/// An order to be placed.
public struct Placement: Hashable, Sendable {
    public var child: ChildID
    public var request: OrderRequest
    /// The order of the same algorithm whose fills bring this one to life.
    public var parent: ChildID?
    /// Whether it belongs to the one-cancels-the-other group of its algorithm, at the venue.
    public var sharesGroup: Bool

    public init(_ child: ChildID, _ request: OrderRequest, parent: ChildID? = nil, sharesGroup: Bool = false) {
        self.child = child
        self.request = request
        self.parent = parent
        self.sharesGroup = sharesGroup
    }
}

/// A trade of one of an algorithm's orders.
public struct ChildFill: Hashable, Sendable, BitwiseCopyable {
    public let child: ChildID
    /// Positive.
    public let quantity: Quantity
    public let price: Price
    public let time: Timestamp
    public init(_ child: ChildID, quantity: Quantity, price: Price, time: Timestamp) {
        self.child = child
        self.quantity = quantity
        self.price = price
        self.time = time
    }
}

/// The end of one of an algorithm's orders, after the last fill that was heard of.
public struct ChildEnd: Hashable, Sendable, BitwiseCopyable {
    public let child: ChildID
    /// Final: filled, canceled, expired, rejected or denied.
    public let status: OrderStatus
    public let reason: RejectReason
    public init(_ child: ChildID, _ status: OrderStatus, reason: RejectReason = .none) {
        self.child = child
        self.status = status
        self.reason = reason
    }

    var isRefusal: Bool { status == .rejected || status == .denied }
}

/// Who carries an algorithm out.
public enum AlgorithmExecution: String, Hashable, Sendable, BitwiseCopyable {
    /// The venue, or its order manager, acts between bars on orders that are there.
    case native
    /// Apus acts at closed bars; while it does not run nothing happens.
    case emulated
}

/// How far an algorithm is, in quantity units of its instrument.
public struct AlgorithmProgress: Hashable, Sendable, BitwiseCopyable {
    public var total: Quantity
    public var filled: Quantity
    /// With the venue and not filled.
    public var working: Quantity
    public init(total: Quantity, filled: Quantity = .zero, working: Quantity = .zero) {
        self.total = total
        self.filled = filled
        self.working = working
    }
}

/// Why an algorithm did what it did; the raw value is the code in records.
public enum AlgorithmReason: UInt8, Hashable, Sendable, BitwiseCopyable, CaseIterable {
    case sliceDue = 1, merged, ahead, volumeSeen, displayEmpty, rest, staleSlice
    case scheduled, conditionMet, entryFilled, legFilled, volatilityMoved
    case outsideHours, timeOver, conditionExpired, overfilled
    case stopped, signalEnded, protectionFilled, leaving
    case completed, tooSmall, refused, endedOutside

    public var text: String {
        switch self {
        case .sliceDue: "a slice was due"
        case .merged: "slices that were too small or late were due together"
        case .ahead: "the price moved as far as was said, so it went faster"
        case .volumeSeen: "so much was traded in the market"
        case .displayEmpty: "what was shown had filled"
        case .rest: "the time was over and the rest was sent"
        case .staleSlice: "an earlier slice had not filled and its price was left behind"
        case .scheduled: "its time had come"
        case .conditionMet: "its condition was met"
        case .entryFilled: "its entry filled"
        case .legFilled: "the other order of its group filled"
        case .volatilityMoved: "the volatility changed"
        case .outsideHours: "it was outside of the trading hours"
        case .timeOver: "its time was over"
        case .conditionExpired: "its condition was not met in time"
        case .overfilled: "fills came after an order was said to be over"
        case .stopped: "it was stopped"
        case .signalEnded: "the signal ended"
        case .protectionFilled: "an order that protects its position traded"
        case .leaving: "the session was told to leave"
        case .completed: "all of it filled"
        case .tooSmall: "what is left is below the venue's minimum"
        case .refused: "its orders were refused three times in a row"
        case .endedOutside: "its orders ended without it"
        }
    }
}
