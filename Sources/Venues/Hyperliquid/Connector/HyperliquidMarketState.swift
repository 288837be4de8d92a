// SPDX-License-Identifier: Apache-2.0

import Connectivity
import Trading
import VenueInterface

/// What is kept of each market between messages, and where to find it.
struct HyperliquidMarketState: Sendable {
    struct Series: Sendable {
        let timeframe: Timeframe
        let interval: String
        var tracker = CandleTracker()
        /// In the stream health; `nil` where it is not subscribed to.
        var number: Int?
    }
    struct Entry: Sendable {
        let instrument: Instrument
        let coin: String
        var series: [Series]
        var bookTime: Timestamp?
        var quoteTime: Timestamp?
        var trades = RecentIdentifiers<UInt64>(capacity: 1_024)
        /// In the stream health; `nil` where they are not subscribed to.
        var bookNumber, tradesNumber, quoteNumber, contextNumber: Int?
    }

    var entries: [Entry]
    /// Of all market data.
    var times = MarketTimes()
    private let placeOfCoin: [String: Int]
    private let placeOfInstrument: [InstrumentID: Int]
    private let assets: [String: AssetID]
    /// What is subscribed to on the market's connection; their places are their numbers in the stream health.
    let watched: [HyperliquidSubscription]

    init(_ configuration: HyperliquidConnector.Configuration) {
        entries = configuration.markets.map { market in
            Entry(
                instrument: market.instrument, coin: market.coin,
                series: configuration.timeframes.compactMap { timeframe in
                    HyperliquidConnector.interval(of: timeframe).map { Series(timeframe: timeframe, interval: $0) }
                })
        }
        placeOfCoin = Dictionary(
            configuration.markets.enumerated().map { ($1.coin, $0) }, uniquingKeysWith: { first, _ in first })
        placeOfInstrument = Dictionary(
            configuration.markets.enumerated().map { ($1.instrument.id, $0) }, uniquingKeysWith: { first, _ in first })
        assets = Dictionary(configuration.assets.map { ($0.name, $0.id) }, uniquingKeysWith: { first, _ in first })
        watched = configuration.marketSubscriptions
        for (number, subscription) in watched.enumerated() { note(subscription, number) }
    }

    private mutating func note(_ subscription: HyperliquidSubscription, _ number: Int) {
        switch subscription {
        case .book(let coin): if let place = placeOfCoin[coin] { entries[place].bookNumber = number }
        case .trades(let coin): if let place = placeOfCoin[coin] { entries[place].tradesNumber = number }
        case .quote(let coin): if let place = placeOfCoin[coin] { entries[place].quoteNumber = number }
        case .context(let coin): if let place = placeOfCoin[coin] { entries[place].contextNumber = number }
        case .candles(let coin, let interval):
            guard let place = placeOfCoin[coin],
                let series = entries[place].series.firstIndex(where: { $0.interval == interval })
            else { return }
            entries[place].series[series].number = number
        default: break
        }
    }

    func place(of instrument: InstrumentID) -> Int? { placeOfInstrument[instrument] }
    func place(ofCoin coin: String) -> Int? { placeOfCoin[coin] }
    func instrument(_ id: InstrumentID) -> Instrument? { place(of: id).map { entries[$0].instrument } }
    func instrument(ofCoin coin: String) -> Instrument? { place(ofCoin: coin).map { entries[$0].instrument } }
    func asset(named name: String) -> AssetID? { assets[name] }

    /// Candles may have been missed.
    mutating func interruptCandles() {
        times.interrupt()
        for place in entries.indices {
            for series in entries[place].series.indices { entries[place].series[series].tracker.interrupt() }
        }
    }
}

extension HyperliquidCandle {
    /// - Throws: Where a number does not fit its scale, or the candle makes no sense.
    func bar(of instrument: Instrument, _ timeframe: Timeframe) throws(MessageError) -> Bar {
        func price(_ field: String, _ number: ExactDecimal) throws(MessageError) -> Price {
            guard let price = number.price(of: instrument), price.units > 0 else {
                throw MessageError(field: field, problem: .outOfRange, value: "\(coin) \(number)")
            }
            return price
        }
        guard timeframe.openTime(containing: open) == open else {
            throw MessageError(
                field: "t", problem: .wrongType(expected: "the start of a candle of \(timeframe)"), value: "\(open)")
        }
        guard let volume = volume.quantity(of: instrument), volume.units >= 0 else {
            throw MessageError(field: "v", problem: .outOfRange, value: "\(coin) \(self.volume)")
        }
        let bar = Bar(
            openTime: open, open: try price("o", openPrice), high: try price("h", highPrice),
            low: try price("l", lowPrice), close: try price("c", closePrice), volume: volume)
        guard bar.low <= min(bar.open, bar.close), bar.high >= max(bar.open, bar.close) else {
            throw MessageError(
                field: "candle", problem: .wrongType(expected: "open and close between low and high"),
                value: "\(coin) \(openPrice) \(highPrice) \(lowPrice) \(closePrice)")
        }
        return bar
    }
}

extension HyperliquidContext {
    func context(of instrument: Instrument) -> MarketContext {
        MarketContext(
            instrument: instrument.id, mark: mark?.price(rounded: instrument),
            oracle: oracle?.price(rounded: instrument),
            mid: mid?.price(rounded: instrument), fundingRate: funding?.rate,
            openInterest: openInterest?.quantity(of: instrument))
    }
}

extension ExactDecimal {
    /// Marks, oracles and mids are means: they may have more decimals than an order's price, and the nearest is meant.
    func price(rounded instrument: Instrument) -> Price? {
        rounded(to: instrument.priceDecimals).map { Price(units: $0) }
    }

    /// The nearest that a rate can hold.
    var rate: Rate? { rounded(to: Rate.decimals).map { Rate(units: $0) } }

    /// The nearest whole number of `10^-places`, halves away from zero; `nil` where it cannot be held.
    private func rounded(to places: Int) -> Int64? {
        if decimals <= places { return units(decimals: places, as: Int64.self) }
        guard decimals - places <= 36 else { return 0 }
        var divisor: Int128 = 1
        for _ in 0..<(decimals - places) { divisor *= 10 }
        let (quotient, remainder) = mantissa.quotientAndRemainder(dividingBy: divisor)
        let isUp = remainder.magnitude >= divisor.magnitude - remainder.magnitude
        let value = isUp ? quotient + (mantissa < 0 ? -1 : 1) : quotient
        return Int64(exactly: value)
    }
}
