// SPDX-License-Identifier: Apache-2.0

import Execution
import Risk
public import Supervision
public import Trading

// What all strategies of the account together may do.
extension StrategyContext {
    /// By instrument, as shares of the equity: positions with the entries that are on their way, negative for short.
    package func exposures() -> [Double] {
        let instruments = account.description.instruments
        let prices = lastBars.indices.map { lastBars[$0].price }
        var quantities = instruments.map { Int128(account.netQuantity($0.id).units) }
        for order in orders.live where !order.request.isReduceOnly {
            quantities[order.request.instrument.index] +=
                Int128(order.remaining.units) * Int128(order.request.side.sign)
        }
        guard equityApproximation > 0 else { return quantities.map { $0 == 0 ? 0 : .infinity } }
        return instruments.map { instrument in
            let quantity = Int64(clamping: quantities[instrument.id.index])
            guard quantity != 0, let price = prices[instrument.id.index] else { return 0 }
            let notional = instrument.notional(of: Quantity(units: Int64(clamping: quantity.magnitude)), at: price)
            guard let notional, let rate = baseRate(of: instrument.quote, prices) else { return .infinity }
            let share = notional.approximation * rate / equityApproximation
            return quantity < 0 ? -share : share
        }
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
        let granted = granted(planned, for: intent)
        if granted != nil { supervisor?.entered(intent) }
        return granted
    }

    private mutating func granted(_ planned: Quantity, for intent: EntryIntent) -> Quantity? {
        guard let supervisor else { return planned }
        let state = supervisor.state(of: intent.instrument)
        guard state == .active else {
            note(
                .risk, .refused, side: intent.side, feature: "breakers",
                because: state == .halted ? "trading is halted" : "only orders that reduce a position are allowed now")
            return deny(state == .halted ? .tradingHalted : .onlyReducing)
        }
        let held = exposures()
        let room = supervisor.room(for: intent, exposures: held)
        guard room.share.isFinite else { return planned }
        let own = held[intent.instrument.index] * (intent.side == .buy ? 1 : -1)
        let left = room.share - max(0, own)
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

    /// How much of the strategy's position is too much, where the division of the capital was looked at with this instant
    /// and the position has outgrown its part.
    package var outgrown: (units: Double, reason: String)? {
        guard let parts = rebalanced, let part = parts[slots[current].instrument.index] else { return nil }
        let held = exposures()[slots[current].instrument.index].magnitude
        let band = supervisor?.settings.rebalanceBand ?? 0
        guard held > part.share * (1 + band), held > 0 else { return nil }
        return (Double(position.magnitude.units) * (1 - part.share / held), part.reason)
    }
}
