// SPDX-License-Identifier: Apache-2.0

import Execution
import Risk
import Strategies
import Supervision
import Trading

/// How near to its liquidation a position is.
enum Nearness: Int, Comparable, Sendable {
    case safe, warned, reduced
    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

// Positions that have become too large are reduced here, whatever their strategies do: after the strategies, so that
// one that closes a position itself is not closed twice.
extension Engine {
    private struct Reduction {
        let strategy: Int
        let instrument: InstrumentID
        let units: Double
        let feature: String
        let reason: String
        var values: [DecisionRecord.Value] = []
    }

    mutating func reducePositions() {
        var wanted: [Reduction] = []
        for index in context.slots.indices {
            context.current = index
            guard context.position.units != 0 else { continue }
            let instrument = context.slots[index].instrument
            if let (units, reason) = context.outgrown {
                wanted.append(
                    Reduction(
                        strategy: index, instrument: instrument, units: units, feature: "allocation", reason: reason))
            }
            let hasClosed = context.series[context.slots[index].ownSeries].lastInstant == context.instant
            if hasClosed, let (units, reason) = context.overlevered() {
                wanted.append(
                    Reduction(
                        strategy: index, instrument: instrument, units: units, feature: "dynamic_leverage",
                        reason: reason))
            }
        }
        if let watch = context.supervisor?.liquidation { watchLiquidations(watch, &wanted) }
        guard !wanted.isEmpty else { return }
        // The largest of those for the same position.
        wanted.sort {
            ($0.strategy, $0.instrument.index, -$0.units) < ($1.strategy, $1.instrument.index, -$1.units)
        }
        for (index, reduction) in wanted.enumerated() {
            let before = index > 0 ? wanted[index - 1] : nil
            if let before, before.strategy == reduction.strategy, before.instrument == reduction.instrument { continue }
            send(reduction)
        }
    }

    private mutating func send(_ reduction: Reduction) {
        context.current = reduction.strategy
        let id = context.slots[reduction.strategy].id
        let held = context.account.netQuantity(id, reduction.instrument)
        let instrument = context.account.description.instruments[reduction.instrument.index]
        let lot = instrument.rules(at: context.now).lot
        // Up to whole lots: what is too much goes.
        let lots = (reduction.units / Double(lot) * (1 - 1e-12)).rounded(.up)
        let units = min(held.magnitude.units, Int64(max(0, min(lots, 9e18 / Double(lot)))) * lot)
        guard units > 0, !isClosing(reduction.instrument, reduction.strategy) else { return }
        let side: Side = held.units > 0 ? .sell : .buy
        let order = context.dispatch(
            OrderRequest(
                instrument: reduction.instrument, side: side, type: .market, quantity: Quantity(units: units),
                isReduceOnly: true))
        guard let order else { return }
        context.note(
            .exit, .taken, side: side, feature: reduction.feature, order: order,
            because: "reduced by \(instrument.text(Quantity(units: units))) of \(instrument.text(held.magnitude)): "
                + reduction.reason,
            values: reduction.values)
    }

    /// Whether an order is on its way already that closes some of a strategy's position.
    func isClosing(_ instrument: InstrumentID, _ strategy: Int) -> Bool {
        context.orders.live.contains {
            $0.strategy.index == strategy && $0.request.instrument == instrument && $0.request.isReduceOnly
                && $0.request.type == .market && !$0.status.isFinal
        }
    }

    // MARK: Liquidation

    /// Looks at how near to its liquidation each margined position is.
    private mutating func watchLiquidations(_ watch: LiquidationGuard, _ wanted: inout [Reduction]) {
        let description = context.account.description
        for instrument in description.instruments where instrument.kind.isMargined {
            for slot in 0..<2 {
                let place = instrument.id.index * 2 + slot
                let position = context.account.position(instrument.id, slot: slot)
                guard !position.isFlat, let mark = context.lastBars[instrument.id.index].price else {
                    nearness[place] = .safe
                    continue
                }
                var held = margined(instrument, position)
                if !held.isIsolated { held.elsewhere = elsewhere(than: place, instrument.settlement) }
                let outlook = watch.look(at: held, mark: mark)
                var found = Nearness.safe
                switch outlook.state {
                case .unreachable, .safe: break
                case .warning: found = .warned
                case .reduce(let quantity):
                    found = .reduced
                    share(quantity, of: instrument, slot, outlook, &wanted)
                }
                if found != nearness[place] { noteNearness(found, instrument, slot, outlook) }
                nearness[place] = found
            }
        }
    }

    private func margined(_ instrument: Instrument, _ position: Position) -> MarginedPosition {
        MarginedPosition(
            instrument: instrument, position: position,
            leverage: context.account.description.leverage[instrument.id.index],
            isIsolated: context.account.description.marginMode == .isolated)
    }

    /// What else stands behind a position with cross margin: the balance, and what the other positions add and need.
    private func elsewhere(than place: Int, _ settlement: AssetID) -> Amount {
        var equity = context.account.balance(settlement).approximation
        for other in context.account.description.instruments
        where other.settlement == settlement && other.kind.isMargined {
            guard let mark = context.lastBars[other.id.index].price else { continue }
            for slot in 0..<2 where other.id.index * 2 + slot != place {
                let position = context.account.position(other.id, slot: slot)
                if !position.isFlat { equity += LiquidationGuard.surplus(margined(other, position), at: mark) }
            }
        }
        return Amount(approximating: equity) ?? .zero
    }

    /// Divides what is to be closed among the strategies that hold the position, by what each holds of it.
    private func share(
        _ quantity: Quantity, of instrument: Instrument, _ slot: Int, _ outlook: LiquidationOutlook,
        _ wanted: inout [Reduction]
    ) {
        let isLong = quantity.units < 0
        let strategies = context.slots.indices.map { index in
            context.account.subPosition(context.slots[index].id, instrument.id, slot: slot).quantity.units
        }
        let total = strategies.reduce(0.0) { ($1 > 0) == isLong ? $0 + Double($1.magnitude) : $0 }
        guard total > 0 else { return }
        let part = min(1, Double(quantity.units.magnitude) / total)
        let values = [
            DecisionRecord.Value("distance", outlook.distance ?? .nan),
            DecisionRecord.Value("mark", instrument.approximation(of: outlook.mark)),
            DecisionRecord.Value("liquidation", outlook.liquidation.map { instrument.approximation(of: $0) } ?? .nan),
        ]
        for (index, units) in strategies.enumerated() where units != 0 && (units > 0) == isLong {
            wanted.append(
                Reduction(
                    strategy: index, instrument: instrument.id, units: Double(units.magnitude) * part,
                    feature: "liquidation", reason: outlook.reason, values: values))
        }
    }

    private mutating func noteNearness(
        _ found: Nearness, _ instrument: Instrument, _ slot: Int, _ outlook: LiquidationOutlook
    ) {
        context.noteSupervision(
            SupervisionEvent(
                time: context.now, instrument: instrument.id, source: "liquidation",
                reason: found == .safe ? "\(outlook.reason): far enough again" : outlook.reason))
    }
}
