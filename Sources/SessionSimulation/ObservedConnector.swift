// SPDX-License-Identifier: Apache-2.0

import Execution
import Hyperliquid
import Risk
import Trading
import VenueInterface

/// A connector whose commands are written down on their way to it.
struct ObservedConnector: VenueConnector {
    private var connector: HyperliquidConnector
    private let watch: OrderWatch

    init(_ connector: HyperliquidConnector, _ watch: OrderWatch) {
        self.connector = connector
        self.watch = watch
    }

    mutating func handle(_ input: ConnectorInput, at now: Moment, into outputs: inout [ConnectorOutput]) {
        connector.handle(input, at: now, into: &outputs)
    }

    var nextWake: TimeSpan? { connector.nextWake }

    mutating func place(_ orders: consuming ApprovedOrders, at now: Moment, into outputs: inout [ConnectorOutput]) {
        watch.placing(orders.tickets, at: now)
        connector.place(orders, at: now, into: &outputs)
    }

    mutating func modify(_ change: consuming ApprovedChange, at now: Moment, into outputs: inout [ConnectorOutput]) {
        watch.modifying(change.ticket, at: now)
        connector.modify(change, at: now, into: &outputs)
    }

    mutating func cancel(_ orders: [CancelTicket], at now: Moment, into outputs: inout [ConnectorOutput]) {
        watch.cancelling(orders)
        connector.cancel(orders, at: now, into: &outputs)
    }

    mutating func query(_ order: ClientOrderID, at now: Moment, into outputs: inout [ConnectorOutput]) {
        connector.query(order, at: now, into: &outputs)
    }

    mutating func requestSnapshot(since: Timestamp, at now: Moment, into outputs: inout [ConnectorOutput]) {
        connector.requestSnapshot(since: since, at: now, into: &outputs)
    }

    mutating func requestBars(
        _ instrument: InstrumentID, _ timeframe: Timeframe, from: Timestamp, to: Timestamp, at now: Moment,
        into outputs: inout [ConnectorOutput]
    ) {
        connector.requestBars(instrument, timeframe, from: from, to: to, at: now, into: &outputs)
    }

    mutating func setLeverage(
        _ instrument: InstrumentID, _ leverage: Int64, isCross: Bool, at now: Moment,
        into outputs: inout [ConnectorOutput]
    ) {
        connector.setLeverage(instrument, leverage, isCross: isCross, at: now, into: &outputs)
    }

    mutating func setDeadManSwitch(_ time: Timestamp?, at now: Moment, into outputs: inout [ConnectorOutput]) {
        connector.setDeadManSwitch(time, at: now, into: &outputs)
    }
}
