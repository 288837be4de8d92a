// SPDX-License-Identifier: Apache-2.0

public import Trading

/// A fill as one side of it sees it.
public struct SimulatedFill: Sendable, Hashable {
    public var coin: String
    public var oid: UInt64
    public var cloid: Cloid?
    public var tid: UInt64
    public var isBuy: Bool
    public var price: Fixed8
    public var size: Fixed8
    public var time: Timestamp
    public var startPosition: Fixed8
    public var direction: String
    public var closedPnl: Fixed8
    /// The builder's part included.
    public var fee: Fixed8
    public var feeToken: String
    public var builderFee: Fixed8
    public var isTaker: Bool
    /// Of the TWAP that sent the order.
    public var twap: UInt64?
    /// The mark price, for a fill that a liquidation forced.
    public var liquidationMark: Fixed8?
    public var liquidated: Address?
}

public struct SimulatedFunding: Sendable, Hashable {
    public var time: Timestamp
    public var coin: String
    /// What the account received; negative: paid.
    public var amount: Fixed8
    public var positionSize: Fixed8
    public var rate: Rate
}

/// A change of a balance that is neither fill nor funding.
public struct SimulatedTransfer: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        case deposit
        case withdraw(fee: Fixed8)
        case classTransfer(toPerp: Bool)
        /// Within the venue, between accounts.
        case send(from: Address, to: Address)
        case subAccount(from: Address, to: Address)
        case spotSend(token: String, from: Address, to: Address)
        case vaultDeposit(vault: Address)
        case vaultWithdraw(vault: Address, by: Address)
        /// Bought requests.
        case requestWeight
        /// A loss beyond the margin that the venue bore.
        case insurance
    }
    public var time: Timestamp
    public var kind: Kind
    /// Without its sign.
    public var amount: Fixed8
}

struct SimulatedPosition: Sendable {
    /// Signed.
    var size: Units = 0
    /// What it cost, without sign.
    var cost: Money = 0
    var leverage: Int64
    var isCross: Bool
    /// Set aside for an isolated position.
    var margin: Money = 0
    var fundingEver: Money = 0
    var fundingSinceOpen: Money = 0
    var fundingSinceChange: Money = 0

    func value(at price: Units) -> Money { Decimals.notional(price, size).magnitudeSigned }
    func profit(at price: Units) -> Money { Decimals.notional(price, size) - (size < 0 ? -cost : cost) }
}

struct TokenBalance: Sendable {
    var total: Money = 0
    var hold: Money = 0
    var cost: Money = 0
}

struct SimulatedAccount: Sendable {
    let address: Address
    let master: Address?
    let isVault: Bool
    var name = ""
    /// USDC of the perpetuals' account without unrealised profit and without the margin of isolated positions.
    var cash: Money
    /// One a market.
    var positions: [SimulatedPosition]
    /// One a token.
    var balances: [TokenBalance]
    var orders: [Int] = []
    var activeOrders = 0
    var fills: [SimulatedFill] = []
    var funding: [SimulatedFunding] = []
    var transfers: [SimulatedTransfer] = []
    var volume: Money
    var makerVolume: Money = 0
    var requestsUsed: Int64 = 0
    var requestsBought: Int64 = 0
    var lastRequestBeyondBudget: Timestamp?
    var scheduledCancel: Timestamp?
    var scheduledCancelDay: Int64 = .min
    var scheduledCancelsToday = 0
    /// By the vault's place among the accounts.
    var vaultDeposits: [Int: Money] = [:]
    var builders: [(address: Address, maximum: Int64)] = []
}

extension Int128 {
    var magnitudeSigned: Int128 { self < 0 ? -self : self }
}
