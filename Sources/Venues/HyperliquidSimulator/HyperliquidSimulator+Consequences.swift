// SPDX-License-Identifier: Apache-2.0

import Cryptography
import Trading

extension HyperliquidSimulator {
    /// Does what follows from fills and ended orders until nothing follows any more.
    mutating func settleConsequences() {
        // Every round ends or moves an order or closes a position, so it ends; the bound is for our own mistakes.
        var rounds = 0
        var place = 0
        while place < deferred.count {
            rounds += 1
            precondition(rounds < 1_000_000, "the consequences of one event do not end")
            let next = deferred[place]
            place += 1
            switch next {
            case .activate(let group): activate(group)
            case .cancelChildren(let group):
                for child in groups[group].children where orders[child].status == .waitingForFill {
                    finish(child, .canceled)
                }
            case .cancelSiblings(let index):
                guard let group = orders[index].group else { break }
                for child in groups[group].children where child != index { finish(child, .siblingFilledCanceled) }
            case .positionChanged(let account, let market, let before):
                positionChanged(account, market, sizeBefore: before)
            }
        }
        deferred.removeAll(keepingCapacity: true)
    }

    private mutating func activate(_ group: Int) {
        for child in groups[group].children where orders[child].status == .waitingForFill {
            // The entry may have closed a position instead of opening one: then there is nothing to protect.
            guard tradable(child) > 0 else {
                finish(child, .reduceOnlyCanceled)
                continue
            }
            orders[child].status = .open
            orders[child].statusAt = time
            markets[orders[child].market].triggers.append(child)
            noteUpdate(child)
        }
        if let child = groups[group].children.first { fireTriggers(orders[child].market) }
    }

    private mutating func positionChanged(_ account: Int, _ market: Int, sizeBefore: Units) {
        let size = accounts[account].positions[market].size
        let isOver = size == 0 || (size > 0) != (sizeBefore > 0) && sizeBefore != 0
        for list in [markets[market].triggers, markets[market].bids, markets[market].asks] {
            for index in list where orders[index].account == account {
                if orders[index].isPositionTpsl, !isOver {
                    if orders[index].isWaitingTrigger, orders[index].remaining != size.magnitudeClamped {
                        resize(index, to: size.magnitudeClamped)
                        noteUpdate(index)
                    }
                } else if orders[index].request.reduceOnly, isOver, size == 0 || orders[index].isBuy == (size > 0) {
                    finish(index, .reduceOnlyCanceled)
                }
            }
        }
    }

    // MARK: Triggers

    /// Executes every trigger order that the mark price has reached.
    mutating func fireTriggers(_ market: Int) {
        while let index = markets[market].triggers.first(where: { index in
            let order = orders[index]
            return order.request.trigger.map { fires($0, isBuy: order.isBuy, mark: markets[market].mark) } ?? false
        }) {
            fire(index)
        }
    }

    private mutating func fire(_ index: Int) {
        let market = orders[index].market
        markets[market].triggers.removeAll { $0 == index }
        orders[index].status = .triggered
        orders[index].statusAt = time
        orders[index].isTriggered = true
        noteUpdate(index)
        statistics.triggersFired += 1
        guard let trigger = orders[index].request.trigger else { return }
        if trigger.isMarket { orders[index].limit = marketLimit(index) }
        guard tradable(index) > 0 else {
            finish(index, .reduceOnlyRejected)
            return
        }
        take(index)
        guard orders[index].status.isActive else { return }
        if trigger.isMarket {
            finish(index, orders[index].filled > 0 ? .canceled : .marketOrderNoLiquidityRejected)
        } else {
            orders[index].status = .open
            rest(index)
            noteUpdate(index)
        }
    }

    /// A market trigger executes within its own limit and ten percent of the mark price.
    private func marketLimit(_ index: Int) -> Units {
        let order = orders[index]
        let mark = Int128(markets[order.market].mark)
        return order.isBuy
            ? min(order.request.price, Units(clamping: mark * 11 / 10))
            : max(order.request.price, Units(clamping: mark * 9 / 10))
    }

    // MARK: Liquidation

    /// Closes positions whose account value fell below the maintenance margin.
    mutating func liquidate(holdersOf market: Int) {
        for account in markets[market].holders {
            let position = accounts[account].positions[market]
            if !position.isCross {
                let mark = markets[market].mark
                if position.margin + position.profit(at: mark) < maintenance(market, position.value(at: mark)) {
                    liquidate(account, market)
                }
                continue
            }
            let state = margin(account)
            guard state.crossValue < state.crossMaintenance else { continue }
            for other in markets.indices {
                let position = accounts[account].positions[other]
                if position.size != 0, position.isCross { liquidate(account, other) }
            }
        }
    }

    /// Cancels the account's orders of a market and closes the position into the book, what is left at the mark price.
    private mutating func liquidate(_ account: Int, _ market: Int) {
        statistics.liquidations += 1
        for list in [markets[market].triggers, markets[market].bids, markets[market].asks] {
            for index in list where orders[index].account == account { finish(index, .liquidatedCanceled) }
        }
        let size = accounts[account].positions[market].size
        guard size != 0 else { return }
        let isBuy = size < 0
        let isCross = accounts[account].positions[market].isCross
        let cashBefore = accounts[account].cash
        let request = OrderRequest(
            market: market, isBuy: isBuy, price: markets[market].mark, size: size.magnitudeClamped, reduceOnly: true,
            timeInForce: .market, trigger: nil, cloid: nil)
        let index = register(request, for: account, builder: nil, group: nil)
        var left = size.magnitudeClamped
        while left > 0 {
            let level = markets[market].bestGenerated(isBid: !isBuy)
            let price = level?.price ?? markets[market].mark
            let part = min(left, level?.size ?? left)
            if level != nil { markets[market].take(isBid: !isBuy, part) }
            tradeCount += 1
            settle(
                account: account, market: market, isBuy: isBuy, price: price, size: part, tid: tradeID(tradeCount),
                isTaker: true, order: orders[index], isLiquidation: true)
            left -= part
        }
        orders[index].filled = size.magnitudeClamped
        orders[index].remaining = 0
        orders[index].status = .filled
        noteUpdate(index)
        // An isolated position loses its margin at most, an account what it has: the rest is borne by the venue.
        let isCrossOver = accounts[account].positions.allSatisfy { $0.size == 0 || !$0.isCross }
        let floor = isCross ? 0 : cashBefore
        guard accounts[account].cash < floor, !isCross || isCrossOver else { return }
        note(.insurance, floor - accounts[account].cash, account: account)
        accounts[account].cash = floor
    }
}
