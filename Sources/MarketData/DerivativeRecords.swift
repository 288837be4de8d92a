// SPDX-License-Identifier: Apache-2.0

public import Trading

/// A funding payment of a perpetual: at `time`, longs pay `rate` of their notional to shorts (or get it, if negative).
public struct FundingRate: SeriesRecord, Comparable {
    /// The decimals of `rateUnits`.
    public static let decimals = 12

    /// As the venue stated it, with its jitter of some milliseconds.
    public let time: Timestamp
    /// The share of the notional for one whole period, in units of `10^-12`.
    public let rateUnits: Int64
    /// The time since the payment before; zero where the source does not say.
    public let period: TimeSpan

    public init(time: Timestamp, rateUnits: Int64, period: TimeSpan) {
        self.time = time
        self.rateUnits = rateUnits
        self.period = period
    }

    public var fraction: Double { Double(rateUnits) / 1e12 }

    /// The same payment with its time moved to the nearest whole `period` since the epoch, which is when it was due.
    public func roundedToPeriod(_ period: TimeSpan) -> FundingRate {
        precondition(period.nanoseconds > 0, "a funding period must be positive, was \(period.nanoseconds) ns")
        let shifted = time.nanoseconds &+ period.nanoseconds / 2
        let due = shifted - shifted.flooredDivision(by: period.nanoseconds).remainder
        return FundingRate(time: Timestamp(nanoseconds: due), rateUnits: rateUnits, period: period)
    }

    public static func < (left: Self, right: Self) -> Bool { left.time < right.time }

    public static let kind = SeriesKind.fundingRates
    public static let columns = [
        SeriesColumn("time", .nanoseconds), SeriesColumn("rate", .rate), SeriesColumn("period", .nanoseconds),
    ]

    public func field(_ column: Int) -> Int64 {
        switch column {
        case 0: time.nanoseconds
        case 1: rateUnits
        default: period.nanoseconds
        }
    }

    public init(fields: (Int) -> Int64) {
        self.init(
            time: Timestamp(nanoseconds: fields(0)), rateUnits: fields(1), period: TimeSpan(nanoseconds: fields(2)))
    }
}

/// How many contracts or coins are held open at a venue.
public struct OpenInterest: SeriesRecord {
    public let time: Timestamp
    public let quantity: Quantity

    public init(time: Timestamp, quantity: Quantity) {
        self.time = time
        self.quantity = quantity
    }

    public static let kind = SeriesKind.openInterest
    public static let columns = [SeriesColumn("time", .nanoseconds), SeriesColumn("quantity", .quantity)]

    public func field(_ column: Int) -> Int64 { column == 0 ? time.nanoseconds : quantity.units }

    public init(fields: (Int) -> Int64) {
        self.init(time: Timestamp(nanoseconds: fields(0)), quantity: Quantity(units: fields(1)))
    }
}

/// The price at which a venue values positions and decides liquidations.
public struct MarkPrice: SeriesRecord {
    public let time: Timestamp
    public let price: Price

    public init(time: Timestamp, price: Price) {
        self.time = time
        self.price = price
    }

    public static let kind = SeriesKind.markPrices
    public static let columns = [SeriesColumn("time", .nanoseconds), SeriesColumn("price", .price)]

    public func field(_ column: Int) -> Int64 { column == 0 ? time.nanoseconds : price.units }

    public init(fields: (Int) -> Int64) {
        self.init(time: Timestamp(nanoseconds: fields(0)), price: Price(units: fields(1)))
    }
}

/// The price of the underlying over several venues, from which funding is made.
public struct IndexPrice: SeriesRecord {
    public let time: Timestamp
    public let price: Price

    public init(time: Timestamp, price: Price) {
        self.time = time
        self.price = price
    }

    public static let kind = SeriesKind.indexPrices
    public static let columns = [SeriesColumn("time", .nanoseconds), SeriesColumn("price", .price)]

    public func field(_ column: Int) -> Int64 { column == 0 ? time.nanoseconds : price.units }

    public init(fields: (Int) -> Int64) {
        self.init(time: Timestamp(nanoseconds: fields(0)), price: Price(units: fields(1)))
    }
}
