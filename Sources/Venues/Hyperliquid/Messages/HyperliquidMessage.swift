// SPDX-License-Identifier: Apache-2.0

public import JSON

/// One message of the WebSocket.
public enum HyperliquidMessage: Sendable {
    /// The plain text that can come first.
    case greeting
    case pong
    case error(String)
    /// - Parameters:
    ///   - method: `subscribe` or `unsubscribe`.
    ///   - type: Of the subscription; `subscription` is all of it.
    case subscribed(method: String, type: String, subscription: JSONValue)

    case book(HyperliquidBook)
    case trades([HyperliquidTrade])
    case quote(HyperliquidQuote)
    case candles([HyperliquidCandle])
    case mids(HyperliquidMids)
    case context(HyperliquidContext)
    case contexts([HyperliquidOfDex<HyperliquidContexts>])

    case orderUpdates([HyperliquidOrderUpdate])
    case orderHistory(user: String?, isSnapshot: Bool, [HyperliquidOrderUpdate])
    /// - Parameter isSnapshot: What was before the subscription: it may have been counted already.
    case fills(user: String?, isSnapshot: Bool, [HyperliquidFill])
    case funding(user: String?, isSnapshot: Bool, [HyperliquidFunding])
    case ledger(user: String?, isSnapshot: Bool, [HyperliquidLedgerUpdate])
    case liquidation(HyperliquidLiquidation)
    /// Orders that the venue cancelled by itself.
    case venueCancels([HyperliquidVenueCancel])
    case twapFills(user: String?, isSnapshot: Bool, [HyperliquidTwapFill])
    case twapHistory(user: String?, isSnapshot: Bool, [HyperliquidTwapState])
    case openOrders(user: String?, [HyperliquidOrderInfo])
    case perpetualState(user: String?, HyperliquidPerpetualState)
    case perpetualStates(user: String?, [HyperliquidOfDex<HyperliquidPerpetualState>])
    case spotState(user: String?, HyperliquidSpotState)
    case activeAsset(HyperliquidActiveAsset)
    case notification(String)
    /// The overview that the venue's own page uses.
    case webData(version: Int, JSONValue)

    case post(id: UInt64, HyperliquidPostAnswer)
    /// A channel that is not known here.
    case unknown(channel: String)
}

public struct HyperliquidVenueCancel: Hashable, Sendable, MessageDecodable {
    public var coin: String
    public var order: UInt64

    public init(_ message: MessageReader) throws(MessageError) {
        coin = try message.text("coin")
        order = try message.unsigned("oid")
    }
}

/// A liquidation that the account took part in.
public struct HyperliquidLiquidation: Hashable, Sendable, MessageDecodable {
    public var id: UInt64
    public var liquidator: String
    public var liquidatedUser: String
    public var liquidatedValue: ExactDecimal
    public var liquidatedAccountValue: ExactDecimal

    public init(_ message: MessageReader) throws(MessageError) {
        id = try message.unsigned("lid")
        liquidator = try message.text("liquidator")
        liquidatedUser = try message.text("liquidated_user")
        liquidatedValue = try message.decimal("liquidated_ntl_pos")
        liquidatedAccountValue = try message.decimal("liquidated_account_value")
    }
}

/// The answer to a request that was posted over the WebSocket.
public enum HyperliquidPostAnswer: Sendable {
    case action(HyperliquidExchangeAnswer)
    /// - Parameter type: Of the request.
    case info(type: String, JSONValue)
    /// What HTTP would have said with a status of 400 or more.
    case error(String)
}

extension HyperliquidPostAnswer: MessageDecodable {
    public init(_ message: MessageReader) throws(MessageError) {
        switch try message.text("type") {
        case "action": self = .action(try HyperliquidExchangeAnswer(try message.object("payload")))
        case "info":
            let payload = try message.object("payload")
            self = .info(type: try payload.text("type"), try payload.required("data"))
        case "error":
            let payload = try message.required("payload")
            self = .error(payload.string ?? payload.text)
        case let other: throw MessageError(field: message.name("type"), problem: .unknown, value: other)
        }
    }
}

extension HyperliquidMessage {
    /// Reads one WebSocket text message, whatever the bytes are.
    public static func decode(_ bytes: [UInt8]) throws(MessageError) -> HyperliquidMessage {
        if let fast = FastMessages.decode(bytes) { return fast }
        if bytes.first != UInt8(ascii: "{"), bytes.starts(with: "Websocket connection established".utf8) {
            return .greeting
        }
        return try decode(try MessageReader(bytes: bytes))
    }

    static func decode(_ message: MessageReader) throws(MessageError) -> HyperliquidMessage {
        let channel = try message.text("channel")
        if channel == "pong" { return .pong }
        let data = MessageReader(try message.required("data"), path: "data")
        switch channel {
        case "error": return .error(data.json.string ?? data.json.text)
        case "notification": return .notification(try notification(data))
        case "subscriptionResponse":
            let subscription = try data.object("subscription")
            return .subscribed(
                method: try data.text("method"), type: try subscription.text("type"), subscription: subscription.json)
        case "l2Book": return .book(try HyperliquidBook(data))
        case "trades": return .trades(try data.all())
        case "bbo": return .quote(try HyperliquidQuote(data))
        case "candle":
            return .candles(data.json.kind == .array ? try data.all() : [try HyperliquidCandle(data)])
        case "allMids": return .mids(try HyperliquidMids(data))
        case "activeAssetCtx", "activeSpotAssetCtx": return .context(try HyperliquidContext(data))
        case "assetCtxs":
            let contexts = data.optional("ctxs") == nil ? [] : try data.all("ctxs", HyperliquidContext.self)
            return .contexts([HyperliquidOfDex(dex: try data.optionalText("dex") ?? "", HyperliquidContexts(contexts))])
        case "allDexsAssetCtxs": return .contexts(try data.all("ctxs"))
        case "activeAssetData": return .activeAsset(try HyperliquidActiveAsset(data))
        case "orderUpdates": return .orderUpdates(try data.all())
        case "user", "userEvents": return try userEvent(data)
        case "userFills":
            return .fills(
                user: try data.optionalText("user"), isSnapshot: try data.flag("isSnapshot"), try data.all("fills"))
        case "userHistoricalOrders":
            return .orderHistory(
                user: try data.optionalText("user"), isSnapshot: try data.flag("isSnapshot"),
                try data.all("orderHistory"))
        case "userFundings":
            return .funding(
                user: try data.optionalText("user"), isSnapshot: try data.flag("isSnapshot"),
                try data.all("fundings"))
        case "userNonFundingLedgerUpdates":
            return .ledger(
                user: try data.optionalText("user"), isSnapshot: try data.flag("isSnapshot"),
                try data.all("nonFundingLedgerUpdates"))
        case "userTwapSliceFills":
            return .twapFills(
                user: try data.optionalText("user"), isSnapshot: try data.flag("isSnapshot"),
                try data.all("twapSliceFills"))
        case "userTwapHistory":
            return .twapHistory(
                user: try data.optionalText("user"), isSnapshot: try data.flag("isSnapshot"),
                try data.all("history"))
        case "openOrders": return .openOrders(user: try data.optionalText("user"), try data.all("orders"))
        case "clearinghouseState":
            return .perpetualState(
                user: try data.optionalText("user"),
                try HyperliquidPerpetualState(try data.optionalObject("clearinghouseState") ?? data))
        case "allDexsClearinghouseState":
            return .perpetualStates(user: try data.optionalText("user"), try data.all("clearinghouseStates"))
        case "spotState":
            return .spotState(
                user: try data.optionalText("user"),
                try HyperliquidSpotState(try data.optionalObject("spotState") ?? data))
        case "webData2": return .webData(version: 2, data.json)
        case "webData3": return .webData(version: 3, data.json)
        case "post":
            return .post(
                id: try data.unsigned("id"), try HyperliquidPostAnswer(try data.object("response")))
        default: return .unknown(channel: channel)
        }
    }

    private static func notification(_ data: MessageReader) throws(MessageError) -> String {
        if let text = data.json.string { return text }
        return try data.text("notification")
    }

    private static func userEvent(_ data: MessageReader) throws(MessageError) -> HyperliquidMessage {
        if data.optional("fills") != nil {
            return .fills(
                user: try data.optionalText("user"), isSnapshot: try data.flag("isSnapshot"), try data.all("fills"))
        }
        if let funding = try data.optionalObject("funding") {
            return .funding(user: nil, isSnapshot: false, [try HyperliquidFunding(funding)])
        }
        if let part = try data.optionalObject("liquidation") { return .liquidation(try HyperliquidLiquidation(part)) }
        if data.optional("nonUserCancel") != nil { return .venueCancels(try data.all("nonUserCancel")) }
        if data.optional("twapSliceFills") != nil {
            return .twapFills(user: nil, isSnapshot: false, try data.all("twapSliceFills"))
        }
        if data.optional("twapHistory") != nil {
            let history = try data.required("twapHistory")
            let reader = MessageReader(history, path: data.name("twapHistory"))
            return .twapHistory(
                user: nil, isSnapshot: false,
                history.kind == .array ? try reader.all() : [try HyperliquidTwapState(reader)])
        }
        return .unknown(channel: "user: \(data.json.members.map(\.key).joined(separator: ", "))")
    }
}
