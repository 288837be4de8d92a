// SPDX-License-Identifier: Apache-2.0

import Cryptography
import Execution
import Hyperliquid
import HyperliquidSimulator
import Live
import Trading

// MARK: What must hold where assets themselves are bought and sold

extension SimulatedWorld {
    var spotMarkets: [HyperliquidConnector.Market] { setup.markets.filter { $0.instrument.kind == .spot } }

    // MARK: After every event

    /// Nobody sells what they do not have, and no purchase makes more of it than is allowed.
    func judgeHolding(_ fill: Fill) throws(Violation) {
        let instrument = setup.markets[fill.instrument.index].instrument
        guard instrument.kind == .spot, let account = session?.live.account else { return }
        for strategy in 0..<account.description.strategyCount {
            let held = account.netQuantity(StrategyID(index: strategy), instrument.id)
            if held < .zero {
                throw violation(
                    .oversold, "strategy \(strategy) holds \(instrument.text(held)) \(instrument.symbol)")
            }
        }
        guard fill.quantity > .zero, fill.order != .none, judge.purchasesSeen.insert(fill.trade).inserted else {
            return
        }
        // A person is not bound to it.
        let byHand = StrategyID(index: account.description.strategyCount - 1)
        let units = account.netQuantity(instrument.id).units - account.netQuantity(byHand, instrument.id).units
        let worth = Double(units) / instrument.quantityScale * Double(fill.price.units) / instrument.priceScale
        if worth > setup.symbolExposure.approximation * 1.1 {
            throw violation(
                .limitExceeded,
                "fill \(fill.trade) made \(instrument.symbol) worth \(worth); allowed are \(setup.symbolExposure)")
        }
    }

    /// A stop that is watched here only tightens where it follows the price.
    func judgeWatchedStops() throws(Violation) {
        guard state.plan.hasSpot else { return }
        for order in session?.live.liveOrders ?? [] where order.request.type == .trailingStop {
            guard setup.markets[order.request.instrument.index].instrument.kind == .spot,
                case .price(let level) = order.request.trigger
            else { continue }
            if let before = judge.watchedLevels[order.id], order.request.side == .sell ? level < before : level > before
            {
                throw violation(
                    .stopLoosened, "the watched stop of order \(order.id) went from \(before.units) to \(level.units)")
            }
            judge.watchedLevels[order.id] = level
        }
    }

    // MARK: When everything has come to rest

    /// What is held is there, to the last digit, and positions are what of it can be sold.
    func judgeAssets() throws(Violation) {
        guard state.plan.hasSpot, let account = session?.live.account,
            let venue = state.venue.account(setup.master.address)
        else { return }
        for market in spotMarkets {
            let instrument = market.instrument
            let name = account.description.assets.name(of: instrument.base)
            let theirs = Amount(
                units: (venue.balances.first { $0.token == name }?.total.units ?? 0) * 10_000_000_000)
            let ours = account.balance(instrument.base)
            if ours != theirs {
                throw violation(.balanceDiffers, "the books hold \(ours) \(name), the venue \(theirs)")
            }
            let positions = account.netQuantity(instrument.id)
            guard let worth = instrument.baseAmount(of: positions), worth >= .zero, worth <= ours else {
                throw violation(
                    .positionDiffers,
                    "\(instrument.text(positions)) \(instrument.symbol) are held by positions, and \(ours) are there")
            }
        }
    }

    /// A stop that is watched here has not been passed: at rest there was time to act.
    func judgeReachedStops() throws(Violation) {
        guard state.plan.hasSpot, let marks = session?.live.marks else { return }
        for order in session?.live.liveOrders ?? [] where order.status == .accepted {
            let instrument = setup.markets[order.request.instrument.index].instrument
            guard instrument.kind == .spot, case .price(let level) = order.request.trigger,
                let mark = marks[instrument.id.index]
            else { continue }
            let isStop: Bool
            switch order.request.type {
            case .stop, .stopLimit, .trailingStop: isStop = true
            case .takeProfit, .takeProfitLimit: isStop = false
            case .market, .limit: continue
            }
            if isStop == (order.request.side == .buy) ? mark >= level : mark <= level {
                throw violation(
                    .unprotected,
                    "order \(order.id), a \(order.request.type) at \(instrument.text(level)), waits at "
                        + instrument.text(mark))
            }
        }
    }

    /// Nothing that spot does not have was asked of the venue.
    func judgeSpotTerms() throws(Violation) {
        guard state.plan.hasSpot else { return }
        let coins = spotMarkets.map(\.coin)
        for order in state.venue.orders(of: setup.master.address) where coins.contains(order.coin) {
            if order.reduceOnly || order.triggerPrice != nil {
                throw violation(
                    .spotTerms, "order \(order.oid) came to the venue as reduce-only or with a trigger, on spot")
            }
        }
    }

    /// Whether what a strategy holds of an asset is less than the venue trades.
    func isSpotDust(_ units: Int64, _ instrument: InstrumentID) -> Bool {
        let market = setup.markets[instrument.index].instrument
        guard let mark = session?.live.marks[instrument.index],
            let value = market.notional(of: Quantity(units: abs(units)), at: mark)
        else { return false }
        return value < market.rules(at: .distantPast).minimumNotional
    }
}

/// What of assets was taken off positions without a sale, by the journal.
struct HoldingWatch {
    private let instruments: [Instrument]
    private var closes: [Price?]
    private var began: [Amount?]
    private var writtenOff: [Amount]

    init(_ instruments: [Instrument]) {
        self.instruments = instruments
        closes = instruments.map { _ in nil }
        began = closes.map { _ in nil }
        writtenOff = instruments.map { _ in .zero }
    }

    /// - Returns: What is wrong.
    mutating func observe(_ input: DecisionInput) -> String? {
        switch input {
        case .instant(let instant): for bar in instant.bars { closes[bar.instrument.index] = bar.bar.close }
        case .report(.transfer(let payment), venue: _):
            for instrument in instruments where instrument.kind == .spot && instrument.base == payment.asset {
                began[instrument.id.index] = (began[instrument.id.index] ?? .zero) + payment.amount
            }
        case .report(.holding(let change), venue: _):
            let instrument = instruments[change.instrument.index]
            let quantity = change.quantity.magnitude
            switch change.reason {
            case .fee: break
            case .notThere:
                return "\(instrument.text(quantity)) \(instrument.symbol) were said not to be there at \(change.time)"
            case .belowMinimum:
                writtenOff[instrument.id.index] += instrument.baseAmount(of: quantity) ?? .zero
                // The price has moved on since the last close, by a crash at most.
                guard let close = closes[instrument.id.index],
                    let value = instrument.notional(of: quantity, at: close)
                else { break }
                if value.approximation > instrument.rules(at: .distantPast).minimumNotional.approximation * 1.5 {
                    return
                        "\(instrument.text(quantity)) \(instrument.symbol), worth \(value), were written off as less than "
                        + "the venue trades at \(change.time)"
                }
            }
        default: break
        }
        return nil
    }

    /// What is held beyond positions is what was there before, what was written off, and less than a lot of each holder.
    func judge(_ account: borrowing Account) -> String? {
        for instrument in instruments where instrument.kind == .spot {
            guard let held = instrument.baseAmount(of: account.netQuantity(instrument.id)),
                let lots = instrument.baseAmount(of: Quantity(units: Int64(account.description.strategyCount)))
            else { continue }
            let spare = account.balance(instrument.base) + -held
            let most = (began[instrument.id.index] ?? .zero) + writtenOff[instrument.id.index] + lots
            if spare > most {
                return "\(spare) of \(instrument.symbol) are held beside positions, at most \(most) can be explained"
            }
        }
        return nil
    }
}
