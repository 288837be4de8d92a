// SPDX-License-Identifier: Apache-2.0

public import Engine
import Execution
public import Trading

/// A strategy's position from flat to flat (or to the other side), made of its fills.
///
/// Amounts are in the instrument's settlement asset.
public struct RoundTrip: Hashable, Sendable {
    public let strategy: StrategyID
    public let instrument: InstrumentID
    public let isLong: Bool
    public let entryTime: Timestamp
    /// The order whose fill opened it: leads to the decision behind it.
    public let entryOrder: OrderID
    public private(set) var exitTime: Timestamp
    /// All that was bought (long) or sold (short) into it, and out of it.
    private var entries = Leg()
    private var exits = Leg()
    /// After fees and funding; the fees; the funding paid (negative: received); what slippage cost.
    public private(set) var profit = Amount.zero
    public private(set) var fees = Amount.zero
    public private(set) var funding = Amount.zero
    public private(set) var slippage = Amount.zero
    /// Why the last of it was closed.
    public private(set) var exitReason = FillReason.order

    /// The whole quantity entered.
    public var quantity: Quantity { Quantity(units: Int64(clamping: entries.quantity)) }

    /// The average prices, in price units, rounded to the nearest.
    public func entryPrice(of instrument: Instrument) -> Price { entries.average(isInverse: instrument.kind.isInverse) }
    public func exitPrice(of instrument: Instrument) -> Price { exits.average(isInverse: instrument.kind.isInverse) }

    private init(_ fill: Fill, isLong: Bool) {
        strategy = fill.strategyID
        instrument = fill.instrument
        self.isLong = isLong
        entryTime = fill.time
        entryOrder = fill.order
        exitTime = fill.time
    }

    /// One direction of the trade.
    private struct Leg: Hashable, Sendable {
        var quantity: Int128 = 0
        /// Σ price × quantity.
        var sum: Int128 = 0
        /// Σ quantity ÷ price: inverse contracts are averaged by what they are worth in the base asset.
        var inverse = 0.0

        mutating func add(_ traded: Int128, at price: Price) {
            quantity += traded
            sum += Int128(price.units) * traded
            if price.units > 0 { inverse += Double(traded) / Double(price.units) }
        }

        func average(isInverse: Bool) -> Price {
            guard quantity > 0 else { return Price(units: 0) }
            guard isInverse, inverse > 0 else {
                return Price(units: Int64(clamping: sum.dividedRoundingHalfToEven(by: quantity)))
            }
            return Price(units: Int64((Double(quantity) / inverse).rounded()))
        }
    }

    /// Takes over a share of a fill.
    private mutating func add(_ units: Int128, of fill: Fill, fee: Amount, slippage cost: Amount) {
        profit -= fee
        fees += fee
        slippage += cost
        if (fill.quantity.units > 0) == isLong {
            entries.add(units, at: fill.price)
        } else {
            exits.add(units, at: fill.price)
        }
    }
}

extension RoundTrip {
    /// Puts fills and funding together into round trips.
    ///
    /// In a hedging account the long and the short side of a strategy are trades of their own.
    ///
    /// - Parameters:
    ///   - fills: In the order in which they happened.
    ///   - funding: In the order in which it was paid.
    ///   - instruments: By id.
    /// - Returns: What was closed, in the order of exit, and what is still open.
    public static func collect(
        _ fills: [FillRecord], funding: [FundingRecord] = [], strategyCount: Int, instruments: [Instrument]
    ) -> (closed: [RoundTrip], open: [RoundTrip]) {
        // By strategy, instrument and side: long 0, short 1.
        var open = [RoundTrip?](repeating: nil, count: strategyCount * instruments.count * 2)
        // Signed, beside them.
        var held = [Int128](repeating: 0, count: open.count)
        var closed: [RoundTrip] = []
        closed.reserveCapacity(fills.count / 2)
        var nextFunding = 0

        func place(_ strategy: StrategyID, _ instrument: InstrumentID, isLong: Bool) -> Int {
            (strategy.index * instruments.count + instrument.index) * 2 + (isLong ? 0 : 1)
        }
        func charge(before fillCount: Int) {
            while nextFunding < funding.count, funding[nextFunding].fillsBefore <= fillCount {
                let payment = funding[nextFunding].payment
                nextFunding += 1
                let long = place(payment.strategy, payment.instrument, isLong: true)
                let short = long + 1
                // It was paid on the two together, in proportion.
                let net = held[long] + held[short]
                guard net != 0 else { continue }
                let onLong = Amount(
                    units: payment.amount.units.multiplied(by: held[long] * net.signum(), dividedBy: abs(net)) ?? 0)
                open[long]?.pay(onLong)
                open[short]?.pay(payment.amount - onLong)
            }
        }

        for (index, record) in fills.enumerated() {
            charge(before: index)
            let fill = record.fill
            let (before, traded) = (Int128(record.before.units), Int128(fill.quantity.units))
            let closes = before != 0 && (before > 0) != (traded > 0)
            let closing = closes ? min(abs(before), abs(traded)) : 0
            let opening = abs(traded) - closing
            // A fill that turns the position belongs to both trades, and its costs in proportion.
            let slippage = record.slippage(of: instruments[fill.instrument.index])
            let closingFee = fill.fee.share(closing, of: abs(traded))
            let closingSlippage = slippage.share(closing, of: abs(traded))
            if closing > 0 {
                let key = place(fill.strategyID, fill.instrument, isLong: before > 0)
                if var trip = open[key] {
                    trip.add(closing, of: fill, fee: closingFee, slippage: closingSlippage)
                    trip.profit += record.realised
                    trip.exitReason = fill.reason
                    trip.exitTime = fill.time
                    held[key] += closing * traded.signum()
                    open[key] = trip
                    if closing == abs(before) {
                        closed.append(trip)
                        open[key] = nil
                    }
                }
            }
            guard opening > 0 else { continue }
            let key = place(fill.strategyID, fill.instrument, isLong: traded > 0)
            var trip = open[key] ?? RoundTrip(fill, isLong: traded > 0)
            trip.add(opening, of: fill, fee: fill.fee - closingFee, slippage: slippage - closingSlippage)
            held[key] += opening * traded.signum()
            open[key] = trip
        }
        charge(before: fills.count)
        return (closed, open.compactMap { $0 })
    }

    private mutating func pay(_ amount: Amount) {
        funding += amount
        profit -= amount
    }
}

extension FillRecord {
    /// What the difference between the price met and the price paid cost, in the settlement asset.
    public func slippage(of instrument: Instrument) -> Amount {
        guard fill.price != met, let paid = instrument.value(of: fill.quantity, at: fill.price),
            let wanted = instrument.value(of: fill.quantity, at: met), let cost = paid.adding(-wanted)
        else { return .zero }
        return instrument.kind.isInverse ? -cost : cost
    }
}

extension Amount {
    fileprivate func share(_ part: Int128, of whole: Int128) -> Amount {
        if part == 0 { return .zero }
        if part == whole { return self }
        return Amount(units: units.multiplied(by: part, dividedBy: whole) ?? 0)
    }
}
