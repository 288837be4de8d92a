// SPDX-License-Identifier: Apache-2.0

public import Cryptography
import Trading

/// Hyperliquid itself as a value: requests and market data go in, answers and messages come out.
///
/// It has two clocks. Nonces, expiry, limits and heartbeats run on the wall time that every call brings; candles,
/// funding, triggers and the times in messages on the market time that market events bring.
public struct HyperliquidSimulator: Sendable {
    public private(set) var configuration: SimulatorConfiguration

    /// What is to be sent and closed, in order; the caller takes it after each call.
    public internal(set) var outputs: [SimulatorOutput] = []

    var wall = Timestamp.epoch
    var marketTime: Timestamp?

    var markets: [SimulatedMarket] = []
    /// Names of tokens; the first is USDC.
    var tokens: [String] = ["USDC"]
    var marketOfCoin: [String: Int] = [:]
    var marketOfAsset: [Int64: Int] = [:]

    var accounts: [SimulatedAccount] = []
    var accountOfAddress: [Address: Int] = [:]
    var agents: [SimulatedAgent] = []
    var agentOfAddress: [Address: Int] = [:]
    var nonces: [Address: NonceWindow] = [:]

    var orders: [SimulatedOrder] = []
    var orderOfCloid: [CloidKey: Int] = [:]
    var groups: [OrderGroup] = []
    var twaps: [SimulatedTwap] = []
    var tradeCount: UInt64 = 0
    var random: UInt64

    var deferred: [Deferred] = []
    var updates: [OrderUpdate] = []
    var news: [AccountNews] = []

    var connections: [UInt32: SimulatedConnection] = [:]
    var subscriptions: [Subscription] = []
    var newConnections: [Timestamp] = []
    var weights: [UInt32: WeightWindow] = [:]
    var messageWindows: [UInt32: WeightWindow] = [:]
    var nextFunding: Timestamp?
    /// The earliest that any account has armed its dead-man switch for.
    var nextScheduledCancel: Timestamp?

    public internal(set) var statistics = SimulatorStatistics()
    /// Whether every order that is not post-only is refused, as for some minutes after an upgrade of the venue.
    public var takesOnlyPostOnly = false

    struct CloidKey: Hashable { var account: Int, cloid: Cloid }

    /// What follows from a fill or the end of an order, done when matching is over.
    enum Deferred {
        case activate(group: Int)
        case cancelChildren(group: Int)
        case cancelSiblings(of: Int)
        case positionChanged(account: Int, market: Int, sizeBefore: Units)
    }

    struct OrderUpdate {
        var account: Int
        var order: Int
        var status: OrderStatus
        var remaining: Units
        var time: Timestamp
    }

    enum AccountNews {
        case fill(account: Int, index: Int)
        case funding(account: Int, index: Int)
        case transfer(account: Int, index: Int)
        case twap(account: Int)
    }

    static let firstOrderID: UInt64 = 77_000_000_000

    /// - Precondition: The configuration has no `problems`.
    public init(configuration: SimulatorConfiguration) {
        precondition(configuration.problems.isEmpty, configuration.problems.joined(separator: "; "))
        self.configuration = configuration
        random = mixed(configuration.seed)
        var perps = 0
        var spots = 0
        for (index, market) in configuration.markets.enumerated() {
            var token = 0
            var coin = market.coin
            if market.isSpot {
                token = tokens.count
                tokens.append(market.coin)
                coin = spots == 0 ? "\(market.coin)/USDC" : "@\(spots)"
            }
            let asset = market.isSpot ? 10_000 + spots : perps
            if market.isSpot { spots += 1 } else { perps += 1 }
            marketOfCoin[coin] = index
            marketOfAsset[Int64(asset)] = index
            markets.append(
                SimulatedMarket(
                    market, index: index, coin: coin, asset: asset, token: token, seed: configuration.seed))
        }
        for account in configuration.accounts { add(account) }
        for agent in configuration.agents {
            guard let account = accountOfAddress[agent.account] else { continue }
            add(SimulatedAgent(address: agent.address, account: account, name: agent.name, until: agent.validUntil))
        }
        deferred.removeAll()
        news.removeAll()
    }

    /// Who requests are taken to be signed by, where signatures are not verified.
    public mutating func assumeSigner(_ address: Address) { configuration.assumedSigner = address }

    mutating func add(_ account: AccountConfiguration) {
        precondition(accountOfAddress[account.address] == nil, "account \(account.address) is configured twice")
        var balances = [TokenBalance](repeating: TokenBalance(), count: tokens.count)
        for (name, balance) in account.spot {
            guard let token = tokens.firstIndex(of: name) else { continue }
            balances[token].total = balance.units
        }
        accountOfAddress[account.address] = accounts.count
        accounts.append(
            SimulatedAccount(
                address: account.address, master: account.master, isVault: account.isVault,
                cash: account.balance.units,
                positions: markets.map {
                    SimulatedPosition(
                        leverage: min(20, $0.configuration.maxLeverage), isCross: !$0.configuration.onlyIsolated)
                },
                balances: balances, volume: account.volume.units))
    }

    mutating func add(_ agent: SimulatedAgent) {
        agentOfAddress[agent.address] = agents.count
        agents.append(agent)
    }

    /// The time that messages carry.
    var time: Timestamp {
        switch configuration.messageTimes {
        case .market: marketTime ?? wall
        case .wall: wall
        }
    }

    /// The clock of this call; it never goes back.
    mutating func begin(_ wall: Timestamp) {
        self.wall = max(self.wall, bounded(wall))
        if let next = nextScheduledCancel, next <= self.wall { fireScheduledCancels() }
    }

    /// Within two centuries of the epoch, so that no sum of times overflows.
    func bounded(_ time: Timestamp) -> Timestamp {
        max(Timestamp(seconds: -7_000_000_000), min(time, Timestamp(seconds: 7_000_000_000)))
    }

    mutating func nextRandom() -> UInt64 {
        random = random &+ 0x9E37_79B9_7F4A_7C15
        return mixed(random)
    }

    func oid(_ index: Int) -> UInt64 { Self.firstOrderID + UInt64(index) }

    func index(ofOrder oid: UInt64) -> Int? {
        guard oid >= Self.firstOrderID, oid - Self.firstOrderID < UInt64(orders.count) else { return nil }
        return Int(oid - Self.firstOrderID)
    }
}

/// What the venue wants done.
public enum SimulatorOutput: Sendable, Hashable {
    case send(UInt32, [UInt8])
    case close(UInt32, reason: String)
}

/// What an HTTP client gets.
public struct SimulatedAnswer: Sendable, Hashable {
    public var status: Int
    public var body: [UInt8]
    /// What it counted against the limit of the sender's address.
    public var weight: Int
}

struct SimulatedAgent: Sendable {
    var address: Address
    var account: Int
    var name: String
    var until: Timestamp?
}
