// SPDX-License-Identifier: Apache-2.0

import Cryptography
import Trading

extension HyperliquidSimulator {
    /// Books one side of a trade: position, balances, fee, fill.
    mutating func settle(
        account: Int, market: Int, isBuy: Bool, price: Units, size: Units, tid: UInt64, isTaker: Bool,
        order: SimulatedOrder, isLiquidation: Bool = false
    ) {
        let venue = markets[market]
        let value = Decimals.notional(price, size)
        var fill = SimulatedFill(
            coin: venue.coin, oid: order.oid, cloid: order.request.cloid, tid: tid, isBuy: isBuy,
            price: Fixed8(units: Int128(price)), size: Fixed8(units: Int128(size)), time: time, startPosition: .zero,
            direction: "", closedPnl: .zero, fee: .zero, feeToken: "USDC", builderFee: .zero, isTaker: isTaker,
            liquidationMark: isLiquidation ? Fixed8(units: Int128(venue.mark)) : nil,
            liquidated: isLiquidation ? accounts[account].address : nil)
        if venue.isSpot {
            settleSpot(account, venue, value: value, size: size, &fill)
        } else {
            settlePerp(account, market, value: value, size: size, builder: order.builder, &fill)
        }
        accounts[account].volume += value
        if !isTaker { accounts[account].makerVolume += value }
        accounts[account].fills.append(fill)
        statistics.fills += 1
        news.append(.fill(account: account, index: accounts[account].fills.count - 1))
    }

    private mutating func settlePerp(
        _ account: Int, _ market: Int, value: Money, size: Units, builder: Builder?, _ fill: inout SimulatedFill
    ) {
        var position = accounts[account].positions[market]
        let before = position.size
        let signed = fill.isBuy ? size : -size
        fill.startPosition = Fixed8(units: Int128(before))
        let after = before + signed
        fill.direction = direction(from: before, to: after)
        var cash: Money = 0
        if before == 0 || (before > 0) == fill.isBuy {
            position.cost += value
            if !position.isCross {
                let margin = value / Int128(position.leverage)
                position.margin += margin
                cash -= margin
            }
        } else {
            let closing = min(size, before.magnitudeClamped)
            let closed =
                closing == before.magnitudeClamped
                ? position.cost
                : (position.cost * Int128(closing) / Int128(before.magnitudeClamped)).cutToMillionths
            // Exact: the price of a perpetual times a whole number of lots has at most six decimals.
            let proceeds = value * Int128(closing) / Int128(size)
            let profit = before > 0 ? proceeds - closed : closed - proceeds
            fill.closedPnl = Fixed8(units: profit)
            cash += profit
            position.cost -= closed
            if !position.isCross {
                let freed =
                    closing == before.magnitudeClamped
                    ? position.margin : position.margin * Int128(closing) / Int128(before.magnitudeClamped)
                position.margin -= freed
                cash += freed
            }
            if closing < size {
                position.cost = value - proceeds
                if !position.isCross {
                    position.margin = position.cost / Int128(position.leverage)
                    cash -= position.margin
                }
            }
            if after == 0 || closing < size { position.fundingSinceOpen = 0 }
        }
        position.fundingSinceChange = 0
        position.size = after
        let rate = fill.isTaker ? configuration.fees.perpTaker : configuration.fees.perpMaker
        let own = (value * Int128(rate.units) / 1_000_000_000).cutToMillionths
        // Tenths of a basis point.
        let forBuilder = builder.map { (value * Int128($0.fee) / 100_000).cutToMillionths } ?? 0
        fill.fee = Fixed8(units: own + forBuilder)
        fill.builderFee = Fixed8(units: forBuilder)
        accounts[account].cash += cash - own - forBuilder
        accounts[account].positions[market] = position
        if before == 0 { markets[market].holders.append(account) }
        if after == 0 { markets[market].holders.removeAll { $0 == account } }
        deferred.append(.positionChanged(account: account, market: market, sizeBefore: before))
    }

    private func direction(from before: Units, to after: Units) -> String {
        if before >= 0, after > before { return "Open Long" }
        if before <= 0, after < before { return "Open Short" }
        if before > 0 { return after >= 0 ? "Close Long" : "Long > Short" }
        return after <= 0 ? "Close Short" : "Short > Long"
    }

    private mutating func settleSpot(
        _ account: Int, _ venue: SimulatedMarket, value: Money, size: Units, _ fill: inout SimulatedFill
    ) {
        let rate = Int128((fill.isTaker ? configuration.fees.spotTaker : configuration.fees.spotMaker).units)
        var base = accounts[account].balances[venue.token]
        var quote = accounts[account].balances[0]
        fill.startPosition = Fixed8(units: base.total)
        if fill.isBuy {
            let fee = Int128(size) * rate / 1_000_000_000
            quote.total -= value
            base.total += Int128(size) - fee
            base.cost += value
            fill.fee = Fixed8(units: fee)
            fill.feeToken = tokens[venue.token]
            fill.direction = "Buy"
        } else {
            let fee = value * rate / 1_000_000_000
            let sold = base.total > 0 ? base.cost * Int128(size) / base.total : 0
            fill.closedPnl = Fixed8(units: value - sold)
            quote.total += value - fee
            base.total -= Int128(size)
            base.cost -= sold
            fill.fee = Fixed8(units: fee)
            fill.direction = "Sell"
        }
        accounts[account].balances[venue.token] = base
        accounts[account].balances[0] = quote
    }

    // MARK: Margin

    struct MarginState {
        /// Cash and the unrealised profit of cross positions.
        var crossValue: Money
        /// With isolated positions.
        var value: Money
        var crossUsed: Money = 0
        var used: Money = 0
        var crossMaintenance: Money = 0
        var crossNotional: Money = 0
        var notional: Money = 0
        /// Signed sums of positions' values, for the venue's `totalRawUsd`.
        var crossSigned: Money = 0
        var signed: Money = 0
        var available: Money { max(0, crossValue - crossUsed) }
    }

    func margin(_ account: Int) -> MarginState {
        let cash = accounts[account].cash
        var state = MarginState(crossValue: cash, value: cash)
        for (market, position) in accounts[account].positions.enumerated() where position.size != 0 {
            let mark = markets[market].mark
            let signed = Decimals.notional(mark, position.size)
            let profit = position.profit(at: mark)
            state.notional += signed.magnitudeSigned
            state.signed += signed
            state.value += profit + position.margin
            if position.isCross {
                let used = signed.magnitudeSigned / Int128(position.leverage)
                state.crossValue += profit
                state.crossNotional += signed.magnitudeSigned
                state.crossSigned += signed
                state.crossUsed += used
                state.used += used
                state.crossMaintenance += maintenance(market, signed.magnitudeSigned)
            } else {
                state.used += max(0, position.margin + profit)
            }
        }
        return state
    }

    /// Half the initial margin at the highest leverage.
    func maintenance(_ market: Int, _ value: Money) -> Money {
        value / Int128(2 * markets[market].configuration.maxLeverage)
    }

    func hasMargin(_ account: Int, _ market: Int, isBuy: Bool, size: Units, price: Units) -> Bool {
        let position = accounts[account].positions[market]
        let reducing = position.size == 0 || (position.size > 0) == isBuy ? 0 : position.size.magnitudeClamped
        let opening = size - min(size, reducing)
        if opening <= 0 { return true }
        let value = Decimals.notional(price, opening)
        let needed =
            value / Int128(position.leverage) + value * Int128(configuration.fees.perpTaker.units) / 1_000_000_000
        // What the position that is closed on the way binds becomes free.
        let freed =
            reducing > 0 && position.isCross
            ? Decimals.notional(markets[market].mark, reducing) / Int128(position.leverage) : 0
        return margin(account).available + freed >= needed
    }

    // MARK: Funding

    /// Pays the funding of every hour that has begun by `time`.
    mutating func payFunding(until time: Timestamp) {
        let hour: Int64 = 3_600_000_000_000
        guard var next = nextFunding else {
            nextFunding = Timestamp(nanoseconds: (time.nanoseconds / hour + 1) * hour)
            return
        }
        // Data with a hole of more than a week is not paid for the hole.
        if time - next > .days(7) { next = Timestamp(nanoseconds: time.nanoseconds / hour * hour) }
        while next <= time {
            for market in markets.indices where !markets[market].isSpot { payFunding(market, at: next) }
            next = next + .hours(1)
        }
        nextFunding = next
    }

    private mutating func payFunding(_ market: Int, at hour: Timestamp) {
        let rate = markets[market].fundingRate
        markets[market].fundingHistory.append((hour, rate))
        if markets[market].fundingHistory.count > 20_000 { markets[market].fundingHistory.removeFirst(5_000) }
        for account in markets[market].holders {
            var position = accounts[account].positions[market]
            let paid =
                (Decimals.notional(markets[market].oracle, position.size) * Int128(rate) / 1_000_000_000)
                .cutToMillionths
            position.fundingEver += paid
            position.fundingSinceOpen += paid
            position.fundingSinceChange += paid
            if position.isCross { accounts[account].cash -= paid } else { position.margin -= paid }
            accounts[account].positions[market] = position
            accounts[account].funding.append(
                SimulatedFunding(
                    time: hour, coin: markets[market].coin, amount: Fixed8(units: -paid),
                    positionSize: Fixed8(units: Int128(position.size)), rate: Rate(units: rate)))
            news.append(.funding(account: account, index: accounts[account].funding.count - 1))
        }
    }

    // MARK: Transfers

    mutating func note(_ kind: SimulatedTransfer.Kind, _ amount: Money, account: Int) {
        accounts[account].transfers.append(
            SimulatedTransfer(time: time, kind: kind, amount: Fixed8(units: amount)))
        news.append(.transfer(account: account, index: accounts[account].transfers.count - 1))
    }
}
