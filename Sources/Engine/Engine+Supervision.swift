// SPDX-License-Identifier: Apache-2.0

import Execution
import Indicators
package import Risk
public import Strategies
public import Supervision
public import Trading

// What watches over all strategies sees each instant before they do.
extension Engine {
    mutating func supervise() {
        let now = context.now
        var events: [SupervisionEvent] = []
        for index in feeds.indices where feeds[index].series >= 0 {
            let series = feeds[index].series
            guard context.series[series].lastInstant == context.instant, let bar = lastBar(series) else { continue }
            let values = context.scales[series].values(of: bar)
            let closed =
                context.supervisor?.close(
                    low: values.low, high: values.high, close: values.close,
                    span: context.series[series].timeframe.span, of: InstrumentID(index: index), at: now) ?? []
            if !closed.isEmpty { events += closed }
        }
        // The past shows prices; the equity of then was not ours.
        let equity = context.isObserving ? .nan : measureEquity(at: now).close
        if var supervisor = context.supervisor {
            context.supervisor = nil
            events += supervisor.pass(
                to: now, equity: equity,
                prices: { context.lastBars.indices.map { context.lastPrice($0) } },
                holdings: { context.holdings() })
            context.excess =
                context.isObserving ? nil : supervisor.excess(holdings: { context.holdings() }, at: now)
            context.supervisor = supervisor
        }
        guard !events.isEmpty else { return }
        take(events)
    }

    /// Notes what changed, and takes back the entries that may no longer be.
    mutating func take(_ events: [SupervisionEvent]) {
        for event in events { context.noteSupervision(event) }
        guard let supervisor = context.supervisor, !context.isObserving else { return }
        for order in context.orders.live
        where !order.request.isReduceOnly && supervisor.state(of: order.request.instrument) != .active {
            context.current = order.strategy.index
            context.cancel(order.id)
        }
    }

    /// Keeps what a fill made of the strategy's trades.
    mutating func keepOutcome(_ fill: Fill, _ effect: Account.FillEffect, _ slot: Int) {
        guard fill.instrument == context.slots[slot].instrument else { return }
        let after = context.account.netQuantity(context.slots[slot].id, fill.instrument).units
        context.details[slot].outcomes.fill(
            before: after &- fill.quantity.units, after: after, net: effect.realised - fill.fee, at: fill.time)
    }

    /// Does what a person asks.
    ///
    /// - Returns: Whether anybody knew what was meant.
    @discardableResult
    public mutating func obey(_ command: EngineCommand, at now: Timestamp) -> Bool {
        context.now = now
        switch command {
        case .setFeature(let name, let isOn):
            var isKnown = false
            for index in strategies.indices {
                context.current = index
                marker?.pointee = Int32(index)
                if strategies[index].setFeature(name, isOn: isOn, &context) { isKnown = true }
            }
            marker?.pointee = -1
            return isKnown
        case .setStrategy(let index, let isOn):
            guard context.slots.indices.contains(index) else { return false }
            context.slots[index].isOff = !isOn
            context.current = index
            for order in context.orders.live where !isOn && !order.request.isReduceOnly && order.strategy.index == index
            {
                context.cancel(order.id)
            }
            context.note(
                .feature, .changed, feature: "strategy",
                because: isOn ? "the strategy is on again" : "the strategy is off")
            return true
        case .resumeTrading:
            let equity = Amount(approximating: measureEquity(at: now).close)
            let events = context.supervisor?.resume(equity: equity, at: now) ?? []
            take(events)
            return context.supervisor != nil
        }
    }

    /// Money that came or went is neither profit nor loss to the breakers.
    mutating func noteTransfer(_ payment: TransferPayment) {
        guard context.supervisor?.breakers != nil else { return }
        let prices = context.lastBars.indices.map { context.lastBars[$0].price }
        // What nothing says the worth of is not in the equity either.
        guard
            let worth = try? context.account.value(
                payment.amount, of: payment.asset, prices: prices, at: payment.time)
        else { return }
        context.supervisor?.transfer(worth)
    }

    /// What the positions risk together; `nil` where nobody asked for it, and before the first row of returns.
    public var portfolio: PortfolioStanding? { context.supervisor?.standing }

    /// The breakers, for what watches an engine from outside; `nil` where none are on.
    package var breakers: CircuitBreakers? { context.supervisor?.breakers }

    /// Whether a report says that something went right or wrong, for the breaker on errors.
    mutating func noteOperation(_ report: OrderReport) {
        guard context.supervisor != nil else { return }
        let succeeded: Bool
        switch report.event {
        case .accept: succeeded = true
        case .reject where report.reason.isFault: succeeded = false
        default: return
        }
        let events = context.supervisor?.operation(succeeded: succeeded, at: report.time) ?? []
        if !events.isEmpty { take(events) }
    }
}

extension RejectReason {
    /// Whether it says that something is wrong, and not that a limit, a group or the market said no.
    fileprivate var isFault: Bool {
        switch self {
        case .offTick, .offLot, .notPositive, .insufficientBalance, .insufficientMargin, .leverageTooHigh,
            .unknownOrder, .duplicateOrder, .missingPrice, .notTrading, .badTrigger, .unauthorised, .venueBusy,
            .venueRefused, .tooManyOrders, .delisted, .positionLimit, .openInterestCap:
            true
        default: false
        }
    }
}
