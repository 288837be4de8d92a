// SPDX-License-Identifier: Apache-2.0

public import Execution
public import Risk
public import Trading

/// One venue's protocol as a state machine without I/O: inputs and commands go in, outputs come out.
///
/// A shell opens sockets, sends bytes and tells the time. Every command is answered by exactly one event, however the
/// network behaves: where no answer can be had, by one that says `unknown`.
///
/// It is a value: what a copy is told and says is nobody's but its holder's.
public protocol VenueConnector: Sendable {
    /// What its venue does itself, and who stands in for the rest.
    var capabilities: VenueCapabilities { get }

    mutating func handle(_ input: ConnectorInput, at now: Moment, into outputs: inout [ConnectorOutput])

    /// When it wants `wake`, in monotonic time; `nil`: not at all.
    var nextWake: TimeSpan? { get }

    /// How many requests it has sent.
    var requestsSent: UInt64 { get }
    /// What those of late count against what the venue allows a network address, in the venue's own measure and by when they
    /// were sent, oldest first.
    func weightsSent(at now: TimeSpan) -> [(weight: Int, time: TimeSpan)]

    /// Answered by `placed`, once for each order.
    mutating func place(_ orders: consuming ApprovedOrders, at now: Moment, into outputs: inout [ConnectorOutput])
    /// Answered by `modified`.
    mutating func modify(_ change: consuming ApprovedChange, at now: Moment, into outputs: inout [ConnectorOutput])
    /// Answered by `cancelled`, once for each order.
    mutating func cancel(_ orders: [CancelTicket], at now: Moment, into outputs: inout [ConnectorOutput])
    /// Answered by `status`.
    mutating func query(_ order: ClientOrderID, at now: Moment, into outputs: inout [ConnectorOutput])
    /// Answered by `snapshot` or `snapshotFailed`.
    /// - Parameter since: From when on fills, funding and transfers are wanted.
    mutating func requestSnapshot(since: Timestamp, at now: Moment, into outputs: inout [ConnectorOutput])
    /// Answered by `bars` or `barsUnavailable`: those that opened in the range and have closed.
    mutating func requestBars(
        _ instrument: InstrumentID, _ timeframe: Timeframe, from: Timestamp, to: Timestamp, at now: Moment,
        into outputs: inout [ConnectorOutput])
    /// Sets the leverage and margin mode of an instrument. Answered by `leverage`.
    mutating func setLeverage(
        _ instrument: InstrumentID, _ leverage: Int64, isCross: Bool, at now: Moment,
        into outputs: inout [ConnectorOutput])
    /// Asks the venue to cancel all orders at a time if it does not hear from us before; `nil` disarms.
    mutating func setDeadManSwitch(_ time: Timestamp?, at now: Moment, into outputs: inout [ConnectorOutput])
}

extension VenueConnector {
    /// Of venues that do not count.
    public var requestsSent: UInt64 { 0 }
    public func weightsSent(at now: TimeSpan) -> [(weight: Int, time: TimeSpan)] { [] }
}
