// SPDX-License-Identifier: Apache-2.0

import Control
import Execution
import Live
import OrderAlgorithms
import Trading

extension ControlStatus.Execution {
    init(_ support: FeatureSupport) {
        self.init(kind: support.kind.rawValue, actor: support.actor.rawValue, note: support.note)
    }
}

extension ControlStatus.Order {
    init(_ working: SessionReport.WorkingOrder, _ instruments: [Instrument]) {
        let order = working.order
        let instrument = instruments[order.request.instrument.index]
        self.init(
            number: order.id.sequence, strategy: working.strategy, venue: instrument.venue, market: instrument.symbol,
            text: order.request.text(on: instrument), filled: instrument.text(order.filled),
            execution: .init(working.support))
    }
}

extension ControlStatus.Algorithm {
    init(_ running: SessionReport.Algorithm, _ instruments: [Instrument]) {
        let status = running.status
        // The one that its quantities are of.
        let first = instruments[status.instruments.first?.index ?? 0]
        var venues: [String] = []
        var markets: [String] = []
        for id in status.instruments {
            let instrument = instruments[id.index]
            if !venues.contains(instrument.venue) { venues.append(instrument.venue) }
            if !markets.contains(instrument.symbol) { markets.append(instrument.symbol) }
        }
        self.init(
            number: status.id.rawValue, kind: status.title, strategy: running.strategy,
            venue: venues.joined(separator: ", "), market: markets.joined(separator: ", "),
            total: first.text(status.progress.total), filled: first.text(status.progress.filled),
            working: first.text(status.progress.working), state: status.outlook.state.rawValue,
            reason: status.lastReason?.text, lastActionAt: status.lastActionAt, next: status.outlook.text(first),
            execution: .init(running.support))
    }
}
