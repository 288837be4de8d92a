// SPDX-License-Identifier: Apache-2.0

import Execution
public import Trading

extension SimulatedVenue {
    /// Charges funding on the positions in an instrument: rate × value at the last price; longs pay a positive rate.
    ///
    /// Nothing is charged before the instrument has a price. Exact to `10^-18`, halves to even.
    public mutating func settleFunding(_ instrument: InstrumentID, rate: Double, at time: Timestamp) {
        let index = instrument.index
        guard settings.chargesFunding, let price = books[index].lastPrice else { return }
        let units = (rate * 1e18).rounded()
        guard units.magnitude < 1e18 else { return }
        for strategy in 0..<max(1, account.description.strategyCount) {
            let held = account.netQuantity(StrategyID(index: strategy), instrument)
            guard held.units != 0, let value = books[index].instrument.value(of: held, at: price) else { continue }
            let payment = Amount(units: value.units.scaled(by: Int128(units)))
            guard payment != .zero else { continue }
            account.payFunding(payment, instrument: instrument, strategy: StrategyID(index: strategy), at: time)
            reports.append(
                .funding(
                    FundingPayment(
                        instrument: instrument, strategy: StrategyID(index: strategy), time: time, amount: payment)))
        }
        books[index].state.isDirty = true
        finish(index)
    }

    /// Closes what is left of an instrument that expires, at its last price and without a fee; from then on it does not
    /// trade. Once is enough: later calls do nothing.
    public mutating func settleExpiry(_ instrument: InstrumentID, at time: Timestamp) {
        let index = instrument.index
        guard !books[index].isSettled, let price = books[index].lastPrice else { return }
        books[index].isSettled = true
        for order in books[index].state.orders.indices { books[index].state.cancel(order, .notTrading) }
        commit(index, at: time)
        for strategy in 0..<max(1, account.description.strategyCount) {
            for slot in 0..<2 {
                let held = books[index].state.held[strategy * 2 + slot]
                guard held != 0 else { continue }
                books[index].state.held[strategy * 2 + slot] = 0
                trades += 1
                let fill = Fill(
                    order: .none, trade: TradeID(trades), time: time, instrument: instrument,
                    strategy: StrategyID(index: strategy), quantity: Quantity(units: -held), price: price,
                    fee: .zero, liquidity: .taker, reason: .settlement)
                account.apply(fill, isReducing: true)
                reports.append(.fill(fill, FillCircumstances(isReducing: true, met: price)))
            }
        }
        books[index].margins = (.zero, .zero)
        books[index].state.isDirty = true
        finish(index)
    }
}

extension Int128 {
    /// self × `factor` ÷ 10^18, rounded half to even, exact although the product may not fit. `factor` is below 10^18.
    fileprivate func scaled(by factor: Int128) -> Int128 {
        let one: UInt128 = 1_000_000_000_000_000_000
        let isNegative = (self < 0) != (factor < 0)
        let product = magnitude.multipliedFullWidth(by: factor.magnitude)
        var (quotient, remainder) = one.dividingFullWidth((product.high, product.low))
        if remainder * 2 > one || (remainder * 2 == one && quotient & 1 == 1) { quotient += 1 }
        return isNegative ? -Int128(quotient) : Int128(quotient)
    }
}
