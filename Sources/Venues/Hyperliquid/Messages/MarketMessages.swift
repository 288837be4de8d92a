// SPDX-License-Identifier: Apache-2.0

internal import JSON
public import Trading
public import VenueInterface

/// One price of a book.
public struct HyperliquidLevel: Hashable, Sendable, BitwiseCopyable {
    var priceMantissa: Int64
    var sizeMantissa: Int64
    var priceDecimals: UInt8
    var sizeDecimals: UInt8
    /// How many orders make it up; 0 where the venue does not say.
    public var orders: UInt32

    public var price: ExactDecimal { ExactDecimal(mantissa: Int128(priceMantissa), decimals: Int(priceDecimals)) }
    public var size: ExactDecimal { ExactDecimal(mantissa: Int128(sizeMantissa), decimals: Int(sizeDecimals)) }
}

extension HyperliquidLevel: MessageDecodable {
    public init(_ message: MessageReader) throws(MessageError) {
        let price = try message.decimal("px")
        let size = try message.decimal("sz")
        guard let priceMantissa = Int64(exactly: price.mantissa) else {
            throw MessageError(field: message.name("px"), problem: .outOfRange, value: "\(price)")
        }
        guard let sizeMantissa = Int64(exactly: size.mantissa) else {
            throw MessageError(field: message.name("sz"), problem: .outOfRange, value: "\(size)")
        }
        self.priceMantissa = priceMantissa
        self.sizeMantissa = sizeMantissa
        priceDecimals = UInt8(price.decimals)
        sizeDecimals = UInt8(size.decimals)
        orders = UInt32(clamping: try message.optionalInteger("n") ?? 0)
    }

    /// In an instrument's units; `nil` where a number does not fit its scale.
    func level(priceDecimals wantedPrice: Int, quantityDecimals wantedQuantity: Int) -> BookSnapshot.Level? {
        guard let price = Self.units(priceMantissa, Int(priceDecimals), wantedPrice),
            let quantity = Self.units(sizeMantissa, Int(sizeDecimals), wantedQuantity)
        else { return nil }
        return BookSnapshot.Level(price: Price(units: price), quantity: Quantity(units: quantity))
    }

    private static func units(_ mantissa: Int64, _ decimals: Int, _ wanted: Int) -> Int64? {
        var value = mantissa
        var decimals = decimals
        while decimals > wanted {
            let (quotient, remainder) = value.quotientAndRemainder(dividingBy: 10)
            guard remainder == 0 else { return nil }
            value = quotient
            decimals -= 1
        }
        while decimals < wanted {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            value = product
            decimals += 1
        }
        return value
    }
}

/// A whole book at one time, best prices first. The venue sends no differences.
public struct HyperliquidBook: Hashable, Sendable {
    public var coin: String
    /// `nil` where an old answer does not say.
    public var time: Timestamp?
    public var bids: [HyperliquidLevel]
    public var asks: [HyperliquidLevel]
}

extension HyperliquidBook: MessageDecodable {
    public init(_ message: MessageReader) throws(MessageError) {
        coin = try message.text("coin")
        time = try message.optionalTime("time")
        let sides = try message.list("levels")
        guard sides.count == 2 else {
            throw MessageError(
                field: message.name("levels"), problem: .wrongType(expected: "two lists"), value: "\(sides.count)")
        }
        bids = try sides[0].all()
        asks = try sides[1].all()
    }

    /// In an instrument's units.
    ///
    /// - Throws: Where a number does not fit its scale, or the book is crossed or out of order: such a book is of no use.
    public func snapshot(of instrument: Instrument) throws(MessageError) -> BookSnapshot {
        guard let time else { throw MessageError(field: "time", problem: .missing, value: coin) }
        let bids = try side(bids, isBid: true, of: instrument)
        let asks = try side(asks, isBid: false, of: instrument)
        if let bid = bids.first, let ask = asks.first, bid.price >= ask.price {
            throw MessageError(
                field: "levels", problem: .wrongType(expected: "a bid below the ask"),
                value: "\(coin) \(self.bids[0].price) and \(self.asks[0].price)")
        }
        return BookSnapshot(instrument: instrument.id, time: time, bids: bids, asks: asks)
    }

    private func side(
        _ levels: [HyperliquidLevel], isBid: Bool, of instrument: Instrument
    ) throws(MessageError) -> [BookSnapshot.Level] {
        let (priceDecimals, quantityDecimals) = (instrument.priceDecimals, instrument.quantityDecimals)
        var last = isBid ? Int64.max : Int64.min
        let result = [BookSnapshot.Level](unsafeUninitializedCapacity: levels.count) { buffer, filled in
            for level in levels {
                guard let read = level.level(priceDecimals: priceDecimals, quantityDecimals: quantityDecimals),
                    isBid ? read.price.units < last : read.price.units > last, read.quantity.units > 0
                else { return }
                last = read.price.units
                buffer.initializeElement(at: filled, to: read)
                filled += 1
            }
        }
        guard result.count == levels.count else {
            let level = levels[result.count]
            let fits = level.level(priceDecimals: priceDecimals, quantityDecimals: quantityDecimals) != nil
            throw MessageError(
                field: "levels",
                problem: fits ? .wrongType(expected: "prices in order with sizes above zero") : .outOfRange,
                value: "\(coin) \(level.price) × \(level.size)")
        }
        return result
    }
}

public struct HyperliquidTrade: Hashable, Sendable {
    public var coin: String
    /// Which side took liquidity.
    public var taker: Side
    public var price: ExactDecimal
    public var size: ExactDecimal
    public var time: Timestamp
    /// Unique together with the coin and the time.
    public var id: UInt64
    public var hash: String
    /// The buyer and the seller, where the venue says.
    public var users: [String]
}

extension HyperliquidTrade: MessageDecodable {
    public init(_ message: MessageReader) throws(MessageError) {
        coin = try message.text("coin")
        taker = try message.side("side")
        price = try message.decimal("px")
        size = try message.decimal("sz")
        time = try message.time("time")
        id = try message.optionalUnsigned("tid") ?? 0
        hash = try message.optionalText("hash") ?? ""
        users = message.optional("users")?.elements.compactMap(\.string) ?? []
    }

    /// In an instrument's units; `nil` where a number does not fit its scale or is not above zero.
    public func trade(of instrument: Instrument) -> VenueTrade? {
        guard let price = price.price(of: instrument), let quantity = size.quantity(of: instrument), price.units > 0,
            quantity.units > 0
        else { return nil }
        return VenueTrade(
            instrument: instrument.id, time: time, price: price, quantity: quantity, taker: taker, id: TradeID(id))
    }
}

/// The best bid and ask.
public struct HyperliquidQuote: Hashable, Sendable {
    public var coin: String
    public var time: Timestamp
    public var bid: HyperliquidLevel?
    public var ask: HyperliquidLevel?
}

extension HyperliquidQuote: MessageDecodable {
    public init(_ message: MessageReader) throws(MessageError) {
        coin = try message.text("coin")
        time = try message.time("time")
        let sides = try message.list("bbo")
        guard sides.count == 2 else {
            throw MessageError(
                field: message.name("bbo"), problem: .wrongType(expected: "two levels"), value: "\(sides.count)")
        }
        bid = sides[0].json.isNull ? nil : try HyperliquidLevel(sides[0])
        ask = sides[1].json.isNull ? nil : try HyperliquidLevel(sides[1])
    }
}

public struct HyperliquidCandle: Hashable, Sendable {
    public var coin: String
    /// `1m`, `1h`, `1M`.
    public var interval: String
    public var open: Timestamp
    /// The last millisecond that belongs to it.
    public var close: Timestamp
    public var openPrice: ExactDecimal
    public var highPrice: ExactDecimal
    public var lowPrice: ExactDecimal
    public var closePrice: ExactDecimal
    /// Of the base asset.
    public var volume: ExactDecimal
    public var trades: Int64
}

extension HyperliquidCandle: MessageDecodable {
    public init(_ message: MessageReader) throws(MessageError) {
        coin = try message.text("s")
        interval = try message.text("i")
        open = try message.time("t")
        close = try message.time("T")
        openPrice = try message.decimal("o")
        highPrice = try message.decimal("h")
        lowPrice = try message.decimal("l")
        closePrice = try message.decimal("c")
        volume = try message.decimal("v")
        trades = try message.optionalInteger("n") ?? 0
    }
}

/// What the venue says about a market besides its trades.
public struct HyperliquidContext: Hashable, Sendable {
    /// `nil` in lists that go by the place in the universe.
    public var coin: String?
    public var mark: ExactDecimal?
    public var oracle: ExactDecimal?
    public var mid: ExactDecimal?
    /// For one hour; positive is paid by longs.
    public var funding: ExactDecimal?
    public var premium: ExactDecimal?
    public var openInterest: ExactDecimal?
    public var previousDayPrice: ExactDecimal?
    /// Of the last day, in quote and in base.
    public var dayValue: ExactDecimal?
    public var dayVolume: ExactDecimal?
    public var circulatingSupply: ExactDecimal?
    public var impactPrices: [ExactDecimal]
}

extension HyperliquidContext: MessageDecodable {
    /// Reads a context alone, or one beside its coin (`{coin, ctx}`).
    public init(_ message: MessageReader) throws(MessageError) {
        let inner = try message.optionalObject("ctx") ?? message
        coin = message.optional("coin") == nil ? try inner.optionalText("coin") : try message.text("coin")
        mark = try inner.optionalDecimal("markPx")
        oracle = try inner.optionalDecimal("oraclePx")
        mid = try inner.optionalDecimal("midPx")
        funding = try inner.optionalDecimal("funding")
        premium = try inner.optionalDecimal("premium")
        openInterest = try inner.optionalDecimal("openInterest")
        previousDayPrice = try inner.optionalDecimal("prevDayPx")
        dayValue = try inner.optionalDecimal("dayNtlVlm")
        dayVolume = try inner.optionalDecimal("dayBaseVlm")
        circulatingSupply = try inner.optionalDecimal("circulatingSupply")
        impactPrices = []
        if inner.optional("impactPxs") != nil {
            for price in try inner.list("impactPxs") { impactPrices.append(try price.decimal()) }
        }
        guard inner.json.kind == .object else {
            throw MessageError(
                field: message.path, problem: .wrongType(expected: "an object"), value: message.json.text)
        }
    }
}

/// Middle prices by coin, in the order of the message.
public struct HyperliquidMids: Hashable, Sendable {
    public struct Mid: Hashable, Sendable {
        public var coin: String
        public var price: ExactDecimal
    }
    public var mids: [Mid]
}

extension HyperliquidMids: MessageDecodable {
    /// Reads the map alone (HTTP), or under `mids` (WebSocket).
    public init(_ message: MessageReader) throws(MessageError) {
        let map = try message.optionalObject("mids") ?? message
        guard map.json.kind == .object else {
            throw MessageError(field: "mids", problem: .wrongType(expected: "an object"), value: map.json.text)
        }
        mids = []
        for (coin, price) in map.json.members {
            mids.append(Mid(coin: coin, price: try MessageReader(price, path: map.name(coin)).decimal()))
        }
    }
}
