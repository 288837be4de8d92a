// SPDX-License-Identifier: Apache-2.0

import Connectivity
import JSON
import Trading
import VenueInterface

/// One WebSocket connection and what is subscribed to on it.
struct HyperliquidLink: Sendable {
    enum State: Hashable, Sendable {
        /// Not wanted. Next: waiting.
        case idle
        /// Next: opening.
        case waiting(until: TimeSpan)
        /// Next: subscribing, waiting.
        case opening(StreamID, since: TimeSpan)
        /// Open; not every subscription is confirmed. Next: up, waiting.
        case subscribing(StreamID, since: TimeSpan)
        /// Next: waiting.
        case up(StreamID)
    }

    let name: String
    let subscriptions: [HyperliquidSubscription]
    var state = State.idle
    var isConfirmed: [Bool]
    var lastHeard = TimeSpan.zero
    var lastPing = TimeSpan.zero
    var backoff: Backoff
    /// Since when it has not been up; `nil` while it is.
    var downSince: TimeSpan?
    /// Why the venue refused something on this connection.
    var complaint: String?

    init(name: String, subscriptions: [HyperliquidSubscription], backoff: Backoff) {
        self.name = name
        self.subscriptions = subscriptions
        self.backoff = backoff
        isConfirmed = Array(repeating: false, count: subscriptions.count)
    }

    /// The connection that is there or on its way.
    var stream: StreamID? {
        switch state {
        case .idle, .waiting: nil
        case .opening(let stream, _), .subscribing(let stream, _), .up(let stream): stream
        }
    }

    /// The connection that messages can go out on.
    var openStream: StreamID? {
        switch state {
        case .idle, .waiting, .opening: nil
        case .subscribing(let stream, _), .up(let stream): stream
        }
    }

    var isUp: Bool { if case .up = state { true } else { false } }

    /// Marks a subscription as working.
    /// - Returns: Whether it is one of this link's.
    mutating func confirm(_ subscription: HyperliquidSubscription) -> Bool {
        guard let index = subscriptions.firstIndex(of: subscription) else { return false }
        isConfirmed[index] = true
        return true
    }

    var unconfirmed: [HyperliquidSubscription] {
        zip(subscriptions, isConfirmed).filter { !$0.1 }.map(\.0)
    }
}

extension HyperliquidSubscription {
    /// As people are told of it.
    var name: String {
        switch self {
        case .book(let coin), .trades(let coin), .quote(let coin), .context(let coin): "\(type) \(coin)"
        case .candles(let coin, let interval): "\(type) \(coin) \(interval)"
        case .activeAsset(_, let coin): "\(type) \(coin)"
        case .allMids, .orderUpdates, .userEvents, .userFills, .userFundings, .ledgerUpdates, .twapFills, .twapHistory,
            .openOrders, .perpetualState, .notifications:
            type
        }
    }

    /// What the venue says is subscribed, of the kinds that this connector asks for. It may add members of its own.
    init?(_ json: JSONValue) {
        let coin = json["coin"]?.string ?? ""
        let user = json["user"]?.string?.lowercased() ?? ""
        switch json["type"]?.string {
        case "l2Book": self = .book(coin)
        case "trades": self = .trades(coin)
        case "bbo": self = .quote(coin)
        case "candle": self = .candles(coin, interval: json["interval"]?.string ?? "")
        case "activeAssetCtx": self = .context(coin)
        case "orderUpdates": self = .orderUpdates(user: user)
        case "userEvents": self = .userEvents(user: user)
        case "userFills": self = .userFills(user: user)
        case "userFundings": self = .userFundings(user: user)
        case "userNonFundingLedgerUpdates": self = .ledgerUpdates(user: user)
        default: return nil
        }
    }
}
