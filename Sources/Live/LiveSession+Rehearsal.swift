// SPDX-License-Identifier: Apache-2.0

import Engine
import Execution
import Journal
import OrderManagement
import Risk
import Trading
import VenueInterface

extension LiveSession {
    /// Goes the way of an order from the decision to the bytes on copies of all that is along it, and forgets them.
    ///
    /// Between two orders the processor does other things for so long that the code and the tables of the next one are
    /// no longer in its caches, which makes it two to three times as slow. A shell calls this when it has nothing else
    /// to do. The order is a post-only one at half the market's price: it could not trade.
    public mutating func rehearse() {
        guard settings.mode.sendsOrders, lifecycle.state == .running, draining == nil else { return }
        for venue in links.indices where links[venue].isUp && links[venue].hasBegun {
            guard let command = rehearsedCommand(venue) else { continue }
            var manager = links[venue].manager
            rehearsal.wanted.removeAll(keepingCapacity: true)
            manager.handle([command], at: venueMoment(venue), into: &rehearsal.wanted)
            for case .place(let tickets, let grouping) in rehearsal.wanted {
                var checks = checks
                checks.state = tradingState
                let view = withoutExposure(riskView(leaving: []))
                switch checks.approve(tickets, grouping: grouping, view: view, at: now.monotonic) {
                case .denied: break
                case .approved(let orders):
                    let record = SessionRecord.placing(venue: venue, tickets, grouping)
                    journal.rehearse(kind: record.kind, at: now.wall) { record.write(to: &$0) }
                    var connector = links[venue].connector
                    connector.place(orders, at: now, into: &rehearsal.outputs)
                }
            }
            rehearsal.outputs.removeAll(keepingCapacity: true)
        }
    }

    /// Where a limit of exposure is reached there would be no order to rehearse, and the next one may be the way out.
    private func withoutExposure(_ view: RiskView) -> RiskView {
        var view = view
        view.marginUsed = .zero
        view.openOrders = 0
        for index in view.markets.indices {
            view.markets[index].position = .zero
            view.markets[index].workingBuys = .zero
            view.markets[index].workingSells = .zero
            view.markets[index].closingBuys = .zero
            view.markets[index].closingSells = .zero
        }
        return view
    }

    /// The least that the venue takes, of the first of its markets that has a price.
    private func rehearsedCommand(_ venue: Int) -> OrderCommand? {
        let instruments = core.engine.account.description.instruments
        for id in settings.venues[venue].instruments {
            guard let last = market[id.index].last else { continue }
            let instrument = instruments[id.index]
            let rules = instrument.rules(at: marketTime)
            let price = rules.rounded(Price(units: last.units / 2), decimals: instrument.priceDecimals, .down)
            guard
                case .raised(let quantity) = MinimumOrder(
                    notional: Amount(units: 1), instrument: instrument, price: price, raises: true, at: marketTime)
            else { continue }
            return OrderCommand(
                order: OrderID(1 << 62), strategy: StrategyID(index: 0), instrument: id, sentAt: marketTime,
                command: .submit(
                    OrderRequest(
                        instrument: id, side: .buy, type: .limit, quantity: quantity, limit: price, isPostOnly: true)))
        }
        return nil
    }
}

/// Buffers of rehearsals, kept so that they allocate nothing.
struct Rehearsal {
    var wanted: [OrderManagerOutput] = []
    var outputs: [ConnectorOutput] = []
}
