// SPDX-License-Identifier: Apache-2.0

public import JSON

/// Bodies of requests to `/info`, and messages to the WebSocket.
public struct HyperliquidRequest: Hashable, Sendable {
    public let bytes: [UInt8]
    /// What the request costs at least; see the venue's limits.
    public let weight: Int
    /// How many rows of an answer cost one more; `nil` where rows cost nothing.
    public let rowsPerWeight: Int?
    public let type: String

    private init(
        _ type: String, weight: Int = 20, rowsPerWeight: Int? = nil, _ members: (inout JSONWriter) -> Void = { _ in }
    ) {
        var writer = JSONWriter(capacity: 128)
        writer.object {
            $0.string("type", type)
            members(&$0)
        }
        bytes = writer.bytes
        self.weight = weight
        self.rowsPerWeight = rowsPerWeight
        self.type = type
    }

    private static func ofUser(
        _ type: String, _ user: String, weight: Int = 20, rowsPerWeight: Int? = nil, dex: String? = nil,
        _ members: (inout JSONWriter) -> Void = { _ in }
    ) -> Self {
        Self(type, weight: weight, rowsPerWeight: rowsPerWeight) {
            $0.string("user", user)
            if let dex { $0.string("dex", dex) }
            members(&$0)
        }
    }

    // MARK: Markets

    /// - Parameter dex: A builder's exchange; `nil` for the first.
    public static func meta(dex: String? = nil) -> Self { Self("meta") { if let dex { $0.string("dex", dex) } } }
    public static func metaAndContexts(dex: String? = nil) -> Self {
        Self("metaAndAssetCtxs") { if let dex { $0.string("dex", dex) } }
    }
    public static let spotMeta = Self("spotMeta")
    public static let spotMetaAndContexts = Self("spotMetaAndAssetCtxs")
    public static let perpetualDexes = Self("perpDexs")
    public static func allMids(dex: String? = nil) -> Self {
        Self("allMids", weight: 2) { if let dex { $0.string("dex", dex) } }
    }
    public static func book(_ coin: String, significantFigures: Int? = nil, mantissa: Int? = nil) -> Self {
        Self("l2Book", weight: 2) {
            $0.string("coin", coin)
            if let significantFigures { $0.integer("nSigFigs", significantFigures) }
            if let mantissa { $0.integer("mantissa", mantissa) }
        }
    }
    public static func recentTrades(_ coin: String) -> Self {
        Self("recentTrades", rowsPerWeight: 20) { $0.string("coin", coin) }
    }
    /// - Parameters:
    ///   - interval: `1m`, `3m`, `5m`, `15m`, `30m`, `1h`, `2h`, `4h`, `8h`, `12h`, `1d`, `3d`, `1w`, `1M`.
    ///   - from: Milliseconds since 1970, as `to`.
    public static func candles(_ coin: String, interval: String, from: Int64, to: Int64) -> Self {
        Self("candleSnapshot", rowsPerWeight: 60) {
            $0.key("req")
            $0.object {
                $0.string("coin", coin)
                $0.string("interval", interval)
                $0.integer("startTime", from)
                $0.integer("endTime", to)
            }
        }
    }
    public static func fundingHistory(_ coin: String, from: Int64, to: Int64? = nil) -> Self {
        Self("fundingHistory", rowsPerWeight: 20) {
            $0.string("coin", coin)
            $0.integer("startTime", from)
            if let to { $0.integer("endTime", to) }
        }
    }
    public static let predictedFundings = Self("predictedFundings")
    public static let exchangeStatus = Self("exchangeStatus", weight: 2)

    // MARK: Account

    public static func perpetualState(_ user: String, dex: String? = nil) -> Self {
        ofUser("clearinghouseState", user, weight: 2, dex: dex)
    }
    public static func spotState(_ user: String) -> Self { ofUser("spotClearinghouseState", user, weight: 2) }
    public static func openOrders(_ user: String, dex: String? = nil) -> Self { ofUser("openOrders", user, dex: dex) }
    public static func frontendOpenOrders(_ user: String, dex: String? = nil) -> Self {
        ofUser("frontendOpenOrders", user, dex: dex)
    }
    public static func orderStatus(_ user: String, _ order: HyperliquidOrderName) -> Self {
        ofUser("orderStatus", user, weight: 2) {
            $0.key("oid")
            order.value.write(to: &$0)
        }
    }
    public static func historicalOrders(_ user: String, dex: String? = nil) -> Self {
        ofUser("historicalOrders", user, rowsPerWeight: 20, dex: dex)
    }
    /// - Parameters:
    ///   - to: Milliseconds since 1970; the venue documents it for `fillsByTime` only.
    ///   - isAggregated: Whether the fills of one order in one block are told as one.
    public static func fills(_ user: String, to: Int64? = nil, isAggregated: Bool? = nil) -> Self {
        ofUser("userFills", user, rowsPerWeight: 20) {
            if let to { $0.integer("endTime", to) }
            if let isAggregated { $0.bool("aggregateByTime", isAggregated) }
        }
    }
    public static func fillsByTime(
        _ user: String, from: Int64, to: Int64? = nil, isAggregated: Bool? = nil
    ) -> Self {
        ofUser("userFillsByTime", user, rowsPerWeight: 20) {
            $0.integer("startTime", from)
            if let to { $0.integer("endTime", to) }
            if let isAggregated { $0.bool("aggregateByTime", isAggregated) }
        }
    }
    public static func funding(_ user: String, from: Int64?, to: Int64? = nil) -> Self {
        ofUser("userFunding", user, rowsPerWeight: 20) {
            if let from { $0.integer("startTime", from) }
            if let to { $0.integer("endTime", to) }
        }
    }
    public static func ledgerUpdates(_ user: String, from: Int64?, to: Int64? = nil) -> Self {
        ofUser("userNonFundingLedgerUpdates", user, rowsPerWeight: 20) {
            if let from { $0.integer("startTime", from) }
            if let to { $0.integer("endTime", to) }
        }
    }
    public static func fees(_ user: String) -> Self { ofUser("userFees", user) }
    public static func rateLimit(_ user: String) -> Self { ofUser("userRateLimit", user) }
    public static func agents(_ user: String) -> Self { ofUser("extraAgents", user) }
    public static func subAccounts(_ user: String) -> Self { ofUser("subAccounts", user) }
    public static func role(_ user: String) -> Self { ofUser("userRole", user, weight: 60) }
    public static func portfolio(_ user: String) -> Self { ofUser("portfolio", user) }
    public static func abstraction(_ user: String) -> Self { ofUser("userAbstraction", user) }
    public static func activeAsset(_ user: String, _ coin: String) -> Self {
        ofUser("activeAssetData", user) { $0.string("coin", coin) }
    }
    public static func maximumMarketOrderValues() -> Self { Self("maxMarketOrderNtls") }
    public static func twapHistory(_ user: String) -> Self { ofUser("twapHistory", user, rowsPerWeight: 20) }
    public static func twapFills(_ user: String) -> Self { ofUser("userTwapSliceFills", user, rowsPerWeight: 20) }
}

/// What a WebSocket connection can be subscribed to.
public enum HyperliquidSubscription: Hashable, Sendable {
    case book(String)
    case trades(String)
    case quote(String)
    case candles(String, interval: String)
    case context(String)
    case allMids
    case orderUpdates(user: String)
    case userEvents(user: String)
    case userFills(user: String)
    case userFundings(user: String)
    case ledgerUpdates(user: String)
    case activeAsset(user: String, String)
    case twapFills(user: String)
    case twapHistory(user: String)
    case openOrders(user: String)
    case perpetualState(user: String)
    case notifications(user: String)

    /// The venue's name of it; what its messages' channel is called, except for `userEvents` (`user`).
    public var type: String {
        switch self {
        case .book: "l2Book"
        case .trades: "trades"
        case .quote: "bbo"
        case .candles: "candle"
        case .context: "activeAssetCtx"
        case .allMids: "allMids"
        case .orderUpdates: "orderUpdates"
        case .userEvents: "userEvents"
        case .userFills: "userFills"
        case .userFundings: "userFundings"
        case .ledgerUpdates: "userNonFundingLedgerUpdates"
        case .activeAsset: "activeAssetData"
        case .twapFills: "userTwapSliceFills"
        case .twapHistory: "userTwapHistory"
        case .openOrders: "openOrders"
        case .perpetualState: "clearinghouseState"
        case .notifications: "notification"
        }
    }

    public func write(to writer: inout JSONWriter) {
        writer.object {
            $0.string("type", type)
            switch self {
            case .book(let coin), .trades(let coin), .quote(let coin), .context(let coin): $0.string("coin", coin)
            case .candles(let coin, let interval):
                $0.string("coin", coin)
                $0.string("interval", interval)
            case .activeAsset(let user, let coin):
                $0.string("user", user)
                $0.string("coin", coin)
            case .orderUpdates(let user), .userEvents(let user), .userFills(let user), .userFundings(let user),
                .ledgerUpdates(let user), .twapFills(let user), .twapHistory(let user), .openOrders(let user),
                .perpetualState(let user), .notifications(let user):
                $0.string("user", user)
            case .allMids: break
            }
        }
    }
}

/// Messages to the WebSocket.
public enum HyperliquidFrame {
    public static let ping = Array(#"{"method":"ping"}"#.utf8)

    public static func subscribe(_ subscription: HyperliquidSubscription) -> [UInt8] {
        frame("subscribe", subscription)
    }

    public static func unsubscribe(_ subscription: HyperliquidSubscription) -> [UInt8] {
        frame("unsubscribe", subscription)
    }

    /// - Parameter request: As `HyperliquidSigner.request` gives it.
    public static func post(id: UInt64, action request: [UInt8]) -> [UInt8] { post(id, "action", request) }
    public static func post(id: UInt64, info request: HyperliquidRequest) -> [UInt8] { post(id, "info", request.bytes) }

    private static func frame(_ method: String, _ subscription: HyperliquidSubscription) -> [UInt8] {
        var writer = JSONWriter()
        writer.object {
            $0.string("method", method)
            $0.key("subscription")
            subscription.write(to: &$0)
        }
        return writer.bytes
    }

    private static func post(_ id: UInt64, _ type: String, _ payload: [UInt8]) -> [UInt8] {
        var writer = JSONWriter(capacity: payload.count + 80)
        writer.object {
            $0.string("method", "post")
            $0.integer("id", id)
            $0.key("request")
            $0.object {
                $0.string("type", type)
                $0.key("payload")
                $0.raw(payload)
            }
        }
        return writer.bytes
    }
}
