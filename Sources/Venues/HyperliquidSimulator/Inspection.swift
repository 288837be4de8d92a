// SPDX-License-Identifier: Apache-2.0

public import Trading

/// Counts of what the venue saw and did, for tests.
public struct SimulatorStatistics: Sendable {
    public internal(set) var marketEvents = 0
    /// Prices of market data that were zero, negative or beyond 10^10, and were left out.
    public internal(set) var unusablePrices = 0
    public internal(set) var requests = 0
    /// Signed actions received, by their type, refused ones included.
    public internal(set) var actions: [String: Int] = [:]
    /// Requests to `/info`, by their type.
    public internal(set) var infos: [String: Int] = [:]
    /// How often an order with this client id arrived in an action that was accepted as signed and new, refused orders
    /// included; replacements by `modify` are not counted.
    public internal(set) var ordersReceived: [Cloid: Int] = [:]
    public internal(set) var ordersRefused = 0
    public internal(set) var fills = 0
    public internal(set) var triggersFired = 0
    public internal(set) var liquidations = 0
    public internal(set) var scheduledCancels = 0
    public internal(set) var unreadable = 0
    public internal(set) var tooManyRequests = 0
    public internal(set) var overBudget = 0
    public internal(set) var expired = 0
    public internal(set) var connections = 0
    public internal(set) var closedForSilence = 0
    public internal(set) var messagesReceived = 0
    public internal(set) var messagesSent = 0
    public internal(set) var posts = 0
}

/// The exact state of an account.
public struct AccountState: Sendable {
    public struct Position: Sendable, Hashable {
        public var coin: String
        /// Signed.
        public var size: Fixed8
        /// What it cost, without sign.
        public var cost: Fixed8
        public var leverage: Int64
        public var isCross: Bool
        public var isolatedMargin: Fixed8
    }
    public struct Balance: Sendable, Hashable {
        public var token: String
        public var total: Fixed8
        public var hold: Fixed8
    }
    public struct Order: Sendable, Hashable {
        public var oid: UInt64
        public var cloid: Cloid?
        public var coin: String
        public var isBuy: Bool
        public var price: Fixed8
        public var triggerPrice: Fixed8?
        public var isStop: Bool
        public var reduceOnly: Bool
        public var size: Fixed8
        public var remaining: Fixed8
        public var filled: Fixed8
        public var status: OrderStatus
        public var placedAt: Timestamp
    }
    /// USDC of the perpetuals' account: realised, without the margin of isolated positions.
    public var cash: Fixed8
    /// With unrealised profit and isolated margin, at mark prices.
    public var value: Fixed8
    public var positions: [Position]
    public var balances: [Balance]
    /// Those that rest or wait, oldest first.
    public var openOrders: [Order]
    public var fills: [SimulatedFill]
    public var funding: [SimulatedFunding]
    public var transfers: [SimulatedTransfer]
    public var volume: Fixed8
    public var requestsUsed: Int64
    public var requestsCap: Int64
    public var scheduledCancel: Timestamp?
}

extension HyperliquidSimulator {
    /// The state of an account, or `nil` where there is none of this address.
    public func account(_ address: Address) -> AccountState? {
        guard let index = accountOfAddress[address] else { return nil }
        let account = accounts[index]
        return AccountState(
            cash: Fixed8(units: account.cash), value: Fixed8(units: margin(index).value),
            positions: markets.indices.compactMap { market in
                let position = account.positions[market]
                guard position.size != 0 else { return nil }
                return AccountState.Position(
                    coin: markets[market].coin, size: Fixed8(units: Int128(position.size)),
                    cost: Fixed8(units: position.cost), leverage: position.leverage, isCross: position.isCross,
                    isolatedMargin: Fixed8(units: position.margin))
            },
            balances: tokens.indices.map {
                AccountState.Balance(
                    token: tokens[$0], total: Fixed8(units: account.balances[$0].total),
                    hold: Fixed8(units: account.balances[$0].hold))
            },
            openOrders: activeOrders(index).map { state(ofOrder: $0) }, fills: account.fills,
            funding: account.funding, transfers: account.transfers, volume: Fixed8(units: account.volume),
            requestsUsed: account.requestsUsed, requestsCap: requestCap(index),
            scheduledCancel: account.scheduledCancel)
    }

    /// The signed size of a position, without building the whole state.
    public func positionSize(_ address: Address, _ coin: String) -> Fixed8? {
        guard let account = accountOfAddress[address], let market = marketOfCoin[coin] else { return nil }
        return Fixed8(units: Int128(accounts[account].positions[market].size))
    }

    /// How many fills an account has had.
    public func fillCount(_ address: Address) -> Int { accountOfAddress[address].map { accounts[$0].fills.count } ?? 0 }

    /// Every fill of an account, oldest first.
    public func fills(of address: Address) -> [SimulatedFill]? { accountOfAddress[address].map { accounts[$0].fills } }

    /// Every order of an account, ended ones included, oldest first.
    public func orders(of address: Address) -> [AccountState.Order] {
        accountOfAddress[address].map { accounts[$0].orders.map { state(ofOrder: $0) } } ?? []
    }

    /// The latest order of a client id.
    public func order(_ cloid: Cloid, of address: Address) -> AccountState.Order? {
        accountOfAddress[address].flatMap { orderOfCloid[CloidKey(account: $0, cloid: cloid)] }.map {
            state(ofOrder: $0)
        }
    }

    private func state(ofOrder index: Int) -> AccountState.Order {
        let order = orders[index]
        return AccountState.Order(
            oid: order.oid, cloid: order.request.cloid, coin: markets[order.market].coin, isBuy: order.isBuy,
            price: Fixed8(units: Int128(order.request.price)),
            triggerPrice: order.request.trigger.map { Fixed8(units: Int128($0.price)) },
            isStop: order.request.trigger?.isStop ?? false, reduceOnly: order.request.reduceOnly,
            size: Fixed8(units: Int128(order.size)), remaining: Fixed8(units: Int128(order.remaining)),
            filled: Fixed8(units: Int128(order.filled)), status: order.status, placedAt: order.placedAt)
    }

    /// The prices of a market.
    public func prices(_ coin: String) -> (last: Fixed8, mark: Fixed8, oracle: Fixed8, isMarkGiven: Bool)? {
        marketOfCoin[coin].map {
            let market = markets[$0]
            return (
                Fixed8(units: Int128(market.last)), Fixed8(units: Int128(market.mark)),
                Fixed8(units: Int128(market.oracle)), market.isMarkGiven
            )
        }
    }

    /// Best bid and best ask; `nil` where that side is empty.
    public func quote(_ coin: String) -> (bid: Fixed8?, ask: Fixed8?)? {
        marketOfCoin[coin].map { index in
            (
                bestOpposite(index, isBuy: false).map { Fixed8(units: Int128($0)) },
                bestOpposite(index, isBuy: true).map { Fixed8(units: Int128($0)) }
            )
        }
    }

    /// The markets whose mark price is the last price for want of data.
    public var marketsWithoutMark: [String] { markets.filter { !$0.isMarkGiven && !$0.isSpot }.map(\.coin) }
}
