// SPDX-License-Identifier: Apache-2.0

public import Trading

/// What a stored series holds. The raw value is part of the file format and never changes its meaning.
public enum SeriesKind: UInt32, CaseIterable, Sendable {
    case bars = 1
    case trades = 2
    case quotes = 3
    case bookDeltas = 4
    case bookOrderEvents = 5
    case fundingRates = 6
    case openInterest = 7
    case markPrices = 8
    case indexPrices = 9

    /// The name in file names, reports and on the command line: `bars`, `funding-rates`.
    public var name: String {
        switch self {
        case .bars: "bars"
        case .trades: "trades"
        case .quotes: "quotes"
        case .bookDeltas: "book-deltas"
        case .bookOrderEvents: "book-order-events"
        case .fundingRates: "funding-rates"
        case .openInterest: "open-interest"
        case .markPrices: "mark-prices"
        case .indexPrices: "index-prices"
        }
    }

    public init?(name: String) {
        guard let kind = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = kind
    }

    /// The columns of this kind, in the order in which they are stored.
    public var columns: [SeriesColumn] {
        switch self {
        case .bars: Bar.columns
        case .trades: MarketTrade.columns
        case .quotes: Quote.columns
        case .bookDeltas: OrderBookDelta.columns
        case .bookOrderEvents: OrderBookOrderEvent.columns
        case .fundingRates: FundingRate.columns
        case .openInterest: OpenInterest.columns
        case .markPrices: MarkPrice.columns
        case .indexPrices: IndexPrice.columns
        }
    }
}

/// One column of a series: its name, and what its integers count.
public struct SeriesColumn: Hashable, Sendable {
    public enum Unit: Hashable, Sendable {
        /// Nanoseconds, since the epoch or as a length.
        case nanoseconds
        /// Units of `10^-price` of the series' scales.
        case price
        /// Units of `10^-quantity` of the series' scales.
        case quantity
        /// Units of `10^-12`.
        case rate
        /// A whole number: an id, a count, a flag.
        case integer
    }
    public let name: String
    public let unit: Unit

    public init(_ name: String, _ unit: Unit) {
        self.name = name
        self.unit = unit
    }
}

/// How many decimals the integers of a series have. Both are constant for the series.
public struct DecimalScales: Hashable, Sendable, BitwiseCopyable {
    public let price: Int
    public let quantity: Int

    public init(price: Int, quantity: Int) {
        self.price = price
        self.quantity = quantity
    }
}

/// A value of market data that can be kept in columns: at most 64 bytes, each field one 64-bit integer.
///
/// The first column is the time by which the series is ordered: for streams (trades, quotes, books) when a value reached
/// us, so that a replay gives it in the order in which it was known; for all else the venue's time.
public protocol SeriesRecord: BitwiseCopyable, Hashable, Sendable {
    static var kind: SeriesKind { get }
    static var columns: [SeriesColumn] { get }
    /// The value of one column. Column 0 is the time of the order, in nanoseconds.
    func field(_ column: Int) -> Int64
    /// Rebuilds the value from its columns.
    init(fields: (Int) -> Int64)
}

extension Bar: SeriesRecord {
    public static let kind = SeriesKind.bars
    public static let columns = [
        SeriesColumn("open_time", .nanoseconds), SeriesColumn("open", .price), SeriesColumn("high", .price),
        SeriesColumn("low", .price), SeriesColumn("close", .price), SeriesColumn("volume", .quantity),
    ]

    @inlinable public func field(_ column: Int) -> Int64 {
        switch column {
        case 0: openTime.nanoseconds
        case 1: open.units
        case 2: high.units
        case 3: low.units
        case 4: close.units
        default: volume.units
        }
    }

    @inlinable public init(fields: (Int) -> Int64) {
        self.init(
            openTime: Timestamp(nanoseconds: fields(0)), open: Price(units: fields(1)), high: Price(units: fields(2)),
            low: Price(units: fields(3)), close: Price(units: fields(4)), volume: Quantity(units: fields(5)))
    }
}
