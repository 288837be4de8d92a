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

/// What the judging of single events keeps in mind.
struct Judge {
    /// Fills of the session that were looked at.
    var fillsSeen = 0
    /// Stops that follow the price, or not.
    var isTrailing: [OrderID: Bool] = [:]
    /// The last level of each stop that follows the price.
    var levels: [OrderID: Price] = [:]
    /// The same of those that are watched here: what of it was not written before an end of the program is forgotten.
    var watchedLevels: [OrderID: Price] = [:]
    var ordersSent = 0
    /// Fills of the venue that were held against the limits.
    var exposuresSeen = 0
    /// Purchases of assets that were: a start reads all of them anew.
    var purchasesSeen: Set<TradeID> = []

    mutating func restarted() {
        fillsSeen = 0
        watchedLevels.removeAll()
    }
}

// MARK: After every event

extension SimulatedWorld {
    func judgeEvent() throws(Violation) {
        if let problem = watch.takeProblem() { throw violation(problem.invariant, problem.text) }
        if let text = state.usedNonce { throw violation(.nonceReused, text) }
        try judgeStops()
        try judgeWatchedStops()
        try judgeCancelled()
        try judgeFills()
        if watch.placedCount != judge.ordersSent {
            judge.ordersSent = watch.placedCount
            try judgeOrdersReceived()
        }
    }

    /// Every fill that was booked is one of the venue's, and no more of it was booked than there is.
    private func judgeFills() throws(Violation) {
        guard let count = session?.live.fillCount, count > judge.fillsSeen, let fills = session?.live.fills else {
            return
        }
        state.updateBooks()
        try judgeExposure()
        for record in fills[judge.fillsSeen...] {
            let fill = record.fill
            if fill.reason == .adjustment {
                throw violation(.positionDiffers, "a position was adjusted by \(fill.quantity.units) units")
            }
            guard var booked = state.books[fill.trade.rawValue] else {
                throw violation(.fillDiffers, "fill \(fill.trade) is none of the venue's")
            }
            let instrument = setup.markets[fill.instrument.index].instrument
            let price = Fixed8(units: fill.price.units, decimals: instrument.priceDecimals)
            let signed = Fixed8(units: fill.quantity.units, decimals: instrument.quantityDecimals)
            guard booked.instrument == fill.instrument.index, booked.fill.price == price else {
                throw violation(.fillDiffers, "fill \(fill.trade): booked at \(price), was at \(booked.fill.price)")
            }
            booked.counted += signed.units
            booked.countedFee += fill.fee.units
            let whole = booked.fill.isBuy ? booked.fill.size.units : -booked.fill.size.units
            guard booked.counted.magnitude <= whole.magnitude, booked.counted.signum() == whole.signum() else {
                throw violation(
                    .fillTwice, "fill \(fill.trade): booked \(Fixed8(units: booked.counted)) of \(Fixed8(units: whole))"
                )
            }
            state.books[fill.trade.rawValue] = booked
            try judgeHolding(fill)
        }
        judge.fillsSeen = fills.count
    }

    /// What our own orders make of a position is within the limit, at the price that they traded at.
    private func judgeExposure() throws(Violation) {
        guard let fills = state.venue.fills(of: setup.master.address), fills.count > judge.exposuresSeen else { return }
        defer { judge.exposuresSeen = fills.count }
        let spot = spotMarkets.map(\.coin)
        for fill in fills[judge.exposuresSeen...] where fill.cloid != nil && !spot.contains(fill.coin) {
            let signed = fill.isBuy ? fill.size.units : -fill.size.units
            let after = fill.startPosition.units + signed
            guard after.magnitude > fill.startPosition.units.magnitude else { continue }
            let worth = Double(after.magnitude) / 1e8 * Double(fill.price.units) / 1e8
            // Checked when it was sent; prices move on until it trades.
            if worth > setup.symbolExposure.approximation * 1.1 {
                throw violation(
                    .limitExceeded,
                    "fill \(fill.tid) made a position in \(fill.coin) of \(worth); allowed are \(setup.symbolExposure)")
            }
        }
    }

    private func judgeStops() throws(Violation) {
        let stops = watch.takeStops()
        guard !stops.isEmpty else { return }
        let orders = session?.live.liveOrders ?? []
        for ticket in stops {
            let id = ticket.client.order
            if judge.isTrailing[id] == nil {
                judge.isTrailing[id] = orders.first { $0.id == id }?.request.type == .trailingStop
            }
            guard judge.isTrailing[id] == true, let trigger = ticket.trigger else { continue }
            if let before = judge.levels[id], ticket.side == .sell ? trigger < before : trigger > before {
                throw violation(
                    .stopLoosened, "the stop of order \(id) went from \(before.units) to \(trigger.units)")
            }
            judge.levels[id] = trigger
        }
    }

    /// What is said to be cancelled does not work: the venue knew it before anybody could be told.
    private func judgeCancelled() throws(Violation) {
        for (client, number) in watch.takeCancelled() {
            let name = Cloid(UInt128(client.high) << 64 | UInt128(client.low))
            guard let order = state.venue.order(name, of: setup.master.address), VenueOrderID(order.oid) == number
            else { continue }
            if order.status.isActive {
                throw violation(.overYetWorking, "order \(client) was said to be cancelled, and is \(order.status)")
            }
        }
    }

    func judgeOrdersReceived() throws(Violation) {
        for (client, count) in state.venue.statistics.ordersReceived where count > 1 {
            throw violation(.orderTwice, "order \(client) reached the venue \(count) times")
        }
    }
}
