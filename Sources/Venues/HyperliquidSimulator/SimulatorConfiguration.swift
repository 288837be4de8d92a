// SPDX-License-Identifier: Apache-2.0

public import Trading

/// What a simulated venue trades, who trades there, and which of its unsure rules hold.
public struct SimulatorConfiguration: Sendable {
    public var markets: [MarketConfiguration]
    public var accounts: [AccountConfiguration]
    public var agents: [AgentConfiguration] = []
    public var fees = Fees()
    public var limits = Limits()
    /// The same seed and the same calls give the same venue.
    public var seed: UInt64 = 1

    /// Which of the two networks a signature must be made for. A client that is pointed at another host signs for the
    /// test network.
    public var isMainnet = false
    /// Whether the signer is recovered from the signature. Where not (for simulations that need speed), every request
    /// is taken to be signed by `assumedSigner`.
    public var verifiesSignatures = true
    public var assumedSigner: Address?

    /// An order is unknown to `orderStatus` for this long after it was placed, in wall time.
    public var statusLag = TimeSpan.zero
    /// Whether a reduce-only order below $10 is taken when it closes the whole position.
    public var acceptsSmallClose = true
    /// Whether an order with the client id of an earlier one is refused also where that one is over. Two that work at
    /// the same time never have the same.
    public var refusesUsedClientIDs = false
    /// Whether one order off the tick refuses its whole batch, with one error for all of it.
    public var checksTicksBeforeAll = true
    /// Whether order updates and fills of one moment come in an order that the seed decides.
    public var shufflesUpdates = true
    /// Whether a trade at exactly the price of a resting order fills it.
    public var fillsOnTouch = true
    /// Traded volume that an account needs before it may use `scheduleCancel`.
    public var scheduleCancelVolume = Fixed8(1_000_000)
    /// Whether a connection is greeted with a text that is not JSON.
    public var greets = false
    /// Which clock the times in messages come from: that of the market data, or the wall.
    public var messageTimes = MessageTimes.market
    public enum MessageTimes: Sendable { case market, wall }
    /// The least market time between two books, contexts or lists of mid prices.
    public var bookCadence = TimeSpan.milliseconds(500)

    public init(markets: [MarketConfiguration], accounts: [AccountConfiguration]) {
        self.markets = markets
        self.accounts = accounts
    }

    /// Why no venue can be made of this, one sentence each; none where one can.
    public var problems: [String] {
        var found: [String] = []
        var names: Set<String> = []
        let most = Fixed8(10_000_000_000)
        for market in markets {
            if !names.insert((market.isSpot ? "spot " : "") + market.coin).inserted {
                found.append("two markets are called \(market.coin)")
            }
            if !(0...(market.isSpot ? 8 : 6)).contains(market.szDecimals) {
                found.append("\(market.coin) has \(market.szDecimals) decimals; give 0 to \(market.isSpot ? 8 : 6)")
            }
            if !(1...1000).contains(market.maxLeverage) {
                found.append("\(market.coin) has a highest leverage of \(market.maxLeverage); give 1 to 1000")
            }
            if market.price <= .zero || market.price > most {
                found.append("\(market.coin) has a price of \(market.price); give one above 0 and at most 10^10")
            }
            if market.liquidity.levelValue > Fixed8(1_000_000_000_000) || !(0...1000).contains(market.liquidity.levels)
            {
                found.append("\(market.coin) has more liquidity than a book can hold")
            }
        }
        let tokens = Set(markets.filter(\.isSpot).map(\.coin)).union(["USDC"])
        var addresses: Set<Address> = []
        for account in accounts {
            if !addresses.insert(account.address).inserted { found.append("account \(account.address) is given twice") }
            for (token, balance) in account.spot where !tokens.contains(token) || balance < .zero {
                found.append("account \(account.address) cannot have \(balance) \(token)")
            }
            if account.balance < .zero { found.append("account \(account.address) has a negative balance") }
        }
        for agent in agents {
            if !addresses.contains(agent.account) {
                found.append("agent \(agent.address) signs for \(agent.account), which is no account")
            }
            if addresses.contains(agent.address) { found.append("agent \(agent.address) is an account too") }
        }
        if !verifiesSignatures, assumedSigner == nil { found.append("nobody is assumed to sign") }
        return found
    }
}

public struct MarketConfiguration: Sendable {
    /// The perpetual's name, or the base token of a spot pair with USDC.
    public var coin: String
    public var szDecimals: Int
    public var isSpot: Bool
    public var maxLeverage: Int64
    public var onlyIsolated = false
    public var isDelisted = false
    public var price: Fixed8
    /// Per hour; positive paid by longs.
    public var fundingRate = Rate.zero
    public var liquidity = Liquidity()

    public init(coin: String, szDecimals: Int, maxLeverage: Int64 = 50, price: Fixed8) {
        self.coin = coin
        self.szDecimals = szDecimals
        self.maxLeverage = maxLeverage
        self.price = price
        self.isSpot = false
    }
    /// A spot pair with USDC.
    public init(spot coin: String, szDecimals: Int, price: Fixed8) {
        self.init(coin: coin, szDecimals: szDecimals, maxLeverage: 1, price: price)
        self.isSpot = true
    }
}

/// What stands in the book besides the orders of the simulated accounts.
public struct Liquidity: Sendable, Hashable {
    /// Between best bid and best ask, as a share of the price; one tick at least.
    public var spread = Rate(units: 100_000)
    /// About what one level holds, in quote currency. None: the book is empty.
    public var levelValue = Fixed8(50_000)
    public var ticksBetweenLevels: Int64 = 1
    public var levels = 20
    public init() {}
}

public struct AccountConfiguration: Sendable {
    public var address: Address
    /// USDC of the perpetuals' account.
    public var balance: Fixed8
    /// By token name, USDC included.
    public var spot: [(token: String, balance: Fixed8)] = []
    /// Volume traded before, which the request budget and `scheduleCancel` depend on.
    public var volume = Fixed8.zero
    /// The account that signs for this one: a sub-account's owner or a vault's leader.
    public var master: Address?
    public var isVault = false
    public init(address: Address, balance: Fixed8) {
        self.address = address
        self.balance = balance
    }
}

/// A key that may sign for an account but not move its money.
public struct AgentConfiguration: Sendable {
    public var address: Address
    public var account: Address
    public var name = ""
    public var validUntil: Timestamp?
    public init(address: Address, account: Address) {
        self.address = address
        self.account = account
    }
}

public struct Fees: Sendable {
    public var perpTaker = Rate(units: 450_000)
    public var perpMaker = Rate(units: 150_000)
    public var spotTaker = Rate(units: 700_000)
    public var spotMaker = Rate(units: 400_000)
    public init() {}
}

public struct Limits: Sendable {
    /// Whether anything below is enforced.
    public var areEnforced = true
    public var weightPerMinute = 1200
    public var requestsToStart: Int64 = 10_000
    public var connections = 10
    public var newConnectionsPerMinute = 30
    public var subscriptions = 1000
    public var users = 10
    public var messagesPerMinute = 2000
    public var openOrders = 1000
    public var openOrdersAtMost = 5000
    /// A connection on which the venue sent nothing for this long is closed.
    public var silence = TimeSpan.seconds(60)
    public init() {}
}
