// SPDX-License-Identifier: Apache-2.0

package import Execution
package import Trading
package import VenueInterface

/// A venue with one instrument that keeps the truth: it trades, says so, and answers. It has no faults of its own; those
/// are between it and the manager. Written without a look at the manager: it knows tickets and nothing of what made them.
package struct FakeVenue: Sendable {
    package struct Working: Sendable {
        package let number: UInt64
        package var ticket: OrderTicket
        package var remaining: Int64
        package var status = VenueOrderStatus.open
        package var time: Timestamp
        /// Of a bracket: the entry's number; a child waits until that has filled.
        package var entry: UInt64?
        package var isWaiting = false
        /// Made without a name of ours.
        package var isByHand = false

        package var isOpen: Bool { !status.isFinal }
    }

    package let instrument: Instrument
    package var price: Int64
    package var orders: [Working] = []
    package var fills: [VenueFill] = []
    package var position: Int64 = 0
    package var cost: Int128 = 0
    package var balance: Amount
    /// What is held of a spot instrument's asset.
    package var holding = Amount.zero
    package var funding: [VenueFunding] = []
    package var transfers: [VenueTransfer] = []
    package var numbers: UInt64 = 100
    package var trades: UInt64 = 0
    /// How much a market order finds, by lots asked for; 1: all.
    package var liquidity = 1.0
    /// How much worse than the price a market order fills, in price units.
    package var slippage: Int64 = 0
    package var leverage: (value: Int64, isCross: Bool) = (20, true)
    /// What it says to the next requests to set it, in place of doing so.
    package var leverageAnswers: [LeverageOutcome] = []
    /// What it says to every order that would close a position at market.
    package var closingRefusal: RejectReason?
    /// Whether everything else is refused, as after an upgrade of the venue.
    package var takesOnlyPostOnly = false
    package var now = Timestamp.epoch
    /// What it says on its streams, oldest first.
    package var said: [VenueEvent] = []

    package init(instrument: Instrument, price: Int64, balance: Amount) {
        self.instrument = instrument
        self.price = price
        self.balance = balance
    }

    // MARK: Requests

    package mutating func place(
        _ tickets: [OrderTicket], _ grouping: TicketGrouping
    ) -> [(ClientOrderID, PlaceOutcome)] {
        guard grouping == .entryWithProtection, let entry = tickets.first else {
            return tickets.map { ($0.client, place($0)) }
        }
        let outcome = place(entry, children: Array(tickets.dropFirst()))
        let children = tickets.dropFirst().map { ticket -> (ClientOrderID, PlaceOutcome) in
            if case .rejected = outcome { return (ticket.client, .rejected(.parentDone, text: "no entry")) }
            return (ticket.client, .waiting(nil))
        }
        return [(entry.client, outcome)] + children
    }

    private mutating func place(_ ticket: OrderTicket, children: [OrderTicket] = []) -> PlaceOutcome {
        if orders.contains(where: { $0.ticket.client == ticket.client }) {
            return .rejected(.duplicateOrder, text: "cloid was used")
        }
        if let refusal = refusal(ticket) { return .rejected(refusal, text: "refused") }
        let index = add(ticket)
        let number = orders[index].number
        for child in children {
            let place = add(child, entry: number, isWaiting: true)
            say(place)
        }
        if ticket.type == .market || ticket.timeInForce == .immediateOrCancel {
            trade(index, portion: liquidity, at: price + slippage * ticket.side.sign)
            let filled = ticket.quantity.units - orders[index].remaining
            if orders[index].remaining > 0 { end(index, .cancelled(.notFilledAtOnce, text: "")) }
            guard filled > 0 else {
                orders[index].status = .rejected(.noLiquidity, text: "nothing to match")
                endChildren(of: number)
                return .rejected(.noLiquidity, text: "nothing to match")
            }
            return .filled(VenueOrderID(number), quantity: Quantity(units: filled), averagePrice: "")
        }
        say(index)
        if ticket.type == .limit, crosses(index) { trade(index, portion: 1, at: price) }
        if case .filled = orders[index].status {
            return .filled(VenueOrderID(number), quantity: ticket.quantity, averagePrice: "")
        }
        return .resting(VenueOrderID(number))
    }

    package mutating func modify(_ change: ModifyTicket) -> ModifyOutcome {
        guard let index = orders.lastIndex(where: { $0.ticket.client == change.order.client && $0.isOpen }) else {
            return .rejected(.unknownOrder, text: "no such order")
        }
        if let refusal = refusal(change.order) { return .rejected(refusal, text: "refused") }
        let old = orders[index]
        orders[index].status = .cancelled(.byRequest, text: "")
        orders[index].time = now
        say(index)
        let new = add(change.order, entry: old.entry, isWaiting: old.isWaiting)
        say(new)
        if change.order.type == .limit, crosses(new) { trade(new, portion: 1, at: price) }
        return .done(VenueOrderID(orders[new].number))
    }

    package mutating func cancel(_ ticket: CancelTicket) -> CancelOutcome {
        let index = orders.lastIndex {
            $0.isOpen && ($0.ticket.client == ticket.client || VenueOrderID($0.number) == ticket.venueOrder)
        }
        guard let index else { return .notWorking(text: "never placed, cancelled or filled") }
        end(index, .cancelled(.byRequest, text: ""))
        return .done
    }

    package mutating func setLeverage(_ value: Int64, isCross: Bool) -> LeverageOutcome {
        if !leverageAnswers.isEmpty { return leverageAnswers.removeFirst() }
        leverage = (value, isCross)
        return .done
    }

    package func query(_ client: ClientOrderID) -> StatusOutcome {
        guard let order = orders.last(where: { $0.ticket.client == client }) else { return .notKnown }
        return .known(update(order))
    }

    package func snapshot(since: Timestamp) -> AccountSnapshot {
        var positions: [AccountSnapshot.Position] = []
        if position != 0 {
            positions.append(
                AccountSnapshot.Position(
                    instrument: instrument.id, quantity: Quantity(units: position),
                    entryPrice: Price(units: Int64(cost / Int128(position) / instrument.notionalFactor))))
        }
        if instrument.kind == .spot {
            return AccountSnapshot(
                time: now, openOrders: orders.filter(\.isOpen).map(update),
                balances: [
                    AccountSnapshot.Balance(asset: instrument.base, total: holding),
                    AccountSnapshot.Balance(asset: instrument.settlement, total: balance),
                ], fills: fills.filter { $0.time >= since }, transfers: transfers.filter { $0.time >= since })
        }
        var snapshot = AccountSnapshot(
            time: now, openOrders: orders.filter(\.isOpen).map(update), positions: positions,
            balances: [AccountSnapshot.Balance(asset: instrument.settlement, total: balance)],
            fills: fills.filter { $0.time >= since }, funding: funding.filter { $0.time >= since },
            transfers: transfers.filter { $0.time >= since })
        if position != 0 {
            snapshot.leverages = [
                .init(instrument: instrument.id, value: leverage.value, isCross: leverage.isCross)
            ]
        }
        return snapshot
    }

    // MARK: The market

    package mutating func move(to price: Int64) {
        self.price = price
        say(.context(MarketContext(instrument: instrument.id, mark: Price(units: price), mid: Price(units: price))))
        for index in orders.indices where orders[index].isOpen && !orders[index].isWaiting {
            if let trigger = orders[index].ticket.trigger {
                guard isReached(orders[index].ticket, trigger.units) else { continue }
                orders[index].status = .triggered
                orders[index].time = now
                say(index)
                trade(index, portion: liquidity, at: price)
                if orders[index].isOpen { end(index, .cancelled(.notFilledAtOnce, text: "")) }
            } else if orders[index].ticket.type == .limit, crosses(index) {
                trade(index, portion: liquidity, at: orders[index].ticket.limit.units)
            }
        }
    }

    package mutating func pay(funding amount: Amount) {
        guard position != 0 else { return }
        let payment = VenueFunding(instrument: instrument.id, time: now, amount: amount)
        funding.append(payment)
        balance -= amount
        say(.funding(payment))
    }

    package mutating func transfer(_ amount: Amount) {
        let transfer = VenueTransfer(
            kind: .deposit, asset: instrument.settlement, amount: amount, time: now, reference: "t\(transfers.count)")
        transfers.append(transfer)
        balance += amount
        say(.transfer(transfer))
    }

    /// Somebody places an order by hand.
    package mutating func placeByHand(_ ticket: OrderTicket) -> VenueOrderID {
        let index = add(ticket)
        orders[index].isByHand = true
        say(index)
        return VenueOrderID(orders[index].number)
    }

    /// Somebody trades by hand.
    package mutating func tradeByHand(_ side: Side, _ quantity: Int64) {
        numbers += 1
        book(
            client: nil, number: numbers, side: side, quantity: quantity, at: price, liquidity: .taker)
    }

    /// Closes the position by force. What the account owes after that is borne by the venue.
    ///
    /// - Returns: How much that is.
    package mutating func liquidate() -> Amount {
        guard position != 0 else { return .zero }
        numbers += 1
        book(
            client: nil, number: numbers, side: position > 0 ? .sell : .buy, quantity: abs(position), at: price,
            liquidity: .taker, isLiquidation: true)
        defer { balance = max(balance, .zero) }
        return max(.zero, -balance)
    }

    // MARK: Parts

    private func refusal(_ ticket: OrderTicket) -> RejectReason? {
        if ticket.quantity.units <= 0 { return .notPositive }
        if takesOnlyPostOnly, !ticket.isPostOnly || ticket.trigger != nil { return .onlyPostOnly }
        if let closingRefusal, ticket.isReduceOnly, ticket.trigger == nil { return closingRefusal }
        if instrument.kind == .spot { return spotRefusal(ticket) }
        if let trigger = ticket.trigger, isReached(ticket, trigger.units) { return .badTrigger }
        if ticket.isReduceOnly, ticket.trigger == nil, position == 0 || (position > 0) == (ticket.side == .buy) {
            return .wouldIncrease
        }
        if ticket.isPostOnly, ticket.side == .buy ? ticket.limit.units >= price : ticket.limit.units <= price {
            return .wouldTakeLiquidity
        }
        return nil
    }

    /// Nothing but orders that trade or rest, worth ten or more at their limit, and no more than there is.
    private func spotRefusal(_ ticket: OrderTicket) -> RejectReason? {
        if ticket.trigger != nil { return .venueRefused }
        let value = instrument.value(of: ticket.quantity, at: ticket.limit) ?? .zero
        if value < Amount(whole: 10) { return .belowMinimumNotional }
        let resting = orders.filter { $0.isOpen && $0.ticket.side == .sell }.reduce(0) { $0 + $1.remaining }
        let asked = instrument.baseAmount(of: Quantity(units: ticket.quantity.units + resting)) ?? .zero
        if ticket.side == .sell ? asked > holding : value > balance { return .insufficientBalance }
        return nil
    }

    /// A purchase pays its fee in what it buys.
    private mutating func settleSpot(_ side: Side, _ quantity: Int64, _ value: Amount, _ rate: Rate) -> Amount {
        let amount = instrument.baseAmount(of: Quantity(units: quantity)) ?? .zero
        let fee = rate.of(side == .buy ? amount : value) ?? .zero
        holding += side == .buy ? amount - fee : -amount
        balance += side == .buy ? -value : value - fee
        return fee
    }

    private func isReached(_ ticket: OrderTicket, _ trigger: Int64) -> Bool {
        let isStop = ticket.type == .stop || ticket.type == .stopLimit
        return isStop == (ticket.side == .buy) ? price >= trigger : price <= trigger
    }

    private func crosses(_ index: Int) -> Bool {
        let ticket = orders[index].ticket
        return ticket.side == .buy ? price <= ticket.limit.units : price >= ticket.limit.units
    }

    private mutating func add(_ ticket: OrderTicket, entry: UInt64? = nil, isWaiting: Bool = false) -> Int {
        numbers += 1
        orders.append(
            Working(
                number: numbers, ticket: ticket, remaining: ticket.quantity.units, time: now, entry: entry,
                isWaiting: isWaiting))
        return orders.count - 1
    }

    private mutating func trade(_ index: Int, portion: Double, at price: Int64) {
        let ticket = orders[index].ticket
        var quantity = Int64((Double(orders[index].remaining) * portion).rounded(.up))
        if portion == 0 { quantity = 0 }
        if ticket.isReduceOnly, instrument.kind != .spot {
            quantity = min(quantity, max(0, ticket.side == .sell ? position : -position))
            if position == 0 || (position > 0) == (ticket.side == .buy) {
                return end(index, .cancelled(.nothingToReduce, text: ""))
            }
        }
        guard quantity > 0 else { return }
        orders[index].remaining -= quantity
        orders[index].time = now
        if orders[index].remaining == 0 { orders[index].status = .filled }
        book(
            client: ticket.client, number: orders[index].number, side: ticket.side, quantity: quantity, at: price,
            liquidity: ticket.type == .limit ? .maker : .taker)
        say(index)
        let number = orders[index].number
        if orders[index].remaining == 0 { startChildren(of: number) }
        if let entry = orders[index].entry {
            for other in orders.indices where other != index && orders[other].entry == entry && orders[other].isOpen {
                end(other, .cancelled(.groupDone, text: ""))
            }
        }
    }

    private mutating func book(
        client: ClientOrderID?, number: UInt64, side: Side, quantity: Int64, at price: Int64, liquidity: Liquidity,
        isLiquidation: Bool = false
    ) {
        trades += 1
        let rate = Rate(units: liquidity == .maker ? 150_000 : 450_000)
        let value = instrument.value(of: Quantity(units: quantity), at: Price(units: price)) ?? .zero
        let isSpot = instrument.kind == .spot
        let fee = isSpot ? settleSpot(side, quantity, value, rate) : rate.of(value) ?? .zero
        let signed = side == .buy ? quantity : -quantity
        // Average cost, profit when it gets smaller: an own way of reckoning.
        let unit = instrument.notionalFactor
        var profit: Int128 = 0
        if position == 0 || (position > 0) == (signed > 0) {
            cost += Int128(signed) * Int128(price) * unit
        } else {
            let closing = min(abs(position), quantity)
            let released = cost * Int128(closing) / Int128(abs(position))
            let direction: Int128 = position > 0 ? 1 : -1
            profit = direction * Int128(closing) * Int128(price) * unit - released
            cost -= released
            if quantity > closing {
                cost = Int128(signed > 0 ? 1 : -1) * Int128(quantity - closing) * Int128(price) * unit
            }
        }
        position += signed
        if !isSpot { balance += Amount(units: profit) - fee }
        let fill = VenueFill(
            trade: TradeID(trades), client: client, venueOrder: VenueOrderID(number), instrument: instrument.id,
            side: side, price: Price(units: price), quantity: Quantity(units: quantity), time: now,
            liquidity: liquidity, fee: fee,
            feeAsset: isSpot && side == .buy ? instrument.base : instrument.settlement, isLiquidation: isLiquidation)
        fills.append(fill)
        say(.fill(fill))
    }

    private mutating func end(_ index: Int, _ status: VenueOrderStatus) {
        guard orders[index].isOpen else { return }
        orders[index].status = status
        orders[index].time = now
        say(index)
        endChildren(of: orders[index].number)
    }

    private mutating func startChildren(of entry: UInt64) {
        for child in orders.indices
        where orders[child].entry == entry && orders[child].isWaiting && orders[child].isOpen {
            orders[child].isWaiting = false
            say(child)
        }
    }

    private mutating func endChildren(of entry: UInt64) {
        for child in orders.indices
        where orders[child].entry == entry && orders[child].isWaiting && orders[child].isOpen {
            end(child, .cancelled(.byRequest, text: ""))
        }
    }

    package func update(_ order: Working) -> OrderUpdate {
        OrderUpdate(
            client: order.isByHand ? nil : order.ticket.client, venueOrder: VenueOrderID(order.number),
            instrument: instrument.id, side: order.ticket.side, status: order.status, limit: order.ticket.limit,
            trigger: order.ticket.trigger,
            quantity: order.ticket.quantity, remaining: Quantity(units: order.remaining),
            isReduceOnly: order.ticket.isReduceOnly, time: order.time)
    }

    private mutating func say(_ index: Int) { said.append(.order(update(orders[index]))) }
    private mutating func say(_ event: VenueEvent) { said.append(event) }
}
