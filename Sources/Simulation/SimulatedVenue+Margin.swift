// SPDX-License-Identifier: Apache-2.0

import Execution
import Risk
import Trading

extension SimulatedVenue {
    /// The profit of a margined position at the instrument's last price.
    mutating func unrealised(_ index: Int) -> Amount {
        let instrument = books[index].instrument
        guard let price = books[index].lastPrice else { return .zero }
        var total = Amount.zero
        for slot in 0..<2 {
            let position = account.position(instrument.id, slot: slot)
            guard !position.isFlat, let value = instrument.value(of: position.quantity, at: price) else { continue }
            total += position.unrealised(value: value, isInverse: books[index].context.isInverse)
        }
        return total
    }

    /// Works out at which prices the position in an instrument is taken over, from the account as it is.
    mutating func updateLiquidation(_ index: Int) {
        let model = model(index)
        books[index].state.liquidation = model
        let levels = model.levels(books[index].context.tiers)
        books[index].state.liquidatesAtOrBelow = levels.below
        books[index].state.liquidatesAtOrAbove = levels.above
    }

    private mutating func model(_ index: Int) -> LiquidationModel {
        let instrument = books[index].instrument
        var model = LiquidationModel(of: instrument)
        model.isIsolated = account.description.marginMode == .isolated
        model.isHedging = books[index].context.isHedging
        model.leverage = Double(books[index].leverage)
        model.long = holding(index, 0, model.factor)
        model.short = holding(index, 1, model.factor)
        guard !model.isIsolated else { return model }
        var equity = account.balance(instrument.settlement).approximation
        if books[index].sharesMargin {
            for other in books.indices
            where other != index && books[other].isMargined
                && books[other].instrument.settlement == instrument.settlement
            {
                let (profit, maintenance) = surplus(other)
                equity += profit - maintenance
            }
        }
        model.elsewhere = equity
        return model
    }

    private mutating func holding(_ index: Int, _ slot: Int, _ factor: Double) -> LiquidationModel.Holding {
        LiquidationModel.Holding(account.position(books[index].instrument.id, slot: slot), factor: factor)
    }

    /// What another position adds to the account's equity, and the maintenance margin it needs, at its last price.
    private mutating func surplus(_ index: Int) -> (profit: Double, maintenance: Double) {
        guard let price = books[index].lastPrice, books[index].margin != 0 else { return (0, 0) }
        var own = LiquidationModel(of: books[index].instrument)
        own.long = holding(index, 0, own.factor)
        own.short = holding(index, 1, own.factor)
        return own.surplus(at: price.units, books[index].context.tiers)
    }

    /// With shared margin every position's level depends on all prices. Instead of looking at it on every bar, each
    /// position gets a band in which it costs at most its part of what the account has to spare: while all prices stay
    /// in their bands no level can have been reached. A bar that leaves its band is walked with exact levels.
    mutating func refreshBands(_ index: Int) {
        let settlement = books[index].instrument.settlement
        var equity = account.balance(settlement).approximation
        var count = 0.0
        for other in books.indices where isInGroup(other, settlement) && books[other].margin != 0 {
            let (profit, maintenance) = surplus(other)
            equity += profit - maintenance
            count += 1
        }
        for other in books.indices where isInGroup(other, settlement) {
            books[other].bandLow = .min
            books[other].bandHigh = .max
            if settings.liquidates, books[other].margin != 0 {
                updateLiquidation(other)
                if count > 1, let price = books[other].lastPrice {
                    let band = books[other].state.liquidation.band(
                        around: price.units, allowance: max(0, equity) / count, books[other].context.tiers)
                    books[other].bandLow = equity > 0 ? band.low : .max
                    books[other].bandHigh = equity > 0 ? band.high : .min
                }
                books[other].tidy()
            } else if books[other].state.isDirty {
                books[other].tidy()
            }
        }
    }

    private mutating func isInGroup(_ index: Int, _ settlement: AssetID) -> Bool {
        books[index].isMargined && books[index].instrument.settlement == settlement
    }
}
