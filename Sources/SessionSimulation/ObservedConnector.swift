// SPDX-License-Identifier: Apache-2.0

import Execution
import Hyperliquid
import Risk
import Trading
import VenueInterface

/// A connector whose commands are written down on their way to it, and whose words a built-in mistake may change.
struct ObservedConnector: VenueConnector {
    var capabilities: VenueCapabilities { connector.capabilities }
    private var connector: HyperliquidConnector
    private let watch: OrderWatch
    private var mistakes: ConnectorMistakes?

    init(_ connector: HyperliquidConnector, _ watch: OrderWatch, _ defect: Defect?) {
        self.connector = connector
        self.watch = watch
        mistakes = defect.map { ConnectorMistakes($0) }
    }

    /// Lets the connector act, and makes the mistake with what it says.
    private mutating func act(
        _ now: Moment, _ outputs: inout [ConnectorOutput],
        _ body: (inout HyperliquidConnector, Moment, inout [ConnectorOutput]) -> Void
    ) {
        let start = outputs.count
        defer { listen(outputs[start...]) }
        guard mistakes != nil else { return body(&connector, now, &outputs) }
        var said: [ConnectorOutput] = []
        body(&connector, now, &said)
        for output in said { mistakes?.pass(output, watch, at: now, into: &outputs) }
    }

    private func listen(_ outputs: ArraySlice<ConnectorOutput>) {
        for case .event(let event) in outputs { watch.saying(event) }
    }

    mutating func handle(_ input: ConnectorInput, at now: Moment, into outputs: inout [ConnectorOutput]) {
        act(now, &outputs) { $0.handle(input, at: $1, into: &$2) }
    }

    var nextWake: TimeSpan? { connector.nextWake }

    mutating func place(_ orders: consuming ApprovedOrders, at now: Moment, into outputs: inout [ConnectorOutput]) {
        watch.placing(orders.tickets, at: now)
        let start = outputs.count
        defer { listen(outputs[start...]) }
        guard mistakes != nil else { return connector.place(orders, at: now, into: &outputs) }
        var said: [ConnectorOutput] = []
        connector.place(orders, at: now, into: &said)
        for output in said { mistakes?.pass(output, watch, at: now, into: &outputs) }
    }

    mutating func modify(_ change: consuming ApprovedChange, at now: Moment, into outputs: inout [ConnectorOutput]) {
        watch.modifying(change.ticket, at: now)
        let start = outputs.count
        defer { listen(outputs[start...]) }
        guard mistakes != nil else { return connector.modify(change, at: now, into: &outputs) }
        var said: [ConnectorOutput] = []
        connector.modify(change, at: now, into: &said)
        for output in said { mistakes?.pass(output, watch, at: now, into: &outputs) }
    }

    mutating func cancel(_ orders: [CancelTicket], at now: Moment, into outputs: inout [ConnectorOutput]) {
        watch.cancelling(orders)
        act(now, &outputs) { $0.cancel(orders, at: $1, into: &$2) }
    }

    mutating func query(_ order: ClientOrderID, at now: Moment, into outputs: inout [ConnectorOutput]) {
        act(now, &outputs) { $0.query(order, at: $1, into: &$2) }
    }

    mutating func requestSnapshot(since: Timestamp, at now: Moment, into outputs: inout [ConnectorOutput]) {
        if let snapshot = mistakes?.rememberedSnapshot(at: now) { return outputs.append(.event(.snapshot(snapshot))) }
        act(now, &outputs) { $0.requestSnapshot(since: since, at: $1, into: &$2) }
    }

    mutating func requestBars(
        _ instrument: InstrumentID, _ timeframe: Timeframe, from: Timestamp, to: Timestamp, at now: Moment,
        into outputs: inout [ConnectorOutput]
    ) {
        act(now, &outputs) { $0.requestBars(instrument, timeframe, from: from, to: to, at: $1, into: &$2) }
    }

    mutating func setLeverage(
        _ instrument: InstrumentID, _ leverage: Int64, isCross: Bool, at now: Moment,
        into outputs: inout [ConnectorOutput]
    ) {
        watch.settingLeverage(instrument)
        act(now, &outputs) { $0.setLeverage(instrument, leverage, isCross: isCross, at: $1, into: &$2) }
    }

    mutating func setDeadManSwitch(_ time: Timestamp?, at now: Moment, into outputs: inout [ConnectorOutput]) {
        act(now, &outputs) { $0.setDeadManSwitch(time, at: $1, into: &$2) }
    }
}
