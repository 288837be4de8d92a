// SPDX-License-Identifier: Apache-2.0

public import Trading

/// Something an algorithm reads besides bars.
public enum AlgorithmInput: Hashable, Sendable {
    /// An indicator of the strategy, by its number among those it declared, and which of its outputs.
    case indicator(Int, output: Int)
    /// A value that came from outside, by name.
    case external(String)
}

/// What an algorithm sees at one instant.
public struct AlgorithmInstant: Sendable {
    public var time: Timestamp
    /// In the order of the algorithm's instruments; those without a price yet are left out.
    public var markets: [MarketSample]
    public var values: [AlgorithmInput: Double]

    public init(time: Timestamp, markets: [MarketSample], values: [AlgorithmInput: Double] = [:]) {
        self.time = time
        self.markets = markets
        self.values = values
    }

    public func market(_ instrument: InstrumentID) -> MarketSample? {
        markets.first { $0.instrument.id == instrument }
    }

    /// NaN where there is none.
    public func value(_ input: AlgorithmInput) -> Double { values[input] ?? .nan }
}

/// The last closed bar of an instrument, and the rules its orders obey.
public struct MarketSample: Sendable {
    public var instrument: Instrument
    public var rules: TradingRules
    public var high: Price
    public var low: Price
    public var close: Price
    /// Of the bar, in quantity units of the instrument. Zero where only the price is known: an instrument other than
    /// the strategy's own.
    public var volume: Quantity

    public init(
        _ instrument: Instrument, rules: TradingRules, high: Price, low: Price, close: Price, volume: Quantity
    ) {
        self.instrument = instrument
        self.rules = rules
        self.high = high
        self.low = low
        self.close = close
        self.volume = volume
    }

    /// A whole number of lots, rounded down.
    func lots(_ units: Int64) -> Int64 { units - units % max(1, rules.lot) }

    /// Whether the venue takes an order of this size at this price.
    func takes(_ units: Int64, at price: Price) -> Bool {
        guard units >= max(1, rules.minimumQuantity.units),
            let notional = instrument.notional(of: Quantity(units: units), at: price)
        else { return false }
        return notional.magnitude >= rules.minimumNotional
    }

    /// A price this share better than the close for who buys (below it) or sells (above it), on the tick.
    ///
    /// - Returns: `nil` where there is no such price above zero.
    func passive(_ side: Side, _ offset: Rate) -> Price? {
        let away = Int128(close.units) * Int128(offset.units) / Int128(Rate.one)
        let level = Int128(close.units) - Int128(side.sign) * away
        guard level > 0, level <= Int128(Int64.max) else { return nil }
        let price = rules.rounded(
            Price(units: Int64(level)), decimals: instrument.priceDecimals, side == .buy ? .down : .up)
        return price.units > 0 ? price : nil
    }
}
