// SPDX-License-Identifier: Apache-2.0

public import Execution

/// An order in the venue's own terms. Prices and sizes are text without trailing zeros: they are part of what is signed.
public struct HyperliquidOrder: Hashable, Sendable {
    public enum TimeInForce: String, Hashable, Sendable {
        case goodTilCancelled = "Gtc"
        case immediateOrCancel = "Ioc"
        /// Post-only: refused where it would trade at once.
        case addLiquidityOnly = "Alo"
        case frontendMarket = "FrontendMarket"
    }
    public enum Protection: String, Hashable, Sendable {
        case takeProfit = "tp"
        case stopLoss = "sl"
    }
    public enum Kind: Hashable, Sendable {
        case limit(TimeInForce)
        /// Fires on the mark price. Market or not, the order's `price` bounds what it trades at.
        case trigger(price: String, isMarket: Bool, Protection)
    }

    public var asset: Int
    public var isBuy: Bool
    public var price: String
    public var size: String
    public var isReduceOnly: Bool
    public var kind: Kind
    public var client: ClientOrderID?

    public init(
        asset: Int, isBuy: Bool, price: String, size: String, isReduceOnly: Bool = false,
        kind: Kind = .limit(.goodTilCancelled), client: ClientOrderID? = nil
    ) {
        self.asset = asset
        self.isBuy = isBuy
        self.price = price
        self.size = size
        self.isReduceOnly = isReduceOnly
        self.kind = kind
        self.client = client
    }

    var value: ActionValue {
        let type: ActionValue =
            switch kind {
            case .limit(let timeInForce): ["limit": ["tif": .text(timeInForce.rawValue)]]
            case .trigger(let price, let isMarket, let protection):
                [
                    "trigger": [
                        "isMarket": .bool(isMarket), "triggerPx": .text(price), "tpsl": .text(protection.rawValue),
                    ]
                ]
            }
        var members: [ActionValue.Member] = [
            .init("a", .integer(Int64(asset))), .init("b", .bool(isBuy)), .init("p", .text(price)),
            .init("s", .text(size)), .init("r", .bool(isReduceOnly)), .init("t", type),
        ]
        if let client { members.append(.init("c", .text(client.description))) }
        return .map(members)
    }
}

extension ActionValue: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, ActionValue)...) {
        self = .map(elements.map { Member($0.0, $0.1) })
    }
}

/// How the orders of one action belong together.
public enum HyperliquidGrouping: String, Hashable, Sendable {
    case none = "na"
    /// The first is an entry, the others its take-profit and stop.
    case normal = "normalTpsl"
    /// Take-profit and stop of the whole position.
    case position = "positionTpsl"
}

/// The share of an order's value that goes to whoever built the program.
public struct HyperliquidBuilder: Hashable, Sendable {
    /// Lower-case.
    public var address: String
    /// In tenths of a basis point.
    public var fee: Int
    public init(address: String, fee: Int) {
        self.address = address
        self.fee = fee
    }
}

/// The name of an order in a request: the venue's number or ours.
public enum HyperliquidOrderName: Hashable, Sendable {
    case number(UInt64)
    case client(ClientOrderID)

    var value: ActionValue {
        switch self {
        case .number(let number): Int64(exactly: number).map { .integer($0) } ?? .unsigned(number)
        case .client(let client): .text(client.description)
        }
    }
}
