// SPDX-License-Identifier: Apache-2.0

public import Trading

/// The side of a book, or of the order that started a trade.
public enum BookSide: Int64, Sendable, BitwiseCopyable {
    case bid = 1
    case ask = 2
}

/// A trade that a venue published.
public struct MarketTrade: SeriesRecord {
    /// Who crossed the spread.
    public enum Aggressor: Int64, Sendable, BitwiseCopyable {
        case unknown = 0
        case buyer = 1
        case seller = 2
    }
    public let time: Timestamp
    /// When it reached us; equal to `time` where the source does not say.
    public let receiveTime: Timestamp
    public let price: Price
    public let quantity: Quantity
    public let id: TradeID
    public let aggressor: Aggressor

    public init(
        time: Timestamp, receiveTime: Timestamp, price: Price, quantity: Quantity, id: TradeID, aggressor: Aggressor
    ) {
        self.time = time
        self.receiveTime = receiveTime
        self.price = price
        self.quantity = quantity
        self.id = id
        self.aggressor = aggressor
    }

    public static let kind = SeriesKind.trades
    public static let columns = [
        SeriesColumn("receive_time", .nanoseconds), SeriesColumn("time", .nanoseconds), SeriesColumn("price", .price),
        SeriesColumn("quantity", .quantity), SeriesColumn("trade_id", .integer), SeriesColumn("aggressor", .integer),
    ]

    public func field(_ column: Int) -> Int64 {
        switch column {
        case 0: receiveTime.nanoseconds
        case 1: time.nanoseconds
        case 2: price.units
        case 3: quantity.units
        case 4: Int64(bitPattern: id.rawValue)
        default: aggressor.rawValue
        }
    }

    public init(fields: (Int) -> Int64) {
        self.init(
            time: Timestamp(nanoseconds: fields(1)), receiveTime: Timestamp(nanoseconds: fields(0)),
            price: Price(units: fields(2)), quantity: Quantity(units: fields(3)),
            id: TradeID(UInt64(bitPattern: fields(4))), aggressor: Aggressor(rawValue: fields(5)) ?? .unknown)
    }
}

/// The best bid and ask of a book.
public struct Quote: SeriesRecord {
    public let time: Timestamp
    public let receiveTime: Timestamp
    public let bid: OrderBookLevel
    public let ask: OrderBookLevel

    public init(time: Timestamp, receiveTime: Timestamp, bid: OrderBookLevel, ask: OrderBookLevel) {
        self.time = time
        self.receiveTime = receiveTime
        self.bid = bid
        self.ask = ask
    }

    public static let kind = SeriesKind.quotes
    public static let columns = [
        SeriesColumn("receive_time", .nanoseconds), SeriesColumn("time", .nanoseconds),
        SeriesColumn("bid_price", .price), SeriesColumn("bid_quantity", .quantity), SeriesColumn("ask_price", .price),
        SeriesColumn("ask_quantity", .quantity),
    ]

    public func field(_ column: Int) -> Int64 {
        switch column {
        case 0: receiveTime.nanoseconds
        case 1: time.nanoseconds
        case 2: bid.price.units
        case 3: bid.quantity.units
        case 4: ask.price.units
        default: ask.quantity.units
        }
    }

    public init(fields: (Int) -> Int64) {
        self.init(
            time: Timestamp(nanoseconds: fields(1)), receiveTime: Timestamp(nanoseconds: fields(0)),
            bid: OrderBookLevel(price: Price(units: fields(2)), quantity: Quantity(units: fields(3))),
            ask: OrderBookLevel(price: Price(units: fields(4)), quantity: Quantity(units: fields(5))))
    }
}

/// A price of a book and how much rests there.
public struct OrderBookLevel: Hashable, Sendable, BitwiseCopyable {
    public let price: Price
    public let quantity: Quantity

    public init(price: Price, quantity: Quantity) {
        self.price = price
        self.quantity = quantity
    }
}

/// The new quantity of one level of a book counted by levels (L2). Zero removes the level.
public struct OrderBookDelta: SeriesRecord {
    /// What the row belongs to: a message is applied as a whole, when its last row was read.
    public struct Flags: OptionSet, Hashable, Sendable, BitwiseCopyable {
        public let rawValue: Int64
        public init(rawValue: Int64) { self.rawValue = rawValue }
        /// Part of a full picture that replaces the book.
        public static let snapshot = Flags(rawValue: 1)
        /// The last row of its message.
        public static let lastOfMessage = Flags(rawValue: 2)
    }
    public let time: Timestamp
    public let receiveTime: Timestamp
    public let side: BookSide
    public let level: OrderBookLevel
    /// The venue's number of the update, or 0 where it gives none.
    public let sequence: Int64
    public let flags: Flags

    public init(
        time: Timestamp, receiveTime: Timestamp, side: BookSide, level: OrderBookLevel, sequence: Int64, flags: Flags
    ) {
        self.time = time
        self.receiveTime = receiveTime
        self.side = side
        self.level = level
        self.sequence = sequence
        self.flags = flags
    }

    public static let kind = SeriesKind.bookDeltas
    public static let columns = [
        SeriesColumn("receive_time", .nanoseconds), SeriesColumn("time", .nanoseconds), SeriesColumn("side", .integer),
        SeriesColumn("price", .price), SeriesColumn("quantity", .quantity), SeriesColumn("sequence", .integer),
        SeriesColumn("flags", .integer),
    ]

    public func field(_ column: Int) -> Int64 {
        switch column {
        case 0: receiveTime.nanoseconds
        case 1: time.nanoseconds
        case 2: side.rawValue
        case 3: level.price.units
        case 4: level.quantity.units
        case 5: sequence
        default: flags.rawValue
        }
    }

    public init(fields: (Int) -> Int64) {
        self.init(
            time: Timestamp(nanoseconds: fields(1)), receiveTime: Timestamp(nanoseconds: fields(0)),
            side: BookSide(rawValue: fields(2)) ?? .bid,
            level: OrderBookLevel(price: Price(units: fields(3)), quantity: Quantity(units: fields(4))),
            sequence: fields(5), flags: Flags(rawValue: fields(6)))
    }
}

/// What happened to one order of a book counted by orders (L3).
public struct OrderBookOrderEvent: SeriesRecord {
    public enum Action: Int64, Sendable, BitwiseCopyable {
        case created = 1
        case changed = 2
        case deleted = 3
    }
    public let time: Timestamp
    public let receiveTime: Timestamp
    public let action: Action
    public let side: BookSide
    /// The venue's id of the order.
    public let orderID: UInt64
    public let level: OrderBookLevel

    public init(
        time: Timestamp, receiveTime: Timestamp, action: Action, side: BookSide, orderID: UInt64, level: OrderBookLevel
    ) {
        self.time = time
        self.receiveTime = receiveTime
        self.action = action
        self.side = side
        self.orderID = orderID
        self.level = level
    }

    public static let kind = SeriesKind.bookOrderEvents
    public static let columns = [
        SeriesColumn("receive_time", .nanoseconds), SeriesColumn("time", .nanoseconds),
        SeriesColumn("action", .integer), SeriesColumn("side", .integer), SeriesColumn("order_id", .integer),
        SeriesColumn("price", .price), SeriesColumn("quantity", .quantity),
    ]

    public func field(_ column: Int) -> Int64 {
        switch column {
        case 0: receiveTime.nanoseconds
        case 1: time.nanoseconds
        case 2: action.rawValue
        case 3: side.rawValue
        case 4: Int64(bitPattern: orderID)
        case 5: level.price.units
        default: level.quantity.units
        }
    }

    public init(fields: (Int) -> Int64) {
        self.init(
            time: Timestamp(nanoseconds: fields(1)), receiveTime: Timestamp(nanoseconds: fields(0)),
            action: Action(rawValue: fields(2)) ?? .changed, side: BookSide(rawValue: fields(3)) ?? .bid,
            orderID: UInt64(bitPattern: fields(4)),
            level: OrderBookLevel(price: Price(units: fields(5)), quantity: Quantity(units: fields(6))))
    }
}
