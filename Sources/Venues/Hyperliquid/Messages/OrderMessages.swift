// SPDX-License-Identifier: Apache-2.0

public import Execution
public import Trading
public import VenueInterface

/// An order as the venue lists it. What only some messages say is `nil` in the others.
public struct HyperliquidOrderInfo: Hashable, Sendable {
    public var coin: String
    public var side: Side
    public var limit: ExactDecimal
    /// What is still open.
    public var remaining: ExactDecimal
    public var size: ExactDecimal
    public var order: UInt64
    public var client: ClientOrderID?
    /// When it was placed.
    public var time: Timestamp
    public var isReduceOnly: Bool
    public var isTrigger: Bool
    public var trigger: ExactDecimal?
    public var triggerCondition: String?
    /// Whether it follows the size of the position.
    public var isPositionProtection: Bool
    /// `Limit`, `Stop Market`, `Take Profit Limit`, …
    public var orderType: String?
    public var timeInForce: String?
    public var children: [HyperliquidOrderInfo]
}

extension HyperliquidOrderInfo: MessageDecodable {
    public init(_ message: MessageReader) throws(MessageError) {
        coin = try message.text("coin")
        side = try message.side("side")
        limit = try message.decimal("limitPx")
        remaining = try message.decimal("sz")
        size = try message.optionalDecimal("origSz") ?? remaining
        order = try message.unsigned("oid")
        client = try message.client("cloid")
        time = try message.time("timestamp")
        isReduceOnly = try message.flag("reduceOnly")
        isTrigger = try message.flag("isTrigger")
        trigger = try message.optionalDecimal("triggerPx")
        if trigger?.isZero == true { trigger = nil }
        triggerCondition = try message.optionalText("triggerCondition")
        isPositionProtection = try message.flag("isPositionTpsl")
        orderType = try message.optionalText("orderType")
        timeInForce = try message.optionalText("tif")
        children = message.optional("children") == nil ? [] : try message.all("children")
    }

    /// In an instrument's units.
    ///
    /// - Throws: Where a number does not fit its scale.
    public func update(
        of instrument: Instrument, status: VenueOrderStatus, at statusTime: Timestamp
    ) throws(MessageError) -> OrderUpdate {
        func fit<Value>(_ field: String, _ number: ExactDecimal, _ value: Value?) throws(MessageError) -> Value {
            guard let value else { throw MessageError(field: field, problem: .outOfRange, value: "\(coin) \(number)") }
            return value
        }
        let limitPrice = try fit("limitPx", limit, limit.price(of: instrument))
        var triggerPrice: Price?
        if let trigger { triggerPrice = try fit("triggerPx", trigger, trigger.price(of: instrument)) }
        return OrderUpdate(
            client: client, venueOrder: VenueOrderID(order), instrument: instrument.id, side: side, status: status,
            limit: limitPrice, trigger: triggerPrice, quantity: try fit("origSz", size, size.quantity(of: instrument)),
            remaining: try fit("sz", remaining, remaining.quantity(of: instrument)), isReduceOnly: isReduceOnly,
            time: statusTime)
    }
}

/// A change of an order's state.
public struct HyperliquidOrderUpdate: Hashable, Sendable {
    public var order: HyperliquidOrderInfo
    public var status: HyperliquidOrderStatus
    public var statusTime: Timestamp
}

extension HyperliquidOrderUpdate: MessageDecodable {
    public init(_ message: MessageReader) throws(MessageError) {
        order = try HyperliquidOrderInfo(try message.object("order"))
        status = HyperliquidOrderStatus(text: try message.text("status"))
        statusTime = try message.time("statusTimestamp")
    }

    /// In an instrument's units.
    public func update(of instrument: Instrument) throws(MessageError) -> OrderUpdate {
        guard let venue = status.venue else {
            throw MessageError(field: "status", problem: .unknown, value: status.text)
        }
        return try order.update(of: instrument, status: venue, at: statusTime)
    }
}

/// The answer to `orderStatus`.
public enum HyperliquidOrderQuery: Hashable, Sendable {
    case order(HyperliquidOrderUpdate)
    /// The venue has no such order; soon after a request that can mean "not yet".
    case unknownOrder
}

extension HyperliquidOrderQuery: MessageDecodable {
    public init(_ message: MessageReader) throws(MessageError) {
        switch try message.text("status") {
        case "order": self = .order(try HyperliquidOrderUpdate(try message.object("order")))
        case "unknownOid": self = .unknownOrder
        case let other: throw MessageError(field: message.name("status"), problem: .unknown, value: other)
        }
    }
}

/// The venue's word for the state of an order.
public struct HyperliquidOrderStatus: Hashable, Sendable, CustomStringConvertible {
    public let text: String
    public init(text: String) { self.text = text }
    public var description: String { text }

    /// What it means; `nil` for a word that says nothing about whether the order still works.
    public var venue: VenueOrderStatus? {
        switch text {
        case "open": return .open
        case "triggered": return .triggered
        case "filled": return .filled
        case "canceled", "cancelled": return .cancelled(.byRequest, text: text)
        case "rejected": return .rejected(.venueRefused, text: text)
        // An immediate-or-cancel order that met nothing, or whose rest met nothing, is no failure.
        case "scheduledCancel": return .cancelled(.scheduledCancel, text: text)
        case "internalCancel": return .cancelled(.none, text: text)
        default: break
        }
        if let base = text.dropping(suffix: "Canceled") ?? text.dropping(suffix: "Cancelled") {
            return .cancelled(Self.cancelReasons[base] ?? .none, text: text)
        }
        if let base = text.dropping(suffix: "Rejected") {
            return .rejected(Self.rejectReasons[base] ?? .none, text: text)
        }
        return text.hasSuffix("Cancel") ? .cancelled(.none, text: text) : nil
    }

    private static let cancelReasons: [String: RejectReason] = [
        "margin": .marginCall, "vaultWithdrawal": .marginCall, "openInterestCap": .openInterestCap,
        "selfTrade": .selfTrade, "reduceOnly": .nothingToReduce, "siblingFilled": .groupDone,
        "delisted": .delisted, "liquidated": .liquidated, "scheduled": .scheduledCancel, "parent": .parentDone,
    ]

    private static let rejectReasons: [String: RejectReason] = [
        "tick": .offTick, "minTradeNtl": .belowMinimumNotional, "minTradeSpotNtl": .belowMinimumNotional,
        "perpMargin": .insufficientMargin, "insufficientSpotBalance": .insufficientBalance,
        "reduceOnly": .nothingToReduce, "badAloPx": .wouldTakeLiquidity, "iocCancel": .notFilledAtOnce,
        "badTriggerPx": .badTrigger, "marketOrderNoLiquidity": .noLiquidity, "oracle": .priceOutsideCollar,
        "perpMaxPosition": .positionLimit, "positionIncreaseAtOpenInterestCap": .openInterestCap,
        "positionFlipAtOpenInterestCap": .openInterestCap, "tooAggressiveAtOpenInterestCap": .openInterestCap,
        "openInterestIncrease": .openInterestCap,
    ]
}

extension String {
    fileprivate func dropping(suffix: String) -> String? {
        hasSuffix(suffix) ? String(dropLast(suffix.count)) : nil
    }
}
