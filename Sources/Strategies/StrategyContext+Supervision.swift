// SPDX-License-Identifier: Apache-2.0

import Execution
import OrderAlgorithms
import Risk
public import Supervision
public import Trading

// What all strategies of the account together may do.
extension StrategyContext {
    /// What all strategies have, as shares of the equity: positions with the entries that are on their way.
    package func holdings() -> Holdings {
        let instruments = account.description.instruments
        let prices = lastBars.indices.map { lastBars[$0].price }
        // By strategy, instrument and side.
        var units = Array(repeating: Int128(0), count: slots.count * instruments.count * 2)
        func place(_ strategy: Int, _ instrument: InstrumentID, _ side: Side) -> Int {
            (strategy * instruments.count + instrument.index) * 2 + (side == .buy ? 0 : 1)
        }
        for order in orders.live where !order.request.isReduceOnly {
            let (instrument, side) = (order.request.instrument, order.request.side)
            units[place(order.strategy.index, instrument, side)] += Int128(order.remaining.units)
        }
        // What an algorithm has not sent yet of an entry is on its way too.
        for slot in slots.indices {
            guard let id = details[slot].entryAlgorithm, let index = desk.index(of: id) else { continue }
            let status = desk.entries[index].status
            guard !status.isFinished else { continue }
            let place = place(slot, slots[slot].instrument, details[slot].entrySide)
            units[place] = max(units[place], Int128(status.progress.total.units) - Int128(status.progress.filled.units))
        }
        var stakes: [Stake] = []
        for instrument in instruments {
            var rest = Int128(account.netQuantity(instrument.id).units)
            func share(_ units: Int128) -> Double {
                units > 0 ? self.share(Int64(clamping: units), of: instrument, prices) : 0
            }
            for slot in slots.indices {
                var (long, short) = (units[place(slot, instrument.id, .buy)], units[place(slot, instrument.id, .sell)])
                for side in 0..<2 {
                    let held = Int128(account.subPosition(slots[slot].id, instrument.id, slot: side).quantity.units)
                    rest -= held
                    if held > 0 { long += held } else { short -= held }
                }
                guard long > 0 || short > 0 else { continue }
                stakes.append(
                    Stake(strategy: slot, instrument: instrument.id.index, long: share(long), short: share(short)))
            }
            if rest != 0 {
                stakes.append(
                    Stake(strategy: nil, instrument: instrument.id.index, long: share(rest), short: share(-rest)))
            }
        }
        return Holdings(stakes, instruments: instruments.count)
    }

    /// What a quantity is worth, as a share of the equity; infinite where that is not known.
    private func share(_ units: Int64, of instrument: Instrument, _ prices: [Price?]) -> Double {
        guard equityApproximation > 0 else { return .infinity }
        guard let price = prices[instrument.id.index] else { return 0 }
        guard let notional = instrument.notional(of: Quantity(units: units), at: price),
            let rate = baseRate(of: instrument.quote, prices)
        else { return .infinity }
        return notional.approximation * rate / equityApproximation
    }

    /// The last close of an instrument, as a Double; `nil` before its first bar.
    package func lastPrice(_ instrument: Int) -> Double? {
        lastBars[instrument].price.map { Double($0.units) / account.description.instruments[instrument].priceScale }
    }

    /// Notes what the supervision of the account found.
    package mutating func noteSupervision(_ event: SupervisionEvent) {
        guard keepsDecisions, !isObserving else { return }
        decisions.append(
            DecisionRecord(
                time: event.time, strategy: nil, instrument: event.instrument, kind: .risk, verdict: .changed,
                side: nil, feature: event.source, reason: event.reason, values: [], order: .none))
    }

    /// Why an order that could open or enlarge a position is not sent now.
    func supervisorRefusal(_ request: OrderRequest) -> RejectReason? {
        guard !request.isReduceOnly, let supervisor else { return nil }
        let state = supervisor.state(of: request.instrument)
        guard state != .active else { return nil }
        let held = account.netQuantity(slots[current].id, request.instrument)
        let reduces =
            held.units != 0 && (held.units > 0) == (request.side == .sell) && request.quantity <= held.magnitude
        return reduces ? nil : (state == .halted ? .tradingHalted : .onlyReducing)
    }

    /// An order as it may be sent: where nothing may be opened, what makes a position smaller cannot do more than that,
    /// also if the position is closed before it trades.
    func reducing(_ request: OrderRequest) -> OrderRequest {
        guard !request.isReduceOnly, let supervisor, supervisor.state(of: request.instrument) != .active,
            account.description.instruments[request.instrument.index].kind.isMargined
        else { return request }
        var request = request
        request.isReduceOnly = true
        return request
    }

    /// What one of an asset is worth in the base currency.
    package func baseRate(of asset: AssetID, _ prices: [Price?]) -> Double? {
        (try? account.value(Amount(whole: 1), of: asset, prices: prices, at: now))?.approximation
    }

    /// The planned size for an entry, within what the account's supervision leaves room for.
    ///
    /// - Returns: `nil` where nothing can be traded; why is among the decisions and denials.
    public mutating func plannedQuantity(for intent: EntryIntent, scaledBy factor: Double = 1) -> Quantity? {
        guard let planned = plannedQuantity(sizedFor: intent, scaledBy: factor) else { return nil }
        guard supervisor != nil else { return planned }
        let holdings = holdings()
        let granted = granted(planned, for: intent, holdings)
        if granted != nil { supervisor?.entered(intent, by: current, holdings: holdings) }
        return granted
    }

    private mutating func granted(
        _ planned: Quantity, for intent: EntryIntent, _ holdings: Holdings
    ) -> Quantity? {
        guard let supervisor else { return planned }
        let state = supervisor.state(of: intent.instrument)
        guard state == .active else {
            note(
                .risk, .refused, side: intent.side, feature: "breakers",
                because: state == .halted ? "trading is halted" : "only orders that reduce a position are allowed now")
            return deny(state == .halted ? .tradingHalted : .onlyReducing)
        }
        let room = supervisor.room(for: intent, by: current, holdings: holdings)
        guard room.share.isFinite else { return planned }
        let index = intent.instrument.index
        let left = room.share - (intent.side == .buy ? holdings.long[index] : holdings.short[index])
        let instrument = account.description.instruments[intent.instrument.index]
        let rules = instrument.rules(at: now)
        let prices = lastBars.indices.map { lastBars[$0].price }
        guard left > 0, let price = prices[intent.instrument.index],
            let one = instrument.notional(of: Quantity(units: rules.lot), at: price),
            let rate = baseRate(of: instrument.quote, prices), one.approximation * rate > 0
        else {
            note(.risk, .refused, side: intent.side, feature: "allocation", because: room.reason)
            return deny(.exposureLimit)
        }
        let lots = left * equityApproximation / (one.approximation * rate)
        let most = Int64(clamping: Int128(min(lots.rounded(.down), 1e18)) * Int128(rules.lot))
        guard most < planned.units else { return planned }
        let isEnough =
            most >= max(1, rules.minimumQuantity.units)
            && (instrument.notional(of: Quantity(units: most), at: price).map { $0 >= rules.minimumNotional } ?? false)
        guard isEnough else {
            note(.risk, .refused, side: intent.side, feature: "allocation", because: room.reason)
            return deny(.exposureLimit)
        }
        note(
            .risk, .changed, side: intent.side, feature: "allocation",
            because: instrument.text(most, of: planned.units) + room.reason)
        return Quantity(units: most)
    }

    /// How much of the strategy's position is too much, where it was looked at with this instant.
    package var outgrown: (units: Double, reason: String)? {
        guard let cut = excess?[slots[current].instrument.index] else { return nil }
        return (Double(position.magnitude.units) * cut.share, cut.reason)
    }
}
