// SPDX-License-Identifier: Apache-2.0

public import Engine
public import Execution
public import Trading

/// A strategy's position from flat to flat (or to the other side), made of its fills.
public struct RoundTrip: Hashable, Sendable {
    public let strategy: StrategyID
    public let instrument: InstrumentID
    public let isLong: Bool
    public let entryTime: Timestamp
    public internal(set) var exitTime: Timestamp
    /// All that was bought (long) or sold (short) into it.
    public internal(set) var quantity: Quantity
    /// Σ price × quantity of the entries and of the exits, in price × quantity units.
    var entrySum: Int128
    var exitSum: Int128
    var exitQuantity: Int64
    /// In the settlement asset: after fees and funding; the fees; the funding paid.
    public internal(set) var profit: Amount
    public internal(set) var fees: Amount
    public internal(set) var funding: Amount
    /// Why the last of it was closed.
    public internal(set) var exitReason: FillReason

    /// The averages, in price units.
    public var entryPrice: Price { Self.average(entrySum, quantity.units) }
    public var exitPrice: Price { Self.average(exitSum, exitQuantity) }

    private static func average(_ sum: Int128, _ quantity: Int64) -> Price {
        quantity == 0
            ? Price(units: 0) : Price(units: Int64(clamping: sum.dividedRoundingHalfToEven(by: Int128(quantity))))
    }

    /// Puts fills and funding together into round trips.
    ///
    /// - Parameters:
    ///   - fills: In the order in which they happened.
    ///   - funding: Sorted by time.
    /// - Returns: What was closed, in the order of exit, and what is still open.
    public static func collect(
        _ fills: [FillRecord], funding: [FundingPayment] = [], strategyCount: Int, instrumentCount: Int
    ) -> (closed: [RoundTrip], open: [RoundTrip]) {
        var open = [RoundTrip?](repeating: nil, count: strategyCount * instrumentCount)
        var closed: [RoundTrip] = []
        closed.reserveCapacity(fills.count / 2)
        var nextFunding = 0

        func charge(before time: Timestamp) {
            while nextFunding < funding.count, funding[nextFunding].time < time {
                let payment = funding[nextFunding]
                let key = payment.strategy.index * instrumentCount + payment.instrument.index
                open[key]?.funding += payment.amount
                open[key]?.profit -= payment.amount
                nextFunding += 1
            }
        }

        for record in fills {
            let fill = record.fill
            charge(before: fill.time)
            let key = Int(fill.strategy) * instrumentCount + fill.instrument.index
            let (before, traded) = (record.before.units, fill.quantity.units)
            let closes = before != 0 && (before > 0) != (traded > 0)
            let closing = closes ? min(before.magnitude, traded.magnitude) : 0
            let opening = traded.magnitude - closing
            // A fill that turns the position belongs to both trades, and its fee in proportion.
            let closingFee =
                opening == 0
                ? fill.fee
                : Amount(
                    units: closing == 0
                        ? 0 : (fill.fee.units * Int128(closing)).dividedRoundingHalfToEven(by: Int128(traded.magnitude))
                )
            if closing > 0, var trip = open[key] {
                trip.exitSum += Int128(fill.price.units) * Int128(closing)
                trip.exitQuantity += Int64(closing)
                trip.profit += record.realised - closingFee
                trip.fees += closingFee
                trip.exitReason = fill.reason
                trip.exitTime = fill.time
                if closing == before.magnitude {
                    closed.append(trip)
                    open[key] = nil
                } else {
                    open[key] = trip
                }
            }
            guard opening > 0 else { continue }
            let openingFee = fill.fee - (closing > 0 ? closingFee : .zero)
            var trip =
                open[key]
                ?? RoundTrip(
                    strategy: fill.strategyID, instrument: fill.instrument, isLong: traded > 0, entryTime: fill.time,
                    exitTime: fill.time, quantity: .zero, entrySum: 0, exitSum: 0, exitQuantity: 0, profit: .zero,
                    fees: .zero, funding: .zero, exitReason: .order)
            trip.quantity = trip.quantity + Quantity(units: Int64(opening))
            trip.entrySum += Int128(fill.price.units) * Int128(opening)
            trip.profit -= openingFee
            trip.fees += openingFee
            open[key] = trip
        }
        charge(before: .distantFuture)
        return (closed, open.compactMap { $0 })
    }
}
