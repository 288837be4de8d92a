// SPDX-License-Identifier: Apache-2.0

import Cryptography
import Trading

extension HyperliquidSimulator {
    // MARK: The book

    /// The best price that an order would trade at, accounts' own and generated orders together.
    func bestOpposite(_ market: Int, isBuy: Bool) -> Units? {
        let own = (isBuy ? markets[market].asks : markets[market].bids).first.map { orders[$0].limit }
        let generated = markets[market].bestGenerated(isBid: !isBuy)?.price
        guard let own else { return generated }
        guard let generated else { return own }
        return isBuy ? min(own, generated) : max(own, generated)
    }

    /// `bid@ask`, as the venue names them in a refusal.
    func quoteText(_ market: Int) -> String {
        func text(_ price: Units?) -> String { price.map { Fixed8(units: Int128($0)).plain } ?? "None" }
        return "\(text(bestOpposite(market, isBuy: false)))@\(text(bestOpposite(market, isBuy: true)))"
    }

    /// Puts the rest of an order into the book, behind those of its price.
    mutating func rest(_ index: Int) {
        let order = orders[index]
        if order.isBuy {
            let place = markets[order.market].bids.firstIndex { orders[$0].limit < order.limit }
            markets[order.market].bids.insert(index, at: place ?? markets[order.market].bids.count)
        } else {
            let place = markets[order.market].asks.firstIndex { orders[$0].limit > order.limit }
            markets[order.market].asks.insert(index, at: place ?? markets[order.market].asks.count)
        }
    }

    // MARK: Taking

    /// Trades an arriving order against the book, up to its limit.
    mutating func take(_ index: Int) {
        let market = orders[index].market
        let isBuy = orders[index].isBuy
        let limit = orders[index].limit
        while orders[index].remaining > 0, orders[index].status.isActive {
            let generated = markets[market].bestGenerated(isBid: !isBuy)
            let own = (isBuy ? markets[market].asks : markets[market].bids).first
            let ownPrice = own.map { orders[$0].limit }
            // At one price the accounts' orders are older than what is generated for this moment.
            let takesOwn =
                ownPrice.map { price in
                    generated.map { isBuy ? price <= $0.price : price >= $0.price } ?? true
                } ?? false
            guard let price = takesOwn ? ownPrice : generated?.price, isBuy ? price <= limit : price >= limit else {
                return
            }
            let wanted = tradable(index)
            guard wanted > 0 else {
                finish(index, orders[index].request.reduceOnly ? .reduceOnlyCanceled : .canceled)
                return
            }
            if takesOwn, let maker = own {
                guard orders[maker].account != orders[index].account else {
                    finish(maker, .selfTradeCanceled)
                    continue
                }
                let size = min(wanted, tradable(maker))
                guard size > 0 else {
                    finish(maker, .reduceOnlyCanceled)
                    continue
                }
                guard canAfford(maker, size: size, price: price) else {
                    finish(maker, .marginCanceled)
                    continue
                }
                guard canAfford(index, size: size, price: price) else {
                    finish(index, .perpMarginRejected)
                    return
                }
                trade(taker: index, maker: maker, price: price, size: size)
            } else if let generated {
                let size = min(wanted, generated.size)
                guard canAfford(index, size: size, price: price) else {
                    finish(index, .perpMarginRejected)
                    return
                }
                markets[market].take(isBid: !isBuy, size)
                trade(taker: index, maker: nil, price: price, size: size)
            }
        }
    }

    /// What an order may still trade: a reduce-only one at most the position.
    func tradable(_ index: Int) -> Units {
        let order = orders[index]
        guard order.request.reduceOnly else { return order.remaining }
        let position = accounts[order.account].positions[order.market].size
        guard position != 0, (position > 0) != order.isBuy else { return 0 }
        return min(order.remaining, position.magnitudeClamped)
    }

    func canAfford(_ index: Int, size: Units, price: Units) -> Bool {
        let order = orders[index]
        if markets[order.market].isSpot || order.request.reduceOnly { return true }
        guard accounts[order.account].positions[order.market].size.magnitudeClamped < 4_000_000_000_000_000_000 else {
            return false
        }
        return hasMargin(order.account, order.market, isBuy: order.isBuy, size: size, price: price)
    }

    // MARK: Being hit by the market

    /// Resting orders meet what the market generates: sellers at or below a bid, buyers at or above an ask, and a trade
    /// that touches them.
    mutating func hitResting(_ market: Int, price: Units, size: Units, takerIsBuy: Bool) {
        var touch = configuration.fillsOnTouch ? size : 0
        for isBid in [true, false] {
            while let maker = (isBid ? markets[market].bids : markets[market].asks).first {
                let limit = orders[maker].limit
                let through = markets[market].generatedSize(isBid: !isBid, limit: limit)
                let isTouched = takerIsBuy != isBid && (isBid ? price <= limit : price >= limit)
                let available =
                    through > 0 ? through : isTouched ? touch / markets[market].lot * markets[market].lot : 0
                guard available > 0 else { break }
                let quantity = min(tradable(maker), available)
                guard quantity > 0 else {
                    finish(maker, .reduceOnlyCanceled)
                    continue
                }
                guard canAfford(maker, size: quantity, price: limit) else {
                    finish(maker, .marginCanceled)
                    continue
                }
                if through > 0 { markets[market].take(isBid: !isBid, quantity) } else { touch -= quantity }
                trade(taker: nil, maker: maker, price: limit, size: quantity)
            }
        }
    }

    // MARK: A trade

    /// One trade; the side that is `nil` is the market's.
    mutating func trade(taker: Int?, maker: Int?, price: Units, size: Units) {
        guard let known = taker ?? maker else { return }
        let market = orders[known].market
        tradeCount += 1
        let tid = tradeID(tradeCount)
        if let maker { fill(maker, price: price, size: size, tid: tid, isTaker: false) }
        if let taker { fill(taker, price: price, size: size, tid: tid, isTaker: true) }
        let takerIsBuy = taker.map { orders[$0].isBuy } ?? !orders[known].isBuy
        func address(isBuy: Bool) -> Address {
            let order = takerIsBuy == isBuy ? taker : maker
            return order.map { accounts[orders[$0].account].address } ?? .zero
        }
        tape(
            PublicTrade(
                time: time, price: price, size: size, isBuy: takerIsBuy, tid: tid, buyer: address(isBuy: true),
                seller: address(isBuy: false)), in: market, isOfMarket: false)
    }

    /// Different for different trades and not in any order, as the venue's are: an odd factor permutes the numbers
    /// below 2^50.
    func tradeID(_ count: UInt64) -> UInt64 { (count &* 0x2_8F5C_28F5_C28F) & ((1 << 50) - 1) }

    static func generatedAddress(_ count: UInt64) -> Address {
        let first = mixed(count ^ 0xA5)
        let second = mixed(first)
        func bytes(_ word: UInt64) -> [UInt8] { withUnsafeBytes(of: word.bigEndian) { Array($0) } }
        return Address(bytes: bytes(first) + bytes(second) + bytes(mixed(second)).prefix(4))
    }

    private mutating func fill(_ index: Int, price: Units, size: Units, tid: UInt64, isTaker: Bool) {
        orders[index].remaining -= size
        orders[index].filled += size
        orders[index].filledValue += Decimals.notional(price, size)
        let order = orders[index]
        release(index, price: price, size: size)
        // Before what follows from the position: a child's siblings end because of the child.
        if let group = order.group, groups[group].parent != index { deferred.append(.cancelSiblings(of: index)) }
        settle(
            account: order.account, market: order.market, isBuy: order.isBuy, price: price, size: size, tid: tid,
            isTaker: isTaker, order: order)
        if order.remaining == 0 { finish(index, .filled) } else if order.status == .open, !isTaker { noteUpdate(index) }
    }

    // MARK: The end of an order

    /// Ends an order, whatever it waits for.
    mutating func finish(_ index: Int, _ status: OrderStatus) {
        guard orders[index].status.isActive else { return }
        let order = orders[index]
        orders[index].status = status
        orders[index].statusAt = time
        accounts[order.account].activeOrders -= 1
        if order.isWaitingTrigger {
            markets[order.market].triggers.removeAll { $0 == index }
        } else if order.isBuy {
            markets[order.market].bids.removeAll { $0 == index }
        } else {
            markets[order.market].asks.removeAll { $0 == index }
        }
        unhold(order)
        noteUpdate(index)
        if let group = order.group, groups[group].parent == index {
            deferred.append(status == .filled ? .activate(group: group) : .cancelChildren(group: group))
        }
    }

    mutating func noteUpdate(_ index: Int) {
        let order = orders[index]
        updates.append(
            OrderUpdate(
                account: order.account, order: index, status: order.status, remaining: order.remaining, time: time))
    }

    mutating func resize(_ index: Int, to size: Units) {
        guard orders[index].remaining != size else { return }
        orders[index].size = size
        orders[index].remaining = size
    }

    // MARK: What is held for spot orders

    func heldAmount(_ index: Int) -> Money { heldAmount(orders[index]) }

    private func heldAmount(_ order: SimulatedOrder) -> Money {
        guard markets[order.market].isSpot, order.request.trigger == nil || order.isTriggered else { return 0 }
        return order.isBuy ? Decimals.notional(order.limit, order.remaining) : Money(order.remaining)
    }

    mutating func hold(_ index: Int) {
        let order = orders[index]
        guard markets[order.market].isSpot else { return }
        accounts[order.account].balances[order.isBuy ? 0 : markets[order.market].token].hold += heldAmount(order)
    }

    private mutating func release(_ index: Int, price: Units, size: Units) {
        let order = orders[index]
        guard markets[order.market].isSpot else { return }
        accounts[order.account].balances[order.isBuy ? 0 : markets[order.market].token].hold -=
            order.isBuy ? Decimals.notional(order.limit, size) : Money(size)
    }

    private mutating func unhold(_ order: SimulatedOrder) {
        guard markets[order.market].isSpot, order.remaining > 0 else { return }
        accounts[order.account].balances[order.isBuy ? 0 : markets[order.market].token].hold -= heldAmount(order)
    }
}
