// SPDX-License-Identifier: Apache-2.0

import Cryptography
import JSON
import Trading

struct SimulatedConnection: Sendable {
    var sender: UInt32
    /// When the venue last sent something.
    var lastSent: Timestamp
}

/// What one connection listens to.
struct Subscription: Sendable {
    enum Kind: String, Sendable {
        case allMids, l2Book, trades, bbo, candle, activeAssetCtx
        case notification, userEvents, userFills, orderUpdates, userFundings, userNonFundingLedgerUpdates
        case webData2, webData3, activeAssetData, userTwapSliceFills, userTwapHistory, openOrders
        case clearinghouseState, allDexsClearinghouseState

        var needsCoin: Bool {
            switch self {
            case .l2Book, .trades, .bbo, .candle, .activeAssetCtx, .activeAssetData: true
            default: false
            }
        }
        var needsUser: Bool {
            switch self {
            case .allMids, .l2Book, .trades, .bbo, .candle, .activeAssetCtx: false
            default: true
            }
        }
    }

    var connection: UInt32
    var kind: Kind
    var market: Int?
    var interval = 0
    var figures = 0
    var user: Address?
    /// When it was last served, in market time, where it is served at most so often.
    var lastSent: Timestamp?
    /// The best prices and sizes last sent, to send changes only.
    var lastQuote: [Units] = []

    func isSame(as other: Subscription) -> Bool {
        connection == other.connection && kind == other.kind && market == other.market && interval == other.interval
            && figures == other.figures && user == other.user
    }
}

extension HyperliquidSimulator {
    /// Reads `{"type":"l2Book","coin":"BTC"}`; `nil` where it is no subscription.
    func subscription(_ value: JSONValue, connection: UInt32) -> Subscription? {
        guard let kind = value["type"]?.string.flatMap({ Subscription.Kind(rawValue: $0) }) else { return nil }
        var subscription = Subscription(connection: connection, kind: kind)
        if kind.needsCoin {
            guard let coin = value["coin"]?.string, let market = marketOfCoin[coin] else { return nil }
            subscription.market = market
        }
        if kind.needsUser {
            guard let user = value["user"]?.string.flatMap({ Address(anyCase: $0) }) else { return nil }
            subscription.user = user
        }
        if kind == .candle {
            guard let name = value["interval"]?.string,
                let interval = CandleInterval.all.firstIndex(where: { $0.name == name })
            else { return nil }
            subscription.interval = interval
        }
        if kind == .l2Book {
            guard let figures = figures(value) else { return nil }
            subscription.figures = figures
        }
        return subscription
    }

    func write(_ subscription: Subscription, to writer: inout JSONWriter) {
        writer.object {
            $0.string("type", subscription.kind.rawValue)
            if let market = subscription.market { $0.string("coin", markets[market].coin) }
            if subscription.kind == .candle { $0.string("interval", CandleInterval.all[subscription.interval].name) }
            if subscription.kind == .l2Book {
                $0.key("nSigFigs")
                if subscription.figures > 0 { $0.integer(subscription.figures) } else { $0.null() }
                $0.null("mantissa")
            }
            if let user = subscription.user { $0.string("user", user.description) }
        }
    }
}
