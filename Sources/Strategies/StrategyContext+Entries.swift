// SPDX-License-Identifier: Apache-2.0

import Execution
import Indicators
import OrderAlgorithms
import Trading

// Entries that an algorithm works, and what protects the position they make.
extension StrategyContext {
    var isWorkingEntry: Bool {
        guard let id = details[current].entryAlgorithm, let status = desk.status(of: id) else { return false }
        return !status.isFinished
    }

    /// Starts to work an entry as the plan says.
    ///
    /// - Returns: `false` where the plan says one market order.
    mutating func startEntry(_ side: Side, _ quantity: Quantity, lot: Int64) -> Bool {
        let plan = details[current].plan.execution
        let algorithm = try? plan.algorithm(
            instrument: slots[current].instrument, side: side, total: quantity, lot: lot)
        // The engine refused a plan that cannot be made into one before it began.
        guard let algorithm else { return false }
        details[current].entrySide = side
        details[current].entryAlgorithm = nil
        details[current].entryAlgorithm = start(algorithm, role: .entry)
        return true
    }

    mutating func stopEntry(_ reason: AlgorithmReason) {
        guard let id = details[current].entryAlgorithm, let index = desk.index(of: id) else { return }
        stopAlgorithm(index, reason)
    }

    /// A stop or target was reached, or the venue closed the position: it is not built any further.
    mutating func endEntry(of strategy: StrategyID) {
        guard details.indices.contains(strategy.index) else { return }
        current = strategy.index
        stopEntry(.protectionFilled)
    }

    /// Closes what an entry still filled after its signal had ended.
    mutating func closeLateEntry(_ index: Int, _ event: AlgorithmDesk.Event) {
        let entry = desk.entries[index]
        guard case .fill = event, entry.tag == AlgorithmRole.entry.rawValue, entry.stopped == .signalEnded else {
            return
        }
        current = entry.status.strategy.index
        guard details[current].entryAlgorithm == entry.status.id, position.units != 0 else { return }
        exit()
    }

    // MARK: Protection

    /// Whether the distance of the plan's trailing stop is known; otherwise the entry is not made.
    mutating func canProtect() -> Bool {
        guard details[current].plan.trailing?.atrMultiple != nil else { return true }
        if volatilityDistance() != nil || details[current].trailDistance != nil { return true }
        _ = deny(.noProtection)
        return false
    }

    private mutating func volatilityDistance() -> Int64? {
        guard let handle = details[current].volatility, let multiple = details[current].plan.trailing?.atrMultiple,
            let close = lastBars[slots[current].instrument.index].price,
            let units = TrailingStop.distance(value(handle) * multiple, instrument, close: close)
        else { return nil }
        details[current].trailDistance = units
        return units
    }

    /// Attaches the plan's stop-loss, take-profit and trailing stop to an entry or a slice of one.
    mutating func protect(_ entry: OrderID, _ side: Side) {
        let plan = details[current].plan
        guard plan.isProtected else { return }
        details[current].protection.removeAll { orders.status(of: $0)?.isFinal ?? true }
        let group = newGroup()
        func child(_ type: OrderType, trigger: Rate? = nil, trail: TrailingDistance? = nil) -> OrderRequest {
            OrderRequest(
                instrument: slots[current].instrument, side: side.opposite, type: type, quantity: .zero,
                trigger: trigger.map { .fromEntry(Rate(units: $0.units * side.sign)) }, trail: trail,
                isReduceOnly: true, group: group, parent: entry)
        }
        if let rate = plan.stopLoss, let id = submit(child(.stop, trigger: Rate(units: -rate.units))) {
            details[current].protection.append(id)
        }
        if let rate = plan.takeProfit, let id = submit(child(.takeProfit, trigger: rate)) {
            details[current].protection.append(id)
        }
        guard let distance = trailingDistance(plan) else { return }
        var request = child(.trailingStop, trail: distance)
        request.activation = plan.trailing?.activation.flatMap { activation(side, $0) }
        guard let id = submit(request) else { return }
        details[current].protection.append(id)
        followVolatility(id, request)
    }

    private mutating func trailingDistance(_ plan: TradePlan) -> TrailingDistance? {
        guard plan.trailing?.atrMultiple != nil else { return plan.trailingStop.map { .share($0) } }
        let units = volatilityDistance() ?? details[current].trailDistance
        return units.map { .absolute(PriceDistance(units: $0)) }
    }

    private mutating func followVolatility(_ order: OrderID, _ request: OrderRequest) {
        guard let handle = details[current].volatility, let multiple = details[current].plan.trailing?.atrMultiple,
            case .absolute(let sent) = request.trail,
            let follower = try? TrailingStop(
                following: request, input: .indicator(handle), multiple: multiple, sent: sent)
        else { return }
        _ = start(follower, role: .protection, adopting: [order])
    }

    /// The price at which a trailing stop begins to follow, counted from the last close.
    private func activation(_ side: Side, _ gain: Rate) -> Price? {
        let instrument = instrument
        guard let close = lastBars[instrument.id.index].price else { return nil }
        let level = Int128(close.units) * (Int128(Rate.one) + Int128(gain.units) * Int128(side.sign)) / Int128(Rate.one)
        guard level > 0, level <= Int128(Int64.max) else { return nil }
        return instrument.rules(at: now).rounded(
            Price(units: Int64(level)), decimals: instrument.priceDecimals, side == .buy ? .up : .down)
    }
}
