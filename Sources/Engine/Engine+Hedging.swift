// SPDX-License-Identifier: Apache-2.0

import Execution
import Glibc
import Portfolio
import Risk
import Strategies
import Supervision
import Trading

// Hedges follow the positions of their strategies at each instant.
extension Engine {
    /// What a hedge should be.
    private struct HedgeTarget {
        /// In the base currency, signed.
        let worth: Double
        /// How far off it may be.
        let slack: Double
        let story: String
        var values: [DecisionRecord.Value]
    }

    mutating func keepHedges() {
        for index in context.slots.indices where context.slots[index].hedge >= 0 {
            guard let plan = context.details[index].plan.hedge else { continue }
            context.current = index
            keepHedge(plan, index)
        }
    }

    private mutating func keepHedge(_ plan: HedgePlan, _ index: Int) {
        let held = context.account.netQuantity(context.slots[index].id, plan.instrument).units
        guard context.position.units != 0 else {
            if held != 0 { closeHedge(index, because: "the position is closed") }
            context.details[index].hedging.obstacle = ""
            return
        }
        guard let one = context.worth(ofOneUnitOf: plan.instrument.index),
            let mainOne = context.worth(ofOneUnitOf: context.slots[index].instrument.index)
        else { return hinder(index, "nothing says what it is worth yet") }
        let main = Double(context.position.units) * mainOne
        let target: HedgeTarget
        do throws(HedgeError) {
            target = try self.target(plan, main: main, held: Double(held) * one, index)
        } catch {
            if case .tooFewSamples = error { return hinder(index, "there are too few returns for a beta yet") }
            return hinder(index, error.description)
        }
        let wrong = target.worth - Double(held) * one
        guard wrong.magnitude > target.slack else {
            context.details[index].hedging.obstacle = ""
            return
        }
        guard !isHedging(plan.instrument, index) else { return }
        trade(plan, index, from: held, to: target, one: one)
    }

    private mutating func target(
        _ plan: HedgePlan, main: Double, held: Double, _ index: Int
    ) throws(HedgeError) -> HedgeTarget {
        let own = context.slots[index].instrument
        var values: [DecisionRecord.Value] = [.init("position", main), .init("held", held)]
        switch plan.method {
        case .fixed:
            let hedge = try FixedRatioHedge(of: own, with: plan.instrument, ratio: plan.ratio)
            let worth = try hedge.target(for: main)
            values += [.init("ratio", plan.ratio), .init("target", worth)]
            return HedgeTarget(
                worth: worth, slack: plan.band * main.magnitude, story: "\(plan.ratio) of the position", values: values)
        case .beta:
            measureHedge(plan, index)
            guard let hedge = context.details[index].hedging.beta else { throw .tooFewSamples(have: 0, need: 30) }
            let worth = try hedge.target(for: main, ratio: plan.ratio)
            values += [
                .init("ratio", plan.ratio), .init("beta", hedge.beta), .init("effectiveness", hedge.effectiveness),
                .init("target", worth),
            ]
            return HedgeTarget(
                worth: worth, slack: plan.band * main.magnitude, story: "\(plan.ratio) of beta \(hedge.beta)",
                values: values)
        case .deltaNeutral(let calm, let stressed):
            measureHedge(plan, index)
            var hedge = DeltaNeutralHedge()
            hedge.calmRatio = plan.ratio
            hedge.calmVolatility = calm
            hedge.stressedVolatility = stressed
            hedge.band = plan.band
            // What is not known counts as the worst: all of it is hedged.
            let volatility = context.details[index].hedging.volatility ?? .infinity
            let price = context.lastPrice(plan.instrument.index) ?? .nan
            let step = try hedge.step(delta: main / price, held: held / price, volatility: volatility)
            values += [
                .init("ratio", step.ratio), .init("volatility", volatility), .init("target", step.target * price),
            ]
            return HedgeTarget(
                worth: step.target * price, slack: plan.band * main.magnitude,
                story: "\(step.ratio) of the delta at a volatility of \(volatility)", values: values)
        }
    }

    /// Measures beta and volatility anew with each row of returns.
    private mutating func measureHedge(_ plan: HedgePlan, _ index: Int) {
        guard let supervisor = context.supervisor, supervisor.rows != context.details[index].hedging.rows else {
            return
        }
        let columns = supervisor.returns.complete([context.slots[index].instrument.index, plan.instrument.index])
        context.details[index].hedging.rows = supervisor.rows
        context.details[index].hedging.beta = try? BetaHedge(main: columns[0], hedge: columns[1])
        let returns = columns[1]
        let year = Double(TimeSpan.days(365).nanoseconds) / Double(supervisor.returns.interval.nanoseconds)
        guard returns.count >= 24 else { return context.details[index].hedging.volatility = nil }
        let mean = returns.reduce(0, +) / Double(returns.count)
        let variance = returns.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(returns.count - 1)
        context.details[index].hedging.volatility = sqrt(variance * year)
    }

    private mutating func trade(
        _ plan: HedgePlan, _ index: Int, from held: Int64, to target: HedgeTarget, one: Double
    ) {
        let instrument = context.account.description.instruments[plan.instrument.index]
        let rules = instrument.rules(at: context.now)
        // Down to whole lots: never more than is wanted.
        let lots = (target.worth.magnitude / one / Double(rules.lot) * (1 + 1e-12)).rounded(.down)
        let size = Int64(min(lots, 9e18 / Double(rules.lot))) * rules.lot
        let wanted = target.worth < 0 ? -size : size
        let closes = held != 0 && (wanted == 0 || (wanted > 0) != (held > 0))
        // Through flat to the other side in two steps.
        let change = closes ? -held : wanted - held
        guard change != 0 else { return hinder(index, "it is less than one lot") }
        let reduces = held != 0 && (change > 0) != (held > 0)
        let side: Side = change > 0 ? .buy : .sell
        let request = OrderRequest(
            instrument: plan.instrument, side: side, type: .market,
            quantity: Quantity(units: Int64(clamping: change.magnitude)), isReduceOnly: reduces)
        if !closes {
            if request.quantity.units < max(1, rules.minimumQuantity.units)
                || Double(request.quantity.units) * one < minimumWorth(instrument, rules)
            {
                return hinder(index, "the venue takes no order as small as that")
            }
        }
        if !reduces, let obstacle = obstacle(instrument, side) { return hinder(index, obstacle) }
        guard let order = context.dispatch(request) else { return }
        context.details[index].hedging.obstacle = ""
        context.note(
            .risk, .taken, side: side, feature: "hedge", order: order,
            because: "\(side == .buy ? "bought" : "sold") \(instrument.text(request.quantity)) of "
                + "\(instrument.symbol): the hedge is to be \(target.story)",
            values: target.values)
    }

    /// The least that an order must be worth, in the base currency.
    private func minimumWorth(_ instrument: Instrument, _ rules: TradingRules) -> Double {
        let prices = context.lastBars.indices.map { context.lastBars[$0].price }
        return rules.minimumNotional.approximation * (context.baseRate(of: instrument.quote, prices) ?? 0)
    }

    /// What keeps a hedge from growing.
    private func obstacle(_ instrument: Instrument, _ side: Side) -> String? {
        if let state = context.supervisor?.state(of: instrument.id), state != .active {
            return "trading is \(state == .halted ? "halted" : "only reducing")"
        }
        let place = instrument.id.index * 2
        if max(nearness[place], nearness[place + 1]) > .safe { return "its own liquidation is near" }
        if instrument.kind == .spot, side == .sell, !context.account.description.allowsBorrowing {
            return "\(instrument.symbol) cannot be sold short: hedge with a perpetual, or allow borrowing"
        }
        return nil
    }

    /// Closes what a strategy holds as a hedge.
    mutating func closeHedge(_ index: Int, because reason: String) {
        guard let plan = context.details[index].plan.hedge else { return }
        let held = context.account.netQuantity(context.slots[index].id, plan.instrument)
        guard held.units != 0, !isHedging(plan.instrument, index) else { return }
        context.current = index
        let side: Side = held.units > 0 ? .sell : .buy
        let order = context.dispatch(
            OrderRequest(
                instrument: plan.instrument, side: side, type: .market, quantity: held.magnitude, isReduceOnly: true))
        guard let order else { return }
        context.note(
            .risk, .taken, side: side, feature: "hedge", order: order, because: "closed: \(reason)",
            values: [.init("held", Double(held.units))])
    }

    /// Whether an order of the hedge is on its way.
    private func isHedging(_ instrument: InstrumentID, _ strategy: Int) -> Bool {
        context.orders.live.contains {
            $0.strategy.index == strategy && $0.request.instrument == instrument && !$0.status.isFinal
        }
    }

    /// Notes once why a hedge is not in step.
    private mutating func hinder(_ index: Int, _ reason: String) {
        guard context.details[index].hedging.obstacle != reason else { return }
        context.details[index].hedging.obstacle = reason
        context.note(.risk, .waiting, feature: "hedge", because: reason)
    }
}
