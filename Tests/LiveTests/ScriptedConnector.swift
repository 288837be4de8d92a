// SPDX-License-Identifier: Apache-2.0

import Execution
import Risk
import Synchronization
import Trading
import VenueHarness
import VenueInterface

@testable import Live

/// A venue that outlives the sessions on it.
final class ScriptedVenue: Sendable {
    private let state: Mutex<FakeVenue>
    init(_ venue: FakeVenue) { state = Mutex(venue) }

    func with<Result: Sendable>(_ body: @Sendable (inout FakeVenue) -> Result) -> Result {
        state.withLock { body(&$0) }
    }
}

/// A connector that says what it is told to: an answer with the number of an event of its script gives that event. Orders
/// go to a venue that trades at the price of the latest bar and says what becomes of them.
struct ScriptedConnector: VenueConnector {
    /// A venue that has stops and nothing else.
    static let abilities = VenueCapabilities { feature in
        switch feature {
        case .market, .limit, .stop: .native()
        case .trailingStop: .managed("moved with the price")
        default: .emulated("at closed bars")
        }
    }
    var capabilities: VenueCapabilities { Self.abilities }
    let script: [VenueEvent]
    /// What it answers when it is asked for bars.
    let bars: [Bar]
    /// `nil`: there is no account.
    let venue: ScriptedVenue?
    let clock: MarketClock
    /// What its dead man's switch does when it is set.
    let deadManRefusal: String?
    var nextWake: TimeSpan? { nil }

    static func said(_ text: String) -> ConnectorOutput { .send(StreamID(1), Array(text.utf8)) }

    mutating func handle(_ input: ConnectorInput, at now: Moment, into outputs: inout [ConnectorOutput]) {
        switch input {
        case .answer(let number, _):
            let event = script[Int(number.rawValue)]
            if case .bar(_, let timeframe, let bar, let isClosed) = event {
                let time = isClosed ? bar.openTime + timeframe.span : bar.openTime
                trade(at: clock == .venue ? time : now.wall, into: &outputs) { $0.move(to: bar.close.units) }
            }
            outputs.append(.event(event))
        case .stop: outputs.append(Self.said("stop"))
        default: break
        }
    }

    /// Does something at the venue and passes on what it says of it.
    private func trade(
        at time: Timestamp? = nil, into outputs: inout [ConnectorOutput],
        _ body: @Sendable (inout FakeVenue) -> Void
    ) {
        guard let venue else { return }
        let said = venue.with { venue in
            if let time { venue.now = time }
            body(&venue)
            defer { venue.said.removeAll() }
            return venue.said
        }
        for event in said { outputs.append(.event(event)) }
    }

    mutating func place(_ orders: consuming ApprovedOrders, at now: Moment, into outputs: inout [ConnectorOutput]) {
        let (tickets, grouping) = (orders.tickets, orders.grouping)
        for ticket in tickets { outputs.append(Self.said(ticket.trigger == nil ? "place" : "place stop")) }
        for (client, outcome) in venue?.with({ $0.place(tickets, grouping) }) ?? [] {
            outputs.append(.event(.placed(client, outcome)))
        }
        trade(into: &outputs) { _ in }
    }
    mutating func modify(_ change: consuming ApprovedChange, at now: Moment, into outputs: inout [ConnectorOutput]) {
        let ticket = change.ticket
        outputs.append(Self.said("modify"))
        if let outcome = venue?.with({ $0.modify(ticket) }) {
            outputs.append(.event(.modified(ticket.order.client, outcome)))
        }
        trade(into: &outputs) { _ in }
    }
    mutating func cancel(_ orders: [CancelTicket], at now: Moment, into outputs: inout [ConnectorOutput]) {
        for order in orders {
            outputs.append(Self.said("cancel"))
            if let outcome = venue?.with({ $0.cancel(order) }) {
                outputs.append(.event(.cancelled(order.client, outcome)))
            }
        }
        trade(into: &outputs) { _ in }
    }
    mutating func query(_ order: ClientOrderID, at now: Moment, into outputs: inout [ConnectorOutput]) {
        guard let outcome = venue?.with({ $0.query(order) }) else { return }
        outputs.append(.event(.status(order, outcome)))
    }
    mutating func requestSnapshot(since: Timestamp, at now: Moment, into outputs: inout [ConnectorOutput]) {
        guard let snapshot = venue?.with({ $0.snapshot(since: since) }) else { return }
        outputs.append(.event(.snapshot(snapshot)))
    }
    mutating func requestBars(
        _ instrument: InstrumentID, _ timeframe: Timeframe, from: Timestamp, to: Timestamp, at now: Moment,
        into outputs: inout [ConnectorOutput]
    ) {
        let found = bars.filter { $0.openTime >= from && $0.openTime + timeframe.span <= to }
        outputs.append(.event(.bars(instrument, timeframe, found)))
    }
    mutating func setLeverage(
        _ instrument: InstrumentID, _ leverage: Int64, isCross: Bool, at now: Moment,
        into outputs: inout [ConnectorOutput]
    ) {
        outputs.append(Self.said("leverage \(leverage) \(isCross ? "cross" : "isolated")"))
        guard let outcome = venue?.with({ $0.setLeverage(leverage, isCross: isCross) }) else { return }
        outputs.append(.event(.leverage(instrument, outcome)))
    }
    mutating func setDeadManSwitch(_ time: Timestamp?, at now: Moment, into outputs: inout [ConnectorOutput]) {
        outputs.append(Self.said(time == nil ? "disarm" : "arm"))
        let isArmed = time != nil && deadManRefusal == nil
        outputs.append(.event(.notice(.deadManSwitch(armed: isArmed, reason: deadManRefusal ?? ""))))
    }
}
