// SPDX-License-Identifier: Apache-2.0

import Cryptography
import Engine
import Execution
import Hyperliquid
import HyperliquidSimulator
import Journal
import Live
import OrderManagement
import Trading

// MARK: When everything has come to rest

extension SimulatedWorld {
    /// Compares everything with the venue.
    func judgeQuiet() throws(Violation) {
        totals.checks += 1
        guard state.isRunning, let lifecycle = session?.live.lifecycle else {
            throw violation(.notTrading, "the program does not run")
        }
        let reasons = lifecycle.pauses.map(\.reason)
        guard lifecycle.state == .running, reasons.isEmpty else {
            throw violation(.notTrading, "\(lifecycle.state), paused: \(reasons.joined(separator: "; "))")
        }
        try judgeOrdersReceived()
        try judgeRefusals()
        try judgeImmediateFills()
        try judgeAccount()
        try judgeAssets()
        try judgeFillsComplete()
        try judgeOrders()
        try judgeProtection()
        try judgeReachedStops()
        try judgeSpotTerms()
        try judgePrices()
    }

    /// What stops go by is the venue's price.
    private func judgePrices() throws(Violation) {
        guard let marks = session?.live.marks else { return }
        for market in setup.markets {
            guard let theirs = state.venue.prices(market.coin)?.mark else { continue }
            let ours = marks[market.instrument.id.index].map {
                Fixed8(units: $0.units, decimals: market.instrument.priceDecimals)
            }
            if ours != theirs {
                throw violation(
                    .pricesDiffer, "\(market.coin): the mark is \(theirs), known is \(ours?.description ?? "none")")
            }
        }
    }

    /// Only proof of refusal is a refusal.
    private func judgeRefusals() throws(Violation) {
        for client in watch.takeRefused() {
            let name = Cloid(UInt128(client.high) << 64 | UInt128(client.low))
            guard let order = state.venue.order(name, of: setup.master.address) else { continue }
            if !"\(order.status)".lowercased().contains("reject") {
                throw violation(.refusedYetTaken, "order \(client) was said to be refused, and is \(order.status)")
            }
        }
    }

    /// What is said to have filled at once has.
    private func judgeImmediateFills() throws(Violation) {
        let said = watch.takeFilled()
        guard !said.isEmpty, let fills = state.venue.fills(of: setup.master.address) else { return }
        var traded: [UInt128: Int128] = [:]
        for fill in fills { if let cloid = fill.cloid { traded[cloid.value, default: 0] += fill.size.units } }
        for (client, quantity) in said {
            guard let ticket = watch.ticket(client) else { continue }
            let instrument = setup.markets[ticket.instrument.index].instrument
            let said = Fixed8(units: quantity.units, decimals: instrument.quantityDecimals)
            let real = Fixed8(units: traded[UInt128(client.high) << 64 | UInt128(client.low)] ?? 0)
            if real < said {
                throw violation(.filledYetNot, "order \(client) was said to have filled \(said), and filled \(real)")
            }
        }
    }

    private func judgeAccount() throws(Violation) {
        guard let account = session?.live.account, let venue = state.venue.account(setup.master.address) else { return }
        for market in setup.markets where market.instrument.kind != .spot {
            let ours = Fixed8(
                units: account.netQuantity(market.instrument.id).units, decimals: market.instrument.quantityDecimals)
            let theirs = venue.positions.first { $0.coin == market.coin }?.size ?? .zero
            if ours != theirs {
                throw violation(.positionDiffers, "\(market.coin): the books say \(ours), the venue \(theirs)")
            }
        }
        // Trades that were counted in another order realise another part of the profit while a position is open, and leave
        // it a cost that differs by as much: the two together are the same.
        let ourCosts = setup.markets.filter { $0.instrument.kind != .spot }.reduce(Amount.zero) { total, market in
            (0..<2).reduce(total) { $0 + account.position(market.instrument.id, slot: $1).cost }
        }
        let theirCosts = venue.positions.reduce(Int128(0)) { $0 + ($1.size < .zero ? -$1.cost.units : $1.cost.units) }
        for (name, asset) in setup.assets where name == "USDC" {
            let spot = venue.balances.first { $0.token == name }?.total.units ?? 0
            let ours = account.balance(asset) - ourCosts
            let theirs = Amount(units: (venue.cash.units + spot - theirCosts) * 10_000_000_000)
            // The venue books profits in whole millionths, our books exactly.
            let rounding = Int128(state.books.fillCount + 1) * 1_000_000_000_000
            if (ours.units - theirs.units).magnitude > rounding.magnitude {
                throw violation(
                    .balanceDiffers, "less what is held cost, the books say \(ours), the venue \(theirs)")
            }
        }
        if !account.ledger.isBalanced { throw violation(.ledger, "the ledger does not sum to zero") }
    }

    private func judgeFillsComplete() throws(Violation) {
        state.updateBooks()
        for tid in state.books.fills.keys.sorted() {
            guard let booked = state.books[tid] else { continue }
            let whole = booked.fill.isBuy ? booked.fill.size.units : -booked.fill.size.units
            if booked.counted != whole {
                throw violation(
                    .fillLost,
                    "fill \(tid) of \(booked.fill.coin) at \(booked.fill.time): booked \(Fixed8(units: booked.counted)) of \(Fixed8(units: whole))"
                )
            }
            // A fee that is taken in what was bought is no part of its fill: the asset's balance tells of it.
            let fee = booked.fill.feeToken == "USDC" ? booked.fill.fee.units : 0
            if booked.countedFee != fee * 10_000_000_000 {
                throw violation(.fillDiffers, "fill \(tid): another fee was booked than \(booked.fill.fee)")
            }
        }
    }

    /// What is believed to work is what works, and nothing else does.
    private func judgeOrders() throws(Violation) {
        guard let manager = session?.live.manager(ofVenue: 0), let venue = state.venue.account(setup.master.address)
        else {
            return
        }
        if manager.unresolvedCount > 0 {
            throw violation(.orderUnfinished, "\(manager.unresolvedCount) orders are not resolved")
        }
        let legs = manager.workingLegs
        var open: [UInt128: AccountState.Order] = [:]
        for order in venue.openOrders {
            guard let cloid = order.cloid else { continue }
            if open.updateValue(order, forKey: cloid.value) != nil {
                throw violation(.orderTwice, "order \(cloid) works twice")
            }
        }
        for leg in legs {
            let name = UInt128(leg.ticket.client.high) << 64 | UInt128(leg.ticket.client.low)
            guard let order = open.removeValue(forKey: name) else {
                throw violation(.orderDiffers, "order \(leg.ticket.client) is believed to work and does not")
            }
            let instrument = setup.markets[leg.ticket.instrument.index].instrument
            let remaining = Fixed8(units: leg.remaining.units, decimals: instrument.quantityDecimals)
            if !leg.isWaiting, order.remaining != remaining {
                throw violation(
                    .orderDiffers,
                    "order \(leg.ticket.client): \(remaining) is believed to be left, \(order.remaining) is")
            }
            let trigger = leg.ticket.trigger.map { Fixed8(units: $0.units, decimals: instrument.priceDecimals) }
            if trigger != order.triggerPrice {
                throw violation(
                    .orderDiffers,
                    "order \(leg.ticket.client): its trigger is \(order.triggerPrice?.description ?? "none"), not "
                        + (trigger?.description ?? "none"))
            }
            if !leg.ticket.type.isTriggered, leg.ticket.type != .market,
                order.price != Fixed8(units: leg.ticket.limit.units, decimals: instrument.priceDecimals)
            {
                throw violation(.orderDiffers, "order \(leg.ticket.client): its limit is \(order.price)")
            }
        }
        if let orphan = open.values.min(by: { $0.oid < $1.oid }) {
            throw violation(.orphan, "order \(orphan.oid) works and nobody knows of it")
        }
        for order in session?.live.liveOrders ?? [] {
            switch order.status {
            case .submitted, .pendingUpdate, .pendingCancel, .initialized:
                throw violation(
                    .orderUnfinished,
                    "order \(order.id) (\(order.request.side) \(order.request.type) in \(order.request.instrument)"
                        + "\(order.request.isReduceOnly ? ", reducing" : "")) is \(order.status); the manager has "
                        + "\(manager.liveOrderCount) orders")
            case .denied, .held, .rejected, .accepted, .triggered, .partiallyFilled, .filled, .canceled, .expired: break
            }
        }
    }

    /// Strategies whose every entry has a stop hold nothing without one.
    private func judgeProtection() throws(Violation) {
        guard let account = session?.live.account else { return }
        let orders = session?.live.liveOrders ?? []
        for (index, specification) in setup.decision.strategies.enumerated() where setup.isProtected[index] {
            let held = account.netQuantity(StrategyID(index: index), specification.instrument).units
            guard held != 0 else { continue }
            let isCovered = orders.contains { order in
                order.strategy.index == index && order.request.isReduceOnly && order.status.isWorking
                    && (order.request.type == .stop || order.request.type == .trailingStop)
                    && order.remaining.units >= abs(held)
            }
            if !isCovered, !isDust(held, specification.instrument) {
                throw violation(.unprotected, "\(specification.name) holds \(held) units without a stop")
            }
        }
    }

    /// Whether a venue that does not let small positions be closed refuses every order that could close this one, stops
    /// included. A stop's own price lies up to a tenth below its trigger, and the venue goes by that.
    private func isDust(_ units: Int64, _ instrument: InstrumentID) -> Bool {
        if setup.markets[instrument.index].instrument.kind == .spot { return isSpotDust(units, instrument) }
        guard !setup.venue.acceptsSmallClose, let mark = session?.live.marks[instrument.index] else { return false }
        let market = setup.markets[instrument.index].instrument
        guard let value = market.notional(of: Quantity(units: abs(units)), at: mark) else { return false }
        // The rules of the simulated venue never change.
        return value.units * 9 < market.rules(at: .distantPast).minimumNotional.units * 10
    }

    /// At the end of all days: the totals, and the whole journal once more.
    func finish() throws(Violation) {
        count()
        try judgeJournal()
    }

    func count() {
        totals.days = state.day
        totals.events = state.events
        totals.orders = watch.placedCount
        totals.changes = watch.modifiedCount
        totals.cancels = watch.cancelledCount
        totals.fills = state.venue.statistics.fills
        totals.liquidations = state.venue.statistics.liquidations
        totals.triggers = state.venue.statistics.triggersFired
        totals.kills = state.kills
        totals.faults = state.faults
    }
}
