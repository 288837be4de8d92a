// SPDX-License-Identifier: Apache-2.0

import Execution
import Trading

extension SimulatedVenue {
    /// Books what was decided and says it.
    mutating func commit(_ index: Int, at time: Timestamp) {
        guard !books[index].state.effects.isEmpty else { return }
        var takeover: Takeover?
        for position in books[index].state.effects.indices {
            let effect = books[index].state.effects[position]
            switch effect.kind {
            case .fill:
                book(index, effect, at: time)
            case .liquidation:
                if takeover == nil {
                    takeover = Takeover(balance: settlementBalance(index))
                    liquidations += 1
                }
                let slot = books[index].context.isHedging && effect.quantity > 0 ? 1 : 0
                takeover?.cover(slot: slot, margin: slot == 0 ? books[index].margins.0 : books[index].margins.1)
                book(index, effect, at: time)
            case .trigger: report(.trigger, effect.order, time)
            case .activate, .amend: amend(index, effect, at: time)
            case .cancel:
                releaseReservation(index, effect.place)
                report(effect.reason == .expired ? .expire : .cancel, effect.order, time, effect.reason)
            }
        }
        if let takeover { coverLoss(index, takeover, at: time) }
        books[index].state.effects.clear()
        books[index].state.cash = 0
        books[index].state.fees = 0
    }

    private mutating func amend(_ index: Int, _ effect: MatchEffect, at time: Timestamp) {
        let type = books[index].state.orders[effect.place].type
        let price = effect.price != 0 ? Price(units: effect.price) : nil
        scaleReservation(index, effect.place)
        reports.append(
            .order(
                OrderReport(
                    order: effect.order, time: time, event: effect.kind == .activate ? .accept : .update,
                    quantity: Quantity(units: effect.quantity), limit: type == .limit ? price : nil,
                    trigger: type == .limit ? nil : price)))
    }

    private mutating func settlementBalance(_ index: Int) -> Amount {
        account.balance(books[index].instrument.settlement)
    }

    private mutating func book(_ index: Int, _ effect: MatchEffect, at time: Timestamp) {
        let quantity = Quantity(units: effect.quantity)
        let price = Price(units: effect.price)
        let rate: Rate
        if effect.kind == .liquidation {
            rate = books[index].context.liquidationFee
        } else {
            rate =
                effect.liquidity == .maker ? books[index].context.rules.makerFee : books[index].context.rules.takerFee
            scaleReservation(index, effect.place)
        }
        var fee = Amount.zero
        if rate.units != 0, let value = books[index].instrument.value(of: quantity, at: price) {
            fee = rate.of(value.magnitude) ?? .zero
        }
        trades += 1
        let fill = Fill(
            order: effect.order, trade: TradeID(trades), time: time, instrument: InstrumentID(index: index),
            strategy: StrategyID(index: effect.strategy), quantity: quantity, price: price, fee: fee,
            liquidity: effect.liquidity, reason: effect.fillReason)
        guard account.apply(fill, isReducing: effect.isReducing) != nil else {
            // The value cannot be held exactly: the order's was checked on arrival, so this is a price far beyond
            // anything traded. Refuse rather than guess, and hold what the account holds.
            trades -= 1
            let slot = books[index].context.isHedging && (effect.quantity > 0) == effect.isReducing ? 1 : 0
            books[index].state.held[effect.strategy * 2 + slot] &-= effect.quantity
            if effect.place >= 0 {
                books[index].state.orders[effect.place].state = .done
                report(.cancel, effect.order, time, .tooLarge)
            }
            return
        }
        reports.append(
            .fill(fill, FillCircumstances(isReducing: effect.isReducing, met: Price(units: effect.met))))
        if books[index].isMargined { updateMargin(index) }
    }

    /// Gives back the part of a reservation that filled or was taken off.
    private mutating func scaleReservation(_ index: Int, _ place: Int) {
        guard books[index].state.orders[place].reserved != 0 else { return }
        let order = books[index].state.orders[place]
        if !order.isLive { return releaseReservation(index, place) }
        guard order.remaining < order.reservedFor else { return }
        let rest = order.reserved / Int128(order.reservedFor) * Int128(order.remaining)
        reserved[books[index].spendAsset.index] -= order.reserved - rest
        books[index].state.orders[place].reserved = rest
        books[index].state.orders[place].reservedFor = order.remaining
    }

    private mutating func updateMargin(_ index: Int) {
        let id = books[index].instrument.id
        let leverage = Int128(books[index].leverage)
        func margin(_ slot: Int) -> Amount {
            let cost = account.position(id, slot: slot).cost.magnitude
            return leverage == 1 ? cost : Amount(units: cost.units / leverage)
        }
        books[index].margins = (margin(0), books[index].context.isHedging ? margin(1) : .zero)
    }

    // MARK: Losses beyond the margin

    /// What stood behind a position when the venue took it over.
    private struct Takeover {
        let balance: Amount
        var margin = Amount.zero
        private var slots: (Bool, Bool) = (false, false)

        init(balance: Amount) { self.balance = balance }

        mutating func cover(slot: Int, margin: Amount) {
            if slot == 0 ? slots.0 : slots.1 { return }
            if slot == 0 { slots.0 = true } else { slots.1 = true }
            self.margin += margin
        }
    }

    /// A loss beyond what stood behind the position is the venue's.
    private mutating func coverLoss(_ index: Int, _ takeover: Takeover, at time: Timestamp) {
        let asset = books[index].instrument.settlement
        let balance = account.balance(asset)
        var missing = Amount.zero
        if account.description.marginMode == .isolated {
            missing = takeover.balance - balance - takeover.margin
        } else {
            var others = Amount.zero
            for other in books.indices where other != index && books[other].isMargined {
                if books[other].instrument.settlement == asset { others += unrealised(other) }
            }
            missing = -(balance + max(.zero, others))
        }
        missing = max(missing, account.description.marginMode == .isolated ? -balance : .zero)
        guard missing > .zero else { return }
        account.coverLoss(missing, of: asset, at: time)
        reports.append(.coveredLoss(asset: asset, amount: missing, time: time))
    }
}
