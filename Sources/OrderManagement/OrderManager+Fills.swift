// SPDX-License-Identifier: Apache-2.0

import Execution
import Trading
import VenueInterface

// Trades, each counted once.
extension OrderManager {
    /// - Parameter isMissed: Whether it was found by looking, not told when it happened.
    mutating func apply(_ fill: VenueFill, isMissed: Bool) {
        guard isOurs(fill.instrument), fill.quantity.units > 0, fill.quantity.units < 1 << 60, fill.price.units > 0,
            fill.price.units < 1 << 60, fill.feeAsset.index < account.description.assets.names.count,
            fill.fee.units.isPlausible
        else {
            return find(
                .badData, instrument: fill.instrument,
                "fill \(fill.trade) cannot be (\(fill.quantity.units) units at \(fill.price.units)); it was left out")
        }
        guard
            seen.insert(
                .fill, place: fill.instrument.rawValue, id: fill.trade.rawValue, time: fill.time)
        else { return repeated(fill) }
        isDirty = true
        if isMissed {
            find(
                .missedFill, instrument: fill.instrument,
                "fill \(fill.trade) was not told when it happened; it counts now")
        }
        if let client = fill.client, client.isOurs {
            guard client.instance == settings.instance else {
                otherProgram(client.instance)
                return countExternal(fill)
            }
            return count(fill, client.order)
        }
        if let id = venueOrders[fill.venueOrder] { return count(fill, id) }
        if mayBeOurs(fill) {
            unclaimed.append(UnclaimedFill(fill: fill, until: after(settings.queryDelayLimit)))
            return
        }
        countExternal(fill)
    }

    /// A fill that was counted before. What came before a restart learns its number from it.
    private mutating func repeated(_ fill: VenueFill) {
        completeFee(of: fill)
        let id = fill.client.map(\.order) ?? venueOrders[fill.venueOrder]
        guard let index = id.flatMap({ places[$0] }),
            let place = orders[index].restoredFills.firstIndex(where: { $0.trade == fill.trade })
        else { return }
        let quantity = orders[index].restoredFills.remove(at: place).quantity
        orders[index].addSeen(fill.venueOrder, quantity)
    }

    /// Whether some order whose number is not known yet could be the one that filled.
    private func mayBeOurs(_ fill: VenueFill) -> Bool {
        guard fill.client == nil, !fill.isLiquidation else { return false }
        return orders.contains { order in
            guard !order.isFinal, order.request.instrument == fill.instrument, order.request.side == fill.side,
                let leg = order.leg
            else { return false }
            if case .modify = order.pending { return true }
            return leg.venueOrder == nil
        }
    }

    mutating func settleUnclaimed() {
        guard !unclaimed.isEmpty else { return }
        let waiting = unclaimed
        unclaimed.removeAll()
        for item in waiting {
            if let id = venueOrders[item.fill.venueOrder] {
                count(item.fill, id)
            } else if item.until <= now.monotonic || !mayBeOurs(item.fill) {
                countExternal(item.fill)
            } else {
                unclaimed.append(item)
            }
        }
    }

    // MARK: Counting

    private mutating func count(_ fill: VenueFill, _ id: OrderID) {
        guard let index = places[id], !orders[index].isFinal else { return countLate(fill, id) }
        guard orders[index].request.instrument == fill.instrument, orders[index].request.side == fill.side else {
            find(
                .contradiction, index, "fill \(fill.trade) is not of its instrument and side; it counts for no strategy"
            )
            return countExternal(fill)
        }
        let quantity = fill.quantity.units
        noteNumber(index, fill)
        orders[index].filled += quantity
        orders[index].filledCost += Int128(quantity) * Int128(fill.price.units)
        orders[index].addSeen(fill.venueOrder, quantity)
        orders[index].failures = 0
        prepare(index)
        let order = orders[index]
        if order.id.isManagers {
            for share in divided(fill) {
                book(
                    fill, share.quantity, share.fee, .none, share.strategy, .order, met: order.reference,
                    isReducing: true)
            }
        } else {
            book(
                fill, quantity, fill.fee, order.id, order.strategy,
                fill.isLiquidation ? .liquidation : order.fillReason,
                met: order.type.hasLimit ? nil : order.reference, isReducing: order.isReduceOnly)
        }
        spread(index, fill)
    }

    /// Takes a fill as the news that an order works under a number.
    private mutating func noteNumber(_ index: Int, _ fill: VenueFill) {
        venueOrders[fill.venueOrder] = orders[index].id
        guard let leg = orders[index].leg, fill.client.map({ $0 == leg.client }) ?? true else { return }
        if leg.venueOrder == nil {
            learn(index, fill.venueOrder)
        } else if leg.venueOrder != fill.venueOrder, !leg.replaced.contains(fill.venueOrder),
            case .modify = orders[index].pending
        {
            // The new leg traded before the venue said that there is one.
            changeDone(index, fill.venueOrder)
        }
        if orders[index].isPlacing {
            orders[index].pending = .none
            orders[index].query = ManagedOrder.Query()
        }
    }

    /// Makes room for a fill in what the engine knows, where more traded than it was told of.
    private mutating func prepare(_ index: Int) {
        let order = orders[index]
        orders[index].total = max(order.total, order.filled)
        if order.isChild, order.announced == nil { announce(index) }
        guard order.filled > orders[index].known else { return }
        if order.isChild { announce(index) } else { report(order.id, .update, quantity: order.filled) }
        guard !order.isReduceOnly, order.filled > order.asked else { return }
        find(
            .overfill, index,
            "\(order.filled) units filled where \(order.asked) were asked for; they count, trading pauses and the "
                + "account is compared")
        pause(.overfill(order.request.instrument))
        wantSnapshot("more was filled than asked for")
    }

    /// What a fill means for orders that belong together, and for the order's own end.
    private mutating func spread(_ index: Int, _ fill: VenueFill) {
        let order = orders[index]
        reduceSiblings(of: index, by: fill.quantity.units)
        endEntry(of: index)
        shareOut(order.id, fill.quantity.units, Int128(fill.quantity.units) * Int128(fill.price.units))
        guard order.filled >= order.known else { return }
        if let leg = orders[index].leg, leg.venueOrder != nil, leg.remaining > 0 {
            // Another leg of it filled the whole: this one must not trade any more.
            replaceLeg(index)
        }
        orders[index].ended = nil
        conclude(index)
    }

    /// A fill of an order that is over.
    private mutating func countLate(_ fill: VenueFill, _ id: OrderID) {
        guard let ending = endings[id] else {
            guard !id.isManagers else { return countDivided(fill, .order) }
            return countExternal(fill)
        }
        if id.isManagers { return countDivided(fill, .order) }
        find(
            .lateFill, instrument: fill.instrument,
            "fill \(fill.trade) came after order \(id.sequence) was over; it counts")
        book(
            fill, fill.quantity.units, fill.fee, id, ending.strategy, ending.reason, met: nil,
            isReducing: ending.isReduceOnly)
        let children = orders.indices.filter { orders[$0].request.parent == id && !orders[$0].isFinal }
        if children.isEmpty {
            wantSnapshot("a fill came after its order was over")
        } else {
            shareOut(id, fill.quantity.units, Int128(fill.quantity.units) * Int128(fill.price.units))
        }
    }

    private mutating func countExternal(_ fill: VenueFill) {
        if fill.isLiquidation {
            find(.externalFill, instrument: fill.instrument, "the venue liquidated \(fill.quantity.units) units")
            pause(.reconciling)
            wantSnapshot("the venue liquidated a position")
            return countDivided(fill, .liquidation)
        }
        find(
            .externalFill, instrument: fill.instrument,
            "fill \(fill.trade) is of no order of ours; it counts "
                + (settings.externalOrders == .adopt
                    ? "for the strategies whose position it reduces" : "for no strategy"))
        if settings.externalOrders == .adopt { return countDivided(fill, .order) }
        book(fill, fill.quantity.units, fill.fee, .none, external, .order, met: nil, isReducing: false)
    }

    private mutating func countDivided(_ fill: VenueFill, _ reason: FillReason) {
        for share in divided(fill) {
            book(fill, share.quantity, share.fee, .none, share.strategy, reason, met: nil, isReducing: true)
        }
    }

    // MARK: Booking

    struct Share {
        let strategy: StrategyID
        let quantity: Int64
        let fee: Amount
    }

    /// A fill as it falls on the strategies whose position it reduces; what is beyond them belongs to none.
    func divided(_ fill: VenueFill) -> [Share] {
        let strategies = account.description.strategyCount
        let holdings = (0..<strategies).map { strategy -> Int64 in
            let held = account.netQuantity(StrategyID(index: strategy), fill.instrument).units
            guard held != .min, (held > 0) == (fill.side == .sell) else { return 0 }
            return abs(held)
        }
        var parts = Shares.split(fill.quantity.units, among: holdings)
        parts[strategies - 1] += fill.quantity.units - parts.reduce(0, +)
        let fees = Shares.split(fill.fee.units, by: parts.map { Int128($0) })
        return parts.indices.filter { parts[$0] > 0 }
            .map { Share(strategy: StrategyID(index: $0), quantity: parts[$0], fee: Amount(units: fees[$0])) }
    }

    private mutating func book(
        _ fill: VenueFill, _ quantity: Int64, _ fee: Amount, _ order: OrderID, _ strategy: StrategyID,
        _ reason: FillReason, met: Price?, isReducing: Bool
    ) {
        let settlement = instruments[fill.instrument.index].settlement
        let isOwnAsset = fill.feeAsset == settlement
        let booked = Fill(
            order: order, trade: fill.trade, time: fill.time, instrument: fill.instrument, strategy: strategy,
            quantity: Quantity(units: fill.side == .buy ? quantity : -quantity), price: fill.price,
            fee: isOwnAsset ? fee : .zero, liquidity: fill.liquidity, reason: reason)
        post(booked, met: met ?? fill.price, isReducing: isReducing)
        noteSold(fill, strategy)
        if !isOwnAsset, fee != .zero { bookFee(of: fill, fee, order, strategy) }
    }

    /// Books a fee that is taken in another asset than the fill's.
    mutating func bookFee(of fill: VenueFill, _ fee: Amount, _ order: OrderID, _ strategy: StrategyID) {
        let payment = FeePayment(
            asset: fill.feeAsset, amount: fee, strategy: strategy, trade: fill.trade, time: fill.time)
        guard enter(payment) else { return cannotHold("a fee", fill.instrument) }
        out.append(.report(.fee(payment)))
        let instrument = instruments[fill.instrument.index]
        if instrument.kind == .spot, fill.feeAsset == instrument.base {
            takeFee(of: fill.instrument, order, strategy, at: fill.time)
        }
    }

    mutating func post(_ fill: Fill, met: Price, isReducing: Bool) {
        guard enter(fill, isReducing: isReducing) else { return cannotHold("a fill", fill.instrument) }
        snapshots.activity += 1
        out.append(.report(.fill(fill, FillCircumstances(isReducing: isReducing, met: met))))
    }

    /// - Returns: Whether the books can hold it.
    mutating func enter(_ fill: Fill, isReducing: Bool) -> Bool {
        let asset = instruments[fill.instrument.index].settlement
        let before = account.balance(asset)
        guard account.apply(fill, isReducing: isReducing) != nil else { return false }
        let after = account.balance(asset)
        if fill.reason == .liquidation, after < before, let lost = before.adding(-after) {
            let known = snapshots.liquidated[asset] ?? .zero
            snapshots.liquidated[asset] = known.adding(lost) ?? known
        }
        return true
    }

    mutating func cannotHold(_ what: String, _ instrument: InstrumentID?) {
        find(.badData, instrument: instrument, "\(what) is more than the books can hold exactly; trading pauses")
        pause(.difference)
    }
}
