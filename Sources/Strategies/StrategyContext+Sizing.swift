// SPDX-License-Identifier: Apache-2.0

import Execution
import Indicators
import Risk
import Supervision
import Trading

// How what is known of the market and of the strategy's own trades makes its positions smaller.
extension StrategyContext {
    /// The most units of an entry, by sizing and leverage; `nil` where it is nothing. Never more than planned.
    mutating func riskUnits(for intent: EntryIntent, planned: Int64) -> Int64? {
        let index = slots[current].instrument.index
        guard let one = worth(ofOneUnitOf: index), let capital = riskCapital, capital > 0 else {
            note(
                .risk, .refused, side: intent.side, feature: "sizing",
                because: "neither the capital nor the worth of a unit is known")
            return nil
        }
        let instrument = instrument
        var units = planned
        if let sizing = details[current].sizing {
            let size = sizing.size(sizingInput(intent))
            units = min(units, Self.units(size.share.fraction * capital / one))
            note(
                .risk, units == 0 ? .refused : units < planned ? .changed : .taken, side: intent.side,
                feature: "sizing",
                because: instrument.text(units, of: planned) + Self.text(size.factors),
                values: [.init("share", size.share.fraction), .init("capital", capital)] + Self.values(size.factors))
        }
        if details[current].leverage != nil, units > 0 {
            let asked = units
            guard let leverage = leverage(units: units) else { return nil }
            units = min(units, Self.units(leverage.value * capital / one))
            note(
                .risk, units == 0 ? .refused : units < asked ? .changed : .taken, side: intent.side,
                feature: "dynamic_leverage",
                because: instrument.text(units, of: asked) + Self.text(leverage.factors),
                values: [.init("leverage", leverage.value), .init("capital", capital)] + Self.values(leverage.factors))
        }
        return units > 0 ? units : nil
    }

    /// How much of the strategy's position is more than its leverage allows now.
    package mutating func overlevered() -> (units: Double, reason: String)? {
        let held = position.magnitude
        guard held.units > 0, let plan = details[current].plan.dynamicLeverage, let capital = riskCapital,
            let one = worth(ofOneUnitOf: slots[current].instrument.index), let leverage = leverage(units: held.units)
        else { return nil }
        let most = max(0, leverage.value * capital / one)
        guard Double(held.units) > most * (1 + plan.band) else { return nil }
        return (Double(held.units) - most, "leverage is \(leverage.value) now: " + Self.text(leverage.factors))
    }

    /// What the strategy may put up, in the base currency.
    private var riskCapital: Double? {
        guard let capital = details[current].plan.capital else {
            return equityApproximation.isFinite ? equityApproximation : nil
        }
        return capital.adding(slots[current].netRealised)?.approximation
    }

    /// In the base currency, at the last close; `nil` where it is not known.
    package func worth(ofOneUnitOf index: Int) -> Double? {
        // Of a large quantity: one unit of some instruments is less than an amount can hold.
        let many = Quantity(units: 1_000_000)
        guard let price = lastBars[index].price,
            let notional = account.description.instruments[index].notional(of: many, at: price),
            let rate = baseRate(
                of: account.description.instruments[index].quote, lastBars.indices.map { lastBars[$0].price })
        else { return nil }
        let one = notional.approximation * rate / 1_000_000
        return one > 0 && one.isFinite ? one : nil
    }

    private func sizingInput(_ intent: EntryIntent) -> SizingInput {
        let price = lastPrice(slots[current].instrument.index) ?? .nan
        let detail = details[current]
        return SizingInput(
            price: price, atr: detail.sizingRange.map { value($0) },
            stopDistance: intent.lossAtStop.map { $0 * price }, confidence: intent.confidence,
            recentTrades: detail.sizing?.settings.kelly == nil ? nil : detail.outcomes.recent,
            correlation: detail.sizing?.settings.correlatedShare == nil
                ? nil : supervisor?.largestCorrelation(of: intent, holdings: holdings()))
    }

    private mutating func leverage(units: Int64) -> Leverage? {
        let detail = details[current]
        guard let dynamic = detail.leverage else { return nil }
        let index = slots[current].instrument.index
        let instrument = account.description.instruments[index]
        var allowed = 1.0
        if instrument.kind.isMargined, let price = lastBars[index].price,
            let notional = instrument.notional(of: Quantity(units: units), at: price)
        {
            let tier = instrument.marginTier(forNotional: notional)
            allowed = Double(min(detail.plan.leverage, tier.maximumLeverage))
        }
        let age = detail.outcomes.openedAt.map { Double(now.nanoseconds - $0.nanoseconds) / 1e9 } ?? 0
        return dynamic.leverage(
            LeverageInput(
                volatility: detail.leverageRange.map { value($0) / (lastPrice(index) ?? .nan) },
                trendStrength: detail.trend.map { value($0) }, age: max(0, age), freeMargin: freeMargin,
                venueMaximum: allowed))
    }

    /// The share of the equity that no other position needs as margin: its own would make it smaller and smaller.
    private var freeMargin: Double {
        let instruments = account.description.instruments
        let own = slots[current].instrument
        let used = zip(instruments, holdings().net).reduce(0.0) { sum, next in
            guard next.0.kind.isMargined, next.0.id != own else { return sum }
            return sum + next.1.magnitude / Double(max(1, account.description.leverage[next.0.id.index]))
        }
        return 1 - used
    }

    /// A hair more, so that a whole number that Double misses by its last bit stays whole.
    private static func units(_ value: Double) -> Int64 {
        value > 0 ? Int64(min((value * (1 + 1e-12)).rounded(.down), 9e18)) : 0
    }

    private static func text(_ factors: [RiskFactor]) -> String {
        factors.map(\.description).joined(separator: "; ")
    }

    private static func values(_ factors: [RiskFactor]) -> [DecisionRecord.Value] {
        factors.filter { $0.role != .unused }.map { DecisionRecord.Value($0.name, $0.value) }
    }
}

extension Instrument {
    /// How a reason begins that makes a size smaller: `0.25 of 0.4: `.
    func text(_ units: Int64, of asked: Int64) -> String {
        "\(text(Quantity(units: units))) of \(text(Quantity(units: asked))): "
    }
}
