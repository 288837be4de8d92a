// SPDX-License-Identifier: Apache-2.0

public import Connectivity
public import Cryptography
public import Trading

extension HyperliquidConnector {
    /// An instrument and its names at the venue.
    public struct Market: Sendable {
        public var instrument: Instrument
        /// `BTC`, `@107`, `dex:COIN`.
        public var coin: String
        /// The number that orders name it by.
        public var asset: Int
        public init(instrument: Instrument, coin: String, asset: Int) {
            self.instrument = instrument
            self.coin = coin
            self.asset = asset
        }
        public init(instrument: Instrument, _ market: HyperliquidMarket) {
            self.init(instrument: instrument, coin: market.coin, asset: market.assetIndex)
        }
    }

    /// What is read of a market all the time. Candles have timeframes of their own.
    public struct Streams: OptionSet, Hashable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        public static let book = Streams(rawValue: 1)
        public static let trades = Streams(rawValue: 2)
        public static let quotes = Streams(rawValue: 4)
        public static let contexts = Streams(rawValue: 8)
    }

    /// The venue's limits, or less where the network address is shared with other programs.
    public struct Limits: Sendable {
        public var weightPerMinute = 1_200
        public var connectionsPerMinute = 30
        public var socketMessagesPerMinute = 2_000
        public var postsInFlight = 100
        /// Of each priority.
        public var queuedRequests = 512
        public var failuresUntilBreak = 5
        public var address = AddressBudget.Rules()
        public init() {}
    }

    public struct Configuration: Sendable {
        public var markets: [Market]
        /// The assets that balances and fees can be in, by the venue's names.
        public var assets: [(name: String, id: AssetID)]
        /// The account that is read: never an agent's address. `nil`: market data only.
        public var account: EthereumAddress?
        /// Signs what acts; `nil`: nothing acts. It knows the network and the vault.
        public var signer: HyperliquidSigner?
        /// How long after its signing an action is still taken; `nil`: without end. It makes unknown outcomes definite.
        public var expiresAfter: TimeSpan? = .seconds(10)
        /// Of which candles are streamed.
        public var timeframes: [Timeframe]
        public var streams: Streams
        /// Whether orders go over the WebSocket while that is up.
        public var postsActions = false
        /// Whether market and account share one connection.
        public var usesOneConnection = false
        public var limits = Limits()
        /// What this network address has asked before the connector begins, in monotonic time, oldest first: the venue
        /// counts it against the connector's requests.
        public var usedBefore: [(weight: Int, time: TimeSpan)] = []
        public var retries = RetryPolicy()
        public var requestTimeout: TimeSpan = .seconds(10)
        public var connectTimeout: TimeSpan = .seconds(15)
        public var subscribeTimeout: TimeSpan = .seconds(15)
        /// How long an order may wait to be sent.
        public var orderFreshness = Self.orderFreshness
        public static let orderFreshness = TimeSpan.seconds(5)
        /// How long a cancellation, a question and a reading may take until they are given up.
        public var readFreshness: TimeSpan = .seconds(60)
        /// A market stream that is silent for so long is told as stale; candles have `staleCandles` times their length where
        /// that is longer.
        public var staleAfter: TimeSpan = .seconds(120)
        public var staleCandles: Int64 = 2
        /// The market's connection being down for so long, prices and candles are asked for instead.
        public var pollAfter: TimeSpan = .seconds(15)
        /// Between two such requests.
        public var pollEvery: TimeSpan = .seconds(3)
        /// How often the venue's time is asked for; `nil`: never, and the clock is taken as it is.
        public var clockEvery: TimeSpan? = .seconds(300)
        public var clockAlarm: TimeSpan = .seconds(1)
        public var backoff = Backoff()

        public init(
            markets: [Market], assets: [(name: String, id: AssetID)], account: EthereumAddress? = nil,
            signer: HyperliquidSigner? = nil, timeframes: [Timeframe] = [], streams: Streams = [.book, .trades]
        ) {
            self.markets = markets
            self.assets = assets
            self.account = account
            self.signer = signer
            self.timeframes = timeframes
            self.streams = streams
        }
    }
}

extension HyperliquidConnector {
    /// The venue's name of a timeframe; `nil` where it has no such candles.
    public static func interval(of timeframe: Timeframe) -> String? {
        let name = timeframe.description
        let names = ["1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "8h", "12h", "1d", "3d", "1w"]
        return names.contains(name) ? name : nil
    }
}

extension HyperliquidConnector.Configuration {
    /// Everything that is subscribed to on the market's connection.
    var marketSubscriptions: [HyperliquidSubscription] {
        markets.flatMap { market in
            var list: [HyperliquidSubscription] = timeframes.compactMap { timeframe in
                HyperliquidConnector.interval(of: timeframe).map { .candles(market.coin, interval: $0) }
            }
            if streams.contains(.book) { list.append(.book(market.coin)) }
            if streams.contains(.trades) { list.append(.trades(market.coin)) }
            if streams.contains(.quotes) { list.append(.quote(market.coin)) }
            if streams.contains(.contexts) { list.append(.context(market.coin)) }
            return list
        }
    }

    /// The longest silence of a market's stream that is still well.
    func longestSilence(of subscription: HyperliquidSubscription) -> TimeSpan {
        guard case .candles(_, let interval) = subscription, let timeframe = try? Timeframe(parsing: interval) else {
            return staleAfter
        }
        let (silence, overflow) = timeframe.nanoseconds.multipliedReportingOverflow(by: max(1, staleCandles))
        return overflow ? TimeSpan(nanoseconds: .max) : max(staleAfter, TimeSpan(nanoseconds: silence))
    }

    var accountSubscriptions: [HyperliquidSubscription] {
        guard let account else { return [] }
        let user = account.description
        return [
            .orderUpdates(user: user), .userFills(user: user), .userEvents(user: user), .userFundings(user: user),
            .ledgerUpdates(user: user),
        ]
    }

    var links: [HyperliquidLink] {
        if account == nil || usesOneConnection {
            return [
                HyperliquidLink(
                    name: "the venue", subscriptions: marketSubscriptions + accountSubscriptions, backoff: backoff)
            ]
        }
        return [
            HyperliquidLink(name: "market data", subscriptions: marketSubscriptions, backoff: backoff),
            HyperliquidLink(name: "the account", subscriptions: accountSubscriptions, backoff: backoff),
        ]
    }
}
